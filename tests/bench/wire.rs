//! What a message costs on the wire: `cargo bench --bench wire`.

use tests::samples;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use twin::{
    identity::Assurance,
    routing::RouteKind,
    wire::{
        realtime::{client::audio_append, server},
        ticket::{LIFETIME, Ticket, TicketKey},
        twilio::{
            media::{self, Encoder},
            signature::{HEADER, Hash, Keys, Signature, sign},
        },
    },
};

fn decode(c: &mut Criterion) {
    let (media, mark, delta, large) =
        (samples::media(), samples::mark("0.1.160"), samples::delta(1), samples::delta(20));
    let mut group = c.benchmark_group("decode");
    group.bench_function("media", |b| b.iter(|| media::decode(black_box(&media)).is_ok()));
    group.bench_function("mark", |b| b.iter(|| media::decode(black_box(&mark)).is_ok()));
    group.bench_function("audio delta, 20 ms", |b| b.iter(|| server::decode(black_box(&delta)).is_ok()));
    group.bench_function("audio delta, 400 ms", |b| b.iter(|| server::decode(black_box(&large)).is_ok()));
    group.finish();
}

fn encode(c: &mut Criterion) {
    let audio = samples::audio(1);
    let encoder = Encoder::new(samples::STREAM);
    let mut buffer = Vec::with_capacity(1024);
    let mut group = c.benchmark_group("encode");
    let mut join = |parts: &[&str]| {
        buffer.clear();
        for part in parts {
            buffer.extend_from_slice(part.as_bytes());
        }
        buffer.len()
    };
    group.bench_function("media", |b| b.iter(|| join(&encoder.media(black_box(&audio)))));
    group.bench_function("append", |b| b.iter(|| join(&audio_append(black_box(&audio)))));
    group.finish();
}

fn admit(c: &mut Criterion) {
    let url = "wss://relay.omnitwin.example/media/ticket";
    let signed = sign("token", Hash::Sha1, url, []);
    let key = TicketKey::new("secret");
    let ticket = ticket().and_then(|ticket| Ok(key.sign(&ticket)?));
    let Ok(ticket) = ticket else { return };
    let now = Timestamp::UNIX_EPOCH;
    let mut group = c.benchmark_group("admit");
    group.bench_function("signature", |b| {
        let keys = Keys { auth_token: "token", shared: Vec::new() };
        let header = |name: &'static str| (name == HEADER).then_some(signed.as_str());
        b.iter(|| Signature::of(header).is_some_and(|given| given.is_right(&keys, black_box(url), &[])));
    });
    group.bench_function("ticket", |b| b.iter(|| key.verify::<Ticket>(black_box(&ticket), now).is_ok()));
    group.finish();
}

fn ticket() -> Result<Ticket, Box<dyn std::error::Error>> {
    Ok(Ticket {
        call: "CA0123456789abcdef0123456789abcdef".parse()?,
        person: "per_01JD0000000000000000000000".parse()?,
        interaction: "int_01JD0000000000000000000000".parse()?,
        route: RouteKind::Recruiter,
        level: Assurance::Claimed,
        not_taken: false,
        challenged: false,
        trace: None,
        expires: Timestamp::UNIX_EPOCH + LIFETIME,
    })
}

criterion_group!(benches, decode, encode, admit);
criterion_main!(benches);
