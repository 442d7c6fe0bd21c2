//! Rows 4 and 5: what comes twice, all at once, or in the wrong order.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{Method, StatusCode};
use jiff::Timestamp;
use phone_webhook::{INCOMING, STATUS, a_day};
use tests::{Bench, CALL_SID, document, is_safe, verbs};
use twin::{
    follow_up::Kind, identity::Signature, routing::LISTED_CALLS_A_DAY, wire::twilio::webhook::CallStatus,
};

use super::{CALLER, at_once, sid};

const AT_ONCE: usize = 100;
/// How long the webhook waits for the store.
const DEADLINE: Duration = Duration::from_millis(4500);

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
        let replay = async || {
            let began = Instant::now();
            let text = document(bench.webhook(INCOMING, &form).await).await;
            (text, began.elapsed())
        };
        let answers = join_all((0..AT_ONCE).map(|_| replay())).await;
        let (one, _) = replay().await;
        assert!(one.contains("<Connect>"), "{one}");
        for (answer, took) in &answers {
            // On a machine with other work, somebody's time may be up: only then there is another answer.
            assert!(answer == &one || (*took >= DEADLINE && answer.contains("<Record")), "{took:?} {answer}");
        }
        assert_eq!(bench.footprint().await, (number as usize, 0));
    }
    bench.stack.stop().await.unwrap();
}

/// A call of the caller's, and what the network says of it: how it is answered.
async fn rings(bench: &Bench, number: u32, verstat: Option<&str>) -> &'static str {
    let sid = sid(number);
    let mut form = bench.voice_form(&sid, CALLER);
    form.extend(verstat.map(|verstat| ("StirVerstat", verstat)));
    verbs(bench.webhook(INCOMING, &form).await).await[0].name()
}

/// First calls of one number at once: many calls, one person.
#[tokio::test]
async fn calls_of_one_number_at_once_are_one_person() {
    let bench = Bench::start().await;
    at_once(&bench, 20).await;
    let call = async |number| {
        let call_sid = sid(number);
        bench.stream_url(&call_sid, CALLER).await;
        bench.call(&call_sid).await.expect("a row")
    };
    let calls = join_all((0..20).map(call)).await;
    assert!(calls.iter().all(|call| call.person == calls[0].person));
    assert_eq!(bench.footprint().await, (1, 0));
    bench.stack.stop().await.unwrap();
}

async fn tell(bench: &Bench, call_sid: &str, status: &str) {
    let mut form = bench.voice_form(call_sid, CALLER);
    form.retain(|(name, _)| *name != "CallStatus");
    form.push(("CallStatus", status));
    let answer = bench.webhook(STATUS, &form).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{status}");
}

#[tokio::test]
async fn a_late_status_changes_nothing() {
    let bench = Bench::start().await;
    bench.stream_url(CALL_SID, CALLER).await;
    tell(&bench, CALL_SID, "completed").await;
    let row = bench.call(CALL_SID).await.expect("a row");
    assert_eq!(row.status, CallStatus::Completed);
    let before = bench.footprint().await;
    for late in ["ringing", "in-progress", "queued", "initiated", "completed", "failed", "busy", "canceled"] {
        tell(&bench, CALL_SID, late).await;
        assert_eq!(bench.call(CALL_SID).await.as_ref(), Some(&row), "{late}");
    }
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}

/// However they come, the last word counts: nobody overtakes it by being written at the same time.
#[tokio::test]
async fn statuses_at_once_end_at_the_last_one() {
    let bench = Bench::start().await;
    let call = async |number| {
        let call_sid = sid(number);
        bench.stream_url(&call_sid, CALLER).await;
        let told = ["initiated", "in-progress", "completed", "in-progress", "ringing"];
        join_all(told.map(|status| tell(&bench, &call_sid, status))).await;
        bench.call(&call_sid).await.expect("a row").status
    };
    for number in 0..20 {
        assert_eq!(call(number).await, CallStatus::Completed);
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_status_of_an_unknown_call_is_taken_and_dropped() {
    let bench = Bench::start().await;
    for status in ["ringing", "completed"] {
        tell(&bench, CALL_SID, status).await;
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
    let call = bench.conversation(CALL_SID).await;
    assert_eq!(call["outcome"], "model_unavailable", "the owner sees it without a message, too");
    bench.stack.stop().await.unwrap();
}

/// A line that calls on and on, known or not, is asked for messages from then on; a call counts once, however often its end
/// is told. The owner sees that they called, and why they were asked, also where they left none.
#[tokio::test]
async fn whoever_calls_all_day_leaves_a_message() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let called = async || store.taken(&a_day(Signature::Absent), CALLER, now).await.unwrap();
    let form = bench.voice_form(CALL_SID, CALLER);
    let first = verbs(bench.webhook(INCOMING, &form).await).await;
    assert_eq!(first[0].name(), "Connect");
    for _ in 0..3 {
        tell(&bench, CALL_SID, "completed").await;
    }
    assert_eq!(called().await, 1);
    store.correct(&a_day(Signature::Absent), CALLER, 39, now).await.unwrap();
    let (again, other) = (sid(2), sid(3));
    for _ in 0..2 {
        is_safe(bench.webhook(INCOMING, &bench.voice_form(&again, CALLER)).await).await;
    }
    let others = verbs(bench.webhook(INCOMING, &bench.voice_form(&other, "+14155550161")).await).await;
    assert_eq!(others[0].name(), "Connect", "whoever else calls is talked with");

    tell(&bench, &again, "completed").await;
    bench.stack.jobs_done().await.unwrap();
    let missed = bench.conversation(&again).await;
    assert_eq!(
        (missed["status"].as_str(), missed["outcome"].as_str()),
        (Some("analysed"), Some("model_unavailable"))
    );
    assert!(missed["actions"].to_string().contains("enough_today"), "{missed}");
    let today = bench.owner("/api/analytics/today").await["missed"].to_string();
    assert!(today.contains(missed["id"].as_str().unwrap()), "{today}");
    let planned = store.follow_ups(&missed["person"].as_str().unwrap().parse().unwrap()).await.unwrap();
    let of_it = planned.iter().filter(|one| one.interaction.as_str() == missed["id"].as_str().unwrap());
    let kinds: Vec<Kind> = of_it.map(|one| one.content.kind()).collect();
    assert!(kinds.contains(&Kind::MissedCallText), "{kinds:?}");

    let once_more = sid(4);
    is_safe(bench.webhook(INCOMING, &bench.voice_form(&once_more, CALLER)).await).await;
    tell(&bench, &once_more, "completed").await;
    bench.stack.jobs_done().await.unwrap();
    let missed = bench.conversation(&once_more).await;
    assert_eq!(missed["status"], "analysed");
    let planned = store.follow_ups(&missed["person"].as_str().unwrap().parse().unwrap()).await.unwrap();
    let told = planned.iter().filter(|one| one.content.kind() == Kind::MissedCallText).count();
    assert_eq!(told, 1, "whoever has their number may call on and on: {planned:?}");
    bench.stack.stop().await.unwrap();
}

/// Who shows somebody else's number uses up none of their calls: they are counted apart by what the network says of them.
/// Whom the owner lists is let in, until it is enough for a whole family.
#[tokio::test]
async fn calls_that_are_not_theirs_use_up_nobodys() {
    let bench = Bench::start().await;
    let (store, now) = (bench.stack.twin.store(), Timestamp::now());
    let add = async |signature, calls| store.correct(&a_day(signature), CALLER, calls, now).await.unwrap();
    add(Signature::Absent, 40).await;
    let (full, partial) = (Some("TN-Validation-Passed-A"), Some("TN-Validation-Passed-B"));
    let seen = [
        (1, None, Signature::Absent, "Say"),
        (2, partial, Signature::Partial, "Connect"),
        (3, full, Signature::Full, "Connect"),
        (4, Some("TN-Validation-Passed-C"), Signature::Gateway, "Connect"),
        (5, Some("TN-Validation-Failed-A"), Signature::Failed, "Connect"),
    ];
    for (number, verstat, signature, verb) in seen {
        assert_eq!(rings(&bench, number, verstat).await, verb, "{verstat:?}");
        tell(&bench, &sid(number), "completed").await;
        assert_eq!(bench.call(&sid(number)).await.expect("a row").signature, signature);
    }
    let mut counted = Vec::new();
    for signature in Signature::ALL {
        counted.push(store.taken(&a_day(signature), CALLER, now).await.unwrap());
    }
    assert_eq!(counted, [1, 1, 1, 41, 1]);
    add(Signature::Full, 39).await;
    assert_eq!(rings(&bench, 6, full).await, "Say", "theirs have an end, too");
    assert_eq!(rings(&bench, 7, partial).await, "Connect");

    let path = format!("/api/phone/screened/{}/allow", sid(6));
    assert_eq!(bench.as_owner(Method::POST, &path).send().await.unwrap().status(), StatusCode::OK);
    for (number, verstat) in [(8, None), (9, full)] {
        assert_eq!(rings(&bench, number, verstat).await, "Connect", "{verstat:?}");
    }
    add(Signature::Absent, i64::try_from(LISTED_CALLS_A_DAY).unwrap() - 41).await;
    for (number, verstat, verb) in [(10, None, "Say"), (11, full, "Connect")] {
        assert_eq!(rings(&bench, number, verstat).await, verb, "anybody can show a number: {verstat:?}");
    }
    bench.stack.stop().await.unwrap();
}

/// Anybody can show a number: whoever calls from one that is busy already leaves a message, until one of its calls is over. A
/// call counts once, however often it is told, and whoever has the number is not kept out.
#[tokio::test]
async fn a_number_holds_so_many_calls_at_once() {
    let bench = Bench::start().await;
    at_once(&bench, 2).await;
    let busy = [rings(&bench, 1, None).await, rings(&bench, 2, None).await, rings(&bench, 2, None).await];
    assert_eq!(busy, ["Connect"; 3]);
    for _ in 0..2 {
        assert_eq!(rings(&bench, 3, None).await, "Say", "it is the third");
    }
    let full = Some("TN-Validation-Passed-A");
    for number in 4..8 {
        assert_eq!(rings(&bench, number, full).await, "Connect", "it is theirs");
    }
    let other = bench.voice_form(CALL_SID, "+14155550161");
    assert_eq!(verbs(bench.webhook(INCOMING, &other).await).await[0].name(), "Connect");

    // It is noted that it is over, and whoever noted it comes no further.
    let noted = bench.stack.twin.store().advance_call(&sid(1).parse().unwrap(), CallStatus::Completed).await;
    assert!(noted.unwrap());
    for _ in 0..2 {
        tell(&bench, &sid(1), "completed").await;
    }
    assert_eq!(rings(&bench, 8, None).await, "Connect", "one is over");
    assert_eq!(rings(&bench, 9, None).await, "Say", "and was over once");
    tell(&bench, &sid(3), "completed").await;
    bench.stack.jobs_done().await.unwrap();
    let missed = bench.conversation(&sid(3)).await;
    assert_eq!(missed["outcome"], "model_unavailable");
    assert!(missed["actions"].to_string().contains("enough_at_once"), "{missed}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn of_calls_at_the_same_moment_no_more_are_taken() {
    let bench = Bench::start().await;
    at_once(&bench, 3).await;
    let answers = join_all((0..8).map(|number| rings(&bench, number, None))).await;
    assert_eq!(answers.iter().filter(|verb| **verb == "Connect").count(), 3, "{answers:?}");
    bench.stack.stop().await.unwrap();
}

/// Whoever tells no number shares what there is with all who tell none.
#[tokio::test]
async fn who_hides_their_number_is_one_of_few() {
    let bench = Bench::start().await;
    at_once(&bench, 1).await;
    let (first, second) = (sid(1), sid(2));
    let rings = async |sid: &str, from: &str| {
        verbs(bench.webhook(INCOMING, &bench.voice_form(sid, from)).await).await[0].name()
    };
    assert_eq!(rings(&first, "anonymous").await, "Connect");
    assert_eq!(rings(&second, "").await, "Say");
    assert_eq!(rings(&sid(3), CALLER).await, "Connect", "whoever shows one is somebody else");
    let mut over = bench.voice_form(&first, "anonymous");
    over.retain(|(name, _)| *name != "CallStatus");
    over.push(("CallStatus", "completed"));
    assert_eq!(bench.webhook(STATUS, &over).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(rings(&sid(4), "anonymous").await, "Connect");
    bench.stack.stop().await.unwrap();
}
