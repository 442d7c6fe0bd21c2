//! Lets the person go on elsewhere: a link by e-mail, to the address that they confirmed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::interaction::{Action, Channel};

pub const DESCRIPTION: &str = "Send the person a link by e-mail with which they can read on and continue in the \
                               chat. Needs a confirmed e-mail address.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    channel: Channel,
}

pub fn schema() -> Value {
    object(json!({ "channel": { "type": "string", "enum": ["chat"] } }), &[])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let methods = &scene.contact.contact_methods;
    if arguments.channel != Channel::Chat {
        return Done::refused("only the chat can be continued by a link");
    }
    if methods.email.is_none() || !methods.email_confirmed {
        return Done::refused("there is no confirmed e-mail address: ask for it and save it first");
    }
    let output = json!({ "planned": true, "say": "The link goes out by e-mail after the call." });
    Done::did(Action::HandoffRequested { channel: arguments.channel }, output)
}
