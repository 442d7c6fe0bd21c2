//! Who gets a time of many that want it: a quarter-hour, a place on a day, a time that is held.

use jiff::{SignedDuration, Timestamp};
use reqwest::{StatusCode, header};
use serde_json::Value;
use tests::is_problem;
use twin::scheduling::{Refusal, booking::HELD_FOR};

use super::{claimed, minutes, post, somebody, started, ten, to_book, wish};

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
    let (twin, at, now) = (&bench.stack.twin, ten(2), Timestamp::now());
    let mut bookers = Vec::new();
    for _ in 0..8 {
        bookers.push(somebody(&bench).await);
    }
    let booking = bookers
        .iter()
        .zip(0..)
        .map(|(booker, hour)| twin.book(booker, to_book(minutes(at, 60 * hour), "the-key"), now));
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
    let wanted = wish("dana", ten(2));
    let (one, other) = tokio::join!(send(wanted.clone()), send(wanted));
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
