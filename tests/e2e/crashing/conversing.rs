//! A conversation goes on elsewhere, is closed, or is heard of later.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::OWNER_EMAIL;
use serde_json::json;
use tests::{Bench, dying::Life};
use twin::{
    context::VoiceInteraction,
    error::Error,
    follow_up::State,
    identity::Assurance,
    interaction::{Channel, Outcome, Speaker, Status},
    talk::ATTENDED_FOR,
    twin::begin_handed_over,
    wire::twilio::transcription::Utterance,
};

use super::{MOST, broke_off, calls, dying, lives, swept};
use crate::{
    follow_up::{conservation::post, deciding::mails_to},
    proving::acted,
};

/// A link is used up together with the chat that it begins, or not at all.
#[tokio::test]
async fn a_link_leads_somewhere_or_still_works() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    lives(&bench, async |dying, writes| {
        at += 1;
        let (person, session) = calls(&bench, at, Assurance::Claimed).await;
        let now = Timestamp::now();
        let link = twin.hand_over(&session, Channel::Chat, now).await.unwrap();
        let dead = broke_off(begin_handed_over(dying.store(), link.reveal(), None, now).await);
        let alive = begin_handed_over(store, link.reveal(), None, now).await;
        assert!(dead.is_none() || matches!(alive, Err(Error::NotFound)), "it works once");
        let begun = store.everything(&person).await.unwrap();
        let chats = begun.iter().filter(|kept| kept.key.starts_with("CHAT")).count();
        assert_eq!(chats, 1, "after {writes} writes");
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// A code that is told on the phone: the same tool call again gets the same, another gets nothing.
#[tokio::test]
async fn a_code_is_taken_over_once() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let mut at = 0;
    lives(&bench, async |dying, writes| {
        at += 2;
        let (_, from) = calls(&bench, at, Assurance::Claimed).await;
        let (_, to) = calls(&bench, at + 1, Assurance::Claimed).await;
        let now = Timestamp::now();
        let code = json!({ "code": twin.give_code(&from, Channel::Phone, now).await.unwrap().written() });
        broke_off(dying.act(&to, "call_1", "take_over", &code.to_string(), now).await);
        let again = twin.act(&to, "call_1", "take_over", &code.to_string(), now).await.unwrap().output;
        assert_eq!(again["continued"], true, "after {writes} writes: {again}");
        assert!(again.to_string().contains("110,000"), "{again}");
        let other = twin.act(&to, "call_2", "take_over", &code.to_string(), now).await.unwrap().output;
        assert_eq!(other["continued"], false, "{other}");
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// A conversation is closed and followed up by whoever comes next; the owner hears of it once, or knows that it is not known.
#[tokio::test]
async fn a_conversation_comes_to_its_end() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let post = &post(&bench);
    let mut at = 0;
    let mut told = 0;
    for closing in [true, false] {
        Box::pin(lives(&bench, async |dying, writes| {
            at += 1;
            let (person, session) = calls(&bench, at, Assurance::Claimed).await;
            acted(&bench, &session, "take_message", json!({ "message": format!("number {at}") })).await;
            let (id, now) = (&session.interaction, Timestamp::now());
            if closing {
                broke_off(dying.close(&person, id, Outcome::Completed, now).await);
                let context = store.known(&person).await.unwrap().unwrap().context;
                let closed = store.interaction(&person, id).await.unwrap().unwrap().status != Status::Open;
                assert_eq!(context.metadata.total_interactions, u64::from(closed), "after {writes} writes");
            } else {
                let alone = Life::of(MOST);
                self::dying(&bench, &alone).close(&person, id, Outcome::Completed, now).await.unwrap();
                broke_off(dying.follow_up(&person, id, post, now).await);
            }
            for _ in 0..3 {
                swept(&bench, SignedDuration::from_hours(4)).await;
            }
            let held = store.interaction(&person, id).await.unwrap().unwrap();
            assert_eq!(held.status, Status::Analysed, "after {writes} writes");
            let known = store.known(&person).await.unwrap().unwrap();
            assert_eq!(known.context.metadata.total_interactions, 1);
            assert_eq!(known.contact.relationship.interaction_history.len(), 1);
            let planned = store.follow_ups(&person).await.unwrap();
            let [one] = planned.as_slice() else { panic!("after {writes} writes: {planned:?}") };
            let mails = mails_to(&bench, OWNER_EMAIL).len() - told;
            told += mails;
            match one.state {
                State::Sent => assert_eq!(mails, 1),
                State::Unknown => assert!(mails <= 1 && !closing),
                state => panic!("after {writes} writes: {state:?}"),
            }
        }))
        .await;
        twin.redrive(None, Timestamp::now()).await.unwrap();
    }
    bench.stack.stop().await.unwrap();
}

/// What comes of a call that is over is told of before it is written: whoever reads the call meanwhile begins again.
#[tokio::test]
async fn what_was_heard_later_is_never_only_written() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let mut at = 0;
    lives(&bench, async |dying, writes| {
        at += 1;
        let (person, session) = calls(&bench, at, Assurance::Claimed).await;
        let (id, now) = (&session.interaction, Timestamp::now());
        // Its job goes nowhere, so nobody has read it yet.
        self::dying(&bench, &Life::of(MOST)).close(&person, id, Outcome::Lost, now).await.unwrap();
        let said = || Utterance {
            sequence: 1,
            speaker: Speaker::Person,
            text: "The offer stands until Friday evening.".to_owned(),
            confidence: None,
            at: Some(now + SignedDuration::from_mins(2)),
        };
        broke_off(dying.transcribed_live((&person, id), said(), now).await);
        twin.transcribed_live((&person, id), said(), now).await.unwrap();
        let held = store.interaction(&person, id).await.unwrap().unwrap();
        assert_eq!(held.status, Status::Closed);
        assert!(held.came_later > 0, "after {writes} writes");
        assert_eq!(store.turns(&person, id).await.unwrap().len(), 2, "after {writes} writes");
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// A conversation by voice that was not begun whole is nobody's: the sweep closes it, and another begins.
#[tokio::test]
async fn a_talk_begins_or_is_swept_up() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    Box::pin(lives(&bench, async |dying, writes| {
        let (_, chatting) = twin.begin_chat(None, Timestamp::now()).await.unwrap();
        let person = &chatting.chat.person;
        for begins in [dying, twin] {
            let now = Timestamp::now();
            let kind = VoiceInteraction::default();
            let prepared = twin.prepare_talk(&chatting, kind, None, now).await.unwrap();
            let begun = broke_off(begins.begin_talk(&prepared, now).await);
            let (talk, until) = (&prepared.session.interaction, now + ATTENDED_FOR);
            let taken = store.take_over(person, talk, "rtc_1", until, now).await;
            let again = store.take_over(person, talk, "rtc_2", until, now).await;
            assert!(again.is_err() && (taken.is_ok() || begun.is_none()), "one attends it");
            swept(&bench, SignedDuration::from_hours(1)).await;
            let held = store.interactions(person).await.unwrap();
            assert!(
                held.iter().all(|held| held.status == Status::Analysed),
                "after {writes} writes: {held:?}"
            );
        }
        let lost = store.interactions(person).await.unwrap();
        assert!(lost.iter().all(|held| held.outcome == Some(Outcome::Lost)));
    }))
    .await;
    bench.stack.stop().await.unwrap();
}
