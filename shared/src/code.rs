//! One-time codes: six digits that are sent to an address or a number, to prove that it is the person's. Plain data and
//! rules; what is stored holds a salted hash, never the digits.

pub mod letter;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    id::{InteractionId, PersonId},
    identity::{Identity, IdentityKey},
    policy::{Right, Standing},
};

/// How long a code works.
pub const WORKS_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How often somebody may try before it works no more.
pub const MAX_TRIES: u32 = 5;
const DIGITS: usize = 6;
const ALL: u32 = 1_000_000;

/// What is stored of a code. One conversation has one: a new one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    pub person: PersonId,
    pub interaction: InteractionId,
    /// What is proved by it.
    pub to: IdentityKey,
    pub state: Sending,
    /// Tells codes of one conversation apart, and salts the hash.
    pub salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits_hash: Option<String>,
    pub tries: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sending {
    Planned,
    /// It may have left.
    Sending,
    Sent,
    Failed,
}

impl Code {
    pub fn planned(person: PersonId, interaction: InteractionId, to: IdentityKey, now: Timestamp) -> Self {
        Self {
            person,
            interaction,
            to,
            state: Sending::Planned,
            salt: format!("{:032x}", rand::random::<u128>()),
            digits_hash: None,
            tries: 0,
            created_at: now,
            expires_at: now + WORKS_FOR,
            used_at: None,
        }
    }

    /// As it is stored once these digits are about to leave.
    #[must_use]
    pub fn with(self, digits: &Digits) -> Self {
        let digits_hash = Some(digits.hash(&self.salt));
        Self { state: Sending::Sending, digits_hash, ..self }
    }

    /// Whether these are the digits; how often was tried is the store's to count.
    pub fn is(&self, digits: &Digits) -> bool {
        let held = self.digits_hash.as_deref().unwrap_or_default();
        held.as_bytes().ct_eq(digits.hash(&self.salt).as_bytes()).into()
    }
}

/// Six digits. Not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Digits(String);

impl Digits {
    pub fn generate() -> Self {
        Self(format!("{:0DIGITS$}", rand::random_range(0..ALL)))
    }

    /// As somebody types or says them: `421 337`, `4-2-1-3-3-7`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | ',')).collect();
        let right = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        right.then_some(Self(digits))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn hash(&self, salt: &str) -> String {
        use base64::Engine as _;
        let digest = Sha256::new().chain_update(salt).chain_update(&self.0).finalize();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(…)")
    }
}

/// Where a code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    To(IdentityKey),
    /// Nowhere, and whoever asked cannot tell: what is not theirs may be another's.
    Nowhere,
    /// They have to name an address first.
    Unnamed,
}

/// Where a code goes that somebody asks for. `tied`: what leads to them, by more than somebody's word; the first is
/// taken when none is named. `has_called`: somebody got in touch from the number that is asked for.
pub fn destination(
    asked: Option<&IdentityKey>,
    tied: &[Identity],
    has_called: bool,
    standing: Standing,
) -> Destination {
    let reached = |key: &IdentityKey| tied.iter().any(|identity| identity.key == *key);
    match asked {
        None => tied.first().map_or(Destination::Unnamed, |first| Destination::To(first.key.clone())),
        Some(key) if reached(key) => Destination::To(key.clone()),
        Some(key) if standing.allows(Right::ProveAny) => match key {
            IdentityKey::Email(_) => Destination::To(key.clone()),
            // A text message costs money, and is worth some to whoever owns the number.
            IdentityKey::Phone(phone) if has_called && !phone.is_premium() => Destination::To(key.clone()),
            _ => Destination::Nowhere,
        },
        Some(_) => Destination::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{Assurance, Email, Evidence, EvidenceSource, Phone},
        interaction::Channel,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn email(text: &str) -> IdentityKey {
        IdentityKey::Email(Email::parse(text).unwrap())
    }

    fn phone(text: &str) -> IdentityKey {
        IdentityKey::Phone(Phone::parse(text).unwrap())
    }

    fn tied(key: IdentityKey) -> Identity {
        let evidence = Evidence::new(EvidenceSource::Owner, at(0), None);
        Identity::new(key, "per_1".parse().unwrap(), evidence)
    }

    #[test]
    fn digits_are_six() {
        for text in ["421337", " 421 337 ", "4-2-1-3-3-7", "421.337", "4, 2, 1, 3, 3, 7"] {
            assert_eq!(Digits::parse(text).unwrap().reveal(), "421337", "{text}");
        }
        for text in ["", "42133", "4213377", "42133a", "４２１３３７", "four two one", "421337\0"] {
            assert_eq!(Digits::parse(text), None, "{text}");
        }
        for _ in 0..100 {
            let digits = Digits::generate();
            assert_eq!(Digits::parse(digits.reveal()), Some(digits));
        }
        assert_eq!(format!("{:?}", Digits::generate()), "Digits(…)");
    }

    #[test]
    fn what_is_stored_tells_no_digits() {
        let planned = Code::planned(
            "per_1".parse().unwrap(),
            "int_1".parse().unwrap(),
            email("dana@northgate.example"),
            at(0),
        );
        let (right, wrong) = (Digits::parse("421337").unwrap(), Digits::parse("421338").unwrap());
        assert!(!planned.is(&right), "before any was made there is none that is right");
        let code = planned.clone().with(&right);
        assert!(code.is(&right) && !code.is(&wrong));
        assert!(!serde_json::to_string(&code).unwrap().contains("421337"));
        let another = Code { salt: "1".to_owned(), ..planned }.with(&right);
        assert_ne!(another.digits_hash, code.digits_hash, "the same digits look different each time");
    }

    /// What is only claimed reaches what is tied to the person already, and no address that is named.
    #[test]
    fn a_code_goes_to_what_is_theirs() {
        let (own, number) = (email("dana@northgate.example"), phone("+14155552671"));
        let keys = [tied(number.clone()), tied(own.clone())];
        let other = email("mallory@elsewhere.example");
        let claimed = |channel| Standing::new(channel, Assurance::Claimed);
        for channel in Channel::ALL {
            let goes = |asked: Option<&IdentityKey>| destination(asked, &keys, true, claimed(channel));
            assert_eq!(goes(None), Destination::To(number.clone()));
            assert_eq!(goes(Some(&own)), Destination::To(own.clone()));
            assert_eq!(goes(Some(&other)), Destination::Nowhere);
            assert_eq!(goes(Some(&phone("+14155552672"))), Destination::Nowhere);
        }
        assert_eq!(destination(None, &[], true, claimed(Channel::Chat)), Destination::Unnamed);
    }

    #[test]
    fn whoever_is_alone_or_proved_may_prove_more() {
        let other = email("dana@northgate.example");
        let (line, toll) = (phone("+14155552671"), phone("+19002345678"));
        let alone = Standing { alone: true, ..Standing::new(Channel::Chat, Assurance::Anonymous) };
        for standing in [alone, Standing::new(Channel::Chat, Assurance::Verified)] {
            let goes = |key: &IdentityKey, called| destination(Some(key), &[], called, standing);
            assert_eq!(goes(&other, false), Destination::To(other.clone()));
            assert_eq!(goes(&line, true), Destination::To(line.clone()));
            assert_eq!(goes(&line, false), Destination::Nowhere, "nobody ever called from it");
            assert_eq!(goes(&toll, true), Destination::Nowhere);
            let account = IdentityKey::McpPrincipal("dana".to_owned());
            assert_eq!(goes(&account, true), Destination::Nowhere);
        }
    }
}
