//! Calendars that the owner keeps elsewhere: what is busy there cannot be booked, also when it became so meanwhile.

use axum::http::StatusCode as Status;
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::ics::{self, Calendar};
use tests::{Bench, options};
use twin::{
    follow_up::{State, due::Quiet, settings::SavedFollowUpSettings},
    id::PersonId,
    scheduling::{Refusal, outside::STANDS_FOR},
    twin::ToBook,
};

use super::{minutes, somebody, started_with, starts, ten, to_book};

const ALL: &str = "/api/calendar/outside";

/// The system, and a server with the owner's other calendar. The address ends in a secret.
async fn beside() -> (Bench, Calendar, String) {
    let calendar = Calendar::default();
    calendar.publish(&[]);
    let url = served(calendar.clone()).await;
    let bench = started_with(Options { local_hosts: vec!["127.0.0.1".to_owned()], ..options() }).await;
    (bench, calendar, format!("{url}/private-5f2a/basic.ics"))
}

async fn served(calendar: Calendar) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, ics::app(calendar)).await });
    format!("http://{address}")
}

async fn added(bench: &Bench, url: &str) -> Value {
    let body = json!({ "url": url, "name": "Family" });
    let answer = bench.as_owner(Method::POST, ALL).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

async fn only(bench: &Bench) -> Value {
    let all = bench.owner(ALL).await;
    assert_eq!(all["calendars"].as_array().unwrap().len(), 1);
    all["calendars"][0].clone()
}

fn event(uid: &str, start: Timestamp, minutes: i64) -> String {
    let start = start.strftime("%Y%m%dT%H%M%SZ");
    format!("UID:{uid}\nDTSTART:{start}\nDURATION:PT{minutes}M")
}

fn wanted(start: Timestamp, key: &str) -> ToBook {
    to_book(start, key)
}

#[tokio::test]
async fn what_is_busy_elsewhere_is_not_offered() {
    let (bench, calendar, url) = beside().await;
    let at = ten(3);
    calendar.publish(&[&event("lunch", at, 30)]);
    assert!(starts(&bench, at).await.contains(&at));
    let shown = added(&bench, &url).await;
    assert_eq!(
        (&shown["name"], &shown["health"], &shown["busy"]),
        (&json!("Family"), &json!("good"), &json!(1))
    );
    assert!(!shown.to_string().contains("5f2a"), "the address is a secret: {shown}");
    let free = starts(&bench, at).await;
    assert!(!free.contains(&at) && free.contains(&minutes(at, 30)), "{free:?}");

    let twice = bench.as_owner(Method::POST, ALL).json(&json!({ "url": url })).send().await.unwrap();
    assert_eq!(twice.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let path = format!("{ALL}/{}", shown["id"].as_str().unwrap());
    let answer = bench.as_owner(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert!(starts(&bench, at).await.contains(&at));
    for (method, path) in [(Method::DELETE, path.clone()), (Method::POST, format!("{path}/read"))] {
        assert_eq!(bench.as_owner(method, &path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_words() {
    let (bench, calendar, url) = beside().await;
    let refused = async |url: &str| -> String {
        let answer = bench.as_owner(Method::POST, ALL).json(&json!({ "url": url })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let told: Value = answer.json().await.unwrap();
        told["detail"].as_str().unwrap().to_owned()
    };
    for (bad, why) in [
        ("https://10.0.0.7/a.ics", "not on the public internet"),
        ("https://[::ffff:169.254.169.254]/latest/meta-data", "not on the public internet"),
        ("webcal://192.168.1.1/a.ics", "not on the public internet"),
        ("file:///etc/passwd", "not allowed"),
        ("not an address", "not a web address"),
    ] {
        let told = refused(bad).await;
        assert!(told.contains(why), "{bad}: {told}");
    }
    for (status, why) in [
        (Status::NOT_FOUND, "nothing at this address"),
        (Status::FORBIDDEN, "not open"),
        (Status::BAD_GATEWAY, "answers with an error (status 502)"),
        (Status::FOUND, "moved to elsewhere.example"),
    ] {
        calendar.answer(Some(status));
        let told = refused(&url).await;
        assert!(told.contains(why) && !told.contains("5f2a"), "{status}: {told}");
    }
    calendar.answer(None);
    calendar.publish_text("<!doctype html><title>Sign in</title>");
    assert!(refused(&url).await.contains("no calendar"));
    calendar.publish_text(&"X".repeat(5 * 1024 * 1024));
    assert!(refused(&url).await.contains("larger than 4 MB"));
    assert_eq!(bench.owner(ALL).await["calendars"], json!([]));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_booking_looks_again_and_the_schedule_now_and_then() {
    let (bench, calendar, url) = beside().await;
    let (twin, at, now) = (&bench.stack.twin, ten(4), Timestamp::now());
    added(&bench, &url).await;
    assert_eq!(calendar.given(), [Status::OK]);
    // It was read just now.
    let booker = somebody(&bench).await;
    assert!(twin.book(&booker, wanted(at, "first"), now).await.unwrap().is_ok());
    assert!(calendar.given().is_empty());
    // Later it is asked whether anything changed, and then it did.
    let (later, next) = (minutes(now, 3), minutes(at, 60));
    assert!(twin.book(&booker, wanted(next, "second"), later).await.unwrap().is_ok());
    assert_eq!(calendar.given(), [Status::NOT_MODIFIED]);
    let dentist = minutes(at, 180);
    calendar.publish(&[&event("dentist", dentist, 45)]);
    let refused = twin.book(&booker, wanted(dentist, "third"), minutes(later, 3)).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::Taken);
    assert_eq!(calendar.given(), [Status::OK]);

    twin.sweep(minutes(later, 4)).await.unwrap();
    assert!(calendar.given().is_empty(), "it is not due yet");
    twin.sweep(minutes(later, 13)).await.unwrap();
    assert_eq!(calendar.given(), [Status::NOT_MODIFIED]);
    twin.sweep(minutes(later, 25 * 60)).await.unwrap();
    assert_eq!(calendar.given(), [Status::OK], "what repeats is worked out anew each day");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_calendar_that_is_away_stands_for_a_while_and_then_nobody_books() {
    let (bench, calendar, url) = beside().await;
    let (twin, at, now) = (&bench.stack.twin, ten(5), Timestamp::now());
    calendar.publish(&[&event("dentist", at, 30)]);
    let id = added(&bench, &url).await["id"].as_str().unwrap().to_owned();
    calendar.answer(Some(Status::SERVICE_UNAVAILABLE));
    twin.sweep(minutes(now, 11)).await.unwrap();
    let shown = only(&bench).await;
    assert_eq!((&shown["health"], &shown["id"]), (&json!("failing"), &json!(id)));
    assert!(shown["problem"].as_str().unwrap().contains("status 503") && shown["standsUntil"].is_string());

    let booker = somebody(&bench).await;
    let refused = twin.book(&booker, wanted(at, "dentist"), minutes(now, 20)).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::Taken, "what was read last stands");
    calendar.given();
    let free = minutes(at, 60);
    assert!(twin.book(&booker, wanted(free, "free"), minutes(now, 21)).await.unwrap().is_ok());
    assert!(calendar.given().is_empty(), "it was asked a minute ago, in vain: nobody waits for it again");

    let over = now + STANDS_FOR + SignedDuration::from_mins(1);
    let refused = twin.book(&booker, wanted(minutes(at, 180), "late"), over).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::Unknown);
    let times = twin.free_times(None, &[(over, ten(9))], None, 5, over).await.unwrap();
    assert!(times.slots.is_empty(), "{times:?}");

    calendar.answer(None);
    assert!(twin.book(&booker, wanted(minutes(at, 180), "late"), minutes(over, 2)).await.unwrap().is_ok());
    assert_eq!(only(&bench).await["health"], "good");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_booking_does_not_wait_long_for_a_calendar() {
    let (bench, calendar, url) = beside().await;
    let (twin, at, now) = (&bench.stack.twin, ten(5), Timestamp::now());
    added(&bench, &url).await;
    calendar.hang(true);
    let booker = somebody(&bench).await;
    assert!(twin.book(&booker, wanted(at, "first"), minutes(now, 3)).await.unwrap().is_ok());
    let shown = only(&bench).await;
    assert!(shown["problem"].as_str().unwrap().contains("within 4 s"), "{shown}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn our_own_invitation_in_it_does_not_block_twice() {
    let (bench, calendar, url) = beside().await;
    let at = ten(6);
    let body = super::wish("dana", at);
    let made = super::booked(&bench, &body).await;
    let path = format!("/api/calendar/links/{}", super::link(&made));
    let ics = bench.http.get(bench.url(&format!("{path}/invitation.ics"))).send().await.unwrap();
    // As the calendar that got the invitation publishes it.
    calendar.publish_text(&ics.text().await.unwrap());
    added(&bench, &url).await;
    assert!(!starts(&bench, at).await.contains(&at));
    let moved = json!({ "start": minutes(at, 60) });
    assert_eq!(super::post(&bench, &format!("{path}/move"), &moved, None).await.status(), StatusCode::OK);
    assert!(starts(&bench, at).await.contains(&at), "the calendar has not heard of it yet");
    assert_eq!(
        super::post(&bench, &format!("{path}/cancel"), &json!({}), None).await.status(),
        StatusCode::OK
    );
    assert!(starts(&bench, at).await.contains(&minutes(at, 60)));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn they_are_the_owners_alone() {
    let (bench, _, url) = beside().await;
    let id = added(&bench, &url).await["id"].as_str().unwrap().to_owned();
    for (method, path) in [
        (Method::GET, ALL.to_owned()),
        (Method::POST, ALL.to_owned()),
        (Method::POST, format!("{ALL}/{id}/read")),
        (Method::DELETE, format!("{ALL}/{id}")),
    ] {
        let answer = bench.http.request(method, bench.url(&path)).json(&json!({ "url": url })).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    only(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// Not at night, and once.
#[tokio::test]
async fn a_lost_calendar_is_told_when_the_owner_is_awake() {
    let (bench, calendar, url) = beside().await;
    let shown = added(&bench, &url).await;
    calendar.answer(Some(Status::NOT_FOUND));
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let at = now + STANDS_FOR + SignedDuration::from_hours(2);
    let SavedFollowUpSettings { version, mut settings, .. } =
        twin.store().follow_up_settings().await.unwrap();
    // There no hour exists twice.
    settings.time_zone = "UTC".to_owned();
    let clock = |at: Timestamp| at.to_zoned(settings.zone()).time();
    let ends = at + SignedDuration::from_hours(3);
    settings.owner_quiet =
        Some(Quiet { from: clock(at - SignedDuration::from_hours(3)), until: clock(ends) });
    twin.replace_follow_up_settings(&settings, version, now).await.unwrap();
    for minute in 0..2 {
        twin.sweep(minutes(at, minute)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
    }
    let told = twin.store().follow_ups(&PersonId::derived("owner").unwrap()).await.unwrap();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.reason.contains("cannot be read any more"), "{told:?}");
    assert_eq!((told.state, told.due_at), (State::Approved, Some(ends)), "{told:?}");
    assert_eq!(bench.stack.aws().ses.sent().len(), 0, "{shown}");
    bench.stack.stop().await.unwrap();
}
