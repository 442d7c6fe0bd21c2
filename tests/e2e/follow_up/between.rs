//! Between the reading of a follow-up and its writing somebody else writes it, or the store does not answer: nothing goes out
//! that was not read as it is, and what surely did not leave is not said to have left.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use tests::{Bench, between::Between, options};
use twin::{
    error::Error,
    follow_up::{Content, Edited, FollowUp, State},
    id::InteractionId,
    identity::{Email, EvidenceSource, IdentityKey},
    twin::Post,
};

use super::{
    close,
    conservation::post,
    conversation,
    deciding::{ASK, mails_to, settings},
};
use crate::{crashing::alone, privacy::config, proving::resolved};

const THEIRS: &str = "sam@sample.example";
const SENDING: &str = r#"{"S":"sending"}"#;
const CANCELLED: &str = r#"{"S":"cancelled"}"#;

/// A mail to somebody that is to go out now, at any hour.
async fn to_go_out(bench: &Bench, now: Timestamp) -> FollowUp {
    settings(bench, r#"{"quiet":null}"#).await;
    let to = Email::parse(THEIRS).unwrap();
    let person = resolved(bench, IdentityKey::Email(to.clone()), EvidenceSource::Owner).await;
    // No conversation to be analysed.
    let of = (person, InteractionId::derived("reminder-between").unwrap());
    let content = Content::MissedCallEmail { to };
    let planned = FollowUp::of(of, "told", content, State::Approved, "a test".to_owned(), now).unwrap();
    bench.stack.twin.store().add_follow_up(&planned).await.unwrap();
    planned
}

fn anew(planned: &FollowUp) -> FollowUp {
    let edited = Edited { subject: "Anew".to_owned(), body: "Written anew.".to_owned() };
    let updated_at = planned.updated_at + SignedDuration::from_secs(1);
    FollowUp { edited: Some(edited), updated_at, ..planned.clone() }
}

async fn stored(bench: &Bench, planned: &FollowUp) -> FollowUp {
    bench.stack.twin.store().follow_up(&planned.person, &planned.id).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_written_is_known_not_to_have_left() {
    let bench = Bench::with(Options { reply_domain: Some("reply.example".to_owned()), ..options() }).await;
    let now = Timestamp::now();
    let planned = to_go_out(&bench, now).await;
    let post = Post { reply_domain: Some("reply.example".to_owned()), ..post(&bench) };
    let between = Between::of("REPLY#", async { Err("the store does not answer".into()) });
    let twin = alone(&bench, between.client(&config(&bench)));
    let came = Box::pin(twin.follow_up(&planned.person, &planned.interaction, &post, now)).await;
    assert!(matches!(came, Err(Error::Upstream(_))) && between.has_happened(), "{came:?}");
    let tried = stored(&bench, &planned).await;
    assert_eq!((tried.state, tried.attempts), (State::Approved, 1));
    Box::pin(twin.follow_up(&planned.person, &planned.interaction, &post, now)).await.unwrap();
    assert_eq!(stored(&bench, &planned).await.state, State::Sent);
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_anew_is_what_goes_out() {
    let bench = Bench::start().await;
    let now = Timestamp::now();
    let planned = to_go_out(&bench, now).await;
    let (store, next) = (bench.stack.twin.store().clone(), anew(&planned));
    let between =
        Between::of(SENDING, async move { Ok(store.move_follow_up(&next, State::Approved).await?) });
    let twin = alone(&bench, between.client(&config(&bench)));
    Box::pin(twin.follow_up(&planned.person, &planned.interaction, &post(&bench), now)).await.unwrap();
    assert!(between.has_happened() && mails_to(&bench, THEIRS).is_empty(), "it is another one by now");
    Box::pin(twin.follow_up(&planned.person, &planned.interaction, &post(&bench), now)).await.unwrap();
    let [sent] = mails_to(&bench, THEIRS).try_into().unwrap();
    assert!(sent.contains("Written anew."), "{sent}");
    bench.stack.stop().await.unwrap();
}

/// Its time was over when the sweep looked, and is not once the owner wrote it anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_anew_waits_on() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550197").await;
    close(&bench, &session).await;
    let store = bench.stack.twin.store().clone();
    let waiting = store.follow_ups(&session.person).await.unwrap().remove(0);
    assert_eq!(waiting.state, State::AwaitingApproval);
    let (late, next) = (waiting.undecided_until() + SignedDuration::from_mins(1), anew(&waiting));
    let next = FollowUp { updated_at: late, ..next };
    let between =
        Between::of(
            CANCELLED,
            async move { Ok(store.move_follow_up(&next, State::AwaitingApproval).await?) },
        );
    alone(&bench, between.client(&config(&bench))).sweep(late).await.unwrap();
    let stands = stored(&bench, &waiting).await;
    assert!(between.has_happened());
    assert_eq!((stands.state, stands.edited.is_some()), (State::AwaitingApproval, true));
    bench.stack.stop().await.unwrap();
}
