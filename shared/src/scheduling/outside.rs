//! Calendars that the owner keeps elsewhere: what is taken there cannot be booked here.
//!
//! They are read every [`READ_EVERY`], once more before a time is held if they were not asked within [`FRESH_FOR`], and anew for
//! each booking. While one cannot be read, what was read last stands for it, for [`STANDS_FOR`]. After that nothing is offered and nobody books,
//! because a time of which nobody knows whether it is free is worse than none, until it is read again or the owner takes
//! it away.

mod busy;
pub mod ical;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::busy::Busy;
use super::{Booking, Taken, settings::MAX_DAYS_AHEAD};
use crate::id::{BookingId, OutsideId};

/// A calendar elsewhere is read by the sweep when it was not for so long.
pub const READ_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// What was read so long ago is good enough for a time that is only held.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_mins(2);
/// For so long counts what was read last of one that cannot be read any more; then nothing is free.
pub const STANDS_FOR: SignedDuration = SignedDuration::from_hours(12);
/// A calendar that did not change is worked out anew after this: what repeats reaches further into the future by then.
const WORKED_OUT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Calendars elsewhere that the owner may have.
pub const MAX_OUTSIDE: usize = 10;
/// Of one account.
pub const MAX_CHOSEN: usize = 10;

/// One calendar, and what was read of it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outside {
    pub id: OutsideId,
    /// As the owner calls it.
    pub name: String,
    pub account: Account,
    /// Of an account with several, those in which what is busy counts; the account's first one, if the owner chose none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<Part>,
    pub added_at: Timestamp,
    pub read: Read,
    pub version: u64,
}

/// Where it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Account {
    /// A file in iCalendar under an address, which may be secret. `owner`: the address that they invite with.
    Ics {
        url: String,
        owner: String,
    },
    Google(Grant),
    Microsoft(Grant),
}

/// One of an account's calendars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CalendarOfAccount")]
pub struct Part {
    /// As its provider calls it.
    pub id: String,
    pub name: String,
}

/// Whose calendar is read and written over REST, with the owner's consent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CalendarProvider")]
pub enum Provider {
    Google,
    Microsoft,
}

/// The owner's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Its address.
    pub account: String,
    /// The address that the owner invites with.
    #[serde(default)]
    pub owner: String,
    /// Sealed: the key is not in the table.
    pub tokens: String,
    pub access_until: Timestamp,
    /// It was ended there: nothing is asked any more until the owner connects it again.
    #[serde(default)]
    pub is_over: bool,
}

/// A booking as it is written into a calendar elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    pub booking: BookingId,
    pub title: String,
    pub about: String,
    pub place: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub created_at: Timestamp,
}

/// How it went to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    pub tried_at: Timestamp,
    /// As of when what is busy holds.
    pub good_at: Timestamp,
    pub worked_out_at: Timestamp,
    /// In which whole days were taken: an IANA name.
    pub zone: String,
    /// Why it could not be read the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Entries that were not understood whole.
    #[serde(default)]
    pub unread: u32,
    #[serde(default)]
    pub busy: Busy,
    /// The version that the server named (RFC 9110 §8.8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Its server wants to be left alone until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Timestamp>,
}

impl Account {
    /// What may be shown of it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Ics { url, .. } => url.split('/').nth(2).unwrap_or_default(),
            Self::Google(grant) | Self::Microsoft(grant) => &grant.account,
        }
    }

    /// The consent that it rests on.
    pub fn grant(&self) -> Option<(Provider, &Grant)> {
        match self {
            Self::Ics { .. } => None,
            Self::Google(grant) => Some((Provider::Google, grant)),
            Self::Microsoft(grant) => Some((Provider::Microsoft, grant)),
        }
    }
}

/// An address may be a secret.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ics { .. } => write!(f, "Ics({})", self.shown()),
            Self::Google(_) => f.write_str("Google(…)"),
            Self::Microsoft(_) => f.write_str("Microsoft(…)"),
        }
    }
}

impl Provider {
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
        }
    }

    pub fn account(self, grant: Grant) -> Account {
        match self {
            Self::Google => Account::Google(grant),
            Self::Microsoft => Account::Microsoft(grant),
        }
    }
}

impl Meeting {
    /// One of somebody who was erased: it is only taken out.
    pub fn erased(booking: BookingId, created_at: Timestamp) -> Self {
        let (title, about, place) = Default::default();
        Self { booking, title, about, place, start: created_at, end: created_at, created_at }
    }

    pub fn of(booking: &Booking) -> Self {
        let guest = &booking.guest;
        let who = guest.name.as_deref().unwrap_or("Somebody");
        let email = guest.email.as_ref().map(|email| email.address().to_owned());
        let about: Vec<String> = [booking.topic.clone(), email].into_iter().flatten().collect();
        Self {
            booking: booking.id.clone(),
            title: format!("{}: {who}", booking.meeting.title),
            about: about.join("\n"),
            place: booking.place().unwrap_or_default(),
            start: booking.start,
            end: booking.end,
            created_at: booking.created_at,
        }
    }
}

impl Outside {
    /// It can be asked: the consent holds, and its server does not want to be left alone.
    pub fn is_askable(&self, now: Timestamp) -> bool {
        let is_over = self.account.grant().is_some_and(|(_, grant)| grant.is_over);
        !is_over && self.read.wait_until.is_none_or(|until| until <= now)
    }

    /// The schedule reads it now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.duration_since(self.read.tried_at) >= READ_EVERY
    }

    /// Nothing has to be read before a booking.
    pub fn is_fresh(&self, within: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.read.good_at) < within
    }

    /// It was asked just now, in vain: whoever books next does not wait for it again.
    pub fn has_just_failed(&self, now: Timestamp) -> bool {
        self.read.problem.is_some() && now.duration_since(self.read.tried_at) < FRESH_FOR
    }

    /// The owner has to see to it: the consent ended, or it could not be read for so long that nobody can book.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        self.account.grant().is_some_and(|(_, grant)| grant.is_over) || !self.stands(now)
    }

    /// What was read last stands for it.
    pub fn stands(&self, now: Timestamp) -> bool {
        now.duration_since(self.read.good_at) < STANDS_FOR
    }
}

impl Read {
    /// Before it was read.
    pub fn none(now: Timestamp) -> Self {
        Self {
            tried_at: now,
            good_at: now,
            worked_out_at: Timestamp::MIN,
            zone: String::new(),
            problem: None,
            unread: 0,
            busy: Busy::default(),
            etag: None,
            last_modified: None,
            wait_until: None,
        }
    }

    /// It was asked whether anything changed since what is known, and nothing did.
    pub fn unchanged(self, now: Timestamp) -> Self {
        Self { tried_at: now, good_at: now, problem: None, wait_until: None, ..self }
    }

    /// It could not be read, and why, in words for the owner; what was read before stands.
    pub fn failed(self, problem: String, now: Timestamp) -> Self {
        Self { tried_at: now, problem: Some(problem), ..self }
    }

    /// Whether what is known was worked out for this zone, and not too long ago.
    pub fn is_worked_out(&self, zone: &str, now: Timestamp) -> bool {
        self.zone == zone && now.duration_since(self.worked_out_at) < WORKED_OUT_FOR
    }
}

/// What is read of each: from yesterday to beyond the last day that anybody may book until it is worked out anew.
pub fn window(now: Timestamp) -> (Timestamp, Timestamp) {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let last = now.checked_add(days(i64::from(MAX_DAYS_AHEAD) + 3)).unwrap_or(Timestamp::MAX);
    (now.checked_sub(days(1)).unwrap_or(Timestamp::MIN), last)
}

impl Taken {
    /// With what is taken in calendars elsewhere.
    pub fn and_outside(mut self, outside: &[Outside], span: (Timestamp, Timestamp), now: Timestamp) -> Self {
        for one in outside {
            self.quarters.extend(one.read.busy.quarters(span));
            self.is_unknown |= !one.stands(now);
        }
        self
    }
}
