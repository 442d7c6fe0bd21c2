//! Meetings that hosts book, and what they are asked for.

use serde_json::{Value, json};
use tests::Bench;

use super::{VISITOR, call, gave, modern_call, refusal};

#[tokio::test]
async fn a_free_time_is_booked() {
    let bench = Bench::start().await;
    let when = json!({ "when": "next week", "time_zone": "Europe/London" });
    let offered = gave(&bench, VISITOR, "get_availability", when).await;
    assert_eq!(offered["time_zone"], "Europe/London", "{offered}");
    assert_eq!(offered["times"].as_array().unwrap().len(), 6, "{offered}");
    for (called, zone) in
        [("London", "Europe/London"), ("CET", "Europe/Berlin"), ("Pacific time", "America/Los_Angeles")]
    {
        let offered = gave(&bench, VISITOR, "get_availability", json!({ "time_zone": called })).await;
        assert_eq!(offered["time_zone"], zone, "{called}: what was understood is told");
    }
    let several = call(&bench, VISITOR, "get_availability", json!({ "time_zone": "IST" })).await;
    assert!(refusal(&several).to_string().contains("the city that is meant has to be named"), "{several}");
    for wrong in [json!({ "meeting": "nothing" }), json!({ "time_zone": "Mars/Olympus" })] {
        let wrong = call(&bench, VISITOR, "get_availability", wrong).await;
        assert_eq!(refusal(&wrong)["error"], "invalid_arguments");
    }
    let wish = json!({
        "topic": "A staff role", "start": offered["times"][0]["start"], "time_zone": "Europe/London",
        "name": "Dana Reed", "email": "dana.reed@example.com",
        "idempotency_key": "6b1f3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e",
    });
    for _ in 0..2 {
        let booked = gave(&bench, VISITOR, "book_meeting", wish.clone()).await;
        assert_eq!(booked["booked"], true, "{booked}");
        let say = booked["say"].as_str().unwrap();
        assert!(say.starts_with("It is booked: Introduction") && say.contains("London time"), "{say}");
    }
    let mut other = wish.clone();
    other["idempotency_key"] = json!("9d0f3f0a-0d6e-4c58-9a3f-5f6f0a0f1f2e");
    let late = call(&bench, VISITOR, "book_meeting", other).await;
    assert!(late.to_string().contains("this time is taken"), "{late}");
    for (field, value) in
        [("start", "tomorrow"), ("email", "dana"), ("time_zone", "Mars/Olympus"), ("meeting", "x")]
    {
        let mut wrong = wish.clone();
        wrong[field] = json!(value);
        wrong["idempotency_key"] = json!(format!("wrong-{field}-0123456789"));
        let wrong = call(&bench, VISITOR, "book_meeting", wrong).await;
        assert_eq!(refusal(&wrong)["error"], "invalid_arguments", "{field}");
    }
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    assert_eq!(bookings["bookings"][0]["topic"], "A staff role");
}

#[tokio::test]
async fn a_meeting_is_moved_once_they_said_yes() {
    let bench = Bench::start().await;
    let offered = gave(&bench, VISITOR, "get_availability", json!({ "when": "next week" })).await;
    let (first, second) = (&offered["times"][0]["start"], &offered["times"][1]["start"]);
    let wish = json!({
        "topic": "A staff role", "start": first, "name": "Dana Reed", "email": "dana.reed@example.com",
    });
    let booked = gave(&bench, VISITOR, "book_meeting", wish).await;
    let thread = &booked["conversation"];
    let stranger = call(&bench, VISITOR, "change_meeting", json!({ "start": first, "confirm": true })).await;
    assert_eq!(refusal(&stranger)["error"], "not_verified", "{stranger}");
    let theirs = gave(&bench, VISITOR, "change_meeting", json!({ "conversation": thread })).await;
    let start = &theirs["meetings"][0]["start"];
    assert_eq!((start, &theirs["changed"]), (first, &json!(false)), "{theirs}");
    let mut change = json!({ "conversation": thread, "start": start, "to": second });
    let asked = call(&bench, VISITOR, "change_meeting", change.clone()).await;
    assert!(asked.to_string().contains("Shall I move Introduction"), "a yes is needed: {asked}");
    change["confirm"] = json!(true);
    for _ in 0..2 {
        assert_eq!(gave(&bench, VISITOR, "change_meeting", change.clone()).await["changed"], true);
    }
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    assert_eq!(&bookings["bookings"][0]["start"], second, "{bookings}");
}

#[tokio::test]
async fn who_can_be_asked_is_asked_and_others_are_told_what_is_missing() {
    let bench = Bench::start().await;
    let arguments = json!({ "topic": "A role", "preferred_times": ["Monday 9 am"] });
    let told = call(&bench, VISITOR, "book_meeting", arguments.clone()).await;
    assert_eq!(refusal(&told)["missing"], json!(["name", "email"]), "{told}");

    let asked = modern_call(&bench, "book_meeting", json!({ "arguments": arguments })).await;
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let content = json!({ "name": "Dana Reed", "email": "dana.reed@example.com" });
    let answer = json!({ "answer": { "action": "accept", "content": content } });
    let again = |arguments: &Value, state: &Value| json!({ "arguments": arguments, "inputResponses": answer, "requestState": state });
    let noted = modern_call(&bench, "book_meeting", again(&arguments, &asked["requestState"])).await;
    assert_eq!(noted["result"]["structuredContent"]["noted"], true, "{noted}");
    let other = json!({ "topic": "Another", "preferred_times": ["Monday 9 am"] });
    let moved = modern_call(&bench, "book_meeting", again(&other, &asked["requestState"])).await;
    assert_eq!(moved["error"]["code"], -32602, "{moved}");
    let forged = modern_call(&bench, "book_meeting", again(&arguments, &json!("x"))).await;
    assert_eq!(forged["error"]["code"], -32602);
}
