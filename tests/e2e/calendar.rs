//! The calendar over HTTP: what is free, who gets a time of many that want it, what a link does, and what is told of it.

mod connected;
mod outside;

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use omnitwin::stack::OWNER_EMAIL;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    audit::Actor,
    follow_up::{Content, State},
    handoff::hash,
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, EvidenceSource},
    interaction::Channel,
    routing::RouteKind,
    scheduling::{Booking, CalendarSettings, Guest, Party, Refusal, Slot, booking::HELD_FOR},
    store::StoreError,
    twin::{Arrival, Booker, Decision, Session, ToBook},
};

use super::{
    follow_up::deciding::{mails_to, settings},
    proving::{acted, email, opened, resolved},
};

/// Any hour of any day.
fn always() -> CalendarSettings {
    serde_json::from_value(json!({
        "timeZone": "UTC",
        "hours": [{
            "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "from": "00:00", "to": "23:45",
        }],
        "bufferMinutes": 15, "noticeMinutes": 0, "daysAhead": 30, "dailyCap": 3, "stepMinutes": 30,
    }))
    .unwrap()
}

pub async fn started() -> Bench {
    started_with(tests::options()).await
}

pub async fn started_with(options: omnitwin::stack::Options) -> Bench {
    let bench = Bench::with(options).await;
    let body = json!({ "version": 1, "settings": always() });
    let saved = bench.as_owner(Method::PUT, "/api/calendar/settings").json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench
}

/// Ten o'clock, some days from now.
pub fn ten(days: i64) -> Timestamp {
    let day =
        (Timestamp::now() + SignedDuration::from_hours(24 * days)).to_zoned(jiff::tz::TimeZone::UTC).date();
    day.at(10, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

fn minutes(at: Timestamp, minutes: i64) -> Timestamp {
    at + SignedDuration::from_mins(minutes)
}

fn wish(key: &str, start: Timestamp) -> Value {
    json!({
        "key": format!("{key}-0123456789abcdef"), "start": start, "name": "Dana Lee",
        "email": format!("{key}@northgate.example"), "timeZone": "America/New_York", "topic": "A role; yours?",
    })
}

async fn post(bench: &Bench, path: &str, body: &Value, cookie: Option<&str>) -> Response {
    let mut request = bench.http.post(bench.url(path)).json(body);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.send().await.unwrap()
}

async fn booked(bench: &Bench, body: &Value) -> Value {
    let answer = post(bench, "/api/calendar/bookings", body, None).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{body}");
    answer.json().await.unwrap()
}

fn link(booked: &Value) -> String {
    booked["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn free(bench: &Bench, query: &str) -> Value {
    let answer = bench.http.get(bench.url(&format!("/api/calendar/slots?{query}"))).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    answer.json().await.unwrap()
}

async fn starts(bench: &Bench, day: Timestamp) -> Vec<Timestamp> {
    let times = free(bench, &format!("from={}&to={}", minutes(day, -60), minutes(day, 120))).await;
    times["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["start"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// Somebody of whom nothing else is known.
pub async fn somebody(bench: &Bench) -> Booker {
    let now = Timestamp::now();
    let person = PersonId::generate(now);
    bench.stack.twin.store().create_ephemeral(person.clone(), now).await.unwrap();
    let interaction = Some(InteractionId::generate(now));
    Booker { person, interaction, channel: Channel::Chat, level: Assurance::Anonymous, read_back: false }
}

pub fn to_book(start: Timestamp, key: &str) -> ToBook {
    let guest = Guest { name: None, email: None, phone: None, time_zone: "UTC".to_owned() };
    ToBook { key: key.to_owned(), meeting: None, start, guest, topic: None }
}

/// All that is claimed in the next month.
pub async fn claimed(bench: &Bench) -> (usize, u8) {
    let now = Timestamp::now();
    let span = (now, minutes(now, 30 * 24 * 60));
    let taken = bench.stack.twin.store().busy(&jiff::tz::TimeZone::UTC, span, None, now).await.unwrap();
    (taken.quarters.len(), taken.meetings.values().sum())
}

#[tokio::test]
async fn a_time_is_booked_shown_moved_and_cancelled() {
    let bench = started().await;
    let at = ten(3);
    assert!(starts(&bench, at).await.contains(&at));
    let made = booked(&bench, &wish("dana", at)).await;
    assert_eq!(made["booking"]["state"], "booked");
    let around = starts(&bench, at).await;
    assert!(!around.contains(&at) && !around.contains(&minutes(at, -30)), "the buffer before it: {around:?}");
    assert!(
        !around.contains(&minutes(at, 30)) && around.contains(&minutes(at, 60)),
        "and behind: {around:?}"
    );

    let path = format!("/api/calendar/links/{}", link(&made));
    let shown: Value = bench.http.get(bench.url(&path)).send().await.unwrap().json().await.unwrap();
    assert_eq!((&shown["name"], &shown["open"]), (&json!("Dana Lee"), &json!(true)));
    assert!(shown.get("email").is_none());

    // Half an hour later overlaps with where it is: it moves all the same.
    let later = minutes(at, 30);
    let moved = post(&bench, &format!("{path}/move"), &json!({ "start": later }), None).await;
    assert_eq!(moved.status(), StatusCode::OK);
    assert_eq!(claimed(&bench).await, (3, 1));
    let ics = bench.http.get(bench.url(&format!("{path}/invitation.ics"))).send().await.unwrap();
    assert_eq!(ics.headers()[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    let text = ics.text().await.unwrap();
    assert!(text.contains("METHOD:REQUEST\r\n") && text.contains("SEQUENCE:1\r\n"), "{text}");

    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"][0]["guest"]["email"], "dana@northgate.example");
    for _ in 0..2 {
        let cancelled = post(&bench, &format!("{path}/cancel"), &json!({}), None).await;
        let cancelled: Value = cancelled.json().await.unwrap();
        assert_eq!((&cancelled["state"], &cancelled["open"]), (&json!("cancelled"), &json!(false)));
    }
    assert_eq!(claimed(&bench).await, (0, 0));
    assert!(starts(&bench, at).await.contains(&at));
    let again = post(&bench, &format!("{path}/move"), &json!({ "start": at }), None).await;
    is_problem(again, StatusCode::CONFLICT, "conflict").await;
    assert!(bench.owner("/api/calendar/bookings").await["bookings"].as_array().unwrap().is_empty());
    bench.stack.stop().await.unwrap();
}

/// Where the guest is called, whoever books says on which number; it is in all that is told of the meeting.
#[tokio::test]
async fn whoever_is_called_says_on_which_number() {
    let bench = started().await;
    let mut settings = serde_json::to_value(always()).unwrap();
    settings["meetings"] = json!([{ "id": "call", "title": "A call", "minutes": 30, "place": "Alex calls you", "asksPhone": true }]);
    let body = json!({ "version": 2, "settings": settings });
    let saved = bench.as_owner(Method::PUT, "/api/calendar/settings").json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let at = ten(3);
    assert_eq!(free(&bench, "").await["meeting"]["asksPhone"], true);
    let mut wanted = wish("dana", at);
    for wrong in [Value::Null, json!(""), json!("12"), json!("my number")] {
        wanted["phone"] = wrong;
        let refused = post(&bench, "/api/calendar/bookings", &wanted, None).await;
        is_problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    assert_eq!(claimed(&bench).await, (0, 0), "nothing is booked");
    assert_eq!(bench.owner("/api/omni-context").await["total"], 0, "and nobody is written down");
    wanted["phone"] = json!("+49 (30) 901-820");
    let made = booked(&bench, &wanted).await;
    let place = made["booking"]["place"].as_str().unwrap();
    assert!(place.starts_with("Alex calls you: +49 30 901820"), "{place}");
    let path = format!("/api/calendar/links/{}/invitation.ics", link(&made));
    let ics = bench.http.get(bench.url(&path)).send().await.unwrap().text().await.unwrap();
    assert!(ics.replace("\r\n ", "").contains("LOCATION:Alex calls you: +49 30 901820"), "{ics}");
    bench.stack.jobs_done().await.unwrap();
    let told = bench.stack.aws().ses.sent();
    let owners = told.iter().map(|mail| String::from_utf8_lossy(&mail.raw).into_owned());
    assert!(owners.into_iter().any(|mail| mail.contains("+49 30 901820")), "the owner is told the number");
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"][0]["guest"]["phone"], "+4930901820");

    // In a conversation it is asked for before the time is booked.
    let booker = somebody(&bench).await;
    let person = booker.person;
    let arrival = Arrival {
        person: person.clone(),
        interaction: InteractionId::generate(Timestamp::now()),
        channel: Channel::Chat,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Anonymous,
    };
    let twin = &bench.stack.twin;
    let session = twin.open(&arrival, Timestamp::now()).await.unwrap();
    let mut book = json!({
        "start": ten(4), "name": "Ben Lee", "email": "ben@northgate.example", "confirmed": true,
    });
    let held =
        twin.act(&session, "call_1", "book_meeting", &book.to_string(), Timestamp::now()).await.unwrap();
    assert_eq!((&held.output["booked"], &held.output["missing"]), (&json!(false), &json!(["phone"])));
    book["phone"] = json!("+49 30 901820");
    let done =
        twin.act(&session, "call_2", "book_meeting", &book.to_string(), Timestamp::now()).await.unwrap();
    assert!(done.output["say"].as_str().unwrap().contains("+49 30 901820"), "{}", done.output);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn of_a_hundred_that_book_a_time_one_does() {
    let bench = started().await;
    let (twin, at, now) = (&bench.stack.twin, ten(2), Timestamp::now());
    let mut bookers = Vec::new();
    for _ in 0..100 {
        bookers.push(somebody(&bench).await);
    }
    let booking = bookers.iter().map(|booker| twin.book(booker, to_book(at, "the-key"), now));
    let all = futures_util::future::join_all(booking).await;
    let got: Vec<_> = all.iter().filter(|one| matches!(one, Ok(Ok(_)))).collect();
    assert_eq!(got.len(), 1);
    for other in all.iter().filter(|one| !matches!(one, Ok(Ok(_)))) {
        assert!(matches!(other, Ok(Err(Refusal::Taken))), "{other:?}");
    }
    assert_eq!(claimed(&bench).await, (3, 1));
    bench.stack.stop().await.unwrap();
}

/// Different times of one day, of which three may be taken.
#[tokio::test]
async fn a_day_is_full_when_it_is() {
    let bench = started().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut bookers = Vec::new();
    for _ in 0..8 {
        bookers.push(somebody(&bench).await);
    }
    let booking = bookers
        .iter()
        .zip(0..)
        .map(|(booker, hour)| twin.book(booker, to_book(minutes(ten(2), 60 * hour), "the-key"), now));
    let all = futures_util::future::join_all(booking).await;
    assert_eq!(all.iter().filter(|one| matches!(one, Ok(Ok(_)))).count(), 3, "{all:?}");
    assert_eq!(all.iter().filter(|one| matches!(one, Ok(Err(Refusal::DayFull)))).count(), 5, "{all:?}");
    assert_eq!(claimed(&bench).await, (9, 3));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_same_again_is_the_same_booking() {
    let bench = started().await;
    let page = bench.http.get(bench.url("/book")).send().await.unwrap();
    let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let send = |body: Value| {
        let (bench, cookie) = (&bench, cookie.clone());
        async move { post(bench, "/api/calendar/bookings", &body, Some(&cookie)).await }
    };
    let (one, other) = tokio::join!(send(wish("dana", ten(2))), send(wish("dana", ten(2))));
    assert_eq!((one.status(), other.status()), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(claimed(&bench).await, (3, 1));
    let elsewhere = send(wish("dana", ten(4))).await;
    is_problem(elsewhere, StatusCode::CONFLICT, "conflict").await;
    // Three are enough.
    for (key, day) in [("b", 3), ("c", 4)] {
        assert_eq!(send(wish(key, ten(day))).await.status(), StatusCode::CREATED);
    }
    let fourth = send(wish("d", ten(5))).await;
    assert_eq!(fourth.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(claimed(&bench).await, (9, 3));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_time_is_held_for_a_while() {
    let bench = started().await;
    let (twin, at, now) = (&bench.stack.twin, ten(2), Timestamp::now());
    let (dana, kim) = (somebody(&bench).await, somebody(&bench).await);
    let held = twin.hold(&dana, to_book(at, "hold"), now).await.unwrap().unwrap();
    assert!(!held.is_on());
    assert_eq!(twin.book(&kim, to_book(at, "kim"), now).await.unwrap(), Err(Refusal::Taken));
    // She looks at another time: the first is free again.
    let next = twin.hold(&dana, to_book(minutes(at, 120), "hold"), now).await.unwrap().unwrap();
    assert_eq!((&next.id, claimed(&bench).await), (&held.id, (3, 1)));
    let booked = twin.book(&dana, to_book(minutes(at, 120), "dana"), now).await.unwrap().unwrap();
    assert_eq!((booked.is_on(), claimed(&bench).await), (true, (3, 1)));
    // Whoever does not come back in time loses it.
    twin.hold(&kim, to_book(at, "hold"), now).await.unwrap().unwrap();
    let after = now + HELD_FOR + SignedDuration::from_secs(1);
    let taken = twin.book(&dana, to_book(at, "second"), after).await.unwrap();
    assert_eq!(taken.map(|booking| booking.start), Ok(at));
    bench.stack.stop().await.unwrap();
}

/// What a guest typed is no proof of an address: their invitation waits, the owner knows at once.
#[tokio::test]
async fn who_is_told_of_a_booking() {
    let bench = started().await;
    let made = booked(&bench, &wish("dana", ten(2))).await;
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.stack.aws().ses.sent();
    assert_eq!(sent.len(), 1);
    let told = MessageParser::default().parse(&sent[0].raw).unwrap();
    let (subject, text) = (told.subject().unwrap(), told.body_text(0).unwrap());
    let day = ten(2).strftime("%a %-d %b 10:00");
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

#[tokio::test]
async fn the_owner_cancels_and_subscribes() {
    let bench = started().await;
    booked(&bench, &wish("dana", ten(2))).await;
    booked(&bench, &wish("kim", ten(3))).await;
    let feed = bench.as_owner(Method::POST, "/api/calendar/feed").send().await.unwrap();
    let feed: Value = feed.json().await.unwrap();
    let url = feed["url"].as_str().unwrap().to_owned();
    let events = |text: &str| text.matches("BEGIN:VEVENT").count();
    let text = bench.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(events(&text), 2, "{text}");
    let bookings = bench.owner("/api/calendar/bookings").await;
    let first = &bookings["bookings"][0];
    let (person, id) = (first["person"].as_str().unwrap(), first["id"].as_str().unwrap());
    let path = format!("/api/calendar/people/{person}/bookings/{id}/cancel");
    let cancelled = bench.as_owner(Method::POST, &path).send().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    let text = bench.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(events(&text), 1, "{text}");
    let timeline = bench.owner(&format!("/api/crm/contacts/{person}/timeline")).await;
    let entries = timeline["entries"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["kind"] == "booking"), "{timeline}");
    // A new address ends the old one.
    bench.as_owner(Method::POST, "/api/calendar/feed").send().await.unwrap();
    is_problem(bench.http.get(&url).send().await.unwrap(), StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_is_erased_frees_their_time() {
    let bench = started().await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let dana = somebody(&bench).await;
    let booking = twin.book(&dana, to_book(ten(2), "dana"), now).await.unwrap().unwrap();
    let secret = twin.link_to(&booking).await.unwrap();
    let export = bench.owner(&format!("/api/people/{}/export", dana.person)).await;
    assert_eq!(export["bookings"].as_array().unwrap().len(), 1);
    assert!(!export.to_string().contains(&secret.hash()));
    twin.erase(&dana.person, Actor::Person, now).await.unwrap();
    assert_eq!(claimed(&bench).await, (0, 0));
    assert!(twin.linked(secret.reveal()).await.is_err());
    // Whoever is erased while they book leaves nothing.
    let late = Booking::new(
        "bkg_late".parse().unwrap(),
        dana.person.clone(),
        &always(),
        &always().meetings[0],
        Slot { start: ten(3), end: minutes(ten(3), 30) },
        booking.guest,
        now,
    );
    let claimed_late = twin.store().claim(late, None, 3, &[], false, now).await;
    assert!(matches!(claimed_late, Err(StoreError::Erased)), "{claimed_late:?}");
    assert_eq!(claimed(&bench).await, (0, 0));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_writes_nothing() {
    let bench = started().await;
    let invalid = |change: fn(&mut Value)| {
        let mut body = wish("dana", ten(2));
        change(&mut body);
        body
    };
    let bodies = [
        invalid(|body| body["start"] = json!("9999-12-30T10:00:00Z")),
        invalid(|body| body["start"] = json!("2026-01-01T10:00:00Z")),
        invalid(|body| body["start"] = json!(minutes(ten(2), 7))),
        invalid(|body| body["start"] = json!("tomorrow")),
        invalid(|body| body["timeZone"] = json!("Mars/Olympus")),
        invalid(|body| body["email"] = json!("a@b.example\r\nBcc: c@d.example")),
        invalid(|body| body["name"] = json!("Da\u{0}na")),
        invalid(|body| body["name"] = json!("")),
        invalid(|body| body["topic"] = json!("x".repeat(301))),
        invalid(|body| body["meeting"] = json!("party")),
    ];
    // What is wrong is found before it is counted: as many as one likes.
    for body in bodies.iter().take(4) {
        let answer = post(&bench, "/api/calendar/bookings", body, None).await;
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    for body in bodies.iter().skip(4) {
        let answer = post(&bench, "/api/calendar/bookings", body, None).await;
        assert!(
            matches!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS),
            "{body}"
        );
    }
    let foreign =
        bench.http.post(bench.url("/api/calendar/bookings")).header(header::ORIGIN, "https://evil.example");
    is_problem(foreign.json(&wish("dana", ten(2))).send().await.unwrap(), StatusCode::FORBIDDEN, "forbidden")
        .await;
    for query in [
        "from=2026-12-08T10:00:00Z&to=2026-12-07T10:00:00Z",
        "from=9999-12-30T10:00:00Z",
        "from=soon",
        "timeZone=Mars/Olympus",
        "said=whenever",
        "meeting=party",
        "colour=red",
    ] {
        let answer = bench.http.get(bench.url(&format!("/api/calendar/slots?{query}"))).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    for path in ["/api/calendar/links/none", "/api/calendar/feed/none/feed.ics"] {
        let answer = bench.http.get(bench.url(path)).send().await.unwrap();
        is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    }
    for (method, path) in [
        (Method::GET, "/api/calendar/settings"),
        (Method::GET, "/api/calendar/bookings"),
        (Method::POST, "/api/calendar/feed"),
    ] {
        let answer = bench.http.request(method, bench.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let stale = json!({ "version": 1, "settings": always() });
    let stale = bench.as_owner(Method::PUT, "/api/calendar/settings").json(&stale).send().await.unwrap();
    is_problem(stale, StatusCode::CONFLICT, "conflict").await;
    assert_eq!(claimed(&bench).await, (0, 0));
    bench.stack.stop().await.unwrap();
}

/// What is said is read on the clock of whoever says it.
#[tokio::test]
async fn times_as_they_are_said() {
    let bench = started().await;
    let found = free(&bench, "said=tomorrow%20between%202%20and%204&timeZone=America/New_York").await;
    let slots = found["slots"].as_array().unwrap();
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let clocks: Vec<String> = slots
        .iter()
        .map(|slot| slot["start"].as_str().unwrap().parse::<Timestamp>().unwrap())
        .map(|start| start.to_zoned(zone.clone()).strftime("%H:%M").to_string())
        .collect();
    assert_eq!(clocks, ["14:00", "14:30", "15:00", "15:30"]);
    bench.stack.stop().await.unwrap();
}
