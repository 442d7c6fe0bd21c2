//! Presses keys of the telephone, in a call that the twin placed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, PhoneEffect, Scene, object};
use crate::wire::dtmf::{self, Keys};

pub const DESCRIPTION: &str = "Press keys of the telephone, where a menu asks for them. w waits half a second. Say nothing \
                               about it; wait for what is heard next.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    keys: String,
}

pub fn schema() -> Value {
    let keys = json!({ "type": "string", "pattern": "^[0-9*#w]+$", "maxLength": dtmf::MAX });
    object(json!({ "keys": keys }), &[])
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    if !scene.seen.may_press {
        return Done::refused("keys are pressed only in calls that you placed");
    }
    let Some(keys) = Keys::parse(&arguments.keys) else {
        return Done::refused("keys are digits, * and #, with w for a wait, and not more than 32");
    };
    let output = json!({ "pressed": keys.as_str() });
    Done { effect: Some(PhoneEffect::Press(keys)), ..Done::says(output) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{contact::Contact, identity::Assurance, interaction::Channel, policy::Standing, tools::Seen};

    fn pressed(keys: &str, may_press: bool) -> Done {
        let contact = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        let seen = Seen { may_press, ..Seen::default() };
        let standing = Standing::new(Channel::Phone, Assurance::Claimed);
        let scene = Scene { contact: &contact, standing, seen: &seen };
        run(Arguments { keys: keys.to_owned() }, &scene)
    }

    #[test]
    fn keys_are_pressed_where_they_may_be() {
        let done = pressed("w12#", true);
        assert_eq!(done.effect, Keys::parse("w12#").map(PhoneEffect::Press));
        for (keys, may_press) in [("1", false), ("", true), ("one", true), (&"1".repeat(40), true)] {
            let done = pressed(keys, may_press);
            assert!(done.effect.is_none() && done.output["error"].is_string(), "{keys}");
        }
    }
}
