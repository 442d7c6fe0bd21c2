//! Configuration in parts, from a lookup that `main` gives: nothing else reads the environment.

use std::fmt;

use crate::{
    clients::openai::Prices,
    identity::Phone,
    language::Language,
    retention::Retention,
    wire::{
        live::session::LiveOptions,
        twilio::signature::{Keys, Signature},
    },
};

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
pub struct Twilio {
    pub account_sid: String,
    pub auth_token: Secret,
    /// What rules of the account have webhooks signed with; none: all are signed with the token.
    pub shared_keys: Vec<Secret>,
    /// Ours, in E.164.
    pub phone_number: Phone,
    /// Twilio hears and speaks where no realtime model can be had (`ConversationRelay`).
    pub conversation_relay: bool,
    /// The language (BCP 47) in which Twilio transcribes calls, as a second source; none: it does not.
    pub transcription: Option<String>,
    /// What is spoken where the owner's settings cannot be read, as there; none: English.
    pub languages: Vec<Language>,
}

impl Twilio {
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            account_sid: settings.required("TWILIO_ACCOUNT_SID")?,
            auth_token: Secret::new(settings.required("TWILIO_AUTH_TOKEN")?),
            shared_keys: settings.list("TWILIO_SHARED_KEY").into_iter().map(Secret::new).collect(),
            phone_number: line(settings)?.ok_or(ConfigError::Missing(LINE))?,
            conversation_relay: conversation_relay(settings)?,
            transcription: transcription(settings)?,
            languages: phone_languages(settings)?,
        })
    }

    /// Whether this account has signed a request to this URL.
    pub fn has_signed(&self, signature: Signature<'_>, url: &str, parameters: &[(String, String)]) -> bool {
        let shared: Vec<&str> = self.shared_keys.iter().map(Secret::reveal).collect();
        if signature.is_with_a_shared_key() && shared.is_empty() {
            tracing::warn!("a request is said to be signed with a shared key: there is no TWILIO_SHARED_KEY");
        }
        signature.is_right(&Keys { auth_token: self.auth_token.reveal(), shared }, url, parameters)
    }
}

/// `TWILIO_CONVERSATION_RELAY`
pub fn conversation_relay(settings: &Settings<'_>) -> Result<bool, ConfigError> {
    const NAME: &str = "TWILIO_CONVERSATION_RELAY";
    match settings.optional(NAME).as_deref() {
        None | Some("off") => Ok(false),
        Some("on") => Ok(true),
        Some(_) => Err(ConfigError::Invalid { name: NAME, why: "neither on nor off" }),
    }
}

/// `PHONE_LANGUAGES`: codes with commas between, such as `de,en`.
pub fn phone_languages(settings: &Settings<'_>) -> Result<Vec<Language>, ConfigError> {
    const NAME: &str = "PHONE_LANGUAGES";
    let invalid = ConfigError::Invalid { name: NAME, why: "not en, de, es or fr, with commas between" };
    let listed = settings.optional(NAME).unwrap_or_default();
    let codes = listed.split(',').map(str::trim).filter(|code| !code.is_empty());
    codes.map(Language::of_code).collect::<Option<Vec<_>>>().ok_or(invalid)
}

/// `TWILIO_TRANSCRIPTION`
pub fn transcription(settings: &Settings<'_>) -> Result<Option<String>, ConfigError> {
    const NAME: &str = "TWILIO_TRANSCRIPTION";
    let language = settings.optional(NAME).filter(|language| language != "off");
    let fits = |language: &String| {
        let mut parts = language.split('-');
        parts.next().is_some_and(|first| first.len() >= 2)
            && language.len() <= MAX_LANGUAGE
            && language
                .split('-')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    match language {
        Some(language) if !fits(&language) => {
            Err(ConfigError::Invalid { name: NAME, why: "neither off nor a language such as en-US" })
        }
        language => Ok(language),
    }
}

/// Characters.
const MAX_LANGUAGE: usize = 16;
const LINE: &str = "TWILIO_PHONE_NUMBER";

/// The twin's own number, if it has one. Looked at by its shape alone: Twilio gave it, and whether it is in use is known to tables that
/// take a function longer to read than all else that it starts with.
pub fn line(settings: &Settings<'_>) -> Result<Option<Phone>, ConfigError> {
    let number = settings.optional(LINE).map(Phone::try_from).transpose();
    number.map_err(|_| ConfigError::Invalid { name: LINE, why: "not E.164" })
}

/// In micro-dollars.
pub const DAILY_BUDGET: u64 = 5_000_000;
const PRICES: ConfigError = ConfigError::Invalid {
    name: "OPENAI_PRICES",
    why: "not a price table in JSON: see clients/openai/price.rs",
};
const BUDGET: ConfigError =
    ConfigError::Invalid { name: "OPENAI_DAILY_BUDGET", why: "not an amount in US dollars, such as 2.50" };

/// `2.50` is 2,500,000; no sign, no exponent, at most six places.
fn micro_dollars(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || places.len() > 6 || !digits(whole) || !digits(places) {
        return None;
    }
    let micro: u64 = format!("{places:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micro)
}

/// OpenAI's API, where `OPENAI_BASE_URL` names no other.
pub const OPENAI: &str = "https://api.openai.com/v1";

#[derive(Debug, Clone)]
pub struct OpenAi {
    pub api_key: Secret,
    /// [`OPENAI`], or another; the WebSocket's URL is derived from it.
    pub base_url: String,
    pub realtime_model: String,
    /// Of GPT-Live, where it speaks in place of Realtime.
    pub live_model: Option<String>,
    pub voice: String,
    /// For answers and readings in text.
    pub text_model: String,
    pub prices: Prices,
    /// What text and vectors may cost in a day (UTC), in micro-dollars. Then the twin reads and quotes by itself.
    pub daily_budget: u64,
}

impl OpenAi {
    pub fn from(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        let base_url = match settings.optional("OPENAI_BASE_URL") {
            Some(_) => settings.url("OPENAI_BASE_URL")?,
            None => OPENAI.to_owned(),
        };
        Ok(Self {
            api_key: Secret::new(settings.required("OPENAI_API_KEY")?),
            base_url,
            realtime_model: settings.or("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1"),
            live_model: live_model(settings)?,
            voice: settings.or("OPENAI_REALTIME_VOICE", "marin"),
            text_model: settings.or("OPENAI_TEXT_MODEL", "gpt-6-luna"),
            prices: match settings.optional("OPENAI_PRICES") {
                Some(json) => serde_json::from_str(&json).map_err(|_| PRICES)?,
                None => Prices::default(),
            },
            daily_budget: match settings.optional("OPENAI_DAILY_BUDGET") {
                Some(dollars) => micro_dollars(&dollars).ok_or(BUDGET)?,
                None => DAILY_BUDGET,
            },
        })
    }

    /// `wss://…/realtime?model=…`
    pub fn realtime_url(&self) -> String {
        self.socket_url("model", &self.realtime_model)
    }

    /// `wss://…/realtime?call_id=…`: the server's own line to a call.
    pub fn call_url(&self, call_id: &str) -> String {
        self.socket_url("call_id", call_id)
    }

    /// `wss://…/live/sessions`: the model is named once it is open.
    pub fn live_url(&self) -> String {
        format!("{}/live/sessions", self.socket_base())
    }

    /// `wss://…/live/sessions/{id}/attach`: the server's own line to a Live session.
    pub fn attach_url(&self, session: &str) -> String {
        format!("{}/{session}/attach", self.live_url())
    }

    /// What GPT-Live is told of itself, where it speaks.
    pub fn live(&self) -> Option<LiveOptions> {
        let backend = self.text_model.clone();
        self.live_model.clone().map(|model| LiveOptions { model, backend })
    }

    fn socket_url(&self, field: &str, value: &str) -> String {
        format!("{}/realtime?{field}={value}", self.socket_base())
    }

    fn socket_base(&self) -> String {
        match self.base_url.split_once("://") {
            Some(("http", rest)) => format!("ws://{rest}"),
            Some((_, rest)) => format!("wss://{rest}"),
            None => self.base_url.clone(),
        }
    }
}

/// `OPENAI_SPEECH_ENGINE`, and `OPENAI_LIVE_MODEL` if it is Live.
pub fn live_model(settings: &Settings<'_>) -> Result<Option<String>, ConfigError> {
    const NAME: &str = "OPENAI_SPEECH_ENGINE";
    match settings.optional(NAME).as_deref() {
        None | Some("realtime") => Ok(None),
        Some("live") => Ok(Some(settings.or("OPENAI_LIVE_MODEL", LIVE_MODEL))),
        Some(_) => Err(ConfigError::Invalid { name: NAME, why: "neither realtime nor live" }),
    }
}

pub const LIVE_MODEL: &str = "gpt-live-1";

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
    fn a_budget_is_an_amount_in_dollars() {
        for (text, micro) in
            [("5", 5_000_000), ("2.50", 2_500_000), ("0", 0), ("0.000001", 1), ("12.", 12_000_000)]
        {
            assert_eq!(micro_dollars(text), Some(micro), "{text}");
        }
        for text in ["", ".5", "-1", "1e3", "1,50", "0.0000001", "5 $", "99999999999999999999"] {
            assert_eq!(micro_dollars(text), None, "{text}");
        }
    }

    #[test]
    fn prices_and_budget_are_read() {
        let prices = r#"{"as_of":"2026-12-01","models":{}}"#;
        let lookup = |name: &str| match name {
            "OPENAI_API_KEY" => Some("key".to_owned()),
            "OPENAI_DAILY_BUDGET" => Some("0.25".to_owned()),
            "OPENAI_PRICES" => Some(prices.to_owned()),
            _ => None,
        };
        let openai = OpenAi::from(&Settings::new(&lookup)).unwrap();
        assert_eq!((openai.daily_budget, openai.prices.models.len()), (250_000, 0));
        for broken in ["OPENAI_DAILY_BUDGET", "OPENAI_PRICES"] {
            let lookup = |name: &str| if name == broken { Some("x".to_owned()) } else { lookup(name) };
            let error = OpenAi::from(&Settings::new(&lookup)).unwrap_err();
            assert!(matches!(error, ConfigError::Invalid { name, .. } if name == broken));
        }
    }

    #[test]
    fn languages_are_codes_that_have_words() {
        let read = |text: &str| {
            let lookup = |_: &str| Some(text.to_owned());
            phone_languages(&Settings::new(&lookup))
        };
        assert_eq!(read("de, en").unwrap(), [Language::De, Language::En]);
        for wrong in ["de-DE", "nl", "de;en", "deutsch"] {
            let error = read(wrong).unwrap_err();
            assert!(matches!(error, ConfigError::Invalid { name: "PHONE_LANGUAGES", .. }), "{wrong}");
        }
        let none = |_: &str| None;
        assert_eq!(phone_languages(&Settings::new(&none)).unwrap(), []);
    }

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

    #[test]
    fn the_sockets_address_follows_the_base() {
        let local = |name: &str| match name {
            "OPENAI_BASE_URL" => Some("http://127.0.0.1:1/v1/".to_owned()),
            "OPENAI_API_KEY" | "OPENAI_REALTIME_MODEL" => Some("x".to_owned()),
            _ => None,
        };
        let openai = OpenAi::from(&Settings::new(&local)).unwrap();
        assert_eq!(openai.realtime_url(), "ws://127.0.0.1:1/v1/realtime?model=x");
        assert_eq!(openai.live_url(), "ws://127.0.0.1:1/v1/live/sessions");
        assert_eq!(openai.live(), None);
    }

    #[test]
    fn live_speaks_where_it_is_chosen() {
        let chosen = |engine: &'static str| {
            let lookup = move |name: &str| match name {
                "OPENAI_API_KEY" => Some("x".to_owned()),
                "OPENAI_SPEECH_ENGINE" => Some(engine.to_owned()),
                _ => None,
            };
            OpenAi::from(&Settings::new(&lookup))
        };
        assert_eq!(chosen("realtime").unwrap().live(), None);
        let live = LiveOptions { model: LIVE_MODEL.to_owned(), backend: "gpt-6-luna".to_owned() };
        assert_eq!(chosen("live").unwrap().live(), Some(live));
        let error = chosen("Live").unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { name: "OPENAI_SPEECH_ENGINE", .. }));
    }
}
