//! A proposal after a consultation: what they need, what the owner would do about it, when, and for how much. Pure: it
//! is made of what was said and of the owner's rate card, and its pages of nothing but itself.
//!
//! - `rates`: what the owner offers; no price comes from elsewhere
//! - `draft`: what a conversation asks for, in its own words
//! - `edit`: what the owner writes anew
//! - `page`, `pdf`: how it looks

pub mod rates;
mod draft;
mod edit;
mod page;
mod pdf;

pub use self::{
    draft::{Ground, Point, Worded, names_money, numbers},
    edit::{EditError, Rewritten},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{interaction::Channel, pdf::PdfError};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    pub title: String,
    pub guest: Guest,
    pub owner: Author,
    /// The day of the conversation on the owner's clock, and of this.
    #[schemars(with = "String")]
    pub dated: Date,
    #[schemars(with = "String")]
    pub valid_until: Date,
    pub channel: Channel,
    /// What they need.
    pub problem: Vec<Point>,
    /// What would be done about it.
    pub approach: Vec<String>,
    pub services: Vec<Offered>,
    /// Of all prices (ISO 4217).
    pub currency: String,
    pub assumptions: Vec<String>,
    /// What they said that it rests on; points name them by their numbers, from 1.
    pub sources: Vec<Source>,
    pub sample: bool,
}

/// Whom it is for, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    pub name: String,
    pub title: String,
}

/// A service of the rate card, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offered {
    pub name: String,
    /// What is done: the scope.
    pub includes: Vec<String>,
    /// Working days.
    pub days: Range,
    /// Whole units of the currency.
    pub price: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    pub from: u32,
    pub to: u32,
}

/// What they said, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    pub quote: String,
    /// Milliseconds into the conversation.
    pub offset_ms: u64,
}

/// The document that goes with the mail: a PDF, or a web page where its fonts lack the letters of a name or a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("the page cannot be rendered: {0}")]
    Page(#[from] askama::Error),
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

/// A proposal, and what an approval of it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    pub proposal: Proposal,
    /// The hash of its document.
    pub document: String,
}

impl Proposal {
    pub fn drafted(self) -> Result<Drafted, DocumentError> {
        let document = self.document()?.hash();
        Ok(Drafted { proposal: self, document })
    }

    /// The same proposal is the same bytes, whenever they are asked for.
    pub fn document(&self) -> Result<Document, DocumentError> {
        let name = |kind: &str| format!("proposal-{}.{kind}", self.dated);
        if pdf::can_draw(self) {
            let bytes = pdf::pdf(self)?;
            return Ok(Document { name: name("pdf"), media_type: "application/pdf", bytes });
        }
        let bytes = self.page()?.into_bytes();
        Ok(Document { name: name("html"), media_type: "text/html", bytes })
    }

    /// Whether it has words of what was said.
    pub fn has_words(&self) -> bool {
        !self.sources.is_empty() || self.problem.iter().any(|point| !point.sources.is_empty())
    }

    /// The same without them, and with `over` in their place. What the owner wrote stays.
    #[must_use]
    pub fn without_words(mut self, over: &str) -> Self {
        if self.has_words() {
            self.problem.retain(|point| point.sources.is_empty());
            if self.problem.is_empty() {
                self.problem.push(Point { text: over.to_owned(), sources: Vec::new() });
            }
            self.sources.clear();
        }
        self
    }

    /// A web page that needs nothing from elsewhere.
    pub fn page(&self) -> Result<String, askama::Error> {
        page::page(self)
    }

    /// What stands on that page, to be shown within another.
    pub fn body(&self) -> Result<String, askama::Error> {
        page::body(self)
    }

    /// What the owner is told while it waits for their word.
    pub fn waits_in_words(&self) -> String {
        let (title, price, time) = (&self.title, self.price(), self.time());
        format!(
            "A proposal for them waits for your word: {title}, {price}, {time}. Nothing is sent before that."
        )
    }

    /// `EUR 6,000 to 8,500`
    pub fn price(&self) -> String {
        self.money(self.services.iter().map(|service| service.price).fold(Range::NONE, Range::and))
    }

    /// `5 to 8 working days`
    pub fn time(&self) -> String {
        let days = self.days();
        format!("{} {}", days.words(), if days.to == 1 { "working day" } else { "working days" })
    }

    fn days(&self) -> Range {
        self.services.iter().map(|service| service.days).fold(Range::NONE, Range::and)
    }

    fn money(&self, range: Range) -> String {
        format!("{} {}", self.currency, range.words())
    }

    fn rows(&self) -> Vec<Row> {
        let row = |service: &Offered| Row {
            what: service.name.clone(),
            days: service.days.words(),
            price: self.money(service.price),
        };
        self.services.iter().map(row).collect()
    }

    /// Of several services.
    fn sum(&self) -> Option<Row> {
        let sum = || Row { what: "In all".to_owned(), days: self.days().words(), price: self.price() };
        (self.services.len() > 1).then(sum)
    }

    pub fn written_on(&self) -> String {
        day(self.dated)
    }

    pub fn holds_until(&self) -> String {
        day(self.valid_until)
    }

    fn starts(&self) -> String {
        format!("{} from an agreed start. To go ahead, reply to the mail that brought this.", self.time())
    }

    fn heard(&self) -> String {
        let what = match self.channel {
            Channel::Phone => "phone call",
            Channel::Voice => "conversation",
            Channel::Chat => "chat",
        };
        format!("Your words in our {what} on {}, with minutes and seconds into it:", day(self.dated))
    }

    fn drafted_by(&self) -> String {
        let owner = &self.owner.name;
        let sample = if self.sample { " This is a demonstration with sample data." } else { "" };
        format!("Drafted by the AI assistant of {owner}, and read by {owner} before it was sent.{sample}")
    }
}

/// A line of the table of prices.
struct Row {
    what: String,
    days: String,
    price: String,
}

impl Guest {
    fn whom(&self) -> Option<String> {
        let known: Vec<&str> =
            [&self.name, &self.company].into_iter().flatten().map(String::as_str).collect();
        (!known.is_empty()).then(|| known.join(", "))
    }
}

impl Document {
    /// What an approval of it is bound to.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.bytes))
    }
}

impl Range {
    const NONE: Self = Self { from: 0, to: 0 };

    fn and(self, other: Self) -> Self {
        Self { from: self.from.saturating_add(other.from), to: self.to.saturating_add(other.to) }
    }

    /// `6,000 to 8,500`
    fn words(self) -> String {
        match self.from == self.to {
            true => grouped(self.to),
            false => format!("{} to {}", grouped(self.from), grouped(self.to)),
        }
    }
}

impl Source {
    /// Minutes and seconds into the conversation.
    fn at(&self) -> String {
        let seconds = self.offset_ms / 1000;
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }
}

fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `12,500`
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
