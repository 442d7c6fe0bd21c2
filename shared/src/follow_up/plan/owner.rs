//! What the owner is told, and what is theirs to do.

use jiff::{SignedDuration, Timestamp};

use super::Basis;
use crate::{
    contact::{Source, Task},
    follow_up::{Content, FollowUp, News, State, due::awake},
    id::TaskId,
    interaction::{Action, Channel, Importance, Intent, Outcome, Wish, next_actions::standing},
    routing::{FollowUpStyle, RouteKind},
};

/// Characters of a note with an invitation to connect. Source: LinkedIn Help, "Personalize invitations to connect".
pub(super) const MAX_LINKEDIN_NOTE: usize = 200;
/// What was promised is due after this, if nothing else was said.
const PROMISE_KEPT_IN: SignedDuration = SignedDuration::from_hours(24);
/// Characters of a name that is texted.
pub(super) const MAX_TEXTED_NAME: usize = 60;

impl Basis<'_> {
    /// What was left for the owner.
    pub(super) fn told_at_once(&self, now: Timestamp) -> Option<FollowUp> {
        let mut messages: Vec<String> =
            standing(self.actions).filter_map(|(_, action)| for_the_owner(action)).collect();
        messages.extend(self.unerased.map(ToOwned::to_owned));
        messages.extend(self.copy_told());
        let unreachable = self.unreachable();
        // A voicemail reaches them by itself, with what was said.
        let is_important = self.settings.notify_of_important
            && self.analysis.importance == Importance::High
            && !self.left_a_voicemail();
        let (news, message, reason) = match (messages.is_empty(), unreachable) {
            (false, _) => (News::Message, messages.join("\n"), "they left a message for you"),
            (true, Some(unreachable)) => (News::NoAddress, unreachable, "no mail can be sent to them"),
            (true, None) if is_important => {
                (News::Important, self.analysis.summary.clone(), "it is important")
            }
            (true, None) => return None,
        };
        let mut told = self.make(Content::news(news, message), State::Approved, reason.to_owned(), now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        told.due_at = Some(at).filter(|at| *at > now);
        Some(told)
    }

    /// Of what is important the owner is texted, too, if they want it.
    pub(super) fn texted_owner(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.settings.text_owner.clone().filter(|_| self.analysis.importance == Importance::High)?;
        let who = self.contact.name.as_deref().filter(|name| is_plain(name)).unwrap_or("somebody");
        let content = Content::OwnerText { to, message: format!("an important conversation with {who}") };
        let mut texted = self.make(content, State::Approved, "it is important".to_owned(), now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        texted.due_at = Some(at).filter(|at| *at > now);
        Some(texted)
    }

    /// What the owner is told of an offer or a wish for help that no mail can answer.
    fn unreachable(&self) -> Option<String> {
        let methods = &self.contact.contact_methods;
        let wants = matches!(self.analysis.intent, Intent::JobOpportunity | Intent::Consultation);
        let needs_nothing = self.has_booked()
            || self.interaction.route == RouteKind::Spam
            || self.interaction.outcome == Some(Outcome::Transferred)
            || self.left_a_voicemail();
        if !wants || needs_nothing || methods.email.is_some() {
            return None;
        }
        let said = self.analysis.quote.as_deref()?;
        let number = methods.phone.as_ref().map(|phone| format!(" Their number: {}.", phone.written()));
        Some(format!(
            "They left no e-mail address, so no mail goes to them. They said: “{said}”{}",
            number.unwrap_or_default()
        ))
    }

    /// The owner reads it before anybody else.
    pub(super) fn proposal_waits(&self, waiting: &FollowUp, now: Timestamp) -> Option<FollowUp> {
        let proposal = &self.proposal?.proposal;
        let message = proposal.waits_in_words();
        let content =
            Content::OwnerNotification { news: News::Message, message, about: Some(waiting.id.clone()) };
        let reason = "a proposal waits for your word".to_owned();
        let mut told =
            FollowUp::new(self.interaction, "proposal-waits", content, State::Approved, reason, now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        told.due_at = Some(at).filter(|at| *at > now);
        Some(told)
    }

    /// LinkedIn lets only the owner connect: they are told with whom, and what to write.
    pub(super) fn linkedin(&self, now: Timestamp) -> Option<FollowUp> {
        let name = self.contact.name.as_deref()?;
        let history = &self.contact.relationship.interaction_history;
        let is_first = history.iter().all(|record| record.interaction == self.interaction.id);
        if self.style() != FollowUpStyle::LinkedInConnection || self.analysis.quote.is_none() || !is_first {
            return None;
        }
        let first = name.split_whitespace().next().unwrap_or(name);
        let owner = self.persona.core.name.split_whitespace().next().unwrap_or_default();
        let about = self.analysis.topics.first().filter(|topic| !topic.ends_with('?'));
        let unsaid = [Intent::Networking.words(), self.analysis.intent.words()];
        let about = about.filter(|topic| !unsaid.contains(&topic.as_str()));
        let about = about.map(|topic| format!(" about {topic}")).unwrap_or_default();
        let how = match self.interaction.channel {
            Channel::Chat => "for writing",
            Channel::Voice | Channel::Phone => "for your call",
        };
        let note = |about: &str| {
            format!("Hello {first}, thank you {how}{about}. I would be glad to stay in touch. {owner}")
        };
        let fitting =
            [note(&about), note("")].into_iter().find(|note| note.chars().count() <= MAX_LINKEDIN_NOTE);
        let profile = self.contact.contact_methods.linkedin.clone();
        let content = Content::LinkedinSuggestion { profile, note: fitting? };
        self.make(content, State::Approved, "they want to stay in touch".to_owned(), now)
    }

    /// What only the owner can do.
    pub(super) fn tasks(&self, now: Timestamp) -> Vec<Task> {
        let titles = standing(self.actions).filter_map(|(number, action)| {
            let title = match action {
                Action::MeetingProposed { .. } if !self.has_booked() => action.leaves()?,
                Action::CallbackRequested { .. } => action.leaves()?,
                _ => return None,
            };
            let id = TaskId::derived(&format!("{}-{number}", self.interaction.id.suffix())).ok()?;
            let mut task = Task::new(id, self.interaction.person.clone(), title, Source::Conversation, now);
            task.due_at = Some(now + PROMISE_KEPT_IN);
            Some(task)
        });
        titles.collect()
    }

    fn left_a_voicemail(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::VoicemailLeft { .. }))
    }
}

/// Nothing that a phone makes a link of: strangers choose their names.
pub(super) fn is_plain(name: &str) -> bool {
    let is_host = |word: &str| word.trim_end_matches('.').contains('.');
    name.chars().count() <= MAX_TEXTED_NAME
        && !name.contains(['/', ':', '@'])
        && !name.split_whitespace().any(is_host)
}

/// What the owner is told at once.
fn for_the_owner(action: &Action) -> Option<String> {
    match action {
        Action::MessageTaken { message } => Some(message.clone()),
        Action::CallbackRequested { phone, when, .. } => {
            let when = when.as_ref().map(|when| format!(" ({when})")).unwrap_or_default();
            Some(format!("They ask to be called back on {}{when}.", phone.written()))
        }
        Action::PrivacyRequested { wish: Wish::Erasure, by_itself: false, .. } => {
            Some("They ask that all that is kept of them be erased.".to_owned())
        }
        Action::PrivacyRequested { wish: Wish::Export, by_itself: false, .. } => {
            Some("They ask for a copy of all that is kept of them.".to_owned())
        }
        Action::ContactStopped => {
            Some("They do not want to be called, mailed or texted any more.".to_owned())
        }
        _ => None,
    }
}
