//! A conversation that goes on where its connection broke off, and the rehearsals that are told of once.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::OWNER_EMAIL;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{analytics::on, interaction::Interaction, talk::AGAIN};

use super::{
    super::{follow_up::conservation::post, proving::mails},
    Page, settled, turn,
};

/// Where the connection broke off it goes on: nobody introduces themselves anew, and how it went is told of all of it.
#[tokio::test]
async fn a_conversation_goes_on_where_its_connection_broke_off() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let answer = "I led the migration of a payments ledger to Rust because the old one lost transfers, and then \
                  forty million transfers a day settled without a single loss for two years.";
    let begun = page.begin(json!({ "kind": "practice" })).await;
    let (whole, session) = (begun.token["longest"].as_i64().unwrap(), begun.token["session"].clone());
    assert_eq!(begun.token["talked"], 0);
    let called = begun.with(json!({ "call_id": "call_1", "arguments": r#"{"message":"Please call."}"# }));
    assert_eq!(page.post(&begun.path("tools/take_message"), called).await.status(), StatusCode::OK);
    let close = begun.with(json!({ "turns": [turn(1, "person", answer)], "reason": "hung_up" }));
    let broken: Value = page.post(&begun.path("close"), close).await.json().await.unwrap();
    assert_eq!(broken["feedback"]["answers"], 1, "{broken}");

    let again = page.begin(json!({ "kind": "practice", "after": session })).await;
    assert_eq!(again.token["greeting"], AGAIN, "{}", again.token);
    let talked = again.token["talked"].as_i64().unwrap();
    assert_eq!(again.token["longest"], whole - talked);
    let close = again.with(json!({ "turns": [turn(1, "person", answer)], "reason": "hung_up" }));
    let ended: Value = page.post(&again.path("close"), close).await.json().await.unwrap();
    assert_eq!(
        (&ended["feedback"]["answers"], &ended["noted"]),
        (&json!(2), &json!(["Your message"])),
        "{ended}"
    );
    let third = page.begin(json!({ "kind": "practice", "after": again.token["session"] })).await;
    let ended: Value = page.post(&third.path("close"), third.with(json!({}))).await.json().await.unwrap();
    assert_eq!(ended["feedback"]["answers"], 2, "all of it, however often it broke off: {ended}");
    // It is kept with the conversation, and the owner sees it.
    settled(&bench).await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().to_owned();
    let kept = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let mut held = kept["conversations"].as_array().unwrap().iter();
    let last = held.find(|one| one["id"] == third.token["session"]).unwrap();
    assert_eq!(last["measured"]["rehearsed"]["answers"], 2, "{last}");
    let seen = bench.as_owner(Method::GET, &format!("/people/{person}")).send().await.unwrap();
    let seen = seen.text().await.unwrap();
    assert!(seen.contains("How the rehearsal went") && seen.contains("2 answers"), "{seen}");

    // One of another kind, of somebody else, or of nobody, is not gone on with.
    let other = page.begin(json!({ "kind": "interview", "after": session })).await;
    let mut stranger = Page::new(&bench);
    let theirs = stranger.begin(json!({ "kind": "practice", "after": session })).await;
    let nobodys = page.begin(json!({ "kind": "practice", "after": "int_nobody" })).await;
    for begun in [other, theirs, nobodys] {
        assert!(begun.token["greeting"].as_str().unwrap().contains("AI assistant"), "{}", begun.token);
        assert_eq!(begun.token["talked"], 0);
    }
    let odd = page.post("/api/voice/token", json!({ "after": "../x" })).await;
    is_problem(odd, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

const SIGNED_IN: &str = "omnitwin_session=a-session-of-the-owner";

/// Whoever has this cookie answers one question in a rehearsal, which goes on with another one or does not.
async fn rehearses(page: &mut Page<'_>, cookie: &str, after: &Value) -> Value {
    // The chat's cookie came in the place of the owner's.
    page.cookie = Some([page.cookie.as_deref().unwrap_or_default(), cookie].join("; "));
    let answer =
        "I led the migration of a ledger to Rust because the old one lost transfers under load every week.";
    let begun = page.begin(json!({ "kind": "practice", "after": after })).await;
    let close = begun.with(json!({ "turns": [turn(1, "person", answer)], "reason": "hung_up" }));
    assert_eq!(page.post(&begun.path("close"), close).await.status(), StatusCode::OK);
    settled(page.bench).await;
    begun.token["session"].clone()
}

/// What was held on this day and the next.
async fn held(bench: &Bench, now: Timestamp) -> Vec<Interaction> {
    let (store, today) = (bench.stack.twin.store(), on(now));
    let mut held = store.held_on(today).await.unwrap();
    held.extend(store.held_on(today.tomorrow().unwrap()).await.unwrap());
    held
}

/// What the owner has been mailed of rehearsals an hour later.
async fn reports(bench: &Bench, now: Timestamp) -> Vec<String> {
    let (twin, later) = (&bench.stack.twin, now + SignedDuration::from_hours(1));
    for held in held(bench, now).await {
        twin.follow_up(&held.person, &held.id, &post(bench), later).await.unwrap();
    }
    let mut reports = mails(bench, OWNER_EMAIL);
    reports.retain(|mail| mail.contains("You rehearsed an interview"));
    reports
}

/// The owner, signed in, rehearses: how it went is mailed to them, once, however often the connection broke off; to nobody,
/// where it is not known who rehearsed.
#[tokio::test]
async fn the_owner_is_mailed_how_their_rehearsal_went() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let hour = SignedDuration::from_hours(1);
    store.save_owner_session("a-session-of-the-owner", now + hour).await.unwrap();
    for (cookie, told) in [("omnitwin_session=guessed", 0), (SIGNED_IN, 1)] {
        let mut page = Page::with_cookie(&bench, cookie.to_owned());
        let first = rehearses(&mut page, cookie, &Value::Null).await;
        rehearses(&mut page, cookie, &first).await;
        let reports = Box::pin(reports(&bench, now)).await;
        assert_eq!(reports.len(), told, "{reports:?}");
        assert!(reports.iter().all(|mail| mail.contains("2 answers, ")), "all of it: {reports:?}");
    }
    bench.stack.stop().await.unwrap();
}

/// One that was to go on with a rehearsal, and was never begun, keeps nothing back.
#[tokio::test]
async fn a_rehearsal_that_did_not_go_on_is_told_of() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let hour = SignedDuration::from_hours(1);
    store.save_owner_session("a-session-of-the-owner", now + hour).await.unwrap();
    let mut page = Page::with_cookie(&bench, SIGNED_IN.to_owned());
    let went = rehearses(&mut page, SIGNED_IN, &Value::Null).await;
    let all = held(&bench, now).await;
    let held = all.into_iter().find(|held| went == held.id.as_str()).unwrap();
    store.talk_goes_on(&held.person, &held.id, &"int_never".parse().unwrap()).await.unwrap();
    let reports = Box::pin(reports(&bench, now)).await;
    assert!(reports.len() == 1 && reports[0].contains("1 answer, "), "{reports:?}");
    bench.stack.stop().await.unwrap();
}
