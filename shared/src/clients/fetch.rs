//! Fetches public material, and nothing else: the addresses that a server may name are not to be trusted.
//!
//! Architecture invariant: no connection is opened to an address that [`Policy`] has not seen. The check sits in
//! the resolver of the HTTP client itself, so that a name cannot change its mind between check and connection.

pub mod address;
mod body;
mod error;
mod policy;
mod resolve;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Client, redirect};
use serde::{Deserialize, Serialize};
use url::Url;

pub use error::FetchError;
pub use policy::Policy;
pub use resolve::{Lookup, system_lookup};

const USER_AGENT: &str = concat!("omnitwin/", env!("CARGO_PKG_VERSION"));
/// Bytes of a body, as sent and as decompressed.
const MAX_BODY: usize = 1024 * 1024;
/// From resolving the name to the last byte.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body, as sent and as decompressed.
    pub body: usize,
    /// From resolving the name to the last byte.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: MAX_BODY, total: TOTAL_TIMEOUT }
    }
}

/// What a server said about the version that we have (RFC 9110 §8.8): sent back, it answers only if that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The version that we have is still the current one.
    NotModified,
    Body {
        bytes: Vec<u8>,
        content_type: Option<String>,
        etag: Option<String>,
        last_modified: Option<String>,
    },
}

/// An answer of any status but a redirect, with its body decompressed.
#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    /// A header's text, if it has one.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn owned(&self, name: HeaderName) -> Option<String> {
        self.header(name).map(ToOwned::to_owned)
    }
}

/// An HTTP client that reaches public hosts only. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    policy: Arc<Policy>,
    limits: Limits,
}

impl Fetcher {
    /// Resolves names as the system does.
    pub fn new(policy: Policy, limits: Limits) -> Result<Self, FetchError> {
        Self::with_lookup(policy, limits, system_lookup())
    }

    /// Resolves names by `lookup`; what it answers is checked all the same.
    pub fn with_lookup(policy: Policy, limits: Limits, lookup: Lookup) -> Result<Self, FetchError> {
        let policy = Arc::new(policy);
        let client = super::http()
            .dns_resolver(Arc::new(resolve::Guarded::new(Arc::clone(&policy), lookup)))
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(limits.total)
            .build()
            .map_err(|error| FetchError::Unreachable { url: "the web".into(), why: causes(&error) })?;
        Ok(Self { client, policy, limits })
    }

    /// Fetches a document, unless it is still at the `known` version.
    ///
    /// Any status but 200 and 304 is an error.
    pub async fn fetch(&self, url: &str, known: &Version) -> Result<Fetched, FetchError> {
        let url = parse(url)?;
        let response = self.get(&url, conditions(known)).await?;
        match response.status {
            StatusCode::NOT_MODIFIED => Ok(Fetched::NotModified),
            StatusCode::OK => Ok(Fetched::Body {
                content_type: response.owned(CONTENT_TYPE),
                etag: response.owned(ETAG),
                last_modified: response.owned(LAST_MODIFIED),
                bytes: response.body,
            }),
            status => Err(FetchError::Status { url: url.into(), status: status.as_u16() }),
        }
    }

    /// One GET. A status is the caller's to judge, but for a redirect: that is an error.
    pub async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Response, FetchError> {
        self.policy.check(url)?;
        let request = self.client.get(url.clone()).headers(headers).header(ACCEPT_ENCODING, "gzip");
        let answer = request.send().await.map_err(|error| self.failed(url, &error))?;
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(moved(url, answer.headers()));
        }
        let headers = answer.headers().clone();
        let sent = body::read(answer, url, self.limits.body, |error| self.failed(url, error)).await?;
        let body = body::decode(sent, &headers, url, self.limits.body)?;
        Ok(Response { status, headers, body })
    }

    fn failed(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        if let Some(refusal) = resolve::refusal(error) {
            return refusal;
        }
        let url = url.to_string();
        if error.is_timeout() {
            return FetchError::Timeout { url, seconds: self.limits.total.as_secs_f32() };
        }
        let why = causes(error);
        if error.is_body() || error.is_decode() {
            return FetchError::Body { url, why };
        }
        FetchError::Unreachable { url, why }
    }
}

/// A URL as browsers read it (WHATWG), so that `http://127.1` is what it says.
pub fn parse(url: &str) -> Result<Url, FetchError> {
    let mut parsed = Url::parse(url)
        .map_err(|error| FetchError::Invalid { url: url.to_owned(), why: error.to_string() })?;
    parsed.set_fragment(None);
    Ok(parsed)
}

/// `If-None-Match` and `If-Modified-Since`; what is no header value was never a server's, and is left out.
fn conditions(known: &Version) -> HeaderMap {
    [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value.as_deref()?).ok()?)))
        .collect()
}

fn moved(url: &Url, headers: &HeaderMap) -> FetchError {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| url.join(location).ok());
    FetchError::Redirect {
        url: url.to_string(),
        target: target.map_or_else(|| "an address that it does not name".into(), String::from),
    }
}

/// The innermost cause of an error: what the outer ones say is that there is one.
fn causes(error: &reqwest::Error) -> String {
    let mut innermost = error.source();
    while let Some(next) = innermost.and_then(std::error::Error::source) {
        innermost = Some(next);
    }
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests;
