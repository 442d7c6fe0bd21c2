//! What was said and proved by voice, in the chat of the same browser.

use jiff::Timestamp;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    handoff::hash,
    identity::{Assurance, EvidenceSource},
    store::Place,
};

use super::{
    super::proving::{CANARY, DANA, confided, digits, email, mails, resolved, said},
    Page, turn,
};

/// Whoever proves by voice who they are holds the chat of the same browser, and no other; and what was said by voice is
/// known there.
#[tokio::test]
async fn what_is_proved_by_voice_counts_in_the_chat_of_the_same_browser() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let dana = resolved(&bench, email(DANA), EvidenceSource::Owner).await;
    confided(&bench, &dana).await;
    let (mut page, mut other) = (Page::new(&bench), Page::new(&bench));
    let (begun, elsewhere) = (page.begin(json!({})).await, other.begin(json!({})).await);
    let said_first = json!([turn(1, "person", "The budget is 90,000 francs.")]);
    assert_eq!(page.told(&begun, said_first).await, StatusCode::NO_CONTENT);
    let chat = async |page: &Page<'_>| {
        let secret = page.cookie.as_ref().unwrap().split_once('=').unwrap().1.to_owned();
        twin.chat(&secret, Timestamp::now()).await.unwrap().unwrap()
    };
    let mut asks = async |call: &str, tool: &str, arguments: Value| -> Value {
        let called = json!({ "call_id": call, "arguments": arguments.to_string() });
        let answer = page.post(&begun.path(&format!("tools/{tool}")), begun.with(called)).await;
        let answer: Value = answer.json().await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        answer
    };
    asks("call_1", "send_code", json!({ "to": DANA })).await;
    let code = digits(&mails(&bench, DANA).pop().unwrap());
    let wrong = if code == "000000" { "000001" } else { "000000" };
    asks("call_2", "confirm_code", json!({ "code": wrong })).await;
    let told = asks("call_3", "confirm_code", json!({ "code": code })).await;
    assert!(told.to_string().contains("it is you"), "{told}");

    let mut held = chat(&page).await;
    assert_eq!(held.chat.level, Assurance::Verified);
    let answer = said(&bench, &mut held, "What did we talk about? What of the zeppelin?").await;
    assert!(answer.contains(CANARY), "{answer}");
    let mut strangers = chat(&other).await;
    assert_eq!(strangers.chat.level, Assurance::Anonymous);
    let answer = said(&bench, &mut strangers, "What did we talk about? What of the zeppelin?").await;
    assert!(!answer.contains(CANARY), "{answer}");
    let Place::Secret(secret) = &strangers.place else { panic!("{:?}", strangers.place) };
    store.raise_chat(&hash(secret), &dana, Assurance::Verified, Timestamp::now()).await.unwrap();
    assert_eq!(chat(&other).await.chat.level, Assurance::Anonymous, "it is somebody else's");
    assert_eq!(
        other.post(&elsewhere.path("close"), elsewhere.with(json!({}))).await.status(),
        StatusCode::OK
    );
    bench.stack.stop().await.unwrap();
}

/// Without any proof: what was said by voice is known in the chat of the same browser, and shown there.
#[tokio::test]
async fn the_chat_goes_on_with_what_was_said_by_voice() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    let turns = json!([turn(1, "twin", "Hello."), turn(2, "person", "The budget is 90,000 francs.")]);
    assert_eq!(page.told(&begun, turns).await, StatusCode::NO_CONTENT);
    assert_eq!(page.post(&begun.path("close"), begun.with(json!({}))).await.status(), StatusCode::OK);
    let secret = page.cookie.as_ref().unwrap().split_once('=').unwrap().1.to_owned();
    let mut held = bench.stack.twin.chat(&secret, Timestamp::now()).await.unwrap().unwrap();
    let answer = said(&bench, &mut held, "What did I say about the budget?").await;
    assert!(answer.contains("90,000"), "{answer}");
    let shown = bench.http.get(bench.url("/api/chat")).header(header::COOKIE, page.cookie.as_ref().unwrap());
    let shown: Value = shown.send().await.unwrap().json().await.unwrap();
    let first = shown["turns"].as_array().unwrap().iter().find(|turn| turn["speaker"] == "person").unwrap();
    assert_eq!(
        (&first["channel"], &first["text"]),
        (&json!("voice"), &json!("The budget is 90,000 francs."))
    );
    let mut other = Page::new(&bench);
    other.begin(json!({})).await;
    let shown = bench.http.get(bench.url("/api/chat")).header(header::COOKIE, other.cookie.as_ref().unwrap());
    assert!(!shown.send().await.unwrap().text().await.unwrap().contains("90,000"));
    bench.stack.stop().await.unwrap();
}
