//! Search at the sizes that are asked for: 5,000 chunks put together at a cold start, and questions to 50,000.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "random texts need no exact numbers"
)]

use std::{
    collections::HashMap,
    hint::black_box,
    time::{Duration, Instant},
};

use allocation_counter::measure;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, civil::date};
use twin::{
    brain::intent::classify,
    knowledge::{
        document::{Document, Section, SourceKind},
        index::{Analysed, Index, Neighbours},
        library::{Library, Stored},
        manifest::{Hash, Manifest, Missing},
        vectors::{DIMENSIONS, LISTED, Quantised, Vectors},
    },
};

const CHUNKS_A_DOCUMENT: usize = 50;
const WORDS_A_CHUNK: usize = 90;
/// Words of which texts are made, the first far more often than the last (Zipf).
const VOCABULARY: u64 = 20_000;

/// A generator that gives the same texts each time (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn word(&mut self) -> String {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (VOCABULARY as f64).powf(unit) as u64;
        format!("w{}", rank.wrapping_mul(7919) % VOCABULARY)
    }

    fn text(&mut self, words: usize) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// A vector that points anywhere.
    fn vector(&mut self) -> Quantised {
        let parts: Vec<f32> =
            (0..DIMENSIONS).map(|_| (self.next() >> 40) as f32 - (1 << 23) as f32).collect();
        Quantised::of(&parts)
    }
}

fn documents(chunks: usize) -> Vec<Document> {
    let mut numbers = Numbers(1);
    (0..chunks / CHUNKS_A_DOCUMENT)
        .map(|number| Document {
            kind: SourceKind::Page,
            key: number.to_string(),
            title: format!("Document {number}"),
            url: None,
            date: None,
            sections: (0..CHUNKS_A_DOCUMENT)
                .map(|place| Section { place: place.to_string(), text: numbers.text(WORDS_A_CHUNK) })
                .collect(),
            claims: Vec::new(),
            keywords: String::new(),
        })
        .collect()
}

/// As the store gives it: a manifest, and documents packed.
fn packed(chunks: usize) -> (Manifest, Vec<(Hash, Vec<u8>)>) {
    let documents = documents(chunks);
    let now = Timestamp::UNIX_EPOCH;
    let manifest = Manifest::default().replace("bench", &documents, &Missing::Remove, now);
    let (manifest, _) = manifest.unwrap_or_default();
    let pack = |document| postcard::to_stdvec(&Stored::of(document)).unwrap_or_default();
    (manifest, documents.iter().map(|document| (Hash::of(document), pack(document))).collect())
}

fn library(manifest: &Manifest, packed: &[(Hash, Vec<u8>)]) -> Library {
    let unpacked =
        packed.iter().filter_map(|(hash, bytes)| Some((hash.clone(), postcard::from_bytes(bytes).ok()?)));
    let stored: HashMap<Hash, Stored> = unpacked.collect();
    let mut library = Library::new("Alex Sample");
    library.update(manifest, stored, date(2026, 1, 1));
    library
}

/// As the store gives them: the vectors of each document, packed.
fn packed_vectors(packed: &[(Hash, Vec<u8>)]) -> Vec<(Hash, Vec<u8>)> {
    let mut numbers = Numbers(3);
    let pack = |(hash, bytes): &(Hash, Vec<u8>)| {
        let stored: Stored = postcard::from_bytes(bytes).ok()?;
        let vectors: Vec<Quantised> = stored.passages.iter().map(|_| numbers.vector()).collect();
        Some((hash.clone(), postcard::to_stdvec(&vectors).ok()?))
    };
    packed.iter().filter_map(pack).collect()
}

fn unpacked(packed: &[(Hash, Vec<u8>)]) -> HashMap<Hash, Vec<Quantised>> {
    packed
        .iter()
        .filter_map(|(hash, bytes)| Some((hash.clone(), postcard::from_bytes(bytes).ok()?)))
        .collect()
}

/// What one question in a hundred takes longer than.
fn p99<T>(mut ask: impl FnMut(usize) -> T) -> Duration {
    let mut times: Vec<_> = (0..1000)
        .map(|at| {
            let began = Instant::now();
            black_box(ask(at));
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[990]
}

fn search(criterion: &mut Criterion) {
    let (manifest, bytes) = packed(5_000);
    criterion.bench_function("cold start, 5,000 chunks", |bencher| {
        bencher.iter_batched(|| (), |()| library(&manifest, &bytes), BatchSize::PerIteration);
    });
    let (manifest, bytes) = packed(50_000);
    let mut made = None;
    let memory = measure(|| made = Some(library(&manifest, &bytes)));
    let Some(large) = made else { return };
    let a_chunk = |bytes: i64| bytes / 50_000;
    println!(
        "memory of 50,000 chunks: {} bytes a chunk, {} at most while they are put together",
        a_chunk(memory.bytes_current),
        a_chunk(memory.bytes_max.cast_signed())
    );
    let mut numbers = Numbers(2);
    let questions: Vec<String> = (0..100).map(|_| numbers.text(10)).collect();
    let mut at = 0;
    criterion.bench_function("a question to 50,000 chunks", |bencher| {
        bencher.iter(|| {
            at += 1;
            black_box(large.consult(&questions[at % questions.len()], None, 6))
        });
    });
    let p99 = p99(|at| large.consult(&questions[at % questions.len()], None, 6));
    println!("of 1,000 questions to 50,000 chunks, p99 took {p99:?}");
}

/// The same with vectors: by meaning alone, and both together.
fn search_by_meaning(criterion: &mut Criterion) {
    let (manifest, bytes) = packed(5_000);
    let vectors = packed_vectors(&bytes);
    criterion.bench_function("cold start with vectors, 5,000 chunks", |bencher| {
        let start = |()| {
            let mut library = library(&manifest, &bytes);
            library.take_vectors(unpacked(&vectors));
            library
        };
        bencher.iter_batched(|| (), start, BatchSize::PerIteration);
    });
    let (manifest, bytes) = packed(50_000);
    let vectors = packed_vectors(&bytes);
    let mut large = library(&manifest, &bytes);
    let memory = measure(|| large.take_vectors(unpacked(&vectors)));
    println!("memory of 50,000 vectors: {} bytes a chunk beside its text", memory.bytes_current / 50_000);
    assert!(large.without_vectors().is_empty(), "each document has its vectors");
    let mut numbers = Numbers(2);
    let asked: Vec<(String, Quantised)> = (0..100).map(|_| (numbers.text(10), numbers.vector())).collect();
    let of = |at: usize| &asked[at % asked.len()];
    let mut alone = Vectors::default();
    let mut index = Index::new(Neighbours::DOCUMENT);
    for vectors in unpacked(&vectors).values() {
        alone.add(index.add(&Analysed::default(), None, &[]), vectors);
    }
    let by_meaning = |at: usize| alone.nearest(&of(at).1, LISTED, |_| true);
    let by_both = |at: usize| large.consult(&of(at).0, Some(&of(at).1), 6);
    let mut at = 0;
    criterion.bench_function("the nearest of 50,000 vectors", |bencher| {
        bencher.iter(|| {
            at += 1;
            black_box(by_meaning(at))
        });
    });
    criterion.bench_function("a question to 50,000 chunks by words and vectors", |bencher| {
        bencher.iter(|| {
            at += 1;
            black_box(by_both(at))
        });
    });
    println!("of 1,000 questions to 50,000 vectors, p99 took {:?}", p99(by_meaning));
    println!("of 1,000 questions to 50,000 chunks by words and vectors, p99 took {:?}", p99(by_both));
}

fn intents(criterion: &mut Criterion) {
    classify("to be trained");
    criterion.bench_function("an intent", |bencher| {
        bencher.iter(|| classify(black_box("I'm a recruiter and have a staff engineer role in payments")));
    });
}

criterion_group!(benches, search, search_by_meaning, intents);
criterion_main!(benches);
