//! A year's report on the embedded store: over a million conversations a year, over ten thousand, and with a history
//! of one year or of five. What it costs is what it reads, so it must not grow with either but for the day that goes on,
//! which is asked for at the worst moment: just before what happened since it was last summed up is summed up, too.
//!
//! Closed days are written as the counts that they are closed with. With `ANALYTICS_ROWS` set, the conversations
//! themselves lie in the table, too, a million of them: no report reads them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on says why")]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use omnitwin::stack::{TABLE, embedded};
use tokio::runtime::Runtime;
use twin::{
    analytics::{Day, Period, Rollup, Span, on},
    clients::queue::Queue,
    contact::RelationshipKind,
    handoff::{EMAILED_FOR, Handoff, TakenUp, hash},
    id::{HandoffId, InteractionId, PersonId},
    identity::Assurance,
    interaction::{Analysis, Channel, Cost, Intent, Interaction, Left, Measured, Outcome, Status, Used},
    routing::RouteKind,
    store::Store,
    twin::Twin,
};

const A_YEAR: i64 = 365;
const ASKED: usize = 300;
/// Writes that are under way at once.
const TOGETHER: usize = 16;
/// A day that goes on is summed up each so often.
const SUMMED_UP_BEFORE: SignedDuration = SignedDuration::from_mins(30);
/// One conversation in so many asked for a link; its time is over a week later, at the same time of the day.
const LINKS: usize = 7;
const INTENTS: [Intent; 4] =
    [Intent::JobOpportunity, Intent::Networking, Intent::Consultation, Intent::Experience];

/// One of so many that are spread over a day until a moment of it.
fn held(date: Date, until: Timestamp, number: i64, of: i64) -> Interaction {
    let place = usize::try_from(number).unwrap();
    let midnight = date.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let span = i64::try_from(until.duration_since(midnight).as_millis()).unwrap();
    let started_at = midnight + SignedDuration::from_millis(number * span / of.max(1));
    let channel = Channel::ALL[place % 3];
    let mut held = Interaction {
        id: InteractionId::derived(&format!("{}-{number:06}", date.strftime("%Y%m%d"))).unwrap(),
        person: PersonId::derived(&format!("B{:05}", number % 5_000)).unwrap(),
        channel,
        call_sid: None,
        dial: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
        status: Status::Analysed,
        started_at,
        ended_at: Some(started_at + SignedDuration::from_secs(30 + number % 600)),
        outcome: Some(if number % 20 == 0 { Outcome::Voicemail } else { Outcome::Completed }),
        analysis: Some(Analysis {
            summary: "They asked about a role, left their address and want to hear about times.".to_owned(),
            topics: vec!["a role".to_owned()],
            intent: INTENTS[place % 4],
            relationship: RelationshipKind::ALL[place % 6],
            ..Analysis::default()
        }),
        measured: None,
        words_read: 0,
        came_later: 0,
    };
    held.measured = Some(Measured {
        grounded: 2,
        left: [Left::Meeting].into(),
        first_words_ms: (channel != Channel::Chat).then_some(700 + number.unsigned_abs() % 900),
        cost: Cost::of(&held, &Used { spoken: true, written: 2, ..Used::default() }),
        ..Measured::default()
    });
    held
}

fn end(date: Date) -> Timestamp {
    date.tomorrow().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// A link whose time is over when this conversation begins, in which every other one was taken up.
async fn link(store: &Store, number: usize, held: &Interaction) {
    let (secret, expires_at) = (format!("{}-{number}", held.id), held.started_at);
    let handoff = Handoff {
        id: HandoffId::derived(held.id.suffix()).unwrap(),
        person: held.person.clone(),
        from: held.id.clone(),
        to: Channel::Chat,
        level: Assurance::Claimed,
        secret_hash: hash(&secret),
        created_at: expires_at - EMAILED_FOR,
        expires_at,
    };
    store.save_handoff(&handoff).await.unwrap();
    if number.is_multiple_of(2 * LINKS) {
        let by = TakenUp { person: held.person.clone(), interaction: held.id.clone() };
        let before = expires_at - SignedDuration::from_mins(5);
        store.redeem_handoff(&secret, ("bench", &by), before).await.unwrap();
    }
}

async fn write(store: &Store, all: &[Interaction]) {
    let writes = stream::iter(all).map(|held| store.open_interaction(held));
    writes.buffer_unordered(TOGETHER).for_each(|written| async { written.unwrap() }).await;
}

/// `years` of closed days with so many conversations each, and the same of today in the table itself.
async fn fill(twin: &Twin, a_day: i64, years: i64, now: Timestamp) {
    let (store, today) = (twin.store(), on(now));
    let mut month: Vec<Rollup> = Vec::new();
    for back in (1..=years * A_YEAR).rev() {
        let date = today.checked_sub(back.days()).unwrap();
        let interactions: Vec<Interaction> =
            (0..a_day).map(|number| held(date, end(date), number, a_day)).collect();
        let day = Rollup::of_day(date, &Day { interactions: &interactions, ..Day::default() });
        if std::env::var_os("ANALYTICS_ROWS").is_some() {
            write(store, &interactions).await;
        }
        if date == date.first_of_month() {
            month.clear();
        }
        month.push(day.clone());
        let whole = (date == date.last_of_month()).then(|| Rollup::sum(Span::month_of(date), &month));
        store.close_day(&day, whole.as_ref()).await.unwrap();
    }
    let held: Vec<Interaction> = (0..a_day).map(|number| held(today, now, number, a_day)).collect();
    write(store, &held).await;
    for (number, held) in held.iter().enumerate().step_by(LINKS) {
        link(store, number, held).await;
    }
    // As the sweep did.
    twin.sum_up(today, now - SUMMED_UP_BEFORE).await.unwrap();
}

fn year(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for (name, a_day, years) in [
        ("1,000,000 a year, 1 year of history", 2_740, 1),
        ("10,000 a year, 1 year of history", 27, 1),
        ("10,000 a year, 5 years of history", 27, 5),
    ] {
        let directory = std::env::temp_dir()
            .join(format!("omnitwin-bench-analytics-{}-{a_day}-{years}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let (aws, dynamodb, queue) = runtime.block_on(embedded(&directory)).unwrap();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&dynamodb), TABLE);
        let twin = Twin::new(store, Queue::new(aws_sdk_sqs::Client::new(&queue), String::new()));
        let now = Timestamp::now();
        runtime.block_on(fill(&twin, a_day, years, now));
        let asked = || twin.report(Period::last(A_YEAR, on(now)), now);
        let report = runtime.block_on(asked()).unwrap();
        let expected = u64::try_from(a_day * A_YEAR).unwrap();
        assert_eq!(report.tiles[0].now.n, expected, "all of them are counted");
        let taken_up = report.tiles.iter().find(|tile| tile.key == "handoffs_taken_up").unwrap();
        assert!(taken_up.now.n > 0, "the links of today, too");
        criterion.bench_function(&format!("a year's report: {name}"), |bencher| {
            bencher.iter(|| runtime.block_on(asked()).unwrap());
        });
        let mut times: Vec<Duration> = (0..ASKED)
            .map(|_| {
                let began = Instant::now();
                runtime.block_on(asked()).unwrap();
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!(
            "of {ASKED} reports: {name}: median {:?}, p99 {:?}",
            times[ASKED / 2],
            times[ASKED * 99 / 100]
        );
        runtime.block_on(aws.stop()).unwrap();
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

criterion_group!(benches, year);
criterion_main!(benches);
