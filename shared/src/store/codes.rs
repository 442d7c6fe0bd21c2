//! One-time codes: one a conversation. Each try counts before it is looked at, so that any number of them at once has no
//! more than are allowed.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Result, Store, StoreError, adding::added, expires, item, keys, updating};
use crate::{
    code::{Code, MAX_TRIES, Sending},
    id::{InteractionId, PersonId},
};

impl Store {
    /// Puts a code in the place of the one that a conversation had.
    pub async fn plan_code(&self, code: &Code) -> Result<()> {
        let mut new = item(keys::code(&code.person, &code.interaction), code)?;
        expires(&mut new, code.expires_at);
        self.put(new).await
    }

    pub async fn code(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<Option<Code>> {
        let found: Option<Code> = self.get(keys::code(person, interaction)).await?;
        Ok(found.filter(|code| code.expires_at > now))
    }

    /// Moves a code on to the state that it has here. A conflict: it is not in that state any more, or another took its
    /// place.
    pub async fn move_code(&self, code: &Code, from: Sending) -> Result<()> {
        let state = |state: Sending| serde_dynamo::to_attribute_value(state);
        let update = self
            .update(keys::code(&code.person, &code.interaction))
            .update_expression("SET #state = :to, digitsHash = :hash")
            .condition_expression("#state = :from AND salt = :salt")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":to", state(code.state)?)
            .expression_attribute_values(":from", state(from)?)
            .expression_attribute_values(":salt", AttributeValue::S(code.salt.clone()))
            .expression_attribute_values(":hash", serde_dynamo::to_attribute_value(&code.digits_hash)?);
        self.transact(vec![updating(&update)]).await
    }

    /// Counts a try, and gives the code that it is for. `NotFound`: there is none that works, or not any more.
    pub async fn try_code(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<Code> {
        let update = self
            .update(keys::code(person, interaction))
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":text", AttributeValue::S("S".to_owned()))
            .expression_attribute_values(":most", AttributeValue::N(MAX_TRIES.to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()));
        let works = "attribute_type(digitsHash, :text) AND attribute_not_exists(usedAt) AND tries < :most AND #ttl > :now";
        let tried = added(update, ("tries :one", None), Some(works)).await?;
        Ok(serde_dynamo::from_item(tried.ok_or(StoreError::NotFound)?)?)
    }

    /// Uses a code up. A conflict: it was used, or another took its place.
    pub async fn use_code(&self, code: &Code, now: Timestamp) -> Result<()> {
        let update = self
            .update(keys::code(&code.person, &code.interaction))
            .update_expression("SET usedAt = :at")
            .condition_expression("salt = :salt AND attribute_not_exists(usedAt)")
            .expression_attribute_values(":at", AttributeValue::S(now.to_string()))
            .expression_attribute_values(":salt", AttributeValue::S(code.salt.clone()));
        self.transact(vec![updating(&update)]).await
    }
}
