//! Idempotency keys: what a key was first used for, so that the same key for something else is noticed. They lie with
//! the person whose key it is.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};

use super::{Result, Store, StoreError, keys, update_error};
use crate::{handoff::hash, id::PersonId};

/// A key may stand for something else after this.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// This, from now on.
    First,
    /// This, as it did before.
    Again,
    ForSomethingElse,
}

impl Store {
    /// Whether a key stands for `what`, as it does from its first use on.
    pub async fn once(&self, person: &PersonId, key: &str, what: &str, now: Timestamp) -> Result<Stands> {
        let number = |at: Timestamp| AttributeValue::N(at.as_second().to_string());
        let update = self
            .update(keys::once(person, &hash(key)))
            .return_values(ReturnValue::AllOld)
            .update_expression("SET stands_for = :what, #ttl = :until")
            .condition_expression("attribute_not_exists(pk) OR stands_for = :what OR #ttl < :now")
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":what", AttributeValue::S(hash(what)))
            .expression_attribute_values(":until", number(now + KEPT))
            .expression_attribute_values(":now", number(now));
        match update.send().await.map_err(update_error) {
            Ok(before) => {
                let stood = before.attributes.and_then(|mut before| before.remove("stands_for"));
                Ok(if stood == Some(AttributeValue::S(hash(what))) { Stands::Again } else { Stands::First })
            }
            Err(StoreError::Conflict) => Ok(Stands::ForSomethingElse),
            Err(error) => Err(error),
        }
    }
}
