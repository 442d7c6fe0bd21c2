//! A follow-up as a MIME message: text and HTML alternatives from typed templates.

mod letter;
mod to_person;
mod text;

pub use self::{
    letter::{Letter, clock, letter, moment},
    text::text_message,
};

use jiff::{Timestamp, tz::TimeZone};
use mail_builder::{
    MessageBuilder,
    headers::{content_type::ContentType, raw::Raw, url::URL},
    mime::MimePart,
};

use super::{
    Content, FollowUp,
    feedback::{FOLLOW_UP_TAG, PERSON_TAG},
    invitation,
};
use crate::{
    contact::Contact,
    persona::Persona,
    proposal::{Document, DocumentError},
    scheduling::ics::Organizer,
};

/// A message ready for SES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub mime: Vec<u8>,
}

/// Why a follow-up cannot be written as a mail. None is sent then.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the template cannot be rendered: {0}")]
    Template(#[from] askama::Error),
    #[error("the message cannot be written: {0}")]
    Mime(#[from] std::io::Error),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("what is no mail was to be mailed")]
    NotMail,
}

/// Addresses and links that a deployment gives.
pub struct Envelope<'a> {
    pub from: &'a str,
    pub owner: &'a str,
    pub public_base_url: &'a str,
    /// Where answers go.
    pub reply_to: &'a str,
    /// One click, and there are no more mails (RFC 8058).
    pub unsubscribe_url: Option<&'a str>,
    /// The mail that this one continues.
    pub continues: Option<&'a FollowUp>,
    /// The link to go on elsewhere, when the follow-up has one.
    pub handoff_url: Option<&'a str>,
    /// The link to a booking, when the follow-up tells of one.
    pub booking_url: Option<&'a str>,
    /// Where the guest's calendar answers to, when the follow-up invites; to the owner without one.
    pub answers: Option<&'a str>,
    /// Of what waits for the owner's word, when the follow-up tells of that: where it is given, and its document if it has one.
    pub decide_url: Option<&'a str>,
    pub document: Option<&'a Document>,
    /// Of what is written to the person, and shown to them.
    pub zone: TimeZone,
    /// What is over by then is not proposed.
    pub now: Timestamp,
}

/// Writes a follow-up out, dated by its envelope. The same follow-up has the same Message-ID, where SES leaves it one.
pub fn compose(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
) -> Result<Mail, MailError> {
    let letter = letter(follow_up, persona, contact, envelope)?;
    let message = headed(follow_up, &letter, persona, envelope.from, envelope.reply_to, envelope.now);
    let message = match &follow_up.content {
        Content::Invitation { booking, .. } => {
            let organizer = Organizer { name: &persona.core.name, email: envelope.owner };
            let event = invitation::event(booking, organizer, envelope.answers, envelope.booking_url);
            let part = |kind, text| MimePart::new(ContentType::new(kind).attribute("charset", "utf-8"), text);
            let html = letter.html.clone().unwrap_or_default();
            let alternatives = vec![part("text/plain", letter.text.clone()), part("text/html", html), event];
            message.body(MimePart::new(ContentType::new("multipart/alternative"), alternatives))
        }
        Content::MeetingNotification { booking } => {
            let (kind, event) = invitation::owners_event(booking, persona, envelope.owner);
            message.attachment(kind, "meeting.ics", event.into_bytes())
        }
        Content::Proposal { proposal, .. } => {
            let document = proposal.document()?;
            message.attachment(document.media_type, document.name, document.bytes)
        }
        _ => match envelope.document.cloned() {
            Some(document) => message.attachment(document.media_type, document.name, document.bytes),
            None => message,
        },
    };
    let message = match envelope.unsubscribe_url {
        Some(url) => message
            .header("List-Unsubscribe", URL::new(url.to_owned()))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click")),
        None => message,
    };
    let message = match envelope.continues {
        Some(first) => {
            let id = format!("{}@{}", first.id, domain(envelope.from));
            // SES gives each message an id of its own, and that is what the recipient's program knows it by.
            let of_ses = first.provider_id.as_ref().map(|id| format!("{id}@email.amazonses.com"));
            let known = of_ses.unwrap_or_else(|| id.clone());
            message.in_reply_to(known.clone()).references(vec![id, known])
        }
        None => message,
    };
    Ok(Mail { mime: message.write_to_vec()?, to: letter.to, subject: letter.subject })
}

/// A letter that needs no more around it.
pub fn deliverable(
    follow_up: &FollowUp,
    letter: Letter,
    persona: &Persona,
    from: &str,
    reply_to: &str,
    now: Timestamp,
) -> Result<Mail, MailError> {
    let mime = headed(follow_up, &letter, persona, from, reply_to, now).write_to_vec()?;
    Ok(Mail { mime, to: letter.to, subject: letter.subject })
}

fn headed(
    follow_up: &FollowUp,
    letter: &Letter,
    persona: &Persona,
    from: &str,
    reply_to: &str,
    now: Timestamp,
) -> MessageBuilder<'static> {
    let tags = format!("{FOLLOW_UP_TAG}={}, {PERSON_TAG}={}", follow_up.id, follow_up.person);
    let message = MessageBuilder::new()
        .from((format!("AI assistant of {}", persona.core.name), from.to_owned()))
        .to(letter.to.clone())
        .reply_to((persona.core.name.clone(), reply_to.to_owned()))
        .subject(letter.subject.clone())
        .message_id(format!("{}@{}", follow_up.id, domain(from)))
        .date(now.as_second())
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-SES-MESSAGE-TAGS", Raw::new(tags))
        .text_body(letter.text.clone());
    match &letter.html {
        Some(html) => message.html_body(html.clone()),
        None => message,
    }
}

fn domain(from: &str) -> &str {
    from.rsplit('@').next().unwrap_or("localhost")
}

#[cfg(test)]
mod tests;
