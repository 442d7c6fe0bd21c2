//! Requests on their way: the key, limits on answers, attempts and the time for them.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use serde::{Deserialize, Serialize};
use tokio::time::{self, Instant};

use super::error::{Code, Rejection, TextError};
use super::{Config, retry};

/// The longest body that is read, in bytes.
pub const MOST_BODY: usize = 4 * 1024 * 1024;
/// What a body is, most often.
pub const JSON: &str = "application/json";
/// Of the body of an error: enough for its code.
const MOST_ERROR: usize = 64 * 1024;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// One attempt, to the last byte. Not for streams.
    pub attempt: Duration,
    /// Between two pieces of a stream, and before the first: reasoning is silent.
    pub idle: Duration,
    /// All attempts with the pauses between them; a stream to its end.
    pub total: Duration,
}

impl Timeouts {
    const CONNECT: Duration = Duration::from_secs(3);
    const ATTEMPT: Duration = Duration::from_mins(1);
    const IDLE: Duration = Duration::from_secs(30);
    const TOTAL: Duration = Duration::from_mins(2);
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Self::CONNECT, attempt: Self::ATTEMPT, idle: Self::IDLE, total: Self::TOTAL }
    }
}

/// The HTTP client, with the key in it.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    base: String,
}

impl Http {
    pub fn new(config: &Config) -> Result<Self, TextError> {
        let base = config.base_url.trim_end_matches('/').to_owned();
        if !Url::parse(&base).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(TextError::Invalid("the base URL is none"));
        }
        let mut key = HeaderValue::try_from(format!("Bearer {}", config.api_key.reveal()))
            .map_err(|_| TextError::Invalid("the key is no header"))?;
        key.set_sensitive(true);
        let client = crate::clients::http()
            .connect_timeout(config.timeouts.connect)
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, key)]))
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, base })
    }

    /// The answer's head, if its status is a success. `path` begins with a slash;
    /// `kind` is a media type.
    pub async fn post(&self, path: &str, kind: &str, body: Bytes) -> Result<Response, TextError> {
        let request = self.client.post(format!("{}{path}", self.base));
        let response = request.header(CONTENT_TYPE, kind).body(body).send().await?;
        if response.status().is_success() { Ok(response) } else { Err(rejected(response).await) }
    }
}

/// `{"error": {"code": …}}`; its `message` may quote the request or the key.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorFields,
}

#[derive(Deserialize)]
struct ErrorFields {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

async fn rejected(mut response: Response) -> TextError {
    let status = response.status().as_u16();
    let headers = response.headers();
    let retry_after = retry::retry_after(headers, Timestamp::now());
    let server_says = retry::should_retry(headers);
    let request_id = headers.get("x-request-id").and_then(|id| Code::parse(id.to_str().ok()?));
    let body = read(&mut response, MOST_ERROR).await.unwrap_or_default();
    let error = serde_json::from_slice::<ErrorBody>(&body).ok().map(|body| body.error);
    let code = error.and_then(|error| error.code.or(error.kind));
    let rejection = Rejection::new(status, code.as_deref(), server_says);
    TextError::Rejected(Rejection { request_id, retry_after, ..rejection })
}

/// The body, if it has no more than `most` bytes.
pub async fn read(response: &mut Response, most: usize) -> Result<Vec<u8>, TextError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(TextError::TooLong(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub fn to_json(body: &impl Serialize) -> Result<Bytes, TextError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| TextError::Invalid("the request is no JSON"))
}

/// The attempts at one request.
#[derive(Debug)]
pub struct Attempts {
    policy: retry::Policy,
    begun: Instant,
    total: Duration,
    made: u32,
}

impl Attempts {
    pub fn new(config: &Config) -> Self {
        Self { policy: config.retry, begun: Instant::now(), total: config.timeouts.total, made: 1 }
    }

    fn left(&self) -> Duration {
        self.total.saturating_sub(self.begun.elapsed())
    }

    /// Waits for `what`, no longer than `most` and not beyond the deadline. What is late is `late`.
    pub async fn within<T>(
        &self,
        most: Duration,
        late: TextError,
        what: impl Future<Output = Result<T, TextError>>,
    ) -> Result<T, TextError> {
        let left = self.left();
        let late = if left < most { TextError::TimedOut } else { late };
        time::timeout(most.min(left), what).await.unwrap_or(Err(late))
    }

    /// Waits until the next attempt is due, or gives the error back if there is to be none.
    pub async fn after(&mut self, error: TextError) -> Result<(), TextError> {
        let failure = error.failure();
        let Some(pause) = retry::pause(&self.policy, failure, self.made, self.left(), rand::random()) else {
            return Err(error);
        };
        tracing::info!(attempt = self.made, pause_ms = pause.as_millis(), %error, "OpenAI is asked again");
        self.made = self.made.saturating_add(1);
        time::sleep(pause).await;
        Ok(())
    }
}

/// Posts until there is an answer that is one, and reads it.
pub async fn ask(
    http: &Http,
    config: &Config,
    path: &str,
    kind: &str,
    body: Bytes,
) -> Result<Vec<u8>, TextError> {
    let mut attempts = Attempts::new(config);
    loop {
        let attempt = async {
            let mut response = http.post(path, kind, body.clone()).await?;
            read(&mut response, MOST_BODY).await
        };
        match attempts.within(config.timeouts.attempt, TextError::TimedOut, attempt).await {
            Ok(answer) => return Ok(answer),
            Err(error) => attempts.after(error).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn config() -> Config {
        Config::new("https://api.example.com/v1/", Secret::new("sk-hidden"))
    }

    #[test]
    fn what_is_configured_wrongly_is_told_without_the_key() {
        let base = Http::new(&Config { base_url: "nowhere".to_owned(), ..config() }).unwrap_err();
        assert_eq!(base.to_string(), "OpenAI cannot be asked: the base URL is none");
        let key = Http::new(&Config { api_key: Secret::new("sk\nhidden"), ..config() }).unwrap_err();
        assert_eq!(key.to_string(), "OpenAI cannot be asked: the key is no header");
        let client = Http::new(&config()).unwrap();
        assert!(!format!("{client:?} {:?}", config()).contains("hidden"));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_with_the_deadline() {
        let mut attempts = Attempts::new(&config());
        let never = std::future::pending::<Result<(), TextError>>;
        let limits = Timeouts::default();
        let error = attempts.within(limits.idle, TextError::Stalled, never()).await.unwrap_err();
        assert!(matches!(error, TextError::Stalled));
        attempts.after(error).await.unwrap();
        let error = attempts.within(limits.total, TextError::Stalled, never()).await.unwrap_err();
        assert!(matches!(error, TextError::TimedOut), "the deadline comes first");
        assert!(attempts.after(error).await.is_err(), "no time is left");
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_with_their_number() {
        let mut attempts = Attempts::new(&config());
        for _ in 0..config().retry.retries {
            attempts.after(TextError::TimedOut).await.unwrap();
        }
        assert!(attempts.after(TextError::TimedOut).await.is_err());
    }
}
