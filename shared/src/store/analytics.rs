//! Counts of days and months that are over, and what happened on a day.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    Condition, HandedOver, Item, Result, Store, StoreError, expires, handoffs, item, keys, unavailable,
};
use crate::{
    analytics::{Period, Rollup, Span, on},
    contact::{Opportunity, Stage},
    follow_up::FollowUp,
    handoff::EMAILED_FOR,
    interaction::Interaction,
    knowledge::gap::Gap,
    merging::{Merge, Merging, Proposal},
    retention::Kind,
    screening::Recovered,
};

/// A rollup as it is kept: its JSON, so that the same counts are the same bytes.
#[derive(Serialize, Deserialize)]
struct Kept {
    rollup: String,
}

/// What a day that goes on came to of conversations that began, and follow-ups that ended, before `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoFar {
    pub until: Timestamp,
    /// When it was last tried to sum up more.
    pub tried_at: Timestamp,
    /// When the conversations of before began that are not in it, because they were not read yet.
    pub unread: Vec<Timestamp>,
    pub rollup: Rollup,
}

impl SoFar {
    fn nothing(date: Date) -> Result<Self> {
        let midnight = begins(date)?;
        let rollup = Rollup::empty(Span::Day(date));
        Ok(Self { until: midnight, tried_at: midnight, unread: Vec::new(), rollup })
    }
}

#[derive(Serialize, Deserialize)]
struct KeptSoFar {
    until: Timestamp,
    tried_at: Timestamp,
    #[serde(default)]
    unread: Vec<Timestamp>,
    #[serde(flatten)]
    kept: Kept,
}

/// The day is closed by then.
const SO_FAR_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Nothing until its midnight, where it was not summed up yet.
    pub async fn so_far(&self, date: Date) -> Result<SoFar> {
        let found: Option<KeptSoFar> = self.get(keys::so_far(date)).await?;
        let Some(KeptSoFar { until, tried_at, unread, kept }) = found else { return SoFar::nothing(date) };
        Ok(SoFar { until, tried_at, unread, rollup: parsed(&kept)? })
    }

    /// Of two who do so at once either may win: each sum is whole by itself.
    pub async fn put_so_far(&self, date: Date, so_far: &SoFar) -> Result<()> {
        let &SoFar { until, tried_at, ref unread, ref rollup } = so_far;
        let kept = KeptSoFar { until, tried_at, unread: unread.clone(), kept: kept(rollup)? };
        let mut new = item(keys::so_far(date), &kept)?;
        expires(&mut new, so_far.until.saturating_add(SO_FAR_KEPT).unwrap_or(so_far.until));
        self.put(new).await
    }

    /// Closes a day, together with its month if it is the last of it. What is closed stays as it is: a conflict says
    /// that somebody else closed it.
    pub async fn close_day(&self, day: &Rollup, month: Option<&Rollup>) -> Result<()> {
        let rollups = std::iter::once(day).chain(month);
        let writes = rollups.map(|rollup| Ok(self.write(rollup_item(rollup)?, Some(Condition::absent()))));
        self.transact(writes.collect::<Result<_>>()?).await
    }

    /// Puts a rollup in the place of what stood there.
    pub async fn replace_rollup(&self, rollup: &Rollup) -> Result<()> {
        self.put(rollup_item(rollup)?).await
    }

    /// The JSON of a rollup, byte for byte.
    pub async fn rollup_as_kept(&self, span: Span) -> Result<Option<String>> {
        let kept: Option<Kept> = self.get(keys::rollup(span)).await?;
        Ok(kept.map(|kept| kept.rollup))
    }

    /// The days of a period that are closed.
    pub async fn closed_days(&self, period: Period) -> Result<Vec<Rollup>> {
        self.rollups(Span::Day(period.from), Span::Day(period.to)).await
    }

    /// The months that are closed, from one to another.
    pub async fn closed_months(&self, months: &[Span]) -> Result<Vec<Rollup>> {
        match (months.first(), months.last()) {
            (Some(first), Some(last)) => self.rollups(*first, *last).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn rollups(&self, from: Span, to: Span) -> Result<Vec<Rollup>> {
        let pages = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(keys::ROLLUPS.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(keys::rollup(from).sk))
            .expression_attribute_values(":to", AttributeValue::S(keys::rollup(to).sk))
            .into_paginator()
            .items()
            .send();
        let items: std::result::Result<Vec<Item>, _> = pages.collect().await;
        items.map_err(unavailable)?.into_iter().map(read).collect()
    }

    /// The last day that is closed; all before it are.
    pub async fn last_closed_day(&self) -> Result<Option<Date>> {
        self.outermost_day(false).await
    }

    pub async fn first_closed_day(&self) -> Result<Option<Date>> {
        self.outermost_day(true).await
    }

    async fn outermost_day(&self, ascending: bool) -> Result<Option<Date>> {
        let output = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :days)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::ROLLUPS.to_owned()))
            .expression_attribute_values(":days", AttributeValue::S(keys::DAYS.to_owned()))
            .projection_expression(keys::SK)
            .scan_index_forward(ascending)
            .limit(1)
            .send()
            .await
            .map_err(unavailable)?;
        output.items.unwrap_or_default().first().map(day_of).transpose()
    }

    /// The first day of which all is kept still: a link counts when its time is over, days after its conversation.
    pub fn kept_from(&self, now: Timestamp) -> Date {
        let days = i64::from(self.retention.days(Kind::Conversations)) - 1;
        let kept_for = SignedDuration::from_hours(24 * days) - EMAILED_FOR;
        on(now.checked_sub(kept_for.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MIN))
    }

    /// All conversations that began on a day.
    pub async fn held_on(&self, date: Date) -> Result<Vec<Interaction>> {
        self.held_since(date, begins(date)?).await
    }

    /// Those of a day that began at this moment or later.
    pub async fn held_since(&self, date: Date, at: Timestamp) -> Result<Vec<Interaction>> {
        let mut held: Vec<Interaction> = self.all_listed(&keys::day(begins(date)?), Some(at)).await?;
        // The list knows milliseconds.
        held.retain(|held| held.started_at >= at);
        Ok(held)
    }

    /// Those of a day that began at this very moment.
    pub async fn held_at(&self, date: Date, at: Timestamp) -> Result<Vec<Interaction>> {
        let output = self
            .list(&keys::day(begins(date)?))
            .key_condition_expression("#list = :list AND list_at = :at")
            .expression_attribute_values(":at", AttributeValue::S(keys::time(at)))
            .send()
            .await
            .map_err(unavailable)?;
        let items = output.items.unwrap_or_default();
        let held: Vec<Interaction> =
            items.into_iter().map(serde_dynamo::from_item).collect::<std::result::Result<_, _>>()?;
        // The list knows milliseconds.
        Ok(held.into_iter().filter(|held| held.started_at == at).collect())
    }

    /// The newest conversations of a day, so many.
    pub async fn newest_of(&self, date: Date, most: i32) -> Result<Vec<Interaction>> {
        self.listed(&keys::day(begins(date)?), most, false).await
    }

    /// All follow-ups that came to an end on a day.
    pub async fn settled_on(&self, date: Date) -> Result<Vec<FollowUp>> {
        self.settled_since(date, begins(date)?).await
    }

    /// Those of a day that came to an end at this moment or later.
    pub async fn settled_since(&self, date: Date, at: Timestamp) -> Result<Vec<FollowUp>> {
        let mut settled: Vec<FollowUp> = self.all_listed(&keys::settled(begins(date)?), Some(at)).await?;
        settled.retain(|settled| settled.settled_at.is_some_and(|settled| settled >= at));
        Ok(settled)
    }

    /// Links and codes of a day whose time was over at this moment or later, and before that one.
    pub async fn handed_over_since(
        &self,
        date: Date,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<HandedOver>> {
        let rows: Vec<handoffs::Row> = self.all_listed(&keys::handed_over(begins(date)?), Some(at)).await?;
        let ended = rows.into_iter().map(HandedOver::from);
        Ok(ended.filter(|ended| (at..until).contains(&ended.handoff.expires_at)).collect())
    }

    /// Gaps that were found or filled on this day or later.
    pub async fn gaps_since(&self, date: Date) -> Result<Vec<Gap>> {
        self.all_listed(keys::GAPS_BY_TIME, Some(begins(date)?)).await
    }

    /// Opportunities to which something happened on this day or later.
    pub async fn moved_since(&self, date: Date) -> Result<Vec<Opportunity>> {
        let since = Some(begins(date)?);
        let stages = Stage::ALL.map(|stage| async move { self.all_listed(&keys::stage(stage), since).await });
        Ok(futures_util::future::try_join_all(stages).await?.concat())
    }

    /// Calls that were taken for spam, and that the owner let through on this day or later.
    pub async fn recovered_since(&self, date: Date) -> Result<Vec<Recovered>> {
        self.all_listed(keys::RECOVERED, Some(begins(date)?)).await
    }

    /// Merges that were made or taken back on this day or later, and pairs of records that were found with different accounts.
    pub async fn paired_since(&self, date: Date) -> Result<(Vec<Merging>, Vec<Proposal>)> {
        let since = Some(begins(date)?);
        let (hold, decided, open): (Vec<Merge>, Vec<Proposal>, Vec<Proposal>) = tokio::try_join!(
            self.all_listed(keys::MERGES, since),
            self.all_listed(keys::DECIDED, since),
            self.all_listed(keys::CONFLICTS, since)
        )?;
        let mut merges: Vec<Merging> = decided.iter().flat_map(|pair| pair.undone.iter().cloned()).collect();
        // One that is being taken back still holds.
        let hold = hold.into_iter().map(|merge| Merging { merge, undone_at: None });
        let hold: Vec<Merging> =
            hold.filter(|one| merges.iter().all(|undone| undone.merge != one.merge)).collect();
        merges.extend(hold);
        // One that is decided meanwhile may be read in both lists.
        let is_open = |pair: &Proposal| {
            decided.iter().all(|known| (&known.one, &known.other) != (&pair.one, &pair.other))
        };
        let open: Vec<Proposal> = open.into_iter().filter(is_open).collect();
        Ok((merges, decided.into_iter().chain(open).collect()))
    }
}

/// The day of a rollup, by its key: its counts need not be read.
fn day_of(found: &Item) -> Result<Date> {
    let sk = found.get(keys::SK).and_then(|sk| sk.as_s().ok());
    let date = sk.and_then(|sk| sk.strip_prefix(keys::DAYS)?.parse().ok());
    date.ok_or_else(|| StoreError::Unreadable("a closed day without its date".to_owned()))
}

fn rollup_item(rollup: &Rollup) -> Result<Item> {
    item(keys::rollup(rollup.span), &kept(rollup)?)
}

fn kept(rollup: &Rollup) -> Result<Kept> {
    let json = serde_json::to_string(rollup).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(Kept { rollup: json })
}

fn read(found: Item) -> Result<Rollup> {
    parsed(&serde_dynamo::from_item(found)?)
}

fn parsed(kept: &Kept) -> Result<Rollup> {
    serde_json::from_str(&kept.rollup).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Midnight in UTC.
pub fn begins(date: Date) -> Result<Timestamp> {
    let midnight = date.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    midnight.map_err(|_| StoreError::Unreadable("a day outside of time".to_owned()))
}
