//! What was open with somebody is done: by a mail that left, a meeting, a call, or the owner's word.

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin};
use crate::{
    contact::Source,
    context::ConversationState,
    error::Error,
    follow_up::FollowUp,
    id::PersonId,
    identity::Phone,
    interaction::next_actions::{is_meeting_at, met_by, moved, waits_for_a_call, waits_for_a_time},
    memory::{ASK_FOR_A_TIME, Fact},
    scheduling::Booking,
    store::StoreError,
};

impl Twin {
    /// Closes open items, and the tasks that came of them. Again, it changes nothing. What is open then is the answer.
    pub async fn settle(
        &self,
        person: &PersonId,
        is_done: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let open = self.change_open(person, |state| state.close(&is_done)).await?;
        for mut task in self.store.tasks(person).await? {
            let came_of_it = task.source == Source::Conversation && is_done(&task.title);
            if task.done_at.is_some() || !came_of_it {
                continue;
            }
            (task.done_at, task.updated_at) = (Some(now), now);
            match self.store.save_task(&mut task).await {
                // The owner has it in hand.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(open)
    }

    async fn change_open(
        &self,
        person: &PersonId,
        change: impl Fn(&mut ConversationState) -> bool,
    ) -> Result<Vec<String>, Error> {
        for _ in 0..MAX_CONFLICTS {
            let mut context = self.store.known(person).await?.ok_or(Error::NotFound)?.context;
            let is_changed = change(&mut context.conversation_state);
            let open = context.conversation_state.next_actions.clone();
            if !is_changed {
                return Ok(open);
            }
            match self.store.save_context(context).await {
                Ok(_) => return Ok(open),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What was left to do and was promised in a conversation, and was sent now.
    pub(super) async fn settled_by(&self, sent: &FollowUp, now: Timestamp) -> Result<(), Error> {
        // To look costs a read of all that is known of somebody.
        if !sent.content.may_settle() {
            return Ok(());
        }
        let (person, interaction) = (&sent.person, &sent.interaction);
        let keeps = |fact: &Fact| fact.interaction.as_ref() == Some(interaction) && sent.content.keeps(fact);
        self.kept(person, keeps, now).await?;
        let Some(held) = self.store.interaction(person, interaction).await? else { return Ok(()) };
        let actions = self.store.actions(&held.person, interaction).await?;
        let done = actions.iter().filter(|action| sent.content.does(action));
        let done: Vec<String> = done.filter_map(crate::interaction::Action::leaves).collect();
        if !done.is_empty() {
            self.settle(person, |open| done.iter().any(|one| one == open), now).await?;
        }
        Ok(())
    }

    /// Who has booked waits for no time any more.
    pub(super) async fn settled_by_booking(&self, person: &PersonId, now: Timestamp) {
        let settled = async {
            self.settle(person, waits_for_a_time, now).await?;
            self.kept(person, |fact| fact.value.starts_with(ASK_FOR_A_TIME), now).await
        };
        if let Err(error) = settled.await {
            tracing::warn!(%error, "a time that is booked still counts as open");
        }
    }

    /// A meeting was moved to another time, or is off.
    pub(super) async fn changed_meeting(&self, before: &Booking, to: Option<Timestamp>) {
        let from = before.start;
        let change = |state: &mut ConversationState| match to {
            None => state.close(|open| is_meeting_at(open, from)),
            Some(to) => {
                let open: Vec<String> = state.next_actions.clone();
                let meetings = open.iter().filter(|open| is_meeting_at(open, from));
                meetings.map(|open| state.reopen(open, moved(open, from, to), met_by(to))).count() > 0
            }
        };
        if let Err(error) = self.change_open(&before.person, change).await {
            tracing::warn!(booking = %before.id, %error, "a meeting that changed still counts as open");
        }
    }

    /// They were called back.
    pub(super) async fn settled_by_call(&self, person: &PersonId, phone: &Phone, now: Timestamp) {
        if let Err(error) = self.settle(person, |open| waits_for_a_call(open, phone), now).await {
            tracing::warn!(%error, "a call that was made still counts as open");
        }
    }
}
