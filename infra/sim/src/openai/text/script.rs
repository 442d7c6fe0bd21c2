//! What tests let the text model say.

use serde_json::Value;

use super::items::Item;
use super::request::{Format, Request};

/// What the model answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Text(String),
    /// Written as it is, whether the request's schema allows it or not.
    Json(Value),
    Calls(Vec<Call>),
    /// A refusal part in place of text.
    Refusal(String),
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub name: String,
    /// Written as it is, whether the function allows it or not.
    pub arguments: Value,
}

impl Answer {
    pub fn call(name: impl Into<String>, arguments: Value) -> Self {
        Self::Calls(vec![Call { name: name.into(), arguments }])
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Value> for Answer {
    fn from(document: Value) -> Self {
        Self::Json(document)
    }
}

/// When a scripted answer is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cue {
    input: Option<String>,
    instructions: Option<String>,
    format: Option<String>,
    left: Option<u32>,
}

impl Cue {
    /// When any message or function output contains this, in small letters or capitals.
    pub fn input(text: impl Into<String>) -> Self {
        Self { input: Some(text.into()), ..Self::default() }
    }

    /// When the instructions contain this.
    pub fn instructions(text: impl Into<String>) -> Self {
        Self { instructions: Some(text.into()), ..Self::default() }
    }

    /// When a document of the schema with this `name` is asked for.
    pub fn format(name: impl Into<String>) -> Self {
        Self { format: Some(name.into()), ..Self::default() }
    }

    /// Both, this and the other.
    pub fn and(self, other: Self) -> Self {
        Self {
            input: self.input.or(other.input),
            instructions: self.instructions.or(other.instructions),
            format: self.format.or(other.format),
            left: self.left.or(other.left),
        }
    }

    /// So often, then no more.
    pub fn times(self, times: u32) -> Self {
        Self { left: Some(times), ..self }
    }

    fn matches(&self, request: &Request) -> bool {
        let contains = |text: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(&wanted.to_lowercase()))
        };
        let format = match &request.format {
            Format::Schema { name, .. } => Some(name),
            Format::Text | Format::Object => None,
        };
        self.left != Some(0)
            && (self.format.is_none() || self.format.as_ref() == format)
            && contains(&request.instructions, &self.instructions)
            && (self.input.is_none() || request.items.iter().any(|item| contains(item.text(), &self.input)))
    }
}

/// Text that the input contains.
impl From<&str> for Cue {
    fn from(text: &str) -> Self {
        Self::input(text)
    }
}

/// All that is scripted, in the order of planning.
#[derive(Debug, Default)]
pub struct Script(Vec<(Cue, Answer)>);

impl Script {
    pub fn add(&mut self, cue: Cue, answer: Answer) {
        self.0.push((cue, answer));
    }

    /// The first that matches. Calls that were made since the user's last message are not made again.
    pub fn answer(&mut self, request: &Request) -> Option<Answer> {
        let made = |answer: &Answer| match answer {
            Answer::Calls(calls) => calls.iter().all(|call| request.has_called(&call.name)),
            _ => false,
        };
        let (cue, answer) = self.0.iter_mut().find(|(cue, answer)| cue.matches(request) && !made(answer))?;
        cue.left = cue.left.map(|left| left.saturating_sub(1));
        Some(answer.clone())
    }
}

impl Request {
    /// Whether this function was called since the user's last message.
    pub fn has_called(&self, name: &str) -> bool {
        self.since_user().iter().any(|item| matches!(item, Item::Call { name: called, .. } if called == name))
    }
}
