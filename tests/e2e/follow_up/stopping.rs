//! A stop holds for all that leaves the house, each by its own way: nothing is asked of SES or Twilio.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;
use tests::{Bench, CALL_SID};
use twin::identity::{Assurance, EvidenceSource};
use twin::interaction::Channel;
use twin::outbound::Dial;

use super::{close, conversation};
use crate::{
    phone::outbound::{self, noon, place, placed},
    proving::{DANA, acted, email, opened, over, phone, resolved},
};

const WAYS: [&str; 6] = ["mail", "text", "code by mail", "code by text", "call", "transfer"];
const LINE: &str = "+12125550100";

/// Mails that were accepted, and what Twilio was asked for.
fn left(bench: &Bench) -> usize {
    bench.stack.aws().ses.sent().len() + bench.stack.twilio.as_ref().unwrap().requests().len()
}

/// What is planned before and not placed is `planned`.
async fn tried(bench: &Bench, way: &str, planned: &mut Option<Dial>) {
    let twin = &bench.stack.twin;
    match way {
        "mail" => {
            let session = conversation(bench, "+14155550198").await;
            close(bench, &session).await;
        }
        "text" => {
            let person = resolved(bench, phone(), EvidenceSource::CallerId).await;
            let session = opened(bench, &person, Channel::Phone, Assurance::Claimed).await;
            acted(bench, &session, "send_handoff_link", json!({ "channel": "chat", "by": "sms" })).await;
            over(bench, &session).await;
        }
        "code by mail" => {
            let person = resolved(bench, email(DANA), EvidenceSource::OneTimeCode).await;
            let session = opened(bench, &person, Channel::Chat, Assurance::Anonymous).await;
            let stopped = twin.store().follow_up_settings().await.unwrap().settings.stopped.is_some();
            let answer = acted(bench, &session, "send_code", json!({ "to": DANA })).await;
            assert_eq!(answer["sent"], !stopped, "{answer}");
        }
        "code by text" => {
            let person = resolved(bench, phone(), EvidenceSource::CallerId).await;
            let session = opened(bench, &person, Channel::Phone, Assurance::Claimed).await;
            acted(bench, &session, "send_code", json!({})).await;
        }
        "call" => {
            *planned = Some(match planned.take() {
                None => placed(bench, noon()).await,
                Some(dial) => place(bench, &dial, noon()).await,
            });
        }
        "transfer" => {
            let person = resolved(bench, phone(), EvidenceSource::CallerId).await;
            let session = opened(bench, &person, Channel::Phone, Assurance::Claimed).await;
            let call = CALL_SID.parse().unwrap();
            let through = (&bench.stack.telephony, bench.stack.urls.base.as_str());
            twin.ring_owner(&session, (&call, "It is urgent."), through, Timestamp::now()).await.unwrap();
        }
        other => panic!("no such way: {other}"),
    }
    bench.stack.jobs_done().await.unwrap();
}

#[tokio::test]
async fn a_stop_holds_for_every_way_out() {
    let (bench, _) = outbound::bench(Some(true)).await;
    let saved = bench.owner(phone_webhook::SETTINGS).await;
    let (version, mut settings) = (saved["version"].clone(), saved["settings"].clone());
    settings["ownerLine"] = json!(LINE);
    let body = json!({ "version": version, "settings": settings });
    let put = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert!(put.status().is_success(), "{}", put.text().await.unwrap());

    bench.stack.twin.stop_everything("a test", Timestamp::now()).await.unwrap();
    let mut planned = None;
    for way in WAYS {
        tried(&bench, way, &mut planned).await;
        assert_eq!(left(&bench), 0, "{way}");
    }
    bench.stack.twin.go_on(Timestamp::now()).await.unwrap();
    for way in WAYS {
        let before = left(&bench);
        tried(&bench, way, &mut planned).await;
        assert!(left(&bench) > before, "{way}");
    }
    bench.stack.stop().await.unwrap();
}

/// A code that was asked for before the stop stays here, too.
#[tokio::test]
async fn a_code_that_was_asked_for_before_is_not_sent() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let person = resolved(&bench, email(DANA), EvidenceSource::OneTimeCode).await;
    let session = opened(&bench, &person, Channel::Chat, Assurance::Anonymous).await;
    let now = Timestamp::now();
    let code = twin::code::Code::planned(person.clone(), session.interaction.clone(), email(DANA), now);
    twin.store().plan_code(&code).await.unwrap();
    twin.stop_everything("a test", now).await.unwrap();
    let through = (&super::conservation::post(&bench), &bench.stack.telephony);
    twin.send_code(&person, &session.interaction, through, now).await.unwrap();
    assert!(bench.stack.aws().ses.sent().is_empty());
    twin.go_on(now).await.unwrap();
    twin.send_code(&person, &session.interaction, through, now).await.unwrap();
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    bench.stack.stop().await.unwrap();
}
