use super::{super::wanted, *};
use crate::{brain::Brain, contact::Contact, id::PersonId};

fn slot(booking: &str) -> Expects {
    let starts = ["2026-12-08T14:00:00Z", "2026-12-08T15:30:00Z", "2026-12-09T15:30:00Z"];
    Expects::Slot {
        booking: booking.to_owned(),
        when: Some("next week".to_owned()),
        zone: "Europe/Berlin".to_owned(),
        starts: starts.iter().map(|start| start.parse().unwrap()).collect(),
    }
}

fn after(said: &str, expects: &Expects) -> Vec<Wanted> {
    let contact = Contact::new(PersonId::derived("1").unwrap(), None, Timestamp::UNIX_EPOCH);
    wanted(said, &Brain::Offline.determine_intent(said), Some(expects), &contact)
}

#[test]
fn a_time_is_chosen() {
    let rows = [
        ("the second one, please", Some("2026-12-08T15:30:00Z")),
        ("3", Some("2026-12-09T15:30:00Z")),
        ("3 pm", Some("2026-12-08T14:00:00Z")),
        ("at 15:00 is fine", Some("2026-12-08T14:00:00Z")),
        ("Wednesday", Some("2026-12-09T15:30:00Z")),
        ("Wednesday at 4:30 pm would be great, thank you very much", Some("2026-12-09T15:30:00Z")),
        ("any of them", Some("2026-12-08T14:00:00Z")),
        ("at 16:30", None),
        ("What has Alex done with Rust?", None),
    ];
    for (said, expected) in rows {
        let wanted = after(said, &slot("{}"));
        let booked = wanted.iter().find(|wanted| wanted.name == BOOK);
        assert_eq!(booked.and_then(|wanted| wanted.arguments["start"].as_str()), expected, "{said}");
    }
}

#[test]
fn other_times_are_looked_for() {
    let rows = [
        ("None of these work for me", json!({ "when": "2026-12-10", "time_zone": "Europe/Berlin" })),
        ("Friday at 10 am?", json!({ "when": "Friday at 10 am?", "time_zone": "Europe/Berlin" })),
        ("I am in New York", json!({ "when": "next week", "time_zone": "America/New_York" })),
    ];
    for (said, arguments) in rows {
        assert_eq!(after(said, &slot("{}")), [Wanted { name: FIND, arguments }], "{said}");
    }
}

#[test]
fn who_comes_is_asked_once() {
    let held = Expects::Guest {
        booking: r#"{"start":"2026-12-08T14:00:00Z","time_zone":"Europe/Berlin","confirmed":false}"#
            .to_owned(),
    };
    let whole = json!({
        "start": "2026-12-08T14:00:00Z", "time_zone": "Europe/Berlin", "confirmed": true,
        "name": "Dana Lee", "email": "dana@northgate.example",
    });
    let booked = after("I am Dana Lee, dana@northgate.example", &held);
    assert_eq!(booked, [Wanted { name: BOOK, arguments: whole.clone() }]);
    // The address came with the choice: the name alone is missing.
    let chosen = after("The first. My mail is dana@northgate.example", &slot(r#"{"topic":"a role"}"#));
    let mut arguments = chosen[0].arguments.clone();
    assert_eq!(
        (&arguments["email"], &arguments["topic"]),
        (&json!("dana@northgate.example"), &json!("a role"))
    );
    arguments["confirmed"] = json!(false);
    let named = after("Dana Lee", &Expects::Guest { booking: arguments.to_string() });
    assert_eq!(
        (&named[0].arguments["name"], &named[0].arguments["confirmed"]),
        (&json!("Dana Lee"), &json!(true))
    );
    assert_eq!(after("no", &held), []);
    assert_eq!(after("Perfect!", &held), []);
    assert_eq!(after("How long does it take?", &held), []);
}

#[test]
fn what_comes_to_nothing_is_followed_by_something_else() {
    let read = |said: &str| Brain::Offline.determine_intent(said);
    let said = "Could we meet on Tuesday at 3 pm?";
    let closed = (times(Some(said)), json!({ "open": false }));
    let Then::Instead(noted) = then(said, &read(said), None, &closed) else { panic!("it is noted") };
    assert_eq!((noted.name, &noted.arguments["preferred_times"]), (PROPOSE, &json!(["Tuesday at 3 pm"])));
    let said = "Can we schedule a meeting?";
    assert_eq!(then(said, &read(said), None, &(times(None), json!({ "open": false }))), Then::Nothing);
    let arguments =
        json!({ "start": "2026-12-08T23:30:00Z", "time_zone": "Europe/Berlin", "confirmed": true });
    let gone = (Wanted { name: BOOK, arguments }, json!({ "error": "this time is taken", "gone": true }));
    let others = json!({ "when": "2026-12-09", "time_zone": "Europe/Berlin" });
    assert_eq!(then("yes", &read("yes"), None, &gone), Then::Also(Wanted { name: FIND, arguments: others }));
}
