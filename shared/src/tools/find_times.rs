//! Free times of the owner's calendar, in the words of whoever wants to meet.

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object};
use crate::scheduling::{MeetingType, NoZone, Slot};

pub const DESCRIPTION: &str = "Look up free times for a meeting with the owner. Offer two or three of them, on the \
                               person's own clock; book with book_meeting. Never name a time that this did not give.";
/// Times that are offered.
pub const MAX_TIMES: usize = 6;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[serde(default)]
    pub when: Option<String>,
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub meeting: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Offered {
    Times(Offer),
    /// Nobody can book.
    Closed,
    /// What is wrong with what was asked.
    Refused(&'static str),
    /// It is not clear on which clock they say a time.
    OnNoClock(NoZone),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// On whose clock they are said: an IANA name.
    pub zone: String,
    /// The zone is the owner's, because nobody named one.
    pub is_owners: bool,
    pub meetings: Vec<MeetingType>,
    /// None: nothing is free at all.
    pub slots: Vec<Slot>,
    pub fit: Fit,
}

/// Whether the times are those that were asked for; if not, they are the next that are free, and this is why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    AsAsked,
    /// No time was named.
    Next,
    NotFree,
    Past,
    NoSuchTime,
}

impl Fit {
    /// What the times are introduced with.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsAsked => "These times are free",
            Self::Next => "These are the next free times",
            Self::NotFree => "Nothing is free then; these are the next free times",
            Self::Past => "That time is over; these are the next free times",
            Self::NoSuchTime => "The clock is put forward over that time; these are the next free times",
        }
    }
}

pub fn schema() -> Value {
    object(
        json!({
            "when": {
                "type": "string",
                "description": "When it suits them, in their words: \"Thursday after three\". Left out: the next times.",
            },
            "time_zone": {
                "type": "string",
                "description": "Where the person is, as the IANA calls it: Europe/London. Left out if they did not say.",
            },
            "meeting": { "type": "string", "description": "The id of a type of meeting that an earlier result named." },
        }),
        &["when", "time_zone", "meeting"],
    )
}

pub fn run(_: Arguments, scene: &Scene<'_>) -> Done {
    let offer = match &scene.seen.offered {
        Some(Offered::Times(offer)) => offer,
        Some(Offered::Refused(why)) => return Done::refused(why),
        Some(Offered::OnNoClock(why)) => {
            return Done::says(json!({ "error": why.why(), "time_zone": why.called() }));
        }
        Some(Offered::Closed) | None => {
            return Done::says(json!({
                "open": false,
                "next": "The owner's calendar takes no bookings. Note their times with propose_meeting.",
            }));
        }
    };
    let zone = TimeZone::get(&offer.zone).unwrap_or(TimeZone::UTC);
    let times: Vec<Value> = offer
        .slots
        .iter()
        .map(|slot| json!({ "start": slot.start, "say": said(slot.start, &zone) }))
        .collect();
    let next = match (times.is_empty(), offer.is_owners) {
        (true, _) => "Nothing is free. Note their times with propose_meeting.",
        (false, false) => "Ask which of them suits, and name the clock.",
        (false, true) => {
            "Say that this is the owner's clock, and ask which of them suits, or where they are."
        }
    };
    let meetings: Vec<Value> = offer
        .meetings
        .iter()
        .map(|kind| json!({ "id": kind.id, "title": kind.title, "minutes": kind.minutes }))
        .collect();
    Done::says(json!({
        "open": true,
        "as_asked": offer.fit == Fit::AsAsked,
        "begin": offer.fit.words(),
        "time_zone": offer.zone,
        "clock": clock_of(&offer.zone),
        "is_owners_clock": offer.is_owners,
        "times": times,
        "meetings": meetings,
        "next": next,
    }))
}

/// A time as it is said to somebody: "Tuesday 1 December, 3 pm".
pub fn said(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%A %-d %B, %-I:%M %P").to_string().replace(":00 ", " ")
}

/// A zone as people call it: "New York time". A zone without a place is told by how far it is from UTC, which the names of
/// such zones count the other way round (`Etc/GMT+5` is five hours behind: tz database, `etcetera`).
pub fn clock_of(zone: &str) -> String {
    const PLACELESS: [&str; 6] = ["UTC", "UCT", "Universal", "Zulu", "Greenwich", "Unknown"];
    let place = zone.rsplit('/').next().unwrap_or_default();
    match place.strip_prefix("GMT").map(str::parse::<i8>) {
        Some(Ok(behind)) if behind != 0 => format!("UTC{:+}", -i16::from(behind)),
        Some(_) => "UTC".to_owned(),
        None if place.is_empty() || PLACELESS.contains(&place) => "UTC".to_owned(),
        None => format!("{} time", place.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_without_a_place_says_how_far_it_is() {
        for (zone, clock) in [
            ("Etc/GMT+5", "UTC-5"),
            ("Etc/GMT-14", "UTC+14"),
            ("Etc/GMT+0", "UTC"),
            ("Etc/GMT", "UTC"),
            ("Etc/UTC", "UTC"),
            ("Zulu", "UTC"),
            ("Etc/Unknown", "UTC"),
            ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ] {
            assert_eq!(clock_of(zone), clock, "{zone}");
        }
        for behind in -14..=12_i8 {
            let name = format!("Etc/GMT{behind:+}");
            let offset = TimeZone::get(&name).unwrap().to_offset(Timestamp::UNIX_EPOCH).seconds() / 3600;
            let expected = if offset == 0 { "UTC".to_owned() } else { format!("UTC{offset:+}") };
            assert_eq!(clock_of(&name), expected);
        }
    }

    #[test]
    fn times_and_zones_in_words() {
        let at: Timestamp = "2026-12-01T20:00:00Z".parse().unwrap();
        let rows = [
            ("America/New_York", "Tuesday 1 December, 3 pm", "New York time"),
            ("Asia/Kolkata", "Wednesday 2 December, 1:30 am", "Kolkata time"),
            ("UTC", "Tuesday 1 December, 8 pm", "UTC"),
        ];
        for (zone, time, clock) in rows {
            assert_eq!(
                (said(at, &TimeZone::get(zone).unwrap()).as_str(), clock_of(zone).as_str()),
                (time, clock)
            );
        }
    }
}
