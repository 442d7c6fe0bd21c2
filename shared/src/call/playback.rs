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
mod tests;
