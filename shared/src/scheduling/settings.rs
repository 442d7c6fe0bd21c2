//! What the owner decides about their calendar: when they may be met, for what and how often.

use garde::Validate;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::routing::settings::{Hours, zone};

const MAX_HOURS: usize = 21;
const MAX_HOLIDAYS: usize = 500;
const MAX_TYPES: usize = 10;
/// A meeting of these lengths, in minutes, and its buffer still fit into one transaction of the table.
const MINUTES: std::ops::RangeInclusive<u16> = 15..=240;
const MAX_BUFFER: u16 = 120;
const MAX_NOTICE: u32 = 30 * 24 * 60;
/// How far ahead anybody may book.
pub const MAX_DAYS_AHEAD: u16 = 180;

/// Where nothing is set there are no hours, so nobody can book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct CalendarSettings {
    /// Of hours, holidays and days: an IANA name, such as `Europe/Berlin`.
    #[garde(custom(zone))]
    pub time_zone: String,
    /// When meetings may take place.
    #[garde(length(max = MAX_HOURS), dive)]
    pub hours: Vec<Hours>,
    #[garde(length(max = MAX_HOLIDAYS))]
    pub holidays: Vec<Date>,
    #[garde(length(min = 1, max = MAX_TYPES), dive, custom(distinct))]
    pub meetings: Vec<MeetingType>,
    /// Kept free behind each meeting, in quarter-hours.
    #[garde(range(max = MAX_BUFFER), custom(quarters))]
    pub buffer_minutes: u16,
    /// Nobody books at shorter notice than this.
    #[garde(range(max = MAX_NOTICE))]
    pub notice_minutes: u32,
    #[garde(range(min = 1, max = MAX_DAYS_AHEAD))]
    pub days_ahead: u16,
    /// Meetings on one day.
    #[garde(range(min = 1, max = 20))]
    pub daily_cap: u8,
    /// How far apart the times lie that are offered: 15, 30 or 60.
    #[garde(custom(step))]
    pub step_minutes: u8,
}

/// What may be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct MeetingType {
    /// As it is called in addresses and by tools: lower-case letters, digits and hyphens.
    #[garde(length(min = 1, max = 40), custom(slug))]
    pub id: String,
    #[garde(length(chars, min = 1, max = 80), custom(line))]
    pub title: String,
    #[garde(range(min = *MINUTES.start(), max = *MINUTES.end()), custom(quarters))]
    pub minutes: u16,
    /// Where it takes place, in words for the guest: "I call you", the link of a video room.
    #[garde(length(chars, max = 300), custom(line_if_any))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The guest is called: whoever books says on which number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks_phone: bool,
}

/// Settings as they are stored: saving them again needs the version that was read; 0 before there were any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedCalendar {
    pub version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub settings: CalendarSettings,
}

impl Default for CalendarSettings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            hours: Vec::new(),
            holidays: Vec::new(),
            meetings: vec![MeetingType {
                id: "intro".to_owned(),
                title: "Introduction".to_owned(),
                minutes: 30,
                place: None,
                asks_phone: false,
            }],
            buffer_minutes: 15,
            notice_minutes: 4 * 60,
            days_ahead: 30,
            daily_cap: 4,
            step_minutes: 30,
        }
    }
}

impl CalendarSettings {
    /// Whether anybody can book at all.
    pub fn is_open(&self) -> bool {
        !self.hours.is_empty()
    }

    /// A zone that is not known was refused when the settings were saved.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The type of this name; without one, the first.
    pub fn meeting(&self, id: Option<&str>) -> Option<&MeetingType> {
        match id {
            Some(id) => self.meetings.iter().find(|meeting| meeting.id == id),
            None => self.meetings.first(),
        }
    }

    /// How long is kept free behind each meeting.
    pub fn buffer(&self) -> SignedDuration {
        SignedDuration::from_mins(self.buffer_minutes.into())
    }

    /// The first and the last moment for which one may book now.
    pub fn horizon(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let after = |duration| now.checked_add(duration).unwrap_or(Timestamp::MAX);
        let notice = SignedDuration::from_mins(self.notice_minutes.into());
        (after(notice), after(SignedDuration::from_hours(24 * i64::from(self.days_ahead))))
    }
}

impl MeetingType {
    /// How long it takes, without what is kept free behind it.
    pub fn length(&self) -> SignedDuration {
        SignedDuration::from_mins(self.minutes.into())
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn distinct(meetings: &[MeetingType], (): &()) -> garde::Result {
    let repeated = |(index, meeting): (usize, &MeetingType)| {
        meetings.get(..index).is_some_and(|before| before.iter().any(|other| other.id == meeting.id))
    };
    match meetings.iter().enumerate().any(repeated) {
        true => Err(garde::Error::new("two have the same id")),
        false => Ok(()),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn quarters(minutes: &u16, (): &()) -> garde::Result {
    if minutes.is_multiple_of(15) { Ok(()) } else { Err(garde::Error::new("not in quarter-hours")) }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn step(minutes: &u8, (): &()) -> garde::Result {
    if matches!(minutes, 15 | 30 | 60) { Ok(()) } else { Err(garde::Error::new("not 15, 30 or 60")) }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn slug(text: &str, (): &()) -> garde::Result {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.bytes().all(plain) {
        Ok(())
    } else {
        Err(garde::Error::new("only lower-case letters, digits and hyphens"))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn line(text: &str, (): &()) -> garde::Result {
    let good = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if good { Ok(()) } else { Err(garde::Error::new("must be one line of text")) }
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn line_if_any(text: &Option<String>, (): &()) -> garde::Result {
    text.as_deref().map_or(Ok(()), |text| line(text, &()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(change: impl FnOnce(&mut CalendarSettings)) -> bool {
        let mut settings = CalendarSettings::default();
        change(&mut settings);
        settings.validate().is_ok()
    }

    #[test]
    fn settings_are_validated() {
        assert!(valid(|_| {}));
        assert!(!valid(|settings| settings.time_zone = "Mars/Olympus".to_owned()));
        assert!(!valid(|settings| settings.meetings.clear()));
        assert!(!valid(|settings| settings.meetings.push(settings.meetings[0].clone())));
        assert!(!valid(|settings| settings.meetings[0].minutes = 20));
        assert!(!valid(|settings| settings.meetings[0].minutes = 255));
        assert!(!valid(|settings| settings.meetings[0].id = "In tro".to_owned()));
        assert!(!valid(|settings| settings.meetings[0].title = "two\nlines".to_owned()));
        assert!(!valid(|settings| settings.meetings[0].place = Some(String::new())));
        assert!(!valid(|settings| settings.buffer_minutes = 10));
        assert!(!valid(|settings| settings.step_minutes = 20));
        assert!(!valid(|settings| settings.days_ahead = 0));
        assert!(!valid(|settings| settings.daily_cap = 0));
        let unknown = serde_json::from_str::<CalendarSettings>(r#"{"colour":"red"}"#);
        assert!(unknown.is_err() && serde_json::from_str::<CalendarSettings>("{}").is_ok());
    }
}
