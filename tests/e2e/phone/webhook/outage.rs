//! Row 8: whatever is missing behind the webhook, the caller reaches voicemail, and soon.

use std::time::{Duration, Instant};

use http::StatusCode;
use phone_webhook::{AFTER_STREAM, FALLBACK, INCOMING, RECORDING, STATUS};
use sim::{
    scenario::Scenario,
    twilio::{Twilio, turns::Line, twiml::Verb},
};
use tests::{
    Bench, CALL_SID, is_problem, is_safe,
    outage::{Fault, Outage},
    verbs, voice_form,
};

use super::{CALLER, untouched};

const SOON: Duration = Duration::from_secs(5);

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
