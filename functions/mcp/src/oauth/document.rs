//! A client whose id is the address of a document that describes it (OAuth Client ID Metadata Document).
//! The address is a stranger's: it is fetched as the pages are that the owner names, from public hosts only.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use twin::{
    clients::fetch::{FetchError, Fetched, Fetcher, Version},
    store::oauth::Client,
};
use url::Url;

use super::clients::{display_name, redirects};

/// Bytes of a document.
pub const MAX_BODY: usize = 16 * 1024;
/// What was read counts so long.
const CACHED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// We have no way to check what a client would prove itself with.
const METHOD: &str = "none";

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Content(&'static str),
}

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    /// What else it can do, if it prefers another one.
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Whether an id is an address. Which addresses are asked is the fetcher's policy.
pub fn is_address(id: &str) -> bool {
    id.contains("://")
}

pub async fn read(fetcher: &Fetcher, id: &str, now: Timestamp) -> Result<Client, Fault> {
    let url = Url::parse(id).ok().filter(|url| is_canonical(url, id));
    if url.is_none() {
        return Err(Fault::Content("the address is not in its plain form, or has no path"));
    }
    match fetcher.fetch(id, &Version::default()).await? {
        Fetched::Body { bytes, .. } => judge(id, &bytes, now).map_err(Fault::Content),
        Fetched::NotModified => Err(Fault::Content("there is no document")),
    }
}

/// One way to write it, so that a client has one id: no dot segments, no other case, no usual port, no fragment.
fn is_canonical(url: &Url, id: &str) -> bool {
    url.as_str() == id && url.path() != "/" && url.fragment().is_none()
}

fn judge(id: &str, bytes: &[u8], now: Timestamp) -> Result<Client, &'static str> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|_| "it is not JSON with client_id and redirect_uris")?;
    if document.client_id != id {
        return Err("it describes another client");
    }
    let preferred = document.token_endpoint_auth_method.as_deref().unwrap_or(METHOD);
    if preferred != METHOD
        && !document.token_endpoint_auth_methods_supported.iter().any(|method| method == METHOD)
    {
        return Err("its client proves itself in a way that is not supported here");
    }
    Ok(Client {
        id: document.client_id,
        name: display_name(document.client_name.as_deref()),
        redirect_uris: redirects(document.redirect_uris)?,
        expires_at: now + CACHED_FOR,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "https://host.example/oauth/client.json";

    fn judged(document: &Value) -> Result<Client, &'static str> {
        judge(ID, &serde_json::to_vec(document).unwrap(), Timestamp::UNIX_EPOCH)
    }

    fn with(name: &str, value: Value) -> Value {
        let mut document = json!({
            "client_id": ID,
            "client_name": "Host",
            "redirect_uris": ["https://host.example/cb", "http://localhost/callback"],
        });
        document[name] = value;
        document
    }

    #[test]
    fn a_document_describes_a_client() {
        let client = judged(&with("token_endpoint_auth_method", json!("none"))).unwrap();
        assert_eq!((client.id.as_str(), client.name.as_str(), client.redirect_uris.len()), (ID, "Host", 2));
        assert_eq!(client.expires_at, Timestamp::UNIX_EPOCH + CACHED_FOR);
        let mut either = with("token_endpoint_auth_method", json!("private_key_jwt"));
        either["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt", "none"]);
        assert!(judged(&either).is_ok());
    }

    #[test]
    fn other_documents_describe_none() {
        for document in [
            with("client_id", json!("https://host.example/oauth/other.json")),
            with("client_id", json!(null)),
            with("redirect_uris", json!([])),
            with("redirect_uris", json!(["http://host.example/cb"])),
            with("redirect_uris", json!("https://host.example/cb")),
            with("token_endpoint_auth_method", json!("private_key_jwt")),
            with("token_endpoint_auth_method", json!("client_secret_basic")),
            json!([]),
        ] {
            assert!(judged(&document).is_err(), "{document}");
        }
        assert!(judge(ID, b"<!doctype html>", Timestamp::UNIX_EPOCH).is_err());
    }

    #[test]
    fn an_id_has_one_form() {
        let canonical = |id: &str| is_canonical(&Url::parse(id).unwrap(), id);
        assert!(canonical(ID) && canonical("https://host.example/client?v=1"));
        for id in [
            "https://host.example/",
            "https://host.example",
            "https://HOST.example/client",
            "https://host.example:443/client",
            "https://host.example/a/../client",
            "https://host.example/client#part",
        ] {
            assert!(!canonical(id), "{id}");
        }
    }
}
