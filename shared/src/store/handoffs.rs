//! Handoffs by the hash of their secret: redeemed once.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::{Result, Store, StoreError, expires, item, keys, update_error};
use crate::handoff::{Handoff, hash};

impl Store {
    pub async fn save_handoff(&self, handoff: &Handoff) -> Result<()> {
        let mut new = item(keys::handoff(&handoff.secret_hash), handoff)?;
        expires(&mut new, handoff.expires_at);
        self.put_elsewhere(&handoff.person, new, None).await
    }

    /// Uses a link up. Expired, used and unknown ones are all `NotFound`.
    pub async fn redeem_handoff(&self, secret: &str, now: Timestamp) -> Result<Handoff> {
        let update = self
            .update(keys::handoff(&hash(secret)))
            .update_expression("SET redeemed_at = :at")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(redeemed_at) AND #ttl > :now",
            )
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":at", AttributeValue::S(keys::time(now)))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let output = match update.map_err(update_error) {
            Err(StoreError::Conflict) => return Err(StoreError::NotFound),
            other => other?,
        };
        let found = output.attributes.ok_or(StoreError::NotFound)?;
        Ok(serde_dynamo::from_item(found)?)
    }
}
