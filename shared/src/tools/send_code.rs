//! Has a one-time code sent, so that it becomes sure who the person is.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Proof, Scene, object};
use crate::identity::{Email, IdentityKey, Phone};

pub const DESCRIPTION: &str = "Send the person a one-time code of six digits, so that it is sure who they are: before \
                               anything of earlier conversations is told, or when they want it. When they tell the \
                               digits, call confirm_code.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[serde(default)]
    to: Option<String>,
}

pub fn schema() -> Value {
    let to = "Their own e-mail address or number with country code, as they named it. Leave it out to take what is known \
              of them: on the phone, the number that they call from.";
    object(json!({ "to": { "type": "string", "description": to } }), &["to"])
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    match arguments.to.as_deref().map(key).transpose() {
        Ok(to) => Done { proof: Some(Proof::Send(to)), ..Done::says(json!({})) },
        Err(why) => Done::refused(why),
    }
}

fn key(text: &str) -> Result<IdentityKey, &'static str> {
    if text.contains('@') || text.chars().any(char::is_alphabetic) {
        let email = Email::parse(text).or_else(|_| Email::from_spoken(text));
        return email
            .map(IdentityKey::Email)
            .map_err(|_| "the e-mail address cannot be right: ask them to spell it");
    }
    let plain: String = text.chars().filter(|c| !" -.()".contains(*c)).collect();
    Phone::parse(&plain)
        .map(IdentityKey::Phone)
        .map_err(|_| "the number cannot be right: ask for it with its country code, such as +1 415 555 2671")
}
