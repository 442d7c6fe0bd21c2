//! A call that we placed is answered: what follows from who, or what, has picked up.

use std::time::Duration;

use super::{
    Call,
    outbox::{CloseCode, Outbox},
    pickup::{Do, Pickup},
    responses::Ask,
};
use crate::{interaction::Outcome, outbound::Detected, wire::realtime::client::ClientEvent};

impl Call {
    /// The model says nothing by itself: it is not known yet whether there is a person.
    pub(super) fn only_listens(&self) -> bool {
        self.pickup.as_ref().is_some_and(Pickup::holds)
    }

    pub(super) fn is_to_greet(&self) -> bool {
        !self.pickup.as_ref().is_some_and(Pickup::is_before_the_greeting)
    }

    pub(super) fn made_out(&mut self, text: Option<&str>, now: Duration, out: &mut Outbox) {
        let done = self.pickup.as_mut().filter(|_| self.closing.is_none()).map(|pickup| pickup.said(text));
        self.about_it(done, now, out);
    }

    pub(super) fn detected(&mut self, detected: Detected, now: Duration, out: &mut Outbox) {
        let open = self.closing.is_none();
        let done = self.pickup.as_mut().filter(|_| open).map(|pickup| pickup.detected(detected, now));
        self.about_it(done, now, out);
    }

    pub(super) fn pickup_is_due(&mut self, now: Duration, out: &mut Outbox) {
        let open = self.closing.is_none() && self.model_ready;
        let done = self.pickup.as_mut().filter(|_| open).map(|pickup| pickup.tick(now));
        self.about_it(done, now, out);
    }

    fn about_it(&mut self, done: Option<Do>, now: Duration, out: &mut Outbox) {
        match done {
            None | Some(Do::Nothing) => {}
            Some(Do::Greet) => {
                self.answers(out);
                let greeting = self.opening.as_ref().map(|opening| opening.greeting.clone());
                self.responses.request(Ask::Say(greeting.unwrap_or_default()), now, out);
            }
            Some(Do::Converse) => {
                self.answers(out);
                self.responses.request(Ask::Answer, now, out);
            }
            Some(Do::Listen) => self.answers(out),
            Some(Do::Say(words)) => self.say(&words, now, out),
            Some(Do::Choose(menu)) => self.responses.request(Ask::Choose(menu), now, out),
            Some(Do::Leave(words)) => {
                self.break_off(now, out);
                self.say_goodbye(Outcome::MessageLeft, &words, now, out);
            }
            Some(Do::End(outcome)) => self.end(outcome, CloseCode::Normal, out),
        }
    }

    /// From here on the model answers by itself, if it is a person for sure.
    fn answers(&self, out: &mut Outbox) {
        if let Some(opening) = self.opening.as_ref().filter(|_| self.model_ready && !self.only_listens()) {
            out.model(&ClientEvent::Steer { session: opening.session.answering() });
        }
    }
}
