//! What a conversation asks for of what the owner offers. It quotes what was said and takes the rest from the rate
//! card: it claims nothing of its own.

use std::collections::HashSet;

use jiff::{ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Author, Guest, Offered, Proposal, Range, Source,
    rates::{RateCard, Service},
};
use crate::{
    contact::Contact,
    interaction::{Interaction, Speaker, Turn},
    knowledge::{
        passage::sentences,
        terms::{stem, words},
    },
    persona::Persona,
};

/// A service is meant by so many words in common.
const MEANT_BY: usize = 2;
const MAX_POINTS: usize = 5;
/// Bytes.
const MAX_QUOTE: usize = 320;
/// Fewer words say nothing of a need.
const MIN_WORDS: usize = 4;
/// What a line about money has in it, beside signs of currencies.
const MONEY: &[&str] = &[
    "price",
    "prices",
    "priced",
    "cost",
    "costs",
    "fee",
    "fees",
    "rate",
    "rates",
    "budget",
    "discount",
    "discounts",
    "free",
    "euro",
    "euros",
    "dollar",
    "dollars",
    "pound",
    "pounds",
    "franc",
    "francs",
    "usd",
    "eur",
    "gbp",
    "chf",
    "cents",
    "percent",
    "quote",
    "pay",
    "paid",
    "payable",
    "charge",
    "charged",
    "charges",
    "invoice",
    "refund",
    "guarantee",
    "guaranteed",
    "k",
];

/// What a proposal is made of.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub persona: &'a Persona,
    pub card: &'a RateCard,
    pub contact: &'a Contact,
    pub interaction: &'a Interaction,
    pub turns: &'a [Turn],
    /// Why they got in touch, in their words.
    pub quote: Option<&'a str>,
    /// Today, on the owner's clock.
    pub today: Date,
}

/// The words of a proposal; which services, by their place in the rate card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worded {
    pub services: Vec<usize>,
    pub problem: Vec<Point>,
    pub approach: Vec<String>,
    pub assumptions: Vec<String>,
    pub sources: Vec<Source>,
}

/// Something that they need, and what they said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    pub text: String,
    /// Numbers of sources, from 1.
    pub sources: Vec<usize>,
}

impl Ground<'_> {
    /// What they said, and which services it speaks of; `None` if it speaks of none.
    pub fn worded(&self) -> Option<Worded> {
        let services = self.meant();
        if services.is_empty() {
            return None;
        }
        let about: HashSet<String> =
            services.iter().flat_map(|at| terms_of(&self.card.services[*at])).collect();
        let said =
            self.theirs().flat_map(|turn| sentences(&turn.text).into_iter().map(move |said| (turn, said)));
        let mut sources: Vec<Source> = said
            .filter(|(_, sentence)| says_a_need(sentence) && !terms(sentence).is_disjoint(&about))
            .map(|(turn, sentence)| Source { quote: sentence.to_owned(), offset_ms: turn.offset_ms })
            .take(MAX_POINTS)
            .collect();
        if let (true, Some(quote)) = (sources.is_empty(), self.quote) {
            let offset_ms =
                self.theirs().find(|turn| turn.text.contains(quote)).map_or(0, |turn| turn.offset_ms);
            sources.push(Source { quote: quote.to_owned(), offset_ms });
        }
        let point = |(at, source): (usize, &Source)| Point {
            text: format!("“{}”", source.quote),
            sources: vec![at + 1],
        };
        let problem = sources.iter().enumerate().map(point).collect();
        Some(Worded { services, problem, sources, ..Worded::default() })
    }

    /// A proposal in these words; `None` if no service is in it.
    pub fn proposal(&self, worded: Worded) -> Option<Proposal> {
        let Worded { services, problem, approach, assumptions, sources } = worded;
        let services: Vec<&Service> = services.iter().filter_map(|at| self.card.services.get(*at)).collect();
        let title = services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>();
        let title = match title.split_last()? {
            (only, []) => (*only).to_owned(),
            (last, before) => format!("{} and {last}", before.join(", ")),
        };
        let approach = match approach.is_empty() {
            true => services.iter().map(|service| service.about.clone()).collect(),
            false => approach,
        };
        let valid = i64::from(self.card.valid_days);
        Some(Proposal {
            title,
            guest: Guest { name: self.contact.name.clone(), company: self.contact.company.clone() },
            owner: Author { name: self.persona.core.name.clone(), title: self.persona.core.title.clone() },
            dated: self.today,
            valid_until: self.today.checked_add(valid.days()).unwrap_or(self.today),
            channel: self.interaction.channel,
            problem,
            approach,
            services: services.into_iter().map(offered).collect(),
            currency: self.card.currency.clone(),
            assumptions: self.card.terms.iter().cloned().chain(assumptions).collect(),
            sources,
            sample: self.persona.sample,
        })
    }

    /// The service that has most in common with what they said, and those that they named.
    fn meant(&self) -> Vec<usize> {
        let said: HashSet<String> = self.theirs().flat_map(|turn| terms(&turn.text)).collect();
        let shared = |service: &Service| terms_of(service).intersection(&said).count();
        let services = self.card.services.iter().enumerate();
        let scored: Vec<(usize, usize)> = services.map(|(at, service)| (at, shared(service))).collect();
        let Some(most) = scored.iter().map(|(_, score)| *score).max().filter(|most| *most >= MEANT_BY) else {
            return Vec::new();
        };
        let best = scored.iter().find(|(_, score)| *score == most).map(|(at, _)| *at);
        let is_named = |at: usize| terms(&self.card.services[at].name).is_subset(&said);
        scored.iter().map(|(at, _)| *at).filter(|at| Some(*at) == best || is_named(*at)).collect()
    }

    fn theirs(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(|turn| turn.speaker == Speaker::Person)
    }
}

fn offered(service: &Service) -> Offered {
    Offered {
        name: service.name.clone(),
        includes: service.includes.clone(),
        days: Range { from: service.days_from, to: service.days_to },
        price: Range { from: service.price_from, to: service.price_to },
    }
}

/// It speaks of money. Only the rate card does that.
pub fn names_money(text: &str) -> bool {
    let is_sign = |c: char| matches!(c, '$' | '£' | '¥' | '¢' | '¤' | '%' | '\u{20a0}'..='\u{20cf}');
    let lower = text.to_lowercase();
    text.contains(is_sign) || lower.split(|c: char| !c.is_alphabetic()).any(|word| MONEY.contains(&word))
}

/// The numbers in a text, as they are written.
pub fn numbers(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_numeric()).filter(|number| !number.is_empty()).collect()
}

fn terms(text: &str) -> HashSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

fn terms_of(service: &Service) -> HashSet<String> {
    let lines = [&service.name, &service.about].into_iter().chain(&service.includes);
    lines.flat_map(|line| terms(line)).collect()
}

/// Not a question, and not how they are reached.
fn says_a_need(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let is_address = lower.contains('@') || lower.contains(" dot ") || lower.contains("my name is");
    let many_digits = sentence.chars().filter(char::is_ascii_digit).count() > 6;
    !sentence.ends_with('?')
        && !is_address
        && !many_digits
        && sentence.len() <= MAX_QUOTE
        && sentence.split_whitespace().count() >= MIN_WORDS
}
