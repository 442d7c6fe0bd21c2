//! The owner's word by a link: GET shows what would be sent, POST acts.

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::Response,
};
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    error::Error,
    follow_up::{Content, FollowUp, Medium, mail::Letter},
    http::{from_own_page, shown},
    twin::Decision,
    wire::ticket::Tap,
};

use crate::{
    State,
    page::{Failure, Notice, form, html, no_link},
};

pub const PATH: &str = "/decide";
pub const DOCUMENT: &str = "/decide/document";

#[derive(Deserialize)]
struct Link {
    token: String,
}

#[derive(Deserialize)]
struct Fields {
    token: String,
    decision: Word,
    /// The box is ticked.
    #[serde(default)]
    always: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Reject,
}

#[derive(Template)]
#[template(path = "decide.html")]
struct Page {
    letter: Letter,
    reason: String,
    problem: Option<String>,
    /// What it follows from.
    quote: Option<String>,
    token: String,
    /// The body of the page of what is attached, if something is.
    attached: Option<String>,
    is_mail: bool,
    /// Whom what is like this would go to by itself.
    suggestion: Option<&'static str>,
}

pub async fn show(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let (token, tap) = tapped(&state, query, now)?;
    let waiting = found(&state, &tap).await?;
    if !waiting.needs_a_word() {
        return html(&Notice::new("Already decided", format!("It is {}.", waiting.state.words())));
    }
    if waiting.fingerprint() != tap.fingerprint {
        return Err(Error::Conflict.into());
    }
    let twin = &state.twin;
    let letter = twin.preview(&waiting, &state.public_base_url, now).await?.ok_or(Error::NotFound)?;
    let relationship = twin.relationship(&tap.person).await?;
    let suggests = twin.suggests(waiting.content.kind(), relationship).await?;
    let attached = match &waiting.content {
        Content::Proposal { proposal, .. } => {
            Some(proposal.body().map_err(|error| Error::Internal(Box::new(error)))?)
        }
        _ => None,
    };
    html(&Page {
        letter,
        attached,
        is_mail: waiting.content.medium() != Medium::Text,
        reason: waiting.reason,
        problem: waiting.problem,
        quote: waiting.quote,
        token,
        suggestion: suggests.map(|_| relationship.words()),
    })
}

/// What would be attached, while it is what the link was made for.
pub async fn document(
    Extract(state): Extract<State>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (_, tap) = tapped(&state, query, Timestamp::now())?;
    if found(&state, &tap).await?.fingerprint() != tap.fingerprint {
        return Err(Error::Conflict.into());
    }
    Ok(shown(state.twin.document(&tap.person, &tap.follow_up).await?))
}

pub async fn act(Extract(state): Extract<State>, request: Request) -> Result<Response, Failure> {
    from_own_page(request.headers(), &state.public_base_url)?;
    let fields: Fields = form(request).await?;
    let now = Timestamp::now();
    let tap: Tap = state.links.verify(&fields.token, now).map_err(no_link)?;
    let decision = match fields.decision {
        Word::Approve => Decision::Approve { note: None, edited: None, always: fields.always.is_some() },
        Word::Reject => Decision::Reject,
    };
    let notice = match decision {
        Decision::Approve { .. } => Notice::new("Approved", "It is sent now, or when its time comes."),
        Decision::Reject => Notice::new("Rejected", "It is not sent."),
    };
    state.twin.decide(&tap.person, &tap.follow_up, &tap.fingerprint, decision, now).await?;
    html(&notice)
}

fn tapped(state: &State, query: Option<String>, now: Timestamp) -> Result<(String, Tap), Error> {
    let link: Option<Link> = query.and_then(|query| serde_urlencoded::from_str(&query).ok());
    let Link { token } = link.ok_or(Error::NotFound)?;
    let tap = state.links.verify(&token, now).map_err(no_link)?;
    Ok((token, tap))
}

async fn found(state: &State, tap: &Tap) -> Result<FollowUp, Error> {
    state.twin.store().follow_up(&tap.person, &tap.follow_up).await?.ok_or(Error::NotFound)
}
