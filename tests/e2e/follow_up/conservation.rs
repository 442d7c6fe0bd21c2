//! Nothing gets lost and nothing leaves twice, whatever order jobs, sweeps, faults and decisions come in.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::{SignedDuration, Timestamp};
use omnitwin::{
    aws::ses::Fault,
    stack::{MAIL_FROM, OWNER_EMAIL},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sim::twilio::rest::RestError;
use tests::{Bench, dying::Life};
use twin::{
    clients::{mail::Mailer, transport},
    follow_up::{Content, FollowUp, Links, News, State},
    id::{FollowUpId, InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey, Phone},
    twin::{Decision, Post},
    wire::ticket::TicketKey,
};

use super::deciding::settings;
use crate::crashing::dying;

const CAPS: &str = r#"{"quiet":null,"caps":{"perPerson":1000000,"inAll":1000000,"toOwner":1000000}}"#;
const PEOPLE: usize = 20;
/// Faults may be left over from before.
const MAX_TRIES: usize = 50;

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
struct Schedules {
    bench: Bench,
    post: Post,
    random: StdRng,
    now: Timestamp,
    all: Vec<Schedule>,
}

impl Schedules {
    async fn of(total: usize, seed: u64) -> Self {
        let bench = Bench::start().await;
        settings(&bench, CAPS).await;
        let (post, mut random, now) = (post(&bench), StdRng::seed_from_u64(seed), Timestamp::now());
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(person(&bench, number, now).await);
        }
        let states =
            [State::Planned, State::AwaitingApproval, State::Approved, State::Approved, State::Approved];
        let mut all = Vec::new();
        for number in 0..total {
            let due =
                random.random_bool(0.5).then(|| now + SignedDuration::from_mins(random.random_range(0..600)));
            let state = states[random.random_range(0..states.len())];
            let made = planned(number, &people[random.random_range(0..PEOPLE)], state, due, now);
            bench.stack.twin.store().add_follow_up(&made).await.unwrap();
            let texted_to = made.content.texted_to().map(|to| to.as_str().to_owned());
            let (person, id, interaction) = (made.person, made.id, made.interaction);
            all.push(Schedule { person, id, interaction, texted_to, again: 0 });
        }
        Self { bench, post, random, now, all }
    }

    /// One more thing happens, to anyone of them.
    async fn step(&mut self) {
        let at = self.random.random_range(0..self.all.len());
        self.now += SignedDuration::from_secs(self.random.random_range(0..60));
        let (twin, ses) = (&self.bench.stack.twin, &self.bench.stack.aws().ses);
        let twilio = self.bench.stack.twilio.as_ref().unwrap();
        let one = &self.all[at];
        match self.random.random_range(0..24) {
            0 => ses.fault(&Fault::Throttle, self.random.random_range(1..4)),
            1 => ses.fault(&Fault::Reject("no".to_owned()), 1),
            // It may have left: nobody knows.
            2 => ses.fault(&Fault::Fail, 1),
            3 => ses.fault(&Fault::Drop, 1),
            4 => twilio.fail_next(RestError::new(429, 20429, "Too Many Requests")),
            5 => twilio.fail_next(RestError::new(400, 21211, "Invalid 'To' Phone Number")),
            // A worker that dies at any of its writes: before its intent, or before the outcome.
            6 | 7 => {
                let life = Life::of(self.random.random_range(1..6));
                let died = dying(&self.bench, &life);
                died.follow_up(&one.person, &one.interaction, &self.post, self.now).await.ok();
            }
            8..11 => self.decide(at).await,
            11 => {
                self.now += SignedDuration::from_mins(3);
                twin.sweep(self.now).await.unwrap();
            }
            12 => {
                twin.redrive(None, self.now).await.unwrap();
            }
            // It cannot be handed over for long.
            13 => {
                let now = twin.store().follow_up(&one.person, &one.id).await.unwrap().unwrap();
                let is_mailed =
                    now.state == State::Approved && now.is_due(self.now) && one.texted_to.is_none();
                for _ in 0..if is_mailed { 8 } else { 0 } {
                    ses.fault(&Fault::Throttle, 1);
                    twin.follow_up(&one.person, &one.interaction, &self.post, self.now).await.ok();
                }
            }
            // The same job twice at once; it fails if it was not handed over, and comes again.
            _ => {
                let job = || twin.follow_up(&one.person, &one.interaction, &self.post, self.now);
                let (first, second) = tokio::join!(job(), job());
                drop((first, second));
            }
        }
    }

    async fn decide(&mut self, at: usize) {
        let (twin, one) = (&self.bench.stack.twin, &mut self.all[at]);
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

    /// A day later all that can go on by itself has.
    async fn settle(&mut self) {
        self.now += SignedDuration::from_hours(24);
        self.bench.stack.twin.sweep(self.now).await.unwrap();
        self.bench.stack.jobs_done().await.unwrap();
        for one in &self.all {
            let again =
                || self.bench.stack.twin.follow_up(&one.person, &one.interaction, &self.post, self.now);
            for _ in 0..MAX_TRIES {
                if again().await.is_ok() {
                    break;
                }
            }
        }
        self.bench.stack.jobs_done().await.unwrap();
    }

    /// How often each left, as SES and Twilio saw it.
    fn left(&self) -> HashMap<FollowUpId, usize> {
        let mut left: HashMap<FollowUpId, usize> = HashMap::new();
        for mail in self.bench.stack.aws().ses.sent() {
            let raw = String::from_utf8_lossy(&mail.raw).into_owned();
            let id =
                raw.split("follow-up=").nth(1).unwrap().split([',', '\r', '\n']).next().unwrap().to_owned();
            *left.entry(id.parse().unwrap()).or_default() += 1;
        }
        for text in self.bench.stack.twilio.as_ref().unwrap().outbox() {
            let is_to = |one: &&Schedule| one.texted_to.as_ref() == Some(&text.to);
            let one = self.all.iter().find(is_to).expect("a text is one of ours");
            *left.entry(one.id.clone()).or_default() += 1;
        }
        left
    }
}

async fn schedules(total: usize, seed: u64) {
    let mut world = Schedules::of(total, seed).await;
    for _ in 0..total * 3 {
        Box::pin(world.step()).await;
    }
    world.settle().await;
    let (mut counted, left): (HashMap<State, usize>, _) = (HashMap::new(), world.left());
    for Schedule { person, id, again, .. } in &world.all {
        let one = world.bench.stack.twin.store().follow_up(person, id).await.unwrap().expect("none is lost");
        *counted.entry(one.state).or_default() += 1;
        let times = left.get(id).copied().unwrap_or_default();
        assert!(times <= 1 + again, "{one:?} left {times} times");
        assert!(!one.state.was_sent() || times > 0, "{one:?} is said to be sent");
        if matches!(one.state, State::Failed | State::Dead) && *again == 0 {
            assert_eq!(times, 0, "{one:?}");
        }
        assert!(one.state.is_final() || one.needs_a_word(), "nobody sees to it: {one:?}");
    }
    println!("{total}: {counted:?}");
    for state in [State::Sent, State::Failed, State::Cancelled, State::Unknown, State::Dead] {
        assert!(counted.contains_key(&state), "{state:?} was reached: {counted:?}");
    }
    assert!(
        counted.contains_key(&State::AwaitingApproval) && counted.contains_key(&State::Delivered),
        "{counted:?}"
    );
    world.bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn planned_is_the_sum_of_what_became_of_it() {
    Box::pin(schedules(300, 1)).await;
}

#[tokio::test]
#[ignore = "takes long: `tests/run conservation`"]
async fn the_same_of_ten_thousand() {
    Box::pin(schedules(10_000, 2)).await;
}
