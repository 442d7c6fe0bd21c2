//! Calendars of Google and Microsoft 365, connected with the owner's consent: read, written, and what becomes of it all
//! when the other side is out of order.

mod consents;

use std::sync::Arc;

use jiff::Timestamp;
use omnitwin::stack::{OWNER_EMAIL, Options};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use sim::calendars::{self, Calendar, Fault, Kind};
use tests::{Bench, options};
use twin::{
    config::{CalendarAccounts, Registration, Secret},
    scheduling::{Booking, Party, Refusal},
};

use super::{minutes, somebody, started_with, starts, ten, to_book};

const ALL: &str = "/api/calendar/outside";
const BOTH: [Kind; 2] = [Kind::Google, Kind::Microsoft];

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Google => "google",
        Kind::Microsoft => "microsoft",
    }
}

async fn beside(kind: Kind) -> (Bench, Arc<Calendar>) {
    let calendar = Calendar::new(calendars::Options {
        kind,
        client_id: "client".to_owned(),
        client_secret: "client-secret".to_owned(),
        account: "alex@work.example".to_owned(),
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = calendar.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let registration = Registration {
        client_id: "client".to_owned(),
        client_secret: Secret::new("client-secret"),
        authorize: format!("{base}/authorize"),
        token: format!("{base}/token"),
        revoke: (kind == Kind::Google).then(|| format!("{base}/revoke")),
        api: base,
    };
    let mut accounts = CalendarAccounts { google: None, microsoft: None, key: Secret::new("key") };
    match kind {
        Kind::Google => accounts.google = Some(registration),
        Kind::Microsoft => accounts.microsoft = Some(registration),
    }
    let bench = started_with(Options { calendars: Some(accounts), ..options() }).await;
    calendar.register(&bench.url("/api/calendar/outside/callback"));
    (bench, calendar)
}

/// Where the browser is sent back to by the provider: a path of ours.
async fn consented(bench: &Bench, kind: Kind) -> String {
    let body = json!({ "provider": name(kind) });
    let begun = bench.as_owner(Method::POST, &format!("{ALL}/connections")).json(&body).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let begun: Value = begun.json().await.unwrap();
    let sent = bench.http.get(begun["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::FOUND);
    let back = sent.headers()[header::LOCATION].to_str().unwrap();
    back.strip_prefix(&bench.stack.urls.base).unwrap().to_owned()
}

/// How it went, as the page is told.
async fn back(bench: &Bench, path: &str) -> String {
    let answer = bench.as_owner(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = answer.headers()[header::LOCATION].to_str().unwrap();
    page.strip_prefix(&bench.url("/dashboard/calendar?connected=")).unwrap().to_owned()
}

async fn connected(kind: Kind) -> (Bench, Arc<Calendar>) {
    let (bench, calendar) = beside(kind).await;
    let path = consented(&bench, kind).await;
    assert_eq!(back(&bench, &path).await, "yes");
    (bench, calendar)
}

async fn only(bench: &Bench) -> Value {
    let all = bench.owner(ALL).await;
    assert_eq!(all["calendars"].as_array().unwrap().len(), 1, "{all}");
    all["calendars"][0].clone()
}

async fn booked(bench: &Bench, start: Timestamp, now: Timestamp) -> Booking {
    let booker = somebody(bench).await;
    bench.stack.twin.book(&booker, to_book(start, "key"), now).await.unwrap().unwrap()
}

fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::test]
async fn what_is_busy_there_is_not_offered() {
    for kind in BOTH {
        let (bench, calendar) = beside(kind).await;
        let at = ten(3);
        calendar.write("Lunch", &text(at), &text(minutes(at, 30)), false);
        calendar.write("Perhaps", &text(minutes(at, 60)), &text(minutes(at, 90)), true);
        let (day, next) = (ten(5), ten(6));
        let date = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        calendar.write("Away", &date(day), &date(next), false);
        // More than a page has.
        for number in 1..=7 {
            calendar.write(
                "Later",
                &text(minutes(ten(9), 60 * number)),
                &text(minutes(ten(9), 60 * number + 30)),
                false,
            );
        }
        assert_eq!(bench.owner(ALL).await["connectable"], json!([name(kind)]));
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        let shown = only(&bench).await;
        assert_eq!((&shown["kind"], &shown["name"]), (&json!(name(kind)), &json!("alex@work.example")));
        assert_eq!((&shown["health"], &shown["busy"]), (&json!("good"), &json!(9)));
        let free = starts(&bench, at).await;
        assert!(!free.contains(&at) && free.contains(&minutes(at, 60)), "{free:?}");
        assert!(starts(&bench, day).await.is_empty() && starts(&bench, next).await.contains(&next));

        // Looked at again before a booking.
        let (now, taken) = (minutes(Timestamp::now(), 3), minutes(ten(4), 0));
        let id = calendar.write("Dentist", &text(taken), &text(minutes(taken, 30)), false);
        let booker = somebody(&bench).await;
        let refused = bench.stack.twin.book(&booker, to_book(taken, "k"), now).await.unwrap();
        assert_eq!(refused.unwrap_err(), Refusal::Taken);
        calendar.delete(&id);
        assert!(bench.stack.twin.book(&booker, to_book(taken, "k"), minutes(now, 3)).await.unwrap().is_ok());
        bench.stack.stop().await.unwrap();
    }
}

/// An account has several calendars: what is busy counts in those that the owner chose, and in no other.
#[tokio::test]
async fn the_owner_chooses_which_calendars_count() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (at, family) = (ten(3), calendar.add_calendar("Family"));
        calendar.add_calendar("Holidays");
        calendar.write("Lunch", &text(at), &text(minutes(at, 30)), false);
        let doctor = (text(minutes(at, 60)), text(minutes(at, 90)));
        calendar.write_in(&family, "Doctor", (&doctor.0, &doctor.1), false);
        let id = only(&bench).await["id"].as_str().unwrap().to_owned();
        let path = format!("{ALL}/{id}/calendars");
        let choose = async |ids: Value| {
            let put = bench.as_owner(Method::PUT, &path).json(&json!({ "calendars": ids }));
            let answer = put.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let listed = bench.owner(&path).await["calendars"].clone();
        let counts: Vec<bool> =
            listed.as_array().unwrap().iter().map(|one| one["counts"].as_bool().unwrap()).collect();
        assert_eq!(counts, [true, false, false], "the first one, until others are chosen: {listed}");
        let first = listed[0]["id"].clone();

        let (status, shown) = choose(json!([first, family])).await;
        assert_eq!((status, &shown["busy"]), (200, &json!(2)), "{shown}");
        assert_eq!(shown["chosen"][1]["name"], "Family");
        let free = starts(&bench, at).await;
        assert!(!free.contains(&at) && !free.contains(&minutes(at, 60)), "{free:?}");
        assert_eq!(choose(json!([family])).await.1["busy"], 1);
        let free = starts(&bench, at).await;
        assert!(free.contains(&at) && !free.contains(&minutes(at, 60)), "{free:?}");
        for wrong in [json!([]), json!(["another's"]), json!(vec![family.clone(); 11])] {
            assert_eq!(choose(wrong.clone()).await.0, 422, "{wrong}");
        }
        let ics = format!("{ALL}/cal_01J00000000000000000000000/calendars");
        assert_eq!(bench.as_owner(Method::GET, &ics).send().await.unwrap().status(), StatusCode::NOT_FOUND);

        // One that was deleted there is said to be, and what was read of it stands.
        calendar.remove_calendar(&family);
        let read = bench.as_owner(Method::POST, &format!("{ALL}/{id}/read")).send().await.unwrap();
        let read: Value = read.json().await.unwrap();
        assert!(read["problem"].as_str().unwrap().contains("choose again"), "{read}");
        assert!(!starts(&bench, at).await.contains(&minutes(at, 60)));
        assert_eq!(choose(json!([first])).await.1["health"], "good");

        // Who connects it anew does not choose again.
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        assert_eq!(only(&bench).await["chosen"][0]["id"], first);

        // Nor is anybody kept out by one that was deleted there: what was read of it stands until they choose.
        let id = only(&bench).await["id"].as_str().unwrap().to_owned();
        let last = calendar.add_calendar("Last");
        calendar.write_in(&last, "Dentist", (&doctor.0, &doctor.1), false);
        let put = bench.as_owner(Method::PUT, &format!("{ALL}/{id}/calendars"));
        let chosen = put.json(&json!({ "calendars": [last] })).send().await.unwrap();
        assert_eq!(chosen.status(), StatusCode::OK);
        calendar.remove_calendar(&last);
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        let shown = only(&bench).await;
        assert!(shown["problem"].as_str().unwrap().contains("choose again"), "{shown}");
        assert_eq!((&shown["isOver"], &shown["busy"]), (&json!(false), &json!(1)), "{shown}");
        assert!(!starts(&bench, at).await.contains(&minutes(at, 60)));
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_meeting_is_written_once_moved_and_taken_out() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(3), Timestamp::now());
        let booking = booked(&bench, at, now).await;
        for minute in 1..3 {
            twin.sweep(minutes(now, minute)).await.unwrap();
        }
        let entries = calendar.entries();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(
            entries[0].title.starts_with("Introduction: ") && entries[0].start == text(at),
            "{entries:?}"
        );

        // It is ours, and blocks nothing that it does not block here.
        let later = minutes(at, 30);
        let moved = twin.move_booking(&booking, later, Party::Guest, minutes(now, 5)).await.unwrap().unwrap();
        assert!(starts(&bench, at).await.contains(&minutes(at, -60)));
        twin.sweep(minutes(now, 6)).await.unwrap();
        let after = calendar.entries();
        assert_eq!((after.len(), after[0].start.clone(), &after[0].id), (1, text(later), &entries[0].id));

        twin.cancel_booking(&moved, Party::Guest, minutes(now, 7)).await.unwrap();
        twin.sweep(minutes(now, 18)).await.unwrap();
        assert!(calendar.entries().is_empty());
        assert!(starts(&bench, at).await.contains(&later));
        bench.stack.stop().await.unwrap();
    }
}

/// What was put into it a moment ago cannot be booked, however lately it was read.
#[tokio::test]
async fn a_booking_looks_again() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(3), Timestamp::now());
        let first = booked(&bench, minutes(at, 120), now).await;
        let booker = somebody(&bench).await;
        calendar.write("Dentist", &text(at), &text(minutes(at, 30)), false);
        let refused = twin.book(&booker, to_book(at, "key"), now).await.unwrap();
        assert_eq!(refused.map(|booking| booking.start), Err(Refusal::Taken), "{kind:?}");
        calendar.write("School", &text(minutes(at, 240)), &text(minutes(at, 270)), false);
        let moved = twin.move_booking(&first, minutes(at, 240), Party::Guest, now).await.unwrap();
        assert_eq!(moved.map(|booking| booking.start), Err(Refusal::Taken), "{kind:?}");
        bench.stack.stop().await.unwrap();
    }
}

/// The owner's stop holds for calendars, too; then it is made up for.
#[tokio::test]
async fn nothing_is_written_while_everything_is_stopped() {
    let (bench, calendar) = connected(Kind::Google).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    twin.stop_everything("a test", now).await.unwrap();
    calendar.log();
    booked(&bench, ten(3), now).await;
    for minute in 1..4 {
        twin.sweep(minutes(now, minute)).await.unwrap();
    }
    assert!(!calendar.log().iter().any(|line| !line.starts_with("GET")) && calendar.entries().is_empty());
    twin.go_on(now).await.unwrap();
    twin.sweep(minutes(now, 4)).await.unwrap();
    assert_eq!(calendar.entries().len(), 1);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_entry() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(3), Timestamp::now());
        booked(&bench, at, now).await;
        // What is looked for first is not there; then it is made, and the answer is lost.
        calendar.misbehave(&[Fault::Nothing, Fault::DoneAndLost]);
        twin.sweep(minutes(now, 1)).await.unwrap();
        assert_eq!(calendar.entries().len(), 1);
        calendar.misbehave(&[Fault::Down]);
        twin.sweep(minutes(now, 3)).await.unwrap();
        calendar.log();
        twin.sweep(minutes(now, 9)).await.unwrap();
        assert!(!calendar.log().is_empty());
        assert_eq!(calendar.entries().len(), 1);
        twin.sweep(minutes(now, 10)).await.unwrap();
        assert!(!calendar.log().iter().any(|line| !line.starts_with("GET")), "it is done");
        bench.stack.stop().await.unwrap();
    }
}

/// Also of whom nobody knows whether the entry was made.
#[tokio::test]
async fn who_is_erased_is_in_no_calendar() {
    for (kind, faults) in
        BOTH.into_iter().flat_map(|kind| [(kind, vec![]), (kind, vec![Fault::Nothing, Fault::DoneAndLost])])
    {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(3), Timestamp::now());
        let person = booked(&bench, at, now).await.person;
        calendar.misbehave(&faults);
        twin.sweep(minutes(now, 1)).await.unwrap();
        assert_eq!(calendar.entries().len(), 1);
        let path = format!("/api/people/{person}?confirm={person}");
        let erased = bench.as_owner(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(erased.status(), StatusCode::OK);
        calendar.misbehave(&[Fault::Down]);
        twin.sweep(minutes(now, 3)).await.unwrap();
        assert_eq!(calendar.entries().len(), 1, "the provider is down");
        twin.sweep(minutes(now, 5)).await.unwrap();
        assert!(calendar.entries().is_empty(), "{kind:?} {faults:?}");
        calendar.log();
        twin.sweep(minutes(now, 8)).await.unwrap();
        assert!(calendar.log().is_empty(), "it is done");
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn whoever_wants_to_be_left_alone_is() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, now) = (&bench.stack.twin, Timestamp::now());
        calendar.log();
        calendar.misbehave(&[Fault::TooMany(1500)]);
        twin.sweep(minutes(now, 10)).await.unwrap();
        let shown = only(&bench).await;
        assert_eq!((&shown["health"], calendar.log().len()), (&json!("failing"), 1));
        twin.sweep(minutes(now, 30)).await.unwrap();
        assert!(calendar.log().is_empty());
        twin.sweep(minutes(now, 36)).await.unwrap();
        assert_eq!(only(&bench).await["health"], "good");
        calendar.misbehave(&[Fault::Down]);
        twin.sweep(minutes(now, 47)).await.unwrap();
        assert!(only(&bench).await["problem"].as_str().unwrap().contains("status 502"));
        if kind == Kind::Google {
            calendar.misbehave(&[Fault::Rate]);
            twin.sweep(minutes(now, 58)).await.unwrap();
            assert!(only(&bench).await["problem"].as_str().unwrap().contains("no more requests"));
        }
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn whoever_wants_to_be_left_alone_is_not_asked_for_each_meeting() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(3), Timestamp::now());
        booked(&bench, at, now).await;
        booked(&bench, minutes(at, 120), now).await;
        calendar.log();
        calendar.misbehave(&[Fault::TooMany(300)]);
        twin.sweep(minutes(now, 1)).await.unwrap();
        assert_eq!(calendar.log().len(), 1, "one of the two meetings was tried");
        twin.sweep(minutes(now, 4)).await.unwrap();
        assert!(calendar.log().is_empty());
        twin.sweep(minutes(now, 9)).await.unwrap();
        assert_eq!(calendar.entries().len(), 2);
        bench.stack.stop().await.unwrap();
    }
}

/// Whose address in it has another domain than the one that they invite with.
#[tokio::test]
async fn our_own_invitation_does_not_block_twice() {
    for kind in BOTH {
        let (bench, calendar) = beside(kind).await;
        let at = ten(3);
        let booking = booked(&bench, at, Timestamp::now()).await;
        let owner = OWNER_EMAIL.rsplit('@').next().unwrap();
        calendar.accept(&format!("{}@{owner}", booking.id), &text(at), &text(minutes(at, 30)));
        calendar.accept(&format!("{}@else.example", booking.id), &text(ten(4)), &text(minutes(ten(4), 30)));
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        assert_eq!(only(&bench).await["busy"], json!(1), "{kind:?}");
        bench.stack.stop().await.unwrap();
    }
}
