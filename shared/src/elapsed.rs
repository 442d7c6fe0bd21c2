//! How long ago something was, in words: the same on a page that is rendered here, in a script of it, and in a brief.

use jiff::SignedDuration;

/// From which on a unit is told, in seconds: a month and a year as they are on average.
pub const STEPS: [(&str, i64); 6] = [
    ("minute", 60),
    ("hour", 3_600),
    ("day", 86_400),
    ("week", 604_800),
    ("month", 2_629_800),
    ("year", 31_557_600),
];

/// `just now`, `1 minute ago`, `3 weeks ago`: what has passed in full.
pub fn ago(passed: SignedDuration) -> String {
    let seconds = passed.as_secs();
    let Some((unit, length)) = STEPS.iter().rfind(|(_, length)| seconds >= *length) else {
        return "just now".to_owned();
    };
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_passed_in_full() {
        let (hour, day) = (3_600, 86_400);
        let rows = [
            (-240, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (hour - 1, "59 minutes ago"),
            (hour, "1 hour ago"),
            (day, "1 day ago"),
            (7 * day - 1, "6 days ago"),
            (7 * day, "1 week ago"),
            (21 * day, "3 weeks ago"),
            (30 * day, "4 weeks ago"),
            (31 * day, "1 month ago"),
            (365 * day, "11 months ago"),
            (366 * day, "1 year ago"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(ago(SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
