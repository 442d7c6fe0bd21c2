//! Hangs up once what is being said has been heard.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::interaction::Action;

pub const DESCRIPTION: &str = "End the call. Say goodbye first.";
const MAX_REASON: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    reason: String,
}

pub fn schema() -> Value {
    object(json!({ "reason": { "type": "string" } }), &[])
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let reason = text(&arguments.reason, MAX_REASON).unwrap_or_else(|| "not given".to_owned());
    Done { ends_call: true, ..Done::did(Action::CallEnded { reason }, json!({ "ending": true })) }
}
