//! Dates of birth, as eight digits.

use std::ops::RangeInclusive;

use super::{fold::words, score::Agreement};

/// `19490130` of `1949-01-30`, `30.01.1949` and the like: the year is what has four digits. A day that no
/// calendar has is kept, since it is still a slip away from the right one.
pub fn date(text: &str) -> Option<String> {
    let parts = words(text);
    let digits = parts.concat();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match parts.as_slice() {
        [day, month, year] if year.len() == 4 => Some(format!("{year}{month}{day}")),
        _ => Some(digits),
    }
}

pub fn agreement(one: &str, other: &str) -> Agreement {
    if one == other {
        return Agreement::Same;
    }
    let (Some(a), Some(b)) = (parts(one), parts(other)) else { return Agreement::Differs };
    let is_turned = a[0] == b[0] && a[1] == b[2] && a[2] == b[1];
    if is_turned || strsim::osa_distance(one, other) == 1 {
        Agreement::Near
    } else if a.iter().zip(&b).filter(|(a, b)| a == b).count() == 2 {
        Agreement::Part
    } else {
        Agreement::Differs
    }
}

/// Parents and children have names, numbers and houses in common, but are so many years apart.
const A_GENERATION: RangeInclusive<i32> = 15..=60;

pub fn are_a_generation_apart(one: &str, other: &str) -> bool {
    let year = |date: &str| date.get(..4).and_then(|year| year.parse::<i32>().ok());
    year(one).zip(year(other)).is_some_and(|(one, other)| A_GENERATION.contains(&(one - other).abs()))
}

/// Year, month, day.
fn parts(date: &str) -> Option<[&str; 3]> {
    Some([date.get(..4)?, date.get(4..6)?, date.get(6..8)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_any_order_that_shows_the_year() {
        for (text, expected) in [
            ("19490130", Some("19490130")),
            ("1949-01-30", Some("19490130")),
            ("30.01.1949", Some("19490130")),
            ("1949-1-30", None),
            ("January 1949", None),
            ("", None),
        ] {
            assert_eq!(date(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn slips_and_turned_parts_are_seen() {
        for (other, expected) in [
            ("19490130", Agreement::Same),
            ("19490131", Agreement::Near),
            ("19940130", Agreement::Near),
            ("19493001", Agreement::Near),
            ("19490112", Agreement::Part),
            ("19830130", Agreement::Part),
            ("19831012", Agreement::Differs),
        ] {
            assert_eq!(agreement("19490130", other), expected, "{other}");
            assert_eq!(agreement(other, "19490130"), expected, "{other}");
        }
    }
}
