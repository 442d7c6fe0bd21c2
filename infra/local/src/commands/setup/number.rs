//! The twin's number at Twilio. Source: Twilio, `IncomingPhoneNumber` and `AvailablePhoneNumber` resources.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use twin::config::Secret;

const TIMEOUT: Duration = Duration::from_secs(15);
/// A status from here on says that Twilio failed, and not that it refused.
const FAILED: u16 = 500;

#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    #[error("Twilio was not reached: {0}")]
    Transport(#[from] reqwest::Error),
    #[error("Twilio does not accept the account and its token")]
    Credentials,
    #[error("Twilio refused with status {status}: {message}")]
    Refused { status: u16, message: String },
    #[error("the account has no number {0}: buy it with --buy, or choose another with --number")]
    NotOurs(String),
    #[error("Twilio has no number to sell there")]
    NoneThere,
}

impl NumberError {
    /// Twilio has said no: nothing came of what was asked. Where it failed itself, nobody knows.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status < FAILED,
            Self::Credentials | Self::NoneThere => true,
            Self::Transport(_) | Self::NotOurs(_) => false,
        }
    }
}

/// Where Twilio turns to when the number is called, or gets a text. It asks an application or a trunk, if the number has one,
/// and not its addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Urls {
    #[serde(deserialize_with = "or_empty")]
    pub voice_url: String,
    #[serde(deserialize_with = "or_empty")]
    pub voice_fallback_url: String,
    #[serde(deserialize_with = "or_empty")]
    pub status_callback: String,
    #[serde(deserialize_with = "or_empty")]
    pub sms_url: String,
    #[serde(deserialize_with = "or_empty")]
    pub voice_application_sid: String,
    #[serde(deserialize_with = "or_empty")]
    pub sms_application_sid: String,
    #[serde(deserialize_with = "or_empty")]
    pub trunk_sid: String,
}

impl Urls {
    /// Who is asked for calls, in words.
    pub fn calls(&self) -> String {
        match [&self.trunk_sid, &self.voice_application_sid].into_iter().find(|sid| !sid.is_empty()) {
            Some(sid) => format!("{sid} in place of its addresses"),
            None => format!("{:?}", self.voice_url),
        }
    }
}

/// Twilio has nothing for some, and null for others.
fn or_empty<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Number {
    pub sid: String,
    pub phone_number: String,
    #[serde(flatten)]
    pub urls: Urls,
}

pub struct Account {
    http: Client,
    /// Of Twilio, or a simulator's.
    base: String,
    sid: String,
    token: Secret,
}

impl Account {
    pub fn new(base: &str, sid: &str, token: Secret) -> Result<Self, NumberError> {
        let http = twin::clients::http().timeout(TIMEOUT).build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), sid: sid.to_owned(), token })
    }

    /// The number, if the account has it.
    pub async fn find(&self, number: &str) -> Result<Option<Number>, NumberError> {
        #[derive(Deserialize)]
        struct Listed {
            incoming_phone_numbers: Vec<Number>,
        }
        let request =
            self.request(Method::GET, "IncomingPhoneNumbers.json").query(&[("PhoneNumber", number)]);
        let listed: Listed = answered(request).await?;
        Ok(listed.incoming_phone_numbers.into_iter().find(|found| found.phone_number == number))
    }

    /// A number of an area that is for sale, and takes calls and texts.
    pub async fn for_sale(&self, country: &str, area: &str) -> Result<String, NumberError> {
        let path = format!("AvailablePhoneNumbers/{country}/Local.json");
        let query = [("AreaCode", area), ("VoiceEnabled", "true"), ("SmsEnabled", "true"), ("PageSize", "1")];
        let said: Value = answered(self.request(Method::GET, &path).query(&query)).await?;
        let first = said["available_phone_numbers"][0]["phone_number"].as_str();
        first.map(str::to_owned).ok_or(NumberError::NoneThere)
    }

    /// It costs money from then on.
    pub async fn buy(&self, number: &str) -> Result<Number, NumberError> {
        let request = self.request(Method::POST, "IncomingPhoneNumbers.json");
        answered(request.form(&[("PhoneNumber", number)])).await
    }

    pub async fn point(&self, number: &Number, urls: &Urls) -> Result<Number, NumberError> {
        let request = self.request(Method::POST, &format!("IncomingPhoneNumbers/{}.json", number.sid));
        let form = [
            ("VoiceUrl", urls.voice_url.as_str()),
            ("VoiceMethod", "POST"),
            ("VoiceFallbackUrl", &urls.voice_fallback_url),
            ("VoiceFallbackMethod", "POST"),
            ("StatusCallback", &urls.status_callback),
            ("StatusCallbackMethod", "POST"),
            ("SmsUrl", &urls.sms_url),
            ("SmsMethod", "POST"),
            ("VoiceApplicationSid", &urls.voice_application_sid),
            ("SmsApplicationSid", &urls.sms_application_sid),
            ("TrunkSid", &urls.trunk_sid),
        ];
        answered(request.form(&form)).await
    }

    /// Gives the number back: somebody else may have it then.
    pub async fn release(&self, number: &Number) -> Result<(), NumberError> {
        let path = format!("IncomingPhoneNumbers/{}.json", number.sid);
        checked(self.request(Method::DELETE, &path)).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/{}/{path}", self.base, self.sid);
        self.http.request(method, url).basic_auth(&self.sid, Some(self.token.reveal()))
    }
}

async fn checked(request: RequestBuilder) -> Result<reqwest::Response, NumberError> {
    let answer = request.send().await.map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if status == reqwest::StatusCode::UNAUTHORIZED {
        return Err(NumberError::Credentials);
    }
    let said: Value = answer.json().await.unwrap_or_default();
    let message = said["message"].as_str().unwrap_or("no reason given").to_owned();
    Err(NumberError::Refused { status: status.as_u16(), message })
}

async fn answered<T: serde::de::DeserializeOwned>(request: RequestBuilder) -> Result<T, NumberError> {
    Ok(checked(request).await?.json().await.map_err(reqwest::Error::without_url)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_twilio_fails_nobody_knows_what_came_of_it() {
        let said = |status| NumberError::Refused { status, message: "it says".to_owned() };
        assert!(said(400).is_refusal() && said(429).is_refusal() && NumberError::Credentials.is_refusal());
        assert!(!said(500).is_refusal() && !said(503).is_refusal(), "it may have been bought");
    }
}
