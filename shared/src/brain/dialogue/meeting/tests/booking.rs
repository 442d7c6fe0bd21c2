//! Who comes, and what books.

use super::*;
use crate::brain::dialogue;

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

#[test]
fn what_is_not_wanted_any_more_is_not_booked() {
    let held = Expects::Guest { booking: r#"{"start":"2026-12-08T14:00:00Z","time_zone":"UTC"}"#.to_owned() };
    for expects in [slot("{}"), held] {
        for said in ["cancel it please", "No, forget it", "never mind", "I changed my mind, don't book it"] {
            let looked_for: &[&str] = if said.contains("cancel") { &[CHANGE] } else { &[] };
            let names: Vec<&str> = after(said, &expects).iter().map(|wanted| wanted.name).collect();
            assert_eq!(names, looked_for, "{said}");
            let read = Brain::Offline.determine_intent(said, "Alex Sample");
            let waits = dialogue::expected(said, &read, Some(&expects), &[]);
            assert_eq!(waits, None, "{said}: a yes would book it");
            assert!(dialogue::is_declined(said, Some(&expects)));
        }
        assert_eq!(after("Please don't call me again", &expects)[0].name, "stop_contact");
    }
    assert_eq!(dropped(Some(&slot("{}"))), "All right, I book nothing.");
}

#[test]
fn who_does_not_come_says_so() {
    let held = Expects::Guest { booking: r#"{"start":"2026-12-08T14:00:00Z"}"#.to_owned() };
    for said in ["can't make it after all", "Sorry, I won’t make it"] {
        assert_eq!(after(said, &held), [], "{said}");
        assert!(dialogue::is_declined(said, Some(&held)), "{said}");
        let start = "2026-12-08T14:00:00Z".parse().unwrap();
        let booked = after(said, &Expects::Booked { start, zone: "UTC".to_owned() });
        assert_eq!(booked.first().map(|wanted| wanted.name), Some(CHANGE), "{said}");
    }
    assert!(!dialogue::is_declined("Can't you make it earlier?", Some(&held)));
    let named = after("my name is Ana", &held);
    assert_eq!(named[0].arguments["name"], "Ana");
}

/// What came between is noted, and the times that stand above are not told again.
#[test]
fn who_says_who_they_are_is_asked_which_time_suits_them() {
    let offered = slot("{}");
    let said = "Jane Roe, jane@roe.example, I'm hiring a staff engineer at Globex";
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let saved = after(said, &offered);
    let details =
        json!({ "name": "Jane Roe", "email": "jane@roe.example", "company": "Globex", "confirmed": true });
    assert_eq!(saved, [Wanted { name: SAVE, arguments: details }]);
    let done = [(saved[0].clone(), json!({ "saved": true }))];
    let asked = dialogue::still_asked(Some(&offered), &done).unwrap();
    assert!(asked.starts_with("Which of the times suits you?"), "{asked}");
    let waits = dialogue::expected(said, &read, Some(&offered), &done).unwrap();
    let chosen = after("the first one", &waits).remove(0);
    assert_eq!((chosen.name, &chosen.arguments["start"]), (BOOK, &json!(TUESDAY)));
    let known = |what: &str| chosen.arguments[what].as_str().unwrap().to_owned();
    assert_eq!((known("name"), known("email")), ("Jane Roe".to_owned(), "jane@roe.example".to_owned()));
    assert_eq!(known("topic"), "staff engineer at Globex");
    assert_eq!(chosen.arguments["confirmed"], false, "a yes books it, and nothing else");

    let named = after("I'm Lisa Park", &offered).remove(0);
    assert_eq!((named.name, &named.arguments["name"]), (SAVE, &json!("Lisa Park")));
    let hiring = after("I'm from Initech and we look for a payments architect", &offered).remove(0);
    assert_eq!((hiring.name, &hiring.arguments["company"]), (SAVE, &json!("Initech")));
    let spoken = "my mail is jane@roe.example";
    let read = Brain::Offline.determine_intent(spoken, "Alex Sample");
    let again = answered(spoken, &read, &offered, Manner::Spoken).unwrap();
    assert_eq!(again[0].name, FIND, "who hears them has no list above");
}

#[test]
fn a_yes_to_several_times_chooses_none() {
    let offered = slot("{}");
    assert_eq!(after("yes", &offered), []);
    assert!(dialogue::asked_again("yes", Some(&offered)).is_some());
    assert_eq!(dialogue::asked_again("What does Alex charge?", Some(&offered)), None);
    assert_eq!(dialogue::asked_again("yes", None), None);
}

#[test]
fn an_address_after_a_booking_changes_what_is_kept_and_not_what_is_booked() {
    let booked = Expects::Booked { start: at(TUESDAY), zone: "UTC".to_owned() };
    let said = "no sorry, it is jane.roe@roe.example";
    let saved = after(said, &booked);
    assert_eq!((saved[0].name, &saved[0].arguments["confirmed"]), (SAVE, &json!(true)));
    let others = after("please invite my colleague, too: tom@roe.example", &booked);
    let other = others.iter().find(|one| one.name == SAVE).unwrap();
    assert_eq!(other.arguments["confirmed"], false, "it is not theirs: they are asked");
    let done = [(saved[0].clone(), json!({ "saved": true }))];
    let told = dialogue::still_asked(Some(&booked), &done).unwrap();
    assert!(told.starts_with("What is booked keeps the address"), "{told}");
    let read = Brain::Offline.determine_intent(said, "Alex Sample");
    let waits = dialogue::expected(said, &read, Some(&booked), &done);
    assert_eq!(waits, Some(booked), "it can still be moved");
}
