//! Reading requests: bounded bodies, JSON of bounded depth, queries. What cannot be read is the caller's error.

use axum::{
    body::{Bytes, to_bytes},
    extract::{Query, Request},
};
use http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;

use super::objects::Objects;
use crate::error::Error;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// How deep JSON may nest.
const MAX_DEPTH: usize = 32;

/// The whole body, at most [`MAX_BODY`] bytes.
pub async fn body(request: Request) -> Result<(Parts, Bytes), Error> {
    body_up_to(request, MAX_BODY).await
}

/// The whole body, at most `limit` bytes.
pub async fn body_up_to(request: Request, limit: usize) -> Result<(Parts, Bytes), Error> {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(Error::TooLarge);
    }
    let bytes = to_bytes(body, limit).await.map_err(|_| Error::TooLarge)?;
    Ok((parts, bytes))
}

/// A body of `application/json`. JSON that cannot be read is malformed; a value that does not fit is invalid.
pub async fn json<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let (parts, bytes) = body(request).await?;
    if !media_type(&parts.headers).eq_ignore_ascii_case("application/json") {
        return Err(Error::UnsupportedMediaType);
    }
    if depth(&bytes) > MAX_DEPTH {
        return Err(Error::Malformed(format!("JSON nests deeper than {MAX_DEPTH}")));
    }
    from_json(&bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Error::Invalid(error.to_string()),
        _ => Error::Malformed(error.to_string()),
    })
}

/// The type of a body, without parameters.
pub fn media_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Objects(&mut json))?;
    json.end()?;
    Ok(value)
}

/// The query of a request. What is wrong in it is named.
pub fn query<T: DeserializeOwned>(parts: &Parts) -> Result<T, Error> {
    let Query(asked) = Query::try_from_uri(&parts.uri).map_err(|rejection| {
        let why = std::error::Error::source(&rejection);
        Error::Invalid(why.map_or_else(|| rejection.to_string(), ToString::to_string))
    })?;
    Ok(asked)
}

/// The deepest nesting of brackets outside strings.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(kind: &str, body: impl Into<Body>) -> Result<serde_json::Value, Error> {
        let request = Request::builder().header(header::CONTENT_TYPE, kind).body(body.into()).unwrap();
        json(request).await
    }

    #[test]
    fn what_is_wrong_in_a_query_is_named() {
        #[derive(Debug, serde::Deserialize)]
        struct Asked {
            days: Option<u8>,
        }
        let asked = |uri: &str| {
            let (parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
            query::<Asked>(&parts)
        };
        assert_eq!(asked("/?days=7").unwrap().days, Some(7));
        let refused = asked("/?days=week").unwrap_err();
        assert!(matches!(&refused, Error::Invalid(why) if why.starts_with("days: ")), "{refused:?}");
    }

    #[tokio::test]
    async fn json_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read("application/json; charset=utf-8", nested(MAX_DEPTH)).await.is_ok());
        assert!(matches!(read("application/json", nested(MAX_DEPTH + 1)).await, Err(Error::Malformed(_))));
        assert!(read("application/json", format!("{:?}", "[".repeat(100))).await.is_ok(), "in a string");
        assert!(matches!(read("text/plain", "{}").await, Err(Error::UnsupportedMediaType)));
        assert!(matches!(read("application/json", "{").await, Err(Error::Malformed(_))));
        let large = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
        assert!(read("application/json", large(MAX_BODY)).await.is_ok());
        assert!(matches!(read("application/json", large(MAX_BODY + 1)).await, Err(Error::TooLarge)));
    }
}
