//! How sure a share is.

/// The normal quantile of 95 %.
const Z: f64 = 1.959_964;

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

    #[test]
    fn small_counts_differ_by_chance() {
        assert!(!differ(3, 6) && !differ(0, 0) && differ(100, 150));
    }
}
