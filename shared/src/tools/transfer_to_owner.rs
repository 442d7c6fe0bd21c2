//! Rings the owner while the caller goes on talking with the twin.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, PhoneEffect, Scene, object, text};
use crate::{interaction::Action, routing::Reach};

pub const DESCRIPTION: &str = "Try to put the caller through to the owner, when it cannot wait or they insist. The \
                               owner is rung and decides; the caller stays with you meanwhile. Say that you are \
                               trying, never that they are being put through.";
const MAX_REASON: usize = 240;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    reason: String,
}

pub fn schema() -> Value {
    let about = "One or two sentences for the owner: what they want, and why now.";
    object(json!({ "reason": { "type": "string", "description": about } }), &[])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let Some(reason) = text(&arguments.reason, MAX_REASON) else {
        return Done::refused("say what it is about");
    };
    if scene.seen.reach != Reach::Open {
        return Done::refused(
            "the owner cannot be reached now: say so, and offer to take a message or to propose a time",
        );
    }
    let output = json!({
        "ringing": true,
        "say": "You are trying to reach the owner; it takes up to half a minute. Go on talking.",
    });
    let effect = Some(PhoneEffect::RingOwner { reason: reason.clone() });
    Done { effect, ..Done::did(Action::TransferAsked { reason }, output) }
}
