//! What a guest's calendar answers to an invitation (RFC 5546): a state of the meeting, from the guest's own address alone.

use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders as _};
use omnitwin::{
    aws::ses::Mail,
    stack::{OWNER_EMAIL, Options},
};
use serde_json::{Value, json};
use tests::{Bench, options};
use twin::{
    follow_up::reply::{ReplyAddress, read},
    identity::{Assurance, Email},
    interaction::Channel,
    scheduling::{Booking, Party, Says},
    twin::Booker,
};

use super::{deciding::mails_to, hearing_back::tell};
use crate::{
    calendar::{somebody, started_with, ten, to_book},
    crashing::{broke_off, lives},
};

const GUEST: &str = "dana@northgate.example";
const OTHER: &str = "eve@evil.example";

/// What is asked of the guest's calendar, a line each.
fn event(mail: &Mail) -> Vec<String> {
    let message = MessageParser::default().parse(&mail.raw).unwrap();
    let is_event = |kind: Option<&mail_parser::ContentType<'_>>| {
        kind.is_some_and(|kind| kind.subtype() == Some("calendar"))
    };
    let part = message.parts.iter().find(|part| is_event(part.content_type())).unwrap();
    let text = part.text_contents().unwrap().replace("\r\n ", "").replace("\n ", "");
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn value(event: &[String], name: &str) -> String {
    let line =
        event.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {event:?}"));
    let value = line.split_once("mailto:").or_else(|| line.split_once(':')).unwrap().1;
    value.to_owned()
}

/// A message of a calendar about this meeting.
struct Answer<'a> {
    uid: &'a str,
    method: &'a str,
    /// Of the event.
    lines: String,
    sequence: u32,
    at: Timestamp,
}

impl Answer<'_> {
    fn mailed(&self, to: &str, from: &str, dmarc: &str) -> Value {
        let Self { uid, method, lines, sequence, at } = self;
        let stamp = at.strftime("%Y%m%dT%H%M%SZ");
        let mime = format!(
            "From: Dana Lee <{from}>\r\nTo: {to}\r\nSubject: Re: Introduction\r\nAuto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDana Lee has answered.\r\n\
             --b\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n\
             BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//A calendar//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n\
             UID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:{sequence}\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n"
        );
        json!({
            "notificationType": "Received",
            "mail": { "messageId": format!("{method}-{stamp}-{lines}-{from}-{dmarc}"), "source": from },
            "receipt": {
                "recipients": [to],
                "spamVerdict": { "status": "PASS" }, "virusVerdict": { "status": "PASS" },
                "dkimVerdict": { "status": "PASS" }, "dmarcVerdict": { "status": dmarc },
                "action": { "type": "SNS", "encoding": "UTF8" }
            },
            "content": mime
        })
    }
}

fn attendee(address: &str, status: &str) -> String {
    format!("ATTENDEE;CN=Dana Lee;PARTSTAT={status}:mailto:{address}\r\n")
}

/// Somebody is invited; their invitation.
async fn invited(bench: &Bench, now: Timestamp) -> (Booking, Mail) {
    let unknown = somebody(bench).await;
    let booker = Booker { channel: Channel::Phone, level: Assurance::Claimed, read_back: true, ..unknown };
    let mut wanted = to_book(ten(3), "the-key");
    wanted.guest.email = Some(Email::parse(GUEST).unwrap());
    let booking = bench.stack.twin.book(&booker, wanted, now).await.unwrap().unwrap();
    (booking, last_invitation(bench).await)
}

async fn last_invitation(bench: &Bench) -> Mail {
    bench.stack.jobs_done().await.unwrap();
    let mut sent = bench.stack.aws().ses.sent();
    sent.retain(|mail| mail.recipients == [GUEST]);
    sent.pop().unwrap()
}

/// As the owner's calendar shows it.
async fn says(bench: &Bench) -> Value {
    bench.owner("/api/calendar/bookings").await["bookings"][0]["answer"]["says"].clone()
}

async fn receiving() -> Bench {
    started_with(Options { reply_domain: Some("reply.example".to_owned()), ..options() }).await
}

#[tokio::test]
async fn a_guests_calendar_says_whether_they_come() {
    let bench = receiving().await;
    let now = Timestamp::now();
    let (booking, invitation) = invited(&bench, now).await;
    let asked = event(&invitation);
    let (organizer, uid) = (value(&asked, "ORGANIZER"), value(&asked, "UID"));
    assert!(organizer.starts_with("twin+") && organizer.ends_with("@reply.example"), "{organizer}");
    let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
    let answer = |method: &'static str, lines: String, minutes: i64| Answer {
        uid: &uid,
        method,
        lines,
        sequence: 0,
        at: ago(minutes),
    };

    let maybe = answer("REPLY", attendee(GUEST, "TENTATIVE"), 30).mailed(&organizer, GUEST, "PASS");
    for _ in 0..3 {
        tell(&bench, &maybe).await;
    }
    assert_eq!(says(&bench).await, json!({ "kind": "tentative" }));
    let told = mails_to(&bench, OWNER_EMAIL);
    let told: Vec<_> = told.iter().filter(|mail| mail.contains("may come, and may not")).collect();
    assert_eq!(told.len(), 1, "once");

    let (start, end) = (ten(4), ten(4) + SignedDuration::from_mins(30));
    let times = format!(
        "DTSTART:{}\r\nDTEND:{}\r\n",
        start.strftime("%Y%m%dT%H%M%SZ"),
        end.strftime("%Y%m%dT%H%M%SZ")
    );
    let counter = answer("COUNTER", format!("{}{times}", attendee(GUEST, "TENTATIVE")), 20);
    tell(&bench, &counter.mailed(&organizer, GUEST, "PASS")).await;
    assert_eq!(says(&bench).await, json!({ "kind": "counter", "start": start, "end": end }));
    let declined = answer("REPLY", attendee(GUEST, "DECLINED"), 10).mailed(&organizer, GUEST, "PASS");
    tell(&bench, &declined).await;
    let late = answer("REPLY", attendee(GUEST, "ACCEPTED"), 15).mailed(&organizer, GUEST, "PASS");
    tell(&bench, &late).await;
    assert_eq!(says(&bench).await, json!({ "kind": "declined" }), "the last word counts");
    let told = mails_to(&bench, OWNER_EMAIL).join("\n");
    assert!(told.contains("would rather meet on") && told.contains("will not come"), "{told}");
    let stands = bench.owner("/api/calendar/bookings").await["bookings"][0].clone();
    assert_eq!(
        (&stands["start"], &stands["sequence"]),
        (&json!(booking.start), &json!(0)),
        "nothing was moved"
    );
    let page =
        bench.as_owner(reqwest::Method::GET, &format!("/people/{}", booking.person)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("they will not come"));
    let log = bench.owner("/api/audit").await["lines"].to_string();
    assert!(log.contains("booking_answered") && !log.contains("declined"), "{log}");
    let cancel = answer("CANCEL", format!("ORGANIZER:mailto:{GUEST}\r\n"), 5);
    tell(&bench, &cancel.mailed(&organizer, GUEST, "PASS")).await;
    assert_eq!(says(&bench).await, json!({ "kind": "declined" }));

    // Moved, it is the same meeting of the same organizer, to which nothing was answered yet.
    let twin = &bench.stack.twin;
    let stands = twin.store().booking(&booking.person, &booking.id).await.unwrap().unwrap();
    twin.move_booking(&stands, ten(5), Party::Guest, now).await.unwrap().unwrap();
    let asked = event(&last_invitation(&bench).await);
    assert_eq!((value(&asked, "ORGANIZER"), value(&asked, "UID")), (organizer.clone(), uid.clone()));
    assert_eq!((value(&asked, "SEQUENCE").as_str(), says(&bench).await), ("1", Value::Null));
    let outdated = answer("REPLY", attendee(GUEST, "DECLINED"), 1).mailed(&organizer, GUEST, "PASS");
    tell(&bench, &outdated).await;
    assert_eq!(says(&bench).await, Value::Null, "that was of the time before");
    let lines = format!("{}COMMENT:I am ill.\r\n", attendee(GUEST, "DECLINED"));
    tell(&bench, &answer("REPLY", lines, 1).mailed(&organizer, GUEST, "PASS")).await;
    let told = mails_to(&bench, OWNER_EMAIL).pop().unwrap();
    assert!(
        says(&bench).await.is_null() && told.contains("I am ill."),
        "but what they wrote is read: {told}"
    );
    let accepted = Answer { sequence: 1, ..answer("REPLY", attendee(GUEST, "ACCEPTED"), 0) };
    tell(&bench, &accepted.mailed(&organizer, GUEST, "PASS")).await;
    assert_eq!(says(&bench).await, json!({ "kind": "accepted" }));
    let told = mails_to(&bench, OWNER_EMAIL).len();
    let lines = format!("{}COMMENT:Who else\\, if I may ask\\, comes?\r\n", attendee(GUEST, "ACCEPTED"));
    let with_words = Answer { sequence: 1, ..answer("REPLY", lines, 0) };
    tell(&bench, &with_words.mailed(&organizer, GUEST, "PASS")).await;
    let mailed = mails_to(&bench, OWNER_EMAIL);
    assert!(
        mailed.len() == told + 1 && mailed[told].contains("Who else, if I may ask, comes?"),
        "{mailed:?}"
    );
    let link = twin.link_to(&stands).await.unwrap();
    let path = format!("/api/calendar/links/{}/invitation.ics", link.reveal());
    let file = bench.http.get(bench.url(&path)).send().await.unwrap().text().await.unwrap();
    assert!(file.replace("\r\n ", "").contains(&format!("mailto:{organizer}")), "{file}");
    bench.stack.stop().await.unwrap();
}

/// Whoever takes in an answer dies after each number of its writes, and the answer comes again: it is noted, and the owner is
/// told of it, once.
#[tokio::test]
async fn an_answer_is_told_of_whenever_a_process_dies() {
    let bench = receiving().await;
    let now = Timestamp::now();
    let (booking, invitation) = invited(&bench, now).await;
    let asked = event(&invitation);
    let (organizer, uid) = (value(&asked, "ORGANIZER"), value(&asked, "UID"));
    let twin = &bench.stack.twin;
    let token = ReplyAddress::token_in(&organizer).unwrap();
    let answers = twin.store().reply_address(&token).await.unwrap().unwrap();
    let mail = |status: &str, minutes: i64| {
        let at = now - SignedDuration::from_mins(minutes);
        let answer = Answer { uid: &uid, method: "REPLY", lines: attendee(GUEST, status), sequence: 0, at };
        let mailed = answer.mailed(&organizer, GUEST, "PASS");
        read(mailed["content"].as_str().unwrap().as_bytes()).unwrap()
    };
    let told = || mails_to(&bench, OWNER_EMAIL).iter().filter(|mail| mail.contains("come after all")).count();
    let mut before = 0;
    lives(&bench, async |dying, writes| {
        let ago = 1000 - 10 * i64::try_from(writes).unwrap();
        let (declined, accepted) = (format!("declined-{writes}"), format!("accepted-{writes}"));
        twin.wrote_back(&answers, &declined, mail("DECLINED", ago), true, now).await.unwrap();
        broke_off(dying.wrote_back(&answers, &accepted, mail("ACCEPTED", ago - 5), true, now).await);
        for _ in 0..2 {
            twin.wrote_back(&answers, &accepted, mail("ACCEPTED", ago - 5), true, now).await.unwrap();
        }
        bench.stack.jobs_done().await.unwrap();
        let says =
            twin.store().booking(&booking.person, &booking.id).await.unwrap().unwrap().answer.unwrap().says;
        assert_eq!((says, told()), (Says::Accepted, before + 1), "after {writes} writes");
        before += 1;
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// Whoever else writes there, or says something of another meeting, changes nothing; what a person writes is a mail.
#[tokio::test]
async fn nobody_else_answers_for_a_guest() {
    let bench = receiving().await;
    let now = Timestamp::now();
    let (_, invitation) = invited(&bench, now).await;
    let asked = event(&invitation);
    let (organizer, uid) = (value(&asked, "ORGANIZER"), value(&asked, "UID"));
    let answer = |uid: &'static str, address: &str| Answer {
        uid,
        method: "REPLY",
        lines: attendee(address, "DECLINED"),
        sequence: 0,
        at: now,
    };
    let own = Answer { uid: &uid, ..answer("", GUEST) };
    for (answer, from, dmarc) in [
        (&own, GUEST, "FAIL"),
        (&own, OTHER, "PASS"),
        (&Answer { uid: &uid, ..answer("", OTHER) }, GUEST, "PASS"),
        (&answer("bkg_another@omnitwin.example", GUEST), GUEST, "PASS"),
    ] {
        tell(&bench, &answer.mailed(&organizer, from, dmarc)).await;
        assert_eq!(says(&bench).await, Value::Null, "{from} {dmarc}");
    }
    let nowhere = "twin+00112233445566778899aabb@reply.example";
    tell(&bench, &own.mailed(nowhere, GUEST, "PASS")).await;
    assert_eq!(says(&bench).await, Value::Null, "of no meeting");
    let before = mails_to(&bench, OWNER_EMAIL).len();
    let mut written = own.mailed(&organizer, GUEST, "PASS");
    let mime = format!(
        "From: Dana Lee <{GUEST}>\r\nTo: {organizer}\r\nSubject: Hi\r\n\r\nShall I bring the plans?\r\n"
    );
    (written["content"], written["mail"]["messageId"]) = (json!(mime), json!("by-hand"));
    tell(&bench, &written).await;
    let told = mails_to(&bench, OWNER_EMAIL);
    assert!(told.len() == before + 1 && told[before].contains("bring the plans"), "{told:?}");
    bench.stack.stop().await.unwrap();
}
