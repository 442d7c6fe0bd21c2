//! An answer of the store is lost: AWS's SDK asks again, and nobody takes what they wrote themselves for somebody else's.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::TABLE;
use serde_json::json;
use tests::Bench;
use tokio::net::TcpListener;
use twin::{
    audit::{Act, Actor, Line},
    chat::Exchanging,
    code::{Code, Digits, Sending},
    context::VoiceInteraction,
    follow_up::{Content, FollowUp, State as Stage},
    handoff::Secret,
    id::{InteractionId, MessageId, OutsideId, PersonId},
    identity::{Assurance, Email, EvidenceSource, Signature},
    recording::{Recording, State as Recorded},
    routing::{Handling, RouteKind},
    scheduling::{
        Outside,
        outside::{Account, Provider, Read},
    },
    screening::Screening,
    store::{
        Call, Connecting, Limit, Redeemed, Store, StoreError,
        oauth::{Code as Shown, Grant, Resource, SignIn, Who},
    },
    talk::{ATTENDED_FOR, Talk},
    twin::Written,
    wire::twilio::webhook::CallStatus,
};

use super::alone;
use crate::{
    follow_up::{
        conservation::post,
        deciding::{mails_to, settings},
    },
    privacy::config,
    proving::{email, resolved},
};

const CALL: &str = "CA0123456789abcdef0123456789abcdef";
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// The client of somebody who hears nothing of a write until they ask again.
struct Deaf {
    client: Client,
    told: Arc<Mutex<HashSet<Vec<u8>>>>,
}

#[derive(Clone)]
struct Between {
    http: reqwest::Client,
    table: String,
    told: Arc<Mutex<HashSet<Vec<u8>>>>,
}

/// In front of the table: hands all on, and loses the first answer to each write.
async fn hand_on(State(between): State<Between>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let is_write = WRITES.iter().any(|write| target.ends_with(write));
    let is_lost = is_write && between.told.lock().unwrap().insert(body.to_vec());
    let answer = answered((&between.http, &between.table), &headers, body).await;
    if is_lost {
        let lost = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" });
        return (StatusCode::INTERNAL_SERVER_ERROR, lost.to_string()).into_response();
    }
    answer
}

/// What the table answers.
pub async fn answered((http, table): (&reqwest::Client, &str), headers: &HeaderMap, body: Bytes) -> Response {
    let mut request = http.post(table).body(body);
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request = headers.get(name).into_iter().fold(request, |request, value| request.header(name, value));
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap()).into_response()
}

impl Deaf {
    async fn to(bench: &Bench) -> Self {
        let told: Arc<Mutex<HashSet<Vec<u8>>>> = Arc::default();
        let table = bench.stack.aws().dynamodb_url();
        let between = Between { http: reqwest::Client::new(), table, told: Arc::clone(&told) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(hand_on).with_state(between);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let sdk = config(bench).to_builder().endpoint_url(url).retry_config(retries).build();
        Self { client: Client::new(&sdk), told }
    }

    fn store(&self) -> Store {
        Store::new(self.client.clone(), TABLE)
    }

    /// How many writes it asked for twice.
    fn lost(&self) -> usize {
        self.told.lock().unwrap().len()
    }
}

/// The stack, the client of somebody who is deaf to its table, and now.
async fn set_up() -> (Bench, Deaf, Timestamp) {
    let bench = Bench::start().await;
    let deaf = Deaf::to(&bench).await;
    (bench, deaf, Timestamp::now())
}

fn somebody(now: Timestamp) -> (PersonId, InteractionId) {
    (PersonId::generate(now), InteractionId::generate(now))
}

#[tokio::test]
async fn a_call_goes_on_although_an_answer_was_lost() {
    let (bench, deaf, now) = set_up().await;
    let store = bench.stack.twin.store();
    let call = Call {
        sid: CALL.parse().unwrap(),
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

    assert_eq!(deaf.store().redeem_ticket(&sid, now).await.unwrap(), Redeemed::Now);
    assert_eq!(store.redeem_ticket(&sid, now).await.unwrap(), Redeemed::Before, "once");

    assert_eq!(store.redeem_fallback(&sid, now).await.unwrap(), Redeemed::Before, "it does not fall back");
    deaf.store().fall_back(&sid, false, now).await.unwrap();
    assert_eq!(deaf.store().redeem_fallback(&sid, now).await.unwrap(), Redeemed::Now);
    assert_eq!(store.redeem_fallback(&sid, now).await.unwrap(), Redeemed::Before, "once");
    assert_eq!(deaf.lost(), 3);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_is_answered_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let twin = alone(&bench, deaf.client.clone());
    let (_, mut chatting) = twin.begin_chat(None, now).await.unwrap();
    let id = MessageId::generate(now);
    let written = Written { id: &id, text: "Please tell Alex that the offer stands." };
    let answer = Box::pin(twin.answer(&mut chatting, &written, now)).await.unwrap();
    let (person, interaction) = (&chatting.chat.person, &chatting.chat.interaction);
    let store = bench.stack.twin.store();
    let [kept] = store.exchanges(person, interaction).await.unwrap().try_into().unwrap();
    assert_eq!((kept.state, &kept.answer.text), (Exchanging::Done, &answer.text));
    let again = store.begin_exchange(person, interaction, &kept).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "once: {again:?}");
    assert!(deaf.lost() > 0);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_mail_goes_out_once_although_answers_were_lost() {
    const THEIRS: &str = "sam@sample.example";
    let (bench, deaf, now) = set_up().await;
    settings(&bench, r#"{"quiet":null}"#).await;
    let person = resolved(&bench, email(THEIRS), EvidenceSource::Owner).await;
    // No conversation to be analysed.
    let of = (person.clone(), InteractionId::derived("reminder-unheard").unwrap());
    let content = Content::MissedCallEmail { to: Email::parse(THEIRS).unwrap() };
    let planned = FollowUp::of(of, "told", content, Stage::Approved, "a test".to_owned(), now).unwrap();
    let store = bench.stack.twin.store();
    store.add_follow_up(&planned).await.unwrap();
    let twin = alone(&bench, deaf.client.clone());
    Box::pin(twin.follow_up(&person, &planned.interaction, &post(&bench), now)).await.unwrap();
    let sent = store.follow_up(&person, &planned.id).await.unwrap().unwrap();
    assert_eq!((sent.state, mails_to(&bench, THEIRS).len()), (Stage::Sent, 1));

    let delivered = FollowUp { state: Stage::Delivered, ..sent };
    deaf.store().move_follow_up(&delivered, Stage::Sent).await.unwrap();
    let again = store.move_follow_up(&delivered, Stage::Sent).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "once: {again:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_code_is_sent_and_used_once_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, (person, interaction)) = (bench.stack.twin.store(), somebody(now));
    let planned = Code::planned(person.clone(), interaction.clone(), email("sam@sample.example"), now);
    deaf.store().plan_code(&planned).await.unwrap();
    let sending = planned.with(&Digits::generate());
    deaf.store().move_code(&sending, Sending::Planned).await.unwrap();
    let again = store.move_code(&sending, Sending::Planned).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "once: {again:?}");
    let code = deaf.store().try_code(&person, &interaction, now).await.unwrap();
    assert_eq!(code.tries, 1, "it was asked twice, and tried once");
    deaf.store().use_code(&code, now).await.unwrap();
    let again = store.use_code(&code, now).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "once: {again:?}");
    assert_eq!(deaf.lost(), 4);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_counted_counts_once_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let store = bench.stack.twin.store();
    let limit = Limit { name: "test", most: 1, window: SignedDuration::from_hours(24) };
    assert_eq!(deaf.store().take(&limit, "sam", 1, now).await.unwrap(), Ok(()), "it was the last one");
    assert_eq!(store.taken(&limit, "sam", now).await.unwrap(), 1);
    assert!(deaf.store().take(&limit, "sam", 1, now).await.unwrap().is_err(), "nothing is left");
    deaf.store().correct(&limit, "sam", -1, now).await.unwrap();
    assert_eq!(store.taken(&limit, "sam", now).await.unwrap(), 0);
    assert_eq!(store.take(&limit, "sam", 1, now).await.unwrap(), Ok(()));
    assert_eq!(deaf.lost(), 3);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_in_the_browser_is_attended_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, (person, interaction)) = (bench.stack.twin.store(), somebody(now));
    let talk = Talk::new(interaction.clone(), VoiceInteraction::Conversation, None, None);
    deaf.store().save_talk(&person, &talk).await.unwrap();
    let until = now + ATTENDED_FOR;
    deaf.store().take_over(&person, &interaction, "rtc_one", until, now).await.unwrap();
    let another = store.take_over(&person, &interaction, "rtc_two", until, now).await;
    assert!(matches!(another, Err(StoreError::Conflict)), "one at a time: {another:?}");
    assert_eq!(deaf.lost(), 2);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_recording_is_written_down_although_an_answer_was_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, (person, interaction)) = (bench.stack.twin.store(), somebody(now));
    let recording = Recording {
        sid: "RE0123456789abcdef0123456789abcdef".to_owned(),
        call: CALL.parse().unwrap(),
        person,
        interaction,
        state: Recorded::Kept,
        at: now,
        seconds: None,
        sha256: None,
        bytes: None,
        asked_in: None,
        transcribed_at: None,
    };
    store.add_recording(&recording).await.unwrap();
    let until = now + SignedDuration::from_mins(1);
    assert!(deaf.store().claim_transcription(&recording, now, until).await.unwrap());
    assert!(!store.claim_transcription(&recording, now, until).await.unwrap(), "one at a time");
    assert_eq!(deaf.lost(), 1);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn who_signs_in_is_in_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, expires_at) = (bench.stack.twin.store(), now + SignedDuration::from_hours(1));
    store.save_owner_link("a link", expires_at).await.unwrap();
    deaf.store().redeem_owner_link("a link", now).await.unwrap();
    let again = store.redeem_owner_link("a link", now).await;
    assert!(matches!(again, Err(StoreError::NotFound)), "once: {again:?}");

    let sign_in = SignIn {
        resource: Resource::Visitor,
        return_to: "/".to_owned(),
        nonce: "a nonce".to_owned(),
        verifier: "a verifier".to_owned(),
        browser: "a browser".to_owned(),
        expires_at,
    };
    store.save_sign_in("a state", &sign_in).await.unwrap();
    assert_eq!(deaf.store().take_sign_in("a state", now).await.unwrap(), Some(sign_in));
    assert_eq!(store.take_sign_in("a state", now).await.unwrap(), None, "once");

    let code = Shown {
        hash: "a hash".to_owned(),
        redirect_uri: "https://host.example/callback".to_owned(),
        challenge: "a challenge".to_owned(),
        expires_at,
        used: false,
    };
    let mut grant = Grant {
        id: "a-grant".to_owned(),
        who: Who::Person(PersonId::generate(now)),
        client: "a client".to_owned(),
        resource: Resource::Visitor,
        scopes: Resource::Visitor.scopes(),
        code,
        family: None,
        refresh: Vec::new(),
        spent: None,
        access: Vec::new(),
        expires_at,
        version: 0,
    };
    deaf.store().save_grant(&grant).await.unwrap();
    (grant.version, grant.code.used) = (1, true);
    // Told as a conflict, its code would have come back, and that ends a grant.
    deaf.store().save_grant(&grant).await.unwrap();
    let again = store.save_grant(&grant).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "once: {again:?}");
    assert_eq!(deaf.lost(), 4);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_calendar_is_connected_although_answers_were_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, state) = (bench.stack.twin.store(), Secret::generate());
    let expires_at = now + SignedDuration::from_hours(1);
    let connecting = Connecting { provider: Provider::Google, verifier: "a verifier".to_owned(), expires_at };
    store.save_connecting(&state, &connecting).await.unwrap();
    let taken = deaf.store().take_connecting(state.reveal(), now).await.unwrap();
    assert_eq!(taken, Some(connecting));
    let account = Account::Ics { url: "https://host.example/a.ics".to_owned(), owner: String::new() };
    let new = Outside {
        id: OutsideId::generate(now),
        name: "Elsewhere".to_owned(),
        account,
        chosen: Vec::new(),
        added_at: now,
        read: Read::none(now),
        version: 0,
    };
    let saved = deaf.store().save_outside(new).await.unwrap();
    let renamed =
        deaf.store().save_outside(Outside { name: "Home".to_owned(), ..saved.clone() }).await.unwrap();
    assert_eq!(renamed.version, 2);
    let stale = store.save_outside(saved).await;
    assert!(matches!(stale, Err(StoreError::Conflict)), "{stale:?}");
    assert_eq!(deaf.lost(), 3);
    bench.stack.stop().await.unwrap();
}

/// What is done does not take place if its line is not written.
#[tokio::test]
async fn a_line_of_the_audit_is_written_once_although_an_answer_was_lost() {
    let (bench, deaf, now) = set_up().await;
    let (store, (person, _)) = (bench.stack.twin.store(), somebody(now));
    deaf.store().append(&Line::new(Actor::Owner, Act::Approved, now).about(&person)).await.unwrap();
    let lines = store.audited(now, None, 1000).await.unwrap().lines;
    assert_eq!(lines.iter().filter(|line| line.person.as_ref() == Some(&person)).count(), 1);
    assert_eq!(deaf.lost(), 1);
    bench.stack.stop().await.unwrap();
}
