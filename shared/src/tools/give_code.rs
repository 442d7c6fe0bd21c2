//! Gives the person a short code with which this conversation goes on elsewhere.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Proof, Scene, object};

pub const DESCRIPTION: &str = "The person wants to go on elsewhere: on the phone, by voice, in the chat or in an app such \
                               as Claude. Gives a code of nine digits that they tell there; it works once, for ten \
                               minutes. Say the digits slowly, in groups of three.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {}

pub fn schema() -> Value {
    object(json!({}), &[])
}

pub fn run(_: Arguments, _: &Scene<'_>) -> Done {
    Done { proof: Some(Proof::HandOver), ..Done::says(json!({})) }
}
