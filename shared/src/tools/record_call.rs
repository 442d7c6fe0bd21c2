//! Records the call once the caller has agreed, and pauses it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, PhoneEffect, Scene, object};
use crate::{interaction::Action, recording::Step};

pub const DESCRIPTION: &str = "The recording of this call: agreed or refused is what the caller answered when you asked \
                               whether you may record it; pause when something is off the record, resume afterwards.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    step: Step,
}

pub fn schema() -> Value {
    object(json!({ "step": { "type": "string", "enum": ["agreed", "refused", "pause", "resume"] } }), &[])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    if !scene.may_record {
        return Done::refused("calls are not recorded here: do not offer it");
    }
    let step = arguments.step;
    let output = match step {
        Step::Agreed => json!({ "recording": true }),
        Step::Refused => json!({ "recording": false, "next": "Go on without." }),
        Step::Pause => json!({ "recording": false, "say": "It is paused." }),
        Step::Resume => json!({ "recording": true, "say": "It goes on." }),
    };
    let effect = (step != Step::Refused).then_some(PhoneEffect::Record(step));
    Done { effect, ..Done::did(Action::Recording { step }, output) }
}
