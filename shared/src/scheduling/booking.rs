//! A meeting that somebody booked, and what it claims of the owner's time. Plain data.

use jiff::{SignedDuration, Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CalendarSettings, MeetingType, Quarter, Slot};
use crate::{
    id::{BookingId, InteractionId, PersonId},
    identity::{Email, Phone},
};

/// How long a time is held for somebody who is asked whether it suits them.
pub const HELD_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How long its links work after a meeting.
pub const LINKED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Characters of what a meeting is about.
pub const MAX_TOPIC: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Booking {
    pub id: BookingId,
    pub person: PersonId,
    /// The conversation that it was made in; none on the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
    /// As it was when it was booked.
    pub meeting: MeetingType,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Nothing else begins before: the buffer behind it.
    pub clear_until: Timestamp,
    /// The owner's day, on which it has a numbered place.
    pub day: Date,
    pub place: u8,
    pub guest: Guest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    pub standing: Standing,
    /// What whoever booked called it: the same again is the same booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of the invitation: counts what changed (RFC 5545 §3.8.7.4).
    pub sequence: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// Who comes, as they said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Where they want to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// On whose clock times are told to them: an IANA name.
    pub time_zone: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Standing {
    /// For whoever is asked whether it suits them; free again at this time.
    Held {
        until: Timestamp,
    },
    Booked,
    Cancelled {
        by: Party,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    Guest,
    Owner,
}

impl Booking {
    /// Of a slot that is offered; the place on its day is found when it is written.
    pub fn new(
        id: BookingId,
        person: PersonId,
        settings: &CalendarSettings,
        meeting: &MeetingType,
        slot: Slot,
        guest: Guest,
        now: Timestamp,
    ) -> Self {
        let mut booking = Self {
            id,
            person,
            interaction: None,
            meeting: meeting.clone(),
            start: slot.start,
            end: slot.end,
            clear_until: slot.end,
            day: Date::MIN,
            place: 0,
            guest,
            topic: None,
            standing: Standing::Booked,
            key: None,
            sequence: 0,
            created_at: now,
            updated_at: now,
            version: 0,
        };
        booking.put_at(settings, slot);
        booking
    }

    /// The same at another time.
    pub fn moved_to(&self, settings: &CalendarSettings, slot: Slot, now: Timestamp) -> Self {
        let mut moved = Self { sequence: self.sequence + 1, updated_at: now, ..self.clone() };
        moved.put_at(settings, slot);
        moved
    }

    pub fn cancelled(&self, by: Party, now: Timestamp) -> Self {
        let standing = Standing::Cancelled { by };
        Self { standing, sequence: self.sequence + 1, updated_at: now, ..self.clone() }
    }

    fn put_at(&mut self, settings: &CalendarSettings, slot: Slot) {
        (self.start, self.end) = (slot.start, slot.end);
        self.clear_until = slot.end.checked_add(settings.buffer()).unwrap_or(slot.end);
        self.day = slot.start.to_zoned(settings.zone()).date();
    }

    /// What it claims, with the buffer behind it.
    pub fn quarters(&self) -> impl Iterator<Item = Quarter> + use<> {
        Quarter::touched(self.start, self.clear_until)
    }

    /// Where it takes place, with the number of whoever is called.
    pub fn place(&self) -> Option<String> {
        let number = self.guest.phone.as_ref().filter(|_| self.meeting.asks_phone).map(Phone::written);
        match (&self.meeting.place, number) {
            (Some(place), Some(number)) => Some(format!("{place}: {number}")),
            (place, number) => place.clone().or(number),
        }
    }

    /// The guest is called, and has not said on which number.
    pub fn lacks_number(&self) -> bool {
        self.meeting.asks_phone && self.guest.phone.is_none()
    }

    /// It takes place, as far as is known.
    pub fn is_on(&self) -> bool {
        self.standing == Standing::Booked
    }

    pub fn was_cancelled_by(&self, party: Party) -> bool {
        self.standing == Standing::Cancelled { by: party }
    }

    /// It can still be moved or cancelled.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        self.is_on() && self.start > now
    }
}
