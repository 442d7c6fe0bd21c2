//! The metrics: each with its name, its definition in words, and what a figure of it is.

mod definitions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::definitions::DEFINITIONS;
use super::{
    Basis, Gaps, Handed, Histogram, Mark, Merged, Pipeline, Settled, Tally,
    interval::{Ratio, differ, float, wilson},
};

/// Below so many, a share, a mean or a quantile says nothing: it is shown as "insufficient data".
pub const ENOUGH: u64 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    /// 0 to 1.
    Share,
    Seconds,
    Milliseconds,
    Hours,
    Days,
    /// Millionths of a US dollar.
    MicroDollars,
}

/// The counts that metrics are computed from: of all, or of a channel or a relationship.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    pub tally: Tally,
    pub settled: Settled,
    pub pipeline: Pipeline,
    pub handed: Handed,
    pub merged: Merged,
    pub gaps: Gaps,
}

impl Totals {
    /// Micro-dollars of all conversations and mails, divided by the conversations with a mark, which cost `own` themselves.
    fn cost_per(&self, mark: Mark, own: u64) -> Measure<'_> {
        Measure::Mean(Ratio {
            sum: self.tally.cost.sum().saturating_add(self.settled.cost),
            of: self.tally.of(mark),
            own,
            squares: self.tally.cost_squares.saturating_add(self.settled.cost_squares()),
        })
    }
}

/// What a metric is made of.
#[derive(Debug, Clone)]
pub enum Measure<'a> {
    Count(u64),
    Share { part: u64, all: u64 },
    Mean(Ratio),
    Quantile { values: &'a Histogram, percent: u64 },
}

pub struct Definition {
    pub key: &'static str,
    /// Under which it is shown, with others.
    pub group: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    pub words: &'static str,
    /// What it counts, to be found one by one; it is told by channel and relationship, too, as far as these have one.
    pub basis: Basis,
    pub of: fn(&Totals) -> Measure<'_>,
}

/// A value, and how much it can be trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Absent where there is too little to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub value: Option<f64>,
    /// Of how many.
    pub n: u64,
    /// How many of these a share counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub part: Option<u64>,
    /// The interval at 95 %: of a share, Wilson's; of a quantile, between two of the values; of a mean, Student's. An end is
    /// absent where there is too little to tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub high: Option<f64>,
}

/// The ends of an interval, where they can be told.
type Ends = (Option<f64>, Option<f64>);

impl Measure<'_> {
    pub fn figure(&self) -> Figure {
        let part = match *self {
            Self::Share { part, .. } => Some(part),
            _ => None,
        };
        let (low, high) = self.interval().unwrap_or_default();
        let (low, high) = (low.map(rounded), high.map(rounded));
        Figure { value: self.value().map(rounded), n: self.n(), part, low, high }
    }

    /// Whether it changed by more than chance does; `None` where that cannot be told.
    pub fn changed(&self, before: &Self) -> Option<bool> {
        if let (Self::Count(now), Self::Count(before)) = (self, before) {
            return Some(differ(*now, *before));
        }
        let ((low, high), (low_before, high_before)) = (self.interval()?, before.interval()?);
        let is_below =
            |one: Option<f64>, other: Option<f64>| one.zip(other).is_some_and(|(one, other)| one < other);
        Some(is_below(high, low_before) || is_below(high_before, low))
    }

    fn n(&self) -> u64 {
        match *self {
            Self::Count(count) => count,
            Self::Share { all, .. } => all,
            Self::Mean(ratio) => ratio.of,
            Self::Quantile { values, .. } => values.len(),
        }
    }

    fn value(&self) -> Option<f64> {
        match *self {
            Self::Count(count) => Some(float(count)),
            _ if self.n() < ENOUGH => None,
            // What happens on a later day than what it is a part of may be more than all.
            Self::Share { part, all } => Some(float(part.min(all)) / float(all)),
            Self::Mean(ratio) => Some(ratio.value()),
            Self::Quantile { values, percent } => values.quantile(percent).map(float),
        }
    }

    /// At 95 %; a count has none, and what is too little to tell has neither.
    fn interval(&self) -> Option<Ends> {
        let both = |(low, high)| (Some(low), Some(high));
        match *self {
            Self::Count(_) => None,
            _ if self.n() < ENOUGH => None,
            Self::Share { part, all } => wilson(part, all).map(both),
            Self::Mean(ratio) => ratio.student().map(both),
            Self::Quantile { values, percent } => {
                let (low, high) = values.between(percent);
                Some((low.map(float), high.map(float)))
            }
        }
    }
}

/// To four places: what follows is noise, and the same everywhere.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_metric_is_defined_once_and_in_words() {
        let keys: BTreeSet<_> = DEFINITIONS.iter().map(|one| one.key).collect();
        let titles: BTreeSet<_> = DEFINITIONS.iter().map(|one| one.title).collect();
        assert_eq!((keys.len(), titles.len()), (DEFINITIONS.len(), DEFINITIONS.len()));
        assert!(DEFINITIONS.iter().all(|one| one.words.len() > 20 && one.words.ends_with('.')));
    }

    #[test]
    fn too_little_is_said_to_be_too_little() {
        let few = Measure::Share { part: 4, all: ENOUGH - 1 }.figure();
        assert_eq!(few, Figure { n: ENOUGH - 1, part: Some(4), ..Figure::default() });
        let enough = Measure::Share { part: 5, all: ENOUGH }.figure();
        assert_eq!((enough.value, enough.low, enough.high), (Some(0.5), Some(0.2366), Some(0.7634)));
        assert_eq!(
            Measure::Mean(Ratio::mean(10, ENOUGH - 1, 20)).figure(),
            Figure { n: ENOUGH - 1, ..Figure::default() }
        );
        assert_eq!(Measure::Mean(Ratio::default()).figure().value, None);
        assert_eq!(Measure::Count(0).figure().value, Some(0.0));
    }

    #[test]
    fn means_and_quantiles_say_how_sure_they_are() {
        let mean = Measure::Mean(Ratio::mean(55, 10, 385)).figure();
        assert_eq!((mean.value, mean.low, mean.high), (Some(5.5), Some(3.3344), Some(7.6656)));
        let mut values = Histogram::default();
        (1..ENOUGH).for_each(|value| values.count(value));
        let told = |values: &Histogram, percent| Measure::Quantile { values, percent }.figure();
        assert_eq!(told(&values, 50), Figure { n: ENOUGH - 1, ..Figure::default() }, "too little to tell");
        values.count(ENOUGH);
        let median = told(&values, 50);
        assert_eq!((median.value, median.low, median.high), (Some(5.0), Some(2.0), Some(9.0)));
        let slow = told(&values, 95);
        assert_eq!(
            (slow.value, slow.low, slow.high),
            (Some(10.0), Some(8.0), None),
            "of ten none tells how slow"
        );
    }

    #[test]
    fn a_part_that_came_later_is_all_at_most() {
        let figure = Measure::Share { part: 12, all: 10 }.figure();
        assert_eq!((figure.value, figure.part, figure.n, figure.high), (Some(1.0), Some(12), 10, Some(1.0)));
    }

    #[test]
    fn a_change_is_one_if_chance_does_not_make_it() {
        let share = |part, all| Measure::Share { part, all };
        assert_eq!(share(50, 100).changed(&share(55, 100)), Some(false));
        assert_eq!(share(20, 100).changed(&share(80, 100)), Some(true));
        assert_eq!(share(20, 100).changed(&share(0, 0)), None);
        assert_eq!(Measure::Count(3).changed(&Measure::Count(300)), Some(true));
        let mean = |sum| Measure::Mean(Ratio::mean(sum, 10, sum * sum / 5));
        assert_eq!((mean(50).changed(&mean(55)), mean(50).changed(&mean(500))), (Some(false), Some(true)));
        assert_eq!(mean(50).changed(&Measure::Mean(Ratio::default())), None);
        assert_eq!(mean(50).changed(&Measure::Count(1)), None);
    }
}
