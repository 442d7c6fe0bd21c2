//! A booking as its guest sees it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use twin::scheduling::{Booking, MeetingType, Standing};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    meeting: MeetingType,
    /// Where it takes place, with the guest's number if they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    start: Timestamp,
    end: Timestamp,
    /// The guest's.
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    state: State,
    /// It can still be moved or cancelled.
    open: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Booked,
    Cancelled,
}

impl Shown {
    pub fn of(booking: &Booking, now: Timestamp) -> Self {
        Self {
            meeting: booking.meeting.clone(),
            place: booking.place(),
            start: booking.start,
            end: booking.end,
            time_zone: booking.guest.time_zone.clone(),
            name: booking.guest.name.clone(),
            topic: booking.topic.clone(),
            state: match booking.standing {
                Standing::Cancelled { .. } => State::Cancelled,
                Standing::Held { .. } | Standing::Booked => State::Booked,
            },
            open: booking.is_ahead(now),
        }
    }
}
