//! Which time a report is about, and of what parts it is put together: whole months where it is long, days else.

use std::{fmt, str::FromStr};

use jiff::{ToSpan as _, civil::Date};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Days of a period at most: two years.
pub const MAX_DAYS: i64 = 731;
/// A period of more days is shown by months.
const BY_DAYS: i64 = 92;

/// Days from one to another, both of them included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("a period ends on the day it begins, or later")]
    Backwards,
    #[error("a period has at most {MAX_DAYS} days")]
    TooLong,
    #[error("a period begins in the year 2000 or later, and ends today or before")]
    OutOfRange,
}

/// A day or a month, written as `2026-03-01` and `2026-03`. Days sort by time, and so do months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    Day(Date),
    /// By its first day.
    Month(Date),
}

impl Period {
    pub fn new(from: Date, to: Date, today: Date) -> Result<Self, PeriodError> {
        let period = Self { from, to };
        if from > to {
            return Err(PeriodError::Backwards);
        }
        if from.year() < 2000 || to > today {
            return Err(PeriodError::OutOfRange);
        }
        if period.days() > MAX_DAYS { Err(PeriodError::TooLong) } else { Ok(period) }
    }

    /// The last `days` days, today included.
    pub fn last(days: i64, today: Date) -> Self {
        Self { from: back(today, days.clamp(1, MAX_DAYS) - 1), to: today }
    }

    /// Equally long, and right before.
    pub fn before(self) -> Self {
        let to = back(self.from, 1);
        Self { from: back(to, self.days() - 1), to }
    }

    pub fn days(self) -> i64 {
        i64::from((self.to - self.from).get_days()) + 1
    }

    pub fn holds(self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }

    pub fn is_by_months(self) -> bool {
        self.days() > BY_DAYS
    }

    /// The months that lie wholly in it, if it is shown by months.
    pub fn months(self) -> Vec<Span> {
        if !self.is_by_months() {
            return Vec::new();
        }
        let first = self.from.first_of_month();
        let first = if first == self.from { first } else { next_month(first) };
        std::iter::successors(Some(first), |month| Some(next_month(*month)))
            .take_while(|month| month.last_of_month() <= self.to)
            .map(Span::Month)
            .collect()
    }

    /// The days that lie in none of these months, as ranges.
    pub fn beside(self, months: &[Span]) -> Vec<Period> {
        let (Some(first), Some(last)) = (months.first(), months.last()) else { return vec![self] };
        let head = Self { from: self.from, to: back(first.first_day(), 1) };
        let tail = Self { from: forward(last.last_day(), 1), to: self.to };
        [head, tail].into_iter().filter(|part| part.from <= part.to).collect()
    }

    pub fn dates(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.from), |date| Some(forward(*date, 1)))
            .take_while(move |date| *date <= self.to)
            .take(usize::try_from(self.days()).unwrap_or(0))
    }
}

impl Span {
    pub fn month_of(date: Date) -> Self {
        Self::Month(date.first_of_month())
    }

    pub fn first_day(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::Month(date) => date.first_of_month(),
        }
    }

    pub fn last_day(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::Month(date) => date.last_of_month(),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(out, "{date}"),
            Self::Month(date) => write!(out, "{:04}-{:02}", date.year(), date.month()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as 2026-03-01, a month as 2026-03")]
pub struct SpanError;

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let read = match text.len() {
            7 => format!("{text}-01").parse().map(Self::Month),
            10 => text.parse().map(Self::Day),
            _ => return Err(SpanError),
        };
        read.map_err(|_| SpanError)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$", "examples": ["2026-03-01", "2026-03"] })
    }
}

/// The end of time stays where it is.
fn back(date: Date, days: i64) -> Date {
    date.checked_sub(days.days()).unwrap_or(Date::MIN)
}

fn forward(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(Date::MAX)
}

fn next_month(first: Date) -> Date {
    forward(first.last_of_month(), 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Each day of a period lies in exactly one of its parts.
        #[test]
        fn parts_cover_a_period_once(start in 0_i64..2000, days in 1_i64..=MAX_DAYS) {
            let from = forward(date(2024, 1, 1), start);
            let period = Period { from, to: forward(from, days - 1) };
            prop_assert_eq!(period.days(), days);
            let months = period.months();
            let mut covered: Vec<Date> = period.beside(&months).into_iter().flat_map(Period::dates).collect();
            for month in &months {
                covered.extend(Period { from: month.first_day(), to: month.last_day() }.dates());
            }
            covered.sort_unstable();
            prop_assert_eq!(covered, period.dates().collect::<Vec<_>>());
            prop_assert!(period.beside(&months).iter().all(|part| part.days() <= BY_DAYS));
            prop_assert_eq!(period.before().days(), days);
        }
    }

    #[test]
    fn a_period_that_cannot_be_is_refused() {
        let today = date(2026, 11, 29);
        let rows = [
            (date(2026, 11, 29), date(2026, 11, 28), Err(PeriodError::Backwards)),
            (date(2026, 11, 29), date(2026, 11, 30), Err(PeriodError::OutOfRange)),
            (date(1999, 1, 1), date(1999, 1, 2), Err(PeriodError::OutOfRange)),
            (date(2024, 1, 1), date(2026, 11, 1), Err(PeriodError::TooLong)),
        ];
        for (from, to, expected) in rows {
            assert_eq!(Period::new(from, to, today), expected);
        }
        assert_eq!(Period::new(today, today, today).unwrap().days(), 1);
    }

    #[test]
    fn a_span_is_written_as_it_is_read() {
        for text in ["2026-03-01", "2026-03"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for wrong in ["", "2026", "2026-13", "2026-02-30", "2026-3-1", "2026-030"] {
            assert_eq!(wrong.parse::<Span>(), Err(SpanError), "{wrong}");
        }
    }
}
