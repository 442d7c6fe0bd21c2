//! The ledger of what the caller has really heard.
//!
//! Audio goes out as it comes, in whole 20 ms frames, and Twilio plays it in real time. A mark before the
//! first frame of an item and one behind each piece tell how far it has come; between marks the clock does.
//! Marks carry a generation: one that a clear sends back says nothing about playing.

use std::{collections::VecDeque, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::outbox::Outbox;
use crate::wire::{
    json,
    twilio::media::{BYTES_PER_MS, Encoder, FRAME_BYTES, SILENCE},
};

#[derive(Debug, Default)]
pub struct Playback {
    generation: u32,
    items: VecDeque<Item>,
    next_number: u32,
    mark_name: String,
}

#[derive(Debug)]
struct Item {
    number: u32,
    id: String,
    /// Bytes that the model produced, and that Twilio was sent (with padding).
    received: u64,
    sent: u64,
    /// Bytes that were played when the last mark came back, and when that was.
    played: u64,
    played_at: Option<Duration>,
    /// Positions, in bytes sent, of the marks that have not come back.
    marks: VecDeque<u64>,
    /// Less than a frame, waiting for the rest of it.
    carry: Vec<u8>,
    complete: bool,
}

/// An item and how much of it was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub item_id: String,
    /// Milliseconds, at most what the model produced.
    pub played_ms: u64,
    pub produced_ms: u64,
}

/// What a returned mark says.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    Nothing,
    /// An item began to be audible.
    Started(String),
    /// An item was heard to its end.
    Finished(Heard),
}

impl Playback {
    pub fn is_idle(&self) -> bool {
        self.items.is_empty()
    }

    /// Sends a piece of an item's audio on: borrowed as it is when it is whole frames, which it nearly
    /// always is. `delta` is base64 of µ-law; what is not base64 is dropped and `false`.
    pub fn piece(&mut self, item_id: &str, delta: &str, encoder: &Encoder, out: &mut Outbox) -> bool {
        if !json::is_base64(delta) {
            return false;
        }
        let length = json::decoded_len(delta);
        if length == 0 {
            return true;
        }
        if self.items.back().is_none_or(|item| item.id != item_id) {
            self.begin(item_id, encoder, out);
        }
        let Some(item) = self.items.back_mut() else { return false };
        item.received += length as u64;
        if item.carry.is_empty() && length.is_multiple_of(FRAME_BYTES) {
            out.twilio(&encoder.media(delta), true);
            item.sent += length as u64;
        } else if !item.reframe(delta, encoder, out) {
            return true;
        }
        self.mark(encoder, out);
        true
    }

    /// The model has produced all of an item: what is left of a frame is padded with silence.
    pub fn complete(&mut self, item_id: &str, encoder: &Encoder, out: &mut Outbox) -> Progress {
        let Some(item) = self.items.iter_mut().find(|item| item.id == item_id) else {
            return Progress::Nothing;
        };
        item.complete = true;
        if !item.carry.is_empty() {
            item.carry.resize(FRAME_BYTES, SILENCE);
            out.twilio(&encoder.media(&STANDARD.encode(&item.carry)), true);
            item.sent += FRAME_BYTES as u64;
            item.carry.clear();
            self.mark(encoder, out);
        }
        self.take_finished()
    }

    /// A mark came back.
    pub fn returned(&mut self, name: &str, now: Duration) -> Progress {
        let Some((generation, number, position)) = parse_mark(name) else { return Progress::Nothing };
        if generation != self.generation {
            return Progress::Nothing;
        }
        let Some(item) = self.items.iter_mut().find(|item| item.number == number) else {
            return Progress::Nothing;
        };
        item.marks.retain(|waiting| *waiting > position);
        item.played = item.played.max(position);
        let first = item.played_at.is_none();
        item.played_at = Some(now);
        match self.take_finished() {
            Progress::Nothing if first => {
                let started = self.items.iter().find(|item| item.number == number);
                started.map_or(Progress::Nothing, |item| Progress::Started(item.id.clone()))
            }
            progress => progress,
        }
    }

    /// The caller speaks: everything that is not played yet is given up. The first is the item that was
    /// being heard; the others were not heard at all.
    pub fn interrupt(&mut self, now: Duration, encoder: &Encoder, out: &mut Outbox) -> Vec<Heard> {
        if self.items.is_empty() {
            return Vec::new();
        }
        self.generation += 1;
        out.twilio(&encoder.clear(), false);
        self.items.drain(..).map(|item| item.heard(now)).collect()
    }

    /// The stream is gone: how far each item had come.
    pub fn stop(&mut self, now: Duration) -> Vec<Heard> {
        self.items.drain(..).map(|item| item.heard(now)).collect()
    }

    fn begin(&mut self, item_id: &str, encoder: &Encoder, out: &mut Outbox) {
        self.next_number += 1;
        self.items.push_back(Item {
            number: self.next_number,
            id: item_id.to_owned(),
            received: 0,
            sent: 0,
            played: 0,
            played_at: None,
            marks: VecDeque::new(),
            carry: Vec::new(),
            complete: false,
        });
        self.mark(encoder, out);
    }

    fn mark(&mut self, encoder: &Encoder, out: &mut Outbox) {
        use std::fmt::Write as _;
        let Some(item) = self.items.back_mut() else { return };
        self.mark_name.clear();
        // Writing to a string does not fail.
        write!(self.mark_name, "{}.{}.{}", self.generation, item.number, item.sent).unwrap_or_default();
        out.twilio(&encoder.mark(&self.mark_name), false);
        item.marks.push_back(item.sent);
    }

    fn take_finished(&mut self) -> Progress {
        match self.items.front() {
            Some(item) if item.complete && item.marks.is_empty() => {}
            _ => return Progress::Nothing,
        }
        self.items.pop_front().map_or(Progress::Nothing, |item| {
            let produced_ms = item.received / BYTES_PER_MS;
            Progress::Finished(Heard { item_id: item.id, played_ms: produced_ms, produced_ms })
        })
    }
}

impl Item {
    /// Cuts a delta that is not whole frames, together with what the last one left. `false`: no frame yet.
    fn reframe(&mut self, delta: &str, encoder: &Encoder, out: &mut Outbox) -> bool {
        let Ok(bytes) = STANDARD.decode(delta) else { return false };
        self.carry.extend_from_slice(&bytes);
        let whole = self.carry.len() - self.carry.len() % FRAME_BYTES;
        if whole == 0 {
            return false;
        }
        out.twilio(&encoder.media(&STANDARD.encode(&self.carry[..whole])), true);
        self.sent += whole as u64;
        self.carry.drain(..whole);
        true
    }

    /// Between marks the clock tells: never past the next mark, never past what was produced.
    fn heard(self, now: Duration) -> Heard {
        let since = self.played_at.map_or(0, |at| now.saturating_sub(at).as_millis());
        let estimate = self.played + u64::try_from(since).unwrap_or(u64::MAX).saturating_mul(BYTES_PER_MS);
        let limit = self.marks.front().copied().unwrap_or(self.played).min(self.received);
        let played = if self.played_at.is_some() { estimate.min(limit) } else { 0 };
        Heard {
            item_id: self.id,
            played_ms: played / BYTES_PER_MS,
            produced_ms: self.received / BYTES_PER_MS,
        }
    }
}

fn parse_mark(name: &str) -> Option<(u32, u32, u64)> {
    let mut parts = name.splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Base64 of `n` milliseconds of audio.
    fn audio(n: usize) -> String {
        STANDARD.encode(vec![0x55; n * 8])
    }

    struct Bench {
        playback: Playback,
        encoder: Encoder,
        out: Outbox,
    }

    impl Bench {
        fn new() -> Self {
            Self { playback: Playback::default(), encoder: Encoder::new("MZ1"), out: Outbox::default() }
        }

        fn piece(&mut self, item: &str, delta: &str) -> bool {
            self.playback.piece(item, delta, &self.encoder, &mut self.out)
        }

        fn complete(&mut self, item: &str) -> Progress {
            self.playback.complete(item, &self.encoder, &mut self.out)
        }

        fn interrupt(&mut self, at: u64) -> Vec<(String, u64)> {
            let heard = self.playback.interrupt(ms(at), &self.encoder, &mut self.out);
            heard.into_iter().map(|heard| (heard.item_id, heard.played_ms)).collect()
        }

        /// Bytes of audio in each media message sent so far.
        fn sent(&self) -> Vec<usize> {
            let media = self.out.to_twilio.iter().filter(|message| message.audio);
            media
                .map(|message| {
                    let text = std::str::from_utf8(&message.text).unwrap();
                    json::decoded_len(json::string_field(text, "\"payload\"").unwrap())
                })
                .collect()
        }
    }

    #[test]
    fn the_clock_tells_between_marks() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("a", &audio(400));
        assert_eq!(bench.playback.returned("0.1.0", ms(1000)), Progress::Started("a".into()));
        assert_eq!(bench.interrupt(1250), [("a".to_owned(), 250)]);
    }

    #[test]
    fn never_past_a_mark_that_has_not_come_back_nor_past_what_was_produced() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("a", &audio(400));
        bench.playback.returned("0.1.0", ms(0));
        assert_eq!(bench.interrupt(10_000), [("a".to_owned(), 400)]);

        bench.piece("b", &audio(30));
        bench.complete("b");
        assert_eq!(bench.sent(), [3200, 3200, 160, 160], "30 ms become two frames");
        bench.playback.returned("1.2.0", ms(0));
        bench.playback.returned("1.2.160", ms(20));
        assert_eq!(bench.interrupt(100), [("b".to_owned(), 30)], "padding was not produced");
    }

    #[test]
    fn what_was_not_heard_is_at_zero() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("b", &audio(400));
        bench.playback.returned("0.1.0", ms(0));
        assert_eq!(bench.interrupt(100), [("a".to_owned(), 100), ("b".to_owned(), 0)]);
        assert!(bench.playback.is_idle());
        assert!(bench.interrupt(200).is_empty(), "nothing left to interrupt");
    }

    #[test]
    fn marks_that_a_clear_sends_back_say_nothing() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.playback.returned("0.1.0", ms(0));
        bench.interrupt(100);
        bench.piece("b", &audio(400));
        assert_eq!(bench.playback.returned("0.1.3200", ms(101)), Progress::Nothing);
        assert_eq!(bench.playback.returned("nonsense", ms(101)), Progress::Nothing);
        assert_eq!(bench.interrupt(110), [("b".to_owned(), 0)]);
    }

    #[test]
    fn an_item_is_heard_when_its_last_mark_is_back() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(20));
        bench.piece("a", &audio(20));
        assert_eq!(bench.complete("a"), Progress::Nothing);
        bench.playback.returned("0.1.0", ms(0));
        bench.playback.returned("0.1.160", ms(20));
        let heard = Heard { item_id: "a".into(), played_ms: 40, produced_ms: 40 };
        assert_eq!(bench.playback.returned("0.1.320", ms(40)), Progress::Finished(heard));
        assert!(bench.playback.is_idle());
    }

    #[test]
    fn odd_deltas_leave_as_whole_frames() {
        let mut bench = Bench::new();
        for length in [7, 200, 1, 160, 333] {
            assert!(bench.piece("a", &STANDARD.encode(vec![0x55; length])));
        }
        bench.complete("a");
        assert!(bench.sent().iter().all(|bytes| bytes.is_multiple_of(FRAME_BYTES)));
        assert_eq!(bench.sent().iter().sum::<usize>(), 800, "701 bytes, padded");
        assert!(!bench.piece("a", "%%%"));
    }
}
