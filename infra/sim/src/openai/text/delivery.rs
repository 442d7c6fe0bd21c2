//! How an answer gets out, and how it does not.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::faults::TextFault;
use super::serve::Rejection;

/// Before a connection breaks, so that what was written goes out.
const FLUSHED: Duration = Duration::from_millis(20);

/// The body of an answer with status 200.
pub enum Payload {
    Json(Value),
    /// Server-sent events, each as `event: <type>` and `data: <JSON>`.
    Events(Vec<Value>),
}

/// The error, with the rate limits, and when to come back.
pub fn reject(rejection: Rejection) -> Response {
    let body = json!({ "error": rejection.error.body() }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = rejection.status;
    let is_limit = rejection.status == StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    common(headers, if is_limit { "0" } else { "9999" });
    if let Some(wait) = rejection.retry_after {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        headers.insert(HeaderName::from_static("retry-after-ms"), milliseconds.into());
        headers.insert(RETRY_AFTER, milliseconds.div_ceil(1000).into());
    }
    response
}

/// A piece of a body.
enum Step {
    Bytes(Bytes),
    /// The connection ends.
    Break,
    /// Nothing more, for ever.
    Hang,
}

pub async fn deliver(payload: Payload, fault: Option<TextFault>) -> Response {
    let content_type = match &payload {
        Payload::Json(_) => "application/json",
        Payload::Events(_) => "text/event-stream; charset=utf-8",
    };
    let is_stream = matches!(payload, Payload::Events(_));
    let chunks = chunks(payload);
    let length: usize = chunks.iter().map(Bytes::len).sum();
    if let Some(TextFault::SlowFirstByte(wait)) = fault {
        tokio::time::sleep(wait).await;
    }
    let pace = match fault {
        Some(TextFault::SlowStream(pace)) if is_stream => pace,
        _ => Duration::ZERO,
    };
    let mut response = Response::new(body(steps(chunks, fault.as_ref(), is_stream), pace));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if is_stream {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    } else {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    common(headers, "9999");
    response
}

fn chunks(payload: Payload) -> Vec<Bytes> {
    match payload {
        Payload::Json(body) => vec![body.to_string().into()],
        Payload::Events(events) => events.iter().map(|event| Bytes::from(line(event))).collect(),
    }
}

fn line(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("message"))
}

fn steps(chunks: Vec<Bytes>, fault: Option<&TextFault>, is_stream: bool) -> Vec<Step> {
    let sent = |count: usize| chunks.iter().take(count).cloned().map(Step::Bytes);
    match fault {
        Some(TextFault::Reset) => vec![Step::Break],
        Some(TextFault::StreamStops { after }) if is_stream => sent(*after).collect(),
        Some(TextFault::Truncated | TextFault::StreamStops { .. }) => {
            let whole = chunks.concat();
            let half = whole.get(..whole.len() / 2).unwrap_or_default();
            vec![Step::Bytes(Bytes::copy_from_slice(half)), Step::Break]
        }
        Some(TextFault::StreamStalls { after }) => {
            let count = if is_stream { *after } else { 0 };
            sent(count).chain([Step::Hang]).collect()
        }
        _ => sent(chunks.len()).collect(),
    }
}

fn body(steps: Vec<Step>, pace: Duration) -> Body {
    let is_first_broken = matches!(steps.first(), Some(Step::Break));
    Body::from_stream(stream::iter(steps).then(move |step| async move {
        if !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        match step {
            Step::Bytes(bytes) => Ok(bytes),
            Step::Hang => match std::future::pending::<Infallible>().await {},
            Step::Break => {
                // Without a pause not even the head goes out.
                if !is_first_broken {
                    tokio::time::sleep(FLUSHED).await;
                }
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            }
        }
    }))
}

/// What every answer carries.
fn common(headers: &mut HeaderMap, remaining_requests: &'static str) {
    let fixed = [
        ("openai-organization", "org-simulated"),
        ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "1"),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-limit-tokens", "2000000"),
        ("x-ratelimit-remaining-requests", remaining_requests),
        ("x-ratelimit-remaining-tokens", "1999000"),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "0s"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let id = format!("req_{:032x}", rand::random::<u128>());
    if let Ok(id) = id.parse() {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
