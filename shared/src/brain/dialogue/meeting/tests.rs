use super::{
    super::{Manner, wanted},
    *,
};
use crate::{brain::Brain, contact::Contact, id::PersonId, tools::find_times::Fit};

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
    wanted(
        said,
        &Brain::Offline.determine_intent(said, "Alex Sample"),
        Some(expects),
        &contact,
        "Alex Sample",
        Manner::Written,
    )
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
fn who_does_not_come_says_so() {
    let held = Expects::Guest { booking: r#"{"start":"2026-12-08T14:00:00Z"}"#.to_owned() };
    for said in ["can't make it after all", "Sorry, I won’t make it"] {
        assert_eq!(after(said, &held), [], "{said}");
        assert!(super::super::is_declined(said, Some(&held)), "{said}");
        let start = "2026-12-08T14:00:00Z".parse().unwrap();
        let booked = after(said, &Expects::Booked { start, zone: "UTC".to_owned() });
        assert_eq!(booked.first().map(|wanted| wanted.name), Some(CHANGE), "{said}");
    }
    assert!(!super::super::is_declined("Can't you make it earlier?", Some(&held)));
    let named = after("my name is Ana", &held);
    assert_eq!(named[0].arguments["name"], "Ana");
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
    let number = after("You reach me at +49 30 901820", &held);
    assert_eq!(number[0].arguments["phone"], "+4930901820", "{number:?}");
    assert_eq!(after("no", &held), []);
    assert_eq!(after("Perfect!", &held), []);
    assert_eq!(after("How long does it take?", &held), []);
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

const TUESDAY: &str = "2026-12-08T14:00:00Z";
const WEDNESDAY: &str = "2026-12-09T15:30:00Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn new_time(starts: &[&str]) -> Expects {
    let starts = starts.iter().map(|start| at(start)).collect();
    Expects::NewTime { from: at("2026-12-07T09:00:00Z"), zone: "Europe/Berlin".to_owned(), starts }
}

#[test]
fn nothing_but_a_yes_or_what_was_asked_for_books() {
    let of = |booking: Value| Expects::Guest { booking: booking.to_string() };
    let start = json!({ "start": TUESDAY, "time_zone": "Europe/Berlin", "confirmed": false });
    let mut whole = start.clone();
    whole["email"] = json!("dana@northgate.example");
    let nameless = of(whole.clone());
    whole["name"] = json!("Dana Lee");
    let whole = of(whole);
    let confirms = |said: &str, expects: &Expects| {
        let all = after(said, expects);
        all.iter().any(|wanted| wanted.name == BOOK && wanted.arguments["confirmed"] == true)
    };
    for said in [
        "Maybe",
        "Later",
        "Stop!",
        "I'm not sure",
        "I am busy then",
        "NOT NOW",
        "ok I have to go",
        "ok, let me choose",
        "let's see",
        "makes sense",
        "Does it go to bob@northgate.example?",
    ] {
        for expects in [&whole, &nameless, &of(start.clone())] {
            assert!(!confirms(said, expects), "{said}");
        }
    }
    for said in ["Yes", "ok, go ahead", "Yes, that works for me"] {
        assert!(confirms(said, &whole), "{said}");
    }
    assert!(confirms("Dana", &nameless));
    let corrected = after("No, it is dana.lee@northgate.example", &whole);
    assert_eq!(corrected[0].arguments["email"], "dana.lee@northgate.example");
    assert_eq!(corrected[0].arguments["confirmed"], false, "it is read back");
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
fn a_yes_to_the_only_time_counts_while_it_is_asked_for() {
    let only = new_time(&[WEDNESDAY]);
    assert_eq!(moves("yes", &only), Some((WEDNESDAY.to_owned(), true)));
    let read = |said: &str| Brain::Offline.determine_intent(said, "Alex Sample");
    let aside = "What has Alex done with Rust?";
    assert_eq!(super::super::expected(aside, &read(aside), Some(&only), &[]), None);
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
    assert!(super::super::is_declined("no, don't cancel it", Some(&asked)));
    assert!(!super::super::is_declined("No, cancel it", Some(&asked)));
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

#[test]
fn what_is_not_wanted_any_more_is_not_booked() {
    let held = Expects::Guest { booking: r#"{"start":"2026-12-08T14:00:00Z","time_zone":"UTC"}"#.to_owned() };
    for expects in [slot("{}"), held] {
        for said in ["cancel it please", "No, forget it", "never mind", "I changed my mind, don't book it"] {
            let looked_for: &[&str] = if said.contains("cancel") { &[CHANGE] } else { &[] };
            let names: Vec<&str> = after(said, &expects).iter().map(|wanted| wanted.name).collect();
            assert_eq!(names, looked_for, "{said}");
            let read = Brain::Offline.determine_intent(said, "Alex Sample");
            let waits = super::super::expected(said, &read, Some(&expects), &[]);
            assert_eq!(waits, None, "{said}: a yes would book it");
            assert!(super::super::is_declined(said, Some(&expects)));
        }
        assert_eq!(after("Please don't call me again", &expects)[0].name, "stop_contact");
    }
    assert_eq!(dropped(Some(&slot("{}"))), "All right, I book nothing.");
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
    let after = super::super::expected;
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

#[test]
fn one_free_time_is_asked_for_by_its_name() {
    let output = json!({
        "times": [{ "start": TUESDAY, "say": "Tuesday 8 December, 3 pm" }], "as_asked": true, "clock": "Berlin time",
    });
    let told = offer_told("Alex Sample", "Tuesday at 3 pm?", &output);
    assert_eq!(told, "Tuesday 8 December, 3 pm, Berlin time, is free. Does it suit you?");
}

#[test]
fn what_is_offered_again_is_not_called_taken() {
    let output = json!({
        "times": [{ "start": TUESDAY, "say": "Tuesday 8 December, 3 pm" }], "as_asked": false,
        "begin": Fit::NotFree.words(), "clock": "Berlin time",
    });
    let is_taken = |said: &str| offer_told("Alex Sample", said, &output).starts_with("Nothing is free then");
    assert!(is_taken("can we talk tomorrow at 3 pm?"));
    assert!(is_taken("tomorrow at 3 pm, my mail is jane@acme.example"));
    assert!(!is_taken("my mail is jane@acme.example") && !is_taken("👍"));
}
