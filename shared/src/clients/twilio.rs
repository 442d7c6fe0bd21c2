//! Twilio's REST API, as far as it is used. Source: Twilio, "Call resource".

use std::time::Duration;

use crate::{config, id::CallSid};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct TwilioRest {
    http: reqwest::Client,
    base: String,
    account: config::Twilio,
}

#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("Twilio was not reached: {0}")]
    Transport(String),
    /// 20404: the call is gone.
    #[error("Twilio does not know this call")]
    Gone,
    #[error("Twilio refused with status {0}")]
    Refused(u16),
}

impl TwilioRest {
    /// `base`: `https://api.twilio.com`.
    pub fn new(base: &str, account: config::Twilio) -> Result<Self, RestError> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(transport)?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), account })
    }

    /// Ends a call: `POST /Calls/{CallSid}.json` with `Status=completed`.
    pub async fn hang_up(&self, call: &CallSid) -> Result<(), RestError> {
        let sid = &self.account.account_sid;
        let url = format!("{}/2010-04-01/Accounts/{sid}/Calls/{call}.json", self.base);
        let request = self.http.post(url).basic_auth(sid, Some(self.account.auth_token.reveal()));
        let answer = request.form(&[("Status", "completed")]).send().await.map_err(transport)?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            404 => Err(RestError::Gone),
            status => Err(RestError::Refused(status)),
        }
    }
}

fn transport(error: reqwest::Error) -> RestError {
    RestError::Transport(error.without_url().to_string())
}
