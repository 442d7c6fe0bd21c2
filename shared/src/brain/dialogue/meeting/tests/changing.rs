//! What is booked is asked for, moved or called off.

use super::*;
use crate::brain::dialogue;

fn new_time(starts: &[&str]) -> Expects {
    let starts = starts.iter().map(|start| at(start)).collect();
    Expects::NewTime { from: at("2026-12-07T09:00:00Z"), zone: "Europe/Berlin".to_owned(), starts }
}

/// To when it is moved, and whether that is done without another question.
fn moves(said: &str, expects: &Expects) -> Option<(String, bool)> {
    let all = after(said, expects);
    let change = all.iter().find(|wanted| wanted.name == CHANGE)?;
    let to = change.arguments["to"].as_str()?.to_owned();
    Some((to, change.arguments["confirmed"] == true))
}

#[test]
fn only_a_choice_moves_a_meeting() {
    let offered = new_time(&[TUESDAY, "2026-12-08T15:30:00Z", WEDNESDAY]);
    let rows = [
        ("Yes, the first", Some((TUESDAY, true))),
        ("the third one works for me, thank you", Some((WEDNESDAY, true))),
        ("3", Some((WEDNESDAY, true))),
        ("any of them", Some((TUESDAY, true))),
        ("Wednesday at 4:30 pm would be great", Some((WEDNESDAY, true))),
        // A question, or more than a choice: they are asked.
        ("The first one?", Some((TUESDAY, false))),
        ("I arrive on Wednesday", Some((WEDNESDAY, false))),
        ("next Wednesday", Some((WEDNESDAY, false))),
        // None of it chooses.
        ("Any other time?", None),
        ("Any news from Alex?", None),
        ("Is the second interview with Alex, too?", None),
        ("I have two questions first", None),
        ("either the first or the second", None),
        ("I can’t on Wednesday", None),
        ("Friday at two", None),
        ("not the first", None),
        ("okay", None),
    ];
    for (said, expected) in rows {
        let expected = expected.map(|(to, confirmed)| (to.to_owned(), confirmed));
        assert_eq!(moves(said, &offered), expected, "{said}");
    }
    let others = after("Any other time?", &offered);
    assert_eq!((others[0].name, &others[0].arguments["when"]), (FIND, &json!("2026-12-10")));
}

#[test]
fn a_yes_to_the_only_time_counts_while_it_is_asked_for() {
    let only = new_time(&[WEDNESDAY]);
    assert_eq!(moves("yes", &only), Some((WEDNESDAY.to_owned(), true)));
    let read = |said: &str| Brain::Offline.determine_intent(said, "Alex Sample");
    let aside = "What has Alex done with Rust?";
    assert_eq!(dialogue::expected(aside, &read(aside), Some(&only), &[]), None);
    // What was asked of a choice that was not clear is answered by a yes: it is moved, and not cancelled.
    let asked = Wanted { name: CHANGE, arguments: json!({}) };
    let output = json!({ "changed": false, "start": "2026-12-07T09:00:00Z", "to": WEDNESDAY });
    let said = "I arrive on Wednesday";
    let before = new_time(&[TUESDAY, WEDNESDAY]);
    assert_eq!(expected(said, &read(said), Some(&before), &[], &(asked, output)), Some(only));
}

#[test]
fn the_same_time_is_that_of_what_was_booked() {
    let said = "actually make it friday, same time";
    let booked = Expects::Booked { start: at(TUESDAY), zone: "Europe/Berlin".to_owned() };
    let theirs = json!({ "meetings": [{ "start": TUESDAY, "time_zone": "Europe/Berlin" }] });
    let listed = (Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) }, theirs);
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let Then::Also(found) = then(said, &read, Some(&booked), &listed) else { panic!("times are looked for") };
    let when = found.arguments["when"].as_str().unwrap();
    assert!(when.ends_with("same time at 15:00"), "{when}");
}

#[test]
fn whoever_names_a_time_does_not_cancel() {
    let start = at(TUESDAY);
    let asked = Expects::Cancellation { start };
    let change = |confirmed: bool| {
        vec![Wanted { name: CHANGE, arguments: json!({ "start": start, "confirmed": confirmed }) }]
    };
    for said in [
        "yes",
        "Yes, please.",
        "Yes, cancel it.",
        "cancel",
        "Please cancel it",
        "Yes, I have to cancel, sorry",
    ] {
        assert_eq!(after(said, &asked), change(true), "{said}");
    }
    for said in ["ok I have to go now", "I want it, ok"] {
        assert_ne!(after(said, &asked), change(true), "{said}");
    }
    assert_eq!(after("no, don't cancel it", &asked), []);
    assert!(dialogue::is_declined("no, don't cancel it", Some(&asked)));
    assert!(!dialogue::is_declined("No, cancel it", Some(&asked)));
    for said in
        ["Yes, I am ill on that day", "Yes, cancel the one on Thursday at 3", "Don’t move it, cancel it"]
    {
        assert_eq!(after(said, &asked), change(false), "{said}");
    }
    for said in
        ["Yes, Thursday at three", "Ok, Thursday at 3 pm", "Yes, at three", "How about next Friday at 10?"]
    {
        assert_eq!(after(said, &asked), [times(Some(said))], "{said}");
        let found = (times(Some(said)), json!({ "times": [{ "start": WEDNESDAY }], "time_zone": "UTC" }));
        let read = Brain::Offline.determine_intent(said, "Alex Sample");
        let waits = expected(said, &read, Some(&asked), &[], &found);
        assert!(matches!(waits, Some(Expects::NewTime { from, .. }) if from == start), "{said}: {waits:?}");
    }
    assert_eq!(after("Yes, please move it", &asked), [times(None)]);
    assert_eq!(after("Ok, what would Alex charge?", &asked), []);
}

#[test]
fn another_meeting_is_not_the_one_that_is_spoken_of() {
    let said = "Can I also book Tuesday at 4?";
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let found = (times(Some(said)), json!({ "times": [{ "start": WEDNESDAY }], "time_zone": "UTC" }));
    for before in [Expects::Cancellation { start: at(TUESDAY) }, new_time(&[TUESDAY, WEDNESDAY])] {
        assert_eq!(moves(said, &before), None);
        let waits = expected(said, &read, Some(&before), &[], &found);
        assert!(matches!(waits, Some(Expects::Slot { .. })), "{waits:?}");
    }
}

/// Times are offered, and a meeting is booked beside them.
#[test]
fn what_is_cancelled_while_times_are_offered_is_what_was_booked() {
    let offered = slot("{}");
    let said = "cancel it";
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let looked_for = || after(said, &offered).remove(0);
    let came = |output: Value| then(said, &read, Some(&offered), &(looked_for(), output));
    let one = json!({ "start": TUESDAY, "time_zone": "Europe/Berlin", "say": "Introduction, Tuesday" });
    assert_eq!(came(json!({ "meetings": [one.clone()] })), Then::Stands);
    // There is none: the offer is dropped.
    assert_eq!(came(json!({ "meetings": [] })), Then::Nothing);
    assert_eq!(came(json!({ "verified": false })), Then::Nothing);
    let waits = |meetings: Value| {
        let done = (looked_for(), json!({ "meetings": meetings }));
        expected(said, &read, Some(&offered), &[], &done)
    };
    assert_eq!(waits(json!([one.clone()])), Some(Expects::Cancellation { start: at(TUESDAY) }));
    let mut other = one.clone();
    other["start"] = json!(WEDNESDAY);
    let which = Expects::Which {
        starts: vec![at(TUESDAY), at(WEDNESDAY)],
        zone: "Europe/Berlin".to_owned(),
        moves: false,
    };
    assert_eq!(waits(json!([one, other])), Some(which));
}

#[test]
fn what_was_booked_a_moment_ago_is_it() {
    let booked = Expects::Booked { start: at(TUESDAY), zone: "Europe/Berlin".to_owned() };
    let asks = [Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) }];
    for said in [
        "can we move it to Friday morning?",
        "cancel it please",
        "cancel",
        "No, cancel it",
        "Thursday instead",
        "actually can we make it Friday at 10 am?",
        "I need to reschedule",
        "what did I book?",
        "When is my meeting?",
    ] {
        assert_eq!(after(said, &booked), asks, "{said}");
    }
    for said in ["thanks", "What has Alex done with Rust?", "Can I also book another meeting on Friday?"] {
        assert!(after(said, &booked).iter().all(|wanted| wanted.name != CHANGE), "{said}");
    }
    let theirs = json!({ "meetings": [{ "start": TUESDAY, "time_zone": "Europe/Berlin", "say": "Intro" }] });
    let listed = (asks[0].clone(), theirs.clone());
    let next = |said: &str| {
        let read = Brain::Offline.determine_intent(said, "Alex Sample");
        (
            then(said, &read, Some(&booked), &listed),
            expected(said, &read, Some(&booked), &[], &listed).unwrap(),
            theirs_told(said, &theirs, false),
        )
    };
    let (then, ..) = next("can we move it to Friday morning?");
    assert_eq!(then, Then::Also(times_in(Some("Friday morning?"), "Europe/Berlin")));
    let (then, ..) = next("can we make it Friday morning?");
    assert_eq!(then, Then::Also(times_in(Some("can we make it Friday morning?"), "Europe/Berlin")));
    let (then, ..) = next("can we move it to 3 pm?");
    assert_eq!(then, Then::Also(times_in(Some("2026-12-08 3 pm?"), "Europe/Berlin")));
    let (then, waits, _) = next("cancel it");
    assert_eq!((then, waits), (Then::Stands, Expects::Cancellation { start: at(TUESDAY) }));
    // Who only asks when it is does not cancel it by thanking.
    let (then, waits, told) = next("When is my meeting?");
    assert_eq!((then, &waits), (Then::Stands, &booked));
    assert_eq!(told, "You have booked Intro. I can move it, or cancel it.");
}

#[test]
fn what_was_booked_is_kept_in_mind() {
    let read = |said: &str| Brain::Offline.determine_intent(said, "Alex Sample");
    let arguments = json!({ "start": TUESDAY, "time_zone": "Europe/Berlin", "confirmed": true });
    let done = [(Wanted { name: BOOK, arguments }, json!({ "booked": true }))];
    let after = dialogue::expected;
    let booked = after("yes", &read("yes"), None, &done);
    let start = at(TUESDAY);
    assert_eq!(booked, Some(Expects::Booked { start, zone: "Europe/Berlin".to_owned() }));
    for said in ["thanks", "no", "What has Alex done with Rust?"] {
        assert_eq!(after(said, &read(said), booked.as_ref(), &[]), booked, "{said}");
    }
    let said = "Can I leave a message?";
    assert_eq!(after(said, &read(said), booked.as_ref(), &[]), Some(Expects::Message));
    let cancelled = [(
        Wanted { name: CHANGE, arguments: json!({ "start": TUESDAY, "confirmed": true }) },
        json!({ "changed": true, "cancelled": true }),
    )];
    assert_eq!(after("yes", &read("yes"), booked.as_ref(), &cancelled), None);
}
