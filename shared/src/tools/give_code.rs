//! Gives the person a short code with which this conversation goes on elsewhere: told here, or as a text message.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Proof, Scene, object};
use crate::{
    identity::By,
    interaction::{Action, Channel},
};

pub const DESCRIPTION: &str = "The person wants to go on elsewhere: on the phone, by voice, in the chat or in an app such \
                               as Claude. Gives a code of nine digits that they tell there; it works once, for ten \
                               minutes. Say the digits slowly, in groups of three; or with by=sms have them sent as a \
                               text message to the number that they call from, and to no other, once the conversation \
                               is over: ask first whether they want a text there.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[serde(default)]
    by: Option<BySms>,
}

/// By mail there is a link, which is no harder to take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BySms {
    Sms,
}

impl Arguments {
    pub fn is_texted(&self) -> bool {
        self.by.is_some()
    }
}

pub fn schema() -> Value {
    let by = json!({ "type": "string", "enum": ["sms"], "description": "Only if they want it as a text message." });
    object(json!({ "by": by }), &["by"])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    if !arguments.is_texted() {
        return Done { proof: Some(Proof::HandOver), ..Done::says(json!({})) };
    }
    match scene.seen.texts.number() {
        Ok(number) => {
            let output = json!({
                "planned": true,
                "by": By::Sms,
                "say": "The code goes out by text message after the conversation, or once the owner has looked at \
                        it. It works once, for ten minutes.",
            });
            let (channel, text_to) = (Channel::Chat, Some(number.clone()));
            Done::did(Action::HandoffRequested { channel, text_to, as_code: true }, output)
        }
        Err(why) => Done::refused(&format!("{why}: leave out by, and say the digits")),
    }
}
