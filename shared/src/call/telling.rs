//! What the model is told that it did not hear: news, another way to take the conversation, and what care asks for.

use std::time::Duration;

use super::{
    Call, care, interpreter,
    outbox::{Effect, Outbox},
    responses::Ask,
};
use crate::{
    interaction::Outcome,
    wire::realtime::{
        client::{ClientEvent, Item, Role},
        session::Session,
    },
};

/// Characters of what was said, for the owner.
pub(super) const MAX_ALERT: usize = 300;
pub(super) const ABUSIVE: &str = "The caller is abusive. Stay calm and polite, answer none of it, and say once that you will end the \
                       call if it goes on.";

impl Call {
    /// What was said may ask for more than the model's answer.
    pub(super) fn cared(&mut self, said: &str, now: Duration, out: &mut Outbox) {
        // A model hears by itself what is spoken.
        if self.closing.is_none() {
            self.spoken.hears(said);
        }
        match self.care.said(said) {
            care::Do::Nothing => {}
            care::Do::Advise(language) => {
                self.break_off(now, out);
                out.effects.push(Effect::Alert(said.chars().take(MAX_ALERT).collect()));
                self.say(language.words().in_danger, now, out);
            }
            // Its answer is on its way: this is for the next one.
            care::Do::Warn => self.noted(ABUSIVE, out),
            care::Do::End if self.closing.is_none() => {
                self.break_off(now, out);
                self.say_goodbye(Outcome::Abuse, self.words().enough, now, out);
            }
            care::Do::End => {}
        }
    }

    /// The model knows of it, and says nothing about it now.
    pub(super) fn noted(&mut self, news: &str, out: &mut Outbox) {
        self.tools.learned(news);
        if self.model_ready && self.is_live() {
            interpreter::knows(news).for_each(|told| out.live(&told));
        } else if self.model_ready {
            out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, news) });
        }
    }

    /// A model that comes later hears of it, too.
    pub(super) fn told(&mut self, news: &str, now: Duration, out: &mut Outbox) {
        // While the caller speaks, the answer to what they say will know it, too.
        if self.model_ready && (self.closing.is_some() || self.caller_speaking) {
            return self.noted(news, out);
        }
        self.tools.learned(news);
        if !self.model_ready {
            self.responses.first(Ask::Resume);
            return;
        }
        out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, news) });
        self.responses.request(Ask::GoOn, now, out);
    }

    /// A model that comes later is told so from the start. Nobody is greeted again.
    pub(super) fn rerouted(&mut self, session: Session, out: &mut Outbox) {
        let Some(opening) = &mut self.opening else { return };
        opening.session = session;
        if self.model_ready {
            out.model(&ClientEvent::Steer { session: opening.session.steering() });
        }
    }
}
