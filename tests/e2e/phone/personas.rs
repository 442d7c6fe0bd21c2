//! Callers of all kinds on a noisy line, who interrupt at awkward times, and with faults; and what has to hold whoever
//! calls: the first words say that it is an AI, nothing private is told to whoever was not verified, no audio comes after a
//! clear, every promise has something that follows, and there is exactly one conversation.

use std::time::Duration;

use jiff::Timestamp;
use omnitwin::stack::Options;
use serde_json::Value;
use sim::{
    openai::Fault,
    scenario::Scenario,
    twilio::{Callee, faults::Faults, report::Report, turns::Manners},
};
use tests::{Bench, model, options, turns};
use twin::{
    config::{LIVE_MODEL, Twilio},
    contact::{Detail, Origin},
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
};

use super::outbound::{bench_of, noon, now_is, over, placed};

/// Known of the person behind the number, and nobody's business below level 2.
const PRIVATE: &str = "Heliotrope Holdings";
/// A loud room: 6 dB below what is taken for a voice.
const NOISY: Option<f32> = Some(-46.0);
/// What a twin may leave that something has to follow from.
const PROMISES: [&str; 4] = ["message_taken", "callback_requested", "meeting_proposed", "privacy_requested"];

/// How one of the personas calls.
#[derive(Debug, Clone, Default)]
struct Line {
    noise: Option<f32>,
    /// When they first speak: so long after the twin began. The first words are never interrupted.
    interrupts_after_ms: Option<u64>,
    faults: Vec<Fault>,
    engine: Engine,
}

/// Who talks with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Engine {
    #[default]
    Realtime,
    Live,
    /// No model that speaks is to be had.
    Text,
}

fn persona(name: &str) -> Scenario {
    Scenario::personas().find(|persona| persona.name == name).unwrap()
}

/// Somebody whose number is known, with something that is theirs alone.
async fn bench(scenario: &Scenario, line: &Line) -> Bench {
    let options = Options { model: model(vec![scenario.clone()]), ..options() };
    let options = match line.engine {
        Engine::Realtime => options,
        Engine::Live => Options { live_model: Some(LIVE_MODEL.to_owned()), ..options },
        Engine::Text => {
            let twilio = Twilio { conversation_relay: true, ..options.twilio.clone() };
            Options { twilio, text_is_simulated: true, ..options }
        }
    };
    let bench = Bench::with(options).await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let key = IdentityKey::Phone(Phone::parse(&scenario.from).unwrap());
    let known = store.resolve(key, Evidence::new(EvidenceSource::Import, now, None), now).await.unwrap();
    let mut contact = store.known(&known.person).await.unwrap().unwrap().contact;
    let id = "int_1".parse().unwrap();
    let company = Detail::Company(Some(PRIVATE.to_owned()));
    let changes = contact.learn([company], &Origin::conversation(&id, now));
    store.act(&known.person, &id, "seed", None, &Value::Null, Some(contact), &changes, now).await.unwrap();
    for fault in &line.faults {
        bench.openai().misbehave(fault.clone());
    }
    if line.engine == Engine::Text {
        bench.openai().misbehave(Fault::Refuse(503));
    }
    bench
}

/// The call, of which everything holds that has to.
async fn called(name: &str, line: &Line) -> (Value, Report) {
    let mut scenario = persona(name);
    if let Some(after) = line.interrupts_after_ms {
        scenario.turn[0].barge_in_ms = Some(after);
    }
    let bench = Box::pin(bench(&scenario, line)).await;
    let mut config = bench.caller(&scenario);
    config.manners.grace = Duration::from_secs(4);
    config.faults.noise = line.noise;
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    holds(&bench, &call, &report, &format!("{name} {line:?}")).await;
    bench.stack.stop().await.unwrap();
    (call, report)
}

async fn holds(bench: &Bench, call: &Value, report: &Report, name: &str) {
    let said = turns(call);
    let first = said.iter().find(|(who, _)| *who == "twin").unwrap_or_else(|| panic!("{name}: {call}"));
    assert!(first.1.contains("AI assistant"), "{name}: {said:?}");
    for session in bench.openai().sessions() {
        let told = format!("{:?} {:?}", session.instructions, session.conversation);
        assert!(!told.contains(PRIVATE), "{name}: {told}");
    }
    let told =
        format!("{:?}", bench.openai().live_sessions().iter().map(|one| &one.events).collect::<Vec<_>>());
    assert!(!told.contains(PRIVATE), "{name}: {told}");
    let told = format!("{:?}", bench.openai().asked().iter().map(|one| &one.body).collect::<Vec<_>>());
    // After the call it is analysed, with what is known of them.
    assert!(report.conversations.is_empty() || !told.contains(PRIVATE), "{name}: {told}");
    assert!(!said.iter().any(|(_, words)| words.contains(PRIVATE)), "{name}: {said:?}");
    assert!(report.streams.iter().all(|stream| stream.stale_frames == 0), "{name}: audio after a clear");
    let person = call["person"].as_str().unwrap().parse().unwrap();
    let held = bench.stack.twin.store().interactions(&person).await.unwrap();
    assert_eq!(held.len(), 1, "{name}: one conversation");
    let follow_ups = bench.stack.twin.store().follow_ups(&person).await.unwrap();
    let passed_on = serde_json::to_string(&follow_ups).unwrap();
    let promises = call["actions"].as_array().unwrap().iter();
    for promise in promises.filter(|one| PROMISES.contains(&one["kind"].as_str().unwrap())) {
        let what =
            [&promise["message"], &promise["topic"], &promise["phone"]].into_iter().find_map(Value::as_str);
        let written = what.map(|what| Phone::parse(what).map_or(what.to_owned(), |it| it.written()));
        let is_passed_on = written.is_none_or(|written| passed_on.contains(&written));
        assert!(!follow_ups.is_empty() && is_passed_on, "{name}: {promise} is passed on: {passed_on}");
    }
}

/// They get what they called for, on each of these lines.
async fn promised<const N: usize>(name: &str, lines: [Line; N]) {
    let calls = lines.iter().map(|line| async move {
        let (call, report) = Box::pin(called(name, line)).await;
        let promises = call["actions"].as_array().unwrap().iter();
        let promises = promises.filter(|one| PROMISES.contains(&one["kind"].as_str().unwrap())).count();
        assert!(promises > 0, "{name} {line:?}: {call}");
        assert_eq!(call["outcome"], "completed", "{name} {line:?}: {:?}", report.faults);
    });
    futures_util::future::join_all(calls).await;
}

fn noisy(faults: &[Fault]) -> Line {
    Line { noise: NOISY, faults: faults.to_vec(), ..Line::default() }
}

/// The other engines: full duplex, and in text.
#[tokio::test]
async fn whoever_talks_with_live_is_promised_the_same() {
    for (name, fault) in [
        ("hurried", Fault::UnknownEvents),
        ("rambling", Fault::TranscriptionLate),
        ("suspicious", Fault::MalformedFrame),
        ("injecting", Fault::UnknownEvents),
    ] {
        promised(name, [Line { engine: Engine::Live, ..noisy(&[fault]) }]).await;
    }
}

#[tokio::test]
async fn whoever_talks_in_text_hears_who_it_is_and_nothing_private() {
    for name in ["hurried", "rambling", "suspicious", "injecting", "robocall"] {
        let line = Line { engine: Engine::Text, ..Line::default() };
        let (call, report) = Box::pin(called(name, &line)).await;
        assert_eq!(report.conversations.len(), 1, "{name}: {:?}", report.verbs);
        assert!(!report.conversations[0].interruptible[0], "{name}: {call}");
    }
}

#[tokio::test]
async fn a_recruiter_in_a_hurry() {
    let at_once = Line { interrupts_after_ms: Some(20), ..noisy(&[]) };
    promised("hurried", [noisy(&[Fault::LateDeltas(4)]), at_once]).await;
}

#[tokio::test]
async fn a_networker_who_rambles() {
    let late = Line { interrupts_after_ms: Some(2600), ..noisy(&[Fault::EmptyDelta]) };
    promised("rambling", [noisy(&[Fault::UnknownEvents, Fault::TranscriptionLate]), late]).await;
}

#[tokio::test]
async fn a_client_who_is_suspicious() {
    let again = Line { interrupts_after_ms: Some(700), ..noisy(&[Fault::MalformedFrame]) };
    promised("suspicious", [noisy(&[Fault::DeltaBytes(vec![333, 1601])]), again]).await;
}

#[tokio::test]
async fn a_caller_who_gives_orders_to_the_model() {
    promised("injecting", [Line::default(), noisy(&[Fault::LateDeltas(2)])]).await;
}

/// It hears nothing and talks over everything: it is let go, and nobody is promised anything.
#[tokio::test]
async fn a_robocall() {
    for line in [noisy(&[]), Line { interrupts_after_ms: Some(20), ..noisy(&[Fault::LateDeltas(4)]) }] {
        let (call, report) = Box::pin(called("robocall", &line)).await;
        assert!(matches!(call["outcome"].as_str(), Some("completed" | "hung_up")), "{call}");
        assert_eq!(report.status, "completed");
        let left = call["actions"].as_array().unwrap();
        assert!(!left.iter().any(|one| PROMISES.contains(&one["kind"].as_str().unwrap())), "{call}");
    }
}

/// Whoever, or whatever, picks up a call of ours on a noisy line.
async fn picked_up(name: &str, fault: Fault, detected: Option<(Duration, &'static str)>) -> Value {
    let scenario = persona(name);
    let (bench, _) = Box::pin(bench_of(vec![scenario.clone()], Some(true))).await;
    bench.openai().misbehave(fault);
    let grace = if detected.is_some() { Duration::from_secs(30) } else { Duration::from_secs(2) };
    let manners = Manners { says_hello: Some(Duration::from_millis(300)), grace, ..Manners::default() };
    let faults = Faults { noise: NOISY, ..Faults::default() };
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(Callee { manners, detected, faults, ..Callee::playing(&scenario, false) });
    let dial = placed(&bench, noon()).await;
    let report = over(&bench, twilio.rung().remove(0)).await;
    let call = bench.conversation(&report.call_sid).await;
    holds(&bench, &call, &report, name).await;
    assert_eq!(now_is(&bench, &dial).await.state, twin::outbound::State::Done, "{name}: {call}");
    bench.stack.stop().await.unwrap();
    call
}

#[tokio::test]
async fn a_voicemail_box() {
    let tone = Duration::from_secs(7);
    let call = picked_up("box", Fault::UnknownEvents, Some((tone, "machine_end_beep"))).await;
    assert_eq!(call["outcome"], "message_left", "{call}");
    let left: Vec<_> = turns(&call).into_iter().filter(|(who, _)| *who == "twin").collect();
    assert!(left.len() == 1 && left[0].1.ends_with("do not want to be called. Goodbye."), "{left:?}");
}

#[tokio::test]
async fn a_call_screening_assistant() {
    let call = picked_up("screening", Fault::LateDeltas(3), None).await;
    let said = turns(&call);
    assert_eq!(said[0], ("person", "Please record your name and reason for calling."));
    let greeted = said.iter().filter(|(who, words)| *who == "twin" && words.contains("AI assistant")).count();
    assert_eq!(greeted, 2, "the assistant is told who calls, and then the person: {said:?}");
    assert_eq!(call["outcome"], "hung_up");
}
