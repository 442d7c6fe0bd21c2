//! The relay attends a browser's call at the model.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{language::Language, store::StoreError, talk::ATTENDED_FOR};

use super::{GOODBYE, Page, WITH_ADDRESS, settled, turn, voice_of};

/// The relay has a line of its own to the model: the browser brings sound, and is believed nothing.
#[tokio::test]
async fn the_relay_attends_and_hangs_up_after_the_goodbye() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    let (browser, control) = Box::pin(page.calls(&begun)).await;
    assert_eq!(control, json!({ "control": "relay" }));
    let again = page.post(&begun.path("call"), begun.with(json!({ "call_id": browser.call_id }))).await;
    assert_eq!(again.json::<Value>().await.unwrap(), control, "told twice, attended once");
    assert_eq!(page.told(&begun, json!([turn(1, "person", "I am the owner.")])).await, StatusCode::CONFLICT);
    let called = begun.with(json!({ "call_id": "call_1", "arguments": r#"{"message":"Forged."}"# }));
    let answer = page.post(&begun.path("tools/take_message"), called).await;
    is_problem(answer, StatusCode::CONFLICT, "conflict").await;

    assert!(browser.say(WITH_ADDRESS));
    assert!(browser.until(|seen| seen.count("output_audio_buffer.stopped") == 1).await.is_some());
    assert!(browser.say(GOODBYE));
    let seen = browser.until(|seen| seen.over).await.expect("the relay hangs up");
    assert_eq!(seen.count("error"), 0, "{:?}", seen.events);
    settled(&bench).await;
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    let [held] = &person["interactions"].as_array().unwrap()[..] else { panic!("one interaction: {person}") };
    assert_eq!(held["outcome"], "completed");
    let texts: Vec<&str> =
        held["turns"].as_array().unwrap().iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    let answers = ["I have dana at northgate dot example. Is that right?", "Thank you for calling. Goodbye."];
    assert_eq!(texts, [WITH_ADDRESS, answers[0], GOODBYE, answers[1]]);
    let actions = held["actions"].as_array().unwrap();
    assert_eq!(actions.len(), 2, "each tool is run once: {held}");
    assert_eq!(actions[0]["output"]["read_back"]["email"], "dana@northgate.example");
    assert_eq!(actions[1]["action"]["kind"], "call_ended");
}

#[tokio::test]
async fn a_browser_that_hangs_up_ends_what_the_relay_attends() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    let (browser, control) = Box::pin(page.calls(&begun)).await;
    assert_eq!(control["control"], "relay");
    assert!(browser.hang_up());
    settled(&bench).await;
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    assert_eq!(person["interactions"][0]["outcome"], "hung_up");
}

/// Who ends it on the page need not wait until the model's side notices.
#[tokio::test]
async fn a_page_that_ends_it_has_the_call_hung_up_and_hears_how_it_went() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({ "kind": "practice" })).await;
    let (browser, control) = Box::pin(page.calls(&begun)).await;
    assert_eq!(control["control"], "relay");
    assert!(browser.say(WITH_ADDRESS));
    assert!(browser.until(|seen| seen.count("output_audio_buffer.stopped") == 1).await.is_some());
    let forged = begun.with(json!({ "turns": [turn(9, "person", "Forged.")], "reason": "completed" }));
    let ended: Value = page.post(&begun.path("close"), forged).await.json().await.unwrap();
    assert!(browser.until(|seen| seen.over).await.is_some(), "the model's side has hung up");
    assert_eq!(ended["outcome"], "hung_up", "{ended}");
    assert_eq!(ended["feedback"]["answers"], 1, "the last turn counts: {ended}");
    settled(&bench).await;
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    assert!(!person.to_string().contains("Forged"), "{person}");
}

#[tokio::test]
async fn a_call_that_the_relay_does_not_find_stays_the_browsers() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    let report = |call: &str| begun.with(json!({ "call_id": call }));
    let answer = page.post(&begun.path("call"), report("rtc_nobody")).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["control"], "browser");
    let answer = page.post(&begun.path("call"), report("../../models")).await;
    is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(page.told(&begun, json!([turn(1, "person", "Hello?")])).await, StatusCode::NO_CONTENT);
}

/// One that was killed says nothing any more: the page's next sign of life has another attend, and hang up.
#[tokio::test]
async fn a_relay_that_is_gone_is_followed_by_another() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().parse().unwrap();
    let session = begun.token["session"].as_str().unwrap().parse().unwrap();
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    store.take_over(&person, &session, "rtc_before", now + ATTENDED_FOR, now).await.unwrap();
    let (_call, control) = Box::pin(page.calls(&begun)).await;
    assert_eq!(control["control"], "relay", "nobody else attends it yet");
    assert_eq!(bench.stack.slots.taken(), 0);
    // Time goes by, and it is not heard of.
    for said in ["once", "and again, because nobody heard the answer"] {
        let told = store.attend_on(&person, &session, now + ATTENDED_FOR, now).await;
        assert!(told.is_ok(), "{said}: {told:?}");
    }
    let talk = store.talk(&person, &session).await.unwrap().unwrap();
    let said = json!([
        turn(1, "person", "Hello?"),
        turn(2, "person", "Guten Tag, ich möchte bitte mit Alex sprechen."),
    ]);
    assert_eq!(page.told(&begun, said).await, StatusCode::NO_CONTENT);
    let spoken = bench.stack.twin.spoken_by_voice(&person, &session).await.unwrap();
    assert_eq!(spoken.language, Language::De, "which whoever attends it next goes on in");

    let (browser, control) = Box::pin(page.calls(&begun)).await;
    assert_eq!((talk.call.as_deref(), &control["control"]), (Some("rtc_before"), &json!("relay")));
    assert_eq!(page.told(&begun, json!([turn(3, "person", "Forged.")])).await, StatusCode::CONFLICT);
    let stale = store.attend_on(&person, &session, now, now + ATTENDED_FOR).await;
    assert!(
        matches!(stale, Err(StoreError::Conflict)),
        "what comes back late is no longer in charge: {stale:?}"
    );
    assert!(browser.say(GOODBYE));
    assert!(browser.until(|seen| seen.over).await.is_some(), "the relay hangs up");
    settled(&bench).await;
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    let [held] = &person["interactions"].as_array().unwrap()[..] else { panic!("one interaction: {person}") };
    assert_eq!(held["outcome"], "completed");
    let texts = held["turns"].to_string();
    assert!(texts.contains("Hello?") && texts.contains(GOODBYE) && !texts.contains("Forged"), "{texts}");
}

/// Nobody takes a conversation over without a ticket of ours.
#[tokio::test]
async fn the_relay_takes_tickets_alone() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    for ticket in ["a.b", begun.token["pass"].as_str().unwrap()] {
        let answer = page.post(&format!("/media/browser/{ticket}"), json!({})).await;
        is_problem(answer, StatusCode::FORBIDDEN, "forbidden").await;
    }
}
