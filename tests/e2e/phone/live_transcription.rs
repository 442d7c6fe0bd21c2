//! Twilio transcribes calls, too: what no model heard is there, and nothing is there twice.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use serde_json::{Value, json};
use sim::{
    openai::Fault,
    scenario::Scenario,
    twilio::{faults::Callbacks, report::Report, turns::Line},
};
use tests::{Bench, is_problem, model, options, turns};
use twin::{config::Twilio, interaction::Status};

use super::until_goodbye;

const PATH: &str = "/api/phone/live-transcription";

fn talk() -> Scenario {
    let turns = r#"
        [[turn]]
        caller = "Please note that I called about the lighthouse."
        [[turn.response]]
        [[turn.response.call]]
        tool = "take_message"
        arguments = { message = "about the lighthouse" }
        [[turn.response]]
        say = "It is noted. Anything else today?"
    "#;
    until_goodbye("live-transcription", "+14155550163", turns)
}

async fn bench(language: Option<&str>) -> Bench {
    let options = options();
    let twilio = Twilio { transcription: language.map(str::to_owned), ..options.twilio.clone() };
    Bench::with(Options { model: model(vec![talk()]), twilio, ..options }).await
}

/// Twilio asks the fallback also behind a stream: what is left there is a voicemail, and not told twice.
#[tokio::test]
async fn nobody_listens_to_a_voicemail_of_the_fallback() {
    for (language, first) in [(None, "<Say"), (Some("en-US"), "<Stop>")] {
        let bench = bench(language).await;
        let mut form = bench.voice_form("CA00000000000000000000000000000163", "+14155550163");
        form.push(("ErrorCode", "11200"));
        let answer = bench.webhook(phone_webhook::FALLBACK, &form).await;
        let text = answer.text().await.unwrap();
        let (_, verbs) = text.split_once("<Response>").expect("a document");
        assert!(verbs.trim_start().starts_with(first) && verbs.contains("<Record"), "{text}");
        bench.stack.stop().await.unwrap();
    }
}

async fn placed(bench: &Bench) -> (Report, Value) {
    let mut config = bench.caller(&talk());
    config.faults.callbacks = Callbacks::Twice;
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    (report, call)
}

fn all_taken(report: &Report) -> usize {
    let answers: Vec<_> = report.answers("live-transcription").collect();
    assert!(answers.iter().all(|answer| **answer == Ok(204)), "{answers:?}");
    answers.len()
}

fn heard<'a>(call: &'a Value, text: &str) -> &'a Value {
    let turn = call["turns"].as_array().unwrap().iter().find(|turn| turn["text"] == text);
    &turn.unwrap_or_else(|| panic!("{text:?} is no turn: {call}"))["heard"]
}

#[tokio::test]
async fn what_the_model_did_not_make_out_is_there() {
    let bench = bench(Some("en-US")).await;
    bench.openai().misbehave(Fault::TranscriptionFailed.times(1));
    let (report, call) = placed(&bench).await;
    assert_eq!(report.verbs[..2], ["Start", "Connect"], "{:?}", report.faults);
    assert!(report.documents[0].contains(r#"languageCode="en-US""#), "{}", report.documents[0]);
    assert!(all_taken(&report) >= 8, "begun, two lines, stopped; each told twice");
    let filled = heard(&call, "Please note that I called about the lighthouse.");
    assert_eq!(*filled, json!({ "by": "transcription", "confidence": 90 }));
    let agreed = heard(&call, "No thank you, that is all for today.");
    assert_eq!(*agreed, json!({ "by": "model", "confidence": 100 }));
    let people: Vec<&str> =
        turns(&call).into_iter().filter(|(who, _)| *who == "person").map(|(_, text)| text).collect();
    assert_eq!(people.len(), 2, "nothing is there twice: {people:?}");
    assert_eq!(call["status"], "analysed", "{call}");
    bench.stack.stop().await.unwrap();
}

/// A voicemail is transcribed by itself, from its recording.
#[tokio::test]
async fn it_ends_where_another_writes_down_what_is_said() {
    let bench = bench(Some("de")).await;
    bench.openai().misbehave(Fault::Refuse(401));
    let mut config = bench.caller(&talk());
    config.lines = vec![Line::spoken("Please call me back.")];
    let report = bench.place(config).await;
    assert_eq!(report.verbs[..5], ["Start", "Connect", "Redirect", "Stop", "Say"], "{:?}", report.faults);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(turns(&call), [("person", "Please call me back.")]);
    assert_eq!(*heard(&call, "Please call me back."), json!({ "by": "recording" }));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn unless_somebody_wants_it_nobody_else_listens() {
    let bench = bench(None).await;
    let (report, call) = placed(&bench).await;
    assert_eq!((report.verbs[0].as_str(), all_taken(&report)), ("Connect", 0));
    assert!(call["turns"].as_array().unwrap().iter().all(|turn| turn["heard"].is_null()), "{call}");
    bench.stack.stop().await.unwrap();
}

fn content<'a>(call: &'a str, sequence: &'a str, at: &'a str, data: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("AccountSid", ""),
        ("CallSid", call),
        ("TranscriptionSid", "GT00000000000000000000000000000001"),
        ("TranscriptionEvent", "transcription-content"),
        ("SequenceId", sequence),
        ("Timestamp", at),
        ("Track", "inbound_track"),
        ("TranscriptionData", data),
        ("Final", "true"),
    ]
}

/// Late, out of order, twice: what was said where no model listened is one turn each, in its place.
#[tokio::test]
async fn what_comes_late_finds_its_place() {
    let bench = bench(None).await;
    let (report, call) = placed(&bench).await;
    let began: Timestamp = call["startedAt"].as_str().unwrap().parse().unwrap();
    let later = |seconds| (began + SignedDuration::from_secs(seconds)).to_string();
    let (first, second) = (later(90), later(120));
    let account = bench.stack.account.account_sid.clone();
    let post = async |sequence: &str, at: &str, data: &str| {
        let mut form = content(&report.call_sid, sequence, at, data);
        form[0].1 = &account;
        bench.webhook(PATH, &form).await
    };
    let (one, other) = (
        r#"{"transcript":"Are you still there?","confidence":0.7}"#,
        r#"{"transcript":"The offer stands until Friday evening."}"#,
    );
    for (sequence, at, data) in [("12", &second, other), ("11", &first, one), ("12", &second, other)] {
        assert_eq!(post(sequence, at, data).await.status(), StatusCode::NO_CONTENT);
    }
    bench.stack.jobs_done().await.unwrap();
    let now = bench.conversation(&report.call_sid).await;
    let said = turns(&now);
    let behind = [("person", "Are you still there?"), ("person", "The offer stands until Friday evening.")];
    assert_eq!(said[..said.len() - 2], turns(&call)[..], "what was there stays");
    assert_eq!(said[said.len() - 2..], behind);
    assert_eq!(*heard(&now, behind[0].1), json!({ "by": "transcription", "confidence": 70 }));
    let said = |call: &Value| call["measured"]["said"].as_u64().unwrap();
    assert!(said(&call) == 2 && said(&now) >= 3, "a sentence more is worth reading again: {now}");

    let before = bench.footprint().await;
    is_problem(post("12", &first, "no JSON").await, StatusCode::BAD_REQUEST, "malformed").await;
    is_problem(post("-3", &first, one).await, StatusCode::BAD_REQUEST, "malformed").await;
    let mut partial = content(&report.call_sid, "13", &first, one);
    partial[0].1 = &account;
    partial[8].1 = "false";
    assert_eq!(bench.webhook(PATH, &partial).await.status(), StatusCode::NO_CONTENT);
    let unknown = tests::CALL_SID;
    let mut of_none = content(unknown, "1", &first, one);
    of_none[0].1 = &account;
    assert_eq!(bench.webhook(PATH, &of_none).await.status(), StatusCode::NO_CONTENT);
    let unsigned = bench.http.post(bench.url(PATH)).form(&partial).send().await.unwrap();
    is_problem(unsigned, StatusCode::FORBIDDEN, "forbidden").await;
    assert_eq!(bench.footprint().await, before, "nothing of it is kept");
    assert_eq!(now["status"], json!(Status::Analysed));
    bench.stack.stop().await.unwrap();
}
