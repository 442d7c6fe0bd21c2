//! No more mails: a page with one button for people, and the POST of mail programs (RFC 8058), which is the same.

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::Response,
};
use jiff::Timestamp;
use serde::Deserialize;
use twin::{error::Error, wire::ticket::Leave};

use crate::{
    State,
    page::{Failure, Notice, form, html, no_link},
};

pub const PATH: &str = "/unsubscribe";

#[derive(Deserialize)]
struct Link {
    token: String,
}

/// What RFC 8058, 3.2 has programs post; the page's button posts the same.
#[derive(Deserialize)]
struct OneClick {
    #[serde(rename = "List-Unsubscribe")]
    list_unsubscribe: String,
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page {
    owner: String,
    action: String,
}

fn claims(state: &State, query: Option<String>) -> Result<(Leave, String), Error> {
    let link: Option<Link> = query.and_then(|query| serde_urlencoded::from_str(&query).ok());
    let Link { token } = link.ok_or(Error::NotFound)?;
    let leave = state.links.verify(&token, Timestamp::now()).map_err(no_link)?;
    Ok((leave, token))
}

/// Changes nothing, and tells nothing about whoever the link is of.
pub async fn ask(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let (_, token) = claims(&state, query)?;
    let owner = state.twin.persona().await?.persona.core.name.clone();
    html(&Page { owner, action: format!("{PATH}?token={token}") })
}

pub async fn leave(
    Extract(state): Extract<State>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Failure> {
    let (leave, _) = claims(&state, query)?;
    let OneClick { list_unsubscribe } = form(request).await?;
    if list_unsubscribe != "One-Click" {
        return Err(Error::Malformed("List-Unsubscribe is One-Click".to_owned()).into());
    }
    match state.twin.no_more_mails(&leave.person, leave.address_hash.as_deref(), Timestamp::now()).await {
        // Whoever is gone gets no mail either.
        Ok(()) | Err(Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    html(&Notice::new(
        "Done",
        "You get no more mails from here. If you get in touch again, you can change your mind.",
    ))
}
