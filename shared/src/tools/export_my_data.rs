//! Shows the person where all that is kept of them can be read.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Copies, Done, Scene, object};
use crate::{
    interaction::{Action, Channel, Wish},
    policy::Right,
};

pub const DESCRIPTION: &str = "The person wants a copy of all that is kept of them. Where it says what is missing, ask them \
                               for that, and call it again.";
/// Where whoever has a chat reads what is kept of them.
pub const PATH: &str = "/api/chat/my-data";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {}

pub fn schema() -> Value {
    object(json!({}), &[])
}

/// It is too much to be told: in the chat it is a file, and whoever speaks is mailed a link to such a chat. A mailed file
/// would lie in a mailbox for good.
pub fn run(_: Arguments, scene: &Scene<'_>) -> Done {
    let wish = Wish::Export;
    let passed_on = Action::PrivacyRequested { wish, by_itself: false, to: None };
    if !scene.standing.allows(Right::Export) {
        let say = "What is said here is kept for the owner. What else is kept of you I tell once it is sure who asks: I can \
                   send a code to your e-mail address or number. Without it, the owner is told, and sees to it.";
        return Done::did(passed_on, json!({ "noted": true, "step_up": "send_code", "say": say }));
    }
    if scene.standing.channel == Channel::Chat {
        let say = format!("In this browser: [your data as a file]({PATH}).");
        return Done::says(json!({ "path": PATH, "say": say }));
    }
    match &scene.seen.private.copies {
        Copies::Nowhere => {
            let say = "To which e-mail address shall it go? I send a code there, and once you have told me its digits, it can.";
            Done::says(json!({ "missing": "email", "step_up": "send_code", "say": say }))
        }
        Copies::Unwanted => {
            let say = "No mails go to your address, so none can go there with it: the owner is told, and sees to it.";
            Done::did(passed_on, json!({ "noted": true, "say": say }))
        }
        Copies::To(to) => {
            let say = "A mail with a link leaves once we are done here: it opens the chat, and there all of it is a file.";
            let action = Action::PrivacyRequested { wish, by_itself: true, to: Some(to.clone()) };
            Done::did(action, json!({ "planned": true, "say": say }))
        }
    }
}
