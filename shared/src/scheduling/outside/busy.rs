//! Times at which the owner is busy elsewhere.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::scheduling::{QUARTER, Quarter};

/// Spans in seconds since 1970 (UTC), in whole quarter-hours, in order and apart: of half a year they fit into one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Busy(Vec<(i64, i64)>);

impl Busy {
    /// Of spans in any order, what lies in a window. What ends before it begins, or at once, is no time.
    pub fn of(
        spans: impl IntoIterator<Item = (Timestamp, Timestamp)>,
        window: (Timestamp, Timestamp),
    ) -> Self {
        let quarter = QUARTER.as_secs();
        let mut spans: Vec<(i64, i64)> = spans
            .into_iter()
            .map(|(from, to)| (from.max(window.0), to.min(window.1)))
            .filter(|(from, to)| from < to)
            .map(|(from, to)| {
                let end = to.as_second() + i64::from(to.subsec_nanosecond() > 0);
                let past = end.div_euclid(quarter) + i64::from(end.rem_euclid(quarter) > 0);
                (from.as_second().div_euclid(quarter) * quarter, past * quarter)
            })
            .collect();
        spans.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
        for (from, to) in spans {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        Self(apart)
    }

    /// The quarter-hours that are busy in a window.
    pub fn quarters(&self, window: (Timestamp, Timestamp)) -> impl Iterator<Item = Quarter> {
        let at = |second: i64| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        let spans = self.0.iter().map(move |(from, to)| (at(*from).max(window.0), at(*to).min(window.1)));
        spans.flat_map(|(from, to)| Quarter::touched(from, to))
    }

    pub fn spans(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(clock: &str) -> Timestamp {
        format!("2026-12-01T{clock}Z").parse().unwrap()
    }

    #[test]
    fn spans_are_whole_quarters_in_order_and_apart() {
        let window = (at("08:00:00"), at("18:00:00"));
        let spans = [
            (at("12:00:00"), at("13:00:00")),
            (at("09:07:00"), at("09:30:00.5")),
            (at("09:45:00"), at("10:00:00")),
            (at("12:30:00"), at("12:45:00")),
            (at("07:00:00"), at("08:10:00")),
            (at("17:50:00"), at("23:00:00")),
            (at("11:00:00"), at("11:00:00")),
            (at("16:00:00"), at("15:00:00")),
        ];
        let busy = Busy::of(spans, window);
        let shown: Vec<String> = busy
            .0
            .iter()
            .map(|(from, to)| {
                let clock = |second| Timestamp::from_second(second).unwrap().strftime("%H:%M").to_string();
                format!("{}-{}", clock(*from), clock(*to))
            })
            .collect();
        assert_eq!(shown, ["08:00-08:15", "09:00-10:00", "12:00-13:00", "17:45-18:00"]);
        let within: Vec<Timestamp> =
            busy.quarters((at("09:30:00"), at("12:15:00"))).map(Quarter::start).collect();
        assert_eq!(within, [at("09:30:00"), at("09:45:00"), at("12:00:00")]);
    }

    #[test]
    fn half_a_year_of_every_other_quarter_fits_into_an_item() {
        let (from, to) = (at("00:00:00"), at("00:00:00") + jiff::SignedDuration::from_hours(24 * 190));
        let spans = Quarter::touched(from, to).step_by(2).map(|quarter| (quarter.start(), quarter.last()));
        let busy = Busy::of(spans, (from, to));
        assert_eq!(busy.spans(), 190 * 48);
        let text = serde_json::to_string(&busy).unwrap();
        assert!(text.len() < 300_000 && serde_json::from_str::<Busy>(&text).unwrap() == busy);
    }
}
