//! The period that somebody asks for.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    analytics::{MAX_DAYS, Period, on},
    error::Error,
};

/// Days where nothing else is asked for.
const DAYS: i64 = 30;

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Json,
    Csv,
}

/// The last `days`, or the days `from` one `to` another; in UTC.
pub fn period(
    days: Option<i64>,
    from: Option<Date>,
    to: Option<Date>,
    now: Timestamp,
) -> Result<Period, Error> {
    let today = on(now);
    match (days, from, to) {
        (days, None, None) => match days.unwrap_or(DAYS) {
            days if (1..=MAX_DAYS).contains(&days) => Ok(Period::last(days, today)),
            _ => Err(Error::Invalid(format!("days is 1 to {MAX_DAYS}"))),
        },
        (None, Some(from), to) => {
            Period::new(from, to.unwrap_or(today), today).map_err(|error| Error::Invalid(error.to_string()))
        }
        _ => Err(Error::Invalid("a period is days, or from and to".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_is_asked_for_in_one_way() {
        let now = "2026-03-10T12:00:00Z".parse().unwrap();
        let (from, to) = (date(2026, 3, 1), date(2026, 3, 5));
        assert_eq!(period(None, None, None, now).unwrap().days(), DAYS);
        assert_eq!(period(Some(7), None, None, now).unwrap().from, date(2026, 3, 4));
        assert_eq!(period(None, Some(from), Some(to), now).unwrap().days(), 5);
        assert_eq!(period(None, Some(from), None, now).unwrap().to, date(2026, 3, 10));
        for (days, from, to) in [
            (Some(0), None, None),
            (Some(i64::MIN), None, None),
            (Some(MAX_DAYS + 1), None, None),
            (Some(7), Some(from), None),
            (None, None, Some(to)),
            (None, Some(to), Some(from)),
            (None, Some(from), Some(date(2026, 3, 11))),
        ] {
            assert!(
                matches!(period(days, from, to, now), Err(Error::Invalid(_))),
                "{days:?} {from:?} {to:?}"
            );
        }
    }
}
