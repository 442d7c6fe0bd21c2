use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Fault;

const JSON_TYPE: &str = "application/json; charset=utf-8";
const RAW_TYPE: &str = "application/vnd.github.raw+json; charset=utf-8";
const VERSIONS: [&str; 1] = ["2022-11-28"];
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// What there is to say, if the request is in order.
#[derive(Debug)]
pub(super) struct Answer {
    body: Vec<u8>,
    content_type: &'static str,
    links: String,
}

impl Answer {
    pub(super) fn json(body: Vec<u8>) -> Self {
        Self { body, content_type: JSON_TYPE, links: String::new() }
    }

    pub(super) fn raw(body: Vec<u8>) -> Self {
        Self { body, content_type: RAW_TYPE, links: String::new() }
    }

    pub(super) fn with_links(self, links: String) -> Self {
        Self { links, ..self }
    }

    /// A weak tag of all that is answered, the links included.
    fn etag(&self) -> String {
        let hash = Sha256::new().chain_update(&self.body).chain_update(&self.links).finalize();
        let hexadecimal = hash.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
        format!("W/\"{}\"", hexadecimal.concat())
    }

    fn headers(&self) -> HeaderMap {
        let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        let mut headers = HeaderMap::from_iter([(ETAG, text(&self.etag()))]);
        if !self.links.is_empty() {
            headers.insert(LINK, text(&self.links));
        }
        headers
    }
}

/// Who asks, and how.
pub(super) struct Caller {
    pub(super) signed_in: bool,
    wrong_token: bool,
    anonymous_client: bool,
    version: Option<String>,
    accept: String,
    known: Option<String>,
}

impl Caller {
    pub(super) fn of(request: &Request, token: &str) -> Self {
        let header = |name: HeaderName| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let authorization = header(AUTHORIZATION);
        let signed_in = authorization.as_deref() == Some(format!("Bearer {token}").as_str());
        Self {
            signed_in,
            wrong_token: authorization.is_some() && !signed_in,
            anonymous_client: header(USER_AGENT).is_none_or(|agent| agent.is_empty()),
            version: header(HeaderName::from_static("x-github-api-version")),
            accept: header(ACCEPT).unwrap_or_default(),
            known: header(IF_NONE_MATCH),
        }
    }
}

/// What GitHub would answer.
pub(super) fn honest(caller: &Caller, answer: Option<Answer>) -> Response {
    if caller.anonymous_client {
        return refusal(StatusCode::FORBIDDEN, "Request forbidden by administrative rules. No User-Agent.");
    }
    if caller.wrong_token {
        return refusal(StatusCode::UNAUTHORIZED, "Bad credentials");
    }
    if caller.version.as_ref().is_some_and(|version| !VERSIONS.contains(&version.as_str())) {
        return refusal(StatusCode::BAD_REQUEST, "The API version is not supported");
    }
    let Some(answer) = answer else { return refusal(StatusCode::NOT_FOUND, "Not Found") };
    if answer.content_type == RAW_TYPE && !caller.accept.contains(".raw") {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only raw READMEs are simulated");
    }
    let headers = answer.headers();
    if caller.known.as_deref() == Some(answer.etag().as_str()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

pub(super) fn faulty(fault: Fault, answer: Option<Answer>) -> Response {
    let body = answer.map(|answer| answer.body).unwrap_or_default();
    let half = Bytes::copy_from_slice(body.get(..body.len() / 2).unwrap_or_default());
    let length = [(CONTENT_LENGTH, body.len().to_string())];
    let first = stream::iter([Ok::<_, Infallible>(half)]);
    match fault {
        Fault::Secondary(seconds) => {
            let refused = refusal(StatusCode::FORBIDDEN, "You have exceeded a secondary rate limit.");
            ([(RETRY_AFTER, seconds.to_string())], refused).into_response()
        }
        Fault::ServerError => refusal(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"),
        Fault::Truncated => (length, Body::from_stream(first)).into_response(),
        Fault::Slow => (length, Body::from_stream(first.chain(stream::pending()))).into_response(),
    }
}

pub(super) fn exhausted() -> Response {
    refusal(StatusCode::FORBIDDEN, "API rate limit exceeded. (But here's the good news: …)")
}

pub(super) fn with_limits(mut response: Response, limit: u64, spent: u64, reset: i64) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", HeaderValue::from(limit)),
        ("x-ratelimit-remaining", HeaderValue::from(limit.saturating_sub(spent))),
        ("x-ratelimit-used", HeaderValue::from(spent)),
        ("x-ratelimit-reset", HeaderValue::from(reset)),
        ("x-ratelimit-resource", HeaderValue::from_static("core")),
    ] {
        headers.insert(name, value);
    }
    response
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let text = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.as_u16().to_string() });
    (status, [(CONTENT_TYPE, JSON_TYPE)], text.to_string()).into_response()
}
