//! What is spoken with a caller stays, whatever the call goes through, and is known when they call again.

use http::StatusCode;
use jiff::Timestamp;
use phone_webhook::{AFTER_STREAM, FALLBACK, INCOMING, RECORDING, SETTINGS};
use reqwest::Method;
use serde_json::json;
use tests::Bench;
use twin::{
    interaction::{Channel, Outcome, Speaker, Turn},
    language::Language,
    twin::Arrival,
};

const FROM_BERLIN: &str = "+4930123456";

async fn bench() -> Bench {
    let bench = Bench::start().await;
    let body = json!({ "version": 0, "settings": { "languages": ["de", "en"] } });
    let saved = bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench
}

/// A call is taken; which conversation it is.
async fn taken(bench: &Bench, sid: &str) -> Arrival {
    let form = bench.voice_form(sid, FROM_BERLIN);
    assert_eq!(bench.webhook(INCOMING, &form).await.status(), StatusCode::OK);
    let call = bench.call(sid).await.expect("a row");
    Arrival {
        person: call.person,
        interaction: call.interaction,
        channel: Channel::Phone,
        call_sid: Some(call.sid),
        host: None,
        route: call.route,
        level: call.level,
    }
}

/// What a caller hears who is asked for a message.
async fn asked(bench: &Bench, path: &str, sid: &str) -> Language {
    let form = bench.voice_form(sid, FROM_BERLIN);
    let heard = bench.webhook(path, &form).await.text().await.unwrap();
    let spoken = Language::ALL.into_iter().find(|one| heard.contains(one.words().leave_a_message));
    let spoken = spoken.unwrap_or_else(|| panic!("no message is asked for: {heard}"));
    assert!(heard.contains(&format!(r#"<Say language="{}">"#, spoken.tag())), "{heard}");
    spoken
}

#[tokio::test]
async fn who_changed_the_language_is_spoken_to_in_it_from_then_on() {
    let bench = bench().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let (first, second) = ("CA00000000000000000000000000000171", "CA00000000000000000000000000000172");
    let arrival = taken(&bench, first).await;
    let session = twin.open(&arrival, now).await.unwrap();
    assert_eq!(session.briefing.spoken.language, Language::De, "as where the number belongs");
    assert_eq!(asked(&bench, FALLBACK, first).await, Language::De);
    let text = "Hello, I would like to speak with Alex about the lighthouse.".to_owned();
    let turn = Turn {
        offset_ms: 4000,
        sequence: 2,
        speaker: Speaker::Person,
        text,
        interrupted: false,
        heard: None,
    };
    twin.heard(&session, &turn).await.unwrap();
    for path in [AFTER_STREAM, FALLBACK] {
        assert_eq!(asked(&bench, path, first).await, Language::En, "{path}");
    }
    twin.close(&arrival.person, &arrival.interaction, Outcome::HungUp, now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();

    let arrival = taken(&bench, second).await;
    let session = twin.open(&arrival, Timestamp::now()).await.unwrap();
    assert_eq!(session.briefing.spoken.language, Language::En, "as they spoke last");
    assert!(
        session.briefing.greeting.starts_with(Language::En.words().hello),
        "{}",
        session.briefing.greeting
    );
    assert_eq!(asked(&bench, FALLBACK, second).await, Language::En);
    bench.stack.stop().await.unwrap();
}

/// A message is kept as it was asked for, whatever the owner chooses before it is written down.
#[tokio::test]
async fn a_message_is_kept_in_the_language_in_which_it_was_asked_for() {
    let bench = bench().await;
    let sid = "CA00000000000000000000000000000173";
    let arrival = taken(&bench, sid).await;
    let mut form = bench.voice_form(sid, FROM_BERLIN);
    let heard = bench.webhook(FALLBACK, &form).await.text().await.unwrap();
    let told = format!("{RECORDING}?language=de");
    assert!(heard.contains(&format!(r#"action="{}""#, bench.url(&told))), "{heard}");
    let body = json!({ "version": 1, "settings": { "languages": ["en"] } });
    let saved = bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    form.extend([
        ("RecordingSid", "RE00000000000000000000000000000173"),
        ("RecordingUrl", "https://api.twilio.com/Recordings/RE00000000000000000000000000000173"),
        ("RecordingDuration", "7"),
    ]);
    let thanks = bench.webhook(&told, &form).await.text().await.unwrap();
    assert!(thanks.contains(Language::De.words().thanks), "{thanks}");
    let store = bench.stack.twin.store();
    let kept = store.recordings(&arrival.person).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.asked_in).collect::<Vec<_>>(), [Some(Language::De)]);
    let agreed = store.consents(&arrival.person).await.unwrap();
    let agreed = serde_json::to_string(&agreed).unwrap();
    assert!(agreed.contains(Language::De.words().leave_a_message), "{agreed}");
    bench.stack.stop().await.unwrap();
}
