//! Twilio's account, and how it hears and speaks.

use super::{ConfigError, Secret, Settings};
use crate::{
    identity::Phone,
    language::Language,
    wire::twilio::signature::{Keys, Signature},
};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
