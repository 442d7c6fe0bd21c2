//! A mail that brings a meeting into the guest's calendar, and the changes of it (iMIP, RFC 6047).

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use mail_builder::{headers::content_type::ContentType, mime::MimePart};

use super::mail::{Envelope, Letter, clock};
use crate::{
    identity::Email,
    persona::Persona,
    scheduling::{
        Booking, Standing,
        ics::{Method, Organizer, announced, invitation},
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

impl Invitation<'_> {
    /// Where it takes place is a page, such as that of a video call.
    fn is_link(&self) -> bool {
        self.place.is_some_and(|place| place.starts_with("https://") && !place.contains(char::is_whitespace))
    }
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

#[derive(Template)]
#[template(path = "mail/meeting.txt", escape = "none")]
struct OwnersText<'a> {
    opening: String,
    title: &'a str,
    when: String,
    place: Option<&'a str>,
    topic: Option<&'a str>,
    email: Option<&'a str>,
    decide_url: Option<&'a str>,
    calendar_url: String,
    person_url: &'a str,
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
    let place = booking.place();
    let mail = Invitation {
        greeting,
        what: format!("I am the AI assistant of {owner}; {what}"),
        title: &booking.meeting.title,
        when: when(booking, &zone_of(booking)),
        place: place.as_deref(),
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

/// Subject and text of what the owner is told of a meeting, on the owner's clock.
pub(super) fn owners_letter(
    booking: &Booking,
    envelope: &Envelope<'_>,
    person_url: &str,
) -> Result<(String, String), askama::Error> {
    let who = booking.guest.name.as_deref().unwrap_or("Somebody");
    let what = match (is_cancelled(booking), booking.sequence) {
        (true, _) => "cancelled",
        (false, 0) => "booked",
        (false, _) => "moved",
    };
    let (title, place) = (booking.meeting.title.as_str(), booking.place());
    let text = OwnersText {
        opening: format!("{who} {what} a meeting with you:"),
        title,
        when: when(booking, &envelope.zone),
        place: place.as_deref(),
        topic: booking.topic.as_deref(),
        email: booking.guest.email.as_ref().map(Email::address),
        decide_url: envelope.decide_url,
        calendar_url: format!("{}/dashboard/calendar", envelope.public_base_url),
        person_url,
    };
    let start = booking.start.to_zoned(envelope.zone.clone()).strftime("%a %-d %b %H:%M");
    let (first, rest) = what.split_at(1);
    let with = booking.guest.name.as_deref().unwrap_or("somebody");
    let subject = format!("{}{rest}: {title} with {with}, {start}", first.to_uppercase());
    Ok((subject, text.render()?))
}

/// The event, for the owner's calendar.
pub(super) fn owners_event(
    booking: &Booking,
    persona: &Persona,
    owner: &str,
) -> (ContentType<'static>, String) {
    let organizer = Organizer { name: &persona.core.name, email: owner };
    (calendar_type(Method::Publish), announced(booking, organizer))
}

/// The event, for the guest's calendar.
pub(super) fn event(
    booking: &Booking,
    organizer: Organizer<'_>,
    answers: Option<&str>,
    url: Option<&str>,
) -> MimePart<'static> {
    let kind = calendar_type(Method::of(booking));
    MimePart::new(kind, invitation(booking, organizer, answers, url.filter(|_| !is_cancelled(booking))))
}

fn calendar_type(method: Method) -> ContentType<'static> {
    ContentType::new("text/calendar").attribute("charset", "utf-8").attribute("method", method.name())
}

fn is_cancelled(booking: &Booking) -> bool {
    matches!(booking.standing, Standing::Cancelled { .. })
}

fn zone_of(booking: &Booking) -> TimeZone {
    TimeZone::get(&booking.guest.time_zone).unwrap_or(TimeZone::UTC)
}

/// On a clock: the guest's own, or the owner's.
fn when(booking: &Booking, zone: &TimeZone) -> String {
    let (start, end) = (booking.start.to_zoned(zone.clone()), booking.end.to_zoned(zone.clone()));
    let day = start.strftime("%A, %-d %B %Y, %H:%M");
    format!("{day} to {} ({})", end.strftime("%H:%M"), clock(zone))
}

fn day(booking: &Booking) -> String {
    booking.start.to_zoned(zone_of(booking)).strftime("%-d %B, %H:%M").to_string()
}
