//! Times and durations in words.

use jiff::{SignedDuration, Timestamp};
use twin::elapsed::ago;

/// A point in time: for machines, on the clock, and seen from now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub iso: String,
    pub absolute: String,
    pub relative: String,
}

impl Moment {
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self {
            iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            absolute: at.strftime("%-d %b %Y, %H:%M UTC").to_string(),
            relative: ago(now.duration_since(at)),
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// `1 minute`, `2 minutes`
pub fn counted(count: impl Into<i64>, unit: &str) -> String {
    let count = count.into();
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// How long something took: `42 s`, `4 min 12 s`, `1 h 5 min`. A negative one took no time.
pub fn lasted(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A place in a recording: `02:05`.
pub fn offset(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_from_now() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let rows = [("2026-03-10T12:04:00Z", "just now"), ("2026-02-17T11:00:00Z", "3 weeks ago")];
        for (at, expected) in rows {
            assert_eq!(Moment::new(at.parse().unwrap(), now).relative, expected, "{at}");
        }
    }

    #[test]
    fn on_the_clock() {
        let at: Timestamp = "2026-03-01T09:05:59.250Z".parse().unwrap();
        let moment = Moment::new(at, at);
        assert_eq!(moment.absolute, "1 Mar 2026, 09:05 UTC");
        assert_eq!(moment.iso, "2026-03-01T09:05:59Z");
    }

    #[test]
    fn durations() {
        let rows = [
            (-5, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (252, "4 min 12 s"),
            (3600, "1 h 0 min"),
            (3965, "1 h 6 min"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(lasted(SignedDuration::from_secs(seconds)), expected);
        }
        assert_eq!([offset(0), offset(65_900), offset(3_725_000)], ["00:00", "01:05", "62:05"]);
    }
}
