//! No realtime model is to be had: the call goes on in text, and Twilio hears and speaks.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use omnitwin::stack::Options;
use reqwest::Method;
use serde_json::{Value, json};
use sim::{
    openai::{Endpoint, Fault, TextFault},
    scenario::Scenario,
    twilio::{
        caller::Pickup,
        faults::{Faults, Prompts},
        report::{Ending, Report},
        signature,
        turns::{Line, Manners},
    },
};
use tests::{Bench, CALL_SID, options, turns};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use twin::{config::Twilio, language::Language, outbound::State, twin::CALL};

use super::outbound::{bench_with, noon, now_is, over, placed, somebody};

const NUMBER: &str = "+442071838750";

async fn bench(text_is_simulated: bool) -> Bench {
    let options = options();
    let twilio = Twilio { conversation_relay: true, ..options.twilio.clone() };
    let bench = Bench::with(Options { text_is_simulated, twilio, ..options }).await;
    bench.openai().misbehave(Fault::Refuse(503));
    bench
}

/// They say these lines, and what came of it.
async fn calls(bench: &Bench, lines: Vec<Line>, faults: Faults) -> (Report, Value) {
    let manners = Manners { grace: Duration::from_secs(6), ..Manners::default() };
    calls_with(bench, lines, manners, faults).await
}

async fn calls_with(bench: &Bench, lines: Vec<Line>, manners: Manners, faults: Faults) -> (Report, Value) {
    let mut config = bench.caller(&Scenario::built_in("recruiter").unwrap());
    NUMBER.clone_into(&mut config.from);
    config.lines = lines;
    config.manners = manners;
    config.faults = faults;
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    (report, call)
}

fn says(lines: &[&str]) -> Vec<Line> {
    lines.iter().map(|line| Line::spoken(line)).collect()
}

#[tokio::test]
async fn the_text_brain_takes_the_call() {
    let bench = bench(true).await;
    let lines = says(&["Please take message: I called about the lighthouse.", "Please end call now."]);
    let (report, call) = calls(&bench, lines, Faults::default()).await;
    let conversation = &report.conversations[0];
    assert_eq!(report.verbs[..3], ["Connect", "Redirect", "Connect"], "{:?}", report.faults);
    assert_eq!((conversation.handshake, conversation.ending), (101, Ending::ServerClosed));
    assert!(conversation.spoken[0].contains("AI assistant"), "first of all: {:?}", conversation.spoken);
    assert!(!conversation.interruptible[0], "and nobody interrupts it");
    assert!(conversation.interruptible[1]);
    assert_eq!(conversation.handoff.as_deref(), Some(r#"{"outcome":"completed"}"#));
    assert_eq!((call["channel"].as_str(), call["outcome"].as_str()), (Some("phone"), Some("completed")));
    let said = turns(&call);
    assert_eq!(said[0], ("twin", conversation.spoken[0].trim()));
    assert_eq!(said[1].0, "person");
    let people = bench.owner("/api/omni-context").await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "one person, and one conversation: {people}");
    assert_eq!(
        bench.call(&report.call_sid).await.unwrap().interaction.as_str(),
        call["id"].as_str().unwrap()
    );
    let kinds: Vec<&str> =
        call["actions"].as_array().unwrap().iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(kinds.contains(&"message_taken"), "the same tools: {kinds:?}");
    bench.stack.stop().await.unwrap();
}

/// A host that takes the connection and says nothing is as good as none.
#[tokio::test]
async fn the_text_brain_takes_the_call_of_a_model_that_never_answers() {
    let bench = bench(true).await;
    bench.openai().behave();
    bench.openai().misbehave(Fault::Hang);
    let (report, call) = calls(&bench, says(&["Please end call now."]), Faults::default()).await;
    assert_eq!(report.verbs[..3], ["Connect", "Redirect", "Connect"], "{:?}", report.faults);
    assert_eq!((bench.openai().sessions().len(), call["outcome"].as_str()), (0, Some("completed")));
    bench.stack.stop().await.unwrap();
}

/// Whoever the twin calls is talked with in text, too, and else learns at least who it was.
#[tokio::test]
async fn a_call_of_ours_goes_on_in_text() {
    for conversation_relay in [true, false] {
        let options = options();
        let twilio = Twilio { conversation_relay, ..options.twilio.clone() };
        let options = Options { text_is_simulated: true, twilio, ..options };
        let (bench, _) = Box::pin(bench_with(options, Some(true))).await;
        bench.openai().misbehave(Fault::Refuse(503));
        let twilio = bench.stack.twilio.as_ref().unwrap();
        let lines = says(&["Hello, Dana speaking.", "Please end call now."]);
        twilio.answer_as(somebody(lines, Pickup::Answers));
        let dial = placed(&bench, noon()).await;
        let report = over(&bench, twilio.rung().remove(0)).await;
        let call = bench.conversation(&report.call_sid).await;
        let dial = now_is(&bench, &dial).await;
        if conversation_relay {
            assert_eq!(report.verbs[..3], ["Connect", "Redirect", "Connect"], "{:?}", report.faults);
            let said = turns(&call);
            let greeted = |text: &str| text.contains("calling about your interview on Tuesday");
            assert_eq!(said.iter().filter(|(_, text)| greeted(text)).count(), 1, "once: {said:?}");
            assert!(said.contains(&("person", "Hello, Dana speaking.")), "{said:?}");
            assert_eq!((call["outcome"].as_str(), dial.state), (Some("completed"), State::Done), "{said:?}");
        } else {
            let heard = report.heard.join(" ");
            assert!(heard.contains("calling about your interview on Tuesday"), "{heard}");
            assert!(heard.contains("call this number back"), "{heard}");
            assert!(!report.verbs.iter().any(|verb| verb == "Record"), "{:?}", report.verbs);
            assert_eq!(dial.state, State::Planned, "and it is tried again");
        }
        bench.stack.stop().await.unwrap();
    }
}

/// The owner speaks German with whoever calls from there, and goes on in the language of whoever does not.
#[tokio::test]
async fn it_is_spoken_in_the_language_of_whoever_calls() {
    let bench = bench(true).await;
    let body = json!({ "version": 0, "settings": { "languages": ["de", "en"] } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let mut config = bench.caller(&Scenario::built_in("recruiter").unwrap());
    "+4930123456".clone_into(&mut config.from);
    config.lines = says(&["I would like to speak with Alex about the lighthouse.", "Please end call now."]);
    let report = bench.place(config).await;
    let conversation = &report.conversations[0];
    assert!(
        conversation.spoken[0].starts_with("Guten Tag, hier ist der KI-Assistent von Alex"),
        "{report:?}"
    );
    assert_eq!(conversation.languages, ["de-DE", "en-US"], "first what it begins with");
    let text = |document: &String| document.contains(r#"language="de-DE""#);
    assert!(report.documents.iter().any(text), "{:?}", report.documents);
    bench.stack.stop().await.unwrap();
}

/// The other engine is lost in the middle: what is said in text comes behind what was said before.
#[tokio::test]
async fn a_call_that_falls_back_in_its_middle_has_its_turns_in_order() {
    let bench = bench(false).await;
    bench.openai().behave();
    bench.openai().misbehave(Fault::Reset.on_response(2).times(1));
    let lines = says(&["I called about the lighthouse.", "What has Alex done with Rust?", "And with Go?"]);
    let lost = async {
        while bench.openai().sessions().is_empty() {
            tokio::task::yield_now().await;
        }
        bench.openai().misbehave(Fault::Refuse(503));
    };
    let ((report, call), ()) = tokio::join!(calls(&bench, lines, Faults::default()), lost);
    assert_eq!(report.conversations.len(), 1, "{:?}", report.verbs);
    let said = turns(&call);
    let again = said.iter().position(|(_, text)| text.contains("we were interrupted")).unwrap();
    assert!(again > 0 && said[0].1.contains("AI assistant"), "{said:?}");
    assert!(said[again..].iter().any(|(who, _)| *who == "person"), "{said:?}");
    assert!(!said[..again].iter().any(|(_, text)| text.contains("And with Go")), "{said:?}");
    let offsets: Vec<u64> =
        call["turns"].as_array().unwrap().iter().filter_map(|turn| turn["offsetMs"].as_u64()).collect();
    assert!(offsets.is_sorted() && offsets.len() == said.len(), "{offsets:?}");
    bench.stack.stop().await.unwrap();
}

/// Whoever changes their mind before the answer is there has nothing done that they do not want any more.
#[tokio::test]
async fn what_is_not_wanted_any_more_is_not_done() {
    let bench = bench(true).await;
    let slow = TextFault::SlowFirstByte(Duration::from_secs(4));
    bench.openai().misbehave_at(Endpoint::Responses, slow);
    let lines = says(&["Please take message: I called about the lighthouse.", "Please end call now."]);
    let manners = Manners { max_wait: Duration::from_millis(500), ..Manners::default() };
    let (report, call) = calls_with(&bench, lines, manners, Faults::default()).await;
    assert_eq!(report.conversations.len(), 1, "{:?}", report.verbs);
    let kinds: Vec<&str> =
        call["actions"].as_array().unwrap().iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(!kinds.contains(&"message_taken"), "{kinds:?}");
    assert_eq!(call["outcome"], "completed", "{call}");
    bench.stack.stop().await.unwrap();
}

/// Without any model it quotes, and does what is asked for plainly.
#[tokio::test]
async fn without_a_model_it_quotes_aloud() {
    let bench = bench(false).await;
    let lines = says(&["What has Alex done with Rust?"]);
    let faults = Faults { prompts: Prompts::InParts, ..Faults::default() };
    let (report, call) = calls(&bench, lines, faults).await;
    let conversation = &report.conversations[0];
    assert_eq!(conversation.spoken.len(), 2, "{:?}", conversation.spoken);
    let answer = &conversation.spoken[1];
    assert!(answer.contains("Rust") && !answer.contains(['[', '*', '#']), "{answer}");
    let said = turns(&call);
    assert_eq!(said[1], ("person", "What has Alex done with Rust?"), "once, not in parts");
    assert_eq!(call["outcome"], "hung_up");
    bench.stack.stop().await.unwrap();
}

/// What was heard is what counts; whatever else the answer had is dropped.
#[tokio::test]
async fn an_interrupted_answer_is_kept_as_far_as_it_was_heard() {
    let bench = bench(false).await;
    let mut lines = says(&["What has Alex done with Rust?", "Thank you, goodbye."]);
    lines[1].barge_in = Some(Duration::ZERO);
    let (report, call) = calls(&bench, lines, Faults::default()).await;
    let conversation = &report.conversations[0];
    assert_eq!(conversation.interrupted.len(), 1, "{conversation:?}");
    let cut = call["turns"].as_array().unwrap().iter().find(|turn| turn["interrupted"] == true).unwrap();
    assert_eq!(cut["text"].as_str(), Some(conversation.interrupted[0].as_str()));
    assert!(conversation.spoken[0].contains("AI assistant"), "the first words are never interrupted");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn when_the_text_brain_is_down_too_a_message_is_taken() {
    let bench = bench(true).await;
    bench.openai().misbehave_at(Endpoint::Responses, TextFault::Status(401));
    let lines = says(&["What has Alex done with Rust?", "Please tell him that I called."]);
    let (report, call) = calls(&bench, lines, Faults::default()).await;
    assert_eq!(report.conversations.len(), 1);
    assert!(report.verbs.iter().any(|verb| verb == "Record"), "{:?}", report.verbs);
    assert!(report.heard.iter().any(|heard| heard.contains("leave a message")), "{:?}", report.heard);
    assert_eq!(call["outcome"], "model_unavailable");
    bench.stack.stop().await.unwrap();
}

/// What is not paid for as a call is not paid for in text: a message is taken at once, as it is without a second engine.
#[tokio::test]
async fn without_a_budget_there_is_no_second_engine() {
    let options = options();
    let twilio = Twilio { conversation_relay: true, ..options.twilio.clone() };
    let bench = Bench::with(Options { twilio, daily_budget: CALL - 1, ..options }).await;
    let (report, call) = calls(&bench, says(&["Please tell him that I called."]), Faults::default()).await;
    assert!(report.conversations.is_empty(), "{:?}", report.conversations);
    assert!(report.verbs.iter().any(|verb| verb == "Record"), "{:?}", report.verbs);
    assert_eq!(call["outcome"], "model_unavailable");
    bench.stack.stop().await.unwrap();
}

/// Nobody was rung for a number that is put through at once while there is no line to ring: nobody is told so.
#[tokio::test]
async fn only_who_was_rung_for_in_vain_is_told_so() {
    for (line, is_told) in [(None, false), (Some("+12125550100"), true)] {
        let bench = bench(false).await;
        let body = json!({ "version": 0, "settings": { "ownerLine": line, "vip": [NUMBER] } });
        let saved =
            bench.as_owner(http::Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
        assert_eq!(saved.status(), StatusCode::OK);
        let (report, _) = calls(&bench, says(&["Hello?"]), Faults::default()).await;
        let greeting = &report.conversations[0].spoken[0];
        assert_eq!(greeting.contains(Language::En.words().not_taken), is_told, "{greeting}");
        bench.stack.stop().await.unwrap();
    }
}

/// A socket that goes without a word: what was heard is kept, and the caller is offered a voicemail or gone.
#[tokio::test]
async fn a_conversation_that_breaks_off_is_closed() {
    let bench = bench(false).await;
    let faults = Faults { leaves_after: Some(2), ..Faults::default() };
    let (report, call) = calls(&bench, says(&["What has Alex done with Rust?", "And?"]), faults).await;
    assert_eq!(report.conversations.len(), 1, "it is not begun again");
    assert!(matches!(call["outcome"].as_str(), Some("hung_up" | "voicemail")), "{call}");
    assert!(turns(&call).iter().any(|(who, _)| *who == "person"));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn who_does_not_begin_with_a_setup_is_refused() {
    let bench = bench(false).await;
    let faults = Faults { malformed_texts: 1, ..Faults::default() };
    let (report, call) = calls(&bench, says(&["Hello?", "Please tell him."]), faults).await;
    assert_eq!(report.conversations[0].close_code, Some(1008), "{:?}", report.conversations);
    assert_eq!(report.conversations.len(), 1, "it is not tried again");
    assert!(report.verbs.iter().any(|verb| verb == "Record"), "{:?}", report.verbs);
    assert_eq!(call["outcome"], "model_unavailable");
    bench.stack.stop().await.unwrap();
}

/// Asks for the upgrade as Twilio does; what is answered.
async fn upgrade(bench: &Bench, url: &str, signature: Option<&str>) -> StatusCode {
    let mut request = bench
        .http
        .get(url.replacen("ws://", "http://", 1))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if let Some(signature) = signature {
        request = request.header(signature::HEADER, signature);
    }
    request.send().await.unwrap().status()
}

/// Twilio signs the upgrade, and a ticket is of one call that fell back: others begin nothing, and are sent nowhere.
#[tokio::test]
async fn only_a_call_that_fell_back_goes_on_in_text() {
    let bench = Bench::start().await;
    let url = bench.stream_url(CALL_SID, NUMBER).await.replacen("/media/", "/media/text/", 1);
    let token = bench.stack.account.auth_token.reveal();
    let right = signature::url(token, &signature::upgrade_url(&url));
    assert_eq!(upgrade(&bench, &url, None).await, StatusCode::FORBIDDEN);
    assert_eq!(upgrade(&bench, &url, Some(&format!("{right}="))).await, StatusCode::FORBIDDEN);
    let elsewhere = format!("{url}x");
    let signed = signature::url(token, &signature::upgrade_url(&elsewhere));
    assert_eq!(upgrade(&bench, &elsewhere, Some(&signed)).await, StatusCode::FORBIDDEN, "no ticket");

    let mut request = url.as_str().into_client_request().unwrap();
    request.headers_mut().insert(signature::HEADER, right.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let setup = json!({ "type": "setup", "sessionId": "VX1", "callSid": CALL_SID,
        "accountSid": bench.stack.account.account_sid });
    socket.send(Message::text(setup.to_string())).await.unwrap();
    let closed = socket.next().await.unwrap().unwrap();
    let Message::Close(Some(frame)) = closed else { panic!("{closed:?}") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1008, "the ticket was used"));

    // Where it is not wanted, a message is taken as before.
    bench.openai().misbehave(Fault::Refuse(503));
    let (report, call) = calls(&bench, says(&["Please tell him."]), Faults::default()).await;
    assert!(report.conversations.is_empty() && report.verbs.iter().any(|verb| verb == "Record"));
    assert_eq!(call["outcome"], "model_unavailable");
    bench.stack.stop().await.unwrap();
}
