//! Where a conversation goes on that began elsewhere: a link opens it once, in writing or by voice, for its person.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    chat::CHAT_FOR,
    http::{CHAT_COOKIE, posted, set_cookie},
    twin::begin_handed_over,
};

use crate::{
    State,
    failure::{Failure, Link},
    page::{Confirm, Frame},
};

#[derive(Deserialize)]
struct Fields {
    session: String,
}

/// The secret of a link, as it stands in an address.
pub fn secret(query: Option<&str>) -> Option<String> {
    let fields: Fields = serde_urlencoded::from_str(query?).ok()?;
    Some(fields.session)
}

/// Uses nothing up and tells nothing about the secret.
pub fn confirm(frame: Frame, secret: String, path: &'static str, how: &str) -> Result<Response, Failure> {
    Confirm {
        title: format!("Continue your conversation with {}’s AI assistant", frame.owner_name()),
        frame,
        text: format!("See what was said and what was noted, and go on from there {how}."),
        path,
        field: "session",
        secret,
        button: "Open the conversation",
        note: "For your privacy the link works once. The conversation then stays open in this browser.",
    }
    .response()
}

/// Uses the link up: from here on the browser's cookie is the conversation's.
pub async fn redeem(state: &State, request: Request, path: &'static str) -> Result<Response, Failure> {
    let fields: Fields = posted(request, &state.public_base_url).await?;
    let begun = begin_handed_over(&state.store, &fields.session, None, Timestamp::now()).await;
    let (secret, _) = begun.map_err(|error| Link::Handoff.failure(error))?;
    let cookie = set_cookie(CHAT_COOKIE, secret.reveal(), CHAT_FOR, &state.public_base_url);
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, path.to_owned())];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
