//! Recordings lie in our own store: they go with the person, and after their time.

use jiff::{SignedDuration, Timestamp};
use sim::{
    openai::Fault,
    scenario::Scenario,
    twilio::{report::Report, rest::RestError, turns::Line},
};
use tests::Bench;
use twin::{
    audit::Actor,
    store::{Removing, StoreError},
};

/// A caller whom no model answers, and who leaves a voicemail.
async fn voicemail(bench: &Bench) -> Report {
    bench.openai().misbehave(Fault::Refuse(401));
    let mut config = bench.caller(&Scenario::built_in("networking").unwrap());
    config.lines = vec![Line::spoken("Please call me back.")];
    let report = bench.place(config).await;
    assert_eq!(lies(bench, &report).await, (0, 1));
    report
}

/// How many recordings of a call lie at Twilio, and how many in our own store.
async fn lies(bench: &Bench, report: &Report) -> (usize, usize) {
    let calls = bench.stack.twilio.as_ref().unwrap().calls();
    let at_twilio = calls.iter().map(|call| call.recordings(|all| all.len())).sum();
    let call = report.call_sid.parse().unwrap();
    let mut kept = 0;
    for name in bench.stack.twin.store().removal(&call).await.unwrap().expect("planned with the call").kept {
        kept += usize::from(bench.stack.vault.get(&name).await.unwrap().is_some());
    }
    (at_twilio, kept)
}

async fn swept(bench: &Bench, later: SignedDuration) {
    bench.stack.twin.sweep(Timestamp::now() + later).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

#[tokio::test]
async fn they_go_with_the_person_even_if_twilio_is_out_of_order() {
    let bench = Bench::start().await;
    let report = voicemail(&bench).await;
    let call = report.call_sid.parse().unwrap();
    let person = bench.call(&report.call_sid).await.unwrap().person;
    let out_of_order = RestError::new(503, 20503, "Service unavailable");
    bench.stack.twilio.as_ref().unwrap().fail_next(out_of_order);
    let wiped = bench.stack.twin.erase(&person, Actor::Owner, Timestamp::now()).await.unwrap();
    assert_eq!(wiped.calls, std::slice::from_ref(&call));
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(lies(&bench, &report).await, (0, 1));
    let store = bench.stack.twin.store();
    let removal = store.removal(&call).await.unwrap().expect("what is to be done stands in the table");
    assert!(removal.state == Removing::Planned && removal.problem.is_some(), "{removal:?}");

    swept(&bench, SignedDuration::from_mins(20)).await;
    assert_eq!(lies(&bench, &report).await, (0, 0));
    let removal = store.removal(&call).await.unwrap().unwrap();
    assert_eq!((removal.removed, removal.problem), (1, None));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn one_that_comes_after_the_erasure_goes_too() {
    let bench = Bench::start().await;
    let report = voicemail(&bench).await;
    let person = bench.call(&report.call_sid).await.unwrap().person;
    bench.stack.twin.erase(&person, Actor::Owner, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(lies(&bench, &report).await, (0, 0));
    let live = bench.stack.twilio.as_ref().unwrap().calls().pop().unwrap();
    live.record(sim::twilio::recording::Recording::start("RecordVerb", false, None));
    let mut form = bench.voice_form(&report.call_sid, "+14155550123");
    form.extend([("RecordingUrl", "https://api.example/RE2"), ("RecordingDuration", "3")]);
    bench.webhook(phone_webhook::RECORDING, &form).await;
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(lies(&bench, &report).await, (0, 0));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn one_that_comes_while_others_are_removed_is_not_lost_sight_of() {
    let bench = Bench::start().await;
    let report = voicemail(&bench).await;
    let call = report.call_sid.parse().unwrap();
    let store = bench.stack.twin.store();
    let read = store.removal(&call).await.unwrap().unwrap();
    store.note_kept(&call, "one-more.wav").await.unwrap();
    let saved = store.save_removal(&read).await;
    assert!(matches!(saved, Err(StoreError::Conflict)), "{saved:?}");
    let kept = store.removal(&call).await.unwrap().unwrap().kept;
    assert_eq!(kept, [read.kept, vec!["one-more.wav".to_owned()]].concat());
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn they_go_after_their_time() {
    let bench = Bench::start().await;
    let report = voicemail(&bench).await;
    let call = report.call_sid.parse().unwrap();
    swept(&bench, SignedDuration::from_hours(24 * 29)).await;
    assert_eq!(lies(&bench, &report).await, (0, 1));
    swept(&bench, SignedDuration::from_hours(24 * 30 + 1)).await;
    assert_eq!(lies(&bench, &report).await, (0, 0));
    let removal = bench.stack.twin.store().removal(&call).await.unwrap().unwrap();
    assert_eq!(removal.removed, 1);
    bench.stack.stop().await.unwrap();
}
