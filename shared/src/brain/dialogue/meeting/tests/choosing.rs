//! Among times that were offered, or for others.

use super::*;

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
        ("the first one works, dana@northgate.example, Dana Lee", Some("2026-12-08T14:00:00Z")),
        ("no sorry, Thursday at 3 pm", None),
        ("3 pm London time", None),
        ("any time but Wednesday", None),
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
        ("Friday at 10 am?", json!({ "when": "2026-12-11 Friday at 10 am?", "time_zone": "Europe/Berlin" })),
        ("I mean 11", json!({ "when": "2026-12-08 or 2026-12-09 at 11", "time_zone": "Europe/Berlin" })),
        ("11", json!({ "when": "2026-12-08 or 2026-12-09 at 11", "time_zone": "Europe/Berlin" })),
        (
            "any time but Wednesday",
            json!({
                "when": "2026-12-14 monday or 2026-12-08 tuesday or 2026-12-10 thursday or 2026-12-11 friday",
                "time_zone": "Europe/Berlin",
            }),
        ),
        ("I am in New York", json!({ "when": "next week", "time_zone": "America/New_York" })),
        ("I'm in Lisbon", json!({ "when": "next week", "time_zone": "Europe/Lisbon" })),
    ];
    for (said, arguments) in rows {
        assert_eq!(after(said, &slot("{}")), [Wanted { name: FIND, arguments }], "{said}");
    }
}

#[test]
fn a_clock_that_is_not_clear_is_asked_for() {
    let said = "Can we meet on Thursday at 4 pm IST?";
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let why = "IST is the clock of India, of Israel and of Ireland: the city that is meant has to be named";
    let refused = (times(Some(said)), json!({ "error": why, "time_zone": "IST" }));
    assert_eq!(then(said, &read, None, &refused), Then::Stands, "no time is noted that nobody meant");
    let asked = "IST is the clock of India, of Israel and of Ireland. Which city’s clock do you mean?";
    assert_eq!(asked_for_a_clock(&refused.1), asked);
    let waits = expected(said, &read, None, &[], &refused).unwrap();
    for place in ["India", "I'm in Mumbai", "Kolkata time", "4 pm in Mumbai"] {
        assert_eq!(after(place, &waits), [times_in(Some(said), "Asia/Kolkata")], "{place}");
    }
    for said in ["Friday at 3 pm in Tel Aviv", "Friday at 3 pm IST"] {
        assert_eq!(after(said, &waits), [times_in(Some(said), "IST")], "its own clock comes first: {said}");
    }
    assert_eq!(after("never mind", &waits), []);
}

#[test]
fn when_somebody_cannot_is_not_looked_at() {
    let rows = [
        ("I can't on Wednesday", Some("monday or tuesday or thursday or friday")),
        ("Wednesday doesn't work for me", Some("monday or tuesday or thursday or friday")),
        ("not Monday, but Tuesday at three", Some("Tuesday at three")),
        ("Any time but Wednesday", Some("monday or tuesday or thursday or friday")),
        ("any day other than Friday please", Some("monday or tuesday or wednesday or thursday")),
        ("I am busy tomorrow", None),
        ("Why not Wednesday?", Some("Why not Wednesday?")),
        ("Can't we meet on Wednesday?", Some("Can't we meet on Wednesday?")),
        ("Wednesday, if not Tuesday then", Some("Wednesday, if not Tuesday then")),
        ("Tuesday at three is not a problem", Some("Tuesday at three is not a problem")),
        ("Tuesday, not before ten", Some("Tuesday, not before ten")),
        ("I can't wait for Tuesday at three", Some("I can't wait for Tuesday at three")),
        ("Wednesday at three", Some("Wednesday at three")),
    ];
    for (said, expected) in rows {
        assert_eq!(choice::suiting(said).as_deref(), expected, "{said}");
    }
    let start: Timestamp = TUESDAY.parse().unwrap();
    let read = |said: &str| Brain::Offline.determine_intent(said, "Alex Sample");
    let said = "I can't make it on Tuesday";
    let change = of_booked(said, &read(said), start, "Europe/London").unwrap();
    assert_eq!(change[0].name, CHANGE, "it is on that day");
    let other = "I can't on Friday";
    assert_eq!(of_booked(other, &read(other), start, "Europe/London"), None);
}

#[test]
fn an_hour_corrects_the_one_that_is_held() {
    let booking = r#"{"start":"2026-12-08T14:00:00Z","time_zone":"Europe/Berlin","topic":"a role"}"#;
    let held = Expects::Guest { booking: booking.to_owned() };
    for (said, when) in [
        ("no wait, I meant 11", "2026-12-08 at 11"),
        ("sorry, 4 pm instead", "2026-12-08 sorry, 4 pm instead"),
        ("actually Thursday at 11", "2026-12-10 actually Thursday at 11"),
    ] {
        assert_eq!(after(said, &held), [times_in(Some(when), "Europe/Berlin")], "{said}");
    }
    // The one that was named and is free is held without another question.
    let read = Brain::Offline.determine_intent("no wait, I meant 11", "Alex Sample");
    let free = json!({ "times": [{ "start": WEDNESDAY }], "as_asked": true, "time_zone": "Europe/Berlin" });
    let found = (times_in(Some("2026-12-09 at 11"), "Europe/Berlin"), free.clone());
    let Then::Instead(other) = then("I meant 11", &read, Some(&held), &found) else { panic!("it is held") };
    assert_eq!((other.name, &other.arguments["start"]), (BOOK, &json!(WEDNESDAY)));
    assert_eq!((&other.arguments["topic"], &other.arguments["confirmed"]), (&json!("a role"), &json!(false)));
    let day = (times_in(Some("2026-12-09"), "Europe/Berlin"), free);
    assert_eq!(then("Wednesday", &read, Some(&held), &day), Then::Stands, "they named no time");
}

#[test]
fn what_comes_to_nothing_is_followed_by_something_else() {
    let read = |said: &str| Brain::Offline.determine_intent(said, "Alex Sample");
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
