//! A calendar that is kept elsewhere, as a file: iCalendar (RFC 5545) in, busy times out.
//!
//! Crate `calcard` reads the lines, knows the names of zones (also those of Windows), and repeats what is repeated; it
//! is given local times without a zone, so that a repetition stays at its hour where the clock is turned. A time that
//! the clock skips is an hour later, and one that comes twice is the first (§3.3.5).

use std::collections::{BTreeMap, BTreeSet};

use calcard::{
    Entry, Parser,
    common::{PartialDateTime, timezone::Tz},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType as Type, ICalendarEntry, ICalendarFreeBusyType,
        ICalendarFrequency, ICalendarParameterName as Parameter, ICalendarParameterValue,
        ICalendarParticipationStatus, ICalendarPeriod, ICalendarProperty as Name, ICalendarRecurrenceRule,
        ICalendarStatus, ICalendarTransparency, ICalendarValue as Value, timezone::TzResolver,
    },
};
use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

use super::Busy;
use crate::scheduling::ics::is_ours;

/// Times that are worked out for one calendar, from where each repetition began.
const MAX_TIMES: usize = 200_000;
/// Without it something is missing, and what is missing would count as free.
const END: &str = "END:VCALENDAR";
/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// What a calendar says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub busy: Busy,
    /// Entries of which something was not understood. They are busy as far as they were.
    pub unread: u32,
}

/// Why nothing of a file counts, in words for the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("this is no calendar: it holds no VCALENDAR")]
    NotACalendar,
    #[error("the calendar breaks off in the middle")]
    BreaksOff,
    #[error("the calendar repeats more than can be worked out")]
    TooMuch,
}

/// Reads what is busy in a window. Days, and times without a zone, are those of `zone`. What `owner` (an address)
/// declined, and what we invited to ourselves, is not busy.
pub fn read(
    text: &str,
    zone: &TimeZone,
    owner: &str,
    window: (Timestamp, Timestamp),
) -> Result<Reading, Unreadable> {
    let calendars = parsed(text)?;
    let mut spans = Vec::new();
    let (mut unread, mut left) = (0, MAX_TIMES);
    for calendar in &calendars {
        let mut series: BTreeMap<&str, Vec<&ICalendarComponent>> = BTreeMap::new();
        let mut reader = Reader {
            zones: calendar.build_tz_resolver(),
            zone,
            owner,
            window,
            left,
            spans: Vec::new(),
            unread: 0,
        };
        for component in &calendar.components {
            match (&component.component_type, component.uid()) {
                (Type::VEvent, Some(uid)) => series.entry(uid).or_default().push(component),
                (Type::VEvent, None) => reader.series(&[component])?,
                (Type::VFreebusy, _) => reader.published(component),
                _ => {}
            }
        }
        for (uid, components) in series {
            let organizer = components.iter().find_map(|component| component.property(&Name::Organizer));
            let organizer = organizer.and_then(ICalendarEntry::calendar_address);
            if !is_ours(uid, owner)
                || organizer.is_some_and(|organizer| !organizer.eq_ignore_ascii_case(owner))
            {
                reader.series(&components)?;
            }
        }
        left = reader.left;
        unread += reader.unread;
        spans.extend(reader.spans);
    }
    Ok(Reading { busy: Busy::of(spans, window), unread })
}

/// When an event of a message takes place, and when it was said. Times without a zone are those of UTC.
pub(in crate::scheduling) fn times(
    calendar: &ICalendar,
    event: &ICalendarComponent,
) -> (Option<(Timestamp, Timestamp)>, Option<Timestamp>) {
    let mut reader = Reader {
        zones: calendar.build_tz_resolver(),
        zone: &TimeZone::UTC,
        owner: "",
        window: (Timestamp::MIN, Timestamp::MAX),
        left: 1,
        spans: Vec::new(),
        unread: 0,
    };
    reader.single(event);
    let stamp = event.property(&Name::Dtstamp).and_then(|entry| reader.whens(entry).into_iter().next());
    (reader.spans.pop(), stamp.map(|stamp| reader.timestamp(&stamp)))
}

pub(in crate::scheduling) fn parsed(text: &str) -> Result<Vec<ICalendar>, Unreadable> {
    let mut parser = Parser::new(text);
    let mut calendars = Vec::new();
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => calendars.push(calendar),
            Entry::Eof if calendars.is_empty() => return Err(Unreadable::NotACalendar),
            Entry::Eof if !is_whole(text) => {
                return Err(Unreadable::BreaksOff);
            }
            Entry::Eof => return Ok(calendars),
            Entry::UnterminatedComponent(_) => return Err(Unreadable::BreaksOff),
            Entry::TooManyComponents => return Err(Unreadable::TooMuch),
            _ => {}
        }
    }
}

fn is_whole(text: &str) -> bool {
    let text = text.trim_end();
    let end = text.len().checked_sub(END.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(END))
}

/// A day, or a time on the clock of a zone.
#[derive(Debug, Clone)]
enum When {
    Day(Date),
    At(DateTime, TimeZone),
}

#[derive(Debug, Clone, Copy)]
enum Lasts {
    Days(i64),
    Time(SignedDuration),
}

struct Reader<'a> {
    zones: TzResolver<&'a str>,
    zone: &'a TimeZone,
    owner: &'a str,
    window: (Timestamp, Timestamp),
    /// Of [`MAX_TIMES`].
    left: usize,
    spans: Vec<(Timestamp, Timestamp)>,
    unread: u32,
}

impl Reader<'_> {
    /// An event with its repetitions, and those of them that were changed (RECURRENCE-ID).
    fn series(&mut self, components: &[&ICalendarComponent]) -> Result<(), Unreadable> {
        let mut changed = BTreeSet::new();
        let mut repeated = Vec::new();
        for component in components {
            let Some(instead_of) = component.property(&Name::RecurrenceId) else {
                repeated.push(*component);
                continue;
            };
            if instead_of.parameter(&Parameter::Range).is_some() {
                self.unread += 1;
            }
            changed.extend(self.whens(instead_of).iter().map(|when| self.timestamp(when)));
            if self.is_busy(component) {
                self.single(component);
            }
        }
        for component in repeated {
            if self.is_busy(component) {
                self.repeated(component, &changed)?;
            }
        }
        Ok(())
    }

    fn single(&mut self, component: &ICalendarComponent) {
        match self.first(component) {
            Some((start, lasts)) => self.take(&start, lasts),
            None => self.unread += 1,
        }
    }

    fn repeated(
        &mut self,
        component: &ICalendarComponent,
        changed: &BTreeSet<Timestamp>,
    ) -> Result<(), Unreadable> {
        let Some((start, lasts)) = self.first(component) else {
            self.unread += 1;
            return Ok(());
        };
        let mut starts = vec![start.clone()];
        for rule in component.properties(&Name::Rrule) {
            match rule.values.first() {
                Some(Value::RecurrenceRule(rule)) => match self.by_rule(rule, &start)? {
                    Some(by_rule) => starts = by_rule,
                    None => self.unread += 1,
                },
                _ => self.unread += 1,
            }
        }
        for more in component.properties(&Name::Rdate) {
            let (whens, values) = (self.whens(more), more.values.len());
            self.unread += u32::from(whens.len() < values);
            starts.extend(whens);
        }
        let left_out: Vec<When> =
            component.properties(&Name::Exdate).flat_map(|entry| self.whens(entry)).collect();
        let moments: BTreeSet<Timestamp> = left_out.iter().map(|when| self.timestamp(when)).collect();
        let days: BTreeSet<Date> = left_out
            .iter()
            .filter_map(|when| match when {
                When::Day(day) => Some(*day),
                When::At(..) => None,
            })
            .collect();
        for start in starts {
            let moment = self.timestamp(&start);
            let day = match &start {
                When::Day(day) => *day,
                When::At(local, _) => local.date(),
            };
            if !changed.contains(&moment) && !moments.contains(&moment) && !days.contains(&day) {
                self.take(&start, lasts);
            }
        }
        Ok(())
    }

    /// What a rule gives until the window ends. `None`: it is not understood.
    fn by_rule(
        &mut self,
        rule: &ICalendarRecurrenceRule,
        start: &When,
    ) -> Result<Option<Vec<When>>, Unreadable> {
        if matches!(rule.freq, ICalendarFrequency::Secondly | ICalendarFrequency::Minutely) {
            return Ok(None);
        }
        let (first, zone) = match start {
            When::Day(day) => (day.to_datetime(Time::midnight()), self.zone.clone()),
            When::At(local, zone) => (*local, zone.clone()),
        };
        let end = self.window.1.to_zoned(zone.clone()).datetime();
        if first > end {
            return Ok(Some(Vec::new()));
        }
        let until = rule.until.as_ref().and_then(|until| self.until(until, &zone));
        if rule.until.is_some() && until.is_none() {
            return Ok(None);
        }
        let until = until.map_or(end, |until| until.min(end));
        if until < first {
            return Ok(Some(vec![start.clone()]));
        }
        let floating = |at: DateTime| Value::PartialDateTime(Box::new(partial(at)));
        let rule = ICalendarRecurrenceRule { until: Some(partial(until)), ..rule.clone() };
        let entry = |name, value| ICalendarEntry { name, params: Vec::new(), values: vec![value] };
        let event = ICalendarComponent {
            component_type: Type::VEvent,
            entries: vec![
                entry(Name::Dtstart, floating(first)),
                entry(Name::Rrule, Value::RecurrenceRule(Box::new(rule))),
            ],
            component_ids: Vec::new(),
        };
        let expanded = ICalendar { components: vec![event] }.expand_dates(Tz::Floating, self.left);
        if !expanded.errors.is_empty() {
            return Ok(None);
        }
        self.left = self.left.saturating_sub(expanded.events.len());
        if self.left == 0 {
            return Err(Unreadable::TooMuch);
        }
        let locals = expanded.events.iter().filter_map(|event| {
            let second = event.start.naive_local().and_utc().timestamp();
            Some(Timestamp::from_second(second).ok()?.to_zoned(TimeZone::UTC).datetime())
        });
        let starts = locals.map(|local| match start {
            When::Day(_) => When::Day(local.date()),
            When::At(..) => When::At(local, zone.clone()),
        });
        Ok(Some(starts.collect()))
    }

    /// The last local time that a rule may give: UNTIL is in UTC, or a day (§3.3.10).
    fn until(&self, until: &PartialDateTime, zone: &TimeZone) -> Option<DateTime> {
        match self.when(until, None)? {
            When::Day(day) => Some(day.at(23, 59, 59, 0)),
            When::At(local, _) if until.tz_hour.is_none() => Some(local),
            at @ When::At(..) => Some(self.timestamp(&at).to_zoned(zone.clone()).datetime()),
        }
    }

    /// When it begins, and how long it takes (§3.6.1).
    fn first(&mut self, component: &ICalendarComponent) -> Option<(When, Lasts)> {
        let entry = component.property(&Name::Dtstart)?;
        let start = self.whens(entry).into_iter().next()?;
        if let Some(name) = entry.tz_id()
            && self.zones.resolve(name).is_none()
        {
            self.unread += 1;
        }
        if let Some(end) = component.property(&Name::Dtend) {
            let end = self.whens(end).into_iter().next()?;
            let lasts = match (&start, &end) {
                (When::Day(from), When::Day(to)) => {
                    Lasts::Days(from.until(*to).map_or(1, |days| i64::from(days.get_days())).max(1))
                }
                _ => Lasts::Time(self.timestamp(&start).duration_until(self.timestamp(&end))),
            };
            return Some((start, lasts));
        }
        let seconds = match component.property(&Name::Duration).map(|entry| entry.values.first()) {
            Some(Some(Value::Duration(duration))) => Some(duration.as_seconds()),
            Some(_) => return None,
            None => None,
        };
        let lasts = match (&start, seconds) {
            (When::Day(_), seconds) => {
                Lasts::Days(seconds.map_or(1, |seconds| (seconds + DAY - 1) / DAY).max(1))
            }
            (When::At(..), seconds) => Lasts::Time(SignedDuration::from_secs(seconds.unwrap_or(0))),
        };
        Some((start, lasts))
    }

    /// Somebody's free-busy time as a server publishes it (§3.6.4).
    fn published(&mut self, component: &ICalendarComponent) {
        for entry in component.properties(&Name::Freebusy) {
            let is_free = |kind: &ICalendarParameterValue| {
                matches!(kind, ICalendarParameterValue::Fbtype(ICalendarFreeBusyType::Free))
            };
            if entry.parameter(&Parameter::Fbtype).is_some_and(is_free) {
                continue;
            }
            for value in &entry.values {
                let span = match value {
                    Value::Period(ICalendarPeriod::Range { start, end }) => self
                        .when(start, None)
                        .zip(self.when(end, None))
                        .map(|(start, end)| (self.timestamp(&start), self.timestamp(&end))),
                    Value::Period(ICalendarPeriod::Duration { start, duration }) => {
                        self.when(start, None).and_then(|start| {
                            let start = self.timestamp(&start);
                            let lasts = SignedDuration::from_secs(duration.as_seconds());
                            Some((start, start.checked_add(lasts).ok()?))
                        })
                    }
                    _ => None,
                };
                match span {
                    Some(span) => self.spans.push(span),
                    None => self.unread += 1,
                }
            }
        }
    }

    fn is_busy(&self, component: &ICalendarComponent) -> bool {
        let outlook = |entry: &&ICalendarEntry| matches!(&entry.name, Name::Other(name) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-BUSYSTATUS"));
        let shows_free = component.entries.iter().find(outlook).is_some_and(|entry| {
            entry
                .values
                .first()
                .and_then(Value::as_text)
                .is_some_and(|text| text.eq_ignore_ascii_case("FREE"))
        });
        let declined = component.properties(&Name::Attendee).any(|attendee| {
            let is_owner =
                attendee.calendar_address().is_some_and(|address| address.eq_ignore_ascii_case(self.owner));
            let standing = attendee.parameter(&Parameter::Partstat);
            is_owner
                && matches!(
                    standing,
                    Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Declined))
                )
        });
        let cancelled = component.status() == Some(&ICalendarStatus::Cancelled);
        let transparent = component.transparency() == Some(&ICalendarTransparency::Transparent);
        !(cancelled || transparent || shows_free || declined)
    }

    fn whens(&self, entry: &ICalendarEntry) -> Vec<When> {
        let values = entry.values.iter().filter_map(|value| match value {
            Value::PartialDateTime(at) => Some(&**at),
            Value::Period(ICalendarPeriod::Range { start, .. } | ICalendarPeriod::Duration { start, .. }) => {
                Some(start)
            }
            _ => None,
        });
        values.filter_map(|at| self.when(at, entry.tz_id())).collect()
    }

    fn when(&self, at: &PartialDateTime, zone: Option<&str>) -> Option<When> {
        let (year, month, day) = (i16::try_from(at.year?).ok()?, at.month?, at.day?);
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let Some(hour) = at.hour else { return Some(When::Day(date)) };
        let small = |number: Option<u8>| i8::try_from(number.unwrap_or(0)).ok();
        // A leap second is the one before it.
        let second = small(at.second)?.min(59);
        let time = Time::new(i8::try_from(hour).ok()?, small(at.minute)?, second, 0).ok()?;
        let zone = match at.tz_hour {
            Some(hours) => {
                let seconds = i32::from(hours) * 3600 + i32::from(at.tz_minute.unwrap_or(0)) * 60;
                Offset::from_seconds(if at.tz_minus { -seconds } else { seconds }).ok()?.to_time_zone()
            }
            None => zone.and_then(|name| self.named(name)).unwrap_or_else(|| self.zone.clone()),
        };
        Some(When::At(date.to_datetime(time), zone))
    }

    fn named(&self, name: &str) -> Option<TimeZone> {
        match self.zones.resolve(name)? {
            Tz::Floating => None,
            Tz::Fixed(offset) => Some(Offset::from_seconds(offset.local_minus_utc()).ok()?.to_time_zone()),
            Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
        }
    }

    fn timestamp(&self, when: &When) -> Timestamp {
        let zoned = match when {
            When::Day(day) => day.to_zoned(self.zone.clone()),
            When::At(local, zone) => local.to_zoned(zone.clone()),
        };
        zoned.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    fn take(&mut self, start: &When, lasts: Lasts) {
        let from = self.timestamp(start);
        let to = match (start, lasts) {
            (When::Day(day), Lasts::Days(days)) => {
                let end = Span::new().try_days(days).and_then(|days| day.checked_add(days));
                end.map_or(Timestamp::MAX, |day| self.timestamp(&When::Day(day)))
            }
            (When::At(..), Lasts::Days(days)) => {
                from.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(from)
            }
            (_, Lasts::Time(time)) => from.checked_add(time).unwrap_or(from),
        };
        if to > self.window.0 && from < self.window.1 {
            self.spans.push((from, to));
        }
    }
}

/// A time without a zone.
fn partial(at: DateTime) -> PartialDateTime {
    let small = |number: i8| u8::try_from(number).ok();
    PartialDateTime {
        year: u16::try_from(at.year()).ok(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
        second: small(at.second()),
        ..PartialDateTime::default()
    }
}

#[cfg(test)]
mod tests;
