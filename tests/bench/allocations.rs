//! An audio frame allocates nothing: not on its way to the model, not on its way to the caller.
//!
//! Counted is what happens between the sockets: reading a message, the call, the outbox and its draining. What
//! the WebSocket library does for itself is counted by the benchmark of the relay.

use tests::samples;

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use twin::call::{Call, outbox::Outbox};

const FRAME: Duration = Duration::from_millis(20);
/// Until buffers have their size.
const WARM_UP: u32 = 500;
/// A minute.
const FRAMES: u32 = 3000;

fn frames(first: u32, count: u32, mut frame: impl FnMut(Duration)) {
    for number in first..first + count {
        frame(FRAME * number);
    }
}

/// What a minute allocates once buffers have their size.
fn in_a_minute(mut frame: impl FnMut(&mut Call, &mut Outbox, Duration)) -> AllocationInfo {
    let (mut call, mut out) = samples::call();
    frames(0, WARM_UP, |now| frame(&mut call, &mut out, now));
    measure(|| frames(WARM_UP, FRAMES, |now| frame(&mut call, &mut out, now)))
}

#[test]
fn the_callers_audio() {
    let media = samples::media();
    let counted = in_a_minute(|call, out, now| {
        samples::from_twilio(call, &media, now, out);
        assert_eq!(samples::drain(out), 1, "an append");
        assert!(call.deadline().is_some());
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// Deltas of one frame, and the marks behind them as the caller's player sends them back.
#[test]
fn the_models_audio() {
    let delta = samples::delta(1);
    let marks = marks(1);
    let counted = in_a_minute(|call, out, now| {
        samples::from_model(call, &delta, now, out);
        assert!(samples::drain(out) >= 1, "media");
        samples::from_twilio(call, &marks[number(now)], now, out);
        assert_eq!(samples::drain(out), 0);
        assert!(call.deadline().is_some());
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// As the model really sends it: 400 ms at a time, faster than it is played.
#[test]
fn large_deltas() {
    let delta = samples::delta(20);
    let marks = marks(20);
    let counted = in_a_minute(|call, out, now| {
        samples::from_model(call, &delta, now, out);
        assert!(samples::drain(out) >= 1, "media");
        samples::from_twilio(call, &marks[number(now)], now, out);
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// Both directions at once, as in a call.
#[test]
fn both_directions() {
    let (media, delta) = (samples::media(), samples::delta(1));
    let marks = marks(1);
    let counted = in_a_minute(|call, out, now| {
        samples::from_twilio(call, &media, now, out);
        samples::from_model(call, &delta, now, out);
        samples::from_twilio(call, &marks[number(now)], now, out);
        assert!(samples::drain(out) >= 2, "an append and media");
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

fn number(now: Duration) -> usize {
    usize::try_from(now.as_millis() / FRAME.as_millis()).unwrap_or(usize::MAX)
}

/// The mark behind each delta of so many frames.
fn marks(frames: usize) -> Vec<String> {
    let last = (WARM_UP + FRAMES) as usize;
    (1..=last).map(|sent| samples::mark(&format!("0.1.{}", sent * frames * 160))).collect()
}
