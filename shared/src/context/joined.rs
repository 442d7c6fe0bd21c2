//! The contexts of two records of one person as one, and apart again.

use super::{ChatState, PhoneState, UnifiedContext, VoiceState};
use crate::contact::{RECENT_INTERACTIONS, RelationshipKind, carried, united};

impl UnifiedContext {
    /// One context of both: counts add up, and what is the latest is the latest of either.
    #[must_use]
    pub fn joined(&self, absorbed: &UnifiedContext) -> UnifiedContext {
        let is_later = absorbed.metadata.last_updated > self.metadata.last_updated;
        let (later, earlier) = if is_later { (absorbed, self) } else { (self, absorbed) };
        let mut joined = self.clone();
        joined.session_id = later.session_id.clone().or_else(|| earlier.session_id.clone());
        joined.channels.chat =
            both(later.channels.chat.as_ref(), earlier.channels.chat.as_ref(), |later, earlier| ChatState {
                message_count: later.message_count + earlier.message_count,
                topics_discussed: united(&later.topics_discussed, &earlier.topics_discussed),
                last_interaction: later.last_interaction.max(earlier.last_interaction),
                ..later.clone()
            });
        joined.channels.voice =
            both(later.channels.voice.as_ref(), earlier.channels.voice.as_ref(), |later, earlier| {
                VoiceState {
                    call_duration: later.call_duration + earlier.call_duration,
                    last_interaction: later.last_interaction.max(earlier.last_interaction),
                    ..later.clone()
                }
            });
        joined.channels.phone =
            both(later.channels.phone.as_ref(), earlier.channels.phone.as_ref(), |later, earlier| {
                let last = if earlier.last_call > later.last_call { earlier } else { later };
                PhoneState { call_duration: later.call_duration + earlier.call_duration, ..last.clone() }
            });
        let (ours, theirs) = (&mut joined.professional_context, &absorbed.professional_context);
        if ours.relationship == RelationshipKind::Unknown {
            ours.relationship = theirs.relationship;
        }
        ours.industry = ours.industry.take().or_else(|| theirs.industry.clone());
        ours.company = ours.company.take().or_else(|| theirs.company.clone());
        ours.importance = ours.importance.max(theirs.importance);
        ours.previous_interactions = united(&ours.previous_interactions, &theirs.previous_interactions);
        joined.keep_recent();
        joined.conversation_state = later.conversation_state.clone();
        let open = united(&later.conversation_state.next_actions, &earlier.conversation_state.next_actions);
        joined.conversation_state.next_actions = open;
        for (open, until) in &earlier.conversation_state.next_actions_until {
            let ours = joined.conversation_state.next_actions_until.entry(open.clone()).or_insert(*until);
            *ours = (*ours).max(*until);
        }
        joined.conversation_state.follow_up_required |= earlier.conversation_state.follow_up_required;
        let (ours, theirs) = (&mut joined.metadata, &absorbed.metadata);
        ours.created_at = ours.created_at.min(theirs.created_at);
        ours.last_updated = ours.last_updated.max(theirs.last_updated);
        ours.total_interactions += theirs.total_interactions;
        ours.preferred_channel = ours.preferred_channel.or(theirs.preferred_channel);
        joined.forget_at = joined.forget_at.zip(absorbed.forget_at).map(|(one, other)| one.max(other));
        joined
    }

    /// The context as it is, with `to` in the place of `from`: what was counted since counts on.
    #[must_use]
    pub fn rebased(&self, from: &UnifiedContext, to: &UnifiedContext) -> UnifiedContext {
        let mut rebased = self.clone();
        rebased.session_id = kept(&self.session_id, &from.session_id, &to.session_id);
        let (ours, were, become_) = (&self.channels, &from.channels, &to.channels);
        let chat = (&ours.chat, &were.chat, &become_.chat);
        rebased.channels.chat = since(chat, |ours, were, become_| ChatState {
            message_count: counted(ours.message_count, were.message_count, become_.message_count),
            topics_discussed: carried(
                &ours.topics_discussed,
                &were.topics_discussed,
                &become_.topics_discussed,
            ),
            ..ours.clone()
        });
        let voice = (&ours.voice, &were.voice, &become_.voice);
        rebased.channels.voice = since(voice, |ours, were, become_| VoiceState {
            call_duration: counted(ours.call_duration, were.call_duration, become_.call_duration),
            ..ours.clone()
        });
        let phone = (&ours.phone, &were.phone, &become_.phone);
        rebased.channels.phone = since(phone, |ours, were, become_| PhoneState {
            call_duration: counted(ours.call_duration, were.call_duration, become_.call_duration),
            ..ours.clone()
        });
        let (ours, were, become_) =
            (&self.professional_context, &from.professional_context, &to.professional_context);
        let professional = &mut rebased.professional_context;
        professional.relationship = kept(&ours.relationship, &were.relationship, &become_.relationship);
        professional.industry = kept(&ours.industry, &were.industry, &become_.industry);
        professional.company = kept(&ours.company, &were.company, &become_.company);
        professional.importance = kept(&ours.importance, &were.importance, &become_.importance);
        professional.previous_interactions =
            carried(&ours.previous_interactions, &were.previous_interactions, &become_.previous_interactions);
        rebased.keep_recent();
        let (ours, were, become_) =
            (&self.conversation_state, &from.conversation_state, &to.conversation_state);
        let state = &mut rebased.conversation_state;
        state.current_topic = kept(&ours.current_topic, &were.current_topic, &become_.current_topic);
        state.user_intent = kept(&ours.user_intent, &were.user_intent, &become_.user_intent);
        state.next_actions = carried(&ours.next_actions, &were.next_actions, &become_.next_actions);
        state.next_actions_until.extend(become_.next_actions_until.clone());
        state.only_known();
        state.follow_up_required =
            kept(&ours.follow_up_required, &were.follow_up_required, &become_.follow_up_required);
        let (ours, were, become_) = (&self.metadata, &from.metadata, &to.metadata);
        let metadata = &mut rebased.metadata;
        metadata.created_at = become_.created_at;
        metadata.total_interactions =
            counted(ours.total_interactions, were.total_interactions, become_.total_interactions);
        metadata.last_updated = kept(&ours.last_updated, &were.last_updated, &become_.last_updated);
        metadata.preferred_channel =
            kept(&ours.preferred_channel, &were.preferred_channel, &become_.preferred_channel);
        rebased.forget_at = kept(&self.forget_at, &from.forget_at, &to.forget_at);
        rebased
    }

    fn keep_recent(&mut self) {
        let previous = &mut self.professional_context.previous_interactions;
        previous.sort_by_key(|known| known.at);
        let excess = previous.len().saturating_sub(RECENT_INTERACTIONS);
        previous.drain(..excess);
    }
}

fn both<T: Clone>(later: Option<&T>, earlier: Option<&T>, join: impl Fn(&T, &T) -> T) -> Option<T> {
    match (later, earlier) {
        (Some(later), Some(earlier)) => Some(join(later, earlier)),
        (one, other) => one.or(other).cloned(),
    }
}

/// What was changed since stays; otherwise `to`.
fn kept<T: Clone + PartialEq>(current: &T, from: &T, to: &T) -> T {
    if current == from { to.clone() } else { current.clone() }
}

fn counted(current: u64, from: u64, to: u64) -> u64 {
    (current + to).saturating_sub(from)
}

/// The state of a channel: where there was none before, only what came since counts.
fn since<T: Clone + PartialEq>(
    (current, from, to): (&Option<T>, &Option<T>, &Option<T>),
    rebase: impl Fn(&T, &T, &T) -> T,
) -> Option<T> {
    match (current, from, to) {
        (current, from, to) if current == from => to.clone(),
        (Some(current), Some(from), Some(to)) => Some(rebase(current, from, to)),
        (current, _, _) => current.clone(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn counts_add_up_and_come_apart_again() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let context = |id: &str, messages, total| {
            let mut context = UnifiedContext::new(id.parse().unwrap(), at(total));
            context.metadata.total_interactions = u64::try_from(total).unwrap();
            context.channels.chat = Some(ChatState {
                mcp_session_id: None,
                last_interaction: at(total),
                message_count: messages,
                topics_discussed: vec![format!("of {id}")],
            });
            context
        };
        let (one, other) = (context("per_1", 4, 2), context("per_2", 5, 3));
        let joined = one.joined(&other);
        assert_eq!((joined.user_id.as_str(), joined.metadata.total_interactions), ("per_1", 5));
        assert_eq!(joined.channels.chat.as_ref().unwrap().message_count, 9);
        assert_eq!(joined.rebased(&joined, &one), one);

        let mut since = joined.clone();
        since.metadata.total_interactions += 1;
        let chat = since.channels.chat.as_mut().unwrap();
        chat.message_count += 10;
        chat.topics_discussed.push("new".into());
        let parted = since.rebased(&joined, &one);
        assert_eq!(parted.metadata.total_interactions, 3);
        let chat = parted.channels.chat.unwrap();
        assert_eq!(
            (chat.message_count, chat.topics_discussed.as_slice()),
            (14, &["of per_1".into(), "new".into()][..])
        );
    }
}
