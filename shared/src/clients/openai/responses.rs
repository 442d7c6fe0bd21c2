//! `POST /responses`: what is asked, and what a response says. Source: OpenAI, "Create a model response".

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Code, TextError, Why};
use super::price::Usage;
use crate::wire::responses::Function;

/// The longest text that is taken from a model, in bytes.
pub(super) const MOST_TEXT: usize = 256 * 1024;

/// What the model is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub instructions: &'a str,
    /// At least one.
    pub input: &'a [Input],
    pub tools: &'a [Function],
    /// With reasoning; the API wants at least 16.
    pub max_output_tokens: u32,
    /// A stable pseudonym of the person who asks, by which the vendor tells abuse apart.
    pub safety_identifier: Option<&'a str>,
}

/// An item of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Input {
    Message {
        role: Role,
        #[serde(rename = "content")]
        text: String,
    },
    Called(Called),
}

/// What the model called, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Called {
    FunctionCall(Call),
    FunctionCallOutput { call_id: String, output: String },
}

/// A function call, as the model made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub call_id: String,
    pub name: String,
    /// A JSON object, if the model did well.
    pub arguments: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
    Developer,
}

/// A JSON Schema that the answer is to follow strictly: each object has `additionalProperties: false`, and all of
/// its properties are `required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// 1 to 64 of `a-zA-Z0-9_-`.
    pub name: String,
    pub schema: Value,
}

/// `reasoning.effort`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    None,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<T> {
    pub value: T,
    pub usage: Usage,
    /// `resp_…`, which names the answer in logs; it is not stored there.
    pub response_id: String,
}

/// Who is asked, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    pub model: &'a str,
    pub effort: Option<Effort>,
    pub format: Option<&'a Format>,
    pub stream: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    instructions: &'a str,
    input: &'a [Input],
    #[serde(skip_serializing_if = "<[Function]>::is_empty")]
    tools: &'a [Function],
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextOptions<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    max_output_tokens: u32,
    store: bool,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct TextOptions<'a> {
    format: JsonSchema<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "json_schema")]
struct JsonSchema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a Value,
}

#[derive(Debug, Serialize)]
struct Reasoning {
    effort: Effort,
}

impl<'a> Request<'a> {
    pub fn new(ask: &Ask<'a>, how: How<'a>) -> Result<Self, TextError> {
        if ask.input.is_empty() {
            return Err(TextError::Invalid("there is no input"));
        }
        let format =
            |format: &'a Format| JsonSchema { name: &format.name, strict: true, schema: &format.schema };
        Ok(Self {
            model: how.model,
            instructions: ask.instructions,
            input: ask.input,
            tools: ask.tools,
            text: how.format.map(|wanted| TextOptions { format: format(wanted) }),
            reasoning: how.effort.map(|effort| Reasoning { effort }),
            max_output_tokens: ask.max_output_tokens,
            store: false,
            stream: how.stream,
            safety_identifier: ask.safety_identifier,
        })
    }
}

/// The response object, as far as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Response {
    id: String,
    status: String,
    #[serde(default)]
    output: Vec<Item>,
    error: Option<Problem>,
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message {
        content: Vec<Part>,
    },
    FunctionCall,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    OutputText {
        text: String,
    },
    Refusal,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// `usage`
#[derive(Debug, Deserialize)]
struct Tokens {
    #[serde(rename = "input_tokens")]
    input: u64,
    input_tokens_details: Option<InputDetails>,
    #[serde(rename = "output_tokens")]
    output: u64,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let input = tokens.input_tokens_details.unwrap_or_default();
        Self {
            input_tokens: tokens.input,
            cached_tokens: input.cached_tokens,
            cache_write_tokens: input.cache_write_tokens,
            output_tokens: tokens.output,
            reasoning_tokens: tokens.output_tokens_details.unwrap_or_default().reasoning_tokens,
        }
    }
}

impl Response {
    pub fn parse(body: &[u8]) -> Result<Self, TextError> {
        serde_json::from_slice(body).map_err(|_| TextError::Malformed("no response"))
    }

    /// The text of all messages in it, or why there is none. Function calls alone are an answer, too.
    pub fn settle(self) -> Result<Answered<String>, TextError> {
        let usage = self.usage.map(Usage::from).unwrap_or_default();
        let parts = || self.output.iter().flat_map(Item::parts);
        if parts().any(|part| matches!(part, Part::Refusal)) {
            return Err(TextError::Refused { usage });
        }
        match self.status.as_str() {
            "completed" => {}
            "incomplete" => return Err(TextError::Incomplete { why: why(self.incomplete_details), usage }),
            "failed" | "cancelled" => {
                let code = self.error.and_then(|error| error.code).unwrap_or(self.status);
                return Err(TextError::Failed { code: Code::of(Some(&code)), usage });
            }
            _ => return Err(TextError::Malformed("a response that is not over")),
        }
        let value: String = parts().filter_map(Part::text).collect();
        let called = self.output.iter().any(|item| matches!(item, Item::FunctionCall));
        match value.len() {
            0 if !called => Err(TextError::Malformed("a response without text")),
            0..=MOST_TEXT => Ok(Answered { value, usage, response_id: self.id }),
            _ => Err(TextError::TooLong(MOST_TEXT)),
        }
    }
}

impl Item {
    fn parts(&self) -> &[Part] {
        match self {
            Self::Message { content } => content,
            Self::FunctionCall | Self::Other => &[],
        }
    }
}

impl Part {
    fn text(&self) -> Option<&str> {
        match self {
            Self::OutputText { text } => Some(text),
            Self::Refusal | Self::Other => None,
        }
    }
}

fn why(details: Option<Incomplete>) -> Why {
    match details.and_then(|details| details.reason).as_deref() {
        Some("max_output_tokens") => Why::MaxOutputTokens,
        Some("content_filter") => Why::ContentFilter,
        _ => Why::Unknown,
    }
}

impl Answered<String> {
    /// The document that the text is. The parser's own words may quote it, and are dropped.
    pub(super) fn document<T: DeserializeOwned>(self) -> Result<Answered<T>, TextError> {
        let Self { value, usage, response_id } = self;
        match serde_json::from_str(&value) {
            Ok(value) => Ok(Answered { value, usage, response_id }),
            Err(error) if error.is_data() => Err(TextError::Unfit { usage }),
            Err(_) => Err(TextError::NotJson { usage }),
        }
    }
}

#[cfg(test)]
mod tests;
