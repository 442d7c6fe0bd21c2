//! Nothing gets lost and nothing leaves twice, whatever order jobs, sweeps, faults and decisions come in.
//!
//! A schedule is one follow-up and what happens to it. Schedules lie a hundred in a world with a store, a mail sink and a
//! telephone company of its own, because each sweep of a world goes through all that is due in it; worlds go on beside each
//! other, a core each. Time is an argument, and the queue is delivered by the test: nothing waits. A seed and the number of a
//! world make the same plans, faults, losses and deaths in the same order; who is first of two that come at once is chance.

mod covered;
mod world;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::SignedDuration;
use omnitwin::stack::{MAIL_FROM, OWNER_EMAIL};
use tests::Bench;
use twin::{
    clients::{mail::Mailer, transport},
    twin::Post,
    wire::ticket::TicketKey,
};

use self::{
    covered::Covered,
    world::{QUEUE, World},
};

const IN_ALL: usize = 10_000;
const IN_A_WORLD: usize = 100;
/// So many things happen in a world, one after the other, for each of its schedules.
const STEPS_EACH: usize = 3;
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
