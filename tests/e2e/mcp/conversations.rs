//! Conversations of visitors: their thread, their keys, where they go on.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::Bench;
use twin::{audit::Actor, store::Stands};

use super::{OWNER, VISITOR, call, gave, modern_call, refusal};

#[tokio::test]
async fn what_is_nobodys_begins_nothing() {
    let bench = Bench::start().await;
    for (tool, arguments, error) in [
        ("change_meeting", json!({}), "not_verified"),
        ("my_data", json!({ "view": "conversations", "about": "Rust" }), "not_verified"),
        ("verify_me", json!({ "code": "123456" }), "invalid_arguments"),
    ] {
        let refused = call(&bench, VISITOR, tool, arguments).await;
        assert_eq!(refusal(&refused)["error"], error, "{tool}");
    }
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]));
}

#[tokio::test]
async fn a_conversation_keeps_its_thread_and_reaches_the_owner() {
    let bench = Bench::start().await;
    let asked = call(&bench, VISITOR, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
    let first = &asked["structuredContent"];
    assert_eq!(first["known"], true, "{first}");
    assert!(!first["citations"].as_array().unwrap().is_empty());
    let handle = first["conversation"].as_str().unwrap();
    let text = asked["content"][0]["text"].as_str().unwrap();
    assert!(text.ends_with(&format!("\nconversation: {handle}")), "for who reads no structure: {text}");
    let arguments = json!({
        "message": "The contract canary-9 is ready.", "name": "Dana Reed", "email": "dana.reed@example.com",
        "conversation": handle, "idempotency_key": "k1",
    });
    for _ in 0..2 {
        assert_eq!(gave(&bench, VISITOR, "leave_message", arguments.clone()).await["noted"], true);
    }
    let times = json!({
        "topic": "A staff role", "preferred_times": ["Tuesday 3 pm CET"], "name": "Dana Reed",
        "email": "dana.reed@example.com", "conversation": handle,
    });
    gave(&bench, VISITOR, "book_meeting", times).await;
    bench.close_chats().await;

    let found = gave(&bench, OWNER, "find_contacts", json!({ "query": "reed" })).await;
    let contact = found["contacts"][0]["id"].as_str().unwrap();
    let timeline = gave(&bench, OWNER, "get_contact", json!({ "id": contact })).await;
    assert_eq!((&timeline["name"], &timeline["left_out"]), (&json!("Dana Reed"), &json!(0)));
    assert_eq!(timeline["context"]["channels"]["chat"]["messageCount"], 1, "{timeline}");
    assert!(timeline["context"]["channels"]["chat"]["mcpSessionId"].is_string());
    let none = gave(&bench, OWNER, "get_contact", json!({ "id": contact, "channel": "phone" })).await;
    assert_eq!(none["conversations"], json!([]));
    let owners = bench.owner(&format!("/api/omni-context/{contact}/timeline")).await;
    let actions = owners["conversations"][0]["actions"].to_string();
    assert_eq!(actions.matches("canary-9").count(), 1, "once by its key: {actions}");

    let waiting = gave(&bench, OWNER, "list_follow_ups", json!({})).await;
    let mail = &waiting["follow_ups"][0];
    assert_eq!(mail["content"]["to"], "dana.reed@example.com", "{waiting}");
    let decide = |fingerprint: &str, confirm: bool| {
        let mut arguments = json!({
            "id": mail["id"], "contact": contact, "fingerprint": fingerprint, "decision": "approve",
            "note": "Looking forward to it.",
        });
        if confirm {
            arguments["confirm"] = json!(true);
        }
        arguments
    };
    let shown = mail["fingerprint"].as_str().unwrap();
    let unasked = call(&bench, OWNER, "decide_follow_up", decide(shown, false)).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]), "{unasked}");
    let stale = call(&bench, OWNER, "decide_follow_up", decide("other", true)).await;
    assert_eq!(refusal(&stale)["error"], "conflict");
    let mut again = decide(shown, true);
    again["idempotency_key"] = json!("k1");
    gave(&bench, OWNER, "decide_follow_up", again.clone()).await;
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.owner(&format!("/api/omni-context/{contact}/timeline")).await;
    let mail =
        sent["followUps"].as_array().unwrap().iter().find(|one| one["content"]["kind"] == "summary_email");
    assert_eq!(mail.unwrap()["state"], "sent", "{sent}");
    let late = call(&bench, OWNER, "decide_follow_up", decide(shown, true)).await;
    assert_eq!(late["isError"], true, "it does not wait any more");
    let lost = gave(&bench, OWNER, "decide_follow_up", again.clone()).await;
    assert_eq!(lost["follow_up"]["state"], "sent", "the answer was lost: {lost}");
    again["note"] = json!("Another word.");
    let other = call(&bench, OWNER, "decide_follow_up", again.clone()).await;
    assert_eq!(refusal(&other)["error"], "idempotency_key_used");
    again["idempotency_key"] = json!("k2");
    for _ in 0..2 {
        let other = call(&bench, OWNER, "decide_follow_up", again.clone()).await;
        assert_eq!(other["isError"], true, "not in these words");
    }
}

/// The same key is the same call, with or without its answer; another call needs another key.
#[tokio::test]
async fn a_key_stands_for_one_call() {
    let bench = Bench::start().await;
    let key = "5f0b7c9e-3f0e-4a9e-9a51-2b8f1c6f7a10";
    let asked = json!({ "question": "What has Alex done with Rust?", "idempotency_key": key });
    let first = gave(&bench, VISITOR, "ask", asked.clone()).await;
    assert_eq!(gave(&bench, VISITOR, "ask", asked.clone()).await, first, "the answer was lost");
    let handle = &first["conversation"];
    let other = |conversation: Option<&Value>| {
        let mut asked = json!({ "question": "Is Alex available?", "idempotency_key": key });
        if let Some(handle) = conversation {
            asked["conversation"] = handle.clone();
        }
        asked
    };
    for conversation in [None, Some(handle)] {
        let refused = call(&bench, VISITOR, "ask", other(conversation)).await;
        assert_eq!(refusal(&refused)["error"], "idempotency_key_used", "{refused}");
    }
    // Of another tool it is another key, and in a conversation a short one will do.
    let message = json!({ "message": "Hello", "idempotency_key": key, "conversation": handle });
    gave(&bench, VISITOR, "leave_message", message).await;
    for (text, good) in [("One", true), ("Two", false), ("One", true)] {
        let message = json!({ "message": text, "idempotency_key": "k1", "conversation": handle });
        let answer = call(&bench, VISITOR, "leave_message", message).await;
        assert_eq!(answer["isError"] != true, good, "{answer}");
    }
    // What others come upon, too, leads to no conversation.
    let short = call(&bench, VISITOR, "ask", json!({ "question": "Hello?", "idempotency_key": "1" })).await;
    assert_eq!(refusal(&short)["error"], "invalid_arguments", "{short}");
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let [person] = people["people"].as_array().unwrap().as_slice() else { panic!("{people}") };
    let person = person["id"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let conversations = timeline["conversations"].as_array().unwrap();
    assert_eq!(conversations[0]["turns"].as_array().unwrap().len(), 2, "asked once: {timeline}");
    bench.stack.twin.erase(&person.parse().unwrap(), Actor::Owner, Timestamp::now()).await.unwrap();
    gave(&bench, VISITOR, "ask", asked).await;
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let [new] = people["people"].as_array().unwrap().as_slice() else { panic!("{people}") };
    assert_ne!(new["id"], person, "nobody comes back by it");
}

#[tokio::test]
async fn a_conversation_has_its_pace() {
    let bench = Bench::start().await;
    let first = gave(&bench, VISITOR, "leave_message", json!({ "message": "0" })).await;
    let mut refused = None;
    // More than two minutes allow together: the window may end in between.
    for number in 1..=40 {
        let message = json!({ "message": number.to_string(), "conversation": first["conversation"] });
        let answer = call(&bench, VISITOR, "leave_message", message).await;
        if answer["isError"] == true {
            refused = Some(refusal(&answer));
            break;
        }
    }
    let refused = refused.expect("one was too many");
    assert_eq!(refused["error"], "rate_limited");
    assert!((1..=60).contains(&refused["retry_after"].as_u64().unwrap()), "{refused}");
}

#[tokio::test]
async fn a_conversation_goes_on_elsewhere_and_is_no_surer_of_who_it_is() {
    let bench = Bench::start().await;
    let said = gave(&bench, VISITOR, "ask", json!({ "question": "What has Alex done with Rust?" })).await;
    let link = gave(
        &bench,
        VISITOR,
        "continue_conversation",
        json!({ "to": "chat", "conversation": said["conversation"] }),
    )
    .await;
    let code = link["url"].as_str().unwrap();
    assert!(code.starts_with(&bench.url("/chat?session=")), "{code}");
    let page = bench.http.get(code).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "a link scanner uses nothing up");
    let key = "0e9e3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e";
    let redeems = json!({ "code": code, "idempotency_key": key });
    let gone_on = gave(&bench, VISITOR, "continue_conversation", redeems.clone()).await;
    assert_eq!(gone_on["turns"].as_array().unwrap().len(), 2);
    assert_eq!(gave(&bench, VISITOR, "continue_conversation", redeems).await, gone_on, "the answer was lost");
    let guess = json!({ "code": "000 000 000", "idempotency_key": key });
    let guessed = call(&bench, VISITOR, "continue_conversation", guess.clone()).await;
    assert_eq!(refusal(&guessed)["error"], "idempotency_key_used", "the key alone opens nothing");
    // A day later a key stands for what it is used for next.
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let begun = twin.chat(gone_on["conversation"].as_str().unwrap(), now).await.unwrap().unwrap();
    let (named, code_of) = (format!("continue_conversation:{key}"), json!(["000 000 000"]).to_string());
    let later = now + jiff::SignedDuration::from_hours(25);
    let stands = twin.store().once(&begun.chat.person, &named, &code_of, later).await.unwrap();
    assert_eq!(stands, Stands::First);
    let guessed = call(&bench, VISITOR, "continue_conversation", guess).await;
    assert_eq!(refusal(&guessed)["error"], "idempotency_key_used", "nor does it then");
    let twice = call(&bench, VISITOR, "continue_conversation", json!({ "code": code })).await;
    let unknown = call(&bench, VISITOR, "continue_conversation", json!({ "code": "nothing" })).await;
    assert_eq!(twice, unknown, "used and unknown are told alike");
    let handle = &gone_on["conversation"];
    let kept = gave(&bench, VISITOR, "my_data", json!({ "conversation": handle })).await;
    assert_eq!((&kept["level"], kept.get("conversations")), (&json!(0), None));
    for of_another_view in
        [json!({ "about": "Rust" }), json!({ "view": "conversations", "about": "x", "after": "y" })]
    {
        let refused = call(&bench, VISITOR, "my_data", of_another_view).await;
        assert_eq!(refusal(&refused)["error"], "invalid_arguments", "it is not left out: {refused}");
    }
    let unasked = call(&bench, VISITOR, "forget_me", json!({ "conversation": handle })).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]));
    assert!(!bench.owner("/api/omni-context").await["people"].as_array().unwrap().is_empty());
    gave(&bench, VISITOR, "forget_me", json!({ "conversation": handle, "confirm": true })).await;
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]));
    let gone = call(&bench, VISITOR, "ask", json!({ "question": "Hello?", "conversation": handle })).await;
    assert_eq!(refusal(&gone)["error"], "not_found");
}

/// Nothing of somebody's is given or erased for the asking.
#[tokio::test]
async fn what_cannot_be_undone_is_asked_in_a_form() {
    let bench = Bench::start().await;
    let noted =
        gave(&bench, VISITOR, "leave_message", json!({ "message": "Hello", "name": "Dana Reed" })).await;
    let handle = &noted["conversation"];
    let export =
        call(&bench, VISITOR, "my_data", json!({ "view": "everything", "conversation": handle })).await;
    assert_eq!(refusal(&export)["error"], "not_verified", "{export}");
    let stranger =
        call(&bench, VISITOR, "my_data", json!({ "view": "everything", "conversation": "nothing" })).await;
    assert_eq!(refusal(&stranger)["error"], "not_found");

    let arguments = json!({ "conversation": handle });
    let asked = modern_call(&bench, "forget_me", json!({ "arguments": arguments })).await;
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert!(asked.to_string().contains("confirm"), "{asked}");
    let answer = |content: Value| {
        json!({
            "arguments": arguments, "requestState": asked["requestState"],
            "inputResponses": { "answer": { "action": "accept", "content": content } },
        })
    };
    let declined = modern_call(&bench, "forget_me", answer(json!({ "confirm": false }))).await;
    assert_eq!(refusal(&declined["result"])["error"], "declined", "{declined}");
    let kept = bench.owner("/api/omni-context").await;
    assert_eq!(kept["people"].as_array().unwrap().len(), 1, "{kept}");
    let erased = modern_call(&bench, "forget_me", answer(json!({ "confirm": true }))).await;
    assert_ne!(erased["result"]["isError"], true, "{erased}");
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]));
}
