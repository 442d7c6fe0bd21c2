//! Meetings as calendars exchange them: iCalendar (RFC 5545), sent by iTIP (RFC 5546). Times are in UTC, which every
//! calendar shows on its reader's clock.

use icalendar::{Calendar, Component, Event, EventLike as _, Property};
use jiff::{Timestamp, tz::TimeZone};

use super::{Booking, Standing};
use crate::id::BookingId;

const PRODUCT: &str = "-//Omnitwin//Calendar//EN";
/// Subscribers ask again after this (RFC 7986 §5.7).
const REFRESH: &str = "PT15M";

/// What a message asks of the calendar that gets it (RFC 5546 §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// To be added, or brought up to date.
    Request,
    Cancel,
    /// To be shown: nobody is asked to answer.
    Publish,
}

/// Who invites.
#[derive(Debug, Clone, Copy)]
pub struct Organizer<'a> {
    pub name: &'a str,
    pub email: &'a str,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
            Self::Publish => "PUBLISH",
        }
    }

    /// The one that tells a guest how a booking stands.
    pub fn of(booking: &Booking) -> Self {
        match booking.standing {
            Standing::Cancelled { .. } => Self::Cancel,
            Standing::Held { .. } | Standing::Booked => Self::Request,
        }
    }
}

/// A booking for its guest: the same one always under the same UID, each change under the next SEQUENCE. The guest's
/// calendar answers to `answers`, where such answers are received, and else to the owner.
pub fn invitation(
    booking: &Booking,
    organizer: Organizer<'_>,
    answers: Option<&str>,
    link: Option<&str>,
) -> String {
    let method = Method::of(booking);
    let mut event = event(booking, organizer);
    let email = answers.unwrap_or(organizer.email);
    event.append_property(organizer_of(Organizer { email, ..organizer }));
    if let Some(email) = &booking.guest.email {
        let mut attendee = Property::new("ATTENDEE", format!("mailto:{}", email.address()));
        if let Some(name) = &booking.guest.name {
            attendee.add_parameter("CN", &parameter(name));
        }
        attendee.add_parameter("ROLE", "REQ-PARTICIPANT");
        attendee.add_parameter("PARTSTAT", "ACCEPTED");
        attendee.add_parameter("RSVP", "FALSE");
        event.append_multi_property(attendee);
    }
    let description = match (&booking.topic, link) {
        (Some(topic), Some(link)) => format!("{topic}\n\nTo move or cancel it: {link}"),
        (Some(topic), None) => topic.clone(),
        (None, Some(link)) => format!("To move or cancel it: {link}"),
        (None, None) => String::new(),
    };
    if !description.is_empty() {
        event.description(&plain(&description));
    }
    if let Some(link) = link {
        event.append_property(Property::new("URL", link));
    }
    written(&[event], method, None)
}

/// All that is booked, for the owner's own calendar to subscribe to.
pub fn feed(bookings: &[Booking], organizer: Organizer<'_>) -> String {
    let events: Vec<Event> =
        bookings.iter().filter(|booking| booking.is_on()).map(|booking| owners(booking, organizer)).collect();
    written(&events, Method::Publish, Some(&format!("{}: meetings", organizer.name)))
}

/// A booking as its owner is told of it: they are not asked to answer.
pub fn announced(booking: &Booking, organizer: Organizer<'_>) -> String {
    let mut event = owners(booking, organizer);
    event.append_property(organizer_of(organizer));
    written(&[event], Method::Publish, None)
}

/// How a booking is called in calendars.
pub fn uid(booking: &Booking, organizer: Organizer<'_>) -> String {
    let domain = organizer.email.rsplit('@').next().unwrap_or("localhost");
    format!("{}@{domain}", booking.id)
}

/// Whether this is the [`uid`] of a booking, whoever organizes it.
pub fn names(uid: &str, booking: &Booking) -> bool {
    uid.split_once('@').is_some_and(|(id, _)| id == booking.id.as_str())
}

/// Whether a calendar's entry stands for a booking here: its UID is one of [`uid`]'s.
pub fn is_ours(uid: &str, owner: &str) -> bool {
    let domain = owner.rsplit('@').next().unwrap_or("localhost");
    uid.split_once('@')
        .is_some_and(|(id, of)| of.eq_ignore_ascii_case(domain) && id.parse::<BookingId>().is_ok())
}

fn owners(booking: &Booking, organizer: Organizer<'_>) -> Event {
    let mut event = event(booking, organizer);
    let who = booking.guest.name.as_deref().unwrap_or("Somebody");
    event.summary(&plain(&format!("{}: {who}", booking.meeting.title)));
    let email = booking.guest.email.as_ref().map(|email| email.address().to_owned());
    let lines = [booking.topic.clone(), email].into_iter().flatten().collect::<Vec<_>>();
    if !lines.is_empty() {
        event.description(&plain(&lines.join("\n")));
    }
    event
}

fn event(booking: &Booking, organizer: Organizer<'_>) -> Event {
    let mut event = Event::with_uid(&uid(booking, organizer));
    event.append_property(Property::new("DTSTAMP", utc(booking.updated_at)));
    event.append_property(Property::new("CREATED", utc(booking.created_at)));
    event.append_property(Property::new("LAST-MODIFIED", utc(booking.updated_at)));
    event.append_property(Property::new("DTSTART", utc(booking.start)));
    event.append_property(Property::new("DTEND", utc(booking.end)));
    event.append_property(Property::new("SEQUENCE", booking.sequence.to_string()));
    event.summary(&plain(&format!("{} with {}", booking.meeting.title, organizer.name)));
    if let Some(place) = booking.place() {
        event.location(&plain(&place));
    }
    let status = match booking.standing {
        Standing::Cancelled { .. } => "CANCELLED",
        Standing::Held { .. } => "TENTATIVE",
        Standing::Booked => "CONFIRMED",
    };
    event.append_property(Property::new("STATUS", status));
    event.append_property(Property::new("TRANSP", "OPAQUE"));
    event
}

fn organizer_of(organizer: Organizer<'_>) -> Property {
    let mut property = Property::new("ORGANIZER", format!("mailto:{}", organizer.email));
    property.add_parameter("CN", &parameter(organizer.name));
    property
}

fn written(events: &[Event], method: Method, name: Option<&str>) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", PRODUCT));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", method.name()));
    if let Some(name) = name {
        calendar.append_property(Property::new("X-WR-CALNAME", plain(name)));
        let refresh = Property::new("REFRESH-INTERVAL", REFRESH).add_parameter("VALUE", "DURATION").done();
        calendar.append_property(refresh);
    }
    for event in events {
        calendar.push(event.clone());
    }
    calendar.to_string()
}

/// RFC 5545 §3.3.5, form 2.
fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text without controls other than ends of lines, which are escaped: nothing in it begins a line of its own.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// What may stand in a parameter: no quotation marks, no controls (RFC 5545 §3.2).
fn parameter(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '"').collect()
}

#[cfg(test)]
mod tests;
