//! Takes down a number or a code that somebody spells: checked and read back first, then passed on.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::{
    identity::Phone,
    interaction::Action,
    spelled::{is_card_number, read_back, written},
};

pub const DESCRIPTION: &str = "Take down a number or a code that the person spells: an order, a ticket, a telephone. With \
                               confirmed=false it is checked: read it back as `read_back` has it, and ask. With \
                               confirmed=true, after they agreed, it is passed on to the owner. Never take the number of a \
                               payment card.";
const MAX_WHAT: usize = 60;
const MAX_LENGTH: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    what: String,
    spelled: String,
    confirmed: bool,
}

pub fn schema() -> Value {
    object(
        json!({
            "what": { "type": "string", "description": "What it is: \"order number\", \"telephone\"." },
            "spelled": { "type": "string", "description": "As they said it: \"A B dash oh four\"." },
            "confirmed": { "type": "boolean", "description": "They agreed to what was read back." },
        }),
        &[],
    )
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let Some(what) = text(&arguments.what, MAX_WHAT) else { return Done::refused("say what it is") };
    let value = written(&arguments.spelled).to_uppercase();
    let fits = |c: char| c.is_alphanumeric() || "-+./_".contains(c);
    if value.is_empty() || value.chars().count() > MAX_LENGTH || !value.chars().all(fits) {
        return Done::refused("it cannot be right: ask them to spell it, sign by sign");
    }
    if is_card_number(&value) {
        return Done::refused(
            "this looks like the number of a payment card: do not repeat it, and say that it is not taken",
        );
    }
    let is_phone = what.to_lowercase().contains("phone") || value.starts_with('+');
    if is_phone && Phone::parse(&value).is_err() {
        return Done::refused(
            "the number cannot be right: ask for it with its country code, such as +1 415 555 2671",
        );
    }
    if !arguments.confirmed {
        let read_back = read_back(&value);
        return Done::says(
            json!({ "saved": false, "value": value, "read_back": read_back, "next": "Read back and ask." }),
        );
    }
    let output = json!({ "saved": true, "what": what, "value": value });
    Done::did(Action::MessageTaken { message: format!("Their {what}: {value}") }, output)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{contact::Contact, identity::Assurance, interaction::Channel, policy::Standing, tools::Seen};

    fn noted(what: &str, spelled: &str, confirmed: bool) -> Done {
        let contact = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        let scene = Scene {
            contact: &contact,
            standing: Standing::new(Channel::Phone, Assurance::Claimed),
            seen: &Seen::default(),
        };
        let arguments = Arguments { what: what.to_owned(), spelled: spelled.to_owned(), confirmed };
        run(arguments, &scene)
    }

    #[test]
    fn it_is_read_back_before_it_is_passed_on() {
        let asked = noted("order number", "A B dash oh four", false);
        assert_eq!(
            (&asked.output["value"], &asked.output["read_back"]),
            (&json!("AB-04"), &json!("A, B, dash, 0, 4"))
        );
        assert!(asked.action.is_none());
        let done = noted("order number", "A B dash oh four", true);
        assert_eq!(
            done.action,
            Some(Action::MessageTaken { message: "Their order number: AB-04".to_owned() })
        );
    }

    #[test]
    fn what_is_not_taken_down() {
        for (what, spelled) in [
            ("card", "4111 1111 1111 1111"),
            ("telephone", "five five five"),
            ("order", ""),
            ("order", "robert'); drop table"),
            (" ", "one"),
        ] {
            for confirmed in [false, true] {
                let done = noted(what, spelled, confirmed);
                assert!(done.action.is_none() && done.output["error"].is_string(), "{what} {spelled}");
            }
        }
    }
}
