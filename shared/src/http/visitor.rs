//! Who visits: the browser that holds a secret in a cookie that no script sees.

use http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};

use super::{CHAT_COOKIE, SESSION_COOKIE, cookie, origin, set_cookie};
use crate::{
    chat::CHAT_FOR,
    error::Error,
    handoff::Secret,
    twin::{Chatting, Twin},
};

/// The chat of the browser that asks, if it has one.
pub async fn known(twin: &Twin, headers: &HeaderMap, now: Timestamp) -> Result<Option<Chatting>, Error> {
    match cookie(headers, CHAT_COOKIE) {
        Some(secret) => twin.chat(secret, now).await,
        None => Ok(None),
    }
}

/// Whether the owner is signed in in the browser that asks.
pub async fn is_owners(twin: &Twin, headers: &HeaderMap, now: Timestamp) -> Result<bool, Error> {
    match cookie(headers, SESSION_COOKIE) {
        Some(session) => Ok(twin.store().is_owner_session(session, now).await?),
        None => Ok(false),
    }
}

/// The secret that a browser holds.
fn held(headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, CHAT_COOKIE).and_then(Secret::held)
}

/// A cookie for a browser that has none: nothing is kept before a first message, and that can be sent twice.
pub fn offered(headers: &HeaderMap, public_base_url: &str) -> Option<HeaderValue> {
    held(headers).is_none().then(|| chat_cookie(Secret::generate().reveal(), public_base_url))
}

/// The chat of the browser; or a new one, under the cookie that it was offered, or with one that leads to it.
pub async fn or_begun(
    twin: &Twin,
    known: Option<Chatting>,
    headers: &HeaderMap,
    public_base_url: &str,
    now: Timestamp,
) -> Result<(Chatting, Option<HeaderValue>), Error> {
    if let Some(chatting) = known {
        return Ok((chatting, None));
    }
    if let Some(secret) = held(headers) {
        match twin.begin_chat_under(&secret, None, now).await {
            // What was under it is over.
            Err(Error::Conflict) => {}
            begun => return Ok((begun?, None)),
        }
    }
    let (secret, chatting) = twin.begin_chat(None, now).await?;
    Ok((chatting, Some(chat_cookie(secret.reveal(), public_base_url))))
}

/// What changes something comes from our own pages, or from no page at all.
pub fn same_origin(headers: &HeaderMap, base_url: &str) -> Result<(), Error> {
    match headers.get(header::ORIGIN) {
        Some(given) if given.to_str().ok() != Some(origin(base_url).as_str()) => Err(Error::Forbidden),
        _ => Ok(()),
    }
}

/// The cookie that holds a chat's secret; an empty secret ends it.
pub fn chat_cookie(secret: &str, base_url: &str) -> HeaderValue {
    let lives = if secret.is_empty() { SignedDuration::ZERO } else { CHAT_FOR };
    let text = set_cookie(CHAT_COOKIE, secret, lives, base_url);
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
