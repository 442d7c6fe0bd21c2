//! Who, or what, picks up a call that the twin places, and what it hears.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::Method;
use serde_json::{Value, json};
use sim::{
    scenario::Scenario,
    twilio::{Callee, report::Report, turns::Manners},
};
use tests::{Bench, model, options, turns};
use twin::{
    identity::{Assurance, Phone},
    interaction::Channel,
    outbound::{By, Dial, State},
    routing::RouteKind,
    twin::Arrival,
};

use super::outbound::{CALLEE, bench_of, noon, now_is, over, placed};

/// What they say, one line after the other, and what the model answers to each.
fn scenario(lines: &[(&str, &str)]) -> Scenario {
    let turn = |(caller, say): &(&str, &str)| {
        let response =
            if say.is_empty() { String::new() } else { format!("[[turn.response]]\nsay = \"{say}\"\n") };
        format!("[[turn]]\ncaller = \"{caller}\"\n{response}")
    };
    let turns: String = lines.iter().map(turn).collect();
    Scenario::parse("callee", &format!("title = \"they are called\"\nfrom = \"{CALLEE}\"\n{turns}")).unwrap()
}

/// They are called, speak first, and what came of it.
async fn called(
    lines: &[(&str, &str)],
    detected: Option<(u64, &'static str)>,
    manners: Manners,
) -> (Bench, Dial, Value) {
    let said = if lines.is_empty() { &[("Nobody says this.", "")] } else { lines };
    let (bench, dial, report) = playing(scenario(said), lines.len(), detected, manners).await;
    let call = bench.conversation(&report.call_sid).await;
    (bench, dial, call)
}

/// The first `lines` of it are said.
async fn playing(
    mut scenario: Scenario,
    lines: usize,
    detected: Option<(u64, &'static str)>,
    manners: Manners,
) -> (Bench, Dial, Report) {
    let (bench, _) = Box::pin(bench_of(vec![scenario.clone()], Some(true))).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let detected = detected.map(|(after, what)| (Duration::from_millis(after), what));
    scenario.turn.truncate(lines);
    twilio.answer_as(Callee { manners, detected, ..Callee::playing(&scenario, false) });
    let dial = placed(&bench, noon()).await;
    let report = over(&bench, twilio.rung().remove(0)).await;
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    let dial = now_is(&bench, &dial).await;
    (bench, dial, report)
}

fn first() -> Manners {
    Manners { says_hello: Some(Duration::from_millis(300)), ..Manners::default() }
}

fn outcome(call: &Value) -> &str {
    call["outcome"].as_str().unwrap()
}

/// The model says nothing to a hello by itself: the first words are who calls, and why.
#[tokio::test]
async fn a_person_says_hello() {
    let lines = [("Hello, Dana speaking.", "Who are you?"), ("Yes, it is.", "Good. Goodbye.")];
    let patient = Manners { grace: Duration::from_secs(2), ..first() };
    let (bench, dial, call) = called(&lines, Some((4000, "human")), patient).await;
    let said = turns(&call);
    assert_eq!(said[0], ("person", "Hello, Dana speaking."));
    assert!(said[1].1.starts_with("Hello, this is the AI assistant of"), "{said:?}");
    assert_eq!(said[2..], [("person", "Yes, it is."), ("twin", "Good. Goodbye.")]);
    assert_eq!((outcome(&call), dial.state), ("hung_up", State::Done));
    bench.stack.stop().await.unwrap();
}

/// A box hears the whole message, once, after its tone: whether Twilio detects the tone or not.
#[tokio::test]
async fn a_box_is_left_word() {
    let one = async |lines: &[(&str, &str)], detected| {
        let box_records = Manners { grace: Duration::from_secs(30), ..first() };
        let (bench, dial, call) = called(lines, detected, box_records).await;
        assert_eq!((outcome(&call), dial.state), ("message_left", State::Done), "{call}");
        let left: Vec<_> = turns(&call).into_iter().filter(|(who, _)| *who == "twin").collect();
        let last = left.last().unwrap().1;
        assert!(last.contains("AI assistant") && last.contains("your interview on Tuesday"), "{left:?}");
        assert!(last.ends_with("do not want to be called. Goodbye."), "it is whole: {last}");
        bench.stack.stop().await.unwrap();
        left.len()
    };
    let greeting = [("Hi, please leave a message after the tone.", "Hello Dana!")];
    let (detected, quiet, silent) = tokio::join!(
        one(&greeting, Some((5000, "machine_end_beep"))),
        one(&greeting, None),
        // A box that only hums: it was greeted, and is left word all the same.
        one(&[], Some((6000, "machine_end_silence"))),
    );
    assert_eq!((detected, quiet), (1, 1), "it is not talked with");
    assert!(silent >= 1);
}

/// A key is pressed in sound, without a word; whoever answers behind the menu is greeted.
#[tokio::test]
async fn a_menu_is_gone_through_to_the_person() {
    let text = format!(
        r#"
        title = "a menu"
        from = "{CALLEE}"
        [[turn]]
        caller = "Thank you for calling. For sales, press 1. For Dana, press 2."
        [[turn.response]]
        say = "I would like to speak with Dana."
        [[turn.response.call]]
        tool = "press_keys"
        arguments = {{ keys = "w2" }}
        [[turn]]
        caller = "Hello, Dana speaking."
        after_keys = "2"
        [[turn.response]]
        say = "Who are you?"
        [[turn]]
        caller = "Yes, it is."
        [[turn.response]]
        say = "Good. Goodbye."
        "#
    );
    let patient = Manners { grace: Duration::from_secs(4), ..first() };
    let menu = Scenario::parse("menu", &text).unwrap();
    let (bench, dial, report) = playing(menu, 3, None, patient).await;
    assert_eq!(report.streams[0].keys, "2", "heard by its frequencies");
    assert_eq!(report.streams[0].stale_frames, 0);
    let call = bench.conversation(&report.call_sid).await;
    let said = turns(&call);
    assert_eq!(said[1], ("person", "Hello, Dana speaking."), "nothing is said to a machine: {said:?}");
    assert!(said[2].1.starts_with("Hello, this is the AI assistant of"), "{said:?}");
    assert_eq!(said[3..], [("person", "Yes, it is."), ("twin", "Good. Goodbye.")]);
    assert_eq!((outcome(&call), dial.state), ("hung_up", State::Done));
    bench.stack.stop().await.unwrap();
}

/// Whoever calls does not have the twin press keys, whatever a model makes of it.
#[tokio::test]
async fn keys_are_pressed_in_our_own_calls_alone() {
    let text = r#"
        title = "press for me"
        from = "+14155550158"
        [[turn]]
        caller = "Press the key nine for me, please."
        [[turn.response]]
        [[turn.response.call]]
        tool = "press_keys"
        arguments = { keys = "9" }
        [[turn.response]]
        say = "Goodbye."
    "#;
    let scenario = Scenario::parse("press", text).unwrap();
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let report = bench.place(bench.caller(&scenario)).await;
    assert_eq!(report.streams[0].keys, "");
    assert_eq!(bench.openai().sessions()[0].calls_not_offered, ["press_keys"]);
    bench.stack.stop().await.unwrap();
}

/// Nobody is there to talk with: it is tried again later, or never.
#[tokio::test]
async fn what_is_no_person() {
    let one = async |line: &str, expected: (&str, State)| {
        let (bench, dial, call) = called(&[(line, "Hello!")], None, first()).await;
        assert_eq!((outcome(&call), dial.state), expected, "{line}");
        assert!(turns(&call).iter().all(|(who, _)| *who == "person"), "nothing is said to it: {call}");
        bench.stack.stop().await.unwrap();
    };
    tokio::join!(
        one("Thank you for calling. For sales, press 1.", ("not_reached", State::Planned)),
        one("The number you have dialed is not in service.", ("out_of_service", State::GivenUp)),
        one("The person you are trying to reach is not available.", ("not_reached", State::Planned)),
    );
}

#[tokio::test]
async fn a_screening_service_passes_on_who_calls() {
    let lines = [
        ("Please record your name and reason for calling.", "I am a person."),
        ("Hello, this is Dana.", ""),
        ("Yes, it is.", "Good. Goodbye."),
    ];
    let patient = Manners { grace: Duration::from_secs(2), ..first() };
    let (bench, _, call) = called(&lines, None, patient).await;
    let said = turns(&call);
    let (asked, passed_on, there, greeted) = (said[0].1, said[1].1, said[2].1, said[3].1);
    assert!(asked.starts_with("Please record") && there == "Hello, this is Dana.");
    assert!(passed_on.starts_with("This is the AI assistant") && !passed_on.contains("good time"));
    assert!(greeted.starts_with("Hello, this is the AI assistant") && greeted.contains("good time"));
    assert_eq!(outcome(&call), "hung_up");
    bench.stack.stop().await.unwrap();
}

/// Somebody asks to be called back on the number that they call from.
fn asks(phone: &str, when: &str) -> Scenario {
    let text = format!(
        r#"
        title = "call me back"
        from = "{CALLEE}"
        [[turn]]
        caller = "Please call me back."
        [[turn.response]]
        [[turn.response.call]]
        tool = "request_callback"
        arguments = {{ phone = "{phone}" {when} }}
        [[turn.response]]
        say = "It is noted. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = {{ reason = "done" }}
        "#
    );
    Scenario::parse("asks", &text).unwrap()
}

#[tokio::test]
async fn whoever_asks_for_it_is_called_back() {
    let at = noon();
    let named = format!(r#", when = "tomorrow at noon", at = "{at}""#);
    let scenario = asks(CALLEE, &named);
    let (bench, person) = bench_of(vec![scenario.clone()], None).await;
    let report = bench.place(bench.caller(&scenario)).await;
    let dials = bench.stack.twin.store().dials().await.unwrap();
    assert_eq!(dials.len(), 1, "{dials:?}");
    let dial = &dials[0];
    assert_eq!(
        (dial.person.as_str(), dial.asked_by, dial.state),
        (person.as_str(), By::Person, State::Planned)
    );
    assert_eq!((dial.due_at, dial.number.as_str()), (at, CALLEE));
    // The job comes again: nothing is planned twice.
    let call = bench.call(&report.call_sid).await.unwrap();
    let own = &bench.stack.account.phone_number;
    bench.stack.twin.call_back(&call.person, &call.interaction, own, Timestamp::now()).await.unwrap();
    assert_eq!(bench.stack.twin.store().dials().await.unwrap().len(), 1);

    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(Callee { tempo: 1.0, ..Callee::default() });
    bench.stack.twin.sweep(at + SignedDuration::from_secs(1)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let through = (&bench.stack.telephony, bench.stack.urls.base.as_str());
    bench.stack.twin.place(&dial.person, &dial.id, through, at).await.unwrap();
    let rung = twilio.rung().remove(0);
    assert_eq!(rung.live.to, CALLEE);
    let (store, placed) = (bench.stack.twin.store(), (&dial.person, &dial.id));
    let attempt = store.dial(placed.0, placed.1).await.unwrap().unwrap().attempts.remove(0);
    let arrival = Arrival {
        person: dial.person.clone(),
        interaction: attempt.interaction,
        channel: Channel::Phone,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
    };
    let opened = bench.stack.twin.open(&arrival, at).await.unwrap();
    let told = &opened.briefing.instructions;
    assert!(told.contains("«Please call me back.»") && told.contains("speak with them before"), "{told}");
    assert_eq!(opened.continues, [call.interaction], "it goes on with what was said when they asked");
    rung.hang_up();
    let report = over(&bench, rung).await;
    assert_eq!(bench.conversation(&report.call_sid).await["dial"].as_str(), Some(dial.id.as_str()));
    bench.stack.stop().await.unwrap();
}

/// The owner decides about a number that anybody could name, about a time that is no time, and where they do not want it.
#[tokio::test]
async fn whom_the_twin_does_not_call_back_by_itself() {
    let one = async |phone: &str, when: &str, call_backs: bool| {
        let scenario = asks(phone, when);
        let (bench, _) = bench_of(vec![scenario.clone()], None).await;
        if !call_backs {
            let body = json!({ "version": 1, "settings": {} });
            let saved =
                bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
            assert!(saved.status().is_success());
        }
        bench.place(bench.caller(&scenario)).await;
        let mails = bench.stack.aws().ses.sent_at_least(1).await;
        let mail = mail_parser::MessageParser::default().parse(&mails[0].raw).unwrap();
        assert!(mail.body_text(0).unwrap().contains("They ask to be called back on"));
        assert!(bench.stack.twin.store().dials().await.unwrap().is_empty());
        bench.stack.stop().await.unwrap();
    };
    let other = Phone::parse("+14155550177").unwrap();
    tokio::join!(
        one(other.as_str(), "", true),
        one(CALLEE, r#", when = "when the sun shines""#, true),
        one(CALLEE, "", false),
    );
}
