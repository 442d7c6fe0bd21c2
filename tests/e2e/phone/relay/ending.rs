//! Rows 16 and 17: no model to be had, no slot, and a relay that is to stop.

use http::{Method, StatusCode};
use mail_parser::MessageParser;
use media_relay::GOODBYES_WITHIN;
use omnitwin::stack::{OWNER_EMAIL, Options};
use phone_webhook::{INCOMING, SETTINGS, STATUS};
use serde_json::json;
use sim::{
    openai::Fault,
    scenario::Scenario,
    twilio::{report::CallerEvent, turns::Line},
};
use tests::{Bench, model, options, turns, verbs};
use tokio_tungstenite::tungstenite::Error;
use twin::language::Language;

use super::{
    CALLER,
    client::{Client, event, report, sign},
    no_conversation, sid,
};

/// One question, one answer, and goodbye.
fn short() -> Scenario {
    let text = r#"
        title = "a question"
        from = "+14155550150"
        [[turn]]
        caller = "Is this the right number?"
        [[turn.response]]
        say = "It is. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "done" }
    "#;
    Scenario::parse("short", text).unwrap()
}

async fn bench() -> Bench {
    Bench::with(Options { model: model(vec![short()]), ..options() }).await
}

/// That it is an alarm in the log, too, is tested with the logs.
#[tokio::test]
async fn a_refusing_model_leads_to_voicemail() {
    for status in [401, 429] {
        let bench = bench().await;
        bench.openai().misbehave(Fault::Refuse(status));
        let mut config = bench.caller(&short());
        config.lines = vec![Line::spoken("Please call me back.")];
        let report = bench.place(config).await;
        assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
        assert_eq!(report.verbs, ["Connect", "Redirect", "Say", "Record", "Say", "Hangup"]);
        assert_eq!(report.streams[0].close_code, Some(1000));
        assert!(report.heard[0].contains("this is an AI assistant"), "{:?}", report.heard);
        assert_eq!((bench.openai().attempts(), bench.openai().sessions().len()), (1, 0), "asked once");

        let mails = bench.stack.aws().ses.sent();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].recipients, [OWNER_EMAIL]);
        let mail = MessageParser::default().parse(&mails[0].raw).expect("valid MIME");
        let text = mail.body_text(0).unwrap();
        assert!(text.contains("voicemail") && text.contains("They said: “Please call me back.”"), "{text}");
        let call = bench.conversation(&report.call_sid).await;
        assert_eq!(call["outcome"], "model_unavailable");
        bench.stack.stop().await.unwrap();
    }
}

async fn readiness(bench: &Bench) -> (StatusCode, StatusCode) {
    let status = async |path| bench.http.get(bench.url(path)).send().await.unwrap().status();
    (status(media_relay::READY).await, status(media_relay::HEALTH).await)
}

/// The upgrade of a new call, which has to be refused with this status.
async fn is_refused(bench: &Bench, call_sid: &str) -> StatusCode {
    let url = bench.stream_url(call_sid, CALLER).await;
    let mut request =
        tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url.as_str()).unwrap();
    request.headers_mut().insert("x-twilio-signature", sign(bench, &url).parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Err(Error::Http(answer)) => answer.status(),
        other => panic!("not refused: {:?}", other.map(drop)),
    }
}

#[tokio::test]
async fn a_draining_relay_lets_its_calls_end() {
    let bench = bench().await;
    assert_eq!(readiness(&bench).await, (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
    let mut call = bench.stack.twilio.as_ref().unwrap().place(bench.caller(&short())).unwrap();
    event(&mut call, &CallerEvent::TwinAudible).await;

    let slots = bench.stack.slots.clone();
    let drained = tokio::spawn(async move { slots.drain().await });
    while bench.stack.slots.accepts() {
        tokio::task::yield_now().await;
    }
    let ready = readiness(&bench).await;
    assert_eq!(ready, (StatusCode::SERVICE_UNAVAILABLE, StatusCode::NO_CONTENT), "not ready, and alive");
    let before = bench.openai().attempts();
    assert_eq!(is_refused(&bench, &sid(1)).await, StatusCode::SERVICE_UNAVAILABLE);
    no_conversation(&bench, &sid(1)).await;
    assert_eq!(bench.openai().attempts(), before);
    assert!(!drained.is_finished(), "a call goes on");

    let report = report(call).await;
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    tokio::time::timeout(tests::PATIENCE, drained).await.expect("no call is left").unwrap();
    bench.stack.jobs_done().await.unwrap();
    let conversation = bench.conversation(&report.call_sid).await;
    assert_eq!(conversation["outcome"], "completed", "it was not cut off");
    assert_eq!(report.said, ["Is this the right number?"]);
    bench.stack.stop().await.unwrap();
}

/// An answer that is longer than anybody waits.
fn talkative() -> Scenario {
    let text = r#"
        title = "a long answer"
        from = "+14155550150"
        [[turn]]
        caller = "Tell me everything."
        [[turn.response]]
        say = "It began in spring, when the river was high and the bridge was closed, so that everybody had to walk the long way around the hill, past the old mill and the orchard, and nobody came home before it was dark and the lamps were lit."
    "#;
    Scenario::parse("talkative", text).unwrap()
}

/// Whoever still talks when the relay has to stop hears goodbye: nobody is cut off without a word.
#[tokio::test]
async fn a_relay_that_has_to_stop_says_goodbye() {
    let bench = Bench::with(Options { model: model(vec![talkative()]), ..options() }).await;
    let mut call = bench.stack.twilio.as_ref().unwrap().place(bench.caller(&talkative())).unwrap();
    event(&mut call, &CallerEvent::CallerSaid("Tell me everything.".to_owned())).await;
    event(&mut call, &CallerEvent::TwinAudible).await;
    let stopping = tokio::time::timeout(GOODBYES_WITHIN, bench.stack.say_goodbye());
    stopping.await.expect("no call is left");
    let report = report(call).await;
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    assert_eq!(report.verbs, ["Connect", "Redirect", "Hangup"], "nobody is asked for a message");
    assert_eq!(report.streams[0].close_code, Some(1000));
    bench.stack.jobs_done().await.unwrap();
    let conversation = bench.conversation(&report.call_sid).await;
    assert_eq!(conversation["outcome"], "duration_limit");
    let turns = turns(&conversation);
    assert_eq!(turns.last(), Some(&("twin", Language::En.words().time_is_up)));
    assert!(!turns.iter().any(|(_, text)| text.ends_with("lit.")), "the answer is broken off: {turns:?}");
    bench.stack.stop().await.unwrap();
}

/// Twilio's word that a call is over may never come, or late: what carried it tells, too, and twice is once.
#[tokio::test]
async fn another_call_may_go_on_in_the_place_of_one_whose_stream_is_over() {
    let bench = bench().await;
    let body = json!({ "version": 0, "settings": { "callsAtOnce": 1 } });
    let saved = bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let rings = async |number| {
        let call_sid = sid(number);
        verbs(bench.webhook(INCOMING, &bench.voice_form(&call_sid, CALLER)).await).await[0].name()
    };
    let first = Client::in_call(&bench, &sid(1), CALLER).await;
    assert_eq!(rings(2).await, "Say", "one goes on");
    first.hang_up().await;
    assert_eq!(rings(3).await, "Connect", "and is over");

    let call_sid = sid(1);
    let mut over = bench.voice_form(&call_sid, CALLER);
    over.retain(|(name, _)| *name != "CallStatus");
    over.push(("CallStatus", "completed"));
    assert_eq!(bench.webhook(STATUS, &over).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(rings(4).await, "Say", "which gave back one place");
    bench.stack.stop().await.unwrap();
}

/// A caller who finds the relay draining is not lost: after the stream that failed comes the voicemail.
#[tokio::test]
async fn a_caller_who_finds_no_slot_reaches_voicemail() {
    let bench = Bench::with(Options { slots: 1, model: model(vec![short()]), ..options() }).await;
    let first = Client::in_call(&bench, &sid(1), CALLER).await;
    assert_eq!(readiness(&bench).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let mut config = bench.caller(&short());
    config.lines = vec![Line::spoken("Please call me back.")];
    let report = bench.place(config).await;
    assert_eq!(report.streams[0].handshake, 503);
    assert_eq!(report.verbs, ["Connect", "Redirect", "Say", "Record", "Say", "Hangup"]);
    assert_eq!(bench.stack.aws().ses.sent()[0].recipients, [OWNER_EMAIL]);
    assert_eq!(bench.openai().attempts(), 1, "the first call's");
    first.hang_up().await;
    assert_eq!(readiness(&bench).await.0, StatusCode::NO_CONTENT);
    bench.stack.stop().await.unwrap();
}
