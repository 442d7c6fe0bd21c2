//! Books a free time: first held and read back, then booked once they agree.

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Done, Scene,
    find_times::{clock_of, said},
    object, text,
};
use crate::{
    identity::{Email, PersonName, Phone},
    interaction::Action,
    scheduling::{
        Booking, NoZone, Refusal,
        booking::{HELD_FOR, MAX_TOPIC},
        zone_called,
    },
    spelled::read_back,
};

pub const DESCRIPTION: &str = "Book a time that find_times gave. With confirmed=false it is held for ten minutes: read \
                               time, name and e-mail address back and ask. With confirmed=true, after they agreed, \
                               it is booked. Say that it is booked only if the result says so.";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    pub start: Timestamp,
    #[serde(default)]
    pub meeting: Option<String>,
    #[serde(default)]
    topic: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    pub confirmed: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Arranged {
    Held(Box<Booking>),
    Booked(Box<Booking>, Invitation),
    /// They asked for the same before.
    Already(Box<Booking>, Invitation),
    /// It is not one of the times that are free now.
    Gone(Refusal),
    /// They have booked as many as one may.
    TooMany,
    /// Nobody can book.
    Closed,
    /// What is wrong with what was said, in words.
    Refused(String),
}

/// What becomes of the mail to the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitation {
    Goes,
    /// It goes, unless the address takes no mail from here, which is not told to whoever may not know it.
    Expected,
    /// The owner looks at it first: nobody proved or confirmed the address, or that is how they want it.
    Waits,
    /// The owner does not want it, or they want no mails there.
    Never,
}

/// Who comes and what for, as far as it was said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    pub name: Option<String>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub time_zone: Option<String>,
    pub topic: Option<String>,
}

pub fn schema() -> Value {
    object(
        json!({
            "start": { "type": "string", "format": "date-time", "description": "The `start` of one of the times." },
            "meeting": { "type": "string", "description": "The id of a type of meeting; without it, the first." },
            "topic": { "type": "string", "description": "What it is about, in their words." },
            "name": { "type": "string", "description": "Full name." },
            "email": { "type": "string", "description": "E-mail address, as spelled: the invitation goes there." },
            "phone": { "type": "string", "description": "Only of a meeting in which they are called: on which number, with \
                       the country code." },
            "time_zone": { "type": "string", "description": "The `time_zone` of the times that were offered." },
            "confirmed": { "type": "boolean", "description": "They agreed to what was read back." },
        }),
        &["meeting", "topic", "name", "email", "phone", "time_zone"],
    )
}

impl Arguments {
    /// What was said, checked; why it cannot be right.
    pub fn said(&self) -> Result<Said, &'static str> {
        let name = self.name.as_deref().map(PersonName::clean).transpose();
        let name = name.map_err(|_| "the name cannot be right: ask again")?;
        let email =
            self.email.as_deref().map(|email| Email::parse(email).or_else(|_| Email::from_spoken(email)));
        let email =
            email.transpose().map_err(|_| "the e-mail address cannot be right: ask them to spell it")?;
        let phone = self.phone.as_deref().map(Phone::from_said).transpose();
        let phone = phone.map_err(|_| "the number cannot be right: ask for it with its country code")?;
        let zone =
            self.time_zone.as_deref().map(|zone| zone_called(zone, None)).transpose().map_err(NoZone::why)?;
        let topic = self.topic.as_deref().and_then(|topic| text(topic, MAX_TOPIC));
        Ok(Said { name, email, phone, time_zone: zone.map(|(name, _)| name), topic })
    }
}

pub fn run(_: Arguments, scene: &Scene<'_>) -> Done {
    match &scene.seen.arranged {
        Some(Arranged::Held(booking)) => held(booking),
        Some(Arranged::Booked(booking, invitation)) => {
            let action = Action::MeetingBooked {
                booking: booking.id.clone(),
                topic: booking.topic.clone().unwrap_or_else(|| booking.meeting.title.clone()),
                start: booking.start,
            };
            Done::did(action, booked(booking, *invitation))
        }
        Some(Arranged::Already(booking, invitation)) => Done::says(booked(booking, *invitation)),
        Some(Arranged::Gone(why)) => Done::says(json!({
            "booked": false,
            "error": why.to_string(),
            "gone": true,
            "next": "Look at the times again with find_times.",
        })),
        Some(Arranged::TooMany) => {
            Done::refused("enough meetings are booked for now: note this one with propose_meeting")
        }
        Some(Arranged::Refused(why)) => Done::refused(why),
        Some(Arranged::Closed) | None => {
            Done::refused("the owner's calendar takes no bookings: note their times with propose_meeting")
        }
    }
}

fn held(booking: &Booking) -> Done {
    let guest = &booking.guest;
    let email = guest.email.as_ref().map(Email::address);
    let absent =
        [("name", guest.name.is_none()), ("email", email.is_none()), ("phone", booking.lacks_number())];
    let missing: Vec<&str> =
        absent.into_iter().filter_map(|(what, is_missing)| is_missing.then_some(what)).collect();
    let next = if missing.is_empty() {
        "Read it back and ask; once they agree, call again with confirmed=true."
    } else {
        "Ask for what is missing, and call again with it and confirmed=false."
    };
    let mut said = json!({
        "when": when(booking),
        "name": guest.name,
        "email": email,
        "email_spelled": email.map(read_back),
    });
    if let Some(phone) = &guest.phone {
        said["phone"] = json!(phone.written());
    }
    Done::says(json!({
        "booked": false,
        "held": { "start": booking.start, "minutes": HELD_FOR.as_mins() },
        "read_back": said,
        "missing": missing,
        "next": next,
    }))
}

fn booked(booking: &Booking, invitation: Invitation) -> Value {
    let when = when(booking);
    let place = booking.place().map(|place| format!(" ({place})")).unwrap_or_default();
    let mut say = format!("It is booked: {}, {when}{place}.", booking.meeting.title);
    if let Some(email) = booking.guest.email.as_ref().map(Email::address) {
        say.push_str(&match invitation {
            Invitation::Goes => format!(" The invitation goes to {email}."),
            Invitation::Expected => {
                format!(" Look for the invitation at {email}; the time is yours even if none arrives.")
            }
            Invitation::Waits => format!(" The invitation to {email} waits until the owner has seen it."),
            Invitation::Never => " No invitation is mailed, so please note the time.".to_owned(),
        });
    }
    json!({ "booked": true, "when": when, "say": say })
}

/// "Tuesday 1 December, 3 pm New York time"
fn when(booking: &Booking) -> String {
    let zone = &booking.guest.time_zone;
    let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    format!("{} {}", said(booking.start, &clock), clock_of(zone))
}
