//! Putting somebody through to the owner: only what came about is told as such.

use std::time::Duration;

use jiff::Timestamp;
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::{
    scenario::Scenario,
    twilio::{
        Callee,
        caller::{DialOutcome, Pickup},
        faults::{Callbacks, Faults, Room},
        report::Ending,
    },
};
use tests::{Bench, model, options, turns};
use twin::{
    id::{InteractionId, PersonId},
    interaction::{Channel, Cost, Meter, Outcome},
    language::Language,
    recording,
    twin::Arrival,
};

const LINE: &str = "+12125550100";
const CALLER: &str = "+14155550152";
/// The network says that the number is the caller's.
const ATTESTED: &str = "TN-Validation-Passed-A";

/// Somebody who cannot wait, and what the model does about it.
fn urgent() -> Scenario {
    let text = r#"
        title = "it cannot wait"
        from = "+14155550152"
        [[turn]]
        caller = "Please put me through, the server is down."
        [[turn.response]]
        [[turn.response.call]]
        tool = "transfer_to_owner"
        arguments = { reason = "The server is down." }
        [[turn.response]]
        say = "I am trying to reach them."
        [[turn.response]]
        say = "They cannot take the call. May I take a message?"
        [[turn]]
        caller = "No thank you, goodbye."
        [[turn.response]]
        say = "Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "done" }
    "#;
    Scenario::parse("urgent", text).unwrap()
}

async fn bench(settings: Value) -> Bench {
    let bench = Bench::with(Options { model: model(vec![urgent()]), ..options() }).await;
    let body = json!({ "version": 0, "settings": settings });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    bench
}

fn owner(digits: &[&str], picks_up: Pickup) -> Callee {
    Callee { digits: digits.iter().map(|key| (*key).to_owned()).collect(), picks_up, ..Callee::default() }
}

fn ends(call: &Value) -> Vec<&str> {
    let actions = call["actions"].as_array().unwrap();
    let ended = actions.iter().filter(|action| action["kind"] == "transfer_ended");
    ended.map(|action| action["state"].as_str().unwrap()).collect()
}

/// The owner hears who calls and why, presses a key, and both meet in a room. The caller was with the twin until then.
#[tokio::test]
async fn the_owner_takes_the_call() {
    let bench = bench(json!({ "ownerLine": LINE })).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(owner(&["1"], Pickup::Answers));
    let report = bench.place(bench.caller(&urgent())).await;
    assert_eq!(report.streams[0].ending, Ending::Redirected, "{:?}", report.faults);
    let room = format!("transfer-{}", report.call_sid);
    assert_eq!(report.dialled, std::slice::from_ref(&room));
    let leg = twilio.rung().remove(0);
    assert_eq!(leg.live.to, LINE);
    let leg = leg.report().await.unwrap();
    assert_eq!(leg.dialled, [room], "{:?}", leg.faults);
    assert!(leg.heard[0].contains("is on the line. The server is down. Press 1"), "{:?}", leg.heard);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["outcome"].as_str(), ends(&call)), (Some("transferred"), vec!["accepted"]));
    let metered = call["actions"].as_array().unwrap().iter().filter(|action| action["kind"] == "metered");
    let metered: Vec<&str> = metered.filter_map(|action| action["meter"].as_str()).collect();
    assert!(
        metered.contains(&"realtime") && metered.contains(&"conference"),
        "what is paid for: {metered:?}"
    );
    bench.stack.stop().await.unwrap();
}

/// The owner hears who calls, and what became of it, in the language that they chose first.
#[tokio::test]
async fn the_owner_is_told_in_their_language() {
    let bench = bench(json!({ "ownerLine": LINE, "languages": ["de", "en"] })).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(owner(&["2"], Pickup::Answers));
    let report = bench.place(bench.caller(&urgent())).await;
    let leg = twilio.rung().remove(0).report().await.unwrap();
    let asked = "ist am Apparat. The server is down. Drücken Sie die 1";
    assert!(leg.heard[0].contains(asked), "{:?}", leg.heard);
    assert_eq!(leg.heard[1], Language::De.words().declined);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(ends(&call), ["declined"]);
    bench.stack.stop().await.unwrap();
}

/// What is paid for the owner's line is counted once, whether it is told before the conversation is read, while it is, or
/// after, and however often.
#[tokio::test]
async fn the_owners_line_is_counted_once() {
    let bench = bench(json!({ "ownerLine": LINE })).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let store = twin.store();
    let one = async |number: u32, before_it_is_read: bool| {
        let sid = format!("CA{number:032x}");
        let form = bench.voice_form(&sid, CALLER);
        assert_eq!(bench.webhook(phone_webhook::INCOMING, &form).await.status(), StatusCode::OK);
        let call = bench.call(&sid).await.unwrap();
        let arrival = Arrival {
            person: call.person.clone(),
            interaction: call.interaction.clone(),
            channel: Channel::Phone,
            call_sid: Some(call.sid),
            host: None,
            route: call.route,
            level: call.level,
        };
        twin.open(&arrival, now).await.unwrap();
        let about = (&call.person, &call.interaction);
        let told = || twin.metered(about, Meter::PutThrough, 70, now);
        if before_it_is_read {
            told().await.unwrap();
        }
        twin.close(about.0, about.1, Outcome::Transferred, now).await.unwrap();
        if !before_it_is_read {
            bench.stack.jobs_done().await.unwrap();
        }
        // Twilio may tell it twice at once.
        let (first, second) = tokio::join!(told(), told());
        first.and(second).unwrap();
        bench.stack.jobs_done().await.unwrap();
        store.interaction(about.0, about.1).await.unwrap().unwrap().measured.unwrap().cost
    };
    let (before, after) = (Box::pin(one(61, true)).await, Box::pin(one(62, false)).await);
    assert_eq!(before, after);
    assert_eq!(after.telephony, Cost::with_owner(Meter::PutThrough, 70).telephony, "{after:?}");
    let (person, gone): (PersonId, InteractionId) = ("per_1".parse().unwrap(), "int_1".parse().unwrap());
    twin.metered((&person, &gone), Meter::PutThrough, 70, now).await.unwrap();
    assert_eq!(store.actions(&person, &gone).await.unwrap(), [], "of what is gone nothing is noted");
    bench.stack.stop().await.unwrap();
}

/// That they are in the room is told twice at the same moment: both still meet there.
#[tokio::test]
async fn an_owner_whose_coming_is_told_twice_at_once() {
    let bench = bench(json!({ "ownerLine": LINE })).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let faults = Faults { callbacks: Callbacks::AtOnce, ..Faults::default() };
    twilio.answer_as(Callee { faults, ..owner(&["1"], Pickup::Answers) });
    let report = bench.place(bench.caller(&urgent())).await;
    assert_eq!(report.dialled, [format!("transfer-{}", report.call_sid)], "{:?}", report.faults);
    let leg = twilio.rung().remove(0).report().await.unwrap();
    assert!(!leg.heard.iter().any(|heard| heard.contains("They have hung up")), "{:?}", leg.heard);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["outcome"].as_str(), ends(&call)), (Some("transferred"), vec!["accepted"]));
    bench.stack.stop().await.unwrap();
}

/// They press the key and hang up before they are in the room: whoever called stays with the twin, and hears so.
#[tokio::test]
async fn an_owner_who_is_gone_again_leaves_nobody_alone() {
    let bench = bench(json!({ "ownerLine": LINE })).await;
    let faults = Faults { room: Room::NeverReached, ..Faults::default() };
    bench.stack.twilio.as_ref().unwrap().answer_as(Callee { faults, ..owner(&["1"], Pickup::Answers) });
    let report = bench.place(bench.caller(&urgent())).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((call["outcome"].as_str(), ends(&call)), (Some("completed"), vec!["unanswered"]));
    assert!(report.dialled.is_empty(), "{:?}", report.dialled);
    bench.stack.stop().await.unwrap();
}

/// Where two people talk, nobody can have a recording paused: it ends before.
#[tokio::test]
async fn what_is_said_to_the_owner_is_not_recorded() {
    let mut scenario = urgent();
    let agrees = r#"
        title = "agrees"
        from = "+14155550152"
        [[turn]]
        caller = "Good morning."
        [[turn.response]]
        say = "Good morning. May I record this call?"
        [[turn]]
        caller = "Yes, you may record this."
        [[turn.response]]
        [[turn.response.call]]
        tool = "record_call"
        arguments = { step = "agreed" }
        [[turn.response]]
        say = "Thank you. What is it about?"
    "#;
    let mut turns = Scenario::parse("agrees", agrees).unwrap().turn;
    turns.append(&mut scenario.turn);
    scenario.turn = turns;
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let body = json!({ "version": 0, "settings": { "ownerLine": LINE, "recording": "ask" } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(owner(&["1"], Pickup::Answers));
    let report = bench.place(bench.caller(&scenario)).await;
    assert_eq!(report.dialled, [format!("transfer-{}", report.call_sid)], "{:?}", report.faults);
    let changed = twilio.requests().into_iter().filter(|one| one.path.contains("Recordings/Twilio.CURRENT"));
    assert_eq!(changed.map(|one| one.status).collect::<Vec<_>>(), [200], "it was ended");
    let call = bench.conversation(&report.call_sid).await;
    let person = call["person"].as_str().unwrap().parse().unwrap();
    let kept = bench.stack.twin.store().recordings(&person).await.unwrap();
    assert_eq!((kept.len(), kept[0].state), (1, recording::State::Kept), "what was said before is kept");
    bench.stack.stop().await.unwrap();
}

/// Nobody is put through, and the twin says so.
#[tokio::test]
async fn an_owner_who_does_not_take_it() {
    let one = async |callee: Callee, expected: &str| {
        let bench = bench(json!({ "ownerLine": LINE })).await;
        bench.stack.twilio.as_ref().unwrap().answer_as(callee);
        let report = bench.place(bench.caller(&urgent())).await;
        let call = bench.conversation(&report.call_sid).await;
        assert_eq!((call["outcome"].as_str(), ends(&call)), (Some("completed"), vec![expected]));
        assert!(report.dialled.is_empty());
        let said = turns(&call);
        assert!(said.contains(&("twin", "They cannot take the call. May I take a message?")), "{said:?}");
        let told = format!("{:?}", bench.openai().sessions()[0].conversation);
        assert!(told.contains("They are not put through."), "{told}");
        bench.stack.stop().await.unwrap();
    };
    tokio::join!(
        one(owner(&["2"], Pickup::Answers), "declined"),
        one(owner(&[], Pickup::Answers), "unanswered"),
        one(owner(&[], Pickup::NoAnswer), "unanswered"),
        one(owner(&[], Pickup::Busy), "unanswered"),
    );
}

/// The owner takes the call, and Twilio does not bring the caller to them: the twin says so, and the owner waits in no room.
#[tokio::test]
async fn an_owner_to_whom_the_caller_does_not_come() {
    let bench = bench(json!({ "ownerLine": LINE })).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(owner(&["1"], Pickup::Answers));
    let refused = async {
        let mut rung = twilio.rung();
        while rung.is_empty() {
            tokio::task::yield_now().await;
            rung = twilio.rung();
        }
        twilio.fail_next(sim::twilio::rest::RestError::new(400, 21220, "not in progress"));
        rung
    };
    let (report, mut rung) = tokio::join!(bench.place(bench.caller(&urgent())), refused);
    let owners = rung.remove(0).report().await.unwrap();
    assert_eq!(owners.status, "completed", "{:?}", owners.faults);
    let call = bench.conversation(&report.call_sid).await;
    let mut ends = ends(&call);
    ends.sort_unstable();
    assert_eq!((call["outcome"].as_str(), ends), (Some("completed"), vec!["accepted", "failed"]));
    let said = turns(&call);
    assert!(said.contains(&("twin", "They cannot take the call. May I take a message?")), "{said:?}");
    let told = format!("{:?}", bench.openai().sessions()[0].conversation);
    assert!(told.contains("could not be reached"), "{told}");
    bench.stack.stop().await.unwrap();
}

/// Twilio refuses, or there are no hours: the tool says so at once, and nobody is rung.
#[tokio::test]
async fn an_owner_who_cannot_be_reached() {
    for (settings, refuses) in
        [(json!({ "ownerLine": LINE, "doNotDisturb": true }), false), (json!({ "ownerLine": LINE }), true)]
    {
        let bench = bench(settings).await;
        let twilio = bench.stack.twilio.as_ref().unwrap();
        if refuses {
            twilio.fail_next(sim::twilio::rest::RestError::new(400, 21215, "not permitted"));
        }
        let report = bench.place(bench.caller(&urgent())).await;
        let call = bench.conversation(&report.call_sid).await;
        let failed: &[&str] = if refuses { &["failed"] } else { &[] };
        assert_eq!((call["outcome"].as_str(), ends(&call)), (Some("completed"), failed.to_vec()));
        assert!(twilio.rung().is_empty());
        bench.stack.stop().await.unwrap();
    }
}

/// Whoever is on the list comes through at once; if nobody takes it, the twin does, and says so.
#[tokio::test]
async fn a_caller_who_is_put_through_at_once() {
    let bench = bench(json!({ "ownerLine": LINE, "vip": [CALLER] })).await;
    let mut config = bench.caller(&urgent());
    config.stir_verstat = Some(ATTESTED.to_owned());
    config.dial = DialOutcome::Answered(Duration::from_secs(1));
    config.dialled_digits = vec!["1".to_owned()];
    let report = bench.place(config).await;
    assert_eq!(
        (report.verbs.as_slice(), report.dialled.as_slice()),
        (["Dial".to_owned(), "Hangup".to_owned()].as_slice(), [LINE.to_owned()].as_slice())
    );
    assert!(report.whispered[0].contains("is on the line"), "{:?}", report.whispered);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "transferred");
    assert_eq!(bench.openai().attempts(), 0);

    let mut short = urgent();
    short.turn.truncate(0);
    let mut config = bench.caller(&short);
    config.stir_verstat = Some(ATTESTED.to_owned());
    config.manners.grace = Duration::from_millis(300);
    let report = bench.place(config).await;
    assert_eq!(report.verbs[..2], ["Dial", "Connect"], "{:?}", report.faults);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(ends(&call), ["unanswered"]);
    let (who, first) = turns(&call)[0];
    assert!(
        who == "twin" && first.contains("AI assistant") && first.contains("Nobody could take"),
        "{first}"
    );
    bench.stack.stop().await.unwrap();
}
