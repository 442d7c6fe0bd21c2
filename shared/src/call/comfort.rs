//! What the caller hears when a lost model is not back at once: recorded, for nobody else is there to
//! say it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Call, outbox::Outbox};
use crate::language::Language;

/// [`Words::one_moment`](crate::language::Words) in µ-law, 8 kHz (`infra/sim/make-speech`).
fn sound(language: Language) -> &'static [u8] {
    match language {
        Language::En => include_bytes!("../../data/phone/one-moment-en.ulaw"),
        Language::De => include_bytes!("../../data/phone/one-moment-de.ulaw"),
        Language::Es => include_bytes!("../../data/phone/one-moment-es.ulaw"),
        Language::Fr => include_bytes!("../../data/phone/one-moment-fr.ulaw"),
    }
}

/// A model that is back by then was hardly missed.
const AFTER: Duration = Duration::from_millis(700);

#[derive(Debug, Default)]
pub struct Comfort {
    due: Option<Duration>,
    /// How often it was said.
    said: u32,
}

impl Comfort {
    /// The model is gone: whoever waits for it, or begins to speak, would hear nothing.
    pub fn missed(&mut self, now: Duration) {
        self.due = Some(now + AFTER);
    }

    pub fn ready(&mut self) {
        self.due = None;
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.due
    }
}

impl Call {
    /// Behind what is still heard of the lost one.
    pub(super) fn comfort(&mut self, now: Duration, out: &mut Outbox) {
        let Some(due) = self.comfort.due.filter(|due| *due <= now) else { return };
        if !self.playback.is_idle() {
            self.comfort.due = Some(due.max(now) + AFTER);
            return;
        }
        self.comfort.due = None;
        self.comfort.said += 1;
        let item = format!("comfort-{}", self.comfort.said);
        self.playback.piece(&item, &STANDARD.encode(sound(self.spoken.language)), now, &self.encoder, out);
        self.playback.orphan(now, &self.encoder, out);
        self.transcript.twin_final(&item, self.words().one_moment, now, out);
    }
}
