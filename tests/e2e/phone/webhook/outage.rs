//! Row 8: whatever is missing behind the webhook, the caller reaches voicemail, and soon.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use phone_webhook::{AFTER_STREAM, FALLBACK, INCOMING, RECORDING, SETTINGS, STATUS};
use serde_json::json;
use sim::{
    scenario::Scenario,
    twilio::{Twilio, turns::Line, twiml::Verb},
};
use tests::{
    Bench, CALL_SID, is_problem, is_safe,
    outage::{Fault, Outage},
    turns, verbs, voice_form,
};
use twin::{
    interaction::Channel,
    language::Language,
    recording,
    twin::{Arrival, TRANSCRIBED},
};

use super::{CALLER, untouched};

/// The webhook's deadline, and what a busy machine takes; two deadlines one after the other would take nine.
const SOON: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_call_to_another_number_reaches_voicemail() {
    let bench = Bench::start().await;
    for to in ["+14155550101", "", "anonymous", "sip:twin@elsewhere.example"] {
        let mut form = bench.voice_form(CALL_SID, CALLER);
        form.retain(|(name, _)| *name != "To");
        form.push(("To", to));
        let began = Instant::now();
        is_safe(bench.webhook(INCOMING, &form).await).await;
        assert!(began.elapsed() < SOON);
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

async fn without_a_store_callers_reach_voicemail(fault: Fault) {
    let outage = Outage::start(fault).await;
    let form = voice_form(&outage.account, CALL_SID, CALLER);
    let began = Instant::now();
    let soon = async |path| {
        let answer = outage.webhook(path, &form).await;
        (answer, began.elapsed())
    };
    let (incoming, after_stream, fallback, recording, status) =
        tokio::join!(soon(INCOMING), soon(AFTER_STREAM), soon(FALLBACK), soon(RECORDING), soon(STATUS));
    for (answer, took) in [incoming, after_stream, fallback] {
        assert!(took < SOON, "{took:?}");
        is_safe(answer).await;
    }
    // Who has left a message is not asked for it again.
    let thanks = verbs(recording.0).await;
    assert_eq!(thanks.iter().map(Verb::name).collect::<Vec<_>>(), ["Say", "Hangup"]);
    is_problem(status.0, StatusCode::SERVICE_UNAVAILABLE, "unavailable").await;
    assert!(recording.1 < SOON && status.1 < SOON, "{:?} {:?}", recording.1, status.1);
}

#[tokio::test]
async fn a_store_that_is_not_there_leads_to_voicemail() {
    without_a_store_callers_reach_voicemail(Fault::Refuses).await;
}

#[tokio::test]
async fn a_store_that_never_answers_leads_to_voicemail() {
    without_a_store_callers_reach_voicemail(Fault::Hangs).await;
}

/// What the owner has chosen nobody can say: the deployment does, and a number tells what of it is spoken there.
#[tokio::test]
async fn without_a_store_callers_are_spoken_to_in_their_language() {
    let outage = Outage::speaking(vec![Language::En, Language::De], Fault::Refuses).await;
    for (from, language) in [("+4930123456", Language::De), (CALLER, Language::En)] {
        let form = voice_form(&outage.account, CALL_SID, from);
        for path in [INCOMING, AFTER_STREAM, FALLBACK] {
            let heard = outage.webhook(path, &form).await.text().await.unwrap();
            let (words, say) = (language.words(), format!(r#"<Say language="{}">"#, language.tag()));
            assert!(heard.contains(words.disclosure) && heard.contains(words.leave_a_message), "{heard}");
            assert!(heard.contains(&say), "{heard}");
        }
    }
}

/// The same as the caller hears it: they say their message once, and it is at Twilio.
#[tokio::test]
async fn a_caller_leaves_one_message_without_a_store() {
    let outage = Outage::start(Fault::Refuses).await;
    let account = &outage.account;
    let twilio =
        Twilio::new(&account.account_sid, account.auth_token.reveal(), &outage.url("/sim/twilio")).unwrap();
    let scenario = Scenario::built_in("networking").unwrap();
    let mut config = twilio.call(&outage.url(INCOMING), "", account.phone_number.as_str()).playing(&scenario);
    config.fallback = Some(outage.url(FALLBACK));
    config.lines = vec![Line::spoken("Please call me back."), Line::spoken("Hello? I said call me back.")];
    config.tempo = 0.0;
    let report = twilio.place(config).unwrap().report().await.unwrap();
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    assert_eq!(report.verbs, ["Say", "Record", "Say", "Hangup"]);
    assert_eq!(report.said, ["Please call me back."]);
    assert_eq!(report.recordings.len(), 1);
    assert!(report.heard[0].contains("this is an AI assistant"), "{:?}", report.heard);
}

/// One deadline stands round all that is asked of the store, whenever it stops to answer.
#[tokio::test]
async fn a_store_that_stops_to_answer_keeps_no_caller_waiting() {
    let bench = Bench::start().await;
    let settings = json!({ "ownerLine": "+12125550100", "vip": [CALLER] });
    let body = json!({ "version": 0, "settings": settings });
    let saved = bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    // What it takes to set them up is not a caller's time.
    let outages = (0..24).map(|answers| Outage::after(bench.stack.aws().dynamodb_url(), answers));
    let outages = join_all(outages).await;
    let one = async |(answers, outage): (usize, Outage)| {
        let sid = format!("CA{answers:032x}");
        let mut form = voice_form(&outage.account, &sid, CALLER);
        form.push(("StirVerstat", "TN-Validation-Passed-A"));
        let began = Instant::now();
        let answer = outage.webhook(INCOMING, &form).await;
        assert!(began.elapsed() < SOON, "after {answers} answers: {:?}", began.elapsed());
        verbs(answer).await[0].name()
    };
    let first = join_all(outages.into_iter().enumerate().map(one)).await;
    assert_eq!((first[0], first.contains(&"Dial")), ("Say", true), "{first:?}");
    bench.stack.stop().await.unwrap();
}

/// The store went out of order after the message's first half: with its transcript the recording is noted, too.
#[tokio::test]
async fn a_message_of_which_half_was_kept_is_kept_whole() {
    let bench = Bench::start().await;
    let mut form = bench.voice_form(CALL_SID, CALLER);
    assert_eq!(bench.webhook(INCOMING, &form).await.status(), StatusCode::OK);
    let call = bench.call(CALL_SID).await.expect("a row");
    let arrival = Arrival {
        person: call.person.clone(),
        interaction: call.interaction,
        channel: Channel::Phone,
        call_sid: Some(call.sid),
        host: None,
        route: call.route,
        level: call.level,
    };
    let twin = &bench.stack.twin;
    let url = "https://api.twilio.com/Recordings/RE00000000000000000000000000000001";
    twin.voicemail(&arrival, (url, 7), Language::En, Timestamp::now()).await.unwrap();
    assert!(twin.store().recordings(&call.person).await.unwrap().is_empty());
    form.extend([
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingUrl", url),
        ("RecordingDuration", "7"),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "Please call me back."),
    ]);
    for _ in 0..2 {
        let answer = bench.webhook(TRANSCRIBED, &form).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let noted = twin.store().recordings(&call.person).await.unwrap();
        assert_eq!(noted.len(), 1);
        assert!(noted[0].at <= Timestamp::now() - SignedDuration::from_secs(7), "it began when they spoke");
    }
    bench.stack.stop().await.unwrap();
}

/// What was said in another language Twilio takes for English: the message is kept, and nothing that nobody said.
#[tokio::test]
async fn what_twilio_cannot_make_out_is_not_told() {
    let bench = Bench::start().await;
    let mut form = bench.voice_form(CALL_SID, CALLER);
    assert_eq!(bench.webhook(INCOMING, &form).await.status(), StatusCode::OK);
    let call = bench.call(CALL_SID).await.expect("a row");
    form.extend([
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingUrl", "https://api.twilio.com/Recordings/RE00000000000000000000000000000001"),
        ("RecordingDuration", "7"),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "Hooting silver often maybe."),
    ]);
    let answer = bench.webhook(&format!("{TRANSCRIBED}?language=de"), &form).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let store = bench.stack.twin.store();
    assert_eq!(store.recordings(&call.person).await.unwrap().len(), 1);
    let follow_ups = serde_json::to_string(&store.follow_ups(&call.person).await.unwrap()).unwrap();
    assert!(
        follow_ups.contains("A voicemail of 7 seconds") && !follow_ups.contains("Hooting"),
        "{follow_ups}"
    );
    assert_eq!(store.turns(&call.person, &call.interaction).await.unwrap(), []);
    bench.stack.stop().await.unwrap();
}

/// Twilio did not reach the webhook, so there is no row of the call when a message was left: it reaches the owner all
/// the same, in words and as a recording.
#[tokio::test]
async fn a_message_of_a_call_that_was_never_taken_reaches_the_owner() {
    let bench = Bench::start().await;
    let scenario = Scenario::built_in("networking").unwrap();
    let one = async |from: &str, action: String| {
        let mut config = bench.caller(&scenario);
        config.from = from.to_owned();
        let transcribed = bench.url(TRANSCRIBED);
        config.twiml = Some(format!(
            r#"<Response><Record action="{action}" transcribe="true" transcribeCallback="{transcribed}"/></Response>"#
        ));
        config.lines = vec![Line::spoken("Please call me back.")];
        let report = bench.place(config).await;
        let call = bench.conversation(&report.call_sid).await;
        assert!(turns(&call).contains(&("person", "Please call me back.")), "{call}");
        let left = call["actions"].as_array().unwrap();
        let left: Vec<_> = left.iter().filter(|action| action["kind"] == "voicemail_left").collect();
        assert!(left.len() == 1 && left[0]["seconds"].as_u64().unwrap() > 0, "{left:?}");
        let person = call["person"].as_str().unwrap().parse().unwrap();
        let kept = bench.stack.twin.store().recordings(&person).await.unwrap();
        assert_eq!((kept.len(), kept[0].state), (1, recording::State::Kept));
    };
    one(CALLER, bench.url(RECORDING)).await;
    // The store was out of order at the end of the message, too.
    one("+14155550159", bench.url("/nowhere")).await;
    let mails = bench.stack.aws().ses.sent_at_least(2).await;
    for mail in mails {
        let mail = mail_parser::MessageParser::default()
            .parse(&mail.raw)
            .unwrap()
            .body_text(0)
            .unwrap()
            .into_owned();
        assert!(mail.contains("They said: “Please call me back.”"), "{mail}");
    }
    bench.stack.stop().await.unwrap();
}
