//! Recordings of calls: where each lies, when they are to be removed, and what became of that.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Condition, Item, Result, Store, StoreError, applied, due, erasure::REMEMBERED_FOR, expires, item, keys,
    update_error, updating,
};
use crate::{
    id::{CallSid, PersonId},
    recording::Recording,
    retention::Kind,
};

/// A job that does not come to its end is queued again this often.
pub(super) const REQUEUE_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// What is to be removed, before it is, and what became of it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    pub call: CallSid,
    pub state: Removing,
    /// From then on.
    pub due: Timestamp,
    /// Until then a recording may still come: it is looked again.
    pub until: Timestamp,
    /// How many were removed.
    pub removed: u32,
    /// Names of those that lie in our own store.
    #[serde(default)]
    pub kept: Vec<String>,
    /// Why it did not work the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removing {
    Planned,
    Done,
}

impl Store {
    /// What is planned for the recordings of a call.
    pub async fn removal(&self, call: &CallSid) -> Result<Option<Removal>> {
        self.get(keys::recordings(call)).await
    }

    /// Has the recordings of a call removed from `due` on, and whatever is recorded until `until`.
    pub async fn remove_recordings(&self, call: &CallSid, due: Timestamp, until: Timestamp) -> Result<()> {
        let kept = self.removal(call).await?.map(|known| known.kept).unwrap_or_default();
        self.save_removal(&Removal { kept, ..Removal::planned(call, due, until) }).await
    }

    /// One more lies in our own store, or is about to: it is removed with the others.
    pub async fn note_kept(&self, call: &CallSid, name: &str) -> Result<()> {
        let one = AttributeValue::L(vec![AttributeValue::S(name.to_owned())]);
        self.update(keys::recordings(call))
            .update_expression("SET kept = list_append(if_not_exists(kept, :none), :one)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", one)
            .send()
            .await
            .map_err(update_error)?;
        Ok(())
    }

    /// A person's recordings, in the order of their ids.
    pub async fn recordings(&self, person: &PersonId) -> Result<Vec<Recording>> {
        self.across(person, keys::RECORDING).await
    }

    pub async fn recording(&self, person: &PersonId, sid: &str) -> Result<Option<Recording>> {
        self.found(person, |partition| keys::recording(partition, sid)).await
    }

    /// The same again is no error: it stays as it is.
    pub async fn add_recording(&self, recording: &Recording) -> Result<()> {
        match self.put_new(self.recording_item(recording)?).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    pub async fn save_recording(&self, recording: &Recording) -> Result<()> {
        self.put(self.recording_item(recording)?).await
    }

    /// For one job at a time, until then. `false`: another one has it, or it is done.
    pub async fn claim_transcription(
        &self,
        recording: &Recording,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let free = "attribute_not_exists(transcribing_until) OR transcribing_until < :now";
        let update = self
            .update(keys::recording(&recording.person, &recording.sid))
            .update_expression("SET transcribing_until = :until")
            .condition_expression(format!(
                "attribute_exists(pk) AND attribute_not_exists(transcribedAt) AND ({free})"
            ))
            .expression_attribute_values(":until", AttributeValue::S(keys::time(until)))
            .expression_attribute_values(":now", AttributeValue::S(keys::time(now)));
        match self.transact(vec![updating(&update)]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The next job may have it.
    pub async fn release_transcription(&self, recording: &Recording) -> Result<()> {
        let update = self
            .update(keys::recording(&recording.person, &recording.sid))
            .update_expression("REMOVE transcribing_until")
            .condition_expression("attribute_exists(pk)");
        // Its person was erased.
        applied(update).await?;
        Ok(())
    }

    fn recording_item(&self, recording: &Recording) -> Result<Item> {
        let mut new = item(keys::recording(&recording.person, &recording.sid), recording)?;
        expires(&mut new, self.until(Kind::Recordings));
        Ok(new)
    }

    /// `Conflict`: one more lies in our own store since it was read, and is still to be removed.
    pub async fn save_removal(&self, removal: &Removal) -> Result<()> {
        self.put_if(removal_item(removal)?, Some(Condition::keeps(removal.kept.len()))).await
    }
}

impl Condition {
    /// As many lie in our own store as when it was read.
    fn keeps(read: usize) -> Self {
        let read = AttributeValue::N(read.to_string());
        Self::new("attribute_not_exists(kept) OR size(kept) = :read", [(":read", read)])
    }
}

pub(super) fn removal_item(removal: &Removal) -> Result<Item> {
    let mut new = item(keys::recordings(&removal.call), removal)?;
    expires(&mut new, removal.due.max(removal.until) + REMEMBERED_FOR);
    if removal.state == Removing::Planned {
        due(&mut new, removal.call.as_str(), removal.due);
    }
    Ok(new)
}

impl Removal {
    pub fn planned(call: &CallSid, due: Timestamp, until: Timestamp) -> Self {
        Self {
            call: call.clone(),
            state: Removing::Planned,
            due,
            until,
            removed: 0,
            kept: Vec::new(),
            problem: None,
        }
    }

    /// It is tried again when the job got lost.
    #[must_use]
    pub fn queued(self, now: Timestamp) -> Self {
        Self { due: now + REQUEUE_EVERY, ..self }
    }

    /// What it came to.
    #[must_use]
    pub fn tried(self, came: std::result::Result<u32, String>, now: Timestamp) -> Self {
        match came {
            Ok(more) => {
                let state = if now >= self.until { Removing::Done } else { Removing::Planned };
                Self { state, due: self.until, removed: self.removed + more, problem: None, ..self }
            }
            Err(problem) => Self { problem: Some(problem), ..self.queued(now) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_is_done_once_nothing_more_can_come() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let call = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
        let planned = Removal::planned(&call, at(0), at(100));
        let failed = planned.clone().tried(Err("Twilio was not reached".to_owned()), at(1));
        assert_eq!((failed.state, failed.due), (Removing::Planned, at(1) + REQUEUE_EVERY));
        assert!(failed.problem.is_some());
        let first = failed.tried(Ok(1), at(2));
        assert_eq!(
            (first.state, first.due, first.removed, first.problem.clone()),
            (Removing::Planned, at(100), 1, None)
        );
        let second = first.tried(Ok(1), at(100));
        assert_eq!((second.state, second.removed), (Removing::Done, 2));
    }
}
