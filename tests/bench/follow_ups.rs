//! Due follow-ups, swept and sent over the embedded store into a mail sink: `cargo bench --bench follow_ups`.
//!
//! Ten times as many are to take ten times as long, and no more memory than their mails, which the sink keeps.
#![expect(clippy::cast_precision_loss, reason = "what is counted is small")]

use std::time::Instant;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    follow_up::{Content, FollowUp, State},
    id::{InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey},
};

type Failure = Box<dyn std::error::Error>;

const COUNTS: [usize; 3] = [1_000, 3_000, 10_000];
const PEOPLE: usize = 100;
const SETTINGS: &str = "/api/crm/follow-ups/settings";
/// Each sweep takes what a page of the table holds.
const MOST_SWEEPS: usize = 100;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!("| follow-ups | seconds | ms each | sweeps | KiB of RSS more, each | of it the mail |");
    println!("|---|---|---|---|---|---|");
    for count in COUNTS {
        println!("{}", runtime.block_on(Box::pin(sent(count)))?);
    }
    Ok(())
}

/// All are due at once, each of a conversation of its own.
async fn sent(count: usize) -> Result<String, Failure> {
    let bench = Bench::start().await;
    lift_caps(&bench).await?;
    let now = Timestamp::now();
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let key = IdentityKey::Email(Email::parse(&format!("p{number}@sample.example"))?);
        let evidence = Evidence::new(EvidenceSource::Owner, now, None);
        people.push(bench.stack.twin.store().resolve(key, evidence, now).await?.person);
    }
    for (number, person) in people.iter().cycle().take(count).enumerate() {
        bench.stack.twin.store().add_follow_up(&due(number, person, now)?).await?;
    }
    let before = rss_kib()?;
    let began = Instant::now();
    let sweeps = sweep(&bench, count, now).await?;
    let took = began.elapsed();
    let each = |total: usize| total as f64 / count as f64;
    let more = rss_kib()?.saturating_sub(before);
    let mails: usize = bench.stack.aws().ses.sent().iter().map(|mail| mail.raw.len()).sum();
    bench.stack.stop().await?;
    Ok(format!(
        "| {count} | {:.1} | {:.2} | {sweeps} | {:.1} | {:.1} |",
        took.as_secs_f64(),
        took.div_f64(count as f64).as_secs_f64() * 1e3,
        each(more),
        each(mails) / 1024.0,
    ))
}

async fn lift_caps(bench: &Bench) -> Result<(), Failure> {
    let version = bench.owner(SETTINGS).await["version"].clone();
    let settings = json!({ "quiet": null, "caps": { "perPerson": 1_000_000, "inAll": 1_000_000 } });
    let body: Value = json!({ "version": version, "settings": settings });
    bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await?.error_for_status()?;
    Ok(())
}

fn due(number: usize, person: &PersonId, now: Timestamp) -> Result<FollowUp, Failure> {
    let to = Email::parse(&format!("n{number}@sample.example"))?;
    // No conversation to be analysed.
    let interaction = InteractionId::derived(&format!("reminder-c{number}"))?;
    let content = Content::MissedCallEmail { to };
    let of = (person.clone(), interaction);
    let key = content.kind().key();
    let made = FollowUp::of(of, key, content, State::Approved, "a benchmark".to_owned(), now);
    let made = made.ok_or("it has no id")?;
    Ok(FollowUp { due_at: Some(now), ..made })
}

/// Until all have left; how many sweeps it took.
async fn sweep(bench: &Bench, count: usize, now: Timestamp) -> Result<usize, Failure> {
    for sweeps in 1..=MOST_SWEEPS {
        bench.stack.twin.sweep(now).await?;
        bench.stack.jobs_done().await?;
        let sent = bench.stack.aws().ses.sent().len();
        if sent > count {
            return Err(format!("{sent} mails of {count} follow-ups").into());
        }
        if sent == count {
            return Ok(sweeps);
        }
    }
    Err("some were never sent".into())
}

/// Of this process: the store, the queue, the workers and the sink are all in it.
fn rss_kib() -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
