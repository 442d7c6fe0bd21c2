//! What a mail says: to the owner here, to a person in [`to_person`](super::to_person).

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Envelope, MailError, to_person::to_person};
use crate::{
    contact::Contact,
    follow_up::{Content, FollowUp, News, invitation},
    persona::{Persona, Tone},
    tools::find_times::clock_of,
};

/// What somebody reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// What goes to the owner is text alone.
    pub html: Option<String>,
    /// The text without what stands below every mail, where the owner may write it anew.
    pub body: Option<String>,
}

#[derive(Template)]
#[template(path = "mail/linkedin.txt", escape = "none")]
struct LinkedinText<'a> {
    who: &'a str,
    profile: Option<&'a str>,
    search_url: String,
    note: &'a str,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notification.txt", escape = "none")]
struct NotificationText<'a> {
    opening: String,
    message: &'a str,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/waiting.txt", escape = "none")]
struct WaitingText<'a> {
    who: &'a str,
    message: &'a str,
    decide_url: Option<&'a str>,
    is_attached: bool,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/reminder.txt", escape = "none")]
struct ReminderText<'a> {
    who: &'a str,
    title: &'a str,
    due: Option<String>,
    person_url: &'a str,
}

/// What a follow-up says as a mail. [`MailError::NotMail`]: it is none.
pub fn letter(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
) -> Result<Letter, MailError> {
    let person_url = &format!("{}/people/{}", envelope.public_base_url, follow_up.person);
    let who = contact.name.as_deref().unwrap_or("Somebody");
    let to_owner = |subject: String, text: String| Letter {
        to: envelope.owner.to_owned(),
        subject,
        text,
        html: None,
        body: None,
    };
    Ok(match &follow_up.content {
        Content::OwnerNotification { news, message, about: None } => {
            let name = contact.name.as_deref();
            let opening = news.opening(name);
            to_owner(news.subject(name), NotificationText { opening, message, person_url }.render()?)
        }
        Content::MeetingNotification { booking } => {
            let (subject, text) = invitation::owners_letter(booking, envelope, person_url)?;
            to_owner(subject, text)
        }
        Content::OwnerNotification { message, about: Some(_), .. } => {
            let (decide_url, is_attached) = (envelope.decide_url, envelope.document.is_some());
            let text = WaitingText { who, message, decide_url, is_attached, person_url }.render()?;
            to_owner(format!("It waits for your word: a proposal for {who}"), text)
        }
        Content::TaskReminder { title, due_at } => {
            let who = contact.name.as_deref().unwrap_or("somebody");
            let due = due_at.map(|at| moment(at, &envelope.zone));
            let text = ReminderText { who, title, due, person_url }.render()?;
            to_owner(format!("To do: {title}"), text)
        }
        Content::LinkedinSuggestion { profile, note } => {
            let profile = profile.as_deref();
            let search_url = search_url(contact);
            let text = LinkedinText { who, profile, search_url, note, person_url }.render()?;
            to_owner(format!("Connect with {who} on LinkedIn"), text)
        }
        Content::Invitation { to, booking } => {
            let (hello, url) = (greeting(persona, contact), envelope.booking_url);
            invitation::letter(to, booking, hello, persona, url, follow_up.planned_at)?
        }
        _ => to_person(follow_up, persona, contact, envelope)?,
    })
}

impl News {
    /// The subject of what the owner is told, about whom it is by name.
    pub fn subject(self, name: Option<&str>) -> String {
        let (who, them) = (name.unwrap_or("Somebody"), name.unwrap_or("somebody"));
        match self {
            Self::Message => format!("A message from {them}"),
            Self::Voicemail => format!("A voicemail from {them}"),
            Self::Danger => format!("{who} may be in danger"),
            Self::Important => format!("Important: a conversation with {them}"),
            Self::Answer => format!("{who} answered your mail"),
            Self::Undelivered => format!("It did not reach {them}"),
            Self::Unreached => format!("No call reached {them}"),
            Self::NoAddress => format!("{who} left no address"),
            Self::Rehearsal => "How your rehearsal went".to_owned(),
        }
    }

    /// Its first line.
    fn opening(self, name: Option<&str>) -> String {
        match self {
            Self::Message => format!("{} left this for you:", name.unwrap_or("Somebody")),
            Self::Rehearsal => "You rehearsed an interview. Counted, not judged:".to_owned(),
            _ => format!("About {}:", name.unwrap_or("somebody")),
        }
    }
}

pub(super) fn greeting(persona: &Persona, contact: &Contact) -> String {
    let hello = match persona.communication.tone {
        Tone::FriendlyProfessional => "Hi",
        Tone::Professional | Tone::Technical => "Hello",
    };
    match contact.name.as_deref().map(called) {
        Some(name) => format!("{hello} {name},"),
        None => "Hello,".to_owned(),
    }
}

/// By the first name, unless the name begins with a title or an initial.
fn called(name: &str) -> &str {
    const TITLES: [&str; 11] = ["dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "herr", "frau"];
    let first = name.split_whitespace().next().unwrap_or(name);
    let is_title = TITLES.iter().any(|title| first.eq_ignore_ascii_case(title));
    if is_title || first.ends_with('.') || first.chars().count() == 1 { name } else { first }
}

pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %B %Y").to_string()
}

/// With its zone: whoever reads it may be elsewhere.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{} ({})", local.strftime("%A, %-d %B, %H:%M"), clock(zone))
}

/// A zone as people call it: `New York time`.
pub fn clock(zone: &TimeZone) -> String {
    clock_of(zone.iana_name().unwrap_or("UTC"))
}

fn search_url(contact: &Contact) -> String {
    let named = [contact.name.as_deref(), contact.company.as_deref()];
    let keywords = named.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let keywords = utf8_percent_encode(&keywords, NON_ALPHANUMERIC);
    format!("https://www.linkedin.com/search/results/people/?keywords={keywords}")
}
