//! A session of a model has an end, and a call may not: another takes its place before, unheard.
//!
//! It is opened while the first still listens, and takes over as soon as nobody speaks, or waits for anything. That is the
//! loss of a socket and a new one in the same moment: the new one is told what was said, nobody is greeted again, and no tool
//! runs twice.

use std::time::Duration;

use super::{
    Call,
    outbox::{Effect, Outbox},
    timers::Floor,
};

/// One that was not to be had is asked for again.
const AGAIN_AFTER: Duration = Duration::from_mins(1);
/// Words that are not there so long after they were said are waited for no longer.
const TRANSCRIBED_WITHIN: Duration = Duration::from_secs(10);

/// Of the model that listens.
#[derive(Debug, Default)]
pub struct Lifetime {
    /// When another is asked for.
    due: Option<Duration>,
}

impl Lifetime {
    pub fn begins(&mut self, lasts: Duration, now: Duration) {
        self.due = Some(now + lasts);
    }

    pub fn ends(&mut self) {
        self.due = None;
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.due
    }
}

impl Call {
    /// Another model may take over now: nobody speaks, is about to, or waits for anything.
    pub fn is_quiet(&self, now: Duration) -> bool {
        self.outcome.is_none()
            && self.closing.is_none()
            && self.greeting.is_heard()
            && !self.only_listens()
            && self.floor() == Floor::Nobody
            && !self.transcript.waits_for_words(now.saturating_sub(TRANSCRIBED_WITHIN))
            // GPT-Live does not say that it is about to answer.
            && self.live.as_ref().is_none_or(|live| live.is_quiet() && self.responses.spoke())
    }

    pub(super) fn lives_on(&mut self, now: Duration, out: &mut Outbox) {
        if self.lifetime.due.is_none_or(|due| now < due) {
            return;
        }
        self.lifetime.due = Some(now + AGAIN_AFTER);
        if self.closing.is_none() {
            out.effects.push(Effect::AnotherModel);
        }
    }
}
