//! What the owner's browser has seen already is not sent again: its pages ask for the same every few seconds, and a
//! person's page or what is known comes to hundreds of kilobytes. Source: RFC 9110, section 13.1.2.

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{SESSION_COOKIE, cookie};
use crate::error::Error;

/// Of the hash of an answer, so many bytes are its tag.
const TAG_BYTES: usize = 16;

/// Gives what the owner looks at a tag, and answers with the tag alone where the browser names it. It is of people, so that no
/// browser keeps it on its disk, also not under its tag: who signs out leaves nothing there.
pub(super) async fn unchanged(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_look = request.method() == Method::GET && cookie(headers, SESSION_COOKIE).is_some();
    let known = headers.get(header::IF_NONE_MATCH).cloned();
    let mut response = next.run(request).await;
    if is_look {
        let kept = response.headers_mut().entry(header::CACHE_CONTROL);
        kept.or_insert(HeaderValue::from_static("no-store"));
    }
    if is_look && is_taggable(&response) { tagged(response, known.as_ref()).await } else { response }
}

/// A document that is there as a whole, and has no tag of its own.
fn is_taggable(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    response.status() == StatusCode::OK
        && ["application/json", "text/html"].iter().any(|document| kind.starts_with(document))
        && !headers.contains_key(header::ETAG)
        && response.body().size_hint().exact().is_some()
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Error::Internal(Box::new(error)).into_response(),
    };
    let tag = tag(&bytes);
    let is_known = known.is_some_and(|known| names(known, &tag));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    without_content(&mut parts.headers);
    Response::from_parts(parts, Body::empty())
}

fn tag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hash = digest.iter().take(TAG_BYTES).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("\"{hash}\"")
}

/// What compresses on the way makes a tag weak.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known.split(',').map(str::trim).any(|one| one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn without_content(headers: &mut HeaderMap) {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, text: &'static str) -> Response {
        ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
    }

    async fn asked_again(text: &'static str, known: &str) -> (StatusCode, usize) {
        let known = HeaderValue::from_str(known).unwrap();
        let response = tagged(answer("application/json", text), Some(&known)).await;
        let status = response.status();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(response.headers().contains_key(header::ETAG));
        (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().len())
    }

    #[tokio::test]
    async fn the_same_is_answered_with_its_tag_alone() {
        let first = tagged(answer("application/json", "{}"), None).await;
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(asked_again("{}", &tag).await, (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(asked_again("{}", &format!("\"other\", W/{tag}")).await, (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(asked_again("{ }", &tag).await, (StatusCode::OK, 3));
        assert_eq!(asked_again("{}", "\"other\"").await, (StatusCode::OK, 2));
    }

    #[test]
    fn what_has_a_tag_or_streams_or_fails_is_left_alone() {
        assert!(is_taggable(&answer("text/html; charset=utf-8", "<p>")));
        assert!(!is_taggable(&answer("text/event-stream", "data: 1")));
        assert!(!is_taggable(&Error::NotFound.into_response()));
        let mut versioned = answer("application/json", "{}");
        versioned.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"3\""));
        assert!(!is_taggable(&versioned));
    }
}
