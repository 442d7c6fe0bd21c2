//! Of the calendar: what is booked, what that takes, and calendars elsewhere.

use jiff::{civil::Date, tz::TimeZone};

use super::{Key, OWNER, key, part, person, time};
use crate::{
    id::{BookingId, OutsideId, PersonId},
    scheduling::Quarter,
};

pub fn feed() -> Key {
    key(OWNER.to_owned(), "FEED")
}

pub fn outside(id: &OutsideId) -> Key {
    key(OWNER.to_owned(), format!("OUTSIDE#{id}"))
}

pub fn outside_prefix() -> Key {
    key(OWNER.to_owned(), "OUTSIDE#")
}

pub fn connecting(state_hash: &str) -> Key {
    key(format!("CONNECTING#{}", part(state_hash)), "CONNECTING")
}

pub const TO_MIRROR: &str = "TO_MIRROR#";
pub const MIRRORED: &str = "MIRRORED#";

pub fn to_mirror(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{TO_MIRROR}{id}"))
}

pub fn mirrored(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{MIRRORED}{id}"))
}

pub const REMNANT: &str = "REMNANT";

pub fn remnant(id: &BookingId) -> Key {
    key(format!("{REMNANT}#{id}"), REMNANT)
}

pub const BOOKING: &str = "BOOKING#";

pub fn booking(person_id: &PersonId, id: &BookingId) -> Key {
    key(person(person_id), format!("{BOOKING}{id}"))
}

/// What is taken in a month of UTC.
pub fn calendar_month(day: Date) -> String {
    format!("CALENDAR#{}", day.strftime("%Y-%m"))
}

pub const QUARTERS: &str = "QUARTER#";

pub fn quarter(quarter: Quarter) -> Key {
    let start = quarter.start();
    let month = calendar_month(start.to_zoned(TimeZone::UTC).date());
    key(month, format!("{QUARTERS}{}", time(start)))
}

pub const PLACES: &str = "PLACE#";

pub fn places(day: Date) -> String {
    format!("{PLACES}{day}#")
}

pub fn place(day: Date, number: u8) -> Key {
    key(calendar_month(day), format!("{}{number:03}", places(day)))
}

pub fn booking_link(secret_hash: &str) -> Key {
    key(format!("BOOKING_LINK#{}", part(secret_hash)), "BOOKING_LINK")
}
