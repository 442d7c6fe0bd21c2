//! The media relay, as functions ask it: to attend a browser's conversation.

use std::time::Duration;

/// The relay connects to the model before it answers, in several tries if need be.
const TIMEOUT: Duration = Duration::from_secs(6);
/// A host that is none (RFC 2606): there is no relay.
const NOWHERE: &str = ".invalid";

#[derive(Clone)]
pub struct Relay {
    http: reqwest::Client,
    /// `https://…`, without a path.
    base: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the relay was not reached: {0}")]
    Transport(String),
    #[error("the relay refused with status {0}")]
    Refused(u16),
}

impl Relay {
    /// `base`: `wss://…`, where Twilio reaches it, too. None: there is no relay.
    pub fn at(base: &str) -> Result<Option<Self>, RelayError> {
        if base.trim_end_matches('/').ends_with(NOWHERE) {
            return Ok(None);
        }
        let http = super::http().timeout(TIMEOUT).build().map_err(transport)?;
        Ok(Some(Self { http, base: base.replacen("ws", "http", 1) }))
    }

    /// Returns once the relay has the line; `ticket` is signed by us.
    pub async fn attend(&self, ticket: &str) -> Result<(), RelayError> {
        let url = format!("{}/media/browser/{ticket}", self.base);
        let answer = self.http.post(url).send().await.map_err(transport)?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            status => Err(RelayError::Refused(status)),
        }
    }
}

fn transport(error: reqwest::Error) -> RelayError {
    RelayError::Transport(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_where_twilio_reaches_it_or_nowhere() {
        let base = |url| Relay::at(url).unwrap().map(|relay| relay.base);
        assert_eq!(base("wss://relay.example.com").as_deref(), Some("https://relay.example.com"));
        assert_eq!(base("ws://localhost:8080").as_deref(), Some("http://localhost:8080"));
        assert_eq!(base("wss://relay.invalid"), None);
    }
}
