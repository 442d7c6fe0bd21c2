//! "Tuesday after three", read on the clock of whoever says it.

mod clock;
mod day;
mod zones;

pub use self::zones::{NoZone, zone_called, zone_of_place, zone_said};

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    clock::{Clock, clock},
    day::{days, names_week, weekday_alone},
};

/// A span in which somebody wants to meet. One whose ends are the same is a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    /// In which a meeting begins that is meant.
    pub fn span(self) -> (Timestamp, Timestamp) {
        let after = self.from.checked_add(SignedDuration::from_secs(1)).unwrap_or(self.from);
        (self.from, self.to.max(after))
    }
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("no day and no time is named")]
    Nothing,
    #[error("on this day the clock is put forward over this time: it does not exist")]
    NoSuchTime,
    #[error("this is over")]
    Past,
}

/// Longer than this, nobody names a time.
const MAX_BYTES: usize = 500;
/// So many alternatives are read.
const MAX_WINDOWS: usize = 12;

/// The spans that are named, in order, without those that are over. A day without a time is the whole day; a time
/// without a day is the next such time. Where the clock is put back over a time, both are meant; alternatives
/// ("Monday or Tuesday at ten") share what only one of them names.
pub fn read(said: &str, zone: &TimeZone, now: Timestamp) -> Result<Vec<Window>, Unread> {
    let said = said.get(..said.floor_char_boundary(MAX_BYTES)).unwrap_or_default().to_lowercase();
    let today = now.to_zoned(zone.clone()).date();
    let next_week = said.contains("next week");
    let mut parts: Vec<(Vec<Date>, Option<Clock>)> = said
        .split(['/', ';'])
        .flat_map(|part| part.split(" or "))
        .map(|part| (days(part, today, next_week), clock(part)))
        .filter(|(days, clock)| !days.is_empty() || clock.is_some())
        .collect();
    if parts.is_empty() {
        return Err(Unread::Nothing);
    }
    share(&mut parts);
    let mut windows = Vec::new();
    let mut missing = false;
    for (days, clock) in parts {
        let clock = clock.unwrap_or(Clock::ALL_DAY);
        if days.is_empty() {
            // The next such time: today, or tomorrow if that is over.
            let next = [today, today.tomorrow().unwrap_or(today)].into_iter().find_map(|day| {
                spans(day, clock, zone).map(|found| ahead(found, now)).filter(|found| !found.is_empty())
            });
            windows.extend(next.into_iter().flatten());
        }
        for day in days {
            match spans(day, clock, zone) {
                Some(found) => windows.extend(ahead(found, now)),
                None => missing = true,
            }
        }
    }
    windows.sort();
    windows.dedup();
    windows.truncate(MAX_WINDOWS);
    match (windows.is_empty(), missing) {
        (false, _) => Ok(windows),
        (true, true) => Err(Unread::NoSuchTime),
        (true, false) => Err(Unread::Past),
    }
}

/// The one time of day that is named.
pub fn time_named(said: &str) -> Option<Time> {
    match clock(&said.to_lowercase()) {
        Some(Clock::At(time)) => Some(time),
        _ => None,
    }
}

/// Whether a day is named: whatever day it is today.
pub fn names_day(said: &str) -> bool {
    !days(&said.to_lowercase(), Date::constant(2026, 1, 1), false).is_empty()
}

/// What somebody says to whom days were offered, as it is read: a time without a day is of those days, and "Thursday or
/// Friday" are the first ones from their first on.
pub fn on_days(said: &str, offered: &[Date]) -> String {
    let Some(first) = offered.first() else { return said.to_owned() };
    if !names_day(said) {
        let days: Vec<String> = offered.iter().map(Date::to_string).collect();
        return format!("{} {said}", days.join(" or "));
    }
    if names_week(&said.to_lowercase()) {
        return said.to_owned();
    }
    let parts: Vec<String> = said.split(" or ").map(|part| from_day(part, *first)).collect();
    parts.join(" or ")
}

/// The weekday of a part is the first one from a day on, unless it says otherwise.
fn from_day(part: &str, first: Date) -> String {
    let day = weekday_alone(&part.to_lowercase()).and_then(|weekday| {
        let from = i64::from(weekday.to_monday_zero_offset() - first.weekday().to_monday_zero_offset());
        first.checked_add(from.rem_euclid(7).days()).ok()
    });
    day.map_or_else(|| part.to_owned(), |day| format!("{day} {part}"))
}

/// "Monday or Tuesday at ten" and "Tuesday at three or four": what one lacks, its neighbour has.
fn share(parts: &mut [(Vec<Date>, Option<Clock>)]) {
    for index in 1..parts.len() {
        if parts[index].0.is_empty() {
            let (before, rest) = parts.split_at_mut(index);
            rest[0].0.clone_from(&before[index - 1].0);
        }
    }
    for index in (1..parts.len()).rev() {
        if parts[index - 1].1.is_none() {
            parts[index - 1].1 = parts[index].1;
        }
    }
}

fn ahead(found: Vec<Window>, now: Timestamp) -> Vec<Window> {
    let cut = |window: Window| Window { from: window.from.max(now), ..window };
    found.into_iter().filter(|window| window.to > now).map(cut).collect()
}

/// What the clock of a zone shows on a day, as spans of time. `None`: it shows no such time on that day.
fn spans(day: Date, clock: Clock, zone: &TimeZone) -> Option<Vec<Window>> {
    match clock {
        Clock::At(time) => {
            let moments = moments(day, time, zone);
            (!moments.is_empty())
                .then(|| moments.into_iter().map(|moment| Window { from: moment, to: moment }).collect())
        }
        Clock::Between(from, to) => {
            let from = *moments(day, from, zone).first().or(edge(day, from, zone).as_ref())?;
            let to = match to {
                Some(time) => *moments(day, time, zone).last().or(edge(day, time, zone).as_ref())?,
                None => edge(day.tomorrow().ok()?, Time::midnight(), zone)?,
            };
            (from < to).then(|| vec![Window { from, to }])
        }
    }
}

/// When the clock shows this: once as a rule, never where it is put forward, twice where it is put back.
fn moments(day: Date, time: Time, zone: &TimeZone) -> Vec<Timestamp> {
    let shown = zone.to_ambiguous_timestamp(day.to_datetime(time));
    match shown.offset() {
        AmbiguousOffset::Unambiguous { .. } => shown.compatible().into_iter().collect(),
        AmbiguousOffset::Gap { .. } => Vec::new(),
        AmbiguousOffset::Fold { .. } => {
            let both = [shown.earlier(), shown.later()];
            both.into_iter().flatten().collect()
        }
    }
}

/// The moment that a time stands for as the end of a span, where the clock may jump over it.
fn edge(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok()
}

#[cfg(test)]
mod tests;
