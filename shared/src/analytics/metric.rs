//! The metrics: each with its name, its definition in words, and what a figure of it is.

mod definitions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::definitions::DEFINITIONS;
use super::{
    Basis, Gaps, Handed, Histogram, Pipeline, Settled, Tally,
    interval::{differ, float, wilson},
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
    pub gaps: Gaps,
}

impl Totals {
    /// Micro-dollars.
    fn cost(&self) -> u64 {
        self.tally.cost.sum().saturating_add(self.settled.cost)
    }
}

/// What a metric is made of.
#[derive(Debug, Clone)]
pub enum Measure<'a> {
    Count(u64),
    Share { part: u64, all: u64 },
    Mean { sum: u64, of: u64 },
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
    /// Wilson's interval at 95 %, of a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    pub high: Option<f64>,
}

impl Measure<'_> {
    pub fn figure(&self) -> Figure {
        let enough = |n: u64| n >= ENOUGH;
        match *self {
            Self::Count(count) => Figure { value: Some(float(count)), n: count, ..Figure::default() },
            Self::Share { part, all } => {
                let value = enough(all).then(|| rounded(float(part) / float(all)));
                let interval = wilson(part, all).filter(|_| enough(all));
                let (low, high) =
                    (interval.map(|(low, _)| rounded(low)), interval.map(|(_, high)| rounded(high)));
                Figure { value, n: all, part: Some(part), low, high }
            }
            Self::Mean { sum, of } => {
                let value = enough(of).then(|| rounded(float(sum) / float(of)));
                Figure { value, n: of, ..Figure::default() }
            }
            Self::Quantile { values, percent } => {
                let n = values.len();
                let value = values.quantile(percent).filter(|_| enough(n)).map(float);
                Figure { value, n, ..Figure::default() }
            }
        }
    }

    /// Whether it changed by more than chance does; `None` where that cannot be told.
    pub fn changed(&self, before: &Self) -> Option<bool> {
        match (self, before) {
            (Self::Count(now), Self::Count(before)) => Some(differ(*now, *before)),
            (Self::Share { part, all }, Self::Share { part: part_before, all: all_before }) => {
                let ((low, high), (low_before, high_before)) =
                    (wilson(*part, *all)?, wilson(*part_before, *all_before)?);
                Some(high < low_before || high_before < low)
            }
            _ => None,
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
        assert_eq!(Measure::Mean { sum: 10, of: 0 }.figure().value, None);
        assert_eq!(Measure::Count(0).figure().value, Some(0.0));
    }

    #[test]
    fn a_change_is_one_if_chance_does_not_make_it() {
        let share = |part, all| Measure::Share { part, all };
        assert_eq!(share(50, 100).changed(&share(55, 100)), Some(false));
        assert_eq!(share(20, 100).changed(&share(80, 100)), Some(true));
        assert_eq!(share(20, 100).changed(&share(0, 0)), None);
        assert_eq!(Measure::Count(3).changed(&Measure::Count(300)), Some(true));
        assert_eq!(Measure::Mean { sum: 1, of: 20 }.changed(&Measure::Count(1)), None);
    }
}
