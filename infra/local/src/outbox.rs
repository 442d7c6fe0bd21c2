//! The mails and text messages that were "sent", to be read in a browser: what a person would find in their inbox and on
//! their telephone.

use std::{io, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{FromRef, Path, State as Extract},
    middleware::map_response,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, Method, StatusCode, header};
use mail_parser::{MessageParser, MimeHeaders as _};
use sim::twilio::{Twilio, rest::Message};
use twin::{
    error::Error,
    follow_up::feedback::PERSON_TAG,
    http::{Owner, OwnerAuth, Route, app as router},
    id::PersonId,
    identity::Phone,
    store::Store,
};

use crate::aws::ses::{Mail, Ses};

#[derive(Clone)]
pub struct State {
    pub ses: Arc<Ses>,
    /// Where texts go if Twilio is simulated.
    pub texts: Option<Arc<Twilio>>,
    pub auth: OwnerAuth,
    /// How the owner's browser is signed in.
    pub entrance: web::Entrance,
    /// How a simulated call is placed.
    pub call: String,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/outbox", get(list)),
        Route::new(Method::GET, "/outbox/{id}", get(show)),
        Route::new(Method::GET, "/outbox/{id}/html", get(html)),
        Route::new(Method::GET, "/outbox/{id}/attachments/{number}", get(attachment)),
    ]
}

pub fn app(state: State) -> Router {
    let entrance = state.entrance;
    let signed_in = move |answer: Response| async move {
        match answer.status() {
            StatusCode::UNAUTHORIZED => web::sign_in_first(entrance),
            _ => answer,
        }
    };
    router(routes(), state).layer(map_response(signed_in))
}

/// What was mailed to people, or about them, goes when they are erased: here nobody else keeps it.
pub async fn forget_erased(store: &Store, ses: &Ses) -> Result<(), Error> {
    for name in ses.tagged(PERSON_TAG) {
        let Ok(person) = name.parse::<PersonId>() else { continue };
        if store.erased(&person).await?.is_some() {
            ses.forget(PERSON_TAG, &name).map_err(|error| Error::Internal(Box::new(error)))?;
        }
    }
    Ok(())
}

/// A mail as its reader sees it.
struct Opened {
    id: String,
    from: String,
    to: String,
    subject: String,
    date: String,
    text: String,
    html: Option<String>,
    attachments: Vec<Attached>,
}

/// What a mail brings along, an event for a calendar among it.
struct Attached {
    name: String,
    bytes: Vec<u8>,
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct List {
    mails: Vec<Opened>,
    texts: Vec<Text>,
    /// What leads to the first mail.
    call: String,
}

/// A text message, in parts: links can be followed.
struct Text {
    to: String,
    date: String,
    words: Vec<Word>,
}

enum Word {
    Plain(String),
    Link(String),
    /// The end of a line.
    Break,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Show {
    mail: Opened,
}

async fn list(_: Owner, Extract(state): Extract<State>) -> Result<Response, Error> {
    let mails = kept(&state).await?.iter().rev().filter_map(open).collect();
    let texts = state.texts.as_ref().map(|twilio| twilio.outbox()).unwrap_or_default();
    page(&List { mails, texts: texts.iter().rev().map(Text::of).collect(), call: state.call })
}

async fn show(_: Owner, Extract(state): Extract<State>, Path(id): Path<String>) -> Result<Response, Error> {
    page(&Show { mail: find(&state, &id).await? })
}

/// The HTML part alone, for a frame: it may style itself, and nothing else.
async fn html(_: Owner, Extract(state): Extract<State>, Path(id): Path<String>) -> Result<Response, Error> {
    let part = find(&state, &id).await?.html.ok_or(Error::NotFound)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
    Ok(([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(part)).into_response())
}

/// To be saved, never shown: it is whatever was mailed.
async fn attachment(
    _: Owner,
    Extract(state): Extract<State>,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Response, Error> {
    let mut attachments = find(&state, &id).await?.attachments;
    if number >= attachments.len() {
        return Err(Error::NotFound);
    }
    let Attached { name, bytes } = attachments.swap_remove(number);
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let saved = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let saved = saved.map_err(|error| Error::Internal(Box::new(error)))?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_DISPOSITION, saved), (header::CONTENT_TYPE, kind)], bytes).into_response())
}

impl Text {
    fn of(message: &Message) -> Self {
        let to = Phone::parse(&message.to).map_or_else(|_| message.to.clone(), |phone| phone.written());
        Self {
            to,
            date: message.created.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            words: words(&message.body),
        }
    }
}

fn words(body: &str) -> Vec<Word> {
    let word = |word: &str| match word.starts_with("http") {
        true => Word::Link(word.to_owned()),
        false => Word::Plain(word.to_owned()),
    };
    let lines = body.lines().enumerate();
    let words = lines.flat_map(|(at, line)| {
        let end = (at > 0).then_some(Word::Break);
        end.into_iter().chain(line.split_whitespace().map(word))
    });
    words.collect()
}

/// What was sent since the start and before it, the oldest first.
async fn kept(state: &State) -> Result<Vec<Mail>, Error> {
    let ses = state.ses.clone();
    let read = tokio::task::spawn_blocking(move || Ok([ses.earlier()?, ses.sent()].concat()));
    let read: io::Result<Vec<Mail>> = read.await.map_err(io::Error::other).flatten();
    read.map_err(|error| Error::Internal(Box::new(error)))
}

async fn find(state: &State, id: &str) -> Result<Opened, Error> {
    kept(state).await?.iter().find(|mail| mail.message_id == id).and_then(open).ok_or(Error::NotFound)
}

fn open(mail: &Mail) -> Option<Opened> {
    let message = MessageParser::default().parse(&mail.raw)?;
    let attachments = message.attachments().map(|part| Attached {
        name: part.attachment_name().unwrap_or("invitation.ics").to_owned(),
        bytes: part.contents().to_vec(),
    });
    Some(Opened {
        attachments: attachments.collect(),
        id: mail.message_id.clone(),
        from: mail.from.clone(),
        to: mail.recipients.join(", "),
        subject: message.subject().unwrap_or("(no subject)").to_owned(),
        date: message.date().map(mail_parser::DateTime::to_rfc822).unwrap_or_default(),
        text: message.body_text(0).map(std::borrow::Cow::into_owned).unwrap_or_default(),
        html: (message.html_body_count() > 0)
            .then(|| message.body_html(0).map(std::borrow::Cow::into_owned))
            .flatten(),
    })
}

fn page(template: &impl Template) -> Result<Response, Error> {
    let policy =
        "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let html = template.render().map_err(|error| Error::Internal(Box::new(error)))?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Html(html)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_with_its_lines() {
        let words = words("You called. Write: https://twin.example/chat\nReply STOP.");
        let texts = vec![Text { to: "+1 415-555-0100".to_owned(), date: String::new(), words }];
        let page = List { mails: Vec::new(), texts, call: String::new() }.render().unwrap();
        assert!(page.contains("https://twin.example/chat</a> <br> Reply STOP."), "{page}");
    }
}
