//! The calendar over HTTP: what is free, who gets a time of many that want it, what a link does, and what is told of it.

mod claiming;
mod telling;
mod outside;
mod connected;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    audit::Actor,
    follow_up::Follows,
    id::{InteractionId, PersonId},
    identity::Assurance,
    interaction::Channel,
    routing::RouteKind,
    scheduling::{Booking, CalendarSettings, Guest, Slot},
    store::StoreError,
    twin::{Arrival, Booker, ToBook},
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
    // Without the cookie that comes with a booking somebody is somebody else, whatever the key.
    let other = post(&bench, "/api/calendar/bookings", &wish("dana", at), None).await;
    let told = is_problem(other, StatusCode::CONFLICT, "taken").await;
    assert_eq!(told["detail"], "this time is taken");
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
    let start = ten(3);
    let late = Booking::new(
        "bkg_late".parse().unwrap(),
        dana.person.clone(),
        &always(),
        &always().meetings[0],
        Slot { start, end: minutes(start, 30) },
        booking.guest,
        now,
    );
    let claimed_late = twin.store().claim(late, None, 3, &Follows::default(), false, now).await;
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
    let said =
        bench.http.get(bench.url("/api/calendar/slots?timeZone=London&said=tuesday")).send().await.unwrap();
    let problem = is_problem(said, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("timeZone: ") && detail.contains("Europe/London"), "{detail}");
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
