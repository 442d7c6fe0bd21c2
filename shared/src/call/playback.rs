//! The ledger of what the caller has really heard.
//!
//! Audio goes out as it comes, in whole 20 ms frames, and Twilio plays it in real time. A mark before the
//! first frame of an item, one behind each 100 ms or more, and one at its end tell how far it has come; between
//! marks the clock does.
//! Marks carry a generation: one that a clear sends back says nothing about playing.

use std::{collections::VecDeque, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::outbox::Outbox;
use crate::wire::{
    json,
    twilio::media::{BYTES_PER_MS, Encoder, FRAME_BYTES, SILENCE},
};

/// Audio that goes without a mark: a model that sends frame by frame is not answered with a mark for each.
const UNMARKED: u64 = 100 * BYTES_PER_MS;

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
    /// Of those sent: up to the last mark.
    marked: u64,
    /// Bytes that were played when the last mark came back, and when that was.
    played: u64,
    played_at: Option<Duration>,
    /// Positions, in bytes sent, of the marks that have not come back.
    marks: VecDeque<u64>,
    /// Less than a frame, waiting for the rest of it.
    carry: Vec<u8>,
    complete: bool,
    /// The model that produced it is gone.
    orphaned: bool,
}

/// An item and how much of it was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub item_id: String,
    /// Milliseconds, at most what the model produced.
    pub played_ms: u64,
    pub produced_ms: u64,
    /// All of it was produced, and all of it was played.
    pub whole: bool,
    /// The model does not know of it.
    pub orphaned: bool,
    /// When its last mark came back.
    pub at: Duration,
}

impl Playback {
    pub fn is_idle(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether an item is being played, or will be.
    pub fn holds(&self, item_id: &str) -> bool {
        self.items.iter().any(|item| item.id == item_id)
    }

    /// How long it takes to play what waits.
    pub fn ahead(&self, now: Duration) -> Duration {
        let waits = |item: &Item| match item.played_at {
            Some(_) => item.sent.saturating_sub(item.by_clock(now)),
            None => item.sent,
        };
        Duration::from_millis(self.items.iter().map(waits).sum::<u64>() / BYTES_PER_MS)
    }

    /// Sends a piece of an item's audio on: borrowed as it is when it is whole frames, which it nearly
    /// always is. `delta` is base64 of µ-law; what is not base64 is dropped and `false`.
    pub fn piece(
        &mut self,
        item_id: &str,
        delta: &str,
        now: Duration,
        encoder: &Encoder,
        out: &mut Outbox,
    ) -> bool {
        if !json::is_base64(delta) {
            return false;
        }
        let length = json::decoded_len(delta);
        if length == 0 {
            return true;
        }
        if self.items.back().is_none_or(|item| item.id != item_id || item.orphaned) {
            self.begin(item_id, now, encoder, out);
        }
        let Some(item) = self.items.back_mut() else { return false };
        if item.carry.is_empty() && length.is_multiple_of(FRAME_BYTES) {
            item.received += length as u64;
            item.plays_from(now);
            out.twilio(&encoder.media(delta), true);
            item.sent += length as u64;
            self.mark_behind(UNMARKED, encoder, out);
            return true;
        }
        let Ok(bytes) = STANDARD.decode(delta) else { return false };
        item.received += length as u64;
        item.reframe(&bytes, now, encoder, out);
        self.mark_behind(UNMARKED, encoder, out);
        true
    }

    /// The model has produced all of an item.
    pub fn complete(&mut self, item_id: &str, now: Duration, encoder: &Encoder, out: &mut Outbox) {
        if self.items.back().is_some_and(|item| item.id == item_id) {
            self.flush(now, encoder, out);
        }
        for item in self.items.iter_mut().filter(|item| item.id == item_id) {
            item.complete = true;
        }
    }

    /// The model produces no more of anything.
    pub fn complete_all(&mut self, now: Duration, encoder: &Encoder, out: &mut Outbox) {
        self.flush(now, encoder, out);
        for item in &mut self.items {
            item.complete = true;
        }
    }

    /// The model is gone; the caller still hears what it had produced.
    pub fn orphan(&mut self, now: Duration, encoder: &Encoder, out: &mut Outbox) {
        self.complete_all(now, encoder, out);
        for item in &mut self.items {
            item.orphaned = true;
        }
    }

    /// A mark came back. If an item began to be audible with it, which.
    pub fn returned(&mut self, name: &str, now: Duration) -> Option<&str> {
        let (generation, number, position) = parse_mark(name)?;
        if generation != self.generation {
            return None;
        }
        let item = self.items.iter_mut().find(|item| item.number == number)?;
        item.marks.retain(|waiting| *waiting > position);
        item.played = item.played.max(position.min(item.sent));
        item.played_at.replace(now).is_none().then_some(item.id.as_str())
    }

    /// The next item that was heard to its end.
    pub fn finished(&mut self) -> Option<Heard> {
        let over = |item: &mut Item| item.complete && item.marks.is_empty();
        self.items.pop_front_if(over).map(Item::heard_whole)
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

    fn begin(&mut self, item_id: &str, now: Duration, encoder: &Encoder, out: &mut Outbox) {
        // What is left of the item before would be heard behind this one.
        self.flush(now, encoder, out);
        self.next_number += 1;
        self.items.push_back(Item {
            number: self.next_number,
            id: item_id.to_owned(),
            received: 0,
            sent: 0,
            marked: 0,
            played: 0,
            played_at: None,
            marks: VecDeque::new(),
            carry: Vec::new(),
            complete: false,
            orphaned: false,
        });
        self.mark(encoder, out);
    }

    /// What is left of a frame is padded with silence, and what is left without a mark gets one.
    fn flush(&mut self, now: Duration, encoder: &Encoder, out: &mut Outbox) {
        let Some(item) = self.items.back_mut() else { return };
        if !item.carry.is_empty() {
            item.carry.resize(FRAME_BYTES, SILENCE);
            item.plays_from(now);
            out.twilio(&encoder.media(&STANDARD.encode(&item.carry)), true);
            item.sent += FRAME_BYTES as u64;
            item.carry.clear();
        }
        self.mark_behind(1, encoder, out);
    }

    /// Marks where the last item is, if so many bytes of it have no mark yet.
    fn mark_behind(&mut self, unmarked: u64, encoder: &Encoder, out: &mut Outbox) {
        if self.items.back().is_some_and(|item| item.sent - item.marked >= unmarked) {
            self.mark(encoder, out);
        }
    }

    fn mark(&mut self, encoder: &Encoder, out: &mut Outbox) {
        use std::fmt::Write as _;
        let Some(item) = self.items.back_mut() else { return };
        self.mark_name.clear();
        // Writing to a string does not fail.
        write!(self.mark_name, "{}.{}.{}", self.generation, item.number, item.sent).unwrap_or_default();
        out.twilio(&encoder.mark(&self.mark_name), false);
        item.marks.push_back(item.sent);
        item.marked = item.sent;
    }
}

impl Item {
    /// Cuts a delta that is not whole frames, together with what the last one left.
    fn reframe(&mut self, bytes: &[u8], now: Duration, encoder: &Encoder, out: &mut Outbox) {
        self.carry.extend_from_slice(bytes);
        let whole = self.carry.len() - self.carry.len() % FRAME_BYTES;
        if whole == 0 {
            return;
        }
        self.plays_from(now);
        out.twilio(&encoder.media(&STANDARD.encode(&self.carry[..whole])), true);
        self.sent += whole as u64;
        self.carry.drain(..whole);
    }

    /// More of an item that was already played to its end is heard from now on, not from then on.
    fn plays_from(&mut self, now: Duration) {
        if self.marks.is_empty() && self.played_at.is_some() && self.by_clock(now) >= self.sent {
            self.played = self.sent;
            self.played_at = self.played_at.max(Some(now));
        }
    }

    /// How far it would have come if it were played without an end.
    fn by_clock(&self, now: Duration) -> u64 {
        let since = self.played_at.map_or(0, |at| now.saturating_sub(at).as_millis());
        let since = u64::try_from(since).unwrap_or(u64::MAX).saturating_mul(BYTES_PER_MS);
        self.played.saturating_add(since)
    }

    /// Between marks the clock tells: never past the next mark, never past what was produced.
    fn heard(self, now: Duration) -> Heard {
        let limit = self.marks.front().copied().unwrap_or(self.sent).min(self.received);
        let played = if self.played_at.is_some() { self.by_clock(now).min(limit) } else { 0 };
        Heard {
            played_ms: played / BYTES_PER_MS,
            produced_ms: self.received / BYTES_PER_MS,
            whole: self.complete && played == self.received,
            orphaned: self.orphaned,
            at: self.played_at.unwrap_or_default(),
            item_id: self.id,
        }
    }

    fn heard_whole(self) -> Heard {
        let produced_ms = self.received / BYTES_PER_MS;
        Heard {
            item_id: self.id,
            played_ms: produced_ms,
            produced_ms,
            whole: true,
            orphaned: self.orphaned,
            at: self.played_at.unwrap_or_default(),
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
        now: Duration,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                playback: Playback::default(),
                encoder: Encoder::new("MZ1"),
                out: Outbox::default(),
                now: Duration::ZERO,
            }
        }

        fn piece(&mut self, item: &str, delta: &str) -> bool {
            self.playback.piece(item, delta, self.now, &self.encoder, &mut self.out)
        }

        fn complete(&mut self, item: &str) -> Option<String> {
            self.playback.complete(item, self.now, &self.encoder, &mut self.out);
            self.playback.finished().map(|heard| heard.item_id)
        }

        /// A mark comes back; what began with it.
        fn returned(&mut self, mark: &str, at: u64) -> Option<&str> {
            self.now = ms(at);
            self.playback.returned(mark, self.now)
        }

        fn interrupt(&mut self, at: u64) -> Vec<(String, u64)> {
            let heard = self.playback.interrupt(ms(at), &self.encoder, &mut self.out);
            heard.into_iter().map(|heard| (heard.item_id, heard.played_ms)).collect()
        }

        fn marks(&self) -> Vec<String> {
            let control = self.out.to_twilio.iter().filter(|message| !message.audio);
            let name = |text: &str| json::string_field(text, "name").map(str::to_owned);
            control.filter_map(|message| name(std::str::from_utf8(&message.text).unwrap())).collect()
        }

        /// Bytes of audio in each media message sent so far.
        fn sent(&self) -> Vec<usize> {
            let media = self.out.to_twilio.iter().filter(|message| message.audio);
            media
                .map(|message| {
                    let text = std::str::from_utf8(&message.text).unwrap();
                    json::decoded_len(json::string_field(text, "payload").unwrap())
                })
                .collect()
        }
    }

    #[test]
    fn the_clock_tells_between_marks() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("a", &audio(400));
        assert_eq!(bench.returned("0.1.0", 1000), Some("a"));
        assert_eq!(bench.interrupt(1250), [("a".to_owned(), 250)]);
    }

    #[test]
    fn never_past_a_mark_that_has_not_come_back_nor_past_what_was_produced() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("a", &audio(400));
        bench.returned("0.1.0", 0);
        assert_eq!(bench.interrupt(10_000), [("a".to_owned(), 400)]);

        bench.piece("b", &audio(30));
        bench.complete("b");
        assert_eq!(bench.sent(), [3200, 3200, 160, 160], "30 ms become two frames");
        bench.returned("1.2.0", 0);
        assert_eq!(bench.interrupt(100), [("b".to_owned(), 30)], "padding was not produced");
    }

    #[test]
    fn frame_by_frame_there_is_a_mark_for_each_100_ms_and_one_at_the_end() {
        let mut bench = Bench::new();
        for _ in 0..12 {
            bench.piece("a", &audio(20));
        }
        assert_eq!(bench.marks(), ["0.1.0", "0.1.800", "0.1.1600"]);
        bench.complete("a");
        assert_eq!(bench.marks()[3..], ["0.1.1920"]);
        for mark in ["0.1.0", "0.1.800", "0.1.1600"] {
            bench.returned(mark, 0);
        }
        assert!(bench.playback.finished().is_none());
        bench.returned("0.1.1920", 240);
        assert!(bench.playback.finished().is_some());
    }

    #[test]
    fn where_no_mark_is_the_clock_tells_and_a_gap_is_not_played() {
        let heard = |at: u64| {
            let mut bench = Bench::new();
            for _ in 0..3 {
                bench.piece("a", &audio(20));
            }
            bench.returned("0.1.0", 0);
            bench.now = ms(1000);
            bench.piece("a", &audio(20));
            bench.interrupt(at)[0].1
        };
        assert_eq!([1000, 1010, 2000].map(heard), [60, 70, 80]);
    }

    #[test]
    fn after_a_gap_the_clock_starts_anew() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.returned("0.1.0", 0);
        bench.returned("0.1.3200", 400);
        bench.now = ms(3000);
        bench.piece("a", &audio(400));
        assert_eq!(bench.interrupt(3100), [("a".to_owned(), 500)], "nothing was played in between");
    }

    #[test]
    fn items_are_heard_in_order_however_their_ends_arrive() {
        let mut bench = Bench::new();
        bench.piece("a", &STANDARD.encode([0x55; 100]));
        bench.piece("b", &audio(20));
        assert_eq!(bench.sent(), [160, 160], "what was left of the first is not played behind the second");
        assert_eq!(bench.complete("b"), None);
        for mark in ["0.1.0", "0.1.160", "0.2.0", "0.2.160"] {
            bench.returned(mark, 40);
        }
        assert_eq!(bench.complete("a"), Some("a".to_owned()));
        assert_eq!(bench.playback.finished().map(|heard| heard.item_id), Some("b".to_owned()));
    }

    #[test]
    fn marks_that_nobody_sent_move_nothing() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.returned("0.1.18446744073709551615", 1);
        assert_eq!(bench.interrupt(10_000), [("a".to_owned(), 400)]);
    }

    #[test]
    fn what_was_not_heard_is_at_zero() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.piece("b", &audio(400));
        bench.returned("0.1.0", 0);
        assert_eq!(bench.interrupt(100), [("a".to_owned(), 100), ("b".to_owned(), 0)]);
        assert!(bench.playback.is_idle());
        assert!(bench.interrupt(200).is_empty(), "nothing left to interrupt");
    }

    #[test]
    fn marks_that_a_clear_sends_back_say_nothing() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(400));
        bench.returned("0.1.0", 0);
        bench.interrupt(100);
        bench.piece("b", &audio(400));
        assert_eq!(bench.returned("0.1.3200", 101), None);
        assert_eq!(bench.returned("nonsense", 101), None);
        assert_eq!(bench.interrupt(110), [("b".to_owned(), 0)]);
    }

    #[test]
    fn an_item_is_heard_when_its_last_mark_is_back() {
        let mut bench = Bench::new();
        bench.piece("a", &audio(20));
        bench.piece("a", &audio(20));
        assert_eq!(bench.complete("a"), None);
        bench.returned("0.1.0", 0);
        assert!(bench.playback.finished().is_none());
        bench.returned("0.1.320", 40);
        let heard = bench.playback.finished().map(|heard| (heard.played_ms, heard.produced_ms, heard.whole));
        assert_eq!(heard, Some((40, 40, true)));
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
