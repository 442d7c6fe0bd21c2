//! A reminder for whoever does not answer; none for whoever did, or booked, or may have.

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use omnitwin::stack::Options;
use reqwest::StatusCode;
use serde_json::json;
use tests::{Bench, dying::Life, options};
use twin::follow_up::{FollowUp, State};

use super::{
    close,
    conservation::post,
    conversation,
    deciding::{mails_to, settings, waiting},
    hearing_back::{answered_at, written},
    states,
};
use crate::{
    calendar::{started_with, ten},
    crashing::{broke_off, dying},
};

const OURS: Option<&str> = Some("reply.example");
const THEIRS: &str = "sam@sample.example";

/// At any hour, as tests run at any; and with a page on which a time can be booked.
async fn bench(reply_domain: Option<&str>) -> Bench {
    let reply_domain = reply_domain.map(str::to_owned);
    let bench = started_with(Options { reply_domain, ..options() }).await;
    let given = r#"{"links":{"booking":"https://twin.example/book"},"nudgeAfterDays":4,"quiet":null}"#;
    settings(&bench, given).await;
    bench
}

fn in_six_days() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(6 * 24)
}

/// Who does not answer is reminded in the same thread; who is in touch again is not.
#[tokio::test]
async fn a_nudge_is_for_those_who_do_not_answer() {
    let bench = bench(OURS).await;
    let first = conversation(&bench, "+14155550181").await;
    close(&bench, &first).await;
    assert_eq!(states(&bench, &first).await, ["planned", "sent"]);
    let second = conversation(&bench, "+14155550181").await;
    close(&bench, &second).await;
    let mut all = states(&bench, &second).await;
    all.sort();
    assert_eq!(all, ["cancelled", "planned", "sent", "sent"]);
    let later = Timestamp::now() + SignedDuration::from_hours(6 * 24);
    for _ in 0..2 {
        bench.stack.twin.sweep(later).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let post = post(&bench);
        bench.stack.twin.follow_up(&second.person, &second.interaction, &post, later).await.unwrap();
    }
    let sent = bench.stack.aws().ses.sent();
    assert_eq!(sent.len(), 3, "two summaries and one nudge");
    let nudge = MessageParser::default().parse(&sent[2].raw).unwrap();
    assert!(nudge.subject().unwrap().starts_with("Re: Thank you for your call"), "{:?}", nudge.subject());
    assert!(nudge.in_reply_to().as_text().unwrap().contains(&sent[1].message_id));
    bench.stack.stop().await.unwrap();
}

/// Whoever books on the page of another browser is somebody else to us, but not with another address.
#[tokio::test]
async fn who_booked_is_not_asked_whether_they_want_to() {
    let bench = bench(OURS).await;
    let session = conversation(&bench, "+14155550186").await;
    close(&bench, &session).await;
    assert_eq!(states(&bench, &session).await, ["planned", "sent"]);
    let wish = json!({
        "key": "0123456789abcdef", "start": ten(8), "name": "Sam Sample", "email": THEIRS, "timeZone": "UTC",
    });
    let booked = bench.http.post(bench.url("/api/calendar/bookings")).json(&wish).send().await.unwrap();
    assert_eq!(booked.status(), StatusCode::CREATED);
    bench.stack.twin.sweep(in_six_days()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(states(&bench, &session).await, ["cancelled", "sent"]);
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Whoever books in a conversation is not reminded of an earlier one.
#[tokio::test]
async fn a_booking_ends_the_wait_at_once() {
    let bench = bench(OURS).await;
    let session = conversation(&bench, "+14155550187").await;
    close(&bench, &session).await;
    let booker = twin::twin::Booker {
        person: session.person.clone(),
        interaction: None,
        channel: twin::interaction::Channel::Chat,
        level: twin::identity::Assurance::Anonymous,
        read_back: false,
    };
    let wanted = crate::calendar::to_book(ten(3), "key");
    bench.stack.twin.book(&booker, wanted, Timestamp::now()).await.unwrap().unwrap();
    bench.stack.jobs_done().await.unwrap();
    let all = states(&bench, &session).await;
    assert!(all.contains(&"cancelled".to_owned()) && !all.contains(&"planned".to_owned()), "{all:?}");
    bench.stack.stop().await.unwrap();
}

/// Whoever took in their answer died before the reminder was cancelled: it is not sent all the same.
#[tokio::test]
async fn an_answer_is_one_if_nobody_cancelled_the_reminder() {
    let bench = bench(OURS).await;
    let session = conversation(&bench, "+14155550196").await;
    close(&bench, &session).await;
    let (twin, later) = (&bench.stack.twin, in_six_days());
    let answers = answered_at(&bench).await;
    twin.sweep(later).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(states(&bench, &session).await, ["approved", "sent"], "it goes out when it is due");
    // It is counted, and stored.
    let dying = dying(&bench, &Life::of(2));
    broke_off(dying.wrote_back(&answers, "0a1b2c", written("Monday works."), true, Timestamp::now()).await);
    assert_eq!(twin.store().mails(&session.person).await.unwrap().len(), 1);
    assert!(states(&bench, &session).await.contains(&"approved".to_owned()));
    let (person, interaction) = (&session.person, &session.interaction);
    Box::pin(twin.follow_up(person, interaction, &post(&bench), later)).await.unwrap();
    assert_eq!(mails_to(&bench, THEIRS).len(), 1, "no reminder");
    assert!(states(&bench, &session).await.contains(&"cancelled".to_owned()));
    bench.stack.stop().await.unwrap();
}

/// Where answers go to the owner's mailbox, only the owner knows whether there was one.
#[tokio::test]
async fn where_answers_are_not_seen_the_owner_is_asked() {
    let bench = bench(None).await;
    let session = conversation(&bench, "+14155550188").await;
    close(&bench, &session).await;
    bench.stack.twin.sweep(in_six_days()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let queue = waiting(&bench).await;
    let [nudge] = queue.as_slice() else { panic!("{queue:?}") };
    assert_eq!((&nudge["content"]["kind"], &nudge["state"]), (&json!("nudge"), &json!("awaiting_approval")));
    assert!(nudge["problem"].as_str().unwrap().contains("did they answer you?"), "{nudge}");
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Of a mail that was sent before it was noted where answers come to, nothing is known: it goes on as it did.
#[tokio::test]
async fn a_mail_of_before_is_no_reason_to_ask() {
    let bench = bench(OURS).await;
    let session = conversation(&bench, "+14155550189").await;
    close(&bench, &session).await;
    let store = bench.stack.twin.store();
    let all = store.follow_ups(&session.person).await.unwrap();
    let sent = all.into_iter().find(|one| one.state == State::Sent).unwrap();
    assert_eq!(sent.receives_answers, Some(true));
    let before = FollowUp { receives_answers: None, ..sent };
    store.move_follow_up(&before, State::Sent).await.unwrap();
    bench.stack.twin.sweep(in_six_days()).await.unwrap();
    assert!(waiting(&bench).await.is_empty());
    assert!(!states(&bench, &session).await.contains(&"cancelled".to_owned()));
    bench.stack.stop().await.unwrap();
}
