//! A time is asked for, held, read back and booked in a call.

use jiff::Timestamp;
use mail_parser::MessageParser;
use omnitwin::stack::Options;
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, model, options};
use twin::tools::find_times::{Arguments, Offered};

const FROM: &str = "+14155550123";

/// What a caller says, and what the model does then: calls, and words.
fn scenario(start: &str) -> Scenario {
    let book = |confirmed: bool| {
        format!(
            "[[turn.response.call]]\ntool = \"book_meeting\"\narguments = {{ start = \"{start}\", topic = \"A staff role\", \
             name = \"Dana Whitfield\", email = \"dana at northgate dot example\", confirmed = {confirmed} }}\n"
        )
    };
    let (hold, booked) = (book(false), book(true));
    let text = format!(
        r#"
title = "booking"
from = "{FROM}"

[[turn]]
caller = "I have a staff role. Could I talk to him next week?"
[[turn.response]]
[[turn.response.call]]
tool = "find_times"
arguments = {{ when = "next week" }}
[[turn.response]]
say = "There are some free times. Which one suits you?"

[[turn]]
caller = "The first one. I am Dana Whitfield, dana at northgate dot example."
[[turn.response]]
{hold}
[[turn.response]]
say = "I have dana at northgate dot example. Is that right?"

[[turn]]
caller = "Yes, that is right."
[[turn.response]]
{booked}
{booked}
[[turn.response]]
say = "It is booked."

[[turn]]
caller = "Thank you. Goodbye."
[[turn.response]]
say = "Goodbye."
[[turn.response.call]]
tool = "end_call"
arguments = {{ reason = "caller said goodbye" }}
"#
    );
    Scenario::parse("booking", &text).unwrap()
}

/// Before anybody calls, the first time of the next week is known: a model that is scripted cannot read it.
async fn first_of_next_week() -> String {
    let bench = Bench::start().await;
    let asked = Arguments {
        when: Some("next week".to_owned()),
        time_zone: Some("America/Los_Angeles".to_owned()),
        meeting: None,
    };
    let Offered::Times(offer) = bench.stack.twin.offer(&asked, None, Timestamp::now()).await.unwrap() else {
        panic!("the sample calendar is open")
    };
    bench.stack.stop().await.unwrap();
    offer.slots[0].start.to_string()
}

#[tokio::test]
async fn a_caller_books_a_time() {
    let scenario = scenario(&first_of_next_week().await);
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let report = bench.place(bench.caller(&scenario)).await;
    assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
    let call = bench.conversation(&report.call_sid).await;
    let told = format!("{:?}", bench.openai().sessions()[0].events);
    assert!(told.contains("Los Angeles time"), "the number tells the caller's clock: {told}");

    let bookings = bench.owner("/api/calendar/bookings").await;
    let [booking] = bookings["bookings"].as_array().unwrap().as_slice() else { panic!("one: {bookings}") };
    assert_eq!(booking["guest"]["email"], "dana@northgate.example");
    assert_eq!(booking["guest"]["timeZone"], "America/Los_Angeles");
    assert_eq!(booking["person"], call["person"]);
    let kinds = call["actions"].as_array().unwrap().iter().map(|action| &action["kind"]);
    assert_eq!(kinds.filter(|kind| **kind == "meeting_booked").count(), 1, "{}", call["actions"]);

    // The address was read back and agreed to: the invitation is on its way, and nothing else is.
    let person = call["person"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let mut told: Vec<(&Value, &Value)> = timeline["followUps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["content"]["kind"], &one["state"]))
        .collect();
    told.sort_by_key(|(kind, _)| kind.to_string());
    let sent = json!("sent");
    assert_eq!(told, [(&json!("invitation"), &sent), (&json!("owner_notification"), &sent)]);
    let mails = bench.stack.aws().ses.sent();
    let invited: Vec<_> = mails.iter().filter(|mail| mail.recipients == ["dana@northgate.example"]).collect();
    assert_eq!((mails.len(), invited.len()), (2, 1));
    let mail = MessageParser::default().parse(&invited[0].raw).unwrap();
    let text = String::from_utf8_lossy(mail.raw_message());
    assert!(text.contains("text/calendar"), "{text}");
    bench.stack.stop().await.unwrap();
}
