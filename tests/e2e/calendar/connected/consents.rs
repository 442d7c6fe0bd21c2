//! The owner's consent ends, is given anew, and is given back.

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::OWNER_EMAIL;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sim::calendars::Kind;
use twin::scheduling::{Party, Refusal, outside::STANDS_FOR};

use super::{ALL, BOTH, back, beside, booked, connected, consented, name, only};
use crate::calendar::{minutes, somebody, ten, to_book};

#[tokio::test]
async fn tokens_that_end_are_renewed_and_kept_sealed() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, now) = (&bench.stack.twin, Timestamp::now());
        let before = calendar.refresh_tokens();
        calendar.expire();
        twin.sweep(minutes(now, 10)).await.unwrap();
        assert_eq!(only(&bench).await["health"], "good", "{kind:?}");
        twin.sweep(minutes(now, 90)).await.unwrap();
        let shown = only(&bench).await;
        assert_eq!((&shown["health"], &shown["isOver"]), (&json!("good"), &json!(false)));
        let after = calendar.refresh_tokens();
        assert_eq!(before == after, kind == Kind::Google, "Microsoft's change");
        let stored = serde_json::to_string(&twin.store().outside().await.unwrap()).unwrap();
        assert!(before.iter().chain(&after).all(|token| !stored.contains(token)));
        bench.stack.stop().await.unwrap();
    }
}

/// Also for days, as long as the meeting is ahead.
#[tokio::test]
async fn what_is_cancelled_while_a_consent_is_over_is_taken_out_with_the_next() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(9), Timestamp::now());
        let booking = booked(&bench, at, now).await;
        twin.sweep(minutes(now, 1)).await.unwrap();
        assert_eq!(calendar.entries().len(), 1);
        calendar.end_consent();
        twin.sweep(minutes(now, 11)).await.unwrap();
        assert_eq!(only(&bench).await["isOver"], json!(true));
        twin.cancel_booking(&booking, Party::Guest, minutes(now, 12)).await.unwrap();
        twin.sweep(minutes(now, 13)).await.unwrap();
        let later = minutes(now, 4 * 24 * 60);
        twin.sweep(later).await.unwrap();
        assert_eq!(calendar.entries().len(), 1);
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        twin.sweep(minutes(later, 61)).await.unwrap();
        assert!(calendar.entries().is_empty());
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_consent_that_was_ended_is_told_and_given_anew() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let (twin, at, now) = (&bench.stack.twin, ten(4), Timestamp::now());
        calendar.end_consent();
        twin.sweep(minutes(now, 10)).await.unwrap();
        let shown = only(&bench).await;
        assert_eq!((&shown["health"], &shown["isOver"]), (&json!("failing"), &json!(true)));
        assert!(shown["problem"].as_str().unwrap().contains("connect it again"));
        calendar.log();
        twin.sweep(minutes(now, 30)).await.unwrap();
        assert!(calendar.log().is_empty(), "nothing is asked any more");
        bench.stack.jobs_done().await.unwrap();
        let mails = bench.stack.aws().ses.sent();
        let told = mails.iter().filter(|mail| mail.recipients == [OWNER_EMAIL]);
        let told: Vec<String> = told.map(|mail| String::from_utf8_lossy(&mail.raw).into_owned()).collect();
        let [mail] = told.as_slice() else { panic!("the owner is told once: {told:?}") };
        for said in ["Subject: A calendar of yours needs you", "alex@work.example", "/dashboard/calendar"] {
            assert!(mail.contains(said), "{said} in {mail}");
        }
        // The calendar here goes on with what was read last, and then not.
        booked(&bench, at, minutes(now, 40)).await;
        let over = now + STANDS_FOR + SignedDuration::from_mins(1);
        let booker = somebody(&bench).await;
        let refused = twin.book(&booker, to_book(minutes(at, 120), "k"), over).await.unwrap();
        assert_eq!(refused.unwrap_err(), Refusal::Unknown);

        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "yes");
        assert_eq!(only(&bench).await["health"], "good");
        // What was booked meanwhile is written.
        twin.sweep(minutes(Timestamp::now(), 1)).await.unwrap();
        assert_eq!(calendar.entries().len(), 1);
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn who_disconnects_gives_the_consent_back() {
    for kind in BOTH {
        let (bench, calendar) = connected(kind).await;
        let path = format!("{ALL}/{}", only(&bench).await["id"].as_str().unwrap());
        let answer = bench.as_owner(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(bench.owner(ALL).await["calendars"], json!([]));
        assert!(bench.stack.twin.store().outside().await.unwrap().is_empty());
        // Microsoft has no request for it.
        assert_eq!(calendar.has_consent(), kind == Kind::Microsoft);
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_connects_by_half_or_twice() {
    for kind in BOTH {
        let (bench, calendar) = beside(kind).await;
        let anyone = bench.http.post(bench.url(&format!("{ALL}/connections")));
        let anyone = anyone.json(&json!({ "provider": name(kind) })).send().await.unwrap();
        assert_eq!(anyone.status(), StatusCode::UNAUTHORIZED);
        let other = if kind == Kind::Google { "microsoft" } else { "google" };
        let request = bench.as_owner(Method::POST, &format!("{ALL}/connections"));
        let missing = request.json(&json!({ "provider": other })).send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);

        let path = consented(&bench, kind).await;
        let anyone = bench.http.get(bench.url(&path)).send().await.unwrap();
        assert_eq!(anyone.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(back(&bench, &path).await, "yes");
        assert_eq!(back(&bench, &path).await, "no", "a state is good once");
        for bad in ["?state=x&code=y", "?error=access_denied", ""] {
            assert_eq!(back(&bench, &format!("{ALL}/callback{bad}")).await, "no", "{bad}");
        }
        only(&bench).await;
        calendar.refuse_scope();
        let path = consented(&bench, kind).await;
        assert_eq!(back(&bench, &path).await, "no", "not all was allowed");
        bench.stack.stop().await.unwrap();
    }
}
