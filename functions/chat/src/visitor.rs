//! Who writes: the browser that holds a secret in a cookie that no script sees. And how much is let in.

use http::{HeaderMap, HeaderValue, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use twin::{
    chat::CHAT_FOR,
    error::Error,
    handoff::Secret,
    http::{CHAT_COOKIE, address, cookie as cookie_of, origin, set_cookie},
    store::{Limit, Store},
    twin::{Chatting, Twin},
};

use crate::State;

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// What one address, one browser and all together may send.
const ADDRESS: [Limit; 2] = [
    Limit { name: "chat-address-minute", most: 20, window: A_MINUTE },
    Limit { name: "chat-address-day", most: 400, window: A_DAY },
];
const SESSION: [Limit; 2] = [
    Limit { name: "chat-session-minute", most: 12, window: A_MINUTE },
    Limit { name: "chat-session-day", most: 200, window: A_DAY },
];
const ALL: Limit = Limit { name: "chat-day", most: 5000, window: A_DAY };

/// The chat of the browser that asks, if it has one.
pub async fn known(twin: &Twin, headers: &HeaderMap, now: Timestamp) -> Result<Option<Chatting>, Error> {
    match cookie_of(headers, CHAT_COOKIE) {
        Some(secret) => twin.chat(secret, now).await,
        None => Ok(None),
    }
}

/// The secret that a browser holds.
fn held(headers: &HeaderMap) -> Option<Secret> {
    cookie_of(headers, CHAT_COOKIE).and_then(Secret::held)
}

/// A cookie for a browser that has none: nothing is kept before a first message, and that can be sent twice.
pub fn offered(headers: &HeaderMap, public_base_url: &str) -> Option<HeaderValue> {
    held(headers).is_none().then(|| cookie(Secret::generate().reveal(), public_base_url))
}

/// The chat of the browser; or a new one, under the cookie that it was offered, or with one that leads to it.
pub async fn or_begun(
    state: &State,
    known: Option<Chatting>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(Chatting, Option<HeaderValue>), Error> {
    if let Some(chatting) = known {
        return Ok((chatting, None));
    }
    if let Some(secret) = held(headers) {
        match state.twin.begin_chat_under(&secret, None, now).await {
            // What was under it is over.
            Err(Error::Conflict) => {}
            begun => return Ok((begun?, None)),
        }
    }
    let (secret, chatting) = state.twin.begin_chat(None, now).await?;
    Ok((chatting, Some(cookie(secret.reveal(), &state.public_base_url))))
}

/// What changes something comes from our own pages, or from no page at all.
pub fn same_origin(headers: &HeaderMap, base_url: &str) -> Result<(), Error> {
    match headers.get(header::ORIGIN) {
        Some(given) if given.to_str().ok() != Some(origin(base_url).as_str()) => Err(Error::Forbidden),
        _ => Ok(()),
    }
}

/// Counts a message; an error if it is one too many.
pub async fn admit(
    store: &Store,
    parts: &Parts,
    chatting: Option<&Chatting>,
    now: Timestamp,
) -> Result<(), Error> {
    let address = address(parts);
    let session = chatting.map(|chatting| chatting.chat.person.to_string());
    let mut limits: Vec<(&Limit, &str)> = ADDRESS.iter().map(|limit| (limit, address.as_str())).collect();
    limits.extend(session.iter().flat_map(|session| SESSION.iter().map(|limit| (limit, session.as_str()))));
    limits.push((&ALL, ""));
    for (limit, who) in limits {
        store.take(limit, who, 1, now).await?.map_err(|until| Error::TooMany { until })?;
    }
    Ok(())
}

/// The cookie that holds a chat's secret; an empty secret ends it.
pub fn cookie(secret: &str, base_url: &str) -> HeaderValue {
    let lives = if secret.is_empty() { SignedDuration::ZERO } else { CHAT_FOR };
    let text = set_cookie(CHAT_COOKIE, secret, lives, base_url);
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        assert!(ADDRESS.iter().any(|limit| limit.window == ALL.window && limit.most * 5 <= ALL.most));
    }
}
