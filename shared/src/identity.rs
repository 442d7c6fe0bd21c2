//! Who somebody is: the keys that lead to a person, and how much each one proves.
//!
//! A key is normalised when it is made, so equal keys are equal strings; a look-alike is another key.
//! Nothing here prints what it holds: `Debug` and `Display` are redacted, errors do not echo the input.

use std::{borrow::Cow, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod assurance;
mod evidence;
mod email;
mod linkedin;
pub mod matching;
mod name;
mod phone;

pub use assurance::{Assurance, AssuranceError, Signature, assurance_of_caller, is_attested};
pub use email::{Email, EmailError};
pub use evidence::{Evidence, EvidenceSource, Identity, NUMBER_RESTS};
pub use linkedin::{LinkedIn, LinkedInError};
pub use name::{NameError, PersonName};
pub use phone::{Caller, DialRefusal, Phone, PhoneError, Region};

/// What leads to a person. Stored as `{"kind": "phone", "value": "+14155550123"}`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum IdentityKey {
    Phone(Phone),
    Email(Email),
    #[serde(rename = "linkedin")]
    LinkedIn(LinkedIn),
    Oidc {
        issuer: String,
        subject: String,
    },
    McpPrincipal(String),
    BrowserSession(String),
}

impl IdentityKey {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Email(_) => "email",
            Self::LinkedIn(_) => "linkedin",
            Self::Oidc { .. } => "oidc",
            Self::McpPrincipal(_) => "mcp_principal",
            Self::BrowserSession(_) => "browser_session",
        }
    }

    /// `None`: nothing can be sent to it.
    pub fn reached_by(&self) -> Option<By> {
        match self {
            Self::Email(_) => Some(By::Email),
            Self::Phone(_) => Some(By::Sms),
            _ => None,
        }
    }

    /// The normalised value: within a kind, two keys are equal exactly when their values are.
    ///
    /// Any character may occur in it: a store key has to encode it.
    pub fn value(&self) -> Cow<'_, str> {
        match self {
            Self::Phone(phone) => phone.as_str().into(),
            Self::Email(email) => email.key().into(),
            Self::LinkedIn(profile) => profile.slug().into(),
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            Self::Oidc { issuer, subject } => format!("{}:{issuer}{subject}", issuer.len()).into(),
            Self::McpPrincipal(id) | Self::BrowserSession(id) => id.into(),
        }
    }
}

/// By what a key is reached in writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Email,
    Sms,
}

impl By {
    pub fn words(self) -> &'static str {
        match self {
            Self::Email => "by e-mail",
            Self::Sms => "by text message",
        }
    }
}

/// Redacted: the kind, and of a phone number its last two digits.
impl fmt::Display for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => write!(f, "{phone:?}"),
            other => write!(f, "{}(…)", other.kind()),
        }
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Characters that are not seen, or that turn the text around: zero width, bidi controls, fillers that
/// look like nothing, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(text: &str) -> IdentityKey {
        IdentityKey::Phone(Phone::parse(text).unwrap())
    }

    fn email(text: &str) -> IdentityKey {
        IdentityKey::Email(Email::parse(text).unwrap())
    }

    fn oidc(issuer: &str, subject: &str) -> IdentityKey {
        IdentityKey::Oidc { issuer: issuer.into(), subject: subject.into() }
    }

    #[test]
    fn a_key_is_stored_tagged_and_comes_back() {
        for (key, json) in [
            (phone("+14155550123"), r#"{"kind":"phone","value":"+14155550123"}"#),
            (email("Dana@Northgate.example"), r#"{"kind":"email","value":"Dana@northgate.example"}"#),
            (
                IdentityKey::LinkedIn(LinkedIn::parse("linkedin.com/in/Dana-Lee").unwrap()),
                r#"{"kind":"linkedin","value":"dana-lee"}"#,
            ),
            (
                oidc("https://id.example", "u1"),
                r#"{"kind":"oidc","value":{"issuer":"https://id.example","subject":"u1"}}"#,
            ),
            (IdentityKey::McpPrincipal("p".into()), r#"{"kind":"mcp_principal","value":"p"}"#),
            (IdentityKey::BrowserSession("b".into()), r#"{"kind":"browser_session","value":"b"}"#),
        ] {
            assert_eq!(serde_json::to_string(&key).unwrap(), json);
            assert_eq!(serde_json::from_str::<IdentityKey>(json).unwrap(), key);
            assert!(json.starts_with(&format!(r#"{{"kind":"{}""#, key.kind())));
        }
    }

    #[test]
    fn printing_a_key_reveals_nobody() {
        for (key, shown) in [
            (phone("+14155550123"), "Phone(+…23)"),
            (email("dana@northgate.example"), "email(…)"),
            (oidc("https://id.example", "dana"), "oidc(…)"),
            (IdentityKey::McpPrincipal("dana".into()), "mcp_principal(…)"),
        ] {
            assert_eq!(key.to_string(), shown);
            assert_eq!(format!("{key:?}"), shown);
        }
    }

    #[test]
    fn look_alikes_are_others() {
        assert_ne!(email("a@example.com"), email("a@ex\u{430}mple.com"));
        assert_eq!(email("A@Example.com").value(), "a@example.com");
        assert_ne!(oidc("https://a", "bc").value(), oidc("https://ab", "c").value());
    }

    /// Short strings over few letters, so that near-collisions are common.
    fn keys() -> impl Strategy<Value = IdentityKey> {
        prop_oneof![
            ("[ab1:#]{0,4}", "[ab1:#]{0,4}").prop_map(|(issuer, subject)| oidc(&issuer, &subject)),
            "[abAB+.]{1,3}@[aAb]{1,2}\\.(example|EXAMPLE)".prop_filter_map("valid", |text| Email::parse(
                &text
            )
            .ok()
            .map(IdentityKey::Email)),
            "linkedin\\.com/in/[abAB]{3}"
                .prop_filter_map("valid", |text| LinkedIn::parse(&text).ok().map(IdentityKey::LinkedIn)),
            "\\+1415555012[0-9]"
                .prop_filter_map("valid", |text| Phone::parse(&text).ok().map(IdentityKey::Phone)),
            "[ab#]{0,3}".prop_map(IdentityKey::McpPrincipal),
            "[ab#]{0,3}".prop_map(IdentityKey::BrowserSession),
        ]
    }

    proptest! {
        #[test]
        fn a_value_is_one_key_of_its_kind(a in keys(), b in keys()) {
            prop_assert_eq!(a == b, a.kind() == b.kind() && a.value() == b.value());
        }
    }
}
