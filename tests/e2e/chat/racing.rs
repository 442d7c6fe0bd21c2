//! Writers at once.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use sim::openai::{Answer, Call, Cue};
use tests::{Bench, between::Between};
use twin::{
    chat::{Chat, Expects},
    handoff::hash,
    id::{InteractionId, MessageId},
    identity::{Assurance, EvidenceSource},
    interaction::Action,
    store::StoreError,
    twin::Written,
};

use super::{Browser, events, with_model};
use crate::{
    crashing::alone,
    privacy::config,
    proving::{DANA, email, resolved},
};

/// A first message that is sent twice, because nothing came back, begins one conversation: its secret was there before.
#[tokio::test]
async fn a_first_message_begins_one_conversation() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.history().await;
    let offered = browser.cookie.clone().expect("a page is offered a cookie");
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]), "which keeps nothing");
    browser.history().await;
    assert_eq!(browser.cookie.as_deref(), Some(offered.as_str()), "in another tab it is the same");
    let post = || {
        let body = json!({ "id": "m1", "message": "What has Alex done with Rust?" });
        bench.http.post(bench.url("/api/chat")).header(header::COOKIE, &offered).json(&body).send()
    };
    let answers = futures_util::future::join_all((0..5).map(|_| post())).await;
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        assert_eq!(events(&answer.text().await.unwrap()).last().unwrap().0, "done");
    }
    let history = browser.history().await;
    assert_eq!(history["turns"].as_array().unwrap().len(), 2, "{history}");
    assert_eq!(browser.cookie.as_deref(), Some(offered.as_str()), "it has its chat");
    let people = bench.owner("/api/omni-context").await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "{people}");

    // What is no secret of ours begins nothing under it; and what is over does not come back.
    browser.send(Method::POST, "/api/chat/forget", Some(json!({}))).await;
    for stale in ["omnitwin_chat=guess", "omnitwin_chat="] {
        let mut other = Browser::new(&bench);
        other.cookie = Some(stale.to_owned());
        other.say("Hello?").await;
        assert_ne!(other.cookie.as_deref(), Some(stale));
    }
}

/// Writers that know nothing of each other: what each changed stands.
#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let bench = Bench::start().await;
    let (twin, store, now) = (&bench.stack.twin, bench.stack.twin.store(), Timestamp::now());
    let (secret, chatting) = twin.begin_chat(None, now).await.unwrap();
    let (place, person, hashed) = (&chatting.place, &chatting.chat.person, hash(secret.reveal()));
    let talk = InteractionId::generate(now);
    let zone = Some("Europe/Berlin".to_owned());
    let later = |chat: &mut Chat| chat.expires_at += SignedDuration::from_secs(1);
    let changes = (0..4).map(|_| store.change_chat(place, later));
    let (later, lives, expects, raised, talked) = tokio::join!(
        join_all(changes),
        store.change_chat(place, |chat| chat.time_zone.clone_from(&zone)),
        store.change_chat(place, |chat| chat.expects = Some(Expects::Message)),
        store.raise_chat(&hashed, person, Assurance::Verified, now),
        store.chat_talked(&hashed, &talk),
    );
    assert!(later.iter().all(Result::is_ok) && lives.is_ok() && expects.is_ok(), "{later:?}");
    assert!(raised.is_ok() && talked.is_ok());
    let stands = store.chat(place, now).await.unwrap().unwrap();
    let expires_at = chatting.chat.expires_at + SignedDuration::from_secs(4);
    let expected = Chat {
        time_zone: zone,
        expects: Some(Expects::Message),
        level: Assurance::Verified,
        talked: Some(talk),
        expires_at,
        version: stands.version,
        ..chatting.chat.clone()
    };
    assert_eq!(stands, expected);
    store.end_chat(place).await.unwrap();
    let gone = store.change_chat(place, |chat| chat.expects = None).await;
    assert!(matches!(gone, Err(StoreError::Conflict)), "what is over stays so");
    assert_eq!(store.chat(place, now).await.unwrap(), None);
    bench.stack.stop().await.unwrap();
}

/// A stop that comes once the model has asked for tools: what has not begun by then does not run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tool_runs_after_a_stop() {
    const FIRST: &str = "Ring the first bell";
    // What an answer cost is corrected when it is whole, before a tool of it runs: it was less than was taken.
    const ANSWERED: &str = r#""N":"-"#;
    let bench = Bench::with(with_model()).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let note =
        |message: &str| Call { name: "take_message".to_owned(), arguments: json!({ "message": message }) };
    for (stopped_at, run) in [(ANSWERED, 0), (FIRST, 1)] {
        let both = Answer::Calls(vec![note(FIRST), note("Ring the second bell")]);
        bench.openai().say(Cue::input("leave two messages").times(1), both);
        let (_, mut chatting) = twin.begin_chat(None, now).await.unwrap();
        let (person, interaction) = (chatting.chat.person.clone(), chatting.chat.interaction.clone());
        let id = MessageId::generate(now);
        let (store, of, message) = (twin.store().clone(), (person.clone(), interaction.clone()), id.clone());
        let between =
            Between::of(stopped_at, async move { Ok(store.stop_exchange(&of.0, &of.1, &message).await?) });
        let asked = alone(&bench, between.client(&config(&bench))).with_brain(twin.brain().clone());
        let written = Written { id: &id, text: "Please leave two messages for Alex." };
        let answer = Box::pin(asked.answer(&mut chatting, &written, now)).await.unwrap();
        assert!(between.has_happened() && answer.stopped, "{stopped_at}: {answer:?}");
        let noted = twin.store().actions(&person, &interaction).await.unwrap();
        assert_eq!(noted, vec![Action::MessageTaken { message: FIRST.to_owned() }; run], "{stopped_at}");
    }
    bench.stack.stop().await.unwrap();
}

/// Two calls of somebody who is signed in begin their chat at once: both are in the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_signed_in_begins_one_chat() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    let person = resolved(&bench, email(DANA), EvidenceSource::SignIn).await;
    let begun = Arc::new(Mutex::new(None));
    let (first, of, noted) = (bench.stack.twin.clone(), person.clone(), Arc::clone(&begun));
    let between = Between::of(r#"{"S":"CHAT"}"#, async move {
        let chatting = first.chat_of(&of, Assurance::SignedIn, None, now).await?;
        *noted.lock().unwrap() = Some(chatting.chat.interaction);
        Ok(())
    });
    let second = alone(&bench, between.client(&config(&bench)));
    let chatting = second.chat_of(&person, Assurance::SignedIn, None, now).await.unwrap();
    assert_eq!(begun.lock().unwrap().as_ref(), Some(&chatting.chat.interaction));
    bench.stack.stop().await.unwrap();
}
