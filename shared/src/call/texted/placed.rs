//! A call that we placed, in text: what follows from who, or what, has picked up.

use std::time::Duration;

use super::{Output, Texted};
use crate::{
    call::pickup::{Do, Pickup},
    interaction::Outcome,
    outbound::{Detected, Words},
};

impl Texted {
    /// They are greeted as soon as it is known that there is somebody.
    pub fn placed(&mut self, words: Words, now: Duration) {
        let mut pickup = Pickup::new(words);
        pickup.listens(now);
        self.pickup = Some(pickup);
    }

    pub(super) fn is_before_the_greeting(&self) -> bool {
        self.pickup.as_ref().is_some_and(Pickup::is_before_the_greeting)
    }

    /// How it ended, if they hang up now.
    pub(super) fn hung_up(&self) -> Outcome {
        match &self.pickup {
            Some(pickup) if pickup.is_before_the_greeting() => pickup.hung_up(),
            _ => self.closing.unwrap_or(Outcome::HungUp),
        }
    }

    pub(super) fn they_speak(&mut self) {
        if let Some(pickup) = &mut self.pickup {
            pickup.speech_started();
        }
    }

    /// `true`: what was said is not for a model to answer.
    pub(super) fn picked_up(&mut self, said: &str, now: Duration, out: &mut Vec<Output>) -> bool {
        let Some(pickup) = self.pickup.as_mut().filter(|pickup| pickup.holds()) else { return false };
        pickup.speech_stopped(now);
        let done = pickup.said(Some(said));
        let is_answered = done == Do::Converse;
        self.about_it(done, now, out);
        !is_answered
    }

    pub(super) fn detected(&mut self, detected: Detected, now: Duration, out: &mut Vec<Output>) {
        if let Some(pickup) = self.pickup.as_mut().filter(|_| self.closing.is_none()) {
            let done = pickup.detected(detected, now);
            self.about_it(done, now, out);
        }
    }

    pub(super) fn pickup_is_due(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(pickup) = self.pickup.as_mut().filter(|_| self.closing.is_none()) {
            let done = pickup.tick(now);
            self.about_it(done, now, out);
        }
    }

    fn about_it(&mut self, done: Do, now: Duration, out: &mut Vec<Output>) {
        match done {
            Do::Nothing | Do::Converse | Do::Listen => return,
            Do::Greet => self.greet(now, out),
            Do::Say(words) => self.say(&words, false, now, out),
            Do::Leave(words) => {
                self.say(&words, false, now, out);
                self.close(Outcome::MessageLeft, now);
            }
            // Nobody here hears which key leads where.
            Do::Choose(_) => self.end(Outcome::NotReached, now, out),
            Do::End(outcome) => self.end(outcome, now, out),
        }
        if let Some(pickup) = &mut self.pickup {
            pickup.we_were_heard(self.until);
        }
    }
}
