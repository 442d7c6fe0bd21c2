//! Due follow-ups, swept and sent over the embedded store into a mail sink: `cargo bench --bench follow_ups`.
//!
//! Ten times as many are to take ten times as long, and at no time more memory each: beyond the mail, which the sink keeps,
//! and the row, which the store does, that is what the queue and the workers hold. Each number has a process of its own, so
//! that none uses memory that another gave back.
#![expect(clippy::cast_precision_loss, reason = "what is counted is small")]

use std::{process::Command, time::Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    follow_up::{Content, FollowUp, State},
    id::{InteractionId, PersonId},
    identity::{Email, Evidence, EvidenceSource, IdentityKey},
};

type Failure = Box<dyn std::error::Error>;

const COUNTS: [usize; 3] = [1_000, 3_000, 10_000];
const PLANNED_BEFORE: SignedDuration = SignedDuration::from_hours(1);
const FEW: usize = 50;
const PEOPLE: usize = 100;
const SETTINGS: &str = "/api/crm/follow-ups/settings";
/// Of ten thousand, each may take so many times the time, and the memory beyond its mail, that it does of a thousand.
const MOST_MORE: f64 = 1.3;
/// One takes them all, unless something is in its way.
const MOST_SWEEPS: usize = 100;

fn main() -> Result<(), Failure> {
    if let Some(count) = std::env::args().skip(1).find_map(|argument| argument.parse().ok()) {
        return alone(count);
    }
    println!(
        "| follow-ups | seconds | ms each | sweeps | KiB of RSS more at the most, each | of it the mail |"
    );
    println!("|---|---|---|---|---|---|");
    let mut all: Vec<Sent> = Vec::new();
    for count in COUNTS {
        let child = Command::new(std::env::current_exe()?).arg(count.to_string()).output()?;
        if !child.status.success() {
            return Err(String::from_utf8_lossy(&child.stderr).into());
        }
        let sent: Sent = serde_json::from_slice(&child.stdout)?;
        println!("{sent}");
        all.push(sent);
    }
    if let [first, .., last] = all.as_slice() {
        let beyond = |sent: &Sent| sent.kib_each - sent.mail_kib_each;
        if last.ms_each > first.ms_each * MOST_MORE {
            return Err("each takes longer, the more there are".into());
        }
        if beyond(last) > beyond(first) * MOST_MORE {
            return Err("each takes more memory beyond its mail, the more there are".into());
        }
    }
    Ok(())
}

/// So many, once a few have gone before: what is made at the first is not counted.
fn alone(count: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(Box::pin(sent(FEW)))?;
    println!("{}", serde_json::to_string(&runtime.block_on(Box::pin(sent(count)))?)?);
    Ok(())
}

/// What one came to.
#[derive(Serialize, Deserialize)]
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
    // The most that it has is counted anew (proc(5), clear_refs).
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = kib_of("VmRSS:")?;
    let began = Instant::now();
    let (sweeps, most) = sweep(&bench, count, now).await?;
    let took = began.elapsed();
    let each = |total: usize| total as f64 / count as f64;
    let more = most.saturating_sub(before);
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
    // What is planned for the moment at which it is planned is taken up at once, and by the sweep only if it was not.
    let before = now - PLANNED_BEFORE;
    let made = FollowUp::of(of, key, content, State::Approved, "a benchmark".to_owned(), before);
    let made = made.ok_or("it has no id")?;
    Ok(FollowUp { due_at: Some(now), ..made })
}

/// Until all have left; how many sweeps it took, and how much memory at the most.
async fn sweep(bench: &Bench, count: usize, now: Timestamp) -> Result<(usize, usize), Failure> {
    for sweeps in 1..=MOST_SWEEPS {
        bench.stack.twin.sweep(now).await?;
        bench.stack.jobs_done().await?;
        // Before the mails are looked at, which copies them.
        let most = kib_of("VmHWM:")?;
        let sent = bench.stack.aws().ses.sent().len();
        if sent > count {
            return Err(format!("{sent} mails of {count} follow-ups").into());
        }
        if sent == count {
            return Ok((sweeps, most));
        }
    }
    Err("some were never sent".into())
}

/// Of this process: the store, the queue, the workers and the sink are all in it.
fn kib_of(what: &str) -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)).ok_or("it is not told")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
