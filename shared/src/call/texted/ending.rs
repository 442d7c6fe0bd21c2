//! How a call in text ends by us: something is said last, and once it was heard Twilio goes on without us.

use std::time::Duration;

use super::{Output, Texted};
use crate::{
    call::{ending::MAX_WORDLESS, outbox::CloseCode},
    interaction::Outcome,
    wire::twilio::conversation::Outgoing,
};

impl Texted {
    /// Whoever interrupts says something, most often: if it is nothing, again and again, it is a street, as in
    /// [`Call::made_sense`](crate::call::Call).
    pub(super) fn made_noise(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.wordless += 1;
        if self.closing.is_some() || self.wordless < MAX_WORDLESS {
            return;
        }
        if self.wordless > MAX_WORDLESS {
            self.end(Outcome::Silence, now, out);
        } else {
            self.say(self.words().nobody_there, true, now, out);
            self.close(Outcome::Silence, now);
        }
    }

    /// Their time is up now. Where nobody was spoken to yet, it ends without a word.
    pub(super) fn leave(&mut self, now: Duration, out: &mut Vec<Output>) {
        match self.closing {
            None if self.is_before_the_greeting() => self.end(Outcome::ModelUnavailable, now, out),
            None => {
                self.timers.ends(now);
                self.tick(now, out);
            }
            // Whoever speaks over this goodbye hears that their time is up.
            Some(Outcome::Completed | Outcome::Silence) => self.timers.ends(now),
            Some(_) => {}
        }
    }

    pub(super) fn close(&mut self, outcome: Outcome, now: Duration) {
        self.closing = Some(outcome);
        self.timers.closing(Some(self.limits.closing(outcome)), now);
    }

    /// Twilio goes on with the action of its verb.
    pub(super) fn end(&mut self, outcome: Outcome, now: Duration, out: &mut Vec<Output>) {
        self.heard_whole(now, out);
        // An outcome is a word.
        let handoff_data = serde_json::json!({ "outcome": outcome }).to_string();
        out.push(Output::Send(Outgoing::End { handoff_data }));
        self.over(outcome, CloseCode::Normal, out);
    }

    pub(super) fn over(&mut self, outcome: Outcome, code: CloseCode, out: &mut Vec<Output>) {
        self.outcome = Some(outcome);
        out.push(Output::Close(code));
    }
}
