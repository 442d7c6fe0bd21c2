//! Erases all that is kept of the person, once it is sure who asks and that they mean it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::{
    interaction::{Action, Channel, Wish},
    policy::Right,
};

pub const DESCRIPTION: &str = "The person wants all that is kept of them to be erased. With confirmed=false: asks. \
                               With confirmed=true, after the person said yes to that, it is done, or passed on. If they \
                               change their mind, call it with confirmed=false again.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    confirmed: bool,
}

pub fn schema() -> Value {
    let confirmed = json!({ "type": "boolean", "description": "They said yes: it cannot be undone." });
    object(json!({ "confirmed": confirmed }), &[])
}

/// What is spoken may be misheard, so there it takes a question that was spoken, and a clear yes to it; that is looked for
/// once the conversation is over, because what was said is stored a little later than it is said
/// ([`crate::interaction::erasure`]).
pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let is_spoken = scene.standing.channel != Channel::Chat;
    let may = scene.standing.allows(Right::Erase);
    if !arguments.confirmed || (is_spoken && may && !scene.seen.private.was_asked) {
        let output = json!({ "asked": true, "say": "Shall all of it be erased? It cannot be undone." });
        return match is_spoken {
            true => Done::did(Action::ErasureAsked { after_ms: scene.seen.private.last_ms }, output),
            false => Done::says(output),
        };
    }
    if may && !is_spoken {
        return Done { erases: true, ..Done::says(json!({ "erased": true })) };
    }
    let wish = Wish::Erasure;
    if may {
        let say = "Then all of it is erased once this conversation is over, or, if your yes was not heard clearly, the owner \
                   sees to it. Until then you can take it back.";
        let action = Action::PrivacyRequested { wish, by_itself: true, to: None };
        return Done::did(action, json!({ "planned": true, "say": say }));
    }
    let say = "First it has to be sure who asks: I can send a code to your e-mail address or number. Without it, the owner \
               is told, and sees to it.";
    let action = Action::PrivacyRequested { wish, by_itself: false, to: None };
    Done::did(action, json!({ "noted": true, "step_up": "send_code", "say": say }))
}
