//! A time is asked for, held, read back and booked in a call.

use jiff::Timestamp;
use mail_parser::MessageParser;
use omnitwin::stack::Options;
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, model, options};
use twin::{
    identity::{Assurance, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Outcome},
    scheduling::Party,
    tools::find_times::{Arguments, Offered},
    twin::Session,
};

use crate::proving::{opened, resolved};

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
    assert_eq!(told, [(&json!("invitation"), &sent), (&json!("meeting_notification"), &sent)]);
    let mails = bench.stack.aws().ses.sent();
    let invited: Vec<_> = mails.iter().filter(|mail| mail.recipients == ["dana@northgate.example"]).collect();
    assert_eq!((mails.len(), invited.len()), (2, 1));
    let mail = MessageParser::default().parse(&invited[0].raw).unwrap();
    let text = String::from_utf8_lossy(mail.raw_message());
    assert!(text.contains("text/calendar"), "{text}");
    bench.stack.stop().await.unwrap();
}

async fn acted(bench: &Bench, session: &Session, call: &str, name: &str, arguments: &Value) -> Value {
    let arguments = arguments.to_string();
    let acted = bench.stack.twin.act(session, call, name, &arguments, Timestamp::now());
    acted.await.unwrap().output
}

/// A meeting is moved in the call in which it was booked, and cancelled in a later one once it is sure who calls. What is
/// asked for twice is done once.
#[tokio::test]
async fn a_caller_moves_a_meeting_and_cancels_it() {
    let bench = Bench::start().await;
    let twin = &bench.stack.twin;
    let asked = Arguments { when: Some("next week".to_owned()), time_zone: None, meeting: None };
    let Offered::Times(offer) = twin.offer(&asked, None, Timestamp::now()).await.unwrap() else {
        panic!("the sample calendar is open")
    };
    let (first, second) = (offer.slots[0].start, offer.slots[1].start);
    let key = IdentityKey::Phone(Phone::parse(FROM).unwrap());
    let person = resolved(&bench, key, EvidenceSource::CallerId).await;
    let session = opened(&bench, &person, Channel::Phone, Assurance::Claimed).await;
    let book = json!({ "start": first, "topic": "A staff role", "name": "Dana Whitfield",
        "email": "dana@northgate.example", "confirmed": true });
    assert_eq!(acted(&bench, &session, "book", "book_meeting", &book).await["booked"], true);
    let listed = acted(&bench, &session, "list", "change_meeting", &json!({ "confirmed": false })).await;
    assert_eq!(listed["meetings"][0]["start"], json!(first), "{listed}");
    let mut change = json!({ "start": first, "to": second, "confirmed": false });
    let read_back = acted(&bench, &session, "ask", "change_meeting", &change).await;
    assert!(read_back["say"].as_str().unwrap().starts_with("Shall I move Introduction, "), "{read_back}");
    change["confirmed"] = json!(true);
    for call in ["move", "move", "again"] {
        let moved = acted(&bench, &session, call, "change_meeting", &change).await;
        assert_eq!(moved["changed"], true, "{call}: {moved}");
    }
    let wrong = json!({ "start": second, "to": "2020-01-01T10:00:00Z", "confirmed": true });
    let gone = acted(&bench, &session, "wrong", "change_meeting", &wrong).await;
    assert_eq!((&gone["changed"], &gone["gone"]), (&json!(false), &json!(true)), "{gone}");
    twin.close(&person, &session.interaction, Outcome::Completed, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let context = twin.store().known(&person).await.unwrap().unwrap().context;
    let open: Vec<_> =
        context.conversation_state.next_actions.iter().filter(|open| open.starts_with("Meet")).collect();
    assert_eq!(open.len(), 1, "one meeting, at its new time: {open:?}");
    assert!(open[0].contains(&second.strftime("%-d %B %Y, %H:%M UTC").to_string()), "{open:?}");

    let later = opened(&bench, &person, Channel::Phone, Assurance::Claimed).await;
    let cancel = json!({ "start": second, "confirmed": true });
    let unproved = acted(&bench, &later, "one", "change_meeting", &cancel).await;
    assert_eq!(unproved["verified"], false, "a number is no proof: {unproved}");
    let proved = opened(&bench, &person, Channel::Phone, Assurance::Verified).await;
    for call in ["cancel", "again"] {
        let cancelled = acted(&bench, &proved, call, "change_meeting", &cancel).await;
        assert_eq!(cancelled["cancelled"], true, "{call}: {cancelled}");
    }
    // Booked anew at the same time and cancelled again, it is the new one that is cancelled.
    let book = json!({ "start": second, "topic": "A staff role", "name": "Dana Whitfield",
        "email": "dana@northgate.example", "confirmed": true });
    assert_eq!(acted(&bench, &proved, "anew", "book_meeting", &book).await["booked"], true);
    assert_eq!(acted(&bench, &proved, "once more", "change_meeting", &cancel).await["cancelled"], true);
    let bookings = twin.store().bookings_of(&person).await.unwrap();
    assert!(
        bookings.len() == 2 && bookings.iter().all(|one| one.was_cancelled_by(Party::Guest)),
        "{bookings:?}"
    );
    let nothing = acted(&bench, &proved, "none", "change_meeting", &json!({ "confirmed": false })).await;
    assert_eq!(nothing["meetings"], json!([]), "{nothing}");
    bench.stack.stop().await.unwrap();
}
