//! Notes that the person wants to be called, and where: the owner decides.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::{identity::Phone, interaction::Action};

pub const DESCRIPTION: &str =
    "Note that the person wants to be called back. It is passed on: do not promise a time.";
const MAX_WHEN: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    phone: String,
    #[serde(default)]
    when: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

pub fn schema() -> Value {
    object(
        json!({
            "phone": { "type": "string", "description": "The number to call, with the country code: +1 415 555 2671." },
            "when": { "type": "string", "description": "When it suits them, in their words, with zone if given." },
            "at": { "type": "string", "description": "The same time as RFC 3339, with the offset of their zone, if they \
                     named a day and an hour: 2027-03-10T15:00:00-08:00." },
        }),
        &["when", "at"],
    )
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let Ok(phone) = Phone::from_said(&arguments.phone) else {
        return Done::refused(
            "the number cannot be right: ask for it with its country code, such as +1 415 555 2671",
        );
    };
    let when = arguments.when.as_deref().and_then(|when| text(when, MAX_WHEN));
    let at = match arguments.at.as_deref().filter(|at| !at.is_empty()).map(str::parse::<Timestamp>) {
        Some(Err(_)) => {
            return Done::refused("`at` is no time in RFC 3339: leave it out, or write it with its offset");
        }
        at => at.and_then(Result::ok),
    };
    let output = json!({ "noted": true, "say": "The owner will decide when to call." });
    Done::did(Action::CallbackRequested { phone, when, at }, output)
}
