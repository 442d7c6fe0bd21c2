//! A follow-up as a MIME message: text and HTML alternatives from typed templates.

mod letter;

pub use self::letter::{Letter, letter, text_message};

use jiff::{Timestamp, tz::TimeZone};
use mail_builder::{MessageBuilder, headers::raw::Raw, mime::MimePart};

use super::{Content, FollowUp, invitation};
use crate::{contact::Contact, identity::Email, persona::Persona};

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
    #[error("what is no mail was to be mailed")]
    NotMail,
}

/// Addresses and links that a deployment gives.
pub struct Envelope<'a> {
    pub from: &'a str,
    pub owner: &'a str,
    pub public_base_url: &'a str,
    /// The link to go on elsewhere, when the follow-up has one.
    pub handoff_url: Option<&'a str>,
    /// The link to a booking, when the follow-up tells of one.
    pub booking_url: Option<&'a str>,
    /// Of what is written to the person, and shown to them.
    pub zone: TimeZone,
}

enum Body {
    Text(String, Option<String>),
    Made(MimePart<'static>),
}

/// Writes a follow-up out. `now` dates it; the same follow-up has the same Message-ID.
pub fn compose(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
    now: Timestamp,
) -> Result<Mail, MailError> {
    let (to, subject, body) = if let Content::Invitation { to, booking } = &follow_up.content {
        let (owner, url) = (envelope.owner, envelope.booking_url);
        let hello = letter::greeting(persona, contact);
        let (subject, body) = invitation::body(booking, hello, persona, owner, url, follow_up.planned_at)?;
        (Email::address(to).to_owned(), subject, Body::Made(body))
    } else {
        let Letter { to, subject, text, html } = letter(follow_up, persona, contact, envelope)?;
        (to, subject, Body::Text(text, html))
    };
    let domain = envelope.from.rsplit('@').next().unwrap_or("localhost");
    let mut message = MessageBuilder::new()
        .from((format!("AI assistant of {}", persona.core.name), envelope.from.to_owned()))
        .to(to.clone())
        .reply_to((persona.core.name.clone(), envelope.owner.to_owned()))
        .subject(subject.clone())
        .message_id(format!("{}@{domain}", follow_up.id))
        .date(now.as_second())
        .header("Auto-Submitted", Raw::new("auto-generated"));
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
