//! A conversation goes on elsewhere by a short code: once, for a while, and with what was said in it alone.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use omnitwin::commands::eval::handoff;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    analytics::{Event, Figure, Period, on},
    error::Error,
    id::{InteractionId, MessageId, PersonId, RequestId},
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Interaction, Measured, Outcome, Speaker, Status, Turn},
    routing::RouteKind,
    twin::{Arrival, Session, Slice, Written, begin_handed_over},
};

const NUMBER: &str = "+14155552671";

async fn caller(bench: &Bench, number: &str) -> PersonId {
    let now = Timestamp::now();
    let key = IdentityKey::Phone(Phone::parse(number).unwrap());
    let evidence = Evidence::new(EvidenceSource::CallerId, now, None);
    bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person
}

async fn call(bench: &Bench, person: &PersonId, level: Assurance, said: &[&str]) -> Session {
    let now = Timestamp::now();
    let (interaction, person) = (InteractionId::generate(now), person.clone());
    let (channel, route) = (Channel::Phone, RouteKind::Unknown);
    let arrival = Arrival { person, interaction, channel, call_sid: None, host: None, route, level };
    let session = bench.stack.twin.open(&arrival, now).await.unwrap();
    for (sequence, text) in (0..).zip(said) {
        let (offset_ms, text) = (u64::from(sequence) * 1000, (*text).to_owned());
        let turn =
            Turn { offset_ms, sequence, speaker: Speaker::Person, text, interrupted: false, heard: None };
        bench.stack.twin.heard(&session, &turn).await.unwrap();
    }
    session
}

async fn acted(bench: &Bench, session: &Session, name: &str, arguments: Value) -> Value {
    let (call, now) = (RequestId::generate(Timestamp::now()).to_string(), Timestamp::now());
    bench.stack.twin.act(session, &call, name, &arguments.to_string(), now).await.unwrap().output
}

pub async fn mcp(bench: &Bench, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = bench.http.post(bench.url("/api/mcp")).header("mcp-protocol-version", "2025-11-25");
    let request = request.header("accept", "application/json, text/event-stream");
    let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    answer.get("result").cloned().unwrap_or_else(|| panic!("{answer}"))
}

/// Told on the phone, typed into a host: it knows that call, and nothing of the one before.
#[tokio::test]
async fn from_the_phone_to_a_host() {
    let bench = Bench::start().await;
    let dana = caller(&bench, NUMBER).await;
    let before = call(&bench, &dana, Assurance::Verified, &["We call it the marzipan zeppelin."]).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.close(&dana, &before.interaction, Outcome::Completed, now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let session = call(&bench, &dana, Assurance::Verified, &["The budget is 110,000 euros."]).await;
    acted(&bench, &session, "take_message", json!({ "message": "Please send a proposal." })).await;
    let given = acted(&bench, &session, "give_code", json!({})).await;
    let code = given["code"].as_str().unwrap().to_owned();
    assert!(given["say"].as_str().unwrap().contains(&code), "{given}");
    let stored = twin.store().everything(&dana).await.unwrap();
    let plain = code.replace(' ', "");
    assert!(stored.iter().all(|kept| {
        let text = kept.value.to_string();
        !text.contains(&code) && !text.contains(&plain)
    }));

    let told =
        mcp(&bench, "continue_conversation", json!({ "code": code })).await["structuredContent"].clone();
    assert_eq!(
        (&told["turns"][0]["channel"], &told["noted"]),
        (&json!("phone"), &json!(["Your message"])),
        "{told}"
    );
    assert!(told["wish"].as_str().unwrap().contains("110,000"), "{told}");
    assert!(!told.to_string().contains("zeppelin"), "{told}");
    let conversation = told["conversation"].clone();
    let asks = |about: &str| json!({ "view": "conversations", "about": about, "conversation": conversation });
    let recalled = mcp(&bench, "my_data", asks("the budget")).await.to_string();
    assert!(recalled.contains("110,000"), "{recalled}");
    let closed = mcp(&bench, "my_data", asks("the marzipan zeppelin")).await.to_string();
    assert!(!closed.contains("We call it"), "a code that can be guessed opens one conversation: {closed}");

    let unknown = "000 000 000";
    let again = mcp(&bench, "continue_conversation", json!({ "code": code })).await;
    assert_eq!(again, mcp(&bench, "continue_conversation", json!({ "code": unknown })).await);
    assert!(again.to_string().contains("not_found"), "{again}");
    bench.stack.stop().await.unwrap();
}

/// What the twin told of the past to somebody who proved who they are stays out of what a code opens.
#[tokio::test]
async fn a_code_hands_over_what_was_said_and_not_what_was_told() {
    let bench = Bench::start().await;
    let (twin, dana) = (&bench.stack.twin, caller(&bench, NUMBER).await);
    let session = call(&bench, &dana, Assurance::Claimed, &["I look for a test engineer in Utrecht."]).await;
    twin.store().raise(&dana, &session.interaction, Assurance::Verified).await.unwrap();
    let text = "Last time you called it the marzipan zeppelin.".to_owned();
    let (offset_ms, sequence, speaker) = (9000, 9, Speaker::Twin);
    let told = Turn { offset_ms, sequence, speaker, text, interrupted: false, heard: None };
    twin.heard(&session, &told).await.unwrap();
    acted(&bench, &session, "take_message", json!({ "message": "About the zeppelin." })).await;
    let code = async || acted(&bench, &session, "give_code", json!({})).await["code"].clone();

    let carried = mcp(&bench, "continue_conversation", json!({ "code": code().await })).await;
    let carried = carried["structuredContent"].clone();
    assert!(
        carried.to_string().contains("Utrecht") && !carried.to_string().contains("zeppelin"),
        "{carried}"
    );
    for about in ["the zeppelin", "what was said last"] {
        let asks =
            json!({ "view": "conversations", "about": about, "conversation": carried["conversation"] });
        let recalled = mcp(&bench, "my_data", asks).await.to_string();
        assert!(!recalled.contains("marzipan"), "{recalled}");
    }
    let shown = code().await;
    let (secret, _) =
        begin_handed_over(twin.store(), shown.as_str().unwrap(), None, Timestamp::now()).await.unwrap();
    let cookie = format!("omnitwin_chat={}", secret.reveal());
    let page = bench.http.get(bench.url("/api/chat")).header(header::COOKIE, cookie).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("Utrecht") && !page.contains("zeppelin"), "{page}");
    let robin = caller(&bench, "+14155552672").await;
    let on_the_phone = call(&bench, &robin, Assurance::Claimed, &[]).await;
    let told = acted(&bench, &on_the_phone, "take_over", json!({ "code": code().await })).await.to_string();
    assert!(told.contains("Utrecht") && !told.contains("zeppelin"), "{told}");
    // By themselves, who have proved it here, too, they go on with all of it.
    let again = call(&bench, &dana, Assurance::Verified, &[]).await;
    let all = acted(&bench, &again, "take_over", json!({ "code": code().await })).await;
    assert!(all.to_string().contains("marzipan zeppelin"), "{all}");
    assert_eq!(all["conversation"]["open"], json!(["About the zeppelin."]));
    bench.stack.stop().await.unwrap();
}

/// A link is no sign-in; and when too many codes are tried, a right one is not called wrong.
#[tokio::test]
async fn a_link_proves_no_more_than_a_link() {
    let bench = Bench::start().await;
    let (twin, dana) = (&bench.stack.twin, caller(&bench, NUMBER).await);
    let session = call(&bench, &dana, Assurance::SignedIn, &["Hello."]).await;
    let link = twin.hand_over(&session, Channel::Chat, Timestamp::now()).await.unwrap();
    let (_, chatting) = begin_handed_over(twin.store(), link.reveal(), None, Timestamp::now()).await.unwrap();
    assert_eq!(chatting.chat.level, Assurance::Verified);
    let code = twin.give_code(&session, Channel::Phone, Timestamp::now()).await.unwrap().written();
    let other = call(&bench, &dana, Assurance::Claimed, &[]).await;
    // By one clock, so that all tries are in one minute.
    let now = Timestamp::now();
    let tried = async |code: &str, at: Timestamp| {
        let (id, told) = (RequestId::generate(at).to_string(), json!({ "code": code }).to_string());
        twin.act(&other, &id, "take_over", &told, at).await.unwrap().output
    };
    for _ in 0..5 {
        assert_eq!(tried("000000000", now).await["continued"], false);
    }
    let busy = tried(&code, now).await;
    assert!(busy["say"].as_str().unwrap().contains("in a minute"), "{busy}");
    let taken = tried(&code, now + SignedDuration::from_mins(2)).await;
    assert_eq!(taken["continued"], true, "{taken}");
    bench.stack.stop().await.unwrap();
}

/// Shown in the chat, told on the phone.
#[tokio::test]
async fn from_the_chat_to_the_phone() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let (secret, mut chatting) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
    let id = MessageId::generate(Timestamp::now());
    let text = "We need three weeks of load testing in Utrecht.";
    twin.answer(&mut chatting, &Written { id: &id, text }, Timestamp::now()).await.unwrap();
    let shown = bench
        .http
        .request(Method::POST, bench.url("/api/chat/handoff"))
        .header(header::ORIGIN, &bench.stack.urls.base)
        .header(header::COOKIE, format!("omnitwin_chat={}", secret.reveal()))
        .json(&json!({ "to": "phone" }));
    let shown: Value = shown.send().await.unwrap().json().await.unwrap();
    let code = shown["code"].as_str().unwrap_or_else(|| panic!("{shown}"));
    let robin = caller(&bench, NUMBER).await;
    let session = call(&bench, &robin, Assurance::Claimed, &[]).await;
    let wrong = acted(&bench, &session, "take_over", json!({ "code": "000000000" })).await;
    assert_eq!(wrong["continued"], false);
    let told = acted(&bench, &session, "take_over", json!({ "code": code })).await;
    assert_eq!(told["continued"], true, "{told}");
    assert!(told["conversation"].to_string().contains("Utrecht"), "{told}");
    assert_eq!(acted(&bench, &session, "take_over", json!({ "code": code })).await, wrong, "one answer");
    assert!(acted(&bench, &session, "take_over", json!({ "code": "12 34" })).await["error"].is_string());
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn of_fifty_at_once_one_goes_on() {
    let bench = Bench::start().await;
    let dana = caller(&bench, NUMBER).await;
    let session = call(&bench, &dana, Assurance::Verified, &["Hello."]).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let code = twin.give_code(&session, Channel::Chat, now).await.unwrap().written();
    let store = twin.store();
    let late = begin_handed_over(store, &code, None, now + SignedDuration::from_mins(11)).await;
    assert!(matches!(late, Err(Error::NotFound)), "it has expired");
    let begun = join_all((0..50).map(|_| begin_handed_over(store, &code, None, now))).await;
    let (right, wrong): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
    assert_eq!(right.len(), 1);
    assert!(wrong.iter().all(|refused| matches!(refused, Err(Error::NotFound))));
    let level = right.into_iter().next().unwrap().unwrap().1.chat.level;
    assert_eq!(level, Assurance::Claimed, "whatever the conversation proved");
    bench.stack.stop().await.unwrap();
}

/// A model that goes on is told what was said; whoever reads along sees it, too.
#[tokio::test]
async fn what_is_said_arrives_and_nothing_else_does() {
    let bench = Bench::start().await;
    let measured = handoff::measure(&bench.stack.twin).await.unwrap();
    assert_eq!(measured.leaks, 0);
    assert!(measured.facts >= 24 && measured.share() >= 0.95, "{measured:?}");
    bench.stack.stop().await.unwrap();
}

/// The conversation that a code was told in, read: its first question was answered, or was not.
fn read(of: &Session, interaction: InteractionId, is_answered: bool, at: Timestamp) -> Interaction {
    let measured = Measured {
        grounded: u32::from(is_answered),
        abstained: u32::from(!is_answered),
        ..Measured::default()
    };
    Interaction {
        id: interaction,
        person: of.person.clone(),
        channel: Channel::Chat,
        call_sid: None,
        dial: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
        status: Status::Analysed,
        started_at: at,
        ended_at: Some(at),
        outcome: Some(Outcome::Idle),
        analysis: None,
        measured: Some(measured),
        words_read: 0,
        came_later: 0,
    }
}

/// How many went on elsewhere, and how many of those got what they came for, is counted once the time of their codes is over.
#[tokio::test]
async fn what_was_handed_over_is_counted() {
    let bench = Bench::start().await;
    let (twin, dana) = (&bench.stack.twin, caller(&bench, NUMBER).await);
    let (store, now) = (twin.store(), Timestamp::now());
    let session = call(&bench, &dana, Assurance::Claimed, &["I look for a test engineer in Utrecht."]).await;
    for number in 0..12 {
        let code = twin.give_code(&session, Channel::Chat, now).await.unwrap().written();
        // Two of them are never told to anybody.
        if number < 10 {
            let (_, chatting) = begin_handed_over(store, &code, None, now).await.unwrap();
            let held = read(&session, chatting.chat.interaction, number > 0, now);
            store.open_interaction(&held).await.unwrap();
        }
    }
    let figure = async |key: &str, at: Timestamp| -> Figure {
        let report = twin.report(Period::last(2, on(at)), at).await.unwrap();
        report.tiles.into_iter().find(|tile| tile.key == key).unwrap().now
    };
    assert_eq!(figure("handoffs_taken_up", now).await.n, 0, "they may still be used");
    let later = now + SignedDuration::from_mins(11);
    let (taken_up, served) =
        (figure("handoffs_taken_up", later).await, figure("handoffs_served", later).await);
    assert_eq!((taken_up.n, taken_up.value), (12, Some(0.8333)));
    assert_eq!((served.n, served.value, served.low.is_some()), (10, Some(0.9), true));
    let listed = async |event: Event, at: Timestamp| {
        twin.events(Period::last(2, on(at)), event, Slice::default(), None, at).await.unwrap().list.len()
    };
    assert_eq!(listed(Event::LinkEnded, now).await, 0, "they may still be used");
    for (event, count) in
        [(Event::LinkEnded, 12), (Event::LinkUsed, 10), (Event::LinkRead, 10), (Event::LinkServed, 9)]
    {
        assert_eq!(listed(event, later).await, count, "{event:?}");
    }
    bench.stack.stop().await.unwrap();
}
