//! Notes that the person does not want to hear from the owner or the twin. Whoever asks for it gets it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::interaction::Action;

pub const DESCRIPTION: &str = "The person does not want to be called, mailed or texted any more.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {}

pub fn schema() -> Value {
    object(json!({}), &[])
}

pub fn run(_: Arguments, _: &Scene<'_>) -> Done {
    let output = json!({ "noted": true, "say": "Nobody will call, mail or text you from here." });
    Done::did(Action::ContactStopped, output)
}
