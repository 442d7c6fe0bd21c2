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
use tests::Bench;
use twin::{
    clients::mail::Mailer,
    follow_up::{Content, FollowUp, Links, State},
    id::{FollowUpId, InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey},
    twin::{Decision, Post},
    wire::ticket::TicketKey,
};

use super::deciding::settings;

const CAPS: &str = r#"{"quiet":null,"caps":{"perPerson":1000000,"inAll":1000000}}"#;
const PEOPLE: usize = 20;

pub fn post(bench: &Bench) -> Post {
    let credentials = SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
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
    let content = match number % 5 {
        0 => Content::OwnerNotification { message: format!("number {number}"), about: None },
        1 => Content::Nudge { to, about, topic: Some(format!("number {number}")), links: Links::default() },
        _ => Content::MissedCallEmail { to },
    };
    // No conversation to be analysed.
    let interaction = InteractionId::derived(&format!("reminder-c{number}")).unwrap();
    let of = (person.clone(), interaction);
    let key = content.kind().key();
    FollowUp { due_at: due, ..FollowUp::of(of, key, content, state, "a test".to_owned(), now).unwrap() }
}

async fn schedules(total: usize, seed: u64) {
    let bench = Bench::start().await;
    settings(&bench, CAPS).await;
    let (twin, post) = (&bench.stack.twin, &post(&bench));
    let store = twin.store();
    let mut random = StdRng::seed_from_u64(seed);
    let mut now = Timestamp::now();
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(person(&bench, number, now).await);
    }
    let mut all: Vec<(PersonId, FollowUpId, InteractionId)> = Vec::new();
    let states = [State::Planned, State::AwaitingApproval, State::Approved, State::Approved, State::Approved];
    for number in 0..total {
        let due =
            random.random_bool(0.5).then(|| now + SignedDuration::from_mins(random.random_range(0..600)));
        let state = states[random.random_range(0..states.len())];
        let made = planned(number, &people[random.random_range(0..PEOPLE)], state, due, now);
        store.add_follow_up(&made).await.unwrap();
        all.push((made.person, made.id, made.interaction));
    }
    for _ in 0..total * 3 {
        let (person, id, interaction) = &all[random.random_range(0..all.len())];
        now += SignedDuration::from_secs(random.random_range(0..60));
        match random.random_range(0..20) {
            0 => bench.stack.aws().ses.fault(&Fault::Throttle, random.random_range(1..4)),
            1 => bench.stack.aws().ses.fault(&Fault::Reject("no".to_owned()), 1),
            // It may have left: nobody knows.
            2 => bench.stack.aws().ses.fault(&Fault::Fail, 1),
            // A worker that dies after its intent.
            3 => {
                let mut dying = store.follow_up(person, id).await.unwrap().unwrap();
                if dying.state == State::Approved {
                    dying.state = State::Sending;
                    dying.updated_at = now;
                    store.move_follow_up(&dying, State::Approved).await.unwrap();
                }
            }
            4..7 => {
                let waiting = store.follow_up(person, id).await.unwrap().unwrap();
                let decision = if random.random_bool(0.5) { Decision::approve() } else { Decision::Reject };
                let decided = twin.decide(person, id, &waiting.fingerprint(), decision, now).await;
                assert!(decided.is_ok() || !waiting.needs_a_word(), "{waiting:?}");
            }
            7 => {
                now += SignedDuration::from_mins(3);
                twin.sweep(now).await.unwrap();
            }
            8 => {
                twin.redrive(None, now).await.unwrap();
            }
            // The same job twice at once; it fails if SES was not reached, and comes again.
            _ => {
                let (one, other) = tokio::join!(
                    twin.follow_up(person, interaction, post, now),
                    twin.follow_up(person, interaction, post, now)
                );
                drop((one, other));
            }
        }
    }
    bench.stack.jobs_done().await.unwrap();
    let mut counted: HashMap<State, usize> = HashMap::new();
    let mut left: HashMap<FollowUpId, usize> = HashMap::new();
    for mail in bench.stack.aws().ses.sent() {
        let raw = String::from_utf8_lossy(&mail.raw).into_owned();
        let id = raw.split("follow-up=").nth(1).unwrap().split([',', '\r', '\n']).next().unwrap().to_owned();
        *left.entry(id.parse().unwrap()).or_default() += 1;
    }
    for (person, id, _) in &all {
        let one = store.follow_up(person, id).await.unwrap().expect("none is lost");
        *counted.entry(one.state).or_default() += 1;
        let times = left.get(id).copied().unwrap_or_default();
        assert!(times <= 1, "{one:?} left {times} times");
        assert!(one.state != State::Sent || times == 1, "{one:?} is said to be sent");
        if matches!(one.state, State::Planned | State::Failed | State::Dead) {
            assert_eq!(times, 0, "{one:?}");
        }
    }
    assert_eq!(counted.values().sum::<usize>(), total, "{counted:?}");
    println!("{total}: {counted:?}");
    for state in [State::Sent, State::Failed, State::Cancelled] {
        assert!(counted.contains_key(&state), "{state:?} was reached: {counted:?}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn planned_is_the_sum_of_what_became_of_it() {
    Box::pin(schedules(300, 1)).await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn the_same_of_ten_thousand() {
    Box::pin(schedules(10_000, 2)).await;
}
