//! Moves or cancels a meeting of theirs: first found, then read back, then done once they agree.

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Done, Scene,
    find_times::{clock_of, said},
    object,
};
use crate::{
    interaction::Action,
    scheduling::{Booking, Refusal},
};

pub const DESCRIPTION: &str = "Move or cancel a meeting that the person has booked. Without `start` it lists their \
                               meetings. `start` says which one; `to`, a time that find_times gave, moves it there; \
                               without `to` it is cancelled. With confirmed=false nothing changes: read back and ask. \
                               Say that it is done only if the result says so.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub to: Option<Timestamp>,
    pub confirmed: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// Those that they may change here; which one is meant is not said, or it is none of them.
    Theirs(Vec<Booking>),
    /// It is not sure enough who they are.
    Unproved,
    /// They are asked whether it is right.
    Asked {
        booking: Box<Booking>,
        to: Option<Timestamp>,
    },
    Moved {
        from: Timestamp,
        booking: Box<Booking>,
    },
    Cancelled(Box<Booking>),
    /// The other time is not one of those that are free now.
    Gone(Refusal),
    /// It was changed by somebody else in that moment.
    Meanwhile,
}

pub fn schema() -> Value {
    object(
        json!({
            "start": { "type": "string", "format": "date-time", "description": "The `start` of one of their meetings." },
            "to": { "type": "string", "format": "date-time", "description": "The `start` of a free time." },
            "confirmed": { "type": "boolean", "description": "They agreed to what was read back." },
        }),
        &["start", "to"],
    )
}

pub fn run(asked: Arguments, scene: &Scene<'_>) -> Done {
    match &scene.seen.changed {
        Some(Changed::Theirs(theirs)) => Done::says(listed(theirs, asked.start.is_some())),
        Some(Changed::Unproved) | None => Done::says(json!({
            "verified": false,
            "say": "I tell and change what was booked before once I know for sure who you are: I can send a code of six digits to \
                    your e-mail address, or to the number that you called from. The link in the invitation does it, too.",
        })),
        Some(Changed::Asked { booking, to }) => {
            let what = match to {
                Some(to) => format!("Shall I move {} to {}?", named(booking), when(*to, booking)),
                None => format!("Shall I cancel {}?", named(booking)),
            };
            let next = "Once they agree, call again with confirmed=true.";
            Done::says(
                json!({ "changed": false, "start": booking.start, "to": to, "say": what, "next": next }),
            )
        }
        Some(Changed::Moved { from, booking }) => {
            let say = format!("It is moved: {}. The invitation changes with it.", named(booking));
            Done::did(
                action(booking, *from, Some(booking.start)),
                json!({ "changed": true, "say": say, "when": when(booking.start, booking) }),
            )
        }
        Some(Changed::Cancelled(booking)) => {
            let say = format!("It is cancelled: {}.", named(booking));
            Done::did(
                action(booking, booking.start, None),
                json!({ "changed": true, "cancelled": true, "say": say }),
            )
        }
        Some(Changed::Gone(why)) => Done::says(json!({
            "changed": false,
            "error": why.to_string(),
            "gone": true,
            "next": "Look at the times again with find_times; the meeting stands as it is.",
        })),
        Some(Changed::Meanwhile) => Done::refused("it was changed meanwhile: look at their meetings again"),
    }
}

fn action(booking: &Booking, from: Timestamp, to: Option<Timestamp>) -> Action {
    let topic = booking.topic.clone().unwrap_or_else(|| booking.meeting.title.clone());
    Action::MeetingChanged { booking: booking.id.clone(), topic, from, to }
}

fn listed(theirs: &[Booking], was_named: bool) -> Value {
    let meetings: Vec<Value> = theirs
        .iter()
        .map(|booking| {
            json!({
                "start": booking.start,
                "title": booking.meeting.title,
                "time_zone": booking.guest.time_zone,
                "say": named(booking),
            })
        })
        .collect();
    let names: Vec<String> = theirs.iter().map(named).collect();
    let say = match names.as_slice() {
        [] => "There is no meeting booked that I could change.".to_owned(),
        [one] => format!("You have booked {one}. Shall I cancel it, or move it to another time?"),
        all => format!("You have booked {}. Which one is it?", all.join("; ")),
    };
    let error = was_named.then_some("none of their meetings begins then");
    json!({ "changed": false, "meetings": meetings, "note": error, "say": say })
}

/// "Introduction, Tuesday 1 December, 3 pm New York time"
fn named(booking: &Booking) -> String {
    format!("{}, {}", booking.meeting.title, when(booking.start, booking))
}

fn when(at: Timestamp, booking: &Booking) -> String {
    let zone = &booking.guest.time_zone;
    let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    format!("{} {}", said(at, &clock), clock_of(zone))
}
