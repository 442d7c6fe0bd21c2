//! GPT-Live takes calls, where it is chosen: the same call, and everything that follows from it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use omnitwin::{commands::replay, stack::Options};
use serde_json::{Value, json};
use sim::{
    openai::{Fault, LiveView},
    scenario::Scenario,
    twilio::report::Ending,
};
use tests::{Bench, model, options, turns};
use twin::{
    call::{
        Limits,
        log::{self, Entry},
    },
    config::LIVE_MODEL,
};

use super::until_goodbye;

const GREETING: &str = "Hello, this is the AI assistant of Alex Sample. How can I help?";

async fn bench(scenarios: Vec<Scenario>, logs: Option<&Path>) -> Bench {
    let live_model = Some(LIVE_MODEL.to_owned());
    let call_logs = logs.map(Arc::from);
    Bench::with(Options { model: model(scenarios), live_model, call_logs, ..options() }).await
}

fn talk() -> Scenario {
    let turns = r#"
        [[turn]]
        caller = "Please note that I called about the invoice."
        [[turn.response]]
        say = "I will note it."
        [[turn.response.call]]
        tool = "take_message"
        arguments = { message = "about the invoice" }
        [[turn.response]]
        say = "It is noted. Anything else today?"
    "#;
    until_goodbye("live_talk", "+14155550158", turns)
}

fn sent<'a>(session: &'a LiveView, kind: &str) -> Vec<&'a Value> {
    session.events.iter().map(|(_, event)| event).filter(|event| event["type"] == kind).collect()
}

fn messages(call: &Value) -> usize {
    call["actions"].as_array().unwrap().iter().filter(|one| one["kind"] == "message_taken").count()
}

#[tokio::test]
async fn a_recruiter_speaks_with_live() {
    let directory = tempfile::tempdir().unwrap();
    let scenario = Scenario::built_in("recruiter").unwrap();
    let bench = bench(vec![scenario.clone()], Some(directory.path())).await;
    let report = bench.place(bench.caller(&scenario)).await;
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    assert_eq!(report.streams[0].ending, Ending::ServerClosed, "the twin hung up after its goodbye");

    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed");
    let turns = turns(&call);
    assert_eq!(turns[0], ("twin", GREETING), "the first words say that this is an AI");
    let said: Vec<&str> = turns.iter().filter(|(who, _)| *who == "person").map(|(_, text)| *text).collect();
    let lines: Vec<&str> = scenario.turn.iter().map(|turn| turn.caller.as_str()).collect();
    assert_eq!(said, lines, "every line arrived whole and in order");

    let known = bench.owner(&format!("/api/omni-context/{}", call["person"].as_str().unwrap())).await;
    assert_eq!(known["contact"]["contactMethods"]["email"], "dana@northgate.example");
    assert_eq!(known["context"]["conversationState"]["userIntent"], "job_opportunity");
    let mails = bench.stack.aws().ses.sent();
    assert_eq!(
        (mails.len(), mails[0].recipients.as_slice()),
        (1, &["dana@northgate.example".to_owned()][..])
    );

    assert!(bench.openai().sessions().is_empty(), "Realtime was not asked");
    let sessions = bench.openai().live_sessions();
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    what_live_was_told(session);
    bench.stack.stop().await.unwrap();
    it_happens_again(directory.path());
}

fn what_live_was_told(session: &LiveView) {
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    assert_eq!(session.closed, Some("close_requested"), "it says for how long it is paid");
    assert_eq!(session.session["audio"]["format"], json!({ "type": "audio/pcmu", "rate": 8000 }));
    assert_eq!(session.events[0].1["type"], "session.start");
    let greeting = sent(session, "session.commentary.append")[0]["content"].as_str().unwrap();
    assert!(greeting.contains(GREETING), "{greeting}");
    assert!(session.heard.iter().all(|heard| heard.coverage > 0.99), "no frame of speech is lost");
    assert!(session.calls_not_offered.is_empty(), "{:?}", session.calls_not_offered);
    let outputs = sent(session, "response.item.create").len();
    assert_eq!(outputs, 5, "a tool each, two at once, and the end");
    assert_eq!(
        sent(session, "response.create").len(),
        3,
        "once all calls of a turn have outputs; not at the end"
    );
    let kinds = ["conversation.item.truncate", "response.cancel", "session.input_audio.mute"];
    assert!(kinds.iter().all(|kind| sent(session, kind).is_empty()));
}

fn it_happens_again(directory: &Path) {
    let path = fs::read_dir(directory).unwrap().next().expect("a log").unwrap().path();
    let recorded = log::read(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(recorded.iter().any(|line| matches!(line.entry, Entry::LiveAudio { voiced: true, .. })));
    assert_eq!(log::difference(&recorded, &log::replay(&recorded).unwrap()), None);
    replay::run(&replay::Arguments { file: path, audio: false }).unwrap();
}

#[tokio::test]
async fn a_lost_session_goes_on_with_its_history() {
    let bench = bench(vec![talk()], None).await;
    bench.openai().misbehave(Fault::Reset.on_response(3).times(1));
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    let sessions = bench.openai().live_sessions();
    assert_eq!(sessions.len(), 2, "one was lost, one replaced it");
    let start = sent(&sessions[1], "session.start")[0];
    let history = start["session"]["input"].to_string();
    assert!(history.contains("I called about the invoice") && history.contains(GREETING), "{history}");
    let greeted = sent(&sessions[1], "session.commentary.append");
    assert!(greeted.iter().all(|event| !event["content"].as_str().unwrap().contains(GREETING)), "not again");
    assert_eq!((messages(&call), report.status), (1, "completed"));
    assert!(sessions[1].errors.is_empty(), "{:?}", sessions[1].errors);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_expired_session_is_replaced() {
    let bench = bench(vec![talk()], None).await;
    bench.openai().misbehave(Fault::SessionExpired.on_response(2).times(1));
    let report = bench.place(bench.caller(&talk())).await;
    let sessions = bench.openai().live_sessions();
    assert_eq!((sessions.len(), sessions[0].closed), (2, Some("expired")));
    assert_eq!(report.status, "completed");
    bench.stack.stop().await.unwrap();
}

/// A call may outlive a session: another takes over while neither side speaks, and nobody hears it. Live tells late that
/// somebody began to speak, and nothing of what they said is lost all the same.
#[tokio::test]
async fn a_session_is_replaced_before_its_time() {
    let live_model = Some(LIVE_MODEL.to_owned());
    let limits = Limits { session: Duration::from_secs(1), ..Limits::default() };
    let options = Options { model: model(vec![talk()]), live_model, limits, ..options() };
    let bench = Bench::with(options).await;
    let mut config = bench.caller(&talk());
    config.manners.patience = Duration::from_secs(2);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    let mut sessions = bench.openai().live_sessions();
    // The last one may have come too late to be of use.
    sessions.retain(|session| !session.events.is_empty());
    assert!(sessions.len() > 1, "{}", sessions.len());
    assert!(sessions.iter().all(|session| session.closed == Some("close_requested")), "in order");
    assert!(sessions.iter().all(|session| session.errors.is_empty()));
    let said: Vec<_> = turns(&call).into_iter().filter(|(who, _)| *who == "person").collect();
    let lines: Vec<_> = talk().turn.into_iter().map(|turn| turn.caller).collect();
    let heard: Vec<_> = said.iter().map(|(_, text)| *text).collect();
    assert_eq!(heard, lines, "nothing that they said is lost: {:?}", turns(&call));
    assert_eq!((messages(&call), call["outcome"].as_str()), (1, Some("completed")), "{:?}", report.faults);
    let greeted = turns(&call).iter().filter(|(_, text)| text.contains("AI assistant")).count();
    assert_eq!(greeted, 1, "{:?}", turns(&call));
    bench.stack.stop().await.unwrap();
}

/// A session that another took over from may take its time to end: the call does not.
#[tokio::test]
async fn nobody_waits_for_a_session_that_is_over() {
    let scenario = until_goodbye("live_brief", "+14155550159", "");
    let live_model = Some(LIVE_MODEL.to_owned());
    let limits = Limits { session: Duration::from_secs(1), ..Limits::default() };
    let options = Options { model: model(vec![scenario.clone()]), live_model, limits, ..options() };
    let bench = Bench::with(options).await;
    bench.openai().misbehave(Fault::StopReading(Duration::from_secs(30)).on_response(1).times(1));
    let mut config = bench.caller(&scenario);
    config.manners.patience = Duration::from_secs(2);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed", "{:?}", report.faults);
    let sessions = bench.openai().live_sessions();
    assert!(sessions.len() > 1 && sessions[0].closed.is_none(), "the first one has not ended");
    let at = |when: &str| call[when].as_str().unwrap().parse::<Timestamp>().unwrap();
    let last = call["turns"].as_array().unwrap().last().unwrap()["offsetMs"].as_i64().unwrap();
    let lasted = at("endedAt").duration_since(at("startedAt")).as_millis();
    // Two seconds for the last words; five more is how long it would wait.
    assert!(lasted < i128::from(last) + 6000, "{lasted} ms, and the last words came after {last} ms");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn odd_sizes_unknown_events_and_late_words() {
    let bench = bench(vec![talk()], None).await;
    for fault in [Fault::DeltaBytes(vec![777]), Fault::UnknownEvents, Fault::TranscriptionLate] {
        bench.openai().misbehave(fault);
    }
    bench.openai().misbehave(Fault::MalformedFrame);
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed", "{:?} {}", report.faults, call["turns"]);
    assert_eq!((messages(&call), report.streams[0].stale_frames), (1, 0));
    assert_eq!(bench.openai().live_sessions().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// A configuration that Live refuses is no call without an answer: the caller leaves a voicemail.
#[tokio::test]
async fn what_does_not_start_is_said_so() {
    let live_model = Some("gpt-live-none".to_owned());
    let bench = Bench::with(Options { model: model(vec![talk()]), live_model, ..options() }).await;
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "model_unavailable", "{call}");
    let sessions = bench.openai().live_sessions();
    assert_eq!(sessions[0].errors[0]["code"], "model_not_found");
    assert_eq!(sessions[0].errors.len(), 1, "what never began says no goodbye");
    bench.stack.stop().await.unwrap();
}
