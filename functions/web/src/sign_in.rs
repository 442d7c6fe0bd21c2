//! The owner signs in with a link that works once: one click, then a cookie for the day.

use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use twin::{
    error::Error,
    handoff::Secret,
    http::{SESSION_COOKIE, set_cookie},
};

use crate::{
    State, dashboard,
    failure::{Failure, Link},
    page::{Confirm, Frame, posted},
};

pub const PATH: &str = "/owner";
const SIGNED_IN_FOR: SignedDuration = SignedDuration::from_hours(12);

#[derive(Deserialize)]
struct Fields {
    token: String,
}

/// Uses nothing up and tells nothing about the token.
pub async fn ask(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields: Option<Fields> = query.and_then(|query| serde_urlencoded::from_str(&query).ok());
    let fields = fields.ok_or_else(|| Link::Owner.failure(Error::NotFound))?;
    let frame = Frame::new(state.store.persona().await?.as_ref(), false);
    Confirm {
        title: frame.owner.as_ref().map_or_else(|| "Welcome".to_owned(), |owner| format!("Welcome, {owner}")),
        frame,
        text: "See who called, what was said, and what follows.".to_owned(),
        path: PATH,
        field: "token",
        secret: fields.token,
        button: "Open my pages",
        note: "This browser stays signed in for twelve hours. The link works once.",
    }
    .response()
}

pub async fn redeem(Extract(state): Extract<State>, request: Request) -> Result<Response, Failure> {
    let fields: Fields = posted(request, &state.public_base_url).await?;
    let now = Timestamp::now();
    let redeemed = state.store.redeem_owner_link(&fields.token, now).await;
    redeemed.map_err(|error| Link::Owner.failure(error))?;
    let session = Secret::generate();
    state.store.save_owner_session(session.reveal(), now + SIGNED_IN_FOR).await?;
    let headers = [
        (header::SET_COOKIE, cookie(session.reveal(), &state.public_base_url)),
        (header::LOCATION, dashboard::PATH.to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn cookie(session: &str, base_url: &str) -> String {
    set_cookie(SESSION_COOKIE, session, SIGNED_IN_FOR, base_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_the_servers_alone() {
        let plain = "omnitwin_session=abc; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax";
        assert_eq!(cookie("abc", "http://localhost:8080"), plain);
        assert_eq!(cookie("abc", "https://twin.example"), format!("{plain}; Secure"));
    }
}
