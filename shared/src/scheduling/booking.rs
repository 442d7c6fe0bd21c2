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
    /// What the guest's calendar answered to the invitation as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
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

/// Whether a guest comes, as their calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GuestAnswer")]
pub struct Answer {
    pub at: Timestamp,
    pub says: Says,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(rename = "GuestSays")]
pub enum Says {
    Accepted,
    Declined,
    Tentative,
    /// They would rather meet then.
    Counter {
        start: Timestamp,
        end: Timestamp,
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
            answer: None,
            key: None,
            sequence: 0,
            created_at: now,
            updated_at: now,
            version: 0,
        };
        booking.put_at(settings, slot);
        booking
    }

    /// The same at another time, of which the guest's calendar has said nothing yet.
    pub fn moved_to(&self, settings: &CalendarSettings, slot: Slot, now: Timestamp) -> Self {
        let mut moved = Self { sequence: self.sequence + 1, answer: None, updated_at: now, ..self.clone() };
        moved.put_at(settings, slot);
        moved
    }

    pub fn cancelled(&self, by: Party, now: Timestamp) -> Self {
        let standing = Standing::Cancelled { by };
        Self { standing, sequence: self.sequence + 1, updated_at: now, ..self.clone() }
    }

    /// With what the guest's calendar answers to the invitation of this sequence. `None`: that one does not stand any more,
    /// the meeting does not, or was over; or something was said after that.
    pub fn answered(&self, answer: Answer, sequence: u32) -> Option<Self> {
        let is_late = self.answer.is_some_and(|known| known.at > answer.at);
        let counts = self.is_on() && answer.at < self.end && sequence >= self.sequence && !is_late;
        counts.then(|| Self { answer: Some(answer), ..self.clone() })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Mails come late and out of order: the last word on the invitation that stands counts.
    #[test]
    fn the_last_word_on_what_stands_counts() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let settings = CalendarSettings::default();
        let slot = Slot { start: at("2026-12-08T09:00:00Z"), end: at("2026-12-08T09:30:00Z") };
        let guest = Guest { name: None, email: None, phone: None, time_zone: "UTC".to_owned() };
        let (id, person) = ("bkg_1".parse().unwrap(), "per_1".parse().unwrap());
        let now = at("2026-12-01T10:00:00Z");
        let booked = Booking::new(id, person, &settings, &settings.meetings[0], slot, guest, now);
        let said = |says, at| Answer { at, says };
        let (first, second) = (at("2026-12-01T11:00:00Z"), at("2026-12-01T12:00:00Z"));
        let declined = booked.answered(said(Says::Declined, second), 0).unwrap();
        assert_eq!(declined.answered(said(Says::Accepted, first), 0), None, "that was said before");
        assert_eq!(
            booked.answered(said(Says::Declined, slot.end), 0),
            None,
            "only their calendar was tidied up"
        );
        assert!(declined.is_on() && declined.sequence == 0, "it takes place until somebody cancels it");
        let moved = declined.moved_to(&settings, slot, second);
        assert_eq!(moved.answer, None);
        assert_eq!(moved.answered(said(Says::Accepted, second), 0), None, "of the time before");
        assert!(moved.answered(said(Says::Tentative, second), 1).is_some());
        assert_eq!(moved.cancelled(Party::Owner, now).answered(said(Says::Accepted, second), 2), None);
    }
}
