//! Hosts that register themselves (RFC 7591), and finding a host again by its id. All are public clients: what proves
//! that an answer reaches the one who asked is PKCE.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use twin::{
    error::Error,
    http::{address, json as read_json},
    identity::PersonName,
    store::{Limit, oauth::Client},
};

use super::{OAuth, document, error::Fault, redirect::Redirect, token};

/// A registration that nobody has consented to is kept so long,
const UNUSED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// and one that somebody has, after the last time.
const USED_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
const MAX_REDIRECTS: usize = 10;
const MAX_NAME: usize = 100;
const MAX_ID: usize = 2048;
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// Registrations from one address, and from all: hosts in the cloud register for many people.
const REGISTRATIONS: [Limit; 2] = [
    Limit { name: "oauth-registrations-minute", most: 20, window: A_MINUTE },
    Limit { name: "oauth-registrations-day", most: 200, window: A_DAY },
];
const ALL_REGISTRATIONS: Limit = Limit { name: "oauth-registrations", most: 1000, window: A_DAY };
/// Documents that are fetched for one address, and for all.
const DOCUMENTS: [Limit; 2] = [
    Limit { name: "oauth-documents-minute", most: 20, window: A_MINUTE },
    Limit { name: "oauth-documents-day", most: 200, window: A_DAY },
];
const ALL_DOCUMENTS: Limit = Limit { name: "oauth-documents", most: 1000, window: A_DAY };
/// A host that does not say what it is called.
const NAMELESS: &str = "An unnamed app";

#[derive(Deserialize)]
struct Registration {
    redirect_uris: Vec<String>,
    client_name: Option<String>,
}

pub async fn register(Extract(oauth): Extract<OAuth>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let (address, now) = (address(&parts), Timestamp::now());
    let asked: Registration = read_json(Request::from_parts(parts, body)).await.map_err(unreadable)?;
    let client = Client {
        id: format!("client_{}", token::name()),
        name: display_name(asked.client_name.as_deref()),
        redirect_uris: redirects(asked.redirect_uris)
            .map_err(|why| Fault::new("invalid_redirect_uri", why))?,
        expires_at: now + UNUSED_FOR,
    };
    oauth.admit(&REGISTRATIONS, &ALL_REGISTRATIONS, &address, now).await?;
    oauth.store.save_client(&client).await?;
    let answer = json!({
        "client_id": client.id,
        "client_id_issued_at": now.as_second(),
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn unreadable(error: Error) -> Fault {
    match error {
        Error::Malformed(_) | Error::Invalid(_) | Error::UnsupportedMediaType => Fault::new(
            "invalid_client_metadata",
            "a registration is application/json with a list redirect_uris, and a text as client_name",
        ),
        other => other.into(),
    }
}

/// The redirect URIs of a client, if all of them are acceptable.
pub fn redirects(uris: Vec<String>) -> Result<Vec<String>, &'static str> {
    if uris.is_empty() || uris.len() > MAX_REDIRECTS {
        return Err("between one and ten redirect URIs are accepted");
    }
    match uris.iter().all(|uri| Redirect::parse(uri).is_some()) {
        true => Ok(uris),
        false => Err("a redirect URI is https, or http on the user's own machine, without a fragment"),
    }
}

/// What a host calls itself, made safe to show.
pub fn display_name(given: Option<&str>) -> String {
    let cleaned = given.and_then(|name| PersonName::clean(name).ok());
    cleaned.map_or_else(|| NAMELESS.to_owned(), |name| name.chars().take(MAX_NAME).collect())
}

/// Why there is no client of an id.
pub enum NoClient {
    Unknown,
    /// Its document cannot be had, or is not as it has to be.
    Document(document::Fault),
    Own(Error),
}

impl OAuth {
    /// The client of an id: registered with us, or described by the document that the id is the address of.
    pub(super) async fn client(&self, id: &str, address: &str, now: Timestamp) -> Result<Client, NoClient> {
        if id.len() > MAX_ID {
            return Err(NoClient::Unknown);
        }
        let own = |error| NoClient::Own(Error::from(error));
        if let Some(known) = self.store.client(id, now).await.map_err(own)? {
            return Ok(known);
        }
        if !document::is_address(id) {
            return Err(NoClient::Unknown);
        }
        self.admit(&DOCUMENTS, &ALL_DOCUMENTS, address, now).await.map_err(NoClient::Own)?;
        let read = document::read(&self.documents, id, now).await.map_err(NoClient::Document)?;
        self.store.save_client(&read).await.map_err(own)?;
        Ok(read)
    }

    /// Counts something that anybody may have done; an error if it is once too often.
    async fn admit(&self, each: &[Limit], all: &Limit, address: &str, now: Timestamp) -> Result<(), Error> {
        let each = each.iter().map(|limit| (limit, address));
        let limits: Vec<(&Limit, &str)> = each.chain([(all, "")]).collect();
        self.store.admit(&limits, now).await
    }

    /// Keeps the registration of a client that somebody uses.
    pub(super) async fn keep(&self, client: &Client, now: Timestamp) -> Result<(), Error> {
        if document::is_address(&client.id) {
            return Ok(());
        }
        let kept = Client { expires_at: now + USED_FOR, ..client.clone() };
        Ok(self.store.save_client(&kept).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_to_show_and_short() {
        assert_eq!(display_name(Some("Claude\u{202E}\n")), "Claude");
        assert_eq!(display_name(Some(&"a".repeat(150))).len(), MAX_NAME);
        for nothing in [None, Some(""), Some("\u{200B}"), Some("\0")] {
            assert_eq!(display_name(nothing), NAMELESS);
        }
    }

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        for (each, all) in [(REGISTRATIONS, ALL_REGISTRATIONS), (DOCUMENTS, ALL_DOCUMENTS)] {
            assert!(each.iter().any(|limit| limit.window == all.window && limit.most * 5 <= all.most));
        }
    }

    #[test]
    fn redirects_are_bounded_and_all_acceptable() {
        let some = |count: usize| vec!["https://host.example/cb".to_owned(); count];
        assert!(redirects(some(1)).is_ok() && redirects(some(MAX_REDIRECTS)).is_ok());
        assert!(redirects(some(0)).is_err() && redirects(some(MAX_REDIRECTS + 1)).is_err());
        assert!(
            redirects(vec!["https://host.example/cb".to_owned(), "http://host.example/cb".to_owned()])
                .is_err()
        );
    }
}
