//! Follow-ups: planned with their interaction, then moved from state to state by condition.

use jiff::{SignedDuration, Timestamp};

use super::{Condition, Item, Result, Store, StoreError, due, expires, item, keys, put_error, set};
use crate::{
    follow_up::{
        FollowUp, Medium, State,
        settings::{FollowUpSettings, SavedFollowUpSettings},
    },
    id::{FollowUpId, PersonId},
    retention::Kind,
};

/// One that is approved and was not picked up is picked up by the sweep after this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// Of what waits for the owner, this much is listed.
const MAX_AWAITING: i32 = 200;

impl Store {
    pub async fn follow_up(&self, person: &PersonId, id: &FollowUpId) -> Result<Option<FollowUp>> {
        self.found(person, |partition| keys::follow_up(partition, id)).await
    }

    pub async fn follow_ups(&self, person: &PersonId) -> Result<Vec<FollowUp>> {
        self.across(person, keys::FOLLOW_UPS).await
    }

    /// Plans one more. The same one again is no error: it stays as it is.
    pub async fn add_follow_up(&self, follow_up: &FollowUp) -> Result<()> {
        match self.put_new(self.follow_up_item(follow_up)?).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    /// Writes `next` if the stored one is still in state `from`. A conflict: somebody else moved it.
    pub async fn move_follow_up(&self, next: &FollowUp, from: State) -> Result<()> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(self.follow_up_item(next)?))
            .condition_expression("#state = :from")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":from", serde_dynamo::to_attribute_value(from)?)
            .send()
            .await
            .map_err(put_error)?;
        Ok(())
    }

    /// Those that wait for the owner's word, the oldest first.
    pub async fn awaiting(&self) -> Result<Vec<FollowUp>> {
        self.listed(keys::AWAITING, MAX_AWAITING, true).await
    }

    /// How many mails and texts this person was sent since `since`.
    pub async fn messages_since(&self, person: &PersonId, since: Timestamp) -> Result<usize> {
        let all = self.follow_ups(person).await?;
        let left = |one: &FollowUp| matches!(one.state, State::Sent | State::Sending | State::Unknown);
        let sent = |one: &&FollowUp| left(one) && one.content.medium() != Medium::Owner;
        Ok(all.iter().filter(sent).filter(|one| one.updated_at >= since).count())
    }

    /// What the owner decided about follow-ups; the default before anything was saved.
    pub async fn follow_up_settings(&self) -> Result<SavedFollowUpSettings> {
        Ok(self.get(keys::follow_up_settings()).await?.unwrap_or_default())
    }

    /// Saves what replaces `version` (0: the first one). `Conflict` if that is no longer the current one.
    pub async fn save_follow_up_settings(
        &self,
        settings: &FollowUpSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedFollowUpSettings> {
        let settings = settings.clone();
        let saved = SavedFollowUpSettings { version: version + 1, updated_at: Some(now), settings };
        let kept = keys::follow_up_settings_version(saved.version);
        let writes = vec![
            self.write(item(keys::follow_up_settings(), &saved)?, Some(Condition::version(version))),
            self.write(item(kept, &saved)?, Some(Condition::absent())),
        ];
        self.transact(writes).await?;
        Ok(saved)
    }

    pub(super) fn follow_up_item(&self, follow_up: &FollowUp) -> Result<Item> {
        let mut new = item(keys::follow_up(&follow_up.person, &follow_up.id), follow_up)?;
        expires(&mut new, self.until(Kind::Conversations));
        if matches!(follow_up.state, State::Planned | State::Approved | State::Sending) {
            let retry = follow_up.updated_at + RETRY_AFTER;
            let at = match follow_up.due_at {
                // Nothing picks it up before, so nothing is late.
                Some(due) if due > follow_up.updated_at => due,
                _ => retry,
            };
            due(&mut new, follow_up.id.as_str(), at);
        }
        if follow_up.state.is_final() {
            let at = follow_up.settled_at.unwrap_or(follow_up.updated_at);
            set(&mut new, "settledAt", at.to_string());
            set(&mut new, keys::LIST, keys::settled(at));
            set(&mut new, keys::LIST_AT, keys::time(at));
        }
        if follow_up.state == State::AwaitingApproval {
            set(&mut new, keys::LIST, keys::AWAITING);
            set(&mut new, keys::LIST_AT, keys::time(follow_up.planned_at));
        }
        Ok(new)
    }
}
