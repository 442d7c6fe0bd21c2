//! The owner listens to a recording.

use axum::{
    extract::{Path, State as Extract},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use http_range_header::parse_range_header;
use twin::{
    clients::vault::VaultError,
    error::Error,
    id::PersonId,
    recording::{self, State as Lies},
};

use crate::{
    State,
    failure::{Failure, SignedIn},
};

/// `GET /people/{person}/recordings/{recording}`: the file, only where it is this person's. S3 gives it by itself: what a
/// function answers is whole and has 6 MB at most, two minutes of a call.
pub async fn listen(
    _: SignedIn,
    Extract(state): Extract<State>,
    Path((person, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let person: PersonId = person.parse().map_err(|_| Error::NotFound)?;
    let known = state.store.recording(&person, &sid).await?.ok_or(Error::NotFound)?;
    if known.state != Lies::Kept {
        return Err(Error::NotFound.into());
    }
    let name = recording::name(&known.call, &known.sid);
    let unavailable = |error: VaultError| Error::Upstream(Box::new(error));
    if let Some(url) = state.vault.link(&name).await.map_err(unavailable)? {
        return Ok(Redirect::temporary(&url).into_response());
    }
    let contents = state.vault.get(&name).await.map_err(unavailable)?.ok_or(Error::NotFound)?;
    Ok(part(&contents, headers.get(header::RANGE).and_then(|range| range.to_str().ok())))
}

/// The part that is asked for, so that one can jump in it; the whole if it is none, or more than one. Source: RFC 9110,
/// section 14.
fn part(contents: &[u8], range: Option<&str>) -> Response {
    let whole = contents.len();
    let audio = [(header::CONTENT_TYPE, "audio/wav"), (header::ACCEPT_RANGES, "bytes")];
    let Some(asked) = range.and_then(|range| parse_range_header(range).ok()) else {
        return (audio, contents.to_vec()).into_response();
    };
    let Ok(parts) = asked.validate(whole as u64) else {
        let answer = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
        return (StatusCode::RANGE_NOT_SATISFIABLE, audio, answer).into_response();
    };
    let [part] = parts.as_slice() else { return (audio, contents.to_vec()).into_response() };
    let (first, last) = (part.start(), part.end());
    let within = usize::try_from(*first).ok().zip(usize::try_from(*last).ok());
    let Some(bytes) = within.and_then(|(first, last)| contents.get(first..=last)) else {
        return (audio, contents.to_vec()).into_response();
    };
    let place = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{whole}"))];
    (StatusCode::PARTIAL_CONTENT, audio, place, bytes.to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_given_where_one_is_asked_for() {
        let rows = [
            (None, StatusCode::OK, None),
            (Some("bytes=0-3"), StatusCode::PARTIAL_CONTENT, Some("bytes 0-3/10")),
            (Some("bytes=4-"), StatusCode::PARTIAL_CONTENT, Some("bytes 4-9/10")),
            (Some("bytes=-2"), StatusCode::PARTIAL_CONTENT, Some("bytes 8-9/10")),
            (Some("bytes=4-99"), StatusCode::PARTIAL_CONTENT, Some("bytes 4-9/10")),
            (Some("bytes=10-"), StatusCode::RANGE_NOT_SATISFIABLE, Some("bytes */10")),
            (Some("bytes=0-1,4-5"), StatusCode::OK, None),
            (Some("seconds=1-2"), StatusCode::OK, None),
            (Some("bytes=b-a"), StatusCode::OK, None),
        ];
        for (range, status, place) in rows {
            let answer = part(b"0123456789", range);
            let told = answer.headers().get(header::CONTENT_RANGE).map(|place| place.to_str().unwrap());
            assert_eq!((answer.status(), told), (status, place), "{range:?}");
            assert_eq!(answer.headers()[header::ACCEPT_RANGES], "bytes");
        }
    }
}
