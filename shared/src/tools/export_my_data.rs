//! Shows the person where all that is kept of them can be read.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::{
    interaction::{Action, Wish},
    policy::Right,
};

pub const DESCRIPTION: &str = "The person wants a copy of all that is kept of them.";
/// Where whoever has a chat reads what is kept of them.
pub const PATH: &str = "/api/chat/my-data";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {}

pub fn schema() -> Value {
    object(json!({}), &[])
}

/// It is too much to be told: in the browser it is a file, elsewhere the owner sees to it.
pub fn run(_: Arguments, scene: &Scene<'_>) -> Done {
    if scene.standing.allows(Right::Export) {
        let say = format!("In this browser: [your data as a file]({PATH}).");
        return Done::says(json!({ "path": PATH, "say": say }));
    }
    let say = "The owner is told, and sees to it. In the chat it is there at once, once a code or a mailed link proved who \
               asks.";
    Done::did(Action::PrivacyRequested { wish: Wish::Export }, json!({ "noted": true, "say": say }))
}
