//! Counters by window: how often something may be done, and how much may be spent. Each is one conditional update,
//! so that any number of functions that count at once never let more through.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};

use super::{Result, Store, applied, keys, update_error};
use crate::{error::Error, handoff::hash};

/// At most `most` in each window of `window`, for each who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub name: &'static str,
    pub most: u64,
    pub window: SignedDuration,
}

/// Counts what models cost, which a digest tells of weeks: the others are of no use once their window is over.
pub const MODEL_SPEND: &str = "model-spend";
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(24 * 15);
/// Whose a conversation is for what it costs later: it may go on into the next day before it is read.
pub const BEGUN: &str = "begun-at";
const READ_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// A counter outlives its window by this, against clocks that differ.
const GRACE: SignedDuration = SignedDuration::from_mins(10);

impl Limit {
    /// The window that a time lies in, and when it ends.
    fn window(&self, now: Timestamp) -> (i64, Timestamp) {
        let length = self.window.as_secs().max(1);
        let number = now.as_second().div_euclid(length);
        let ends = Timestamp::from_second((number + 1) * length).unwrap_or(Timestamp::MAX);
        (number, ends)
    }

    /// How long its counter is kept after its window.
    fn kept_for(&self) -> SignedDuration {
        match self.name {
            MODEL_SPEND => TOLD_FOR,
            BEGUN => READ_WITHIN,
            _ => GRACE,
        }
    }
}

impl Store {
    /// Takes `amount` of what a limit allows `who` in this window; `Err` of the inner result: nothing is left, until
    /// then. `who` is kept as a hash.
    pub async fn take(
        &self,
        limit: &Limit,
        who: &str,
        amount: u64,
        now: Timestamp,
    ) -> Result<std::result::Result<(), Timestamp>> {
        let (_, ends) = limit.window(now);
        let Some(before) = limit.most.checked_sub(amount) else { return Ok(Err(ends)) };
        let update = self
            .count(limit, who, number(amount), now)
            .condition_expression("attribute_not_exists(taken) OR taken <= :before")
            .expression_attribute_values(":before", number(before));
        Ok(if applied(update).await? { Ok(()) } else { Err(ends) })
    }

    /// Counts something against each of these limits; an error if it is one too many for one of them.
    pub async fn admit(&self, limits: &[(&Limit, &str)], now: Timestamp) -> std::result::Result<(), Error> {
        for (limit, who) in limits {
            self.take(limit, who, 1, now).await?.map_err(|until| Error::TooMany { until })?;
        }
        Ok(())
    }

    /// Whether `who` is `whom`'s in this window: whoever asks first has it. Of those who ask at once one is first, and asking
    /// again changes nothing. Both are kept as hashes.
    pub async fn is_first(&self, limit: &Limit, who: &str, whom: &str, now: Timestamp) -> Result<bool> {
        let (window, ends) = limit.window(now);
        let update = self
            .update(keys::limit(limit.name, &hash(who), window))
            .update_expression("SET #first = :whom, #ttl = if_not_exists(#ttl, :ttl)")
            .condition_expression("attribute_not_exists(#first) OR #first = :whom")
            .expression_attribute_names("#first", "first")
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":whom", AttributeValue::S(hash(whom)))
            .expression_attribute_values(":ttl", number((ends + limit.kept_for()).as_second()));
        applied(update).await
    }

    /// Whose `who` is in this window, as a hash: the one of whom [`is_first`](Self::is_first) said so.
    pub async fn whose(&self, limit: &Limit, who: &str, now: Timestamp) -> Result<Option<String>> {
        let (window, _) = limit.window(now);
        let row = self.raw(keys::limit(limit.name, &hash(who), window)).await?;
        Ok(row.and_then(|row| row.get("first")?.as_s().ok().cloned()))
    }

    /// Corrects what was taken by what it came to: it is known only afterwards.
    pub async fn correct(&self, limit: &Limit, who: &str, amount: i64, now: Timestamp) -> Result<()> {
        self.count(limit, who, number(amount), now).send().await.map_err(update_error)?;
        Ok(())
    }

    /// What was taken in this window.
    pub async fn taken(&self, limit: &Limit, who: &str, now: Timestamp) -> Result<u64> {
        let (window, _) = limit.window(now);
        let row = self.raw(keys::limit(limit.name, &hash(who), window)).await?;
        let taken = row.and_then(|row| row.get("taken")?.as_n().ok()?.parse::<i64>().ok());
        Ok(taken.and_then(|taken| u64::try_from(taken).ok()).unwrap_or(0))
    }

    fn count(
        &self,
        limit: &Limit,
        who: &str,
        amount: AttributeValue,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let (window, ends) = limit.window(now);
        self.update(keys::limit(limit.name, &hash(who), window))
            .update_expression("ADD taken :amount SET #ttl = if_not_exists(#ttl, :ttl)")
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":amount", amount)
            .expression_attribute_values(":ttl", number((ends + limit.kept_for()).as_second()))
    }
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
