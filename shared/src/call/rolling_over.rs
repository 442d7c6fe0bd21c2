//! A session of a model has an end, and a call may not: another takes its place before, unheard.
//!
//! It is opened while the first still listens, and takes over as soon as nobody speaks, or waits for anything. That is the
//! loss of a socket and a new one in the same moment: the new one is told what was said, nobody is greeted again, and no tool
//! runs twice.
//!
//! A model tells late that somebody has begun to speak, GPT-Live once it has words. So before another takes over the call
//! listens, too: whoever is heard, and was not told of yet, is let finish; and the new one hears the moment before. On a line
//! that is loud all the time whoever speaks is louder.

use std::time::Duration;

use super::{
    Call,
    outbox::{Effect, Outbox},
    timers::Floor,
};
use crate::wire::loudness::{VOICED, loudness};

/// One that was not to be had is asked for again.
const AGAIN_AFTER: Duration = Duration::from_mins(1);
/// Words that are not there so long after they were said are waited for no longer.
const TRANSCRIBED_WITHIN: Duration = Duration::from_secs(10);

/// Speech of which the model has told nothing so long after it was none to it.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// So long nobody speaks of whom nothing is told: a street is heard.
const NOISE: Duration = Duration::from_secs(10);
/// Whoever spoke so shortly before a turn was over has begun another.
const PAUSE: Duration = Duration::from_millis(200);

/// So much louder than what is heard in pauses is speech, in squares: 6 dB.
const ABOVE: f32 = 4.0;
/// What is heard in pauses may be louder than it was by so much a frame: 6 dB in a second.
const RISES: f32 = 1.028;

/// Of the model that listens.
#[derive(Debug, Default)]
pub struct Lifetime {
    /// When another is asked for.
    due: Option<Duration>,
    /// Another is to take over.
    ends: bool,
    untold: Option<Untold>,
    pauses: Pauses,
}

/// How loud it is while nobody speaks: a room, a street.
#[derive(Debug)]
struct Pauses(f32);

impl Default for Pauses {
    fn default() -> Self {
        Self(Self::QUIET)
    }
}

impl Pauses {
    const QUIET: f32 = VOICED / ABOVE;

    /// Whether somebody speaks in this frame.
    fn are_over(&mut self, loudness: f32) -> bool {
        self.0 = (self.0 * RISES).min(loudness).max(Self::QUIET);
        loudness >= self.0 * ABOVE
    }
}

/// Somebody speaks, and the model has not told of it.
#[derive(Debug, Clone, Copy)]
struct Untold {
    since: Duration,
    last: Duration,
}

impl Lifetime {
    pub fn begins(&mut self, lasts: Duration, now: Duration) {
        *self = Self { due: Some(now + lasts), ..Self::default() };
    }

    pub fn ends(&mut self) {
        *self = Self::default();
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.due
    }

    /// Another takes over soon: who speaks is known before it is there.
    fn ends_soon(&self, now: Duration) -> bool {
        self.ends || self.due.is_some_and(|due| due <= now + TOLD_WITHIN)
    }

    /// A frame of the caller's.
    fn hears(&mut self, payload: &str, now: Duration) {
        if self.pauses.are_over(loudness(payload)) {
            let goes_on = self.untold.filter(|untold| now < untold.last + TOLD_WITHIN);
            self.untold = Some(Untold { since: goes_on.map_or(now, |untold| untold.since), last: now });
        }
    }

    /// The model has told that a turn of the caller's is over.
    pub fn told(&mut self, now: Duration) {
        self.untold.take_if(|untold| untold.last + PAUSE <= now);
    }

    fn has_untold(&self, now: Duration) -> bool {
        self.untold.is_some_and(|untold| now < (untold.last + TOLD_WITHIN).min(untold.since + NOISE))
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
            && !self.lifetime.has_untold(now)
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
            self.lifetime.ends = true;
            out.effects.push(Effect::AnotherModel);
        }
    }

    /// 20 ms of the caller, for the model that is there.
    pub(super) fn caller_audio(&mut self, payload: &str, now: Duration, out: &mut Outbox) {
        if self.lifetime.ends_soon(now) {
            self.lifetime.hears(payload, now);
            self.backlog.remember(payload);
        }
        self.backlog.pass(payload, out);
    }
}
