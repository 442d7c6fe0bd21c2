//! Configuration in parts, from a lookup that `main` gives: nothing else reads the environment.

mod twilio;
mod openai;
mod calendars;

pub use self::{
    calendars::{CalendarAccounts, Registration},
    openai::{DAILY_BUDGET, LIVE_MODEL, OPENAI, OpenAi, live_model},
    twilio::{Twilio, conversation_relay, line, phone_languages, transcription},
};

use std::fmt;

use crate::retention::Retention;

/// A value that is never shown: not in logs, not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("{name} is not usable: {why}")]
    Invalid { name: &'static str, why: &'static str },
}

/// Looks a setting up by its name.
pub struct Settings<'a>(&'a dyn Fn(&str) -> Option<String>);

impl<'a> Settings<'a> {
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// Values with spaces between; none if it is not set.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.optional(name).unwrap_or_default().split_whitespace().map(ToOwned::to_owned).collect()
    }

    fn or(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    fn url(&self, name: &'static str) -> Result<String, ConfigError> {
        let url = self.required(name)?;
        match url.split_once("://") {
            Some(("http" | "https" | "ws" | "wss", rest)) if !rest.is_empty() => {
                Ok(url.trim_end_matches('/').to_owned())
            }
            _ => Err(ConfigError::Invalid { name, why: "not a URL" }),
        }
    }
}

/// Where the system is reached.
#[derive(Debug, Clone)]
pub struct PublicUrls {
    /// `https://…`: what Twilio calls and signs, and what mails link to.
    pub base: String,
    /// `wss://…`: the media relay.
    pub relay: String,
}

impl PublicUrls {
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        Ok(Self { base: settings.url("PUBLIC_BASE_URL")?, relay: settings.url("RELAY_BASE_URL")? })
    }
}

#[derive(Debug, Clone)]
pub struct MailSettings {
    /// A verified SES identity.
    pub from: String,
    /// Where the owner is told of messages.
    pub owner: String,
    /// Where SES receives answers: they go to the owner if there is none.
    pub reply_domain: Option<String>,
    /// What has SES publish what becomes of a mail.
    pub configuration_set: Option<String>,
}

impl MailSettings {
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            from: settings.required("MAIL_FROM")?,
            owner: settings.required("OWNER_EMAIL")?,
            reply_domain: settings.optional("MAIL_REPLY_DOMAIN"),
            configuration_set: settings.optional("MAIL_CONFIGURATION_SET"),
        })
    }
}

/// How long what is kept is kept.
pub fn retention(settings: &Settings<'_>) -> Result<Retention, ConfigError> {
    let set = settings.optional("RETENTION_DAYS").unwrap_or_default();
    set.parse().map_err(|_| ConfigError::Invalid {
        name: "RETENTION_DAYS",
        why: "not kind=days with spaces between",
    })
}

/// The secret that webhook and relay share.
pub fn ticket_secret(settings: &Settings<'_>) -> Result<Secret, ConfigError> {
    settings.required("TICKET_SECRET").map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let none = |_: &str| None;
        assert_eq!(OpenAi::from(&Settings::new(&none)).unwrap_err(), ConfigError::Missing("OPENAI_API_KEY"));
        let odd = |name: &str| Some(if name == "PUBLIC_BASE_URL" { "example.com" } else { "x" }.to_owned());
        let error = PublicUrls::from(&Settings::new(&odd)).unwrap_err();
        assert_eq!(error.to_string(), "PUBLIC_BASE_URL is not usable: not a URL");
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", Secret::new("sk-live")), "Secret(…)");
    }
}
