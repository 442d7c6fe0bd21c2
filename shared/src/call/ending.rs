//! How a call ends by us: goodbye is asked for, said and heard, and then we hang up.

use std::time::Duration;

use super::{
    Call,
    outbox::{CloseCode, Effect, Outbox},
    pickup::Pickup,
    pressing,
};
use crate::interaction::Outcome;

/// So many turns without a word are music, a street, or a telephone in a pocket: nobody pays for half an hour of that.
pub(super) const MAX_WORDLESS: u32 = 8;

/// The call ends as soon as goodbye is heard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    pub(super) outcome: Outcome,
    /// Goodbye was asked for.
    pub(super) asked: bool,
    pub(super) since: Duration,
}

impl Call {
    pub(super) fn say_goodbye(&mut self, outcome: Outcome, words: &str, now: Duration, out: &mut Outbox) {
        self.say(words, now, out);
        self.close(Closing { outcome, asked: true, since: now }, now);
    }

    pub(super) fn close(&mut self, closing: Closing, now: Duration) {
        self.closing = Some(closing);
        self.timers.closing(Some(self.limits.closing(closing.outcome)), now);
    }

    /// Somebody was heard. If it is nobody, again and again, goodbye is said; and whatever is heard over that ends the call.
    pub(super) fn made_sense(&mut self, said: &str, now: Duration, out: &mut Outbox) {
        self.wordless = if said.trim().is_empty() { self.wordless + 1 } else { 0 };
        if self.closing.is_some() || self.wordless < MAX_WORDLESS {
            return;
        }
        if self.wordless > MAX_WORDLESS {
            self.end(Outcome::Silence, CloseCode::Normal, out);
        } else {
            self.break_off(now, out);
            self.say_goodbye(Outcome::Silence, self.words().nobody_there, now, out);
        }
    }

    /// Their time is up now. Whoever was not greeted yet is told by somebody else that nobody can talk.
    pub(super) fn leave(&mut self, now: Duration, out: &mut Outbox) {
        match self.closing.map(|closing| closing.outcome) {
            None if !self.greeting.is_heard() => self.without_model(out),
            None => {
                self.timers.ends(now);
                self.tick(now, out);
            }
            // Whoever speaks over this goodbye hears that their time is up.
            Some(Outcome::Completed | Outcome::Silence) => self.timers.ends(now),
            Some(_) => {}
        }
    }

    pub(super) fn hang_up_when_said(&mut self, now: Duration, out: &mut Outbox) {
        let Some(closing) = self.closing.filter(|_| self.outcome.is_none()) else { return };
        let is_over = self.playback.is_idle() && self.responses.is_idle() && !self.tools.is_running();
        if !is_over || (self.caller_speaking && !self.is_protected()) {
            return;
        }
        if self.model_ready && !closing.asked && !self.responses.spoke() {
            self.closing = Some(Closing { asked: true, ..closing });
            self.say(self.words().goodbye, now, out);
        } else {
            self.end(closing.outcome, CloseCode::Normal, out);
        }
    }

    pub(super) fn end(&mut self, outcome: Outcome, code: CloseCode, out: &mut Outbox) {
        if self.outcome.is_none() {
            self.outcome = Some(outcome);
            out.effects.push(Effect::Close(code));
        }
    }

    /// The caller cannot interrupt: the first words say that this is an AI, the last that time is up; a box hears the
    /// whole message, and a menu the keys.
    pub(super) fn is_protected(&self) -> bool {
        let last = [Outcome::DurationLimit, Outcome::MessageLeft, Outcome::Abuse];
        self.closing.is_some_and(|closing| last.contains(&closing.outcome))
            || !self.greeting.is_heard()
            || self.playback.holds(pressing::ITEM)
    }

    pub(super) fn hung_up(&self) -> Outcome {
        self.pickup.as_ref().map_or(Outcome::HungUp, Pickup::hung_up)
    }
}
