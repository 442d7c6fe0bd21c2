//! Which failures are worth another attempt, and after how long. Nothing here waits, reads a clock or is random.
//!
//! Source: the official SDK (`openai` for Python, `_base_client.py`): 408, 409, 429, 5xx and connection errors;
//! `x-should-retry`, `retry-after-ms`, `retry-after`. Unlike there, the jitter is full, and a pause that the server
//! wants but that is too long is the caller's affair: coming back earlier would only be refused again.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts after the first.
    pub retries: u32,
    /// The longest pause after the first attempt; it doubles with each.
    pub base: Duration,
    /// The longest pause of our own choice.
    pub cap: Duration,
    /// The longest pause of the server's choice that is waited for.
    pub patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            retries: 3,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
            patience: Duration::from_secs(20),
        }
    }
}

/// What a failure says about another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It would fail in the same way, or it is paid for.
    Final,
    /// The connection broke, or nothing came.
    Connection,
    /// An HTTP status that is temporary. `after`: the pause that the server wants.
    Status { after: Option<Duration> },
}

/// Whether a request that got this HTTP status and this `error.code` may succeed later, unless the server itself
/// says so (`x-should-retry`). A quota that is used up stays so until somebody pays.
pub fn is_temporary(status: u16, code: Option<&str>, server_says: Option<bool>) -> bool {
    if matches!(code, Some("insufficient_quota" | "billing_hard_limit_reached")) {
        return false;
    }
    server_says.unwrap_or(matches!(status, 408 | 409 | 429 | 500..600))
}

/// The pause before the next attempt; none if there is to be none.
///
/// `made`: attempts so far, at least 1. `left`: until the deadline. `random`: evenly from `[0, 1)`.
pub fn pause(policy: &Policy, failure: Failure, made: u32, left: Duration, random: f64) -> Option<Duration> {
    if made > policy.retries {
        return None;
    }
    let pause = match failure {
        Failure::Final => return None,
        Failure::Status { after: Some(after) } if after > policy.patience => return None,
        Failure::Status { after: Some(after) } => after,
        Failure::Status { after: None } | Failure::Connection => backoff(policy, made, random),
    };
    (pause < left).then_some(pause)
}

fn backoff(policy: &Policy, made: u32, random: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(made.saturating_sub(1));
    let most = policy.base.saturating_mul(doubled).min(policy.cap);
    most.mul_f64(random.clamp(0.0, 1.0))
}

/// `retry-after-ms`, else `retry-after` in seconds or as a date. A date in the past is no pause.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let amount = |name: &str| header(name)?.parse::<f64>().ok();
    if let Some(milliseconds) = amount("retry-after-ms") {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    if let Some(seconds) = amount(RETRY_AFTER.as_str()) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = rfc2822::parse(header(RETRY_AFTER.as_str())?).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// `x-should-retry`
pub fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("x-should-retry")?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(10);
    const NOW: Failure = Failure::Connection;

    fn policy() -> Policy {
        Policy::default()
    }

    fn after(seconds: u64) -> Failure {
        Failure::Status { after: Some(Duration::from_secs(seconds)) }
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn some_statuses_are_temporary() {
        let temporary: Vec<u16> = (100..700).filter(|status| is_temporary(*status, None, None)).collect();
        assert_eq!(&temporary[..3], [408, 409, 429]);
        assert_eq!(temporary[3..], (500..600).collect::<Vec<u16>>());
        assert!(!is_temporary(429, Some("insufficient_quota"), Some(true)));
        assert!(is_temporary(429, Some("rate_limit_exceeded"), None));
        assert!(!is_temporary(500, None, Some(false)) && is_temporary(400, None, Some(true)));
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_jitter_is_full() {
        let most = |made| pause(&Policy { retries: 99, ..policy() }, NOW, made, LONG, 1.0);
        let milliseconds: Vec<u128> = (1..=7).filter_map(most).map(|pause| pause.as_millis()).collect();
        assert_eq!(milliseconds, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(most(99), Some(Duration::from_secs(8)));
        assert_eq!(pause(&policy(), NOW, 2, LONG, 0.25), Some(Duration::from_millis(250)));
        assert_eq!(pause(&policy(), NOW, 2, LONG, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn the_server_is_obeyed_or_left_alone() {
        assert_eq!(pause(&policy(), after(20), 1, LONG, 0.5), Some(Duration::from_secs(20)));
        assert_eq!(pause(&policy(), after(21), 1, LONG, 0.5), None);
        assert_eq!(pause(&policy(), after(20), 1, Duration::from_secs(20), 0.5), None);
    }

    #[test]
    fn attempts_end() {
        assert!(pause(&policy(), NOW, 3, LONG, 0.5).is_some());
        assert_eq!(pause(&policy(), NOW, 4, LONG, 0.5), None);
        assert_eq!(pause(&policy(), NOW, 1, Duration::ZERO, 0.0), None);
        assert_eq!(pause(&policy(), Failure::Final, 1, LONG, 0.5), None);
    }

    #[test]
    fn pauses_are_read_from_headers() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let read = |pairs: &[(&str, &str)]| retry_after(&headers(pairs), now);
        assert_eq!(
            read(&[("retry-after", "9"), ("retry-after-ms", "1500")]),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(read(&[("retry-after", "2.5")]), Some(Duration::from_millis(2500)));
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::from_secs(7)));
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]), Some(Duration::ZERO));
        for odd in ["-1", "NaN", "inf", "1e99", "soon", ""] {
            assert_eq!(read(&[("retry-after", odd)]), None, "{odd}");
        }
        assert_eq!(should_retry(&headers(&[("x-should-retry", "false")])), Some(false));
        assert_eq!(should_retry(&headers(&[("x-should-retry", "perhaps")])), None);
    }
}
