//! An answer of the store is lost: AWS's SDK asks again, and nobody takes what they wrote themselves for somebody else's.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use omnitwin::stack::TABLE;
use serde_json::json;
use tests::Bench;
use tokio::net::TcpListener;
use twin::{
    context::VoiceInteraction,
    id::{InteractionId, PersonId},
    identity::{Assurance, Signature},
    routing::{Handling, RouteKind},
    screening::Screening,
    store::{Call, Redeemed, Store, StoreError},
    talk::{ATTENDED_FOR, Talk},
    wire::twilio::webhook::CallStatus,
};

use crate::privacy::config;

#[derive(Clone)]
struct Deaf {
    http: reqwest::Client,
    table: String,
    is_lost: Arc<AtomicBool>,
}

/// In front of the table: hands all on, and loses the answer to the first update.
async fn hand_on(State(deaf): State<Deaf>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let is_update = target.ends_with("UpdateItem");
    let mut request = deaf.http.post(&deaf.table).body(body);
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request = headers.get(name).into_iter().fold(request, |request, value| request.header(name, value));
    }
    let answer = request.send().await.unwrap();
    if is_update && !deaf.is_lost.swap(true, Ordering::SeqCst) {
        let lost = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" });
        return (StatusCode::INTERNAL_SERVER_ERROR, lost.to_string()).into_response();
    }
    (answer.status(), answer.bytes().await.unwrap()).into_response()
}

/// A store whose next update is answered by nobody, and what tells that it was.
async fn unheard(bench: &Bench) -> (Store, Arc<AtomicBool>) {
    let is_lost = Arc::new(AtomicBool::new(false));
    let table = bench.stack.aws().dynamodb_url();
    let deaf = Deaf { http: reqwest::Client::new(), table, is_lost: Arc::clone(&is_lost) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(hand_on).with_state(deaf);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let sdk = config(bench).to_builder().endpoint_url(url).build();
    (Store::new(aws_sdk_dynamodb::Client::new(&sdk), TABLE), is_lost)
}

#[tokio::test]
async fn a_call_goes_on_although_an_answer_was_lost() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let call = Call {
        sid: "CA0123456789abcdef0123456789abcdef".parse().unwrap(),
        person: PersonId::generate(now),
        interaction: InteractionId::generate(now),
        number: None,
        route: RouteKind::Unknown,
        handling: Handling::Converse,
        screening: Screening::default(),
        level: Assurance::Anonymous,
        signature: Signature::Absent,
        at: now,
        status: CallStatus::InProgress,
        not_taken: false,
        falls_back_at: None,
        fell_back_at: None,
        trace: None,
    };
    let sid = store.take_call(call).await.unwrap().sid;

    let (deaf, is_lost) = unheard(&bench).await;
    assert_eq!(deaf.redeem_ticket(&sid, now).await.unwrap(), Redeemed::Now);
    assert!(is_lost.load(Ordering::SeqCst));
    assert_eq!(store.redeem_ticket(&sid, now).await.unwrap(), Redeemed::Before, "once");

    assert_eq!(store.redeem_fallback(&sid, now).await.unwrap(), Redeemed::Before, "it does not fall back");
    let (deaf, is_lost) = unheard(&bench).await;
    deaf.fall_back(&sid, false, now).await.unwrap();
    assert!(is_lost.load(Ordering::SeqCst));
    let (deaf, is_lost) = unheard(&bench).await;
    assert_eq!(deaf.redeem_fallback(&sid, now).await.unwrap(), Redeemed::Now);
    assert!(is_lost.load(Ordering::SeqCst));
    assert_eq!(store.redeem_fallback(&sid, now).await.unwrap(), Redeemed::Before, "once");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_takes_a_conversation_over_has_it_although_an_answer_was_lost() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let (person, talk) = (PersonId::generate(now), InteractionId::generate(now));
    let kind = VoiceInteraction::Conversation;
    store.save_talk(&person, &Talk::new(talk.clone(), kind, None, None)).await.unwrap();

    let (deaf, is_lost) = unheard(&bench).await;
    let until = now + ATTENDED_FOR;
    deaf.take_over(&person, &talk, "rtc_1", until, now).await.unwrap();
    assert!(is_lost.load(Ordering::SeqCst));
    let another = store.take_over(&person, &talk, "rtc_2", until, now).await;
    assert!(matches!(another, Err(StoreError::Conflict)), "{another:?}");
    bench.stack.stop().await.unwrap();
}
