//! How often values of a size came up, in buckets that are an eighth of a power of two wide: what is read from them is
//! at most an eighth too high, and any number of them add up exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::interval::ranks;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(BTreeMap<u16, u64>);

/// Buckets of each power of two.
const PARTS: u64 = 8;
const BITS: u32 = PARTS.trailing_zeros();

impl Histogram {
    pub fn count(&mut self, value: u64) {
        *self.0.entry(bucket(value)).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    /// How many values there are.
    pub fn len(&self) -> u64 {
        self.0.values().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `percent` of the values do not exceed, by the upper end of its bucket.
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        self.at((self.len() * percent).div_ceil(100).max(1)).map(upper)
    }

    /// Between which values that quantile lies at 95 %, by the outer ends of their buckets; an end is absent where there are
    /// too few to tell it.
    pub fn between(&self, percent: u64) -> (Option<u64>, Option<u64>) {
        let (low, high) = ranks(self.len(), percent);
        let found = |rank: Option<u64>| rank.and_then(|rank| self.at(rank));
        (found(low).map(lower), found(high).map(upper))
    }

    /// The bucket of the value of a rank, counted from 1.
    fn at(&self, rank: u64) -> Option<u16> {
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, count)| {
            seen += count;
            (seen >= rank).then_some(*bucket)
        })
    }
}

/// Small values have a bucket each.
fn bucket(value: u64) -> u16 {
    if value < PARTS {
        return u16::try_from(value).unwrap_or(u16::MAX);
    }
    let power = value.ilog2();
    let part = (value >> (power - BITS)) & (PARTS - 1);
    u16::try_from(u64::from(power - BITS + 1) * PARTS + part).unwrap_or(u16::MAX)
}

/// The largest value of a bucket.
fn upper(bucket: u16) -> u64 {
    let wide = if u64::from(bucket) < PARTS { 1 } else { 1_u64 << (u64::from(bucket) / PARTS - 1) };
    lower(bucket).saturating_add(wide - 1)
}

/// And the smallest.
fn lower(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < PARTS {
        return bucket;
    }
    let lower = u128::from(PARTS + bucket % PARTS) << (bucket / PARTS - 1);
    u64::try_from(lower).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_is_at_most_an_eighth_too_high(value in any::<u64>()) {
            let read = upper(bucket(value));
            prop_assert!(read >= value && read - value <= value / 8, "{value} is read as {read}");
            let from = lower(bucket(value));
            prop_assert!(from <= value && bucket(from) == bucket(value) && bucket(read) == bucket(value));
        }

        #[test]
        fn parts_add_up_to_the_whole(values in prop::collection::vec(0_u64..1_000_000, 0..50), cut in 0_usize..50) {
            let all = |values: &[u64]| {
                let mut histogram = Histogram::default();
                for value in values {
                    histogram.count(*value);
                }
                histogram
            };
            let (one, other) = values.split_at(cut.min(values.len()));
            let mut sum = all(other);
            sum.add(&all(one));
            prop_assert_eq!(sum, all(&values));
        }
    }

    #[test]
    fn a_quantile_is_a_value_that_so_many_do_not_exceed() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(50), None);
        for value in 1..=100 {
            histogram.count(value);
        }
        let median = histogram.quantile(50).unwrap();
        assert!((50..=56).contains(&median), "{median}");
        assert_eq!(histogram.quantile(0), Some(1));
        assert!(histogram.quantile(100).unwrap() >= 100);
        assert_eq!(histogram.between(50), (Some(40), Some(63)), "of the 40th and the 61st");
        assert_eq!(histogram.between(95), (Some(88), Some(103)), "of the 91st and the last");
        assert_eq!(Histogram::default().between(50), (None, None));
    }
}
