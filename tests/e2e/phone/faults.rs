//! Calls in which something breaks: what was said stays, nothing is done twice, and the caller hears something.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use media_relay::Charge;
use omnitwin::stack::Options;
use sim::{
    openai::{Fault, SessionView},
    scenario::Scenario,
    twilio::{
        faults::{Callbacks, Faults, Stop},
        report::Ending,
    },
};
use tests::{Bench, PATIENCE, model, options, turns};
use twin::{
    call::Limits,
    error::Error,
    twin::{CALL, MINUTE},
};

use super::until_goodbye;

/// Two questions, a message, a goodbye.
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
    until_goodbye("talk", "+14155550150", turns)
}

async fn bench() -> Bench {
    Bench::with(Options { model: model(vec![talk()]), ..options() }).await
}

/// The whole talk, however the model misbehaved: each thing once, and a normal end.
async fn the_talk_succeeds(bench: Bench) {
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed", "{:?} {}", report.faults, call["turns"]);
    let messages: Vec<_> =
        call["actions"].as_array().unwrap().iter().filter(|one| one["kind"] == "message_taken").collect();
    assert_eq!(messages.len(), 1, "the tool ran once");
    assert_eq!(report.streams[0].stale_frames, 0);
    assert_eq!(bench.stack.aws().ses.sent().len(), 1, "one mail to the owner");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn late_deltas_and_odd_sizes_and_unknown_events() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::DeltaBytes(vec![7, 333, 1601, 160]));
    bench.openai().misbehave(Fault::UnknownEvents);
    bench.openai().misbehave(Fault::EmptyDelta);
    bench.openai().misbehave(Fault::LateDeltas(5));
    the_talk_succeeds(bench).await;
}

#[tokio::test]
async fn a_frame_that_is_no_event_is_passed_over() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::MalformedFrame);
    the_talk_succeeds(bench).await;
}

#[tokio::test]
async fn a_transcription_that_comes_late_keeps_its_place() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::TranscriptionLate);
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    let order: Vec<&str> = turns(&call).iter().map(|(who, _)| *who).collect();
    assert_eq!(order[..3], ["twin", "person", "twin"], "{:?}", turns(&call));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn failed_transcription_is_noted_as_inaudible() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::TranscriptionFailed.times(1));
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert!(turns(&call).contains(&("person", "[inaudible]")), "{:?}", turns(&call));
    assert_eq!(call["outcome"], "completed");
    bench.stack.stop().await.unwrap();
}

/// The model's socket drops in the middle: a new one is told what was said, and the tool is not run again.
#[tokio::test]
async fn a_lost_model_is_replaced() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::Reset.on_response(3).times(1));
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    let sessions = bench.openai().sessions();
    assert_eq!(sessions.len(), 2, "one was lost, one replaced it");
    let told =
        serde_json::to_string(&sessions[1].conversation.iter().map(|item| &item.value).collect::<Vec<_>>());
    let told = told.unwrap();
    assert!(told.contains("I called about the invoice"), "{told}");
    let actions = call["actions"].as_array().unwrap();
    assert_eq!(actions.iter().filter(|one| one["kind"] == "message_taken").count(), 1, "{actions:?}");
    assert_eq!(report.status, "completed");
    bench.stack.stop().await.unwrap();
}

/// Its host swallows the first connection that is to replace it: the second one does.
#[tokio::test]
async fn a_connection_that_hangs_is_made_again() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::Reset.on_response(3).times(1));
    let lost = async {
        while bench.openai().sessions().is_empty() {
            tokio::task::yield_now().await;
        }
        bench.openai().misbehave(Fault::Hang.times(1));
    };
    let (report, ()) = tokio::join!(bench.place(bench.caller(&talk())), lost);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((bench.openai().attempts(), bench.openai().sessions().len()), (3, 2));
    assert_eq!(call["outcome"], "completed", "{:?}", report.faults);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_expired_session_is_replaced() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::SessionExpired.on_response(2).times(1));
    let report = bench.place(bench.caller(&talk())).await;
    assert_eq!(bench.openai().sessions().len(), 2);
    assert_eq!(report.status, "completed");
    bench.stack.stop().await.unwrap();
}

/// A call may outlive a session: another takes over between two turns, and nobody hears it.
#[tokio::test]
async fn a_session_is_replaced_before_its_time() {
    let limits = Limits { session: Duration::from_secs(1), ..Limits::default() };
    let bench = Bench::with(Options { model: model(vec![talk()]), limits, ..options() }).await;
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    let mut sessions = bench.openai().sessions();
    // The last one may have come too late to be of use.
    sessions.retain(|session| !session.conversation.is_empty());
    assert!(sessions.len() > 2, "after the greeting, and after an answer: {}", sessions.len());
    assert_eq!(
        (call["outcome"].as_str(), report.faults.len()),
        (Some("completed"), 0),
        "{:?}",
        report.faults
    );
    let said = turns(&call);
    assert_eq!(said.iter().filter(|(_, text)| text.contains("AI assistant")).count(), 1, "{said:?}");
    let theirs: Vec<_> = said.iter().filter(|(who, _)| *who == "person").map(|(_, text)| *text).collect();
    let lines: Vec<_> = talk().turn.into_iter().map(|turn| turn.caller).collect();
    assert_eq!(theirs, lines, "nothing that they said is lost");
    assert!(!said.iter().any(|(_, text)| text.contains("One moment")), "{said:?}");
    let actions = call["actions"].as_array().unwrap();
    assert_eq!(actions.iter().filter(|one| one["kind"] == "message_taken").count(), 1, "{actions:?}");
    let told = |session: &SessionView| {
        let items: Vec<_> = session.conversation.iter().map(|item| &item.value).collect();
        serde_json::to_string(&items).unwrap()
    };
    assert!(told(sessions.last().unwrap()).contains("I called about the invoice"));
    assert!(sessions.iter().all(|session| session.errors.is_empty()));
    bench.stack.stop().await.unwrap();
}

/// Another session that is not to be had yet costs the call nothing: the one that listens goes on.
#[tokio::test]
async fn a_session_that_cannot_be_replaced_yet_goes_on() {
    let limits = Limits { session: Duration::from_secs(1), ..Limits::default() };
    let bench = Bench::with(Options { model: model(vec![talk()]), limits, ..options() }).await;
    let begun = async {
        while bench.openai().sessions().is_empty() {
            tokio::task::yield_now().await;
        }
        bench.openai().misbehave(Fault::Refuse(503));
    };
    let (report, ()) = tokio::join!(bench.place(bench.caller(&talk())), begun);
    assert_eq!(bench.conversation(&report.call_sid).await["outcome"], "completed", "{:?}", report.faults);
    assert_eq!(bench.openai().sessions().len(), 1);
    assert!(bench.openai().attempts() > 1, "it was tried");
    bench.stack.stop().await.unwrap();
}

/// No model: the caller is told so and leaves a voicemail, and the owner gets it.
#[tokio::test]
async fn without_a_model_there_is_a_voicemail() {
    for status in [401, 429] {
        let bench = bench().await;
        bench.openai().misbehave(Fault::Refuse(status));
        let report = bench.place(bench.caller(&talk())).await;
        assert!(report.verbs.iter().any(|verb| verb == "Record"), "{status}: {:?}", report.verbs);
        assert!(report.heard.iter().any(|said| said.contains("AI assistant")), "{:?}", report.heard);
        assert_eq!(bench.openai().sessions().len(), 0);
        let call = bench.conversation(&report.call_sid).await;
        assert_eq!(call["outcome"], "model_unavailable");
        let mails = bench.stack.aws().ses.sent_at_least(1).await;
        assert_eq!(mails[0].recipients, [omnitwin::stack::OWNER_EMAIL], "the owner is told of the voicemail");
        let spent = bench.stack.twin.model_spend(Timestamp::now()).await.unwrap().taken;
        assert_eq!(spent, 0, "a model that was not there costs nothing");
        bench.stack.stop().await.unwrap();
    }
}

/// What models may cost today is spent: a call more is a message, and no model is paid for it.
#[tokio::test]
async fn without_a_budget_there_is_a_voicemail() {
    let bench = Bench::with(Options { model: model(vec![talk()]), daily_budget: CALL, ..options() }).await;
    let first = bench.place(bench.caller(&talk())).await;
    assert_eq!(bench.conversation(&first.call_sid).await["outcome"], "completed");
    let spent = bench.stack.twin.model_spend(Timestamp::now()).await.unwrap().taken;
    assert_eq!(spent, CALL / 2, "a minute began, and what was taken for more is given back");
    let second = bench.place(bench.caller(&talk())).await;
    assert!(second.verbs.iter().any(|verb| verb == "Record"), "{:?}", second.verbs);
    assert_eq!(bench.conversation(&second.call_sid).await["outcome"], "model_unavailable");
    assert!(bench.openai().sessions().iter().skip(1).all(|session| session.conversation.is_empty()));
    assert_eq!(bench.stack.twin.model_spend(Timestamp::now()).await.unwrap().taken, spent);
    bench.stack.stop().await.unwrap();
}

/// What the models of today cost comes to so much, by and by.
async fn spent(bench: &Bench, expected: u64) {
    let looks = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while bench.stack.twin.model_spend(Timestamp::now()).await.unwrap().taken != expected {
            look.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.expect("it comes to this");
}

/// Each minute is taken from the budget before it comes, and what nobody talked is given back.
#[tokio::test]
async fn a_call_is_charged_by_the_minute() {
    let bench = bench().await;
    let (twin, now) = (bench.stack.twin.clone(), Timestamp::now());
    let charge = async || Charge::take(twin.clone(), 10 * CALL, now).await.unwrap();
    let mut lasting = charge().await;
    lasting.begins();
    for minutes in [3, 4] {
        lasting.goes_on().await;
        spent(&bench, minutes * MINUTE).await;
    }
    // The store never heard of this one, so it is not given back.
    drop(lasting.goes_on());
    lasting.is_over(SignedDuration::from_secs(125)).await;
    spent(&bench, 3 * MINUTE).await;

    // A call that never began, and one whose caller hung up while the store was asked.
    drop(charge().await);
    spent(&bench, 3 * MINUTE).await;
    let mut asked = Box::pin(charge());
    assert!(futures_util::poll!(&mut asked).is_pending());
    spent(&bench, 5 * MINUTE).await;
    drop(asked);
    spent(&bench, 3 * MINUTE).await;

    // It is the relay's, so it stays as it was reserved if the relay does not say more.
    let mut broken = charge().await;
    broken.begins();
    drop(broken);
    spent(&bench, 5 * MINUTE).await;
    let none_left = Charge::take(twin.clone(), 6 * MINUTE, now).await;
    assert!(matches!(none_left, Err(Error::TooMany { .. })));
    bench.stack.stop().await.unwrap();
}

/// What Twilio may do to a stream that goes on: marks that come late, gaps in what is said, a side that does not read for
/// a while, status callbacks in any order.
#[tokio::test]
async fn whatever_twilio_does_the_talk_succeeds() {
    let ms = Duration::from_millis;
    let faults = [
        Faults { late_cleared_marks: ms(700), ..Faults::default() },
        Faults { mark_delay: ms(400), ..Faults::default() },
        Faults { gaps: vec![(ms(900), 25), (ms(4000), 10)], ..Faults::default() },
        Faults { slow_reader: Some((ms(500), ms(1500))), ..Faults::default() },
        Faults { callbacks: Callbacks::Reversed, ..Faults::default() },
    ];
    let talks = faults.into_iter().map(async |faults| {
        let bench = bench().await;
        let told = format!("{faults:?}");
        let mut config = bench.caller(&talk());
        config.faults = faults;
        let report = bench.place(config).await;
        let call = bench.conversation(&report.call_sid).await;
        assert_eq!(call["outcome"], "completed", "{told} {:?} {}", report.faults, call["turns"]);
        let actions = call["actions"].as_array().unwrap();
        let messages = actions.iter().filter(|one| one["kind"] == "message_taken").count();
        assert_eq!((messages, report.streams[0].stale_frames), (1, 0), "{told}");
        assert!(turns(&call).contains(&("twin", "Goodbye then.")), "{told} {:?}", turns(&call));
        bench.stack.stop().await.unwrap();
    });
    join_all(talks).await;
}

/// However a stream ends when the caller hangs up, the call is closed, once.
#[tokio::test]
async fn however_a_stream_ends_the_call_is_closed() {
    let ends = [Stop::WithoutClose, Stop::Missing, Stop::Abrupt].into_iter().map(async |stop| {
        let bench = bench().await;
        let mut scenario = talk();
        scenario.turn.truncate(1);
        let mut config = bench.caller(&scenario);
        config.manners.grace = Duration::from_millis(100);
        config.faults.stop = stop;
        let report = bench.place(config).await;
        // Twilio is gone before the relay has closed it.
        let analysed = async {
            let mut look = tokio::time::interval(Duration::from_millis(20));
            while bench.conversation(&report.call_sid).await["status"] != "analysed" {
                look.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, analysed).await.expect("it is closed and analysed");
        assert_eq!(bench.conversation(&report.call_sid).await["outcome"], "hung_up", "{stop:?}");
        bench.stack.stop().await.unwrap();
    });
    join_all(ends).await;
}

/// A model that reads slowly: the call goes on, audio is dropped and not piled up.
#[tokio::test]
async fn a_model_that_stops_reading_does_not_stop_the_call() {
    let bench = bench().await;
    bench.openai().misbehave(Fault::StopReading(Duration::from_secs(2)));
    let report = bench.place(bench.caller(&talk())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(report.status, "completed");
    assert_eq!(turns(&call)[0].0, "twin");
    bench.stack.stop().await.unwrap();
}

/// The caller hangs up in the middle of the twin's words: the interaction holds what was heard of them.
#[tokio::test]
async fn a_caller_who_hangs_up_is_followed_up() {
    let bench = bench().await;
    let mut scenario = talk();
    scenario.turn.truncate(1);
    let mut config = bench.caller(&scenario);
    config.manners.grace = Duration::from_millis(100);
    let report = bench.place(config).await;
    assert_eq!(report.streams[0].ending, Ending::CallerHungUp);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["status"].as_str(), call["outcome"].as_str()), (Some("analysed"), Some("hung_up")));
    assert_eq!(turns(&call)[0].0, "twin");
    bench.stack.stop().await.unwrap();
}
