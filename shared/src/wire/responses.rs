//! What the twin's tools say to `POST /responses`. Source: OpenAI, "Function calling".

use serde::Serialize;
use serde_json::Value;

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "function")]
pub struct Function {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON Schema.
    pub parameters: Value,
    /// A strict one needs each property to be required.
    pub strict: bool,
}
