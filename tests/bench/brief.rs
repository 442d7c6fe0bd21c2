//! What a conversation opens with, of somebody with a long history: `cargo bench --bench brief`.

use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use tests::Bench;
use tokio::runtime::Runtime;
use twin::{
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Channel, Outcome, Speaker, Turn},
    memory::Brief,
    persona::Persona,
    routing::RouteKind,
    twin::Arrival,
};

type Failure = Box<dyn std::error::Error>;

const CONVERSATIONS: u32 = 100;
const TURNS_A_CONVERSATION: u32 = 100;
const OPENED: usize = 2000;

/// Somebody with 10,000 turns, a hundred conversations that were read, and the facts of them.
async fn history(bench: &Bench) -> Result<PersonId, Failure> {
    let twin = &bench.stack.twin;
    let now = Timestamp::now();
    let key = IdentityKey::Email(Email::parse("dana@northgate.example")?);
    let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
    let person = twin.store().resolve(key, evidence, now).await?.person;
    for number in 0..CONVERSATIONS {
        let at = now - SignedDuration::from_mins(30 - i64::from(number) / 5);
        let arrival = Arrival {
            person: person.clone(),
            interaction: InteractionId::generate(at),
            channel: Channel::ALL[number as usize % Channel::ALL.len()],
            call_sid: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Verified,
        };
        let session = twin.open(&arrival, at).await?;
        for sequence in 0..TURNS_A_CONVERSATION {
            let speaker = if sequence % 2 == 0 { Speaker::Person } else { Speaker::Twin };
            let text = format!("We use system {number}-{sequence}, and I'm interested in topic {sequence}.");
            let turn = Turn {
                offset_ms: u64::from(sequence),
                sequence,
                speaker,
                text,
                interrupted: false,
                heard: None,
            };
            twin.heard(&session, &turn).await?;
        }
        let message = format!(r#"{{"message":"Message number {number}"}}"#);
        twin.act(&session, "call_1", "take_message", &message, at).await?;
        twin.close(&person, &arrival.interaction, Outcome::Completed, at).await?;
    }
    bench.stack.jobs_done().await?;
    Ok(person)
}

/// The one query, and what a model is told of it.
async fn opened(bench: &Bench, persona: &Persona, person: &PersonId) -> Result<usize, Failure> {
    let now = Timestamp::now();
    let known = bench.stack.twin.store().known(person).await?.ok_or("nobody")?;
    let route = RouteKind::Recruiter.route();
    let briefing = persona.brief(Channel::Phone, &route, Some(&known), Assurance::Verified, now);
    Ok(briefing.instructions.len() + Brief::of(&known, now).promises.len())
}

fn brief(criterion: &mut Criterion) {
    let measured = measured(criterion);
    if let Err(error) = measured {
        eprintln!("nothing was measured: {error}");
        std::process::exit(1);
    }
}

fn measured(criterion: &mut Criterion) -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    let bench = runtime.block_on(Bench::start());
    let person = runtime.block_on(history(&bench))?;
    let persona = runtime.block_on(bench.stack.twin.persona())?.persona.clone();
    let facts = runtime.block_on(bench.stack.twin.store().facts(&person))?.len();
    let turns = runtime.block_on(bench.stack.twin.store().history(&person))?.len();
    criterion.bench_function("a brief, 10,000 turns of history", |bencher| {
        bencher.iter(|| runtime.block_on(opened(&bench, &persona, &person)).is_ok());
    });
    let mut times = Vec::new();
    for _ in 0..OPENED {
        let began = Instant::now();
        runtime.block_on(opened(&bench, &persona, &person))?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let (median, p99) = (times[OPENED / 2], times[OPENED * 99 / 100]);
    println!(
        "of {OPENED} briefs of somebody with {turns} turns and {facts} facts: median {median:?}, p99 {p99:?}"
    );
    runtime.block_on(bench.stack.stop())?;
    Ok(())
}

criterion_group!(benches, brief);
criterion_main!(benches);
