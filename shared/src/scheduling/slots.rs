//! Which times are free: one rule decides for a list of times and for the one that somebody books.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CalendarSettings, MeetingType, Quarter};

/// A time that can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What is not free: quarter-hours, and how many meetings there are on a day of the owner's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    pub quarters: BTreeSet<Quarter>,
    pub meetings: BTreeMap<Date, u8>,
    /// What is taken elsewhere is not known any more: nothing is free.
    pub is_unknown: bool,
}

/// Why a time cannot be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("meetings do not begin at this minute")]
    NotAStart,
    #[error("this is too soon")]
    TooSoon,
    #[error("this is too far ahead")]
    TooFar,
    #[error("this is a holiday")]
    Holiday,
    #[error("this is outside the hours for meetings")]
    OutsideHours,
    #[error("there are enough meetings on this day")]
    DayFull,
    #[error("this time is taken")]
    Taken,
    #[error("the calendar cannot be read now, so nothing can be booked")]
    Unknown,
}

/// Whether a meeting may begin then, and the time that it takes. On the owner's clock it lies within one span of hours,
/// from its first second to its last, also where the clock is turned.
pub fn offered(
    settings: &CalendarSettings,
    meeting: &MeetingType,
    taken: &Taken,
    start: Timestamp,
    now: Timestamp,
) -> Result<Slot, Refusal> {
    if taken.is_unknown {
        return Err(Refusal::Unknown);
    }
    let (first, last) = settings.horizon(now);
    if start < first {
        return Err(Refusal::TooSoon);
    }
    let end = start.checked_add(meeting.length()).map_err(|_| Refusal::TooFar)?;
    let clear = end.checked_add(settings.buffer()).map_err(|_| Refusal::TooFar)?;
    if start > last {
        return Err(Refusal::TooFar);
    }
    let zone = settings.zone();
    let local = start.to_zoned(zone.clone());
    let step = i8::try_from(settings.step_minutes).unwrap_or(i8::MAX);
    if Quarter::beginning(start).is_none() || local.minute() % step != 0 {
        return Err(Refusal::NotAStart);
    }
    if settings.holidays.contains(&local.date()) {
        return Err(Refusal::Holiday);
    }
    let within = settings.hours.iter().any(|hours| {
        Quarter::touched(start, end).all(|quarter| {
            [quarter.start(), quarter.last()].iter().all(|at| {
                let clock = at.to_zoned(zone.clone());
                clock.date() == local.date() && hours.hold(&clock)
            })
        })
    });
    if !within {
        return Err(Refusal::OutsideHours);
    }
    if taken.meetings.get(&local.date()).is_some_and(|count| *count >= settings.daily_cap) {
        return Err(Refusal::DayFull);
    }
    if Quarter::touched(start, clear).any(|quarter| taken.quarters.contains(&quarter)) {
        return Err(Refusal::Taken);
    }
    Ok(Slot { start, end })
}

/// The free times that begin in a span, in order. What of the span cannot be booked anyway costs nothing.
pub fn slots<'a>(
    settings: &'a CalendarSettings,
    meeting: &'a MeetingType,
    taken: &'a Taken,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> impl Iterator<Item = Slot> + 'a {
    let (first, last) = settings.horizon(now);
    Quarter::touched(from.max(first), to.min(last))
        .map(Quarter::start)
        .filter(move |start| *start >= from)
        .filter_map(move |start| offered(settings, meeting, taken, start, now).ok())
}

/// Of times those at which people are up on the clock of a zone; all, if there are no such.
pub fn waking(slots: Vec<Slot>, zone: &TimeZone) -> Vec<Slot> {
    const HOURS: Range<i8> = 8..20;
    let is_day = |slot: &Slot| HOURS.contains(&slot.start.to_zoned(zone.clone()).hour());
    let by_day: Vec<Slot> = slots.iter().copied().filter(is_day).collect();
    if by_day.is_empty() { slots } else { by_day }
}

/// At most `most` of times, over the days on which they lie and over each day: on one day alone more, of many days a few.
pub fn spread(slots: &[Slot], zone: &TimeZone, most: usize) -> Vec<Slot> {
    /// Of one day, where there are others.
    const EACH: usize = 2;
    let mut days: BTreeMap<Date, Vec<Slot>> = BTreeMap::new();
    for slot in slots {
        days.entry(slot.start.to_zoned(zone.clone()).date()).or_default().push(*slot);
    }
    let each = most.checked_div(days.len()).unwrap_or(0).max(EACH);
    let mut chosen: Vec<Slot> = days
        .into_values()
        .flat_map(|day| {
            let count = each.min(day.len());
            (0..count).filter_map(move |number| day.get(number * day.len() / count).copied())
        })
        .collect();
    chosen.truncate(most);
    chosen
}

/// The days on which a span lies, on the clock of a zone.
pub fn days_of(zone: &TimeZone, (from, to): (Timestamp, Timestamp)) -> impl Iterator<Item = Date> + use<> {
    let last = to.to_zoned(zone.clone()).date();
    let first = from.to_zoned(zone.clone()).date();
    std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
}

#[cfg(test)]
mod tests;
