//! The caller's audio while there is no model to hear it: the newest two seconds.

use std::collections::VecDeque;

use super::outbox::Outbox;

/// Frames of 20 ms.
const MAX_FRAMES: usize = 100;

#[derive(Debug, Default)]
pub struct Backlog {
    frames: VecDeque<String>,
    dropped: u64,
}

impl Backlog {
    pub fn keep(&mut self, payload: &str) {
        if self.frames.len() == MAX_FRAMES {
            self.frames.pop_front();
            self.dropped += 1;
        }
        self.frames.push_back(payload.to_owned());
    }

    pub fn flush(&mut self, out: &mut Outbox) {
        for payload in self.frames.drain(..) {
            out.model_audio(&payload);
        }
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
