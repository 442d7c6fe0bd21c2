//! What the caller hears: Twilio's playback buffer as a value, with time as an argument.
//!
//! One [`tick`](Playback::tick) plays 20 ms. A mark is due once the audio before it has been heard, at once
//! when nothing is buffered, and also when `clear` drops it.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;

use crate::speech::{FRAME, SILENCE, duration_ms};

/// The length of one tick.
pub const TICK: Duration = Duration::from_millis(20);
/// A pause longer than this divides two stretches of the twin's speech.
const GAP: Duration = Duration::from_millis(400);

/// One uninterrupted stretch of the twin's audio as the caller heard it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Stretch {
    /// Since the start of the stream.
    pub from: Duration,
    pub played_ms: u64,
    /// Cut short by a `clear`.
    pub cleared: bool,
    /// What the `clear` threw away.
    pub dropped_ms: u64,
    /// How many lines the caller had begun when it started.
    pub after_line: usize,
    #[serde(skip)]
    played: usize,
}

/// A mark that went back to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlayedMark {
    pub name: String,
    /// Since the start of the stream.
    pub at: Duration,
    /// Dropped by `clear` instead of reached.
    pub cleared: bool,
}

#[derive(Debug)]
enum Item {
    Audio(Vec<u8>, usize),
    Mark(String),
}

#[derive(Debug, Default)]
pub struct Playback {
    queue: VecDeque<Item>,
    buffered: usize,
    /// Marks inside the frame that sounds now.
    due: Vec<String>,
    sounding_until: Duration,
    line: usize,
    keep: usize,
    played: usize,
    stretches: Vec<Stretch>,
    marks: Vec<PlayedMark>,
    heard: Vec<u8>,
}

/// Everything that was played, at the end of a stream.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ledger {
    pub played_bytes: usize,
    pub stretches: Vec<Stretch>,
    pub marks: Vec<PlayedMark>,
    /// The audio that was played, without the gaps, up to the bound that was asked for.
    #[serde(skip)]
    pub heard: Vec<u8>,
}

impl Playback {
    /// Keeps at most `keep` bytes of what is played.
    pub fn keeping(keep: usize) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Audio arrived. It is buffered in order; any size, faster than real time is allowed.
    pub fn media(&mut self, audio: Vec<u8>) {
        self.buffered += audio.len();
        if !audio.is_empty() {
            self.queue.push_back(Item::Audio(audio, 0));
        }
    }

    /// A mark arrived: its name is given back if it is due at once.
    pub fn mark(&mut self, now: Duration, name: String) -> Option<String> {
        if !self.queue.is_empty() {
            self.queue.push_back(Item::Mark(name));
        } else if now < self.sounding_until {
            self.due.push(name);
        } else {
            self.note(&name, now, false);
            return Some(name);
        }
        None
    }

    /// Everything buffered is thrown away; the names of all dropped marks, in order.
    pub fn clear(&mut self, now: Duration) -> Vec<String> {
        let mut dropped = std::mem::take(&mut self.due);
        dropped.extend(self.queue.drain(..).filter_map(|item| match item {
            Item::Mark(name) => Some(name),
            Item::Audio(..) => None,
        }));
        for name in &dropped {
            self.note(name, now, true);
        }
        if let Some(stretch) = self.stretches.last_mut().filter(|_| self.buffered > 0) {
            stretch.cleared = true;
            stretch.dropped_ms += duration_ms(self.buffered);
        }
        self.buffered = 0;
        dropped
    }

    /// Plays the next 20 ms into `frame` (padded with silence) and adds the marks that are due to `marks`.
    /// Returns how many bytes were played.
    pub fn tick(&mut self, now: Duration, frame: &mut [u8; FRAME], marks: &mut Vec<String>) -> usize {
        frame.fill(SILENCE);
        let reached = marks.len();
        marks.append(&mut self.due);
        let mut filled = 0;
        while filled < FRAME {
            match self.queue.front_mut() {
                Some(Item::Audio(audio, at)) => {
                    let length = (audio.len() - *at).min(FRAME - filled);
                    frame[filled..filled + length].copy_from_slice(&audio[*at..*at + length]);
                    filled += length;
                    *at += length;
                    if *at == audio.len() {
                        self.queue.pop_front();
                    }
                }
                Some(Item::Mark(_)) => {
                    if let Some(Item::Mark(name)) = self.queue.pop_front() {
                        if filled == 0 { marks.push(name) } else { self.due.push(name) }
                    }
                }
                None => break,
            }
        }
        for name in &marks[reached..] {
            self.note(name, now, false);
        }
        self.account(now, &frame[..filled]);
        filled
    }

    /// Whether audio is still to be played.
    pub fn is_buffered(&self) -> bool {
        self.buffered > 0
    }

    /// The caller began line `line` (counted from one).
    pub fn line_began(&mut self, line: usize) {
        self.line = line;
    }

    pub fn into_ledger(self) -> Ledger {
        Ledger { played_bytes: self.played, stretches: self.stretches, marks: self.marks, heard: self.heard }
    }

    fn account(&mut self, now: Duration, played: &[u8]) {
        if played.is_empty() {
            return;
        }
        let gone_on = self.stretches.last().is_some_and(|last| !last.cleared)
            && now.saturating_sub(self.sounding_until) <= GAP;
        if !gone_on {
            self.stretches.push(Stretch { from: now, after_line: self.line, ..Stretch::default() });
        }
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.played += played.len();
            stretch.played_ms = duration_ms(stretch.played);
        }
        let room = self.keep.saturating_sub(self.heard.len()).min(played.len());
        self.heard.extend_from_slice(&played[..room]);
        self.played += played.len();
        self.buffered -= played.len();
        self.sounding_until = now + TICK;
    }

    fn note(&mut self, name: &str, at: Duration, cleared: bool) {
        self.marks.push(PlayedMark { name: name.to_owned(), at, cleared });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn tick(playback: &mut Playback, ms: u64) -> (usize, Vec<String>) {
        let mut marks = Vec::new();
        let played = playback.tick(at(ms), &mut [0; FRAME], &mut marks);
        (played, marks)
    }

    #[test]
    fn a_mark_comes_back_when_the_audio_before_it_has_been_heard() {
        let mut playback = Playback::keeping(1000);
        playback.media(vec![1; 200]);
        assert_eq!(playback.mark(at(0), "a".into()), None);
        playback.media(vec![2; 120]);
        assert_eq!(playback.mark(at(0), "b".into()), None);
        assert_eq!(tick(&mut playback, 0), (160, vec![]));
        assert_eq!(tick(&mut playback, 20), (160, vec![]), "a lies inside this frame");
        assert_eq!(tick(&mut playback, 40), (0, vec!["a".into(), "b".into()]));
        let ledger = playback.into_ledger();
        assert_eq!((ledger.played_bytes, ledger.stretches[0].played_ms), (320, 40));
        assert_eq!(ledger.heard.len(), 320);
    }

    #[test]
    fn a_mark_with_nothing_buffered_comes_back_at_once() {
        let mut playback = Playback::default();
        assert_eq!(playback.mark(at(5), "a".into()), Some("a".into()));
        playback.media(vec![1; 160]);
        tick(&mut playback, 20);
        assert_eq!(playback.mark(at(30), "b".into()), None, "the frame still sounds");
        assert_eq!(tick(&mut playback, 40).1, ["b"]);
    }

    #[test]
    fn clear_drops_audio_and_returns_every_dropped_mark() {
        let mut playback = Playback::default();
        playback.media(vec![1; 480]);
        playback.mark(at(0), "a".into());
        playback.media(vec![1; 160]);
        playback.mark(at(0), "b".into());
        tick(&mut playback, 0);
        assert_eq!(playback.clear(at(10)), ["a", "b"]);
        assert!(!playback.is_buffered());
        playback.line_began(1);
        playback.media(vec![1; 160]);
        assert_eq!(tick(&mut playback, 20).0, 160);
        let ledger = playback.into_ledger();
        let told: Vec<_> =
            ledger.stretches.iter().map(|s| (s.played_ms, s.dropped_ms, s.cleared, s.after_line)).collect();
        assert_eq!(told, [(20, 60, true, 0), (20, 0, false, 1)]);
        assert!(ledger.marks.iter().all(|mark| mark.cleared));
    }

    #[test]
    fn an_underrun_goes_on_and_a_long_pause_begins_a_stretch() {
        let mut playback = Playback::default();
        for ms in [0, 200, 1000] {
            playback.media(vec![1; 160]);
            tick(&mut playback, ms);
        }
        let from: Vec<_> = playback.into_ledger().stretches.iter().map(|s| s.from).collect();
        assert_eq!(from, [at(0), at(1000)]);
    }
}
