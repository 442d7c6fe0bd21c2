//! Meetings in words: found, booked, moved and called off without a model.

use serde_json::json;
use tests::Bench;

use super::Browser;

/// Whoever says who they are with a wish for a time is known by it, though nothing is booked.
#[tokio::test]
async fn an_address_with_a_wish_for_a_time_is_kept() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let said = "Can I meet Alex next Tuesday at 3 pm? I am Bob Miller, bob@miller.example";
    let offered = browser.say(said).await;
    assert!(
        offered.text().contains("is free. Does it suit you?") && offered.text().contains("saved"),
        "{}",
        offered.text()
    );
    assert!(browser.say("the first one, please").await.text().contains("bob@miller.example"));
    bench.close_chats().await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().to_owned();
    let kept = bench.owner(&format!("/api/omni-context/{person}")).await.to_string();
    assert!(kept.contains("Bob Miller") && kept.contains("bob@miller.example"), "{kept}");
    assert!(!kept.contains("\"Alex\""), "the owner is no company: {kept}");
}

/// Without a model, on the clock of the owner as long as nobody says where they are.
#[tokio::test]
async fn a_meeting_is_booked_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let offered = browser.say("Could we meet next Tuesday at 3 pm?").await;
    let text = offered.text();
    assert!(text.starts_with("Tuesday ") && text.contains(", 3 pm, Berlin time, is free. Does it suit you?"));
    assert!(text.contains("Alex Sample’s clock"), "{text}");
    let held = browser.say("the first one, please").await;
    assert!(
        held.text().starts_with("I hold Tuesday ") && held.text().contains("your name"),
        "{}",
        held.text()
    );
    let aside = browser.say("What has Alex done with Rust?").await;
    assert!(!aside.done()["citations"].as_array().unwrap().is_empty(), "a question in between is answered");
    let booked = browser.say("I am Dana Lee, dana@northgate.example").await;
    assert!(booked.text().starts_with("It is booked: Introduction, Tuesday "), "{}", booked.text());
    assert!(
        booked.text().contains("dana@northgate.example waits until Alex Sample has seen it"),
        "{}",
        booked.text()
    );
    assert_eq!(booked.done()["actions"][0]["label"], "Your meeting was booked.");
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    let booking = &bookings["bookings"][0];
    assert_eq!((&booking["guest"]["name"], booking.get("topic")), (&json!("Dana Lee"), None));

    // The time is nobody else's now.
    let mut other = Browser::new(&bench);
    let late = other.say("Could we meet next Tuesday at 3 pm?").await;
    assert!(
        late.text().starts_with("Nothing is free then; these are the next free times"),
        "{}",
        late.text()
    );

    bench.close_chats().await;
    let person = booking["person"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let told: Vec<_> = timeline["followUps"].as_array().unwrap().iter().collect();
    let state = |kind: &str| {
        let of_kind: Vec<_> = told.iter().filter(|one| one["content"]["kind"] == kind).collect();
        of_kind.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((told.len(), state("invitation")), (2, vec!["awaiting_approval".to_owned()]), "{told:?}");
    assert_eq!(state("meeting_notification"), ["sent"]);
    assert!(timeline["conversations"][0]["actions"].to_string().contains("meeting_booked"), "{timeline}");
}

/// A name that several clocks have is asked back, and what is not offered is not held.
#[tokio::test]
async fn a_time_is_on_the_clock_that_is_named() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let asked = browser.say("Could we meet next Tuesday at 3 pm IST?").await;
    let why = "IST is the clock of India, of Israel and of Ireland. Which city’s clock do you mean?";
    assert_eq!(asked.text(), why);
    let held = browser.say("Mumbai").await;
    let text = held.text();
    assert!(text.starts_with("I hold Tuesday ") && text.contains("3 pm Kolkata time for you."), "{text}");

    let mut other = Browser::new(&bench);
    let offered = other.say("Could we meet next Tuesday at 9 am EST?").await;
    assert!(offered.text().contains(", 9 am, New York time, is free."), "{}", offered.text());
    let held = other.say("no sorry, Wednesday at 9 am").await;
    assert!(held.text().starts_with("I hold Wednesday "), "{}", held.text());
    assert!(held.text().contains("9 am New York time"), "{}", held.text());
}

/// A type of meeting that is named is the one that is booked.
#[tokio::test]
async fn a_meeting_has_the_length_that_was_asked_for() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("i wanna book a 15 min call").await;
    // The first one is over where its notice ends before it is chosen.
    let held = browser.say("the second one, please").await;
    assert!(held.text().contains("on which number shall you be called"), "{}", held.text());
    browser.say("I am Dana Lee, dana@northgate.example, +1 415 555 2671").await;
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"][0]["meeting"]["id"], "call", "{bookings}");
}

/// Whoever booked it in this conversation may call it off in it; whoever cannot be told what was before may not.
#[tokio::test]
async fn a_meeting_is_called_off_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("the first one, please").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    let stranger = Browser::new(&bench).say("I have to cancel our meeting.").await;
    assert!(stranger.text().contains("once I know for sure who you are"), "{}", stranger.text());
    let asked = browser.say("I have to cancel our meeting.").await;
    assert!(asked.text().starts_with("You have booked Introduction, Tuesday "), "{}", asked.text());
    assert!(asked.text().contains("Shall I cancel it?"), "{}", asked.text());
    let cancelled = browser.say("Yes, cancel it.").await;
    assert!(cancelled.text().starts_with("It is cancelled: Introduction, Tuesday "), "{}", cancelled.text());
    assert_eq!(cancelled.done()["actions"][0]["label"], "Your meeting was cancelled.");
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"], json!([]));
}

/// To a time that is named, or to one of the next; another is looked for, and the meeting is one and the same.
#[tokio::test]
async fn a_meeting_is_moved_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("the first one, please").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    let booked = bench.owner("/api/calendar/bookings").await["bookings"][0].clone();
    let stranger = Browser::new(&bench).say("Please move my meeting to Thursday at three.").await;
    assert!(stranger.text().contains("once I know for sure who you are"), "{}", stranger.text());

    let offered = browser.say("Please move my meeting from Tuesday to next Thursday at 4 pm.").await;
    let text = offered.text();
    assert!(
        text.starts_with("You have booked Introduction, Tuesday ") && text.contains("Thursday "),
        "{text}"
    );
    assert!(text.contains(", 4 pm, Berlin time, is free.") && !text.contains("cancel"), "{text}");
    let others = browser.say("Or rather next Wednesday at 11 am?").await;
    assert!(
        others.text().contains("Wednesday ") && others.text().contains(", 11 am, Berlin time, is free."),
        "{}",
        others.text()
    );
    let moved = browser.say("Yes, the first").await;
    assert!(moved.text().starts_with("It is moved: Introduction, Wednesday "), "{}", moved.text());
    assert_eq!(moved.done()["actions"][0]["label"], "Your meeting was moved.");
    let all = bench.owner("/api/calendar/bookings").await["bookings"].clone();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["id"]), (1, &booked["id"]), "{all}");
    assert_ne!(all[0]["start"], booked["start"]);

    // Without a time, and of what is offered to cancel.
    let asked = browser.say("I have to reschedule our meeting.").await;
    assert!(asked.text().contains("Which one suits you?"), "{}", asked.text());
    let aside = browser.say("What has Alex done with Rust?").await;
    assert!(!aside.done()["citations"].as_array().unwrap().is_empty(), "a question in between is answered");
    assert_eq!(browser.say("never mind").await.text(), "All right, it stays as it is.");
    browser.say("I have to cancel our meeting.").await;
    let instead = browser.say("Or next Friday at 10 am instead?").await;
    assert!(instead.text().starts_with("Friday "), "{}", instead.text());
    let moved = browser.say("yes").await;
    assert!(moved.text().starts_with("It is moved: Introduction, Friday "), "{}", moved.text());
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"].as_array().unwrap().len(), 1);
}

/// Times are said on the clock of the browser, until somebody names another.
#[tokio::test]
async fn times_are_told_where_somebody_is() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.zone = Some("America/New_York");
    let offered = browser.say("Can we schedule a meeting?").await;
    assert!(
        offered.text().starts_with("These are the next free times, in New York time:"),
        "{}",
        offered.text()
    );
    assert!(!offered.text().contains("clock"), "{}", offered.text());
    let moved = browser.say("I am in London").await;
    assert!(moved.text().contains("in London time:"), "{}", moved.text());
    browser.zone = Some("Mars/Olympus");
    let still = browser.say("none of these work for me").await;
    assert!(still.text().contains("in London time:"), "{}", still.text());
    let held = browser.say("2").await;
    assert!(held.text().contains("London time for you"), "{}", held.text());
    let named = browser.say("Dana Lee").await;
    assert!(named.text().contains("To which e-mail address"), "{}", named.text());
    let refused = browser.say("no").await;
    assert!(!refused.text().contains("booked"), "{}", refused.text());
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"], json!([]));
}
