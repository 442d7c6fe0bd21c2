//! What an input costs in the call's state machine, decoding and draining included: `cargo bench --bench call`.

use tests::samples;

use std::{fmt::Write as _, time::Duration};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const FRAME: Duration = Duration::from_millis(20);

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    group.bench_function("from the caller", |b| {
        let media = samples::media();
        let (mut call, mut out) = samples::call();
        let mut now = Duration::ZERO;
        b.iter(|| {
            now += FRAME;
            samples::from_twilio(&mut call, &media, now, &mut out);
            samples::drain(&mut out)
        });
    });
    group.bench_function("from the model, and its mark", |b| {
        let delta = samples::delta(1);
        let (mut call, mut out) = samples::call();
        let (mut now, mut sent) = (Duration::ZERO, 0_u64);
        let mut mark = String::new();
        let (head, tail) = mark_parts();
        b.iter(|| {
            now += FRAME;
            sent += 160;
            samples::from_model(&mut call, &delta, now, &mut out);
            mark.clear();
            write!(mark, "{head}{sent}{tail}").unwrap_or_default();
            samples::from_twilio(&mut call, &mark, now, &mut out);
            samples::drain(&mut out)
        });
    });
    group.finish();
}

fn mark_parts() -> (String, String) {
    let mark = samples::mark("0.1.@");
    let (head, tail) = mark.split_once('@').unwrap_or_default();
    (head.to_owned(), tail.to_owned())
}

/// The caller interrupts: clear, truncate, cancel.
fn barge_in(c: &mut Criterion) {
    let (delta, started) = (samples::delta(20), samples::speech_started(1));
    let marks = ["0.1.0", "0.1.3200"].map(samples::mark);
    c.bench_function("barge-in", |b| {
        b.iter_batched_ref(
            || {
                let (mut call, mut out) = samples::call();
                for _ in 0..5 {
                    samples::from_model(&mut call, &delta, FRAME, &mut out);
                }
                for mark in &marks {
                    samples::from_twilio(&mut call, mark, FRAME, &mut out);
                }
                samples::drain(&mut out);
                (call, out)
            },
            |(call, out)| {
                samples::from_model(call, &started, 2 * FRAME, out);
                samples::drain(out)
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, frames, barge_in);
criterion_main!(benches);
