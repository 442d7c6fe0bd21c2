//! A recruiter calls at twenty to midnight and books a time: the invitation comes at once, one mail of thanks in the morning
//! where they are, and nothing twice, wherever whoever does it dies.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use mail_parser::{MessageParser, MessagePart, MimeHeaders as _};
use omnitwin::stack::OWNER_EMAIL;
use serde_json::json;
use tests::{Bench, dying::Life};
use twin::{
    follow_up::{Content, FollowUp, State},
    id::{InteractionId, PersonId},
    identity::{Assurance, EvidenceSource},
    interaction::{Channel, Outcome, Speaker, Turn},
    routing::RouteKind,
    twin::{Arrival, Post, Session, Twin},
};

use super::{
    calendar::{started, ten},
    crashing::{address, broke_off, dying, lives, number},
    follow_up::{
        conservation::post,
        deciding::{mails_to, settings},
    },
    proving::resolved,
};

const SETTINGS: &str = r#"{"links":{"resume":"https://alex.example/resume.pdf","booking":"https://twin.example/book"},
    "caps":{"perPerson":3,"inAll":1000}}"#;
/// More than all of it writes.
const ENOUGH: usize = 10_000;
/// Meetings can be booked so many days ahead.
const DAYS: usize = 20;

/// Twenty to midnight tomorrow in San Francisco, and twenty to nine in the morning after it.
fn night_and_morning() -> (Timestamp, Timestamp) {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let tomorrow = Timestamp::now().to_zoned(zone.clone()).date().tomorrow().unwrap();
    let at = |day: Date, hour| day.at(hour, 40, 0, 0).to_zoned(zone.clone()).unwrap().timestamp();
    (at(tomorrow, 23), at(tomorrow.tomorrow().unwrap(), 8))
}

/// Up to the goodbye, everything asked for twice.
async fn calls(twin: &Twin, bench: &Bench, at: usize, night: Timestamp) -> Session {
    let person = resolved(bench, number(at), EvidenceSource::CallerId).await;
    let arrival = Arrival {
        person,
        interaction: InteractionId::generate(night),
        channel: Channel::Phone,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
    };
    let session = twin.open(&arrival, night).await.unwrap();
    let text =
        "I am a recruiter at Northgate, and I have a staff role for him. Could I talk to him?".to_owned();
    let turn =
        Turn { offset_ms: 1, sequence: 1, speaker: Speaker::Person, text, interrupted: false, heard: None };
    twin.heard(&session, &turn).await.unwrap();
    let (day, hour) = (i64::try_from(at % DAYS).unwrap(), i64::try_from(at / DAYS).unwrap());
    let start = ten(4 + day) + SignedDuration::from_hours(2 * hour);
    let contact = json!({ "name": "Dana Whitfield", "email": address(at), "confirmed": true });
    let book = json!({ "start": start, "topic": "A staff role", "name": "Dana Whitfield", "email": address(at),
        "confirmed": true });
    for _ in 0..2 {
        twin.act(&session, "contact", "save_contact", &contact.to_string(), night).await.unwrap();
        let booked = twin.act(&session, "book", "book_meeting", &book.to_string(), night).await.unwrap();
        assert_eq!(booked.output["booked"], true, "{:?}", booked.output);
        twin.close(&session.person, &session.interaction, Outcome::Completed, night).await.unwrap();
    }
    session
}

/// The event of each invitation that somebody got, as a calendar finds it among the alternatives of the mail.
fn events_to(bench: &Bench, to: &str) -> Vec<String> {
    let sent = bench.stack.aws().ses.sent();
    let theirs = sent.iter().filter(|mail| mail.recipients == [to]);
    let events = theirs.filter_map(|mail| {
        let message = MessageParser::default().parse(&mail.raw)?;
        let is_invitation = |part: &&MessagePart<'_>| {
            part.is_content_type("text", "calendar")
                && part.content_type().and_then(|kind| kind.attribute("method")) == Some("REQUEST")
        };
        message.parts.iter().find(is_invitation)?.text_contents().map(str::to_owned)
    });
    events.collect()
}

/// The jobs of the conversation and of the booking, as a worker takes them.
async fn works(twin: &Twin, person: &PersonId, jobs: &[InteractionId], post: &Post, now: Timestamp) {
    for job in jobs {
        broke_off(twin.follow_up(person, job, post, now).await);
    }
}

#[tokio::test]
async fn a_recruiter_books_at_night() {
    let bench = started().await;
    settings(&bench, SETTINGS).await;
    let (store, post) = (bench.stack.twin.store(), &post(&bench));
    let (night, morning) = night_and_morning();
    let (mut at, mut told, mut is_whole) = (0, 0, false);
    Box::pin(lives(&bench, async |mortal, writes| {
        at += 1;
        let whole = dying(&bench, &Life::of(ENOUGH));
        let session = calls(&whole, &bench, at, night).await;
        let person = &session.person;
        let planned = store.follow_ups(person).await.unwrap();
        let is_invitation = |one: &&FollowUp| matches!(one.content, Content::Invitation { .. });
        let booking = planned.iter().find(is_invitation).unwrap().interaction.clone();
        let jobs = [session.interaction.clone(), booking];

        works(mortal, person, &jobs, post, night).await;
        works(&whole, person, &jobs, post, night).await;
        let theirs = mails_to(&bench, &address(at));
        assert!(theirs.iter().all(|mail| !mail.contains("resume.pdf")), "it is night: {theirs:?}");
        broke_off(mortal.sweep(morning).await);
        works(mortal, person, &jobs, post, morning).await;
        // Whoever died is made up for.
        for minutes in [3, 6, 9] {
            let now = morning + SignedDuration::from_mins(minutes);
            whole.sweep(now).await.unwrap();
            works(&whole, person, &jobs, post, now).await;
        }

        let all = store.follow_ups(person).await.unwrap();
        let is_settled = |one: &FollowUp| matches!(one.state, State::Sent | State::Unknown);
        assert!(all.len() == 3 && all.iter().all(is_settled), "after {writes} writes: {all:?}");
        let unknown = |is: &dyn Fn(&Content) -> bool| {
            all.iter().any(|one| is(&one.content) && one.state == State::Unknown)
        };
        let theirs = mails_to(&bench, &address(at));
        let thanks = theirs.iter().filter(|mail| mail.contains("resume.pdf")).count();
        let events = events_to(&bench, &address(at));
        let invited = events.len();
        assert_eq!(theirs.len(), thanks + invited, "after {writes} writes: {theirs:?}");
        assert!(events.iter().all(|event| event.contains("METHOD:REQUEST") && event.contains("SEQUENCE:0")));
        let owners = mails_to(&bench, OWNER_EMAIL).len() - told;
        told += owners;
        let counts = [
            (invited, unknown(&|it| matches!(it, Content::Invitation { .. }))),
            (thanks, unknown(&|it| matches!(it, Content::SummaryEmail { .. }))),
            (owners, unknown(&|it| matches!(it, Content::MeetingNotification { .. }))),
        ];
        for (mails, is_unknown) in counts {
            assert!(mails == 1 || (mails == 0 && is_unknown), "after {writes} writes: {counts:?}");
        }
        is_whole = counts.iter().all(|(_, is_unknown)| !is_unknown);
    }))
    .await;
    assert!(is_whole, "who did not die knows of each that it was sent");
    bench.stack.stop().await.unwrap();
}
