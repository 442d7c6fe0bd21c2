//! Keys that the twin presses: as sound, once nothing else is heard of it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Call, outbox::Outbox};
use crate::wire::dtmf::Keys;

/// In the ledger of what is played; no model knows it.
pub(super) const ITEM: &str = "keys";

#[derive(Debug, Default)]
pub struct Pressing {
    waiting: Vec<Keys>,
}

impl Pressing {
    pub fn wanted(&mut self, keys: &Keys) {
        self.waiting.push(keys.clone());
    }
}

impl Call {
    /// Whatever the other side says meanwhile: a menu takes keys while it speaks.
    pub(super) fn press(&mut self, now: Duration, out: &mut Outbox) {
        if self.pressing.waiting.is_empty() || !self.playback.is_idle() || !self.responses.is_idle() {
            return;
        }
        for keys in std::mem::take(&mut self.pressing.waiting) {
            for sound in keys.sound() {
                self.playback.piece(ITEM, &STANDARD.encode(sound), now, &self.encoder, out);
            }
        }
        self.playback.orphan(now, &self.encoder, out);
    }
}
