//! Counters by window: how often something may be done, and how much may be spent. Each is one conditional update,
//! so that any number of functions that count at once never let more through.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Item, Result, Store, adding::added, applied, keys};
use crate::{error::Error, handoff::hash};

/// At most `most` in each window of `window`, for each who asks; or on each day of a place, if that is when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub name: &'static str,
    pub most: u64,
    pub window: SignedDuration,
}

/// A day as the clock of a place shows it, from midnight to midnight: 23 hours or 25 where it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDay {
    pub begins: Timestamp,
    pub ends: Timestamp,
}

/// In which window something counts: the limit's own that a time lies in, or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    On(LocalDay),
}

/// Counts what models cost, which a digest tells of weeks: the others are of no use once their window is over.
pub const MODEL_SPEND: &str = "model-spend";
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(24 * 15);
/// Whose a conversation is for what it costs later: it may go on into the next day before it is read.
pub const BEGUN: &str = "begun-at";
const READ_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// A counter outlives its window by this, against clocks that differ.
const GRACE: SignedDuration = SignedDuration::from_mins(10);

impl LocalDay {
    /// The one that a time lies in.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let there = at.to_zoned(zone.clone());
        let begins = there.start_of_day().map_or(Timestamp::MIN, |midnight| midnight.timestamp());
        let next = there.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
        Self { begins, ends: next.map_or(Timestamp::MAX, |midnight| midnight.timestamp()) }
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl From<LocalDay> for When {
    fn from(day: LocalDay) -> Self {
        Self::On(day)
    }
}

impl Limit {
    /// The number of a window, and when it ends.
    fn window(&self, when: When) -> (i64, Timestamp) {
        let now = match when {
            When::At(now) => now,
            When::On(day) => return (day.begins.as_second(), day.ends),
        };
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
        when: impl Into<When>,
    ) -> Result<std::result::Result<(), Timestamp>> {
        let when = when.into();
        let (_, ends) = limit.window(when);
        let Some(before) = limit.most.checked_sub(amount) else { return Ok(Err(ends)) };
        let taken = self.count(limit, who, number(amount), when, Some(before)).await?;
        Ok(taken.map(drop).ok_or(ends))
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
    pub async fn is_first(
        &self,
        limit: &Limit,
        who: &str,
        whom: &str,
        when: impl Into<When>,
    ) -> Result<bool> {
        let (window, ends) = limit.window(when.into());
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
        let (window, _) = limit.window(now.into());
        let row = self.raw(keys::limit(limit.name, &hash(who), window)).await?;
        Ok(row.and_then(|row| row.get("first")?.as_s().ok().cloned()))
    }

    /// Whether this is one of the `most` of `who` that go on at once; asking again changes nothing. One that nobody says is
    /// over counts until the window is. Both are kept as hashes.
    pub async fn begin_one(
        &self,
        limit: &Limit,
        who: &str,
        which: &str,
        when: impl Into<When>,
    ) -> Result<bool> {
        let (window, ends) = limit.window(when.into());
        let update = self
            .update(keys::limit(limit.name, &hash(who), window))
            .update_expression("ADD lasting :one SET #ttl = if_not_exists(#ttl, :ttl)")
            .condition_expression(
                "attribute_not_exists(lasting) OR size(lasting) < :most OR contains(lasting, :which)",
            )
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":one", AttributeValue::Ss(vec![hash(which)]))
            .expression_attribute_values(":which", AttributeValue::S(hash(which)))
            .expression_attribute_values(":most", number(limit.most))
            .expression_attribute_values(":ttl", number((ends + limit.kept_for()).as_second()));
        applied(update).await
    }

    /// It is over: `when` is when it began.
    pub async fn end_one(&self, limit: &Limit, who: &str, which: &str, when: impl Into<When>) -> Result<()> {
        let (window, _) = limit.window(when.into());
        let update = self
            .update(keys::limit(limit.name, &hash(who), window))
            .update_expression("DELETE lasting :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", AttributeValue::Ss(vec![hash(which)]));
        applied(update).await?;
        Ok(())
    }

    /// Corrects what was taken by what it came to: it is known only afterwards.
    pub async fn correct(&self, limit: &Limit, who: &str, amount: i64, when: impl Into<When>) -> Result<()> {
        self.count(limit, who, number(amount), when.into(), None).await?;
        Ok(())
    }

    /// What was taken in this window.
    pub async fn taken(&self, limit: &Limit, who: &str, when: impl Into<When>) -> Result<u64> {
        let (window, _) = limit.window(when.into());
        let row = self.raw(keys::limit(limit.name, &hash(who), window)).await?;
        let taken = row.and_then(|row| row.get("taken")?.as_n().ok()?.parse::<i64>().ok());
        Ok(taken.and_then(|taken| u64::try_from(taken).ok()).unwrap_or(0))
    }

    /// Counts an amount, unless more than this was counted before: then None.
    async fn count(
        &self,
        limit: &Limit,
        who: &str,
        amount: AttributeValue,
        when: When,
        before: Option<u64>,
    ) -> Result<Option<Item>> {
        let (window, ends) = limit.window(when);
        let update = self
            .update(keys::limit(limit.name, &hash(who), window))
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":amount", amount)
            .expression_attribute_values(":ttl", number((ends + limit.kept_for()).as_second()));
        let (update, is_left) = match before {
            Some(before) => (
                update.expression_attribute_values(":before", number(before)),
                Some("attribute_not_exists(taken) OR taken <= :before"),
            ),
            None => (update, None),
        };
        added(update, ("taken :amount", Some("#ttl = if_not_exists(#ttl, :ttl)")), is_left).await
    }
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_that_of_the_clock_there() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let limit = Limit { name: "test", most: 1, window: SignedDuration::from_hours(24) };
        let window = |time: &str| limit.window(LocalDay::of(at(time), &zone).into());
        // Their afternoon is over midnight of UTC.
        assert_eq!(window("2026-06-01T20:00:00Z"), window("2026-06-02T06:59:59Z"));
        assert_ne!(window("2026-06-02T06:59:59Z").0, window("2026-06-02T07:00:00Z").0);
        assert_eq!(window("2026-06-01T20:00:00Z").1, at("2026-06-02T07:00:00Z"));
        // Clocks go forward on 8 March, and back on 1 November.
        for (time, begins, ends) in [
            ("2026-03-08T20:00:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-01T09:30:00Z", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
        ] {
            let day = LocalDay::of(at(time), &zone);
            assert_eq!(day, LocalDay { begins: at(begins), ends: at(ends) });
        }
        // Where they do so at midnight, the day begins an hour later.
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        let day = LocalDay::of(at("2026-04-24T12:00:00Z"), &cairo);
        assert_eq!(day, LocalDay { begins: at("2026-04-23T22:00:00Z"), ends: at("2026-04-24T21:00:00Z") });
    }
}
