//! A world in which all goes wrong that may.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use omnitwin::aws::ses::Fault;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sim::twilio::rest::RestError;
use tests::{Bench, dying::Life};
use twin::{
    clients::queue::Queue,
    follow_up::{Content, FollowUp, Links, News, State},
    id::{FollowUpId, InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey, Phone},
    job::{Envelope, Job},
    twin::{Decision, Post, Twin},
};

use super::{super::deciding::settings, covered::Covered, post};
use crate::{crashing::dying, privacy::config};

const CAPS: &str = r#"{"quiet":null,"caps":{"perPerson":1000000,"inAll":1000000,"toOwner":1000000}}"#;
const PEOPLE: usize = 20;
/// Most of what is planned for later is due while something happens; the rest is when all comes to its end.
const LATEST: i64 = 240;
/// Faults may be left over from before.
const MAX_ROUNDS: usize = 20;
/// How often one is looked for to which something can happen.
const LOOKS: usize = 20;
/// Nobody but the test takes jobs from it.
pub(super) const QUEUE: &str = "jobs-dead";

async fn person(bench: &Bench, number: usize, now: Timestamp) -> PersonId {
    let email = Email::parse(&format!("p{number}@sample.example")).unwrap();
    let evidence = Evidence::new(EvidenceSource::Owner, now, None);
    bench.stack.twin.store().resolve(IdentityKey::Email(email), evidence, now).await.unwrap().person
}

fn planned(
    number: usize,
    person: &PersonId,
    state: State,
    due: Option<Timestamp>,
    now: Timestamp,
) -> FollowUp {
    let about: FollowUpId = "fup_none".parse().unwrap();
    let to = Email::parse(&format!("n{number}@sample.example")).unwrap();
    let texted_to = Phone::parse(&format!("+1415555{number:04}")).unwrap();
    let content = match number % 6 {
        0 => Content::news(News::Message, format!("number {number}")),
        1 => Content::Nudge { to, about, topic: Some(format!("number {number}")), links: Links::default() },
        2 => Content::MissedCallText { to: texted_to },
        _ => Content::MissedCallEmail { to },
    };
    // No conversation to be analysed.
    let interaction = InteractionId::derived(&format!("reminder-c{number}")).unwrap();
    let of = (person.clone(), interaction);
    let key = content.kind().key();
    FollowUp { due_at: due, ..FollowUp::of(of, key, content, state, "a test".to_owned(), now).unwrap() }
}

/// What was planned, and how often it may have left by the owner's word on what may have left before.
struct Schedule {
    person: PersonId,
    id: FollowUpId,
    interaction: InteractionId,
    texted_to: Option<String>,
    again: usize,
}

/// Its schedules, and what happens to them.
pub(super) struct World {
    pub(super) bench: Bench,
    /// Its jobs are delivered by the test.
    pub(super) twin: Twin,
    post: Post,
    random: StdRng,
    pub(super) now: Timestamp,
    people: Vec<PersonId>,
    all: Vec<Schedule>,
    pub(super) covered: Covered,
}

impl World {
    pub(super) async fn of(total: usize, seed: u64) -> Self {
        let bench = Bench::start().await;
        settings(&bench, CAPS).await;
        let (post, mut random, now) = (post(&bench), StdRng::seed_from_u64(seed), Timestamp::now());
        let aws = bench.stack.aws();
        let sqs = config(&bench).to_builder().endpoint_url(aws.sqs_url()).build();
        let queue = Queue::new(aws_sdk_sqs::Client::new(&sqs), aws.queue_url(QUEUE).unwrap());
        let twin = Twin::new(bench.stack.twin.store().clone(), queue);
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(person(&bench, number, now).await);
        }
        let states =
            [State::Planned, State::AwaitingApproval, State::Approved, State::Approved, State::Approved];
        let mut all = Vec::new();
        for number in 0..total {
            let later = SignedDuration::from_mins(random.random_range(0..LATEST));
            let due = random.random_bool(0.5).then_some(now + later);
            let state = states[random.random_range(0..states.len())];
            let made = planned(number, &people[random.random_range(0..PEOPLE)], state, due, now);
            twin.store().add_follow_up(&made).await.unwrap();
            let texted_to = made.content.texted_to().map(|to| to.as_str().to_owned());
            let (person, id, interaction) = (made.person, made.id, made.interaction);
            all.push(Schedule { person, id, interaction, texted_to, again: 0 });
        }
        Self { bench, twin, post, random, now, people, all, covered: Covered::default() }
    }

    fn note(&mut self, what: &'static str) {
        *self.covered.happened.entry(what).or_default() += 1;
    }

    /// One more thing happens, to anyone of them.
    pub(super) async fn step(&mut self) {
        let at = self.random.random_range(0..self.all.len());
        self.now += SignedDuration::from_secs(self.random.random_range(0..60));
        match self.random.random_range(0..24) {
            0 => {
                let times = self.random.random_range(1..4);
                self.refuse("a mail is refused for now", &Fault::Throttle, times);
            }
            1 => self.refuse("a mail is refused", &Fault::Reject("no".to_owned()), 1),
            2 => self.refuse("a mail may have left: an error", &Fault::Fail, 1),
            3 => self.refuse("a mail leaves, and no answer comes", &Fault::Drop, 1),
            4 => self.garble("a text is refused for now", RestError::new(429, 20429, "Too Many Requests")),
            5 => self.garble("a text is refused", RestError::new(400, 21211, "Invalid 'To' Phone Number")),
            6 | 7 => self.die(at).await,
            8..11 => self.decide(at).await,
            11 => self.sweep().await,
            12 => {
                self.note("what was given up is tried again");
                self.twin.redrive(None, self.now).await.unwrap();
            }
            13 => drop(self.give_up().await),
            14..17 => Box::pin(self.deliver(true)).await,
            _ => {
                self.note("a job comes twice at once");
                let one = &self.all[at];
                Box::pin(self.twice(&one.person, &one.interaction)).await;
            }
        }
    }

    fn refuse(&mut self, what: &'static str, fault: &Fault, times: usize) {
        self.note(what);
        self.bench.stack.aws().ses.fault(fault, times);
    }

    fn garble(&mut self, what: &'static str, error: RestError) {
        self.note(what);
        self.bench.stack.twilio.as_ref().unwrap().fail_next(error);
    }

    /// A worker dies at any of its writes: before its intent, or before the outcome.
    async fn die(&mut self, at: usize) {
        self.note("a worker dies");
        let life = Life::of(self.random.random_range(1..6));
        let (died, one) = (dying(&self.bench, &life), &self.all[at]);
        died.follow_up(&one.person, &one.interaction, &self.post, self.now).await.ok();
    }

    /// What is due or stuck is found; some sweeps die on the way.
    async fn sweep(&mut self) {
        self.now += SignedDuration::from_mins(3);
        if self.random.random_bool(0.25) {
            self.note("a sweep dies");
            let life = Life::of(self.random.random_range(1..20));
            dying(&self.bench, &life).sweep(self.now).await.ok();
        } else {
            self.note("a sweep");
            self.twin.sweep(self.now).await.unwrap();
        }
    }

    /// What is in the queue is delivered, in any order; what fails comes again. Some of it may come twice, and some never.
    async fn deliver(&mut self, lossy: bool) {
        let sqs = self.bench.stack.aws().sqs.clone();
        let mut jobs = sqs.messages(QUEUE).unwrap();
        sqs.purge(QUEUE).unwrap();
        jobs.shuffle(&mut self.random);
        for message in jobs {
            let Envelope::V1(Job::InteractionClosed { person, interaction }) =
                serde_json::from_str(&message.body).unwrap()
            else {
                panic!("{message:?}");
            };
            let chance = if lossy { self.random.random_range(0..10) } else { 9 };
            let done = match chance {
                0 => {
                    self.note("a job is lost");
                    true
                }
                1 => {
                    self.note("a job comes twice at once");
                    Box::pin(self.twice(&person, &interaction)).await
                }
                _ => {
                    self.note("a job comes");
                    self.twin.follow_up(&person, &interaction, &self.post, self.now).await.is_ok()
                }
            };
            if !done {
                sqs.send(QUEUE, message.body.as_str(), std::time::Duration::ZERO).unwrap();
            }
        }
    }

    async fn twice(&self, person: &PersonId, interaction: &InteractionId) -> bool {
        let job = || self.twin.follow_up(person, interaction, &self.post, self.now);
        let (first, second) = tokio::join!(job(), job());
        first.is_ok() && second.is_ok()
    }

    /// One that is about to leave cannot be handed over for long. `true`: it is given up, as no other fault came before.
    async fn give_up(&mut self) -> bool {
        for _ in 0..LOOKS {
            let one = &self.all[self.random.random_range(0..self.all.len())];
            let now = self.twin.store().follow_up(&one.person, &one.id).await.unwrap().unwrap();
            if one.texted_to.is_some() || now.state != State::Approved || !now.is_due(self.now) {
                continue;
            }
            for _ in 0..8 {
                self.bench.stack.aws().ses.fault(&Fault::Throttle, 1);
                self.twin.follow_up(&one.person, &one.interaction, &self.post, self.now).await.ok();
            }
            let came = self.twin.store().follow_up(&one.person, &one.id).await.unwrap().unwrap();
            self.note("a mail cannot be handed over for long");
            return came.state == State::Dead;
        }
        false
    }

    async fn decide(&mut self, at: usize) {
        self.note("the owner decides, if they may");
        let (twin, one) = (&self.twin, &mut self.all[at]);
        let waiting = twin.store().follow_up(&one.person, &one.id).await.unwrap().unwrap();
        let is_yes = self.random.random_bool(0.5);
        let decision = if is_yes { Decision::approve() } else { Decision::Reject };
        let print = waiting.fingerprint();
        match twin.decide(&one.person, &one.id, &print, decision, self.now).await {
            Ok(_) => one.again += usize::from(is_yes && waiting.state == State::Unknown),
            Err(error) => {
                // Twilio may tell what became of it in between.
                let now = twin.store().follow_up(&one.person, &one.id).await.unwrap().unwrap();
                assert!(!waiting.needs_a_word() || now != waiting, "{error:?} {waiting:?}");
            }
        }
    }

    /// A day later all that can go on by itself has, by sweeps and their jobs alone.
    pub(super) async fn settle(&mut self) {
        self.now += SignedDuration::from_hours(24);
        for _ in 0..LOOKS {
            if self.give_up().await {
                break;
            }
        }
        for round in 0..MAX_ROUNDS {
            self.now += SignedDuration::from_mins(3);
            self.twin.sweep(self.now).await.unwrap();
            Box::pin(self.deliver(false)).await;
            // What a job of the first round left is found by the second.
            if round > 1 && self.bench.stack.aws().sqs.messages(QUEUE).unwrap().is_empty() {
                return;
            }
        }
        panic!("jobs come again and again");
    }

    /// How often each left, as SES and Twilio saw it.
    fn left(&mut self) -> HashMap<FollowUpId, usize> {
        let mut left: HashMap<FollowUpId, usize> = HashMap::new();
        for mail in self.bench.stack.aws().ses.sent() {
            let raw = String::from_utf8_lossy(&mail.raw).into_owned();
            let id =
                raw.split("follow-up=").nth(1).unwrap().split([',', '\r', '\n']).next().unwrap().to_owned();
            *left.entry(id.parse().unwrap()).or_default() += 1;
            self.covered.mails += 1;
        }
        for text in self.bench.stack.twilio.as_ref().unwrap().outbox() {
            let is_to = |one: &&Schedule| one.texted_to.as_ref() == Some(&text.to);
            let one = self.all.iter().find(is_to).expect("a text is one of ours");
            *left.entry(one.id.clone()).or_default() += 1;
            self.covered.texts += 1;
        }
        left
    }

    /// Each is there, once, and left as often as it is said to have.
    pub(super) async fn check(&mut self) {
        let (mut stored, left) = (HashMap::new(), self.left());
        for person in &self.people {
            for one in self.twin.store().follow_ups(person).await.unwrap() {
                assert!(stored.insert(one.id.clone(), one).is_none(), "it is there twice");
            }
        }
        let times = |id: &FollowUpId| left.get(id).copied().unwrap_or_default();
        for Schedule { id, again, .. } in &self.all {
            let (one, times) = (stored.remove(id).expect("none is lost"), times(id));
            *self.covered.became.entry(one.state).or_default() += 1;
            assert!(times <= 1 + again, "{one:?} left {times} times");
            assert!(!one.state.was_sent() || times > 0, "{one:?} is said to be sent");
            if matches!(one.state, State::Failed | State::Dead) && *again == 0 {
                assert_eq!(times, 0, "{one:?}");
            }
            assert!(one.state.is_final() || one.needs_a_word(), "nobody sees to it: {one:?}");
        }
        self.covered.schedules = self.all.len();
        // What is beyond is what the owner was told of one that did not arrive.
        for one in stored.values() {
            let is_news = matches!(one.content, Content::OwnerNotification { news: News::Undelivered, .. });
            assert!(is_news && times(&one.id) <= 1, "{one:?} left {} times", times(&one.id));
        }
    }
}
