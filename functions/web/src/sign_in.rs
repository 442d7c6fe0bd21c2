//! The owner signs in with a link that works once: one click, then a cookie for the day.

use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use twin::{
    config::Settings,
    error::Error,
    handoff::Secret,
    http::{SESSION_COOKIE, cookie, from_own_page, posted, set_cookie},
};

use crate::{
    State, dashboard,
    failure::{Failure, Link},
    page::{Confirm, Frame},
};

pub const PATH: &str = "/owner";
pub const SIGN_OUT: &str = "/owner/sign-out";
/// Where the owner signs in through the identity provider.
pub const AT_THE_PROVIDER: &str = "/owner/sign-in";
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const SIGNED_IN_FOR: SignedDuration = SignedDuration::from_hours(12);

/// How the owner's browser is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// With the link that is printed at start.
    Printed,
    /// At the identity provider, which knows the owner's account.
    Provider,
    Missing,
}

impl Entrance {
    /// Of a deployed system, which prints no link.
    pub fn deployed(settings: &Settings<'_>) -> Self {
        let owner = ["OIDC_OWNER_SUBJECT", "OIDC_OWNER_EMAIL"];
        let knows_the_owner = owner.iter().any(|name| settings.optional(name).is_some());
        match settings.optional("OIDC_ISSUER") {
            Some(_) if knows_the_owner => Self::Provider,
            _ => Self::Missing,
        }
    }
}

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
        (header::SET_COOKIE, session_cookie(session.reveal(), &state.public_base_url)),
        (header::LOCATION, dashboard::PATH.to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Ends the session of this browser: its cookie leads nowhere any more, whoever else has it.
pub async fn sign_out(Extract(state): Extract<State>, headers: HeaderMap) -> Result<Response, Error> {
    from_own_page(&headers, &state.public_base_url)?;
    if let Some(session) = cookie(&headers, SESSION_COOKIE) {
        state.store.end_owner_session(session).await?;
    }
    let ended = set_cookie(SESSION_COOKIE, "", SignedDuration::ZERO, &state.public_base_url);
    // What the browser keeps to ask for again goes, too.
    let forgets = (CLEAR_SITE_DATA, "\"cache\"".to_owned());
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, ended), forgets]).into_response())
}

fn session_cookie(session: &str, base_url: &str) -> String {
    set_cookie(SESSION_COOKIE, session, SIGNED_IN_FOR, base_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_does_not_know_the_owner_signs_only_visitors_in() {
        let deployed = |set: &'static [&str]| {
            let environment = |name: &str| set.contains(&name).then(|| "https://id.example".to_owned());
            Entrance::deployed(&Settings::new(&environment))
        };
        assert_eq!(deployed(&[]), Entrance::Missing);
        assert_eq!(deployed(&["OIDC_ISSUER"]), Entrance::Missing);
        assert_eq!(deployed(&["OIDC_OWNER_EMAIL"]), Entrance::Missing);
        assert_eq!(deployed(&["OIDC_ISSUER", "OIDC_OWNER_EMAIL"]), Entrance::Provider);
        assert_eq!(deployed(&["OIDC_ISSUER", "OIDC_OWNER_SUBJECT"]), Entrance::Provider);
    }

    #[test]
    fn the_cookie_is_the_servers_alone() {
        let plain = "omnitwin_session=abc; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax";
        assert_eq!(session_cookie("abc", "http://localhost:8080"), plain);
        assert_eq!(session_cookie("abc", "https://twin.example"), format!("{plain}; Secure"));
    }
}
