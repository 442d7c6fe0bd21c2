//! Writers at once.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use tests::Bench;
use twin::{
    chat::{Chat, Expects},
    handoff::hash,
    id::InteractionId,
    identity::Assurance,
    store::StoreError,
};

use super::{Browser, events};

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
