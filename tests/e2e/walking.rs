//! One person on three channels, one after the other: they write, they call, they talk. It is one contact with one timeline,
//! and nothing is asked twice. Whoever only shows their number learns nothing.

use jiff::Timestamp;
use omnitwin::stack::Options;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, model, options};
use twin::identity::Assurance;

use super::{
    proving::{CANARY, DANA, NUMBER, acted, digits, mails, said, texts},
    voice::{Page, turn},
};

const NAME: &str = "Dana Whitfield";
const BUDGET: &str = "The budget is 110,000 euros. What did we call it?";

/// The model tries to recall, whoever calls.
fn calls() -> Scenario {
    let text = format!(
        r#"
        title = "somebody who has written before"
        from = "{NUMBER}"
        stir_verstat = "TN-Validation-Passed-A"
        [[turn]]
        caller = "{BUDGET}"
        [[turn.response]]
        [[turn.response.call]]
        tool = "recall"
        arguments = {{ about = "zeppelin" }}
        [[turn.response]]
        say = "Let me see. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = {{ reason = "done" }}
        "#
    );
    Scenario::parse("written-before", &text).unwrap()
}

/// What the model was told in the last session.
fn told(bench: &Bench) -> String {
    let session = bench.openai().sessions().pop().unwrap();
    format!("{} {:?}", session.instructions, session.conversation)
}

/// Proves an address, and says a name and a secret.
async fn writes(bench: &Bench) -> String {
    let twin = &bench.stack.twin;
    let (secret, mut chatting) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
    said(bench, &mut chatting, "Can you send me a code?").await;
    said(bench, &mut chatting, DANA).await;
    let code = digits(&mails(bench, DANA).pop().unwrap());
    assert!(said(bench, &mut chatting, &code).await.contains("it is you"));
    said(bench, &mut chatting, &format!("Between us, it is {CANARY} that we build.")).await;
    let session = twin.enter(&mut chatting, Timestamp::now()).await.unwrap().session;
    acted(bench, &session, "save_contact", json!({ "name": NAME, "confirmed": true })).await;
    secret.reveal().to_owned()
}

/// Says in the chat that it was them who called, and proves it with a code that reaches the number.
async fn proves_the_number(bench: &Bench, secret: &str) {
    let twin = &bench.stack.twin;
    let mut chatting = twin.chat(secret, Timestamp::now()).await.unwrap().unwrap();
    let session = twin.enter(&mut chatting, Timestamp::now()).await.unwrap().session;
    acted(bench, &session, "send_code", json!({ "to": NUMBER })).await;
    bench.stack.jobs_done().await.unwrap();
    let code = digits(&texts(bench).pop().unwrap().1);
    let proved = acted(bench, &session, "confirm_code", json!({ "code": code })).await;
    assert_eq!(proved["confirmed"], true, "{proved}");
    bench.close_chats().await;
}

/// Sees at once what was said in the chat and on the phone.
async fn talks(bench: &Bench, secret: &str) {
    let mut page = Page::with_cookie(bench, format!("omnitwin_chat={secret}"));
    let begun = page.begin(json!({})).await;
    let spoken = json!([turn(1, "person", "It is me again."), turn(2, "twin", "Welcome back.")]);
    assert_eq!(page.told(&begun, spoken).await, StatusCode::NO_CONTENT);
    for (call, about, known) in [("call_1", "zeppelin", CANARY), ("call_2", "the budget", "110,000")] {
        let called = json!({ "call_id": call, "arguments": json!({ "about": about }).to_string() });
        let answer = page.post(&begun.path("tools/recall"), begun.with(called)).await;
        let answer: Value = answer.json().await.unwrap();
        assert!(answer.to_string().contains(known), "{answer}");
    }
    assert_eq!(page.post(&begun.path("close"), begun.with(json!({}))).await.status(), StatusCode::OK);
    bench.stack.jobs_done().await.unwrap();
}

#[tokio::test]
async fn one_person_writes_calls_and_talks() {
    let scenario = calls();
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let secret = writes(&bench).await;

    // From a number that nobody knows yet.
    bench.place(bench.caller(&scenario)).await;
    let unknown = told(&bench);
    assert!(!unknown.contains(NAME) && !unknown.contains(CANARY), "{unknown}");
    proves_the_number(&bench, &secret).await;

    let report = bench.place(bench.caller(&scenario)).await;
    let known = told(&bench);
    assert!(known.contains(NAME) && known.contains(CANARY), "{known}");
    assert!(!known.contains("Ask who they are"), "{known}");
    let call = bench.call(&report.call_sid).await.unwrap();
    assert_eq!(
        call.level,
        Assurance::Verified,
        "the number was proved, and the carrier vouches for the call"
    );

    talks(&bench, &secret).await;
    let codes =
        (mails(&bench, DANA).iter().filter(|mail| mail.contains("code")).count(), texts(&bench).len());
    assert_eq!(codes, (1, 1), "nobody had to prove anything again");

    // Somebody who shows the number, with no carrier that vouches for it.
    let mut stranger = bench.caller(&scenario);
    stranger.stir_verstat = None;
    bench.place(stranger).await;
    let learned = told(&bench);
    for private in ["Whitfield", CANARY, DANA, "Between us"] {
        assert!(!learned.contains(private), "{private}: {learned}");
    }

    let contacts = bench.owner("/api/crm/contacts").await;
    let contact = &contacts["contacts"][0];
    assert_eq!((&contacts["total"], &contact["name"]), (&json!(1), &json!(NAME)), "{contacts}");
    let id = contact["id"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/crm/contacts/{id}/timeline")).await;
    let entries = timeline["entries"].as_array().unwrap().iter();
    let held = entries.filter(|entry| entry["kind"] == "conversation");
    let channels: Vec<&str> = held.map(|entry| entry["conversation"]["channel"].as_str().unwrap()).collect();
    assert_eq!(channels, ["phone", "voice", "phone", "phone", "chat"], "the newest first: {timeline}");
    bench.stack.stop().await.unwrap();
}
