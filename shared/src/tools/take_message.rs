//! Takes a message for the owner.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::interaction::Action;

pub const DESCRIPTION: &str = "Take a message that the owner will receive.";
const MAX_MESSAGE: usize = 2000;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    message: String,
}

pub fn schema() -> Value {
    object(
        json!({ "message": { "type": "string", "description": "The message in the caller's words." } }),
        &[],
    )
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    match text(&arguments.message, MAX_MESSAGE) {
        Some(message) => Done::did(Action::MessageTaken { message }, json!({ "taken": true })),
        None => Done::refused("the message is empty"),
    }
}
