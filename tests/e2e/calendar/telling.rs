//! Who is told of a booking, and when: the owner at once, the guest at an address that is surely theirs, or once the owner
//! has said so.

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use omnitwin::stack::OWNER_EMAIL;
use serde_json::json;
use tests::{between::Between, dying::Life};
use twin::{
    follow_up::{Content, Kind, State},
    handoff::hash,
    identity::{Assurance, Email, EvidenceSource},
    interaction::Channel,
    scheduling::{CalendarSettings, Guest, Party},
    twin::{Booker, Decision, Session, ToBook},
};

use super::{always, booked, link, post, somebody, started, ten, to_book, wish};
use crate::{
    crashing::alone,
    follow_up::{
        conservation,
        deciding::{mails_to, settings},
    },
    privacy::config,
    proving::{acted, email, opened, resolved},
};

/// What a guest typed is no proof of an address: their invitation waits, the owner knows at once.
#[tokio::test]
async fn who_is_told_of_a_booking() {
    let bench = started().await;
    let at = ten(2);
    let made = booked(&bench, &wish("dana", at)).await;
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.stack.aws().ses.sent();
    assert_eq!(sent.len(), 1);
    let told = MessageParser::default().parse(&sent[0].raw).unwrap();
    let (subject, text) = (told.subject().unwrap(), told.body_text(0).unwrap());
    let day = at.strftime("%a %-d %b 10:00");
    assert_eq!(subject, format!("Booked: Introduction with Dana Lee, {day}"));
    assert!(text.contains("Dana Lee booked a meeting with you") && text.contains("dana@northgate"), "{text}");
    assert!(text.contains("/decide?token=") && !text.contains("conversation"), "{text}");
    let attached: Vec<_> = told.attachments().map(|part| part.text_contents().unwrap_or_default()).collect();
    assert!(attached.len() == 1 && attached[0].contains("METHOD:PUBLISH"), "{attached:?}");
    assert!(attached[0].contains("SUMMARY:Introduction: Dana Lee"), "{attached:?}");
    let store = bench.stack.twin.store();
    let guest = &store.awaiting().await.unwrap()[0].person;
    let known = store.known(guest).await.unwrap().unwrap();
    let methods = known.contact.contact_methods;
    assert_eq!((methods.email.is_some(), methods.email_confirmed), (true, false), "it was only typed");
    let waiting = store.awaiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    let print = waiting[0].fingerprint();
    let (person, id) = (&waiting[0].person, &waiting[0].id);
    let approve = Decision::approve();
    bench.stack.twin.decide(person, id, &print, approve, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let invitation = bench.stack.aws().ses.sent().pop().unwrap();
    assert_eq!(invitation.recipients, ["dana@northgate.example"]);
    let raw = String::from_utf8_lossy(&invitation.raw).into_owned();
    assert!(raw.contains("multipart/alternative") && raw.contains("text/calendar"), "{raw}");
    assert!(raw.contains("method=\"REQUEST\"") || raw.contains("method=REQUEST"), "{raw}");
    // It was sent, so what changes is told, too; what was not told before does not follow.
    let path = format!("/api/calendar/links/{}", link(&made));
    post(&bench, &format!("{path}/move"), &json!({ "start": ten(3) }), None).await;
    bench.stack.jobs_done().await.unwrap();
    post(&bench, &format!("{path}/cancel"), &json!({}), None).await;
    bench.stack.jobs_done().await.unwrap();
    let told: Vec<(State, u32)> = store
        .follow_ups(person)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|one| match one.content {
            Content::Invitation { booking, .. } => Some((one.state, booking.sequence)),
            _ => None,
        })
        .collect();
    assert!(told.contains(&(State::Sent, 0)) && told.contains(&(State::Sent, 2)), "{told:?}");
    let owners = mails_to(&bench, OWNER_EMAIL);
    assert_eq!(owners.len(), 3, "{owners:?}");
    assert!(owners[1].contains("Dana Lee moved") && owners[2].contains("Dana Lee cancelled"), "{owners:?}");
    assert!(owners[1..].iter().all(|mail| !mail.contains("/decide?")), "nothing waits: {owners:?}");
    assert!(store.awaiting().await.unwrap().is_empty());
    bench.stack.stop().await.unwrap();
}

/// Whoever is nobody yet and books far ahead is known until the meeting is over, with all that is kept of them.
#[tokio::test]
async fn a_guest_is_not_forgotten_before_their_meeting() {
    let bench = started().await;
    let far = CalendarSettings { days_ahead: 120, ..always() };
    bench.stack.twin.store().save_calendar_settings(&far, 2, Timestamp::now()).await.unwrap();
    let (twin, now, start) = (&bench.stack.twin, Timestamp::now(), ten(100));
    let guest = somebody(&bench).await;
    let booking = twin.book(&guest, to_book(start, "key"), now).await.unwrap().unwrap();
    let known = twin.store().known(&guest.person).await.unwrap().unwrap();
    let kept = [known.contact.forget_at, known.context.forget_at, known.memory.forget_at];
    assert!(kept.iter().all(|at| at.is_some_and(|at| at > booking.end)), "{kept:?}");
    bench.stack.stop().await.unwrap();
}

/// What the owner says of invitations counts for them, too; and no rule sends one to an address that anybody typed.
#[tokio::test]
async fn a_rule_for_invitations_is_kept_to() {
    let bench = started().await;
    let rows = [
        ("", true, State::Sent),
        (r#"{"kind":"invitation","then":"ask"}"#, true, State::AwaitingApproval),
        (r#"{"kind":"invitation","level":2,"then":"ask"}"#, true, State::Sent),
        (r#"{"then":"automatic"}"#, false, State::AwaitingApproval),
    ];
    for (day, (rule, read_back, expected)) in (2..).zip(rows) {
        settings(&bench, &format!(r#"{{"rules":[{rule}]}}"#)).await;
        let booker = Booker {
            channel: Channel::Phone,
            level: Assurance::Claimed,
            read_back,
            ..somebody(&bench).await
        };
        let mut wanted = to_book(ten(day), "key");
        wanted.guest.email = Some(Email::parse(&format!("dana{day}@northgate.example")).unwrap());
        bench.stack.twin.book(&booker, wanted, Timestamp::now()).await.unwrap().unwrap();
        bench.stack.jobs_done().await.unwrap();
        let all = bench.stack.twin.store().follow_ups(&booker.person).await.unwrap();
        let told = all.iter().find(|one| matches!(one.content, Content::Invitation { .. })).unwrap();
        assert_eq!(told.state, expected, "{rule} {read_back}");
    }
    // What went out by itself is followed by what changes, whoever changes it.
    settings(&bench, r#"{"rules":[{"kind":"invitation","level":1,"then":"automatic"},{"then":"ask"}]}"#)
        .await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let booker = somebody(&bench).await;
    let booker = Booker { channel: Channel::Phone, level: Assurance::Claimed, read_back: true, ..booker };
    let mut wanted = to_book(ten(8), "key");
    wanted.guest.email = Some(Email::parse("lee@northgate.example").unwrap());
    let booking = twin.book(&booker, wanted, now).await.unwrap().unwrap();
    bench.stack.jobs_done().await.unwrap();
    twin.move_booking(&booking, ten(9), Party::Guest, now).await.unwrap().unwrap();
    bench.stack.jobs_done().await.unwrap();
    let all = twin.store().follow_ups(&booker.person).await.unwrap();
    let invitations = all.iter().filter(|one| matches!(one.content, Content::Invitation { .. }));
    assert_eq!(invitations.map(|one| one.state).collect::<Vec<_>>(), [State::Sent, State::Sent]);
    bench.stack.stop().await.unwrap();
}

/// Somebody who is known, and names another address than theirs, is told plainly that the owner looks at it first.
#[tokio::test]
async fn another_address_of_somebody_who_is_known_is_looked_at_first() {
    let bench = started().await;
    let (own, other) = ("dana@northgate.example", "dana@elsewhere.example");
    let dana = resolved(&bench, email(own), EvidenceSource::SignIn).await;
    let session = opened(&bench, &dana, Channel::Chat, Assurance::SignedIn).await;
    acted(&bench, &session, "save_contact", json!({ "name": "Dana Lee", "email": own, "confirmed": true }))
        .await;
    for (day, address, waits) in [(3, own, false), (4, other, true)] {
        let asked = json!({ "start": ten(day), "name": "Dana Lee", "email": address, "confirmed": true });
        let told = acted(&bench, &session, "book_meeting", asked).await;
        assert_eq!(told["booked"], true, "{told}");
        let say = told["say"].as_str().unwrap();
        assert!(say.contains(address), "{say}");
        assert_eq!(say.contains("waits until the owner has seen it"), waits, "{say}");
    }
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.stack.aws().ses.sent();
    let invited = |address: &str| sent.iter().any(|mail| mail.recipients == [address]);
    assert!(invited(own) && !invited(other), "as it was said");
    bench.stack.stop().await.unwrap();
}

/// What is said of an invitation is what becomes of it; and by it nobody hears whether an address is known, or takes no mail.
#[tokio::test]
async fn what_is_said_of_an_invitation_becomes_of_it() {
    let bench = started().await;
    let (own, other, never) = (
        "dana@northgate.example",
        "dana@elsewhere.example",
        "No invitation is mailed, so please note the time.",
    );
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let said = async |session: &Session, day: i64, address: &str, read_back: bool| {
        let asked = |confirmed: bool| json!({ "start": ten(day), "name": "Dana Lee", "email": address, "confirmed": confirmed });
        if read_back {
            acted(&bench, session, "book_meeting", asked(false)).await;
        }
        let told = acted(&bench, session, "book_meeting", asked(true)).await;
        assert_eq!(told["booked"], true, "{told}");
        told["say"].as_str().unwrap().to_owned()
    };
    let dana = resolved(&bench, email(own), EvidenceSource::SignIn).await;
    let session = opened(&bench, &dana, Channel::Chat, Assurance::SignedIn).await;
    let goes = said(&session, 3, own, true).await;
    assert!(goes.ends_with(&format!("The invitation goes to {own}.")), "{goes}");
    bench.stack.jobs_done().await.unwrap();

    let waits = said(&session, 4, other, false).await;
    assert!(
        waits.ends_with(&format!("The invitation to {other} waits until the owner has seen it.")),
        "{waits}"
    );
    let all = twin.store().follow_ups(&dana).await.unwrap();
    let waiting = all.iter().find(|one| one.state == State::AwaitingApproval).unwrap();
    twin.decide(&dana, &waiting.id, &waiting.fingerprint(), Decision::Reject, now).await.unwrap();
    let rejected = said(&session, 4, other, false).await;
    assert!(rejected.ends_with(never), "{rejected}");

    let address = Email::parse(own).unwrap();
    twin.no_more_mails(&dana, Some(&hash(&address.key())), now).await.unwrap();
    let unwanted = said(&session, 5, own, true).await;
    assert!(unwanted.ends_with(never), "{unwanted}");
    // Whoever else names it hears what everybody hears.
    for (day, address) in [(6, own), (7, "lee@northgate.example")] {
        let unknown = somebody(&bench).await.person;
        let session = opened(&bench, &unknown, Channel::Phone, Assurance::Claimed).await;
        let expected = said(&session, day, address, true).await;
        let look = format!("Look for the invitation at {address}; the time is yours even if none arrives.");
        assert!(expected.ends_with(&look), "{expected}");
    }
    bench.stack.jobs_done().await.unwrap();
    let sent = [own, other, "lee@northgate.example"].map(|to| mails_to(&bench, to).len());
    assert_eq!(sent, [1, 0, 1], "as it was said");
    bench.stack.stop().await.unwrap();
}

/// A number that nobody shows names nobody: an address that nobody proved is invited by itself for one of them.
#[tokio::test]
async fn an_address_that_several_name_waits() {
    let bench = started().await;
    for (day, expected) in [(2, State::Sent), (3, State::AwaitingApproval)] {
        let unknown = somebody(&bench).await;
        let booker =
            Booker { channel: Channel::Phone, level: Assurance::Claimed, read_back: true, ..unknown };
        let mut wanted = to_book(ten(day), "key");
        wanted.guest.email = Some(Email::parse("dana@northgate.example").unwrap());
        let (twin, now) = (&bench.stack.twin, Timestamp::now());
        let booking = twin.book(&booker, wanted, now).await.unwrap().unwrap();
        bench.stack.jobs_done().await.unwrap();
        let told = async || {
            let all = twin.store().follow_ups(&booker.person).await.unwrap();
            let invitations = all.into_iter().filter(|one| matches!(one.content, Content::Invitation { .. }));
            invitations.map(|one| one.state).collect::<Vec<_>>()
        };
        assert_eq!(told().await, [expected]);
        if expected == State::Sent {
            twin.cancel_booking(&booking, Party::Guest, now).await.unwrap();
            bench.stack.jobs_done().await.unwrap();
            assert_eq!(told().await, [State::Sent, State::Sent], "who has it is told what becomes of it");
        }
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_mail_that_is_not_true_any_more_stays() {
    let bench = started().await;
    let made = booked(&bench, &wish("dana", ten(2))).await;
    let path = format!("/api/calendar/links/{}/cancel", link(&made));
    post(&bench, &path, &json!({}), None).await;
    bench.stack.jobs_done().await.unwrap();
    let store = bench.stack.twin.store();
    assert!(store.awaiting().await.unwrap().is_empty(), "nobody is invited to what does not take place");
    let sent = bench.stack.aws().ses.sent();
    assert!(sent.iter().all(|mail| mail.recipients != ["dana@northgate.example"]));
    bench.stack.stop().await.unwrap();
}

/// The invitation leaves while somebody cancels, who dies after so many writes: the meeting takes place, or its guest hears that
/// it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_while_they_cancel_leaves_no_guest_untold() {
    let bench = started().await;
    let now = Timestamp::now();
    let twin = alone(&bench, Client::new(&config(&bench)));
    let mut cancelled = 0;
    for writes in 0..20_i32 {
        let to = format!("dana{writes}@northgate.example");
        let start = ten(2 + i64::from(writes));
        let guest = Guest { email: Some(Email::parse(&to).unwrap()), ..to_book(start, "key").guest };
        let person = resolved(&bench, email(&to), EvidenceSource::SignIn).await;
        let level = Assurance::SignedIn;
        let booker = Booker { person, interaction: None, channel: Channel::Chat, level, read_back: true };
        let wanted = ToBook { guest, ..to_book(start, "key") };
        let booking = twin.book(&booker, wanted, now).await.unwrap().unwrap();
        let all = twin.store().follow_ups(&booker.person).await.unwrap();
        let invitation = all.into_iter().find(|one| one.content.kind() == Kind::Invitation).unwrap();
        let (worker, through) = (twin.clone(), conservation::post(&bench));
        let between = Between::of("BOOKING#", async move {
            let of = (&invitation.person, &invitation.interaction);
            Ok(Box::pin(worker.follow_up(of.0, of.1, &through, now)).await?)
        });
        let life = Life::of(usize::try_from(writes).unwrap());
        let dying = alone(&bench, life.end(&between.client(&config(&bench))));
        let came = dying.cancel_booking(&booking, Party::Owner, now).await;
        assert!(came.is_ok() || life.is_over(), "{came:?}");
        bench.stack.twin.sweep(now + SignedDuration::from_mins(3)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let told = mails_to(&bench, &to);
        if twin.store().booking(&booker.person, &booking.id).await.unwrap().unwrap().is_on() {
            assert_eq!(told.len(), 1, "after {writes} writes: {told:?}");
        } else {
            let is_told = told.len() == 2 && told[1].contains("does not take place");
            assert!(is_told, "after {writes} writes: {told:?}");
            cancelled += 1;
        }
        if !life.is_over() {
            break;
        }
    }
    assert!(cancelled > 1, "nobody died");
    bench.stack.stop().await.unwrap();
}

/// The invitation leaves while the meeting is cancelled, or moved: whoever has it hears that, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_in_the_last_moment_is_corrected() {
    for (moves, corrected) in [(false, "does not take place"), (true, "at another time now")] {
        let bench = started().await;
        let now = Timestamp::now();
        let to = "dana@northgate.example";
        let guest = Guest { email: Some(Email::parse(to).unwrap()), ..to_book(ten(2), "key").guest };
        let person = resolved(&bench, email(to), EvidenceSource::SignIn).await;
        let level = Assurance::SignedIn;
        let booker = Booker { person, interaction: None, channel: Channel::Chat, level, read_back: true };
        // Nobody carries out what is planned, but whoever is asked to.
        let twin = alone(&bench, Client::new(&config(&bench)));
        let wanted = ToBook { guest, ..to_book(ten(2), "key") };
        let booking = twin.book(&booker, wanted, now).await.unwrap().unwrap();
        let all = twin.store().follow_ups(&booker.person).await.unwrap();
        let invitation = all.into_iter().find(|one| one.content.kind() == Kind::Invitation).unwrap();
        assert_eq!(invitation.state, State::Approved);
        let (worker, through) = (twin.clone(), conservation::post(&bench));
        let between = Between::of("BOOKING#", async move {
            let of = (&invitation.person, &invitation.interaction);
            Ok(Box::pin(worker.follow_up(of.0, of.1, &through, now)).await?)
        });
        let changing = alone(&bench, between.client(&config(&bench)));
        if moves {
            changing.move_booking(&booking, ten(3), Party::Owner, now).await.unwrap().unwrap();
        } else {
            changing.cancel_booking(&booking, Party::Owner, now).await.unwrap();
        }
        assert!(between.has_happened());
        assert_eq!(mails_to(&bench, to).len(), 1, "they are invited");
        bench.stack.twin.sweep(now + SignedDuration::from_mins(3)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let told = mails_to(&bench, to);
        assert!(told.len() == 2 && told[1].contains(corrected), "{told:?}");
        bench.stack.stop().await.unwrap();
    }
}
