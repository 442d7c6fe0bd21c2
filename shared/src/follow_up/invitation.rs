//! A mail that brings a meeting into the guest's calendar, and the changes of it (iMIP, RFC 6047).

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use mail_builder::{headers::content_type::ContentType, mime::MimePart};

use super::mail::Letter;
use crate::{
    identity::Email,
    persona::Persona,
    scheduling::{
        Booking, Standing,
        ics::{Method, Organizer, invitation},
    },
};

struct Invitation<'a> {
    greeting: String,
    what: String,
    title: &'a str,
    when: String,
    place: Option<&'a str>,
    topic: Option<&'a str>,
    url: Option<&'a str>,
    owner: &'a str,
    role: &'a str,
    date: String,
    cancelled: bool,
    sample: bool,
}

#[derive(Template)]
#[template(path = "mail/invitation.txt", escape = "none")]
struct Text<'a> {
    mail: &'a Invitation<'a>,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct Html<'a> {
    mail: &'a Invitation<'a>,
}

/// What it says, without the event.
pub(super) fn letter(
    to: &Email,
    booking: &Booking,
    greeting: String,
    persona: &Persona,
    url: Option<&str>,
    planned_at: Timestamp,
) -> Result<Letter, askama::Error> {
    let owner = persona.core.name.as_str();
    let cancelled = is_cancelled(booking);
    let (before, what) = match (cancelled, booking.sequence) {
        (true, _) => ("Cancelled: ", "this meeting does not take place:"),
        (false, 0) => ("", "this meeting is booked:"),
        (false, _) => ("Moved: ", "this meeting takes place at another time now:"),
    };
    let mail = Invitation {
        greeting,
        what: format!("I am the AI assistant of {owner}; {what}"),
        title: &booking.meeting.title,
        when: when(booking),
        place: booking.meeting.place.as_deref(),
        topic: booking.topic.as_deref(),
        url: url.filter(|_| !cancelled),
        owner,
        role: &persona.core.title,
        date: planned_at.to_zoned(zone_of(booking)).strftime("%-d %B %Y").to_string(),
        cancelled,
        sample: persona.sample,
    };
    let subject = format!("{before}{} with {owner}, {}", booking.meeting.title, day(booking));
    let (text, html) = (Text { mail: &mail }.render()?, Html { mail: &mail }.render()?);
    Ok(Letter { to: Email::address(to).to_owned(), subject, text, html: Some(html), body: None })
}

/// The event, for the guest's calendar.
pub(super) fn event(
    booking: &Booking,
    persona: &Persona,
    reply_to: &str,
    url: Option<&str>,
) -> MimePart<'static> {
    let method = Method::of(booking).name();
    let kind = ContentType::new("text/calendar").attribute("charset", "utf-8").attribute("method", method);
    let organizer = Organizer { name: &persona.core.name, email: reply_to };
    MimePart::new(kind, invitation(booking, organizer, url.filter(|_| !is_cancelled(booking))))
}

fn is_cancelled(booking: &Booking) -> bool {
    matches!(booking.standing, Standing::Cancelled { .. })
}

fn zone_of(booking: &Booking) -> TimeZone {
    TimeZone::get(&booking.guest.time_zone).unwrap_or(TimeZone::UTC)
}

/// On the guest's own clock.
fn when(booking: &Booking) -> String {
    let zone = zone_of(booking);
    let (start, end) = (booking.start.to_zoned(zone.clone()), booking.end.to_zoned(zone));
    let day = start.strftime("%A, %-d %B %Y, %H:%M");
    format!("{day} to {} ({})", end.strftime("%H:%M"), booking.guest.time_zone)
}

fn day(booking: &Booking) -> String {
    booking.start.to_zoned(zone_of(booking)).strftime("%-d %B, %H:%M").to_string()
}
