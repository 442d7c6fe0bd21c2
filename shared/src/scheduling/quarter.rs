//! Quarter-hours: what a meeting takes up.

use jiff::{SignedDuration, Timestamp};

/// How long one is.
pub const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const SECONDS: i64 = 15 * 60;

/// A quarter-hour, by its number since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quarter(i64);

impl Quarter {
    /// The one that begins exactly then.
    pub fn beginning(at: Timestamp) -> Option<Self> {
        let exact = at.as_second() % SECONDS == 0 && at.subsec_nanosecond() == 0;
        exact.then(|| Self(at.as_second() / SECONDS))
    }

    /// Those that a span touches, in order; of a span that ends before it begins, none.
    pub fn touched(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Self> + use<> {
        let past = to.as_second().div_euclid(SECONDS)
            + i64::from(to.as_second().rem_euclid(SECONDS) != 0 || to.subsec_nanosecond() > 0);
        (from.as_second().div_euclid(SECONDS)..past).map(Self)
    }

    /// When it begins. Whatever is made of a time is one.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(self.0.saturating_mul(SECONDS)).unwrap_or(Timestamp::MAX)
    }

    /// Its last second, on which the clock still shows the same hour.
    pub fn last(self) -> Timestamp {
        let last = self.0.saturating_mul(SECONDS).saturating_add(SECONDS - 1);
        Timestamp::from_second(last).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_touches_what_it_overlaps() {
        let at = |text: &str| format!("2026-12-01T{text}Z").parse::<Timestamp>().unwrap();
        let touched = |from, to| -> Vec<_> {
            Quarter::touched(at(from), at(to)).map(|quarter| quarter.start().to_string()).collect()
        };
        assert_eq!(touched("10:00:00", "10:30:00"), ["2026-12-01T10:00:00Z", "2026-12-01T10:15:00Z"]);
        assert_eq!(touched("10:14:59", "10:15:00.001"), ["2026-12-01T10:00:00Z", "2026-12-01T10:15:00Z"]);
        assert!(touched("10:00:00", "10:00:00").is_empty() && touched("11:00:00", "10:00:00").is_empty());
        assert_eq!(Quarter::beginning(at("10:05:00")), None);
        assert_eq!(Quarter::beginning(at("10:15:00.5")), None);
        assert_eq!(Quarter::beginning(at("10:15:00")).map(Quarter::start), Some(at("10:15:00")));
    }
}
