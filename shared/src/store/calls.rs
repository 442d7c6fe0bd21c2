//! Calls by their Twilio SID: one row, whatever is repeated or late.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Condition, Limit, Removal, Result, Store, StoreError, applied, expires, item, keys,
    recordings::removal_item, set, update_error,
};
use crate::{
    id::{CallSid, InteractionId, PersonId},
    identity::{Assurance, Phone, Signature},
    retention::Kind,
    routing::{Handling, RouteKind},
    screening::{Reason, Recovered, Screening},
    wire::{trace::Trace, twilio::webhook::CallStatus},
};

/// How long a call's row is kept: longer than any call and its late callbacks.
pub const CALL_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);

const TAKE_TRIES: u32 = 5;

/// A call as the webhook took it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    pub sid: CallSid,
    pub person: PersonId,
    pub interaction: InteractionId,
    /// Absent when withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Phone>,
    pub route: RouteKind,
    #[serde(default)]
    pub handling: Handling,
    /// What spoke against a stranger's call.
    #[serde(default)]
    pub screening: Screening,
    pub level: Assurance,
    /// What the network says of the number.
    #[serde(default)]
    pub signature: Signature,
    pub at: Timestamp,
    pub status: CallStatus,
    /// The owner was rung first, and did not take it: noted with the fallback, whose ticket says so again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_taken: bool,
    /// Since when it is to go on in text, because no realtime model was to be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub falls_back_at: Option<Timestamp>,
    /// Since when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fell_back_at: Option<Timestamp>,
    /// Of the webhook that made the row: so a repeated one gets the same ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

impl Call {
    /// The owner sees what spoke against it: they were asked who calls, or the number is not theirs.
    pub fn is_suspect(&self) -> bool {
        self.handling == Handling::Challenge || self.screening.reasons.contains(&Reason::NotTheirNumber)
    }
}

/// Calls that go on at once, counted where they began: one whose end is never told is forgotten with its hour.
fn at_once(most: u16) -> Limit {
    Limit { name: "calls_at_once", most: most.into(), window: SignedDuration::from_hours(1) }
}

/// Whose calls that go on are counted together: of a number, unless the network says that it is the caller's, and of all who
/// tell none.
fn shared_line(number: Option<&Phone>, signature: Signature) -> Option<String> {
    match number {
        Some(_) if signature == Signature::Full => None,
        Some(number) => Some(format!("{} {signature:?}", number.as_str())),
        None => Some("withheld".to_owned()),
    }
}

/// What is left of the row of a call whose person was erased: its ticket is used up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Erased {
    pub erased_at: Timestamp,
    pub redeemed_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Of(Box<Call>),
    Erased(Erased),
}

/// Whether a ticket's call may begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Redeemed {
    Now,
    Before,
}

impl Store {
    /// That a call was no spam, once. A conflict: it is known.
    pub async fn recover(&self, recovered: &Recovered) -> Result<()> {
        let mut new = item(keys::recovered(&recovered.person, &recovered.interaction), recovered)?;
        set(&mut new, keys::LIST, keys::RECOVERED);
        set(&mut new, keys::LIST_AT, keys::time(recovered.at));
        expires(&mut new, self.until(Kind::Conversations));
        self.put_new(new).await
    }

    /// Somebody's calls that were no spam.
    pub async fn recovered(&self, person: &PersonId) -> Result<Vec<Recovered>> {
        self.across(person, keys::LET_THROUGH).await
    }

    /// `Erased` if its person was.
    pub async fn call(&self, sid: &CallSid) -> Result<Option<Call>> {
        match self.get(keys::call(sid)).await? {
            Some(Row::Of(call)) => Ok(Some(*call)),
            Some(Row::Erased(row)) => {
                tracing::debug!(call = %sid, at = %row.erased_at, "the person of this call was erased");
                Err(StoreError::Erased)
            }
            None => Ok(None),
        }
    }

    /// Writes the row of a new call, or returns the one that is there. With it goes when its recordings are to be
    /// removed: whether there are any, Twilio knows.
    pub async fn take_call(&self, call: Call) -> Result<Call> {
        let mut new = item(keys::call(&call.sid), &call)?;
        expires(&mut new, call.at + CALL_KEPT_FOR);
        let remove_at = self.retention.until(Kind::Recordings, call.at);
        let removal = removal_item(&Removal::planned(&call.sid, remove_at, remove_at))?;
        for _ in 0..TAKE_TRIES {
            let mut writes = self.elsewhere(&call.person, new.clone(), Some(Condition::absent()))?;
            writes.push(self.write(removal.clone(), None));
            match self.transact(writes).await {
                Ok(()) => return Ok(call),
                // Somebody else is writing this very row: theirs may not be visible yet.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            if let Some(taken) = self.call(&call.sid).await? {
                return Ok(taken);
            }
        }
        Err(StoreError::Conflict)
    }

    /// Whether it is one of the `most` that may go on at once, where that is counted; asking again changes nothing.
    pub async fn call_begins(
        &self,
        sid: &CallSid,
        (number, signature): (Option<&Phone>, Signature),
        most: u16,
        now: Timestamp,
    ) -> Result<bool> {
        match shared_line(number, signature) {
            Some(line) => self.begin_one(&at_once(most), &line, sid.as_str(), now).await,
            None => Ok(true),
        }
    }

    /// Another may go on in its place. The same again changes nothing.
    pub async fn call_is_over(&self, call: &Call) -> Result<()> {
        match shared_line(call.number.as_ref(), call.signature) {
            Some(line) => self.end_one(&at_once(0), &line, call.sid.as_str(), call.at).await,
            None => Ok(()),
        }
    }

    /// Uses up the one chance of a call's ticket.
    pub async fn redeem_ticket(&self, sid: &CallSid, now: Timestamp) -> Result<Redeemed> {
        self.redeem(sid, "pk", ("redeemed_at", "redeemed_by"), now).await
    }

    /// Uses up a chance that there is with `given`: once, and for whoever does so. AWS's SDK asks again when an answer is
    /// lost, and by its name it is told the same.
    async fn redeem(
        &self,
        sid: &CallSid,
        given: &str,
        (at, by): (&str, &str),
        now: Timestamp,
    ) -> Result<Redeemed> {
        let me = format!("{:032x}", rand::random::<u128>());
        let update = self
            .update(keys::call(sid))
            .update_expression(format!("SET {at} = :now, {by} = :me"))
            .condition_expression(format!(
                "attribute_exists({given}) AND (attribute_not_exists({at}) OR {by} = :me)"
            ))
            .expression_attribute_values(":now", AttributeValue::S(keys::time(now)))
            .expression_attribute_values(":me", AttributeValue::S(me));
        Ok(if applied(update).await? { Redeemed::Now } else { Redeemed::Before })
    }

    /// The call goes on in text; its conversation stays open.
    pub async fn fall_back(&self, sid: &CallSid, not_taken: bool, now: Timestamp) -> Result<()> {
        let update =
            self.update(keys::call(sid)).update_expression("SET fallsBackAt = :now, notTaken = :not_taken");
        let update = update.expression_attribute_values(":not_taken", AttributeValue::Bool(not_taken));
        // The same again, if the answer was lost.
        let unset = "attribute_exists(pk) AND (attribute_not_exists(fallsBackAt) OR fallsBackAt = :now)";
        let update = update.condition_expression(unset);
        let update = update.expression_attribute_values(":now", AttributeValue::S(keys::time(now)));
        update.send().await.map_err(update_error)?;
        Ok(())
    }

    /// Uses up the one chance of going on in text.
    pub async fn redeem_fallback(&self, sid: &CallSid, now: Timestamp) -> Result<Redeemed> {
        self.redeem(sid, "fallsBackAt", ("fellBackAt", "fellBackBy"), now).await
    }

    /// Moves a call's status forward. `false`: it was there or further already, and nothing changed.
    pub async fn advance_call(&self, sid: &CallSid, to: CallStatus) -> Result<bool> {
        let earlier: Vec<CallStatus> = to.before().collect();
        if earlier.is_empty() {
            return Ok(false);
        }
        let names: Vec<String> = (0..earlier.len()).map(|n| format!(":from{n}")).collect();
        let mut update = self
            .update(keys::call(sid))
            .update_expression("SET #status = :to")
            .condition_expression(format!("#status IN ({})", names.join(", ")))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":to", serde_dynamo::to_attribute_value(to)?);
        for (name, from) in names.into_iter().zip(earlier) {
            update = update.expression_attribute_values(name, serde_dynamo::to_attribute_value(from)?);
        }
        applied(update).await
    }
}
