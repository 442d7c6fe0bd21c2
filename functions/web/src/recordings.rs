//! The owner listens to a recording.

use axum::{
    extract::{Path, State as Extract},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use twin::{error::Error, id::PersonId, recording};

use crate::{
    State,
    failure::{Failure, SignedIn},
};

/// `GET /people/{person}/recordings/{recording}`: the file, only where it is this person's; a part of it where one is asked
/// for, without which no browser plays it from the middle.
pub async fn listen(
    _: SignedIn,
    Extract(state): Extract<State>,
    Path((person, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let person: PersonId = person.parse().map_err(|_| Error::NotFound)?;
    let known = state.store.recording(&person, &sid).await?.ok_or(Error::NotFound)?;
    let contents = state.vault.get(&recording::name(&known.call, &known.sid)).await;
    let contents = contents.map_err(|error| Error::Internal(Box::new(error)))?.ok_or(Error::NotFound)?;
    let whole = contents.len();
    let range = headers.get(header::RANGE).and_then(|range| part(range.to_str().ok()?, whole));
    let told = [(header::CONTENT_TYPE, "audio/wav"), (header::ACCEPT_RANGES, "bytes")];
    let Some((first, last)) = range else { return Ok((told, contents).into_response()) };
    let placed = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{whole}"))];
    let contents = contents.get(first..=last).unwrap_or_default().to_vec();
    Ok((StatusCode::PARTIAL_CONTENT, told, placed, contents).into_response())
}

/// The first and the last byte of the one range that is asked for. What is none, or lies outside, is not taken up: all of it
/// is the answer then (RFC 9110, section 14.2).
fn part(range: &str, whole: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = whole.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", count) => (whole.saturating_sub(count.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_taken_up() {
        for (range, expected) in [
            ("bytes=0-3", Some((0, 3))),
            ("bytes=4-", Some((4, 9))),
            ("bytes=4-99", Some((4, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-99", Some((0, 9))),
            ("bytes=9-9", Some((9, 9))),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        for range in [
            "bytes=10-",
            "bytes=-0",
            "bytes=5-4",
            "bytes=0-1,3-4",
            "bytes=a-b",
            "bytes=",
            "lines=0-3",
            "bytes=-",
        ] {
            assert_eq!(part(range, 10), None, "{range}");
        }
        assert_eq!(part("bytes=0-3", 0), None);
    }
}
