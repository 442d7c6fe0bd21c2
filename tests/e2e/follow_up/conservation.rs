//! Nothing gets lost and nothing leaves twice, whatever order jobs, sweeps, faults and decisions come in.
//!
//! A schedule is one follow-up and what happens to it. Schedules lie a hundred in a world with a store, a mail sink and a
//! telephone company of its own, because each sweep of a world goes through all that is due in it; worlds go on beside each
//! other, a core each. Time is an argument, and the queue is delivered by the test: nothing waits. A seed and the number of a
//! world make the same plans, faults, losses and deaths in the same order; who is first of two that come at once is chance.

mod covered;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::{SignedDuration, Timestamp};
use omnitwin::{
    aws::ses::Fault,
    stack::{MAIL_FROM, OWNER_EMAIL},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sim::twilio::rest::RestError;
use tests::{Bench, dying::Life};
use twin::{
    clients::{mail::Mailer, queue::Queue, transport},
    follow_up::{Content, FollowUp, Links, News, State},
    id::{FollowUpId, InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey, Phone},
    job::{Envelope, Job},
    twin::{Decision, Post, Twin},
    wire::ticket::TicketKey,
};

use self::covered::Covered;
use super::deciding::settings;
use crate::{crashing::dying, privacy::config};

const CAPS: &str = r#"{"quiet":null,"caps":{"perPerson":1000000,"inAll":1000000,"toOwner":1000000}}"#;
const IN_ALL: usize = 10_000;
const IN_A_WORLD: usize = 100;
const PEOPLE: usize = 20;
/// So many things happen in a world, one after the other, for each of its schedules.
const STEPS_EACH: usize = 3;
/// Most of what is planned for later is due while something happens; the rest is when all comes to its end.
const LATEST: i64 = 240;
/// Faults may be left over from before.
const MAX_ROUNDS: usize = 20;
/// How often one is looked for to which something can happen.
const LOOKS: usize = 20;
/// Nobody but the test takes jobs from it.
const QUEUE: &str = "jobs-dead";
/// What the seed is where none is given, as `CONSERVATION_SEED`; `CONSERVATION_WORLD` is one world of it alone.
const SEED: u64 = 2;

pub fn post(bench: &Bench) -> Post {
    let credentials = SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(transport())
        .endpoint_url(bench.stack.aws().ses_url())
        .build();
    Post {
        mailer: Mailer::new(&config),
        texts: bench.stack.telephony.clone(),
        from: MAIL_FROM.to_owned(),
        owner: OWNER_EMAIL.to_owned(),
        public_base_url: bench.stack.urls.base.clone(),
        links: TicketKey::new(&bench.stack.secrets.ticket_secret),
        reply_domain: None,
    }
}

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

/// A world in which all goes wrong that may.
struct World {
    bench: Bench,
    /// Its jobs are delivered by the test.
    twin: Twin,
    post: Post,
    random: StdRng,
    now: Timestamp,
    people: Vec<PersonId>,
    all: Vec<Schedule>,
    covered: Covered,
}

impl World {
    async fn of(total: usize, seed: u64) -> Self {
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
    async fn step(&mut self) {
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
    async fn settle(&mut self) {
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
    async fn check(&mut self) {
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

/// What came of the schedules of a world.
async fn world(seed: u64, number: usize) -> Covered {
    let mut world = Box::pin(World::of(IN_A_WORLD, seed ^ (number as u64).rotate_left(32))).await;
    for _ in 0..IN_A_WORLD * STEPS_EACH {
        Box::pin(world.step()).await;
    }
    Box::pin(world.settle()).await;
    world.check().await;
    let World { bench, covered, .. } = world;
    bench.stack.stop().await.unwrap();
    covered
}

/// What waits in the queue is not put into it by each sweep anew, or a long queue would be longer for it.
#[tokio::test]
async fn a_long_queue_does_not_grow_by_sweeps() {
    let World { bench, twin, now, .. } = Box::pin(World::of(20, 3)).await;
    let mut queued = Vec::new();
    for minutes in [0, 3, 6, 9, 30] {
        twin.sweep(now + SignedDuration::from_mins(24 * 60 + minutes)).await.unwrap();
        queued.push(bench.stack.aws().sqs.messages(QUEUE).unwrap().len());
    }
    let [_, second, third, fourth, last] = queued.as_slice() else { panic!("{queued:?}") };
    assert!(*second > 0 && second == third && third == fourth, "{queued:?}");
    assert!(last > fourth, "a message that was lost is made up for: {queued:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn planned_is_the_sum_of_what_became_of_it() {
    let mut all = Covered::default();
    for number in 0..3 {
        all = all.and(Box::pin(world(1, number)).await);
    }
    all.check();
}

/// One that fails says which it is, and no others are begun.
struct Current<'a> {
    seed: u64,
    number: usize,
    next: &'a AtomicUsize,
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let Self { seed, number, next } = self;
            next.store(usize::MAX / 2, Ordering::SeqCst);
            eprintln!("again: CONSERVATION_SEED={seed} CONSERVATION_WORLD={number} tests/run conservation");
        }
    }
}

/// Worlds until there are no more; on a thread each goes on as if it was alone.
fn one_after_another(seed: u64, next: &AtomicUsize, end: usize) -> Covered {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut all = Covered::default();
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= end {
            return all;
        }
        let current = Current { seed, number, next };
        all = all.and(runtime.block_on(Box::pin(world(seed, number))));
        drop(current);
    }
}

#[test]
#[ignore = "takes minutes: `tests/run conservation`"]
fn the_same_of_ten_thousand() {
    let given = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let seed = given("CONSERVATION_SEED").unwrap_or(SEED);
    let only = given("CONSERVATION_WORLD").map(|number| usize::try_from(number).unwrap());
    let (first, end) = only.map_or((0, IN_ALL / IN_A_WORLD), |number| (number, number + 1));
    let (next, began) = (AtomicUsize::new(first), Instant::now());
    let cores = thread::available_parallelism().unwrap().get();
    let all = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..cores).map(|_| scope.spawn(|| one_after_another(seed, &next, end))).collect();
        threads.into_iter().fold(Covered::default(), |all, thread| match thread.join() {
            Ok(covered) => all.and(covered),
            Err(why) => std::panic::resume_unwind(why),
        })
    });
    println!("seed {seed}, worlds {first} to {}, {:.0?}: {all}", end - 1, began.elapsed());
    if only.is_none() {
        assert_eq!(all.schedules, IN_ALL);
        all.check();
    }
}
