//! OpenAI's Realtime API over HTTP: secrets with which browsers connect, and the end of a call.
//! Source: `OpenAI` API reference, "Client secrets", "Calls".

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde_json::json;

use crate::{
    config::OpenAi,
    wire::{live::session::SessionConfig, realtime::session::Session},
};

const TIMEOUT: Duration = Duration::from_secs(8);

#[derive(Clone)]
pub struct Realtime {
    http: reqwest::Client,
    openai: Arc<OpenAi>,
}

/// Good for sessions that begin before it expires; in the hands of a browser, so never the project's own key.
#[derive(Deserialize)]
pub struct ClientSecret {
    pub value: String,
    /// Seconds since 1970.
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct Begun {
    session: BegunSession,
    transport: BegunTransport,
}

#[derive(Deserialize)]
struct BegunSession {
    id: String,
}

#[derive(Deserialize)]
struct BegunTransport {
    sdp: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RealtimeError {
    #[error("the model was not reached: {0}")]
    Transport(String),
    #[error("the model refused with status {0}")]
    Refused(u16),
    #[error("the model answered something else than was asked for")]
    Unreadable,
}

impl Realtime {
    pub fn new(openai: OpenAi) -> Result<Self, RealtimeError> {
        let http = super::http().timeout(TIMEOUT).build().map_err(transport)?;
        Ok(Self { http, openai: Arc::new(openai) })
    }

    pub fn openai(&self) -> &OpenAi {
        &self.openai
    }

    /// Where a browser posts its SDP offer.
    pub fn calls_url(&self) -> String {
        format!("{}/realtime/calls", self.openai.base_url)
    }

    /// `POST /realtime/client_secrets`. `lives`: 10 s to 2 h. `whose`: a hash of the person, for the provider's own
    /// protection against abuse.
    pub async fn client_secret(
        &self,
        session: &Session,
        lives: SignedDuration,
        whose: &str,
    ) -> Result<ClientSecret, RealtimeError> {
        let expires_after = json!({ "anchor": "created_at", "seconds": lives.as_secs() });
        let body = json!({ "expires_after": expires_after, "session": session });
        let request = self.post("/realtime/client_secrets").header("OpenAI-Safety-Identifier", whose);
        let answer = answered(request.json(&body)).await?;
        answer.json().await.map_err(|_| RealtimeError::Unreadable)
    }

    /// `POST /realtime/calls/{call_id}/hangup`; one that is over is no error. A Live session ends with its page's connection,
    /// or on the server's own line.
    pub async fn hang_up(&self, call: &CallId) -> Result<(), RealtimeError> {
        if call.is_live() {
            return Ok(());
        }
        match answered(self.post(&format!("/realtime/calls/{}/hangup", call.as_str()))).await {
            Ok(_) | Err(RealtimeError::Refused(404)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `POST /live/sessions` with a page's SDP offer, for there is no secret with which a page could ask: the session's id,
    /// and the SDP answer.
    pub async fn live(
        &self,
        session: &SessionConfig,
        offer: &str,
    ) -> Result<(CallId, String), RealtimeError> {
        let body = json!({ "session": session, "transport": { "type": "webrtc", "sdp": offer } });
        let begun: Begun = answered(self.post("/live/sessions").json(&body))
            .await?
            .json()
            .await
            .map_err(|_| RealtimeError::Unreadable)?;
        let id = CallId::parse(&begun.session.id).filter(CallId::is_live).ok_or(RealtimeError::Unreadable)?;
        Ok((id, begun.transport.sdp))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.openai.base_url);
        self.http.post(url).bearer_auth(self.openai.api_key.reveal())
    }
}

/// `rtc_…`, or `live_…` of GPT-Live: a call, as the model's side names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallId(String);

/// Characters of a call id.
const MAX_CALL_ID: usize = 128;

impl CallId {
    /// What a browser reports: it becomes part of a URL.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let is_named = text.starts_with("rtc_") || text.starts_with(LIVE);
        let fits = is_named && text.len() <= MAX_CALL_ID && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn is_live(&self) -> bool {
        self.0.starts_with(LIVE)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const LIVE: &str = "live_";

async fn answered(request: RequestBuilder) -> Result<Response, RealtimeError> {
    let answer = request.send().await.map_err(transport)?;
    match answer.status().as_u16() {
        200..300 => Ok(answer),
        status => Err(RealtimeError::Refused(status)),
    }
}

fn transport(error: reqwest::Error) -> RealtimeError {
    RealtimeError::Transport(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_is_no_path() {
        assert!(CallId::parse("rtc_u1_9c6574da8b8a41a1").is_some_and(|call| !call.is_live()));
        assert!(CallId::parse("live_9c6574da8b8a41a1").is_some_and(|call| call.is_live()));
        for odd in
            ["", "rtc", "sess_1", "rtc_1/../x", "rtc_1?x=1", "rtc_é", &format!("rtc_{}", "a".repeat(200))]
        {
            assert_eq!(CallId::parse(odd), None, "{odd}");
        }
    }
}
