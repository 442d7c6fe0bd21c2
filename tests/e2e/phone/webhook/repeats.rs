//! Rows 4 and 5: what comes twice, all at once, or in the wrong order.

use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use phone_webhook::{INCOMING, STATUS};
use tests::{Bench, CALL_SID, document, is_safe};
use twin::wire::twilio::webhook::CallStatus;

use super::{CALLER, sid};

const AT_ONCE: usize = 100;

#[tokio::test]
async fn the_same_call_twice_gets_the_same_document_and_one_row() {
    let bench = Bench::start().await;
    for (number, from) in [(1, CALLER), (2, "anonymous")] {
        let call_sid = sid(number);
        let form = bench.voice_form(&call_sid, from);
        let first = document(bench.webhook(INCOMING, &form).await).await;
        let row = bench.call(&call_sid).await.expect("a row");
        let again = document(bench.webhook(INCOMING, &form).await).await;
        assert_eq!(again, first);
        // Twilio's retry comes with other details.
        let mut retry = form.clone();
        retry.push(("CallToken", "another"));
        retry.reverse();
        assert_eq!(document(bench.webhook(INCOMING, &retry).await).await, first);
        assert_eq!(bench.call(&call_sid).await, Some(row));
    }
    assert_eq!(bench.footprint().await, (2, 0));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_hundred_at_once_are_one_call() {
    let bench = Bench::start().await;
    for (number, from) in [(1, CALLER), (2, "anonymous")] {
        let call_sid = sid(number);
        let form = bench.voice_form(&call_sid, from);
        let replay = async || document(bench.webhook(INCOMING, &form).await).await;
        let answers = join_all((0..AT_ONCE).map(|_| replay())).await;
        assert!(answers[0].contains("<Connect>"), "{}", answers[0]);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(bench.footprint().await, (number as usize, 0));
    }
    bench.stack.stop().await.unwrap();
}

/// A hundred first calls of one number at once: many calls, one person.
#[tokio::test]
async fn a_hundred_calls_of_one_number_are_one_person() {
    let bench = Bench::start().await;
    let call = async |number| {
        let call_sid = sid(number);
        let answer = document(bench.webhook(INCOMING, &bench.voice_form(&call_sid, CALLER)).await).await;
        assert!(answer.contains("<Connect>"), "{answer}");
        bench.call(&call_sid).await.expect("a row")
    };
    let calls = join_all((0..100).map(call)).await;
    assert!(calls.iter().all(|call| call.person == calls[0].person));
    assert_eq!(bench.footprint().await, (1, 0));
    bench.stack.stop().await.unwrap();
}

fn with_status<'a>(bench: &'a Bench, status: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = bench.voice_form(CALL_SID, CALLER);
    form.retain(|(name, _)| *name != "CallStatus");
    form.push(("CallStatus", status));
    form
}

async fn tell(bench: &Bench, status: &str) {
    let answer = bench.webhook(STATUS, &with_status(bench, status)).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{status}");
}

#[tokio::test]
async fn a_late_status_changes_nothing() {
    let bench = Bench::start().await;
    bench.stream_url(CALL_SID, CALLER).await;
    tell(&bench, "completed").await;
    let row = bench.call(CALL_SID).await.expect("a row");
    assert_eq!(row.status, CallStatus::Completed);
    let before = bench.footprint().await;
    for late in ["ringing", "in-progress", "queued", "initiated", "completed"] {
        tell(&bench, late).await;
        assert_eq!(bench.call(CALL_SID).await.as_ref(), Some(&row), "{late}");
    }
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}

/// However they come, the last word counts.
#[tokio::test]
async fn statuses_at_once_end_at_the_last_one() {
    let bench = Bench::start().await;
    bench.stream_url(CALL_SID, CALLER).await;
    let statuses = ["ringing", "completed", "in-progress", "initiated"];
    join_all(statuses.iter().cycle().take(40).map(|status| tell(&bench, status))).await;
    assert_eq!(bench.call(CALL_SID).await.expect("a row").status, CallStatus::Completed);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_status_of_an_unknown_call_is_taken_and_dropped() {
    let bench = Bench::start().await;
    for status in ["ringing", "completed"] {
        tell(&bench, status).await;
    }
    super::untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// A caller comes back after the stream although it never began: never a silent line.
#[tokio::test]
async fn a_stream_that_never_began_leads_to_voicemail() {
    let bench = Bench::start().await;
    bench.stream_url(CALL_SID, CALLER).await;
    let form = bench.voice_form(CALL_SID, CALLER);
    for _ in 0..2 {
        let answer = bench.webhook(phone_webhook::AFTER_STREAM, &form);
        is_safe(tokio::time::timeout(Duration::from_secs(5), answer).await.unwrap()).await;
    }
    assert_eq!(bench.footprint().await, (1, 0));
    bench.stack.stop().await.unwrap();
}
