//! Erased at any moment, somebody stays erased: whatever was under way, and whatever comes late.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::{MAIL_FROM, OWNER_EMAIL, TABLE};
use phone_webhook::{AFTER_STREAM, INCOMING, RECORDING, STATUS};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sim::{scenario::Scenario, twilio::report::CallerEvent};
use tests::{Bench, PATIENCE, is_problem};
use twin::{
    clients::{mail::Mailer, queue::Queue},
    error::Error,
    handoff::Secret,
    id::PersonId,
    identity::Assurance,
    interaction::{Channel, Outcome, Speaker},
    store::Store,
    twin::{Arrival, Post, Session, Twin, begin_handed_over},
    wire::ticket::TicketKey,
};

use super::{config, details, lines, traces, turn};

/// What happens in and after a call, one after the other.
const STEPS: usize = 11;
const NAMED: [&str; 3] = ["Dana", "northgate", "+1415555017"];

/// One call, and what is at hand as it goes on.
struct Going<'a> {
    bench: &'a Bench,
    /// Its jobs go nowhere: they are done by hand.
    twin: Twin,
    post: Post,
    sid: String,
    number: String,
    arrival: Option<Arrival>,
    session: Option<Session>,
    link: Option<Secret>,
}

/// What comes late may find nobody.
fn late<T>(came: Result<T, Error>) -> Option<T> {
    match came {
        Ok(value) => Some(value),
        Err(Error::NotFound | Error::Conflict) => None,
        Err(error) => panic!("{error:?}"),
    }
}

impl<'a> Going<'a> {
    fn new(bench: &'a Bench, n: usize) -> Self {
        let sdk = config(bench);
        let nowhere = Queue::new(aws_sdk_sqs::Client::new(&sdk), "http://127.0.0.1:1/jobs");
        let twin = Twin::new(Store::new(Client::new(&sdk), TABLE), nowhere);
        let ses = sdk.to_builder().endpoint_url(bench.stack.aws().ses_url()).build();
        let post = Post {
            texts: bench.stack.telephony.clone(),
            mailer: Mailer::new(&ses),
            from: MAIL_FROM.to_owned(),
            owner: OWNER_EMAIL.to_owned(),
            public_base_url: bench.stack.urls.base.clone(),
            links: TicketKey::new(&bench.stack.secrets.ticket_secret),
            reply_domain: None,
        };
        let (sid, number) = (format!("CA{n:032x}"), format!("+14155550{:03}", 170 + n % 10));
        Self { bench, twin, post, sid, number, arrival: None, session: None, link: None }
    }

    async fn webhook(&self, path: &str, status: &'static str, more: &[(&'static str, &'static str)]) {
        let mut form = self.bench.voice_form(&self.sid, &self.number);
        form.retain(|(name, _)| *name != "CallStatus");
        form.push(("CallStatus", status));
        form.extend(more);
        let answer = self.bench.webhook(path, &form).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn step(&mut self, number: usize) {
        let now = Timestamp::now();
        match (number, &self.session) {
            (0, _) => self.begin().await,
            (1, _) => {
                let Some(arrival) = &self.arrival else { return };
                self.session = late(self.twin.open(arrival, now).await);
            }
            (7, _) => {
                let Some(Arrival { person, interaction, .. }) = &self.arrival else { return };
                late(self.twin.close(person, interaction, Outcome::HungUp, now).await);
            }
            (8, _) => {
                let Some(Arrival { person, interaction, .. }) = &self.arrival else { return };
                late(self.twin.follow_up(person, interaction, &self.post, now).await);
            }
            (9, _) => {
                let recording = [("RecordingUrl", "https://api.example/RE1"), ("RecordingDuration", "3")];
                self.webhook(RECORDING, "in-progress", &recording).await;
            }
            (10, _) => {
                self.webhook(AFTER_STREAM, "completed", &[]).await;
                self.webhook(STATUS, "completed", &[]).await;
                self.webhook(INCOMING, "ringing", &[]).await;
            }
            (_, None) => {}
            (2, Some(session)) => self.link = late(self.twin.hand_over(session, Channel::Chat, now).await),
            (3, Some(session)) => self.talk(session).await,
            (4, Some(session)) => self.act(session, "save_contact", details(true)).await,
            (5, Some(_)) => self.chat().await,
            (_, Some(session)) => {
                let meeting = json!({ "topic": "Dana's role", "preferred_times": ["Monday"] });
                self.act(session, "propose_meeting", meeting).await;
            }
        }
    }

    async fn begin(&mut self) {
        self.webhook(INCOMING, "ringing", &[]).await;
        let call = self.bench.call(&self.sid).await.unwrap();
        self.arrival = Some(Arrival {
            person: call.person,
            interaction: call.interaction,
            channel: Channel::Phone,
            call_sid: Some(call.sid),
            host: None,
            route: call.route,
            level: call.level,
        });
    }

    async fn talk(&self, session: &Session) {
        for (sequence, speaker, text) in
            [(1, Speaker::Twin, "An AI assistant speaks."), (2, Speaker::Person, "I am Dana.")]
        {
            late(self.twin.heard(session, &turn(sequence, speaker, text)).await);
        }
    }

    async fn act(&self, session: &Session, tool: &str, arguments: serde_json::Value) {
        let arguments = arguments.to_string();
        late(self.twin.act(session, tool, tool, &arguments, Timestamp::now()).await);
    }

    async fn chat(&self) {
        let Some(link) = &self.link else { return };
        let store = self.twin.store();
        late(begin_handed_over(store, link.reveal(), None, Timestamp::now()).await);
    }

    fn person(&self) -> PersonId {
        self.arrival.as_ref().unwrap().person.clone()
    }
}

#[tokio::test]
async fn at_each_moment_of_a_call_nobody_comes_back() {
    let bench = Bench::start().await;
    for erased_after in 1..=STEPS {
        let mut going = Going::new(&bench, erased_after);
        for number in 0..erased_after {
            going.step(number).await;
        }
        let person = going.person();
        let before = traces(&bench, &person, &NAMED).await;
        assert!(before.len() > 3, "{before:?}");
        let path = format!("/api/people/{person}?confirm={person}");
        let answer = bench.as_owner(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(traces(&bench, &person, &NAMED).await, [""; 0], "erased after {erased_after}");
        for number in erased_after..STEPS {
            going.step(number).await;
        }
        let written = traces(&bench, &person, &NAMED).await;
        assert_eq!(written, [""; 0], "what came after {erased_after}");
        let later = Timestamp::now() + SignedDuration::from_hours(2);
        bench.stack.twin.sweep(later).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        assert_eq!(traces(&bench, &person, &NAMED).await, [""; 0], "the sweep after {erased_after}");
    }
    bench.stack.stop().await.unwrap();
}

/// As above, but both run at once: whoever writes and whoever erases never see each other's work half done.
#[tokio::test]
async fn while_everything_is_written_nobody_comes_back() {
    let bench = Bench::start().await;
    for round in 0..6 {
        let mut going = Going::new(&bench, 100 + round);
        going.step(0).await;
        let person = going.person();
        let erase = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
                bench.owner("/api/omni-context").await;
            }
            let path = format!("/api/people/{person}?confirm={person}");
            bench.as_owner(Method::DELETE, &path).send().await.unwrap().status()
        };
        let go_on = async {
            for number in 1..STEPS {
                going.step(number).await;
            }
        };
        let (status, ()) = tokio::join!(erase, go_on);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(traces(&bench, &person, &NAMED).await, [""; 0], "round {round}");
    }
    bench.stack.stop().await.unwrap();
}

/// The real relay, in the middle of a call.
#[tokio::test]
async fn a_caller_who_is_erased_while_they_speak_leaves_nothing() {
    let bench = Bench::start().await;
    let scenario = Scenario::built_in("recruiter").unwrap();
    let mut call = bench.stack.twilio.as_ref().unwrap().place(bench.caller(&scenario)).unwrap();
    let sid = call.sid().to_owned();
    while !matches!(call.events.recv().await, Some(CallerEvent::TwinAudible)) {}
    let person = bench.call(&sid).await.unwrap().person;
    let said = async {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        while traces(&bench, &person, &["Dana"]).await.iter().all(|key| !key.contains(" TURN#")) {
            look.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, said).await.expect("the caller speaks");
    bench.stack.twin.erase(&person, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
    call.report().await.unwrap();
    bench.settled(&sid).await;
    bench.stack.jobs_done().await.unwrap();
    let left = traces(&bench, &person, &["Dana", "northgate", "+14155550123"]).await;
    assert_eq!(left, [""; 0]);
    assert!(bench.stack.aws().ses.sent().is_empty());
    bench.stack.stop().await.unwrap();
}

/// Whoever took a conversation up that somebody else began is not remembered by it; that it was taken up is.
#[tokio::test]
async fn whoever_goes_on_with_anothers_conversation_leaves_nothing_in_it() {
    let bench = Bench::start().await;
    let (twin, store, now) = (&bench.stack.twin, bench.stack.twin.store(), Timestamp::now());
    let dana = super::person(&bench, super::EMAIL).await;
    let session = super::opened(&bench, &dana, Channel::Phone, Assurance::Verified).await;
    let code = twin.give_code(&session, Channel::Phone, now).await.unwrap().written();
    let robin = super::person(&bench, "robin@southgate.example").await;
    let other = super::opened(&bench, &robin, Channel::Phone, Assurance::Claimed).await;
    let taken = super::acted(&bench, &other, "take_over", json!({ "code": code })).await;
    assert_eq!(taken["continued"], true, "{taken}");
    let held = [other.interaction.as_str()];
    let handoffs = async |of: &PersonId| {
        let all = traces(&bench, of, &held).await;
        all.into_iter().filter(|key| key.starts_with("HANDOFF#")).count()
    };
    assert_eq!(handoffs(&robin).await, 1);
    twin.erase(&robin, twin::audit::Actor::Owner, now).await.unwrap();
    assert_eq!(traces(&bench, &robin, &held).await, [""; 0]);
    let later = now + SignedDuration::from_mins(11);
    let day = twin::analytics::on(now + twin::handoff::SPOKEN_FOR);
    let ended = store.handed_over_since(day, now, later + SignedDuration::from_mins(1)).await.unwrap();
    assert_eq!(ended.len(), 1, "what is Dana's stays with her");
    assert!(ended[0].is_taken_up && ended[0].by.is_none(), "that it was used stays: {ended:?}");
    bench.stack.stop().await.unwrap();
}

/// A process that died between its write and its look for the tombstone: what it left is found an hour later.
#[tokio::test]
async fn what_a_dying_writer_left_is_swept_up() {
    let bench = Bench::start().await;
    let person = super::person(&bench, super::EMAIL).await;
    let store = bench.stack.twin.store();
    bench.stack.twin.erase(&person, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = Client::new(&config(&bench)).put_item().table_name(TABLE);
    let put = put.item("pk", text(&format!("PERSON#{person}"))).item("sk", text("TURN#int_1#1#1"));
    put.item("text", text("I am Dana.")).send().await.unwrap();
    assert_eq!(traces(&bench, &person, &["Dana"]).await.len(), 1);
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_hours(2)).await.unwrap();
    assert_eq!(traces(&bench, &person, &["Dana"]).await, [""; 0]);
    assert!(store.erased(&person).await.unwrap().is_some(), "the tombstone stays");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_erasure_is_confirmed_written_down_and_done_once() {
    let bench = Bench::start().await;
    let person = super::person(&bench, super::EMAIL).await;
    let erase = async |path: String| bench.as_owner(Method::DELETE, &path).send().await.unwrap();
    for wrong in ["", "?confirm=", "?confirm=yes", "?confirm=per_1", "?force=true"] {
        let answer = erase(format!("/api/people/{person}{wrong}")).await;
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    assert!(bench.stack.twin.store().known(&person).await.unwrap().is_some());
    for unknown in ["per_1", "x"] {
        let answer = erase(format!("/api/people/{unknown}?confirm={unknown}")).await;
        is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    }
    let confirmed = format!("/api/people/{person}?confirm={person}");
    let first: serde_json::Value = erase(confirmed.clone()).await.json().await.unwrap();
    assert_eq!((&first["erased"], first["items"].as_u64().unwrap() > 2), (&json!(true), true), "{first}");
    let again: serde_json::Value = erase(confirmed.clone()).await.json().await.unwrap();
    assert_eq!(again, json!({ "erased": true, "items": 0, "calls": 0 }));
    let nobody = bench.http.delete(bench.url(&confirmed)).send().await.unwrap();
    is_problem(nobody, StatusCode::UNAUTHORIZED, "unauthenticated").await;

    let lines = lines(&bench).await;
    let erased: Vec<_> = lines.iter().filter(|line| line["act"] == "erased").collect();
    assert_eq!(erased.len(), 2);
    assert_eq!((&erased[0]["who"], &erased[0]["person"]), (&json!("owner"), &json!(person)));
    bench.stack.stop().await.unwrap();
}

/// The same number, the same address: somebody new, of whom nothing is known.
#[tokio::test]
async fn whoever_comes_again_is_somebody_new() {
    let bench = Bench::start().await;
    let before = super::person(&bench, super::EMAIL).await;
    bench.stack.twin.erase(&before, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
    let after = super::person(&bench, super::EMAIL).await;
    assert_ne!(before, after);
    assert!(bench.stack.twin.store().known(&after).await.unwrap().unwrap().contact.name.is_none());
    bench.stack.stop().await.unwrap();
}

/// A job for an erased person is dropped, and that it was is written down.
#[tokio::test]
async fn a_late_job_is_dropped_and_audited() {
    let bench = Bench::start().await;
    let mut going = Going::new(&bench, 7);
    for number in 0..8 {
        going.step(number).await;
    }
    let person = going.person();
    going.twin.erase(&person, twin::audit::Actor::Owner, Timestamp::now()).await.unwrap();
    going.step(8).await;
    let lines = lines(&bench).await;
    let dropped = lines.iter().find(|line| line["act"] == "job_dropped").expect("a line");
    let interaction = going.arrival.as_ref().unwrap().interaction.as_str();
    assert_eq!((&dropped["person"], &dropped["correlation"]), (&json!(person), &json!(interaction)));
    assert!(bench.stack.aws().ses.sent().is_empty());
    bench.stack.stop().await.unwrap();
}
