//! Texts to the person, and what becomes of a call in which nothing was said.

use jiff::{SignedDuration, Timestamp};

use super::Basis;
use crate::{
    follow_up::{Content, FollowUp},
    id::HandoffId,
    identity::Phone,
    interaction::{Action, Channel, Outcome},
    routing::{CHALLENGED_FROM, RouteKind},
    screening::Reason,
};

/// Whoever nobody talked with is asked for a message, and has left it by then.
pub(super) const A_MESSAGE: SignedDuration = SignedDuration::from_mins(3);

impl Basis<'_> {
    /// They asked for the link as a text. They wait for it, so it goes at once, at any hour.
    pub(super) fn texted_link(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.texted_to(false)?.clone();
        let handoff = HandoffId::derived(&format!("{}-text", self.interaction.id.suffix())).ok()?;
        let content = Content::HandoffText { to, handoff, code: false };
        let state = self.decide(&content);
        self.make(content, state, "they asked for a link to the chat by text message".to_owned(), now)
    }

    /// The same as a code that they tell where they go on.
    pub(super) fn texted_code(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.texted_to(true)?.clone();
        let handoff = HandoffId::derived(&format!("{}-code", self.interaction.id.suffix())).ok()?;
        let content = Content::HandoffText { to, handoff, code: true };
        let state = self.decide(&content);
        let reason = "they asked for a code by text message, to go on elsewhere".to_owned();
        let mut made = FollowUp::new(self.interaction, "handoff-code", content, state, reason, now)?;
        made.quote.clone_from(&self.analysis.quote);
        Some(made)
    }

    /// They called, and nothing was said.
    pub(super) fn missed_call(&self, now: Timestamp) -> Option<FollowUp> {
        let is_no_spam = |action: &Action| match action {
            Action::CallScreened { screening } => {
                screening.score < CHALLENGED_FROM && !screening.reasons.contains(&Reason::NotTheirNumber)
            }
            _ => false,
        };
        let only_rang = |action: &Action| {
            matches!(
                action,
                Action::CallEnded { .. }
                    | Action::VoicemailLeft { .. }
                    | Action::Recording { .. }
                    | Action::RecordingFailed { .. }
                    | Action::Metered { .. }
            ) || is_no_spam(action)
        };
        let nobody_answered = matches!(
            self.interaction.outcome,
            Some(
                Outcome::HungUp
                    | Outcome::Silence
                    | Outcome::ModelUnavailable
                    | Outcome::Voicemail
                    | Outcome::Lost
            )
        );
        let is_missed = self.interaction.channel == Channel::Phone
            // They called, not the twin.
            && self.interaction.dial.is_none()
            && nobody_answered
            && self.analysis.quote.is_none()
            && self.interaction.route != RouteKind::Spam
            && self.actions.iter().all(only_rang);
        if !is_missed {
            return None;
        }
        let methods = &self.contact.contact_methods;
        let content = match (&methods.email, &methods.phone) {
            (Some(to), _) if methods.email_confirmed => Content::MissedCallEmail { to: to.clone() },
            (_, Some(to)) if !to.is_premium() => Content::MissedCallText { to: to.clone() },
            _ => return None,
        };
        let state = self.decide(&content);
        let mut made = self.make(content, state, "they called, and nothing was said".to_owned(), now)?;
        let left = (self.interaction.outcome == Some(Outcome::ModelUnavailable)).then(|| now + A_MESSAGE);
        made.due_at = self.due(left.unwrap_or(now)).or(left);
        Some(made)
    }

    /// The number to which they want the link, or the code; the last, if they named several.
    fn texted_to(&self, code: bool) -> Option<&Phone> {
        self.actions.iter().rev().find_map(|action| match action {
            Action::HandoffRequested { text_to, as_code, .. } if *as_code == code => text_to.as_ref(),
            _ => None,
        })
    }
}
