//! What models may cost whoever writes.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::Method;
use serde_json::{Value, json};
use sim::openai::{Endpoint, TextFault};
use tests::Bench;
use twin::{
    handoff::hash,
    store::{Limit, MODEL_SPEND},
};

use super::{Browser, with_model};

/// Nobody who writes uses up the day of all: what is more than their share is answered without a model.
#[tokio::test]
async fn who_writes_has_a_share_of_the_budget() {
    // A fifth of it is less than an answer is taken to cost.
    let bench = Bench::with(Options { daily_budget: 19_000, ..with_model() }).await;
    let question = "What has Alex done with Rust?";
    let quoted = Browser::new(&bench).say(question).await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    let asked = bench.as_owner(Method::POST, "/api/conversation-flow/response");
    let answer = asked.json(&json!({ "message": question, "channel": "chat" })).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["engine"], "openai", "there is money for others: {answer}");
}

/// What no model was asked for is taken from nobody's share, and looking at the page costs nothing.
#[tokio::test]
async fn a_share_is_only_used_by_answers() {
    let day = SignedDuration::from_hours(24);
    let bench = Bench::with(Options { daily_budget: 100_000, ..with_model() }).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let before = twin.model_spend(now).await.unwrap().taken;
    let mut browser = Browser::new(&bench);
    let history = browser.history().await;
    assert!(history["suggestions"].to_string().contains("available for new work"), "{history}");
    assert_eq!(twin.model_spend(now).await.unwrap().taken, before);
    let all = Limit { name: MODEL_SPEND, most: 0, window: day };
    twin.store().correct(&all, "", 100_000, now).await.unwrap();
    let quoted = browser.say("What has Alex done with Rust?").await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap();
    let share = Limit { name: "model-spend-share", most: 0, window: day };
    let row = twin.store().taken(&share, person, now).await.unwrap();
    assert_eq!(row, 0, "the day's budget was spent by others");
}

/// What a model reads of a conversation afterwards is paid by who held it and by where it began, as its answers are; what it
/// was never set to work on, by nobody.
#[tokio::test]
async fn a_reading_is_paid_by_who_held_the_conversation() {
    let bench = Bench::with(with_model()).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut browser = Browser::new(&bench);
    browser.say("What has Alex done with Rust?").await;
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap();
    let share = Limit { name: "model-spend-share", most: 0, window: SignedDuration::from_hours(24) };
    let shares = async || {
        let of_address = hash("127.0.0.1");
        let [person, address] =
            [person, of_address.as_str()].map(|payer| twin.store().taken(&share, payer, now));
        (person.await.unwrap(), address.await.unwrap())
    };
    let answered = shares().await;
    assert!(answered.0 > 0 && answered.0 == answered.1, "{answered:?}");
    bench.openai().misbehave_at(Endpoint::Responses, TextFault::Status(400));
    let quoted = browser.say("What has Alex done with Rust?").await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    assert_eq!(shares().await, answered, "it was refused before it began");
    bench.close_chats().await;
    let read = shares().await;
    assert!(read.0 > answered.0 && read.0 == read.1, "{answered:?}, then {read:?}");
    let most = read.0 - answered.0;
    assert!(most < 20_000, "what it came to, not what it might have: {most}");
}
