//! Records the call once the caller has agreed, and pauses it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, PhoneEffect, Scene, object};
use crate::{
    interaction::Action,
    recording::{Policy, Step},
};

pub const DESCRIPTION: &str = "The recording of this call: agreed or refused is what the caller answered when you asked \
                               whether you may record it, announced that you told them, where that is enough; pause when something is off the record, resume afterwards.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    step: Step,
}

/// For the model, where nobody was asked or told.
pub const UNASKED: &str = "it does not begin: nobody heard you speak of it. Say it first, and call this with what they \
                           answer; if you did, go on without, and do not ask again";

impl Arguments {
    pub fn begins(&self) -> bool {
        matches!(self.step, Step::Agreed | Step::Announced)
    }
}

pub fn schema() -> Value {
    object(
        json!({ "step": { "type": "string", "enum": ["agreed", "announced", "refused", "pause", "resume"] } }),
        &[],
    )
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let step = arguments.step;
    match (scene.seen.recording, step) {
        (Policy::Off, _) => return Done::refused("calls are not recorded here: do not offer it"),
        (Policy::Ask, Step::Announced) => {
            return Done::refused("whoever calls has to agree first: ask, and call this with their answer");
        }
        _ => {}
    }
    let output = match step {
        Step::Agreed | Step::Announced => json!({ "recording": true }),
        Step::Refused => json!({ "recording": false, "next": "Go on without." }),
        Step::Pause => json!({ "recording": false, "say": "It is paused." }),
        Step::Resume => json!({ "recording": true, "say": "It goes on." }),
    };
    Done { effect: Some(PhoneEffect::Record(step)), ..Done::did(Action::Recording { step }, output) }
}
