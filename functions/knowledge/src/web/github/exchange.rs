use std::collections::BTreeMap;

use http::header::{ACCEPT, AUTHORIZATION, ETAG, IF_NONE_MATCH, LINK, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::clients::fetch::{FetchError, Response};
use url::Url;

use super::GitHub;
use super::wire::{Languages, Page, Profile, Repository, next_link};
use crate::web::{charset, error::ImportError};

const API_VERSION: HeaderName = HeaderName::from_static("x-github-api-version");
const VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");
const JSON: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const RAW: HeaderValue = HeaderValue::from_static("application/vnd.github.raw+json");
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
/// How long to wait where a limit does not say, as GitHub's rules for the secondary limit have it.
const UNSTATED_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// What GitHub has answered so far, by address: a request that repeats an `ETag` is free if nothing changed.
///
/// It also keeps the parts of the answers that we read, without which an unchanged list would name no
/// repository; of a README only the tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Validators(BTreeMap<String, Known>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    etag: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    answer: Value,
}

impl Validators {
    /// The repositories that were read, at most `limit`, by full name.
    pub(super) fn repositories(&self, limit: usize) -> BTreeMap<String, Repository> {
        let pages = self.0.values().filter_map(|known| Page::deserialize(&known.answer).ok());
        let mut own: Vec<_> = pages.flat_map(|page| page.repositories).filter(Repository::is_own).collect();
        own.sort_by(|one, other| other.pushed_at.cmp(&one.pushed_at));
        own.truncate(limit);
        own.into_iter().map(|repository| (repository.full_name.clone(), repository)).collect()
    }
}

/// An answer, and whether it differs from the last one.
pub(super) struct Answer<T> {
    pub(super) value: T,
    pub(super) changed: bool,
}

#[derive(Debug)]
pub(super) enum Readme {
    Unchanged,
    Text(String),
    Missing,
}

/// What a JSON answer is read from: mostly its body.
pub(super) trait Read: Serialize + DeserializeOwned + PartialEq {
    fn read(response: &Response) -> serde_json::Result<Self> {
        serde_json::from_slice(&response.body)
    }
}

impl Read for Profile {}
impl Read for Languages {}
impl Read for Page {
    fn read(response: &Response) -> serde_json::Result<Self> {
        let repositories = serde_json::from_slice(&response.body)?;
        Ok(Self { repositories, next: response.header(LINK).and_then(next_link) })
    }
}

/// The requests of one import.
pub(super) struct Exchange<'a> {
    github: &'a GitHub,
    former: &'a Validators,
    pub(super) fresh: Validators,
    now: Timestamp,
    /// No request before then: the last answer was the last that the limit allows.
    pause: Option<Timestamp>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(github: &'a GitHub, former: &'a Validators, now: Timestamp) -> Self {
        Self { github, former, fresh: Validators::default(), now, pause: None }
    }

    /// Asks for JSON; nothing if it does not exist.
    pub(super) async fn json<T: Read>(&mut self, url: Url) -> Result<Option<Answer<T>>, ImportError> {
        let former = self.former.0.get(url.as_str());
        let known = former.and_then(|known| Some((known, T::deserialize(&known.answer).ok()?)));
        let etag = known.as_ref().map(|(known, _)| known.etag.as_str());
        let Some(response) = self.ask(&url, JSON, etag).await? else { return Ok(None) };
        let former = match (response.status, known) {
            (StatusCode::NOT_MODIFIED, Some((known, value))) => {
                self.fresh.0.insert(url.into(), known.clone());
                return Ok(Some(Answer { value, changed: false }));
            }
            (_, known) => known.map(|(_, value)| value),
        };
        let value = T::read(&response).map_err(|error| ImportError::malformed(url.as_str(), error))?;
        let answer =
            serde_json::to_value(&value).map_err(|error| ImportError::malformed(url.as_str(), error))?;
        self.remember(url, &response, answer);
        let changed = former.is_none_or(|former| former != value);
        Ok(Some(Answer { value, changed }))
    }

    /// Asks for a README; `anew` if its text is needed even if it did not change.
    pub(super) async fn readme(&mut self, url: Url, anew: bool) -> Result<Readme, ImportError> {
        let former = self.former.0.get(url.as_str()).filter(|_| !anew);
        let Some(response) = self.ask(&url, RAW, former.map(|known| known.etag.as_str())).await? else {
            let missed_before = !anew && former.is_none();
            return Ok(if missed_before { Readme::Unchanged } else { Readme::Missing });
        };
        if let (StatusCode::NOT_MODIFIED, Some(known)) = (response.status, former) {
            self.fresh.0.insert(url.into(), known.clone());
            return Ok(Readme::Unchanged);
        }
        let text = charset::decode(&response.body, None);
        self.remember(url, &response, Value::Null);
        Ok(Readme::Text(text))
    }

    /// One request: 200, 304 if a tag was sent, or nothing if the thing does not exist or is withheld.
    async fn ask(
        &mut self,
        url: &Url,
        accept: HeaderValue,
        etag: Option<&str>,
    ) -> Result<Option<Response>, ImportError> {
        if let Some(until) = self.pause {
            return Err(rate_limited(until));
        }
        let mut headers = HeaderMap::from_iter([(ACCEPT, accept), (API_VERSION, VERSION)]);
        headers.extend(self.github.authorization.clone().map(|value| (AUTHORIZATION, value)));
        let etag = etag.and_then(|etag| HeaderValue::from_str(etag).ok());
        let conditional = etag.is_some();
        headers.extend(etag.map(|value| (IF_NONE_MATCH, value)));
        let response = self.github.fetcher.get(url, headers).await?;
        if let Some(until) = limited(&response, self.now) {
            return Err(rate_limited(until));
        }
        self.pause = spent(&response);
        match response.status {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_MODIFIED if conditional => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => Ok(None),
            status => Err(FetchError::Status { url: url.to_string(), status: status.as_u16() }.into()),
        }
    }

    fn remember(&mut self, url: Url, response: &Response, answer: Value) {
        if let Some(etag) = response.header(ETAG) {
            self.fresh.0.insert(url.into(), Known { etag: etag.to_owned(), answer });
        }
    }
}

/// When the next request is allowed, if this one was refused by a rate limit
/// (<https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
fn limited(response: &Response, now: Timestamp) -> Option<Timestamp> {
    let refused = matches!(response.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    if !refused {
        return None;
    }
    if let Some(seconds) = response.header(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()) {
        return now.checked_add(SignedDuration::from_secs(0.max(seconds))).ok();
    }
    let unstated = response.status == StatusCode::TOO_MANY_REQUESTS || mentions_limit(&response.body);
    spent(response).or_else(|| now.checked_add(UNSTATED_WAIT).ok().filter(|_| unstated))
}

/// When the primary limit is renewed, if this was the last request that it allows.
fn spent(response: &Response) -> Option<Timestamp> {
    let header = |name: &str| response.header(name)?.trim().parse::<i64>().ok();
    header(REMAINING).filter(|remaining| *remaining <= 0)?;
    Timestamp::from_second(header(RESET)?).ok()
}

fn rate_limited(until: Timestamp) -> ImportError {
    ImportError::RateLimited { place: "GitHub".into(), until }
}

/// A 403 may also be a plain refusal; only its message tells.
fn mentions_limit(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_ascii_lowercase().contains("rate limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_limit_says_until_when() {
        let now: Timestamp = "2026-05-03T12:00:00Z".parse().unwrap();
        let huge = i64::MAX.to_string();
        let limited = |status: u16, headers: &[(&'static str, &str)], body: &str| {
            let headers = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
            let (status, headers) = (StatusCode::from_u16(status).unwrap(), headers.collect());
            limited(&Response { status, headers, body: body.into() }, now).map(|until| until.to_string())
        };
        let at = |time: &str| Some(format!("2026-05-03T{time}Z"));
        assert_eq!(limited(403, &[("retry-after", "90")], ""), at("12:01:30"));
        assert_eq!(limited(429, &[("retry-after", "-5")], ""), at("12:00:00"));
        assert_eq!(limited(403, &[(REMAINING, "0"), (RESET, "1777813200")], ""), at("13:00:00"));
        assert_eq!(limited(429, &[(REMAINING, "0"), (RESET, &huge)], ""), at("12:01:00"));
        assert_eq!(limited(429, &[(REMAINING, "12")], ""), at("12:01:00"));
        assert_eq!(limited(403, &[], "You have exceeded a secondary Rate Limit."), at("12:01:00"));
        assert_eq!(limited(403, &[(REMAINING, "12")], "Resource not accessible"), None);
        assert_eq!(limited(200, &[(REMAINING, "0")], ""), None);
        assert_eq!(limited(500, &[("retry-after", "90")], ""), None);
    }
}
