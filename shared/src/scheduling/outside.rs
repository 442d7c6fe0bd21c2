//! Calendars that the owner keeps elsewhere: what is taken there cannot be booked here.
//!
//! They are read every [`READ_EVERY`], and once more before a booking if that is longer ago than [`FRESH_FOR`]. While one
//! cannot be read, what was read last stands for it, for [`STANDS_FOR`]. After that nothing is offered and nobody books,
//! because a time of which nobody knows whether it is free is worse than none, until it is read again or the owner takes
//! it away.

mod busy;
pub mod ical;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::busy::Busy;
use super::{Taken, settings::MAX_DAYS_AHEAD};
use crate::id::OutsideId;

pub const READ_EVERY: SignedDuration = SignedDuration::from_mins(10);
pub const FRESH_FOR: SignedDuration = SignedDuration::from_mins(2);
pub const STANDS_FOR: SignedDuration = SignedDuration::from_hours(12);
/// A calendar that did not change is worked out anew after this: what repeats reaches further into the future by then.
const WORKED_OUT_FOR: SignedDuration = SignedDuration::from_hours(24);
pub const MAX_OUTSIDE: usize = 10;

/// One calendar, and what was read of it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outside {
    pub id: OutsideId,
    /// As the owner calls it.
    pub name: String,
    pub account: Account,
    pub added_at: Timestamp,
    pub read: Read,
    pub version: u64,
}

/// Where it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Account {
    /// A file in iCalendar under an address, which may be secret. `owner`: the address that they invite with.
    Ics { url: String, owner: String },
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
}

impl Account {
    /// What may be shown of it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Ics { url, .. } => url.split('/').nth(2).unwrap_or_default(),
        }
    }
}

/// An address may be a secret.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ics { .. } => write!(f, "Ics({})", self.shown()),
        }
    }
}

impl Outside {
    /// The schedule reads it now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.duration_since(self.read.tried_at) >= READ_EVERY
    }

    /// Nothing has to be read before a booking.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.read.good_at) < FRESH_FOR
    }

    /// What was read last stands for it.
    pub fn stands(&self, now: Timestamp) -> bool {
        now.duration_since(self.read.good_at) < STANDS_FOR
    }
}

impl Read {
    /// It was asked whether anything changed since what is known, and nothing did.
    pub fn unchanged(self, now: Timestamp) -> Self {
        Self { tried_at: now, good_at: now, problem: None, ..self }
    }

    pub fn failed(self, problem: String, now: Timestamp) -> Self {
        Self { tried_at: now, problem: Some(problem), ..self }
    }

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
