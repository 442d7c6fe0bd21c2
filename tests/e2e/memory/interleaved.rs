//! Conversations of one person on several channels at once: whatever comes when, and however often, nothing is lost
//! and nothing happens twice.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use tests::Bench;
use tokio::sync::OnceCell;
use twin::{
    error::Error,
    id::PersonId,
    identity::Assurance,
    interaction::{Channel, Outcome, Speaker, Status},
    memory::Fact,
    predicate::Predicate,
    twin::{Arrival, Session},
};

use super::{arrival, person, turn};
use crate::follow_up::deciding::settings;

/// What comes of a conversation, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Open,
    Heard(u32),
    Act(u32),
    Close,
}

const EVENTS: [Event; 6] =
    [Event::Open, Event::Heard(0), Event::Heard(1), Event::Act(0), Event::Act(1), Event::Close];

/// A conversation, and what its person says in it first.
struct Held {
    arrival: Arrival,
    session: OnceCell<Session>,
    began: Timestamp,
    said: String,
}

impl Held {
    fn new(person: &PersonId, number: usize, said: &str, now: Timestamp) -> Self {
        let began = now - SignedDuration::from_mins(20 - i64::try_from(number).unwrap());
        let channel = Channel::ALL[number % Channel::ALL.len()];
        let arrival = arrival(person, channel, Assurance::Verified, began);
        Self { arrival, session: OnceCell::new(), began, said: said.to_owned() }
    }

    fn message(&self, number: u32) -> String {
        format!("message {number} of {}", self.arrival.interaction)
    }

    /// What happens comes again until it is taken: so do webhooks, jobs and browsers.
    async fn happens(&self, bench: &Bench, event: Event) {
        for _ in 0..100 {
            match self.tried(bench, event).await {
                Err(Error::Conflict) => {}
                done => return done.unwrap(),
            }
        }
        panic!("{event:?} is never taken");
    }

    async fn tried(&self, bench: &Bench, event: Event) -> Result<(), Error> {
        let twin = &bench.stack.twin;
        let (person, id) = (&self.arrival.person, &self.arrival.interaction);
        match event {
            Event::Open => drop(twin.open(&self.arrival, self.began).await?),
            Event::Heard(0) => {
                twin.heard(self.session(bench).await?, &turn(0, Speaker::Person, &self.said)).await?;
            }
            Event::Heard(number) => {
                twin.heard(self.session(bench).await?, &turn(number, Speaker::Twin, "I see.")).await?;
            }
            Event::Act(number) => {
                let arguments = serde_json::json!({ "message": self.message(number) }).to_string();
                let (session, call) = (self.session(bench).await?, format!("call_{number}"));
                twin.act(session, &call, "take_message", &arguments, self.began).await?;
            }
            Event::Close => {
                let ended = self.began + SignedDuration::from_secs(60);
                twin.close(person, id, Outcome::Completed, ended).await?;
            }
        }
        Ok(())
    }

    async fn session(&self, bench: &Bench) -> Result<&Session, Error> {
        self.session.get_or_try_init(|| bench.stack.twin.open(&self.arrival, self.began)).await
    }
}

/// All that was said, done and promised is there, once.
async fn nothing_is_lost(bench: &Bench, held: &[Held]) {
    bench.stack.jobs_done().await.unwrap();
    let store = bench.stack.twin.store();
    let person = &held[0].arrival.person;
    let known = store.known(person).await.unwrap().unwrap();
    let context = &known.context;
    assert_eq!(context.metadata.total_interactions, held.len() as u64);
    let on = |channel| held.iter().filter(|held| held.arrival.channel == channel).count() as u64;
    let channels = &context.channels;
    assert_eq!(channels.chat.as_ref().map_or(0, |chat| chat.message_count), on(Channel::Chat));
    assert_eq!(channels.voice.as_ref().map_or(0, |voice| voice.call_duration), 60 * on(Channel::Voice));
    assert_eq!(channels.phone.as_ref().map_or(0, |phone| phone.call_duration), 60 * on(Channel::Phone));
    let last_call = held.iter().filter(|held| held.arrival.channel == Channel::Phone).map(|held| held.began);
    assert_eq!(channels.phone.as_ref().map(|phone| phone.last_call), last_call.max());

    let newest: Vec<_> =
        held.iter().skip(held.len().saturating_sub(5)).map(|held| &held.arrival.interaction).collect();
    let previous = &context.professional_context.previous_interactions;
    assert_eq!(previous.iter().map(|record| &record.interaction).collect::<Vec<_>>(), newest);
    let history = &known.contact.relationship.interaction_history;
    assert_eq!(history.iter().map(|record| &record.interaction).collect::<Vec<_>>(), newest);
    assert_eq!(known.memory.exchanges.len(), held.len());

    let mut messages = BTreeSet::new();
    for held in held {
        let conversation = store.conversation(person, &held.arrival.interaction).await.unwrap().unwrap();
        assert_eq!(conversation.interaction.status, Status::Analysed);
        assert_eq!(conversation.turns.len(), 2, "{:?}", conversation.turns);
        assert_eq!(conversation.actions.len(), 2, "{:?}", conversation.actions);
        messages.extend((0..2).map(|number| format!("pass on their message: {}", held.message(number))));
    }
    let facts = store.facts(person).await.unwrap();
    let promised = facts.iter().filter(|fact| fact.predicate == Predicate::Promised);
    assert!(promised.clone().all(|fact| !fact.is_current()), "what was sent is open no more");
    assert_eq!(promised.map(|fact| fact.value.clone()).collect::<BTreeSet<_>>(), messages);
    assert_eq!(facts.len(), held.len() * 3, "{facts:?}");
    let works: Vec<&Fact> =
        facts.iter().filter(|fact| fact.predicate == Predicate::WorksAt && fact.is_current()).collect();
    assert_eq!(works.len(), 1, "{works:?}");
    let last = &held.last().unwrap().said;
    assert_eq!(works[0].quote.as_ref(), Some(last), "what was said last holds, whichever was read last");
    let mails = store.follow_ups(person).await.unwrap();
    assert_eq!(mails.len(), held.len(), "one notification a conversation");
}

fn works_for(number: usize) -> String {
    format!("I work for Company {number}.")
}

async fn conversations(bench: &Bench, email: &str, count: usize) -> Vec<Held> {
    let now = Timestamp::now();
    let person = person(bench, email).await;
    (0..count).map(|number| Held::new(&person, number, &works_for(number), now)).collect()
}

#[test]
fn any_order_of_events_comes_to_the_same() {
    const CONVERSATIONS: usize = 3;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::start());
    // The owner is told of each of them, which is more than they are mailed in a day.
    runtime.block_on(settings(&bench, r#"{"caps":{"toOwner":1000}}"#));
    let turns: Vec<usize> = (0..CONVERSATIONS).flat_map(|number| [number; EVENTS.len()]).collect();
    let again = prop::collection::vec(any::<Option<Index>>(), turns.len());
    let strategy = (Just(turns).prop_shuffle(), again, any::<u64>());
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |(order, again, case)| {
            runtime.block_on(async {
                let held = conversations(&bench, &format!("case{case}@muster.example"), CONVERSATIONS).await;
                let mut next = [0; CONVERSATIONS];
                let mut done: Vec<(usize, Event)> = Vec::new();
                for (number, again) in order.iter().zip(again) {
                    let event = EVENTS[next[*number]];
                    next[*number] += 1;
                    held[*number].happens(&bench, event).await;
                    done.push((*number, event));
                    if let Some((number, event)) = again.map(|again| *again.get(&done)) {
                        held[number].happens(&bench, event).await;
                    }
                }
                nothing_is_lost(&bench, &held).await;
            });
            Ok(())
        })
        .unwrap();
    runtime.block_on(bench.stack.stop()).unwrap();
}

/// Ten channels at once, each of whose events comes again and again: ten thousand in all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_events_on_ten_channels() {
    const CHANNELS: usize = 10;
    const EVENTS_A_CHANNEL: usize = 1000;
    let bench = Bench::start().await;
    let held = conversations(&bench, "dana@northgate.example", CHANNELS).await;
    let channels = held.iter().zip(1..).map(|(held, seed)| {
        let bench = &bench;
        async move {
            let mut random = seed * 0x9e37_79b9_u64;
            let (mut seen, mut taken) = (0, 0);
            while taken < EVENTS_A_CHANNEL {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let choice = usize::try_from(random >> 33).unwrap();
                // Something new now and then, else one of those that were.
                let new = seen < EVENTS.len() && (seen == 0 || choice % 50 == 0);
                let event = if new { EVENTS[seen] } else { EVENTS[choice % seen] };
                seen += usize::from(new);
                held.happens(bench, event).await;
                taken += 1;
            }
            for event in EVENTS {
                held.happens(bench, event).await;
            }
        }
    });
    futures_util::future::join_all(channels).await;
    nothing_is_lost(&bench, &held).await;
    bench.stack.stop().await.unwrap();
}
