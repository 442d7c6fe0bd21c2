use std::io::Read;

use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use url::Url;

use super::error::FetchError;

/// Collects a body as it was sent, and hangs up at the first byte over the limit.
pub(super) async fn read(
    mut answer: reqwest::Response,
    url: &Url,
    limit: usize,
    failed: impl Fn(&reqwest::Error) -> FetchError,
) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLarge { url: url.to_string(), limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Undoes `Content-Encoding`, to at most `limit` bytes.
pub(super) fn decode(
    sent: Vec<u8>,
    headers: &HeaderMap,
    url: &Url,
    limit: usize,
) -> Result<Vec<u8>, FetchError> {
    let unreadable = |why: String| FetchError::Body { url: url.to_string(), why };
    let encoding = headers.get(CONTENT_ENCODING).map_or(b"identity".as_slice(), |value| value.as_bytes());
    match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"" | b"identity" => return Ok(sent),
        b"gzip" | b"x-gzip" if sent.is_empty() => return Ok(sent),
        b"gzip" | b"x-gzip" => {}
        other => return Err(unreadable(format!("it is encoded as {:?}", String::from_utf8_lossy(other)))),
    }
    let mut body = Vec::new();
    let mut decoder = MultiGzDecoder::new(sent.as_slice()).take(limit as u64 + 1);
    decoder.read_to_end(&mut body).map_err(|error| unreadable(error.to_string()))?;
    if body.len() > limit {
        return Err(FetchError::TooLarge { url: url.to_string(), limit });
    }
    Ok(body)
}
