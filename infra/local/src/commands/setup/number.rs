//! The twin's number at Twilio. Source: Twilio, `IncomingPhoneNumber` and `AvailablePhoneNumber` resources.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::config::Secret;

const TIMEOUT: Duration = Duration::from_secs(15);

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
    /// Twilio has said no: nothing came of what was asked.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Credentials | Self::NoneThere)
    }
}

/// Where Twilio turns to when the number is called, or gets a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urls {
    pub voice_url: String,
    pub voice_fallback_url: String,
    pub status_callback: String,
    #[serde(default)]
    pub sms_url: String,
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

    /// A number of an area that is for sale and takes calls.
    pub async fn for_sale(&self, country: &str, area: &str) -> Result<String, NumberError> {
        let path = format!("AvailablePhoneNumbers/{country}/Local.json");
        let query = [("AreaCode", area), ("VoiceEnabled", "true"), ("PageSize", "1")];
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
