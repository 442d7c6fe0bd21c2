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
/// Of ten thousand, each may take, and leave in memory beyond its mail, so many times what it does of a thousand.
const MOST_MORE: f64 = 1.3;
/// One takes them all, unless something is in its way.
const MOST_SWEEPS: usize = 100;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!("| follow-ups | seconds | ms each | sweeps | KiB of RSS more, each | of it the mail |");
    println!("|---|---|---|---|---|---|");
    let mut all: Vec<Sent> = Vec::new();
    for count in COUNTS {
        let sent = runtime.block_on(Box::pin(sent(count)))?;
        println!("{sent}");
        all.push(sent);
    }
    if let [first, .., last] = all.as_slice() {
        let beyond = |sent: &Sent| sent.kib_each - sent.mail_kib_each;
        if last.ms_each > first.ms_each * MOST_MORE {
            return Err("each takes longer, the more there are".into());
        }
        if beyond(last) > beyond(first) * MOST_MORE {
            return Err("each leaves more beyond its mail, the more there are".into());
        }
    }
    Ok(())
}

/// What one came to.
struct Sent {
    count: usize,
    seconds: f64,
    ms_each: f64,
    sweeps: usize,
    kib_each: f64,
    mail_kib_each: f64,
}

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, seconds, ms_each, sweeps, kib_each, mail_kib_each } = self;
        write!(f, "| {count} | {seconds:.1} | {ms_each:.2} | {sweeps} | {kib_each:.1} | {mail_kib_each:.1} |")
    }
}

/// All are due at once, each of a conversation of its own.
async fn sent(count: usize) -> Result<Sent, Failure> {
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
    Ok(Sent {
        count,
        seconds: took.as_secs_f64(),
        ms_each: took.div_f64(count as f64).as_secs_f64() * 1e3,
        sweeps,
        kib_each: each(more),
        mail_kib_each: each(mails) / 1024.0,
    })
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
