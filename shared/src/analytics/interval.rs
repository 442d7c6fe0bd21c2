//! How sure a share, a quantile or a mean is, at 95 %.

/// The normal quantile of 95 %.
const Z: f64 = 1.959_964;
/// Ranks are computed in ten-thousandths, in integers; of these, the square of [`Z`].
const UNIT: u64 = 10_000;
const Z_SQUARED: u64 = 38_415;

/// A sum that is divided by a count: a mean, or a ratio to which more adds than is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ratio {
    pub sum: u64,
    /// How many it is divided by.
    pub of: u64,
    /// What these add to the sum themselves; all of it in a mean.
    pub own: u64,
    /// The sum of the squares of all that adds to the sum.
    pub squares: u64,
}

/// Wilson's score interval at 95 % of `part` among `all`; `None` among none. Source: E. B. Wilson, "Probable inference,
/// the law of succession, and statistical inference" (1927).
pub fn wilson(part: u64, all: u64) -> Option<(f64, f64)> {
    if all == 0 {
        return None;
    }
    let (n, p) = (float(all), float(part.min(all)) / float(all));
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let bounded = |edge: f64| (edge / scale).clamp(0.0, 1.0);
    Some((bounded(centre - spread), bounded(centre + spread)))
}

/// Between the values of which ranks, counted from 1, the quantile of `percent` lies: how many of `n` values lie below it
/// follows a binomial distribution, here a normal one with half a value as the correction for continuity. An end is absent
/// where `n` is too small to tell it. Source: W. J. Conover, "Practical Nonparametric Statistics" (1999), 3.2.
pub fn ranks(n: u64, percent: u64) -> (Option<u64>, Option<u64>) {
    let middle = n * percent * (UNIT / 100) + UNIT / 2;
    let spread = (n * percent * (100 - percent) * Z_SQUARED).isqrt() + 1;
    let low = middle.saturating_sub(spread) / UNIT;
    let high = (middle + spread).div_ceil(UNIT);
    (Some(low).filter(|rank| *rank > 0), Some(high).filter(|rank| *rank <= n))
}

impl Ratio {
    /// Of what each of `of` adds: `squares` is the sum of their squares.
    pub fn mean(sum: u64, of: u64, squares: u64) -> Self {
        Self { sum, of, own: sum, squares }
    }

    pub fn value(self) -> f64 {
        float(self.sum) / float(self.of)
    }

    /// Student's interval, by what each adds more or less than the ratio; `None` of fewer than two. Nothing that is added up
    /// is less than nothing. Source: W. G. Cochran, "Sampling Techniques" (1977), 6.4.
    pub fn student(self) -> Option<(f64, f64)> {
        let freedom = self.of.checked_sub(1).filter(|freedom| *freedom > 0).map(float)?;
        let (value, of) = (self.value(), float(self.of));
        let residues = float(self.squares) - 2.0 * value * float(self.own) + value * value * of;
        let spread = student(freedom) * (residues.max(0.0) / (of * freedom)).sqrt();
        Some(((value - spread).max(0.0), value + spread))
    }
}

/// Student's quantile of 95 %, by its expansion. Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions"
/// (1964), 26.7.5.
fn student(freedom: f64) -> f64 {
    let powers = |of: [f64; 4]| of.iter().rev().fold(0.0, |sum, factor| sum * Z * Z + factor) * Z;
    Z + powers([1.0, 1.0, 0.0, 0.0]) / (4.0 * freedom)
        + powers([3.0, 16.0, 5.0, 0.0]) / (96.0 * freedom.powi(2))
        + powers([-15.0, 17.0, 19.0, 3.0]) / (384.0 * freedom.powi(3))
}

/// Whether two counts of equally long times differ by more than chance does, at 95 %.
pub fn differ(one: u64, other: u64) -> bool {
    let (one, other) = (float(one), float(other));
    (one - other).abs() > Z * (one + other).sqrt()
}

/// Exact up to 2^53, which nothing here exceeds in practice.
#[allow(clippy::cast_precision_loss, reason = "shares and means are shown with few digits")]
pub fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `statsmodels.stats.proportion.proportion_confint(method="wilson")`.
    #[test]
    fn the_interval_is_wilsons() {
        let rows = [(0, 10, 0.0, 0.277_53), (5, 10, 0.236_59, 0.763_41), (10, 10, 0.722_47, 1.0)];
        for (part, all, low, high) in rows {
            let (found_low, found_high) = wilson(part, all).unwrap();
            assert!((found_low - low).abs() < 1e-4 && (found_high - high).abs() < 1e-4, "{part} of {all}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    /// Those of the tables for the sign test; and where nothing is above the largest value, that says nothing.
    #[test]
    fn a_quantile_lies_between_ranks() {
        for (n, percent, expected) in [
            (5, 50, (None, None)),
            (10, 50, (Some(2), Some(9))),
            (20, 50, (Some(6), Some(15))),
            (100, 50, (Some(40), Some(61))),
            (10, 95, (Some(8), None)),
            (100, 95, (Some(91), Some(100))),
        ] {
            assert_eq!(ranks(n, percent), expected, "{percent} % of {n}");
        }
    }

    /// Values of `scipy.stats.t.ppf(0.975, freedom)`.
    #[test]
    fn the_quantile_is_students() {
        for (freedom, expected) in [(9.0, 2.262_157), (29.0, 2.045_230), (1_000.0, 1.962_339)] {
            assert!((student(freedom) - expected).abs() < 1e-3, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn a_mean_lies_between_others_and_a_ratio_further_apart() {
        let near = |found: Option<(f64, f64)>, low: f64, high: f64| {
            let (found_low, found_high) = found.unwrap();
            assert!((found_low - low).abs() < 1e-3 && (found_high - high).abs() < 1e-3, "{found:?}");
        };
        // 1 to 10: `scipy.stats.t.interval(0.95, 9, 5.5, scipy.stats.sem(range(1, 11)))`.
        let mean = Ratio::mean(55, 10, 385);
        near(mean.student(), 3.3341, 7.6659);
        // Ten that cost 4 each, and five that cost 1 and are not counted.
        near(Ratio { sum: 45, of: 10, own: 40, squares: 165 }.student(), 3.8470, 5.1530);
        near(Ratio::mean(40, 10, 160).student(), 4.0, 4.0);
        assert_eq!((Ratio::mean(5, 1, 25).student(), Ratio::default().student()), (None, None));
    }

    #[test]
    fn small_counts_differ_by_chance() {
        assert!(!differ(3, 6) && !differ(0, 0) && differ(100, 150));
    }
}
