//! The caller's audio while there is no model to hear it: the newest two seconds; and the moment before another takes over.
//!
//! Realtime hears it as fast as it is sent. GPT-Live hears at the pace of speech: all that follows is heard later, too, until
//! as much silence was left out.

use std::collections::VecDeque;

use super::outbox::Outbox;
use crate::wire::loudness::is_voiced;

/// Frames of 20 ms.
const MAX_FRAMES: usize = 100;
/// Of a word so much may have been said before it is loud enough to be known for one; and so long a pause is part of speech.
const PAUSE: usize = 10;

#[derive(Debug, Default)]
pub struct Backlog {
    frames: VecDeque<String>,
    dropped: u64,
    /// So many frames after they were said the model hears them.
    late: usize,
    /// So many frames in a row nobody has spoken in.
    silent: usize,
}

impl Backlog {
    pub fn keep(&mut self, payload: &str) {
        if self.frames.len() == MAX_FRAMES {
            self.frames.pop_front();
            self.dropped += 1;
        }
        self.frames.push_back(payload.to_owned());
    }

    /// What a model hears that another is to take over from: that one hears the end of it, too.
    pub fn remember(&mut self, payload: &str) {
        let oldest = if self.frames.len() < PAUSE { None } else { self.frames.pop_front() };
        let mut frame = oldest.unwrap_or_default();
        payload.clone_into(&mut frame);
        self.frames.push_back(frame);
    }

    /// Nobody is to hear it.
    pub fn forget(&mut self) {
        self.frames = VecDeque::new();
    }

    /// A model is there.
    pub fn flush(&mut self, out: &mut Outbox) {
        let frames = std::mem::take(&mut self.frames);
        (self.late, self.silent) = (if out.is_live() { frames.len() } else { 0 }, 0);
        for payload in &frames {
            self.pass(payload, out);
        }
    }

    /// To the model that is there.
    pub fn pass(&mut self, payload: &str, out: &mut Outbox) {
        if self.late > 0 && self.is_left_out(payload) {
            self.late -= 1;
        } else {
            out.model_audio(payload);
        }
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_left_out(&mut self, payload: &str) -> bool {
        self.silent = if is_voiced(payload) { 0 } else { self.silent + 1 };
        self.silent > PAUSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms, base64.
    const SILENCE: &str = "/////w==";
    const SPEECH: &str = "AAAAAA==";

    fn outbox(is_live: bool) -> Outbox {
        let mut out = Outbox::default();
        out.prepare(is_live);
        out
    }

    /// How many of these frames are sent.
    fn sent(backlog: &mut Backlog, payload: &str, frames: usize, out: &mut Outbox) -> usize {
        let before = out.to_model.len();
        (0..frames).for_each(|_| backlog.pass(payload, out));
        out.to_model.len() - before
    }

    #[test]
    fn what_live_hears_late_it_catches_up_with_in_silence() {
        let (mut backlog, mut out) = (Backlog::default(), outbox(true));
        (0..5).for_each(|_| backlog.keep(SPEECH));
        backlog.flush(&mut out);
        assert_eq!(out.to_model.len(), 5, "every word is sent");
        assert_eq!(sent(&mut backlog, SPEECH, 20, &mut out), 20);
        assert_eq!(sent(&mut backlog, SILENCE, 10, &mut out), 10, "a pause is part of what is said");
        assert_eq!(sent(&mut backlog, SPEECH, 1, &mut out), 1);
        assert_eq!(sent(&mut backlog, SILENCE, 13, &mut out), 10, "three of five");
        assert_eq!(sent(&mut backlog, SPEECH, 1, &mut out), 1);
        assert_eq!(sent(&mut backlog, SILENCE, 50, &mut out), 48, "and the rest; then it is on time");
    }

    #[test]
    fn realtime_hears_as_fast_as_it_is_sent() {
        let (mut backlog, mut out) = (Backlog::default(), outbox(false));
        (0..120).for_each(|_| backlog.keep(SILENCE));
        backlog.flush(&mut out);
        assert_eq!((out.to_model.len(), backlog.dropped()), (MAX_FRAMES, 20));
        assert_eq!(sent(&mut backlog, SILENCE, 50, &mut out), 50, "nothing is left out");
    }

    #[test]
    fn the_moment_before_is_short_and_nothing_of_it_is_dropped() {
        let (mut backlog, mut out) = (Backlog::default(), outbox(true));
        (0..50).for_each(|_| backlog.remember(SILENCE));
        backlog.keep(SPEECH);
        backlog.flush(&mut out);
        assert_eq!((out.to_model.len(), backlog.dropped()), (PAUSE + 1, 0));
        backlog.keep(SPEECH);
        backlog.forget();
        backlog.flush(&mut out);
        assert_eq!(out.to_model.len(), PAUSE + 1);
    }
}
