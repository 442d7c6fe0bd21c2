//! The counts of a day, of a month, or of any time: the same shape, and they add up.

mod fold;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use self::fold::Day;
use super::{Gaps, Handed, Merged, Pipeline, Settled, Span, Tally, Via};
use crate::{contact::RelationshipKind, interaction::Channel};

pub const HOURS_A_WEEK: usize = 7 * 24;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollup {
    pub span: Span,
    /// By who it was and how they came: nobody is named.
    pub by_channel: BTreeMap<Channel, BTreeMap<RelationshipKind, Tally>>,
    /// Conversations that are no spam by hour of the week in UTC, from Monday at midnight.
    pub hours: BTreeMap<Channel, BTreeMap<u8, u64>>,
    /// Of these, those that the twin did not hold to an end.
    pub uncovered: BTreeMap<Channel, BTreeMap<u8, u64>>,
    pub pipeline: BTreeMap<Via, BTreeMap<RelationshipKind, Pipeline>>,
    pub settled: BTreeMap<Via, BTreeMap<RelationshipKind, Settled>>,
    pub handed: Handed,
    pub merged: Merged,
    pub gaps: Gaps,
}

impl Rollup {
    pub fn empty(span: Span) -> Self {
        Self {
            span,
            by_channel: BTreeMap::new(),
            hours: BTreeMap::new(),
            uncovered: BTreeMap::new(),
            pipeline: BTreeMap::new(),
            settled: BTreeMap::new(),
            handed: Handed::default(),
            merged: Merged::default(),
            gaps: Gaps::default(),
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (channel, of_channel) in &other.by_channel {
            let sums = self.by_channel.entry(*channel).or_default();
            for (relationship, tally) in of_channel {
                sums.entry(*relationship).or_default().add(tally);
            }
        }
        for (sums, added) in [(&mut self.hours, &other.hours), (&mut self.uncovered, &other.uncovered)] {
            for (channel, hours) in added {
                let sums = sums.entry(*channel).or_default();
                for (hour, count) in hours {
                    *sums.entry(*hour).or_default() += count;
                }
            }
        }
        for (via, of_channel) in &other.pipeline {
            let sums = self.pipeline.entry(*via).or_default();
            for (relationship, pipeline) in of_channel {
                sums.entry(*relationship).or_default().add(pipeline);
            }
        }
        for (via, of_channel) in &other.settled {
            let sums = self.settled.entry(*via).or_default();
            for (relationship, settled) in of_channel {
                sums.entry(*relationship).or_default().add(settled);
            }
        }
        self.handed.add(&other.handed);
        self.merged.add(&other.merged);
        self.gaps.add(&other.gaps);
    }

    /// All of these together, as those of `span`.
    pub fn sum<'a>(span: Span, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::empty(span), |mut sum, part| {
            sum.add(part);
            sum
        })
    }
}

/// The day of a time, in UTC.
pub fn on(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
