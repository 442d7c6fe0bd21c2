//! A follow-up as a MIME message: text and HTML alternatives from typed templates.

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use mail_builder::{MessageBuilder, mime::MimePart};

use super::{Content, FollowUp, invitation};
use crate::{contact::Contact, identity::Email, interaction::Channel, persona::Persona};

/// A message ready for SES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub mime: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the template cannot be rendered: {0}")]
    Template(#[from] askama::Error),
    #[error("the message cannot be written: {0}")]
    Mime(#[from] std::io::Error),
}

/// Addresses and links that a deployment gives.
pub struct Envelope<'a> {
    pub from: &'a str,
    pub owner: &'a str,
    /// The link to go on elsewhere, when the follow-up has one.
    pub handoff_url: Option<&'a str>,
    /// The link to a booking, when the follow-up tells of one.
    pub booking_url: Option<&'a str>,
    /// The owner's page about the person.
    pub person_url: &'a str,
}

enum Body {
    Text(String, Option<String>),
    Made(MimePart<'static>),
}

struct Summary<'a> {
    greeting: String,
    /// `call`, and `on the phone`.
    what: &'static str,
    where_: &'static str,
    owner: &'a str,
    title: &'a str,
    quote: Option<&'a str>,
    questions: &'a [String],
    meeting: Option<&'a super::Meeting>,
    note: Option<&'a str>,
    times: String,
    handoff_url: Option<&'a str>,
    date: String,
    sample: bool,
}

#[derive(Template)]
#[template(path = "mail/summary.txt", escape = "none")]
struct SummaryText<'a> {
    mail: &'a Summary<'a>,
}

#[derive(Template)]
#[template(path = "mail/summary.html")]
struct SummaryHtml<'a> {
    mail: &'a Summary<'a>,
}

#[derive(Template)]
#[template(path = "mail/notification.txt", escape = "none")]
struct NotificationText<'a> {
    who: &'a str,
    message: &'a str,
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

/// Writes a follow-up out. `now` dates it; the same follow-up has the same Message-ID.
pub fn compose(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
    now: Timestamp,
) -> Result<Mail, MailError> {
    let (to, subject, body) = match &follow_up.content {
        Content::Invitation { to, booking } => {
            let (owner, url) = (envelope.owner, envelope.booking_url);
            let (subject, body) =
                invitation::body(booking, greeting(contact), persona, owner, url, follow_up.planned_at)?;
            (Email::address(to).to_owned(), subject, Body::Made(body))
        }
        Content::SummaryEmail { to, channel, quote, questions, meeting, note, .. } => {
            let (what, where_) = words(*channel);
            let mail = Summary {
                greeting: greeting(contact),
                what,
                where_,
                owner: &persona.core.name,
                title: &persona.core.title,
                quote: quote.as_deref(),
                questions,
                meeting: meeting.as_ref(),
                note: note.as_deref(),
                times: meeting
                    .as_ref()
                    .map(|meeting| meeting.preferred_times.join(" or "))
                    .unwrap_or_default(),
                handoff_url: envelope.handoff_url,
                date: follow_up.planned_at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string(),
                sample: persona.sample,
            };
            let topic = meeting.as_ref().map_or_else(String::new, |meeting| format!(": {}", meeting.topic));
            let subject = format!("Thank you for your {what} to {}{topic}", persona.core.name);
            let text = SummaryText { mail: &mail }.render()?;
            let html = SummaryHtml { mail: &mail }.render()?;
            (Email::address(to).to_owned(), subject, Body::Text(text, Some(html)))
        }
        Content::OwnerNotification { message } => {
            let who = contact.name.as_deref().unwrap_or("Somebody");
            let text = NotificationText { who, message, person_url: envelope.person_url }.render()?;
            (envelope.owner.to_owned(), format!("A message from {who}"), Body::Text(text, None))
        }
        Content::TaskReminder { title, due_at } => {
            let who = contact.name.as_deref().unwrap_or("somebody");
            let due =
                due_at.map(|at| at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string());
            let text = ReminderText { who, title, due, person_url: envelope.person_url }.render()?;
            (envelope.owner.to_owned(), format!("To do: {title}"), Body::Text(text, None))
        }
    };
    let domain = envelope.from.rsplit('@').next().unwrap_or("localhost");
    let mut message = MessageBuilder::new()
        .from((format!("AI assistant of {}", persona.core.name), envelope.from.to_owned()))
        .to(to.clone())
        .reply_to((persona.core.name.clone(), envelope.owner.to_owned()))
        .subject(subject.clone())
        .message_id(format!("{}@{domain}", follow_up.id))
        .date(now.as_second())
        .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"));
    match body {
        Body::Made(body) => message = message.body(body),
        Body::Text(text, html) => {
            message = message.text_body(text);
            if let Some(html) = html {
                message = message.html_body(html);
            }
        }
    }
    Ok(Mail { to, subject, mime: message.write_to_vec()? })
}

fn words(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Phone => ("call", "on the phone"),
        Channel::Voice => ("call", "in a conversation on the web"),
        Channel::Chat => ("message", "in the chat"),
    }
}

fn greeting(contact: &Contact) -> String {
    match contact.name.as_deref().and_then(|name| name.split_whitespace().next()) {
        Some(first) => format!("Hello {first},"),
        None => "Hello,".to_owned(),
    }
}
