//! The owner's own mailbox is not flooded either: what is beyond the cap waits for the digest, which says so.

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use omnitwin::{aws::ses::Fault, stack::OWNER_EMAIL};
use tests::Bench;
use twin::{
    error::Error,
    follow_up::{Content, EMERGENCY, FollowUp, News, State},
    id::{InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey},
    store::LocalDay,
};

use super::{
    conservation::post,
    conversation,
    deciding::{mails_to, settings},
};
use crate::{crashing::alone, privacy::config, proving::texts};

async fn told(bench: &Bench, person: &PersonId, key: &str, news: News, now: Timestamp) -> State {
    // No conversation to be analysed.
    let interaction = InteractionId::derived(&format!("reminder-{key}")).unwrap();
    let (of, content) = ((person.clone(), interaction), Content::news(news, format!("This is {key}.")));
    let key = if news == News::Danger { EMERGENCY } else { key };
    let planned = FollowUp::of(of, key, content, State::Approved, "a test".to_owned(), now).unwrap();
    let twin = &bench.stack.twin;
    twin.store().add_follow_up(&planned).await.unwrap();
    // Twice: once is enough, and counts once.
    for _ in 0..2 {
        Box::pin(twin.follow_up(person, &planned.interaction, &post(bench), now)).await.unwrap();
    }
    twin.store().follow_up(person, &planned.id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn what_is_beyond_the_cap_is_in_the_digest() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    settings(&bench, r#"{"caps":{"toOwner":2}}"#).await;
    let address = IdentityKey::Email(Email::parse("sam@sample.example").unwrap());
    let evidence = Evidence::new(EvidenceSource::Owner, now, None);
    let sam = twin.store().resolve(address, evidence, now).await.unwrap().person;
    let mut states = Vec::new();
    for key in ["one", "two", "three", "four"] {
        states.push(told(&bench, &sam, key, News::Message, now).await);
    }
    assert_eq!(states, [State::Sent, State::Sent, State::Cancelled, State::Cancelled]);
    assert_eq!(told(&bench, &sam, "danger", News::Danger, now).await, State::Sent, "that waits for nothing");
    let mailed = mails_to(&bench, OWNER_EMAIL);
    assert_eq!(mailed.len(), 3, "{mailed:?}");
    let left = twin.store().follow_ups(&sam).await.unwrap();
    let left = left.into_iter().filter_map(|one| one.problem).collect::<Vec<_>>();
    assert!(left.len() == 2 && left.iter().all(|why| why.contains("digest")), "{left:?}");

    // They want no digest: one comes when the day is over, and says what was left for it.
    let owner: PersonId = "per_owner".parse().unwrap();
    let [digest]: [FollowUp; 1] = twin.store().follow_ups(&owner).await.unwrap().try_into().unwrap();
    let due = digest.due_at.unwrap();
    assert!(due > now);
    twin.follow_up(&owner, &digest.interaction, &post(&bench), now).await.unwrap();
    assert_eq!(mails_to(&bench, OWNER_EMAIL).len(), 3, "not before");
    twin.follow_up(&owner, &digest.interaction, &post(&bench), due).await.unwrap();
    let mailed = mails_to(&bench, OWNER_EMAIL);
    let text = mailed.last().unwrap();
    assert!(mailed.len() == 4 && text.contains("BEYOND YOUR DAILY LIMIT"), "{mailed:?}");
    for told in ["A message from somebody: This is three.", "A message from somebody: This is four."] {
        assert!(text.contains(told), "{text}");
    }
    assert!(!text.contains("This is one.") && !text.contains("This is danger."), "{text}");
    bench.stack.stop().await.unwrap();
}

/// A day is the owner's: midnight of UTC, in their afternoon, lets nothing more through, and theirs does.
#[tokio::test]
async fn what_is_enough_is_so_until_midnight_where_the_owner_lives() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    settings(&bench, r#"{"timeZone":"Pacific/Auckland","caps":{"toOwner":1}}"#).await;
    let address = IdentityKey::Email(Email::parse("sam@sample.example").unwrap());
    let evidence = Evidence::new(EvidenceSource::Owner, now, None);
    let sam = twin.store().resolve(address, evidence, now).await.unwrap().person;
    let midnight = LocalDay::of(now, &TimeZone::get("Pacific/Auckland").unwrap()).ends;
    let mut states = Vec::new();
    for (key, hours) in [("one", 1), ("two", 20), ("three", 26)] {
        let at = midnight + SignedDuration::from_hours(hours);
        states.push(told(&bench, &sam, key, News::Message, at).await);
    }
    assert_eq!(states, [State::Sent, State::Cancelled, State::Sent]);
    bench.stack.stop().await.unwrap();
}

/// Whoever has one each day finds it there: no other is made.
#[tokio::test]
async fn a_daily_digest_is_enough() {
    let bench = Bench::start().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    settings(&bench, r#"{"caps":{"toOwner":0},"digest":{"at":"07:30"}}"#).await;
    let address = IdentityKey::Email(Email::parse("sam@sample.example").unwrap());
    let evidence = Evidence::new(EvidenceSource::Owner, now, None);
    let sam = twin.store().resolve(address, evidence, now).await.unwrap().person;
    assert_eq!(told(&bench, &sam, "one", News::Message, now).await, State::Cancelled);
    let theirs = twin.store().follow_ups(&"per_owner".parse().unwrap()).await.unwrap();
    let at_night = |one: &FollowUp| one.due_at.is_some_and(|due| due > now);
    assert!(!theirs.iter().any(at_night), "{theirs:?}");
    bench.stack.stop().await.unwrap();
}

/// Whoever wants it is texted, too, when somebody may be in danger: once, at any hour, and however often they were mailed.
#[tokio::test]
async fn of_danger_the_owner_is_texted_too() {
    let bench = Bench::start().await;
    let quiet =
        r#"{"textOwner":"+12125550199","caps":{"toOwner":0},"ownerQuiet":{"from":"00:00","until":"23:59"}}"#;
    settings(&bench, quiet).await;
    let session = conversation(&bench, "+14155550186").await;
    for _ in 0..2 {
        bench.stack.twin.alarmed(&session, "Help me", Timestamp::now()).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    let sent = texts(&bench);
    let [(to, body)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(to, "+12125550199");
    assert!(body.contains("may be in danger") && body.contains(session.person.as_str()), "{body}");
    assert!(!body.contains("Help me"), "a screen is seen by others: {body}");
    assert_eq!(mails_to(&bench, OWNER_EMAIL).len(), 1, "and mailed");
    bench.stack.stop().await.unwrap();
}

/// Nothing else keeps that text waiting.
#[tokio::test]
async fn of_danger_the_owner_is_texted_while_no_mail_is_taken() {
    let bench = Bench::start().await;
    settings(&bench, r#"{"textOwner":"+12125550199"}"#).await;
    bench.stack.aws().ses.fault(&Fault::Throttle, 1);
    let session = conversation(&bench, "+14155550187").await;
    let (person, interaction) = (&session.person, &session.interaction);
    let (now, twin) = (Timestamp::now(), alone(&bench, Client::new(&config(&bench))));
    twin.alarmed(&session, "Help me", now).await.unwrap();
    let came = Box::pin(twin.follow_up(person, interaction, &post(&bench), now)).await;
    assert!(matches!(came, Err(Error::Upstream(_))), "the mail is tried again: {came:?}");
    assert_eq!((texts(&bench).len(), mails_to(&bench, OWNER_EMAIL).len()), (1, 0));
    Box::pin(twin.follow_up(person, interaction, &post(&bench), now)).await.unwrap();
    assert_eq!((texts(&bench).len(), mails_to(&bench, OWNER_EMAIL).len()), (1, 1), "each once");
    bench.stack.stop().await.unwrap();
}
