//! Providers of calendars, with which we are registered.

use super::{ConfigError, Secret, Settings, ticket_secret};

/// Our registration as a client with a provider of calendars, and where it is asked.
#[derive(Debug, Clone)]
pub struct Registration {
    pub client_id: String,
    pub client_secret: Secret,
    pub authorize: String,
    pub token: String,
    /// Where a consent is given back, if there is a way.
    pub revoke: Option<String>,
    pub api: String,
}

impl Registration {
    pub fn google(client_id: String, client_secret: Secret) -> Self {
        Self {
            client_id,
            client_secret,
            authorize: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
            token: "https://oauth2.googleapis.com/token".to_owned(),
            revoke: Some("https://oauth2.googleapis.com/revoke".to_owned()),
            api: "https://www.googleapis.com/calendar/v3".to_owned(),
        }
    }

    /// `tenant`: `common` for any account, or a directory's own.
    pub fn microsoft(client_id: String, client_secret: Secret, tenant: &str) -> Self {
        let base = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0");
        Self {
            client_id,
            client_secret,
            authorize: format!("{base}/authorize"),
            token: format!("{base}/token"),
            revoke: None,
            api: "https://graph.microsoft.com/v1.0".to_owned(),
        }
    }
}

/// Providers whose calendars the owner can connect.
#[derive(Debug, Clone)]
pub struct CalendarAccounts {
    pub google: Option<Registration>,
    pub microsoft: Option<Registration>,
    /// Of which the key is made that seals tokens.
    pub key: Secret,
}

impl CalendarAccounts {
    /// What the settings say: none where no client is set.
    pub fn from(settings: &Settings<'_>, key: Option<Secret>) -> Result<Option<Self>, ConfigError> {
        let google = match settings.optional("GOOGLE_CLIENT_ID") {
            Some(id) => {
                Some(Registration::google(id, Secret::new(settings.required("GOOGLE_CLIENT_SECRET")?)))
            }
            None => None,
        };
        let microsoft = match settings.optional("MICROSOFT_CLIENT_ID") {
            Some(id) => {
                let secret = Secret::new(settings.required("MICROSOFT_CLIENT_SECRET")?);
                Some(Registration::microsoft(id, secret, &settings.or("MICROSOFT_TENANT", "common")))
            }
            None => None,
        };
        if google.is_none() && microsoft.is_none() {
            return Ok(None);
        }
        let key = key.map_or_else(|| ticket_secret(settings), Ok)?;
        Ok(Some(Self { google, microsoft, key }))
    }
}
