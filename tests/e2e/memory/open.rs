//! What is open with somebody goes when it is done: by a mail that left, the owner's word, a booking.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    id::PersonId,
    identity::Assurance,
    interaction::{Channel, Outcome},
    scheduling::Party,
};

use super::{arrival, person, said};

const CONFIRM: &str = "Confirm a time to talk about “payments” (Tuesday)";

/// What a channel would open with: open items, and promises.
async fn open(bench: &Bench, person: &PersonId) -> (Value, Vec<Value>) {
    let brief = bench.owner(&format!("/api/omni-context/{person}/brief")).await;
    let promises = brief["promises"].as_array().unwrap().iter().map(|line| line["value"].clone());
    (brief["openItems"].clone(), promises.collect())
}

async fn open_tasks(bench: &Bench, person: &PersonId) -> Vec<Value> {
    let all = bench.owner(&format!("/api/crm/contacts/{person}/tasks")).await;
    all["tasks"].as_array().unwrap().iter().filter(|task| task["doneAt"].is_null()).cloned().collect()
}

async fn tick(bench: &Bench, person: &str, body: &Value) -> reqwest::Response {
    let path = format!("/api/omni-context/{person}/done");
    bench.as_owner(Method::POST, &path).json(body).send().await.unwrap()
}

#[tokio::test]
async fn the_owner_ticks_off_what_is_done() {
    let bench = Bench::start().await;
    let dana = person(&bench, "dana@northgate.example").await;
    said(&bench, &dana, Assurance::SignedIn, 60, "Hello, I have a question about payments.").await;
    let ask = json!("ask for a time to talk about payments (Tuesday)");
    assert_eq!(open(&bench, &dana).await, (json!([CONFIRM]), vec![ask.clone()]), "the message was passed on");
    // As a task.
    let tasks = open_tasks(&bench, &dana).await;
    assert_eq!((tasks.len(), &tasks[0]["title"]), (1, &json!(CONFIRM)));
    let path = format!("/api/crm/contacts/{dana}/tasks/{}", tasks[0]["id"].as_str().unwrap());
    let request = bench.as_owner(Method::PATCH, &path).header(header::IF_MATCH, "\"1\"");
    assert_eq!(request.json(&json!({ "done": true })).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(open(&bench, &dana).await.0, json!([]));
    let context = bench.owner(&format!("/api/omni-context/{dana}")).await["context"].clone();
    assert_eq!(context["conversationState"]["followUpRequired"], false);
    // Asked for again, it is open again; this time it is ticked off, and the task with it.
    said(&bench, &dana, Assurance::SignedIn, 30, "Hello, about payments once more.").await;
    assert_eq!((open(&bench, &dana).await.0, open_tasks(&bench, &dana).await.len()), (json!([CONFIRM]), 1));
    for _ in 0..2 {
        let answer = tick(&bench, dana.as_str(), &json!({ "item": CONFIRM })).await;
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "nextActions": [] }));
    }
    assert_eq!((open(&bench, &dana).await.0, open_tasks(&bench, &dana).await.len()), (json!([]), 0));
    let nobody = tick(&bench, "per_1", &json!({ "item": CONFIRM })).await;
    is_problem(nobody, StatusCode::NOT_FOUND, "not_found").await;
    let nothing = tick(&bench, dana.as_str(), &json!({})).await;
    is_problem(nothing, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_has_booked_waits_for_no_time() {
    let bench = Bench::start().await;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let settings = json!({
        "timeZone": "UTC", "hours": [{ "days": days, "from": "00:00", "to": "23:45" }], "bufferMinutes": 15,
        "noticeMinutes": 0, "daysAhead": 30, "dailyCap": 3, "stepMinutes": 30,
    });
    let body = json!({ "version": 1, "settings": settings });
    let saved = bench.as_owner(Method::PUT, "/api/calendar/settings").json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let dana = person(&bench, "dana@northgate.example").await;
    said(&bench, &dana, Assurance::SignedIn, 60, "Hello, I have a question about payments.").await;
    assert_eq!(open(&bench, &dana).await.0, json!([CONFIRM]));
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let at = |days: i64| -> Timestamp {
        let day = (now + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date();
        day.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
    };
    let meet =
        |at: Timestamp| format!("Meet them about “payments” ({})", at.strftime("%-d %B %Y, %H:%M UTC"));
    let arrival = arrival(&dana, Channel::Chat, Assurance::SignedIn, now);
    let session = twin.open(&arrival, now).await.unwrap();
    let book = json!({
        "start": at(3), "topic": "payments", "name": "Dana Lee", "email": "dana@northgate.example", "confirmed": true,
    });
    let booked = twin.act(&session, "call_1", "book_meeting", &book.to_string(), now).await.unwrap().output;
    assert_eq!(open(&bench, &dana).await, (json!([]), vec![]), "{booked}");
    assert!(open_tasks(&bench, &dana).await.is_empty());
    twin.close(&dana, &arrival.interaction, Outcome::Completed, now).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(open(&bench, &dana).await, (json!([meet(at(3))]), vec![]));
    // What is told of the meeting goes with it.
    let booking = twin.store().bookings_of(&dana).await.unwrap().remove(0);
    let moved = twin.move_booking(&booking, at(4), Party::Guest, now).await.unwrap().unwrap();
    assert_eq!(open(&bench, &dana).await.0, json!([meet(at(4))]));
    twin.cancel_booking(&moved, Party::Guest, now).await.unwrap();
    assert_eq!(open(&bench, &dana).await.0, json!([]));
    bench.stack.stop().await.unwrap();
}
