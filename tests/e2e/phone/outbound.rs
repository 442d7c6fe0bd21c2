//! Calls that the twin places: to whom, when, once, and what the owner sees of it.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp, civil::time, tz::TimeZone};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::{
    scenario::Scenario,
    twilio::{
        Callee,
        caller::{CallHandle, Pickup},
        rest::{LookedUp, RestError},
        turns::Line,
    },
};
use tests::{Bench, between::Between, is_problem, model, options, turns};
use twin::{
    consent::{Matter, stands},
    error::Error,
    id::{DialId, InteractionId, PersonId},
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Outcome},
    outbound::{Attempt, Dial, State},
    store::{Limit, LocalDay},
    twin::TALKS_FOR,
};

use crate::{
    crashing::alone,
    privacy::config,
    proving::{acted, opened},
};

pub const CALLEE: &str = "+14155550161";

/// Whoever is called, and what the model answers.
fn callee() -> Scenario {
    let text = r#"
        title = "they are called"
        from = "+14155550161"
        [[turn]]
        caller = "Yes, Tuesday at three is fine."
        [[turn.response]]
        say = "Wonderful. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "confirmed" }
    "#;
    Scenario::parse("callee", text).unwrap()
}

pub fn somebody(lines: Vec<Line>, picks_up: Pickup) -> Callee {
    Callee { lines, picks_up, ..Callee::default() }
}

/// A system that may call at any hour of its tests, and a contact who has agreed to it, or not.
pub async fn bench(consent: Option<bool>) -> (Bench, String) {
    bench_of(vec![callee()], consent).await
}

pub async fn bench_of(scenarios: Vec<Scenario>, consent: Option<bool>) -> (Bench, String) {
    bench_with(Options { model: model(scenarios), ..options() }, consent).await
}

pub async fn bench_with(options: Options, consent: Option<bool>) -> (Bench, String) {
    let bench = Bench::with(options).await;
    let policy =
        json!({ "from": "08:00", "to": "21:00", "weekends": true, "aDayEach": 3, "callBacks": true });
    let body = json!({ "version": 0, "settings": { "outbound": policy } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let (now, number) = (Timestamp::now(), Phone::parse(CALLEE).unwrap());
    let evidence = Evidence::new(EvidenceSource::Import, now, None);
    let known = bench.stack.twin.store().resolve(IdentityKey::Phone(number), evidence, now).await.unwrap();
    let person = known.person.to_string();
    if let Some(given) = consent {
        let words = json!({ "matter": "outbound_calls", "given": given, "quote": "Call me any time." });
        let path = format!("/api/people/{person}/consents");
        let noted = bench.as_owner(Method::POST, &path).json(&words).send().await.unwrap();
        assert!(noted.status().is_success(), "{}", noted.status());
    }
    (bench, person)
}

fn wanted() -> Value {
    json!({ "to": CALLEE, "purpose": "your interview on Tuesday", "context": "Is three o'clock fine?" })
}

/// Tomorrow's time in San Francisco.
pub fn tomorrow(hour: i8) -> Timestamp {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let day = Timestamp::now().to_zoned(zone.clone()).date().tomorrow().unwrap();
    day.at(hour, 0, 0, 0).to_zoned(zone).unwrap().timestamp()
}

pub fn noon() -> Timestamp {
    tomorrow(12)
}

/// Stores a call as if it were this time, and has it placed then, whatever the clock of the tests shows.
pub async fn placed(bench: &Bench, at: Timestamp) -> Dial {
    let own = &bench.stack.account.phone_number;
    let wanted = twin::twin::Wanted {
        person: None,
        number: Some(Phone::parse(CALLEE).unwrap()),
        purpose: "your interview on Tuesday".to_owned(),
        context: Some("Is three o'clock fine?".to_owned()),
        at: None,
        by: twin::outbound::By::Owner,
        id: None,
    };
    let dial = bench.stack.twin.call(wanted, own, twin::audit::Actor::Owner, at).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    place(bench, &dial, at).await
}

pub async fn place(bench: &Bench, dial: &Dial, at: Timestamp) -> Dial {
    let through = (&bench.stack.telephony, bench.stack.urls.base.as_str());
    bench.stack.twin.place(&dial.person, &dial.id, through, at).await.unwrap()
}

pub async fn now_is(bench: &Bench, dial: &Dial) -> Dial {
    bench.stack.twin.store().dial(&dial.person, &dial.id).await.unwrap().unwrap()
}

/// The call that rang, until it is over.
pub async fn over(bench: &Bench, rung: CallHandle) -> sim::twilio::report::Report {
    let report = rung.report().await.unwrap();
    bench.settled(&report.call_sid).await;
    report
}

#[tokio::test]
async fn somebody_is_called_and_talks() {
    let (bench, person) = bench(Some(true)).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(somebody(Line::of(&callee()), Pickup::Answers));
    let dial = placed(&bench, noon()).await;
    assert_eq!(dial.attempts.len(), 1, "{dial:?}");
    let mut rung = twilio.rung();
    assert_eq!((rung.len(), rung[0].live.to.as_str()), (1, CALLEE));
    let asked = twilio.requests().into_iter().find(|one| one.path == "Calls.json").unwrap();
    let limit = asked.form.iter().find(|(name, _)| name == "TimeLimit").unwrap().1.parse::<u32>().unwrap();
    assert!(limit >= 30 * 60 + TALKS_FOR, "the owner may take it over at its end: {limit}");
    let report = over(&bench, rung.remove(0)).await;
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(
        (call["outcome"].as_str(), call["person"].as_str()),
        (Some("completed"), Some(person.as_str()))
    );
    assert_eq!(call["dial"].as_str(), Some(dial.id.as_str()));
    let said = turns(&call);
    assert_eq!(said[1..], [("person", "Yes, Tuesday at three is fine."), ("twin", "Wonderful. Goodbye.")]);
    let (who, first) = said[0];
    assert_eq!(who, "twin");
    assert!(first.contains("AI assistant") && first.contains("calling about your interview"), "{first}");
    let told = format!("{:?}", bench.openai().sessions()[0].conversation);
    assert!(!told.contains("three o'clock fine"), "the context stands in the instructions alone");
    let dial = now_is(&bench, &dial).await;
    assert_eq!(dial.state, State::Done);
    assert_eq!(dial.attempts[0].call.as_ref().unwrap().as_str(), report.call_sid);
    let again = place(&bench, &dial, noon()).await;
    assert_eq!((again.attempts.len(), twilio.rung().len()), (1, 0), "it is placed once");
    bench.stack.stop().await.unwrap();
}

/// Later each time, and not for ever: then the owner is told.
#[tokio::test]
async fn nobody_answers() {
    let (bench, _) = bench(Some(true)).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.answer_as(somebody(Vec::new(), Pickup::Busy));
    let mut at = noon();
    let mut dial = placed(&bench, at).await;
    for attempt in 1..=3 {
        let report = twilio.rung().remove(0).report().await.unwrap();
        assert_eq!(report.status, "busy");
        bench.stack.jobs_done().await.unwrap();
        dial = now_is(&bench, &dial).await;
        assert_eq!(dial.attempts.len(), attempt);
        if attempt < 3 {
            assert_eq!(dial.state, State::Planned, "{dial:?}");
            let early = place(&bench, &dial, dial.due_at - SignedDuration::from_secs(1)).await;
            assert_eq!(early.attempts.len(), attempt, "not before its time");
            at += SignedDuration::from_hours(24);
            dial = place(&bench, &dial, at).await;
        }
    }
    assert_eq!(dial.state, State::GivenUp);
    let mails = bench.stack.aws().ses.sent_at_least(1).await;
    let mail = mail_parser::MessageParser::default().parse(&mails[0].raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    assert!(text.contains("I could not reach them about your interview on Tuesday (calls: 3)"), "{text}");
    bench.stack.stop().await.unwrap();
}

/// Nothing is stored, nothing rings.
#[tokio::test]
async fn whom_the_twin_does_not_call() {
    for (consent, body, why) in [
        (None, wanted(), "they have not agreed"),
        (Some(false), wanted(), "they do not want to be called"),
        (Some(true), json!({ "to": "+14155550199", "purpose": "x" }), "no contact has this number"),
        (Some(true), json!({ "to": "911", "purpose": "x" }), "to:"),
        (Some(true), json!({ "to": CALLEE, "purpose": " " }), "purpose"),
        (Some(true), json!({ "to": CALLEE, "purpose": "two\nlines" }), "purpose"),
        (Some(true), json!({ "to": CALLEE, "purpose": "x", "context": "y".repeat(2001) }), "context"),
    ] {
        let (bench, _) = bench(consent).await;
        let answer = bench.as_owner(Method::POST, phone_webhook::CALLS).json(&body).send().await.unwrap();
        let problem = is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
        assert_eq!(bench.owner(phone_webhook::CALLS).await, json!({ "calls": [] }));
        assert!(bench.stack.twilio.as_ref().unwrap().calls().is_empty());
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn only_the_owner_has_somebody_called_and_only_once_at_a_time() {
    let (bench, _) = bench(Some(true)).await;
    let stranger = bench.http.post(bench.url(phone_webhook::CALLS)).json(&wanted()).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let mut later = wanted();
    later["at"] = json!(noon());
    let ask = || bench.as_owner(Method::POST, phone_webhook::CALLS).json(&later).send();
    let answer = ask().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let dial: Value = answer.json().await.unwrap();
    let due = later["at"].as_str();
    assert_eq!((dial["state"].as_str(), dial["dueAt"].as_str()), (Some("planned"), due));
    assert_eq!(ask().await.unwrap().status(), StatusCode::CONFLICT);
    let path = format!(
        "{}/{}/{}",
        phone_webhook::CALLS,
        dial["person"].as_str().unwrap(),
        dial["id"].as_str().unwrap()
    );
    let cancelled = bench.as_owner(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    assert_eq!(bench.owner(&path).await["state"], "cancelled");
    assert_eq!(bench.as_owner(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::CONFLICT);
    assert_eq!(ask().await.unwrap().status(), StatusCode::ACCEPTED, "another one may be planned");
    bench.stack.stop().await.unwrap();
}

/// What Twilio refuses is not placed; what it may have taken is not placed again.
#[tokio::test]
async fn what_twilio_says_to_it() {
    for (status, expected) in [(400, State::Refused), (429, State::Planned), (503, State::Planned)] {
        let (bench, _) = bench(Some(true)).await;
        let twilio = bench.stack.twilio.as_ref().unwrap();
        twilio.fail_next(RestError::new(status, 21215, "not now"));
        let dial = placed(&bench, noon()).await;
        assert_eq!(dial.state, expected, "{status}");
        assert!(dial.problem.is_some() && twilio.calls().is_empty());
        bench.stack.stop().await.unwrap();
    }
}

/// Whoever says no in the meantime is not called, and too many a day are not made.
#[tokio::test]
async fn what_may_change_before_it_rings() {
    let (bench, person) = bench(Some(true)).await;
    let own = &bench.stack.account.phone_number;
    let of = |at| twin::twin::Wanted {
        person: Some(person.parse().unwrap()),
        number: None,
        purpose: "your interview".to_owned(),
        context: None,
        at: Some(at),
        by: twin::outbound::By::Owner,
        id: None,
    };
    let actor = twin::audit::Actor::Owner;
    let dial = bench.stack.twin.call(of(noon()), own, actor, Timestamp::now()).await.unwrap();
    let moved = place(&bench, &dial, tomorrow(22)).await;
    assert_eq!((moved.state, moved.attempts.len()), (State::Planned, 0));
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    assert_eq!(moved.due_at.to_zoned(zone).time(), time(8, 0, 0, 0), "in the morning, where they are");
    let no = json!({ "matter": "outbound_calls", "given": false });
    let path = format!("/api/people/{person}/consents");
    bench.as_owner(Method::POST, &path).json(&no).send().await.unwrap();
    let refused = place(&bench, &moved, moved.due_at).await;
    assert_eq!(
        (refused.state, refused.problem.as_deref()),
        (State::Refused, Some("they do not want to be called"))
    );
    assert!(bench.stack.twilio.as_ref().unwrap().calls().is_empty());
    bench.stack.stop().await.unwrap();
}

/// Whoever shows the number of somebody who wants no calls does not have them called, unless they prove who they are.
#[tokio::test]
async fn a_shown_number_takes_no_no_back() {
    let (bench, person) = bench(Some(false)).await;
    let person: PersonId = person.parse().unwrap();
    for (level, given) in [(Assurance::Claimed, false), (Assurance::Verified, true)] {
        let session = opened(&bench, &person, Channel::Phone, level).await;
        let asked = acted(&bench, &session, "request_callback", json!({ "phone": CALLEE })).await;
        assert_eq!(asked["noted"], true, "the owner knows: {asked}");
        let consents = bench.stack.twin.store().contact_consents(&person).await.unwrap();
        assert_eq!(stands(&consents, Matter::OutboundCalls), Some(given), "{level:?}");
    }
    bench.stack.stop().await.unwrap();
}

/// The owner says that the number is not theirs, after a call was planned: whoever has it is not called in their place.
#[tokio::test]
async fn a_number_that_was_untied_is_not_called() {
    let (bench, person) = bench(Some(true)).await;
    let person: PersonId = person.parse().unwrap();
    let (twin, at) = (&bench.stack.twin, noon());
    let wanted = twin::twin::Wanted {
        person: Some(person.clone()),
        number: None,
        purpose: "your interview".to_owned(),
        context: None,
        at: Some(at),
        by: twin::outbound::By::Owner,
        id: None,
    };
    let (own, actor) = (&bench.stack.account.phone_number, twin::audit::Actor::Owner);
    let dial = twin.call(wanted, own, actor, Timestamp::now()).await.unwrap();
    twin.untie(&person, "phone", CALLEE, Timestamp::now()).await.unwrap();
    let refused = place(&bench, &dial, at).await;
    assert_eq!((refused.state, refused.attempts.len()), (State::Refused, 0), "{refused:?}");
    assert!(bench.stack.twilio.as_ref().unwrap().calls().is_empty());
    bench.stack.stop().await.unwrap();
}

/// The day's calls are all placed: another waits for the next day, and is not counted as one to whoever was not called.
#[tokio::test]
async fn a_day_has_so_many_calls() {
    let (bench, person) = bench(Some(true)).await;
    let policy = json!({ "from": "08:00", "to": "21:00", "weekends": true, "aDay": 1, "aDayEach": 1 });
    let body = json!({ "version": 1, "settings": { "outbound": policy } });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let (store, at) = (bench.stack.twin.store(), noon());
    let limit = |name| Limit { name, most: 1, window: SignedDuration::from_hours(24) };
    let (all, each) = (limit("calls_placed"), limit("calls_to_one"));
    let zone = store.follow_up_settings().await.unwrap().settings.zone();
    let day = |at| LocalDay::of(at, &zone);
    assert!(store.take(&all, "owner", 1, day(at)).await.unwrap().is_ok());
    let dial = placed(&bench, at).await;
    assert_eq!((dial.state, dial.attempts.len()), (State::Planned, 0), "{dial:?}");
    assert!(dial.problem.is_some() && dial.due_at > at);
    assert_eq!(store.taken(&each, &person, day(at)).await.unwrap(), 0);
    let dial = place(&bench, &dial, dial.due_at).await;
    assert_eq!((dial.attempts.len(), dial.problem), (1, None), "the next day");
    assert_eq!(store.taken(&each, &person, day(dial.attempts[0].at)).await.unwrap(), 1);
    bench.stack.stop().await.unwrap();
}

/// Two place it at once: it is one call of the day, and placed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_two_place_is_one() {
    let (bench, person) = bench(Some(true)).await;
    let (twin, twilio) = (&bench.stack.twin, bench.stack.twilio.as_ref().unwrap());
    let (own, at) = (&bench.stack.account.phone_number, noon());
    let wanted = twin::twin::Wanted {
        person: Some(person.parse().unwrap()),
        number: None,
        purpose: "your interview".to_owned(),
        context: None,
        at: Some(at),
        by: twin::outbound::By::Owner,
        id: None,
    };
    let dial = twin.call(wanted, own, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
    // It goes no further than that Twilio says so.
    twilio.fail_next(RestError::new(400, 21215, "not now"));
    let (first, of) = (twin.clone(), dial.clone());
    let (telephony, base) = (bench.stack.telephony.clone(), bench.stack.urls.base.clone());
    let between = Between::of(r#"{"S":"dialling"}"#, async move {
        Box::pin(first.place(&of.person, &of.id, (&telephony, base.as_str()), at)).await?;
        Ok(())
    });
    let second = alone(&bench, between.client(&config(&bench)));
    let through = (&bench.stack.telephony, bench.stack.urls.base.as_str());
    let placed = Box::pin(second.place(&dial.person, &dial.id, through, at)).await.unwrap();
    assert!(between.has_happened());
    assert_eq!((placed.state, placed.attempts.len()), (State::Refused, 1), "{placed:?}");
    let zone = twin.store().follow_up_settings().await.unwrap().settings.zone();
    for (name, who) in [("calls_to_one", person.as_str()), ("calls_placed", "owner")] {
        let limit = Limit { name, most: 3, window: SignedDuration::from_hours(24) };
        let taken = twin.store().taken(&limit, who, LocalDay::of(at, &zone)).await.unwrap();
        assert_eq!(taken, 1, "{name}");
    }
    bench.stack.stop().await.unwrap();
}

/// Two calls to one person are asked for at once: one is planned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_calls_at_once_one_is_planned() {
    let (bench, person) = bench(Some(true)).await;
    let person: PersonId = person.parse().unwrap();
    let wanted = twin::twin::Wanted {
        person: Some(person.clone()),
        number: None,
        purpose: "your interview".to_owned(),
        context: None,
        at: Some(noon()),
        by: twin::outbound::By::Owner,
        id: None,
    };
    let (first, own, now) =
        (bench.stack.twin.clone(), bench.stack.account.phone_number.clone(), Timestamp::now());
    let again = wanted.clone();
    let between = Between::of("DIAL#", async move {
        Box::pin(first.call(again, &own, twin::audit::Actor::Owner, now)).await?;
        Ok(())
    });
    let second = alone(&bench, between.client(&config(&bench)));
    let own = &bench.stack.account.phone_number;
    let lost = Box::pin(second.call(wanted, own, twin::audit::Actor::Owner, now)).await;
    assert!(between.has_happened() && matches!(lost, Err(Error::Conflict)), "{lost:?}");
    assert_eq!(bench.stack.twin.store().dials_of(&person).await.unwrap().len(), 1);
    bench.stack.stop().await.unwrap();
}

/// However many: whoever asked for the one that is planned is told so, and nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_at_once_exactly_one_is_planned() {
    let (bench, person) = bench(Some(true)).await;
    let asked = json!({ "contact": person, "purpose": "your interview", "at": noon() });
    let answers = join_all((0..8).map(|_| {
        let request = bench.as_owner(Method::POST, phone_webhook::CALLS).json(&asked);
        async move { request.send().await.unwrap().status() }
    }))
    .await;
    let count = |status: StatusCode| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(StatusCode::ACCEPTED), count(StatusCode::CONFLICT)), (1, 7), "{answers:?}");
    let planned = bench.stack.twin.store().dials_of(&person.parse().unwrap()).await.unwrap();
    assert_eq!(planned.len(), 1, "{planned:?}");
    bench.stack.stop().await.unwrap();
}

/// It ends while it is noted that somebody has picked up: nobody goes on with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_ends_as_it_is_answered_is_over() {
    let (bench, person) = bench(Some(true)).await;
    let (store, now) = (bench.stack.twin.store().clone(), Timestamp::now());
    let interaction = InteractionId::generate(now);
    let attempt =
        Attempt { interaction: interaction.clone(), at: now, call: None, detected: None, outcome: None };
    let dial = Dial {
        id: DialId::generate(now),
        person: person.parse().unwrap(),
        number: Phone::parse(CALLEE).unwrap(),
        purpose: "your interview".to_owned(),
        context: None,
        asked_by: twin::outbound::By::Owner,
        state: State::Ringing,
        due_at: now,
        attempts: vec![attempt.clone()],
        problem: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    store.add_dial(&dial, 0).await.unwrap();
    let over = Attempt { outcome: Some(Outcome::NoAnswer), ..attempt };
    let ended = Dial { state: State::GivenUp, attempts: vec![over], ..dial.clone() };
    let between = Between::of(r#"{"S":"answered"}"#, async move {
        store.save_dial(ended, now).await?;
        Ok(())
    });
    let twin = alone(&bench, between.client(&config(&bench)));
    let call = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
    let picked_up = twin.picked_up((&dial.person, &dial.id), &interaction, &call, now).await.unwrap();
    assert!(between.has_happened() && picked_up.is_none(), "{picked_up:?}");
    assert_eq!(now_is(&bench, &dial).await.state, State::GivenUp);
    bench.stack.stop().await.unwrap();
}

/// An old consent is not that of whoever has the number now; where nobody tells, it is not called yet.
#[tokio::test]
async fn a_number_that_has_changed_hands() {
    let (bench, _) = bench(Some(true)).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.fail_next(RestError::new(503, 20503, "not now"));
    let dial = placed(&bench, noon() + SignedDuration::from_hours(50 * 24)).await;
    assert_eq!((dial.state, dial.attempts.len()), (State::Planned, 0), "{dial:?}");
    twilio.know(CALLEE, LookedUp { is_reassigned: true, ..LookedUp::default() });
    let dial = place(&bench, &dial, dial.due_at).await;
    assert_eq!(dial.state, State::Refused);
    assert_eq!(dial.problem.as_deref(), Some("the number belongs to somebody else by now"));
    assert!(twilio.calls().is_empty());
    bench.stack.stop().await.unwrap();
}
