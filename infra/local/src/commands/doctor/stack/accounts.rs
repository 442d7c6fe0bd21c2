//! What is in the secret, and whether the accounts that it is for take it.

use serde_json::Value;
use twin::config::{OPENAI, Secret};

use super::{
    super::{
        super::setup::{number::Account, phone::urls},
        accepted,
    },
    Doctor, Found,
    Found::{Good, Note, Wrong},
};

/// What of the model is said by the stack and its secret alone: none, if its key is to be tried.
fn without_asking(is_used: bool, has_key: bool) -> Option<Found> {
    match (is_used, has_key) {
        (true, true) => None,
        (true, false) => Some(Wrong(
            "UseOpenAi is true, and the secret has no OPENAI_API_KEY: omnitwin setup asks for it".to_owned(),
        )),
        (false, true) => Some(Note(
            "none, though the secret has a key: the twin quotes, and callers leave a message, until you deploy with \
             UseOpenAi=true"
                .to_owned(),
        )),
        (false, false) => Some(Note("none: the twin quotes, and callers leave a message".to_owned())),
    }
}

impl Doctor<'_> {
    /// What the secret holds, or why nobody knows.
    fn secret(&self) -> Result<Value, Found> {
        let name = self.stack.parameter("SecretName").unwrap_or("omnitwin");
        match self.aws.ask(&["secretsmanager", "get-secret-value", "--secret-id", name]) {
            Ok(said) => {
                let text = said["SecretString"].as_str().unwrap_or_default();
                serde_json::from_str(text).map_err(|_| Wrong(format!("the secret {name} is no JSON")))
            }
            Err(error) if error.is_absent() => {
                Err(Wrong(format!("there is no secret {name}: omnitwin setup makes it")))
            }
            Err(error) => {
                Err(Note(format!("the secret {name} cannot be read with these credentials: {error}")))
            }
        }
    }

    pub(super) async fn number(&self) -> Found {
        let kept = match self.secret() {
            Ok(kept) => kept,
            Err(found) => return found,
        };
        let Some(token) = kept["TWILIO_AUTH_TOKEN"].as_str() else {
            return Wrong("the secret has no TWILIO_AUTH_TOKEN: omnitwin setup asks for it".to_owned());
        };
        if self.stack.parameter("TwilioSharedKey") == Some("true") && !kept["TWILIO_SHARED_KEY"].is_string() {
            return Wrong("TwilioSharedKey is true, and the secret has no TWILIO_SHARED_KEY".to_owned());
        }
        let (Some(sid), Some(number), Some(wanted)) = (
            self.stack.parameter("TwilioAccountSid"),
            self.stack.parameter("TwilioPhoneNumber"),
            urls(&self.stack),
        ) else {
            return Wrong("the stack says no account, number or addresses".to_owned());
        };
        let base = (self.lookup)("TWILIO_BASE_URL").unwrap_or_else(|| twin::clients::twilio::BASE.to_owned());
        let found = match Account::new(&base, sid, Secret::new(token.to_owned())) {
            Ok(account) => account.find(number).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(Some(found)) if found.urls == wanted => Good(format!("{number} calls here")),
            Ok(Some(found)) => {
                Wrong(format!("{number} calls {}: omnitwin setup points it here", found.urls.calls()))
            }
            Ok(None) => Wrong(format!("the Twilio account has no number {number}")),
            Err(error) => Wrong(error.to_string()),
        }
    }

    /// Who speaks and writes.
    pub(super) async fn model(&self) -> Found {
        let kept = match self.secret() {
            Ok(kept) => kept,
            Err(found) => return found,
        };
        let key = kept["OPENAI_API_KEY"].as_str();
        let is_used = self.stack.parameter("UseOpenAi") == Some("true");
        if let Some(found) = without_asking(is_used, key.is_some()) {
            return found;
        }
        let base = (self.lookup)("OPENAI_BASE_URL").unwrap_or_else(|| OPENAI.to_owned());
        match accepted(&base, &Secret::new(key.unwrap_or_default())).await {
            Ok(()) => Good(format!("{base} takes the key")),
            Err(why) => Wrong(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_uses_is_said_to_be_there() {
        assert!(without_asking(true, true).is_none());
        assert!(
            matches!(without_asking(true, false), Some(Wrong(words)) if words.contains("OPENAI_API_KEY"))
        );
        assert!(matches!(without_asking(false, true), Some(Note(words)) if words.contains("UseOpenAi=true")));
        assert!(matches!(without_asking(false, false), Some(Note(words)) if !words.contains("UseOpenAi")));
    }
}
