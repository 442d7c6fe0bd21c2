//! Erases all that is kept of the person, once it is sure who asks and that they mean it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::{
    interaction::{Action, Wish},
    policy::Right,
};

pub const DESCRIPTION: &str = "The person wants all that is kept of them to be erased. With confirmed=false: asks. \
                               With confirmed=true, after the person said yes to that, it is done, or passed on.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    confirmed: bool,
}

pub fn schema() -> Value {
    let confirmed = json!({ "type": "boolean", "description": "They said yes: it cannot be undone." });
    object(json!({ "confirmed": confirmed }), &[])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    if !arguments.confirmed {
        return Done::says(
            json!({ "asked": true, "say": "Shall all of it be erased? It cannot be undone." }),
        );
    }
    if scene.standing.allows(Right::Erase) {
        return Done { erases: true, ..Done::says(json!({ "erased": true })) };
    }
    let say = "The owner is told, and sees to it. In the chat it is done at once, once a code or a mailed link proved who \
               asks.";
    Done::did(Action::PrivacyRequested { wish: Wish::Erasure }, json!({ "noted": true, "say": say }))
}
