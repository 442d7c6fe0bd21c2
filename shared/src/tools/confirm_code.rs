//! Takes the digits of a one-time code that reached the person.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Proof, Scene, object};
use crate::code::Digits;

pub const DESCRIPTION: &str = "The person tells the six digits of the code that was sent to them. Afterwards it is sure \
                               who they are.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    code: String,
}

pub fn schema() -> Value {
    object(json!({ "code": { "type": "string", "description": "The six digits, as they said them." } }), &[])
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    match Digits::parse(&arguments.code) {
        Some(digits) => Done { proof: Some(Proof::Confirm(digits)), ..Done::says(json!({})) },
        None => Done::refused("a code has six digits: ask for them again"),
    }
}
