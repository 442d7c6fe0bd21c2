//! Follow-ups: planned with their interaction, then moved from state to state by condition.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Condition, Item, Result, Store, StoreError, applied, due, expires, item, keys, set, update_error,
};
use crate::{
    contact::RelationshipKind,
    follow_up::{
        FollowUp, Follows, Kind, State,
        feedback::Suppressed,
        reply::{Received, ReplyAddress},
        settings::{FollowUpSettings, SavedFollowUpSettings},
    },
    handoff::hash,
    id::{FollowUpId, MailId, PersonId},
    identity::Email,
    retention::Kind as Kept,
};

/// How often in a row something was approved.
#[derive(Deserialize)]
struct InARow {
    #[serde(default)]
    times: u32,
}

/// An address that takes no mail.
#[derive(Serialize, Deserialize)]
struct Suppression {
    why: Suppressed,
    at: Timestamp,
}

/// One that is approved and was not picked up is picked up by the sweep after this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// Of what waits for the owner, this much is listed.
const MAX_AWAITING: i32 = 200;

impl Condition {
    /// It is what was read, and written then.
    pub(super) fn follow_up(state: State, written: Timestamp) -> Result<Self> {
        let mut condition = Self::follow_up_in(state)?;
        condition.expression += " AND updatedAt = :readAt";
        condition.values.insert(":readAt".to_owned(), serde_dynamo::to_attribute_value(written)?);
        Ok(condition)
    }

    /// It is still in this state.
    fn follow_up_in(state: State) -> Result<Self> {
        let state = serde_dynamo::to_attribute_value(state)?;
        Ok(Self::new("#state = :from", [(":from", state)]).naming(("#state", "state")))
    }
}

impl Store {
    /// One of a person's, of whichever of their partitions. `Erased` if whoever it is of was.
    pub async fn follow_up(&self, person: &PersonId, id: &FollowUpId) -> Result<Option<FollowUp>> {
        self.found(person, |partition| keys::follow_up(partition, id)).await
    }

    /// All of a person's, over all of their partitions, in the order of their ids.
    pub async fn follow_ups(&self, person: &PersonId) -> Result<Vec<FollowUp>> {
        self.across(person, keys::FOLLOW_UPS).await
    }

    /// Those of one conversation, or of all that stand for one and begin with the same words: `stem` is how the ids
    /// begin, without their prefix.
    pub async fn follow_ups_of(&self, person: &PersonId, stem: &str) -> Result<Vec<FollowUp>> {
        self.across(person, &keys::follow_ups_of(stem)).await
    }

    /// Those with these ids that there are, of whichever partition.
    pub async fn follow_ups_with(&self, person: &PersonId, ids: &[FollowUpId]) -> Result<Vec<FollowUp>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let partitions = self.partitions(person).await?;
        let keys = partitions.iter().flat_map(|of| ids.iter().map(|id| keys::follow_up(of, id)));
        let (items, now) = (self.batch(keys.collect()).await?, Timestamp::now());
        let kept = items.into_iter().filter_map(|item| self.current(item, now));
        kept.map(|item| Ok(serde_dynamo::from_item(item)?)).collect()
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
        self.write_over(next, Condition::follow_up_in(from)?).await
    }

    /// The same if it is, beyond its state, what was read: `read_at` is when that was written. A conflict: somebody wrote
    /// another meanwhile, which may say something else.
    pub async fn replace_follow_up(&self, next: &FollowUp, from: State, read_at: Timestamp) -> Result<()> {
        self.write_over(next, Condition::follow_up(from, read_at)?).await
    }

    async fn write_over(&self, next: &FollowUp, read: Condition) -> Result<()> {
        self.transact_unseen(vec![self.write(self.follow_up_item(next)?, Some(read))]).await
    }

    /// It is looked for again at this time, unless somebody moves it.
    pub async fn postpone_follow_up(&self, waiting: &FollowUp, at: Timestamp) -> Result<()> {
        let Condition { expression, values, names } =
            Condition::follow_up(waiting.state, waiting.updated_at)?;
        let update = self
            .update(keys::follow_up(&waiting.person, &waiting.id))
            .update_expression("SET due_at = :at")
            .condition_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":at", AttributeValue::S(keys::time(at)));
        applied(update).await?;
        Ok(())
    }

    /// Those that need the owner's word, because they wait for it, may have left or were given up; the oldest first.
    pub async fn awaiting(&self) -> Result<Vec<FollowUp>> {
        let waiting = self.listed(keys::AWAITING, MAX_AWAITING, true);
        let (mut awaiting, dead): (Vec<FollowUp>, _) = tokio::try_join!(waiting, self.dead())?;
        awaiting.extend(dead);
        awaiting.sort_by_key(|one| one.planned_at);
        Ok(awaiting)
    }

    /// Those that were tried often enough, the oldest first.
    pub async fn dead(&self) -> Result<Vec<FollowUp>> {
        self.listed(keys::DEAD, MAX_AWAITING, true).await
    }

    /// How often in a row the owner approved what is like this as it was.
    pub async fn approved_in_a_row(&self, kind: Kind, relationship: RelationshipKind) -> Result<u32> {
        let row: Option<InARow> = self.get(keys::approved_in_a_row(kind, relationship)).await?;
        Ok(row.map_or(0, |row| row.times))
    }

    /// One more in the row, or the row begins anew.
    pub async fn count_approval(
        &self,
        kind: Kind,
        relationship: RelationshipKind,
        as_it_was: bool,
    ) -> Result<()> {
        let update = self.update(keys::approved_in_a_row(kind, relationship));
        let (expression, by) = if as_it_was { ("ADD times :by", "1") } else { ("SET times = :by", "0") };
        let update = update.update_expression(expression);
        let update = update.expression_attribute_values(":by", AttributeValue::N(by.to_owned()));
        update.send().await.map_err(update_error)?;
        Ok(())
    }

    /// Leads from the address that answers go to, to what they answer.
    pub async fn save_reply_address(&self, address: &ReplyAddress) -> Result<()> {
        let mut new = item(keys::reply_address(&address.token), address)?;
        expires(&mut new, self.until(Kept::Conversations));
        self.put_elsewhere(&address.person, new, None).await
    }

    /// Whom and what an answer to this address is about; nothing once it is past its time.
    pub async fn reply_address(&self, token: &str) -> Result<Option<ReplyAddress>> {
        self.get(keys::reply_address(token)).await
    }

    /// Nothing is mailed to this address any more.
    pub async fn suppress(&self, address: &Email, why: Suppressed) -> Result<()> {
        let now = Timestamp::now();
        self.put(item(keys::suppressed(&hash(&address.key())), &Suppression { why, at: now })?).await
    }

    /// The same for whoever has it, by its hash. What was suppressed before stays so.
    pub async fn suppress_left(&self, address_hash: &str, now: Timestamp) -> Result<()> {
        let left = Suppression { why: Suppressed::Left, at: now };
        match self.put_new(item(keys::suppressed(address_hash), &left)?).await {
            Err(StoreError::Conflict) => Ok(()),
            put => put,
        }
    }

    /// Mails go to this address again, if nothing but their wish was in the way.
    pub async fn no_more_left(&self, address: &Email) -> Result<()> {
        let key = keys::suppressed(&hash(&address.key()));
        let left = serde_dynamo::to_attribute_value(Suppressed::Left)?;
        match self.delete_if(key, Condition::new("why = :left", [(":left", left)])).await {
            Err(StoreError::Conflict) => Ok(()),
            deleted => deleted,
        }
    }

    /// Why an address takes no mail, if it does not.
    pub async fn suppressed(&self, address: &Email) -> Result<Option<Suppressed>> {
        let found: Option<Suppression> = self.get(keys::suppressed(&hash(&address.key()))).await?;
        Ok(found.map(|found| found.why))
    }

    /// A mail that came in, with what the owner is `told` of it, in one transaction. The same one again is no error: it stays
    /// as it is.
    pub async fn add_mail(&self, mail: &Received, told: Option<&FollowUp>) -> Result<()> {
        let mut new = item(keys::mail(&mail.person, &mail.id), mail)?;
        expires(&mut new, self.until(Kept::Transcripts));
        let mut writes = vec![self.write(new, Some(Condition::absent()))];
        if let Some(told) = told {
            writes.push(self.write(self.follow_up_item(told)?, Some(Condition::absent())));
        }
        match self.transact(writes).await {
            Err(StoreError::Conflict) if self.has_mail(&mail.person, &mail.id).await? => Ok(()),
            added => added,
        }
    }

    /// Whether it came in before.
    pub async fn has_mail(&self, person: &PersonId, id: &MailId) -> Result<bool> {
        let found: Option<Received> = self.found(person, |partition| keys::mail(partition, id)).await?;
        Ok(found.is_some())
    }

    /// Mails that came in, the oldest first.
    pub async fn mails(&self, person: &PersonId) -> Result<Vec<Received>> {
        self.across(person, keys::MAILS).await
    }

    /// What the owner decided about follow-ups; the default before anything was saved.
    pub async fn follow_up_settings(&self) -> Result<SavedFollowUpSettings> {
        Ok(self.get(keys::follow_up_settings()).await?.unwrap_or_default())
    }

    /// What was decided in a version; `None`: there was none.
    pub async fn follow_up_settings_version(&self, version: u64) -> Result<Option<SavedFollowUpSettings>> {
        self.get(keys::follow_up_settings_version(version)).await
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

    /// What was planned before and changes, each as long as it is what was read.
    pub(super) fn changing(&self, follows: &Follows) -> Result<Vec<TransactWriteItem>> {
        let mut writes = Vec::with_capacity(follows.changed.len());
        for (read, next) in &follows.changed {
            let as_read = Condition::follow_up(read.state, read.updated_at)?;
            writes.push(self.write(self.follow_up_item(next)?, Some(as_read)));
        }
        Ok(writes)
    }

    pub(super) fn follow_up_item(&self, follow_up: &FollowUp) -> Result<Item> {
        let mut new = item(keys::follow_up(&follow_up.person, &follow_up.id), follow_up)?;
        expires(&mut new, self.until(Kept::Conversations));
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
            due(&mut new, follow_up.id.as_str(), follow_up.undecided_until());
        }
        if follow_up.is_over() && follow_up.has_words() {
            let over = self.retention.until(Kept::Transcripts, follow_up.planned_at);
            due(&mut new, follow_up.id.as_str(), over);
        }
        let list = match follow_up.state {
            State::AwaitingApproval | State::Unknown => Some(keys::AWAITING),
            State::Dead => Some(keys::DEAD),
            _ => None,
        };
        if let Some(list) = list {
            set(&mut new, keys::LIST, list);
            set(&mut new, keys::LIST_AT, keys::time(follow_up.planned_at));
        }
        Ok(new)
    }
}
