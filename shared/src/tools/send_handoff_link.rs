//! Lets the person go on elsewhere: a link by e-mail, to the address that they confirmed, or by text message, to the number
//! that they call from.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, Texts, object};
use crate::{
    identity::By,
    interaction::{Action, Channel},
};

pub const DESCRIPTION: &str = "Send the person a link with which they can read on and continue in the chat. By e-mail it \
                               needs a confirmed address; by text message it goes to the number that they call from, \
                               and to no other: ask first whether they want a text there.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    channel: Channel,
    #[serde(default)]
    by: Option<By>,
}

pub fn schema() -> Value {
    let by = json!({ "type": "string", "enum": ["email", "sms"], "description": "As they want it." });
    object(json!({ "channel": { "type": "string", "enum": ["chat"] }, "by": by }), &["by"])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let channel = arguments.channel;
    if channel != Channel::Chat {
        return Done::refused("only the chat can be continued by a link");
    }
    let methods = &scene.contact.contact_methods;
    let is_mailed = methods.email.is_some() && methods.email_confirmed;
    let is_texted = matches!(scene.seen.texts, Texts::To(_));
    match arguments.by.unwrap_or(if is_texted && !is_mailed { By::Sms } else { By::Email }) {
        By::Email if is_mailed => {
            let output = json!({
                "planned": true,
                "by": By::Email,
                "say": "The link goes out by e-mail after the conversation, or once the owner has looked at it.",
            });
            Done::did(Action::HandoffRequested { channel, text_to: None, as_code: false }, output)
        }
        By::Email => Done::refused("there is no confirmed e-mail address: ask for it and save it first"),
        By::Sms => match scene.seen.texts.number() {
            Ok(number) => {
                let output = json!({
                    "planned": true,
                    "by": By::Sms,
                    "say": "The link goes out by text message after the conversation, or once the owner has looked at \
                            it. It works for fifteen minutes.",
                });
                let (text_to, as_code) = (Some(number.clone()), false);
                Done::did(Action::HandoffRequested { channel, text_to, as_code }, output)
            }
            Err(why) => Done::refused(&format!("{why}: offer to send it by e-mail")),
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        contact::Contact,
        identity::{Assurance, Email, Phone},
        policy::Standing,
        tools::Seen,
    };

    fn asked(arguments: &str, confirmed: bool, texts: &Texts) -> Done {
        let mut contact = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        contact.contact_methods.email = Some(Email::parse("dana@northgate.example").unwrap());
        contact.contact_methods.email_confirmed = confirmed;
        let seen = Seen { texts: texts.clone(), ..Seen::default() };
        let standing = Standing::new(Channel::Phone, Assurance::Claimed);
        let scene = Scene { contact: &contact, standing, seen: &seen };
        run(serde_json::from_str(arguments).unwrap(), &scene)
    }

    #[test]
    fn it_goes_where_they_are_reached() {
        let number = Phone::parse("+14155552671").unwrap();
        let theirs = Texts::To(number.clone());
        let channel = Channel::Chat;
        let mailed = Some(Action::HandoffRequested { channel, text_to: None, as_code: false });
        let texted = Some(Action::HandoffRequested { channel, text_to: Some(number), as_code: false });
        for (arguments, confirmed, texts, expected) in [
            (r#"{"channel":"chat"}"#, true, &theirs, &mailed),
            (r#"{"channel":"chat"}"#, false, &theirs, &texted),
            (r#"{"channel":"chat"}"#, false, &Texts::Nowhere, &None),
            (r#"{"channel":"chat","by":"sms"}"#, true, &theirs, &texted),
            (r#"{"channel":"chat","by":"email"}"#, false, &theirs, &None),
            (r#"{"channel":"chat","by":"sms"}"#, true, &Texts::NoLine, &None),
            (r#"{"channel":"chat","by":"sms"}"#, true, &Texts::Unwanted, &None),
            (r#"{"channel":"phone","by":"sms"}"#, true, &theirs, &None),
        ] {
            let done = asked(arguments, confirmed, texts);
            assert_eq!(done.action, *expected, "{arguments} {confirmed} {texts:?}");
            assert_eq!(done.output.get("error").is_some(), expected.is_none());
            // Rules that are read afterwards decide whether it waits.
            let says_so =
                done.output["say"].as_str().is_none_or(|say| say.contains("once the owner has looked at it"));
            assert!(says_so, "{}", done.output);
        }
    }
}
