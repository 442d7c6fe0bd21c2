//! Who somebody is: the keys that lead to a person, and how much each one proves.
//!
//! A key is normalised when it is made, so equal keys are equal strings; a look-alike is another key.
//! Nothing here prints what it holds: `Debug` and `Display` are redacted, errors do not echo the input.

use std::{borrow::Cow, fmt};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::PersonId;

mod email;
mod linkedin;
pub mod matching;
mod name;
mod phone;

pub use email::{Email, EmailError};
pub use linkedin::{LinkedIn, LinkedInError};
pub use name::{NameError, PersonName};
pub use phone::{Caller, DialRefusal, Phone, PhoneError, Region};

/// How far we trust that the other side is who they seem to be. Serialised as its number.
///
/// What is private to a person is said to them from [`Assurance::Verified`] on.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "u8", try_from = "u8")]
pub enum Assurance {
    #[default]
    Anonymous = 0,
    /// Caller ID, a stated name: a hint.
    Claimed = 1,
    /// A one-time code, a link sent to a known address, a number verified before with full attestation.
    Verified = 2,
    SignedIn = 3,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an assurance level is 0, 1, 2 or 3")]
pub struct AssuranceError;

impl From<Assurance> for u8 {
    fn from(level: Assurance) -> Self {
        level as Self
    }
}

impl TryFrom<u8> for Assurance {
    type Error = AssuranceError;

    fn try_from(level: u8) -> Result<Self, AssuranceError> {
        [Self::Anonymous, Self::Claimed, Self::Verified, Self::SignedIn]
            .get(usize::from(level))
            .copied()
            .ok_or(AssuranceError)
    }
}

/// The level of a caller as the phone rings. `stir_verstat` is Twilio's `StirVerstat`.
///
/// Only the exact `TN-Validation-Passed-A` attests the number in full (B, C, failed, diverted, passed
/// through and absent do not), and it attests the number, not the person: hence also `identity_verified`.
pub fn assurance_of_caller(
    caller_known: bool,
    identity_verified: bool,
    stir_verstat: Option<&str>,
) -> Assurance {
    match (caller_known, identity_verified, Signature::of(stir_verstat) == Signature::Full) {
        (false, ..) => Assurance::Anonymous,
        (true, true, true) => Assurance::Verified,
        (true, ..) => Assurance::Claimed,
    }
}

/// Whether a call comes from whoever has the number that it shows, as far as its network says: of numbers of +1, whose
/// calls are signed, only the highest attestation; elsewhere all that did not fail. Source: ATIS-1000074, section 5.2.3.
pub fn is_attested(number: &Phone, signature: Signature) -> bool {
    match signature {
        Signature::Full => true,
        Signature::Failed => false,
        Signature::Partial | Signature::Gateway | Signature::Absent => !number.as_str().starts_with("+1"),
    }
}

/// What the network says of the number that a call shows. Calls are counted apart by it: whoever shows somebody's number is
/// rarely told of as that person's own network tells of them, and so uses up none of their calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// `TN-Validation-Passed-A`: it is theirs to call from.
    Full,
    /// Their network knows them, not the number; or the call was diverted or passed through.
    Partial,
    /// A gateway let it in.
    Gateway,
    /// Nothing, as outside of +1.
    #[default]
    Absent,
    Failed,
}

impl Signature {
    pub const ALL: [Self; 5] = [Self::Full, Self::Partial, Self::Gateway, Self::Absent, Self::Failed];

    /// Of Twilio's `StirVerstat`.
    pub fn of(stir_verstat: Option<&str>) -> Self {
        let begins = |with| stir_verstat.is_some_and(|verstat| verstat.starts_with(with));
        if stir_verstat == Some("TN-Validation-Passed-A") {
            Self::Full
        } else if begins("TN-Validation-Failed") {
            Self::Failed
        } else if begins("TN-Validation-Passed-A") || begins("TN-Validation-Passed-B") {
            Self::Partial
        } else if begins("TN-Validation-Passed-C") {
            Self::Gateway
        } else {
            Self::Absent
        }
    }
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    CallerId,
    Spoken,
    SpokenAndConfirmed,
    OneTimeCode,
    HandoffLink,
    SignIn,
    /// The owner vouches for it.
    Owner,
    /// It stands in a file of the owner's, which may be old.
    Import,
}

impl EvidenceSource {
    /// The most that evidence of this source proves by itself.
    pub fn strength(self) -> Assurance {
        match self {
            Self::CallerId | Self::Spoken | Self::SpokenAndConfirmed | Self::Import => Assurance::Claimed,
            Self::OneTimeCode | Self::HandoffLink | Self::Owner => Assurance::Verified,
            Self::SignIn => Assurance::SignedIn,
        }
    }
}

/// Why we think that a key is a person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub source: EvidenceSource,
    pub strength: Assurance,
    pub at: Timestamp,
    /// The conversation that it came up in.
    pub interaction: Option<String>,
    /// The account that brought it, by its [`IdentityKey::value`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Evidence {
    pub fn new(source: EvidenceSource, at: Timestamp, interaction: Option<String>) -> Self {
        Self { source, strength: source.strength(), at, interaction, account: None }
    }

    /// Of an address that a provider says an account has.
    pub fn brought_by(account: &IdentityKey, at: Timestamp) -> Self {
        let account = Some(account.value().into_owned());
        Self { account, ..Self::new(EvidenceSource::SignIn, at, None) }
    }
}

/// Whoever did not call from a number for so long may have it no more: carriers let one that was given up rest for 45 days
/// at least before somebody else gets it (FCC 18-177).
pub const NUMBER_RESTS: SignedDuration = SignedDuration::from_hours(45 * 24);

/// A key, the person that it leads to, and the grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub key: IdentityKey,
    pub person: PersonId,
    /// The latest of each source, so that it stays small.
    pub evidence: Vec<Evidence>,
    /// The last time that the key was proved, not only claimed.
    pub verified_at: Option<Timestamp>,
    /// Since when a number is called from again after it rested: by its holder, or by whoever has it now. What is proved
    /// after that, or vouched for by the owner, ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Timestamp>,
    #[serde(default)]
    pub version: u64,
}

impl Identity {
    pub fn new(key: IdentityKey, person: PersonId, evidence: Evidence) -> Self {
        let mut identity =
            Self { key, person, evidence: Vec::new(), verified_at: None, resumed_at: None, version: 1 };
        identity.record(evidence);
        identity
    }

    /// Adds evidence. It may come in any order: of one source the latest stays.
    pub fn record(&mut self, evidence: Evidence) {
        if evidence.source == EvidenceSource::CallerId && self.rested_until(evidence.at) {
            self.verified_at = None;
            self.resumed_at = Some(evidence.at);
        }
        if evidence.strength >= Assurance::Verified && self.resumed_at.is_none_or(|at| at <= evidence.at) {
            self.verified_at = self.verified_at.max(Some(evidence.at));
            self.resumed_at = None;
        }
        match self.evidence.iter_mut().find(|known| known.source == evidence.source) {
            Some(known) if known.at > evidence.at => {}
            Some(known) => *known = evidence,
            None => self.evidence.push(evidence),
        }
    }

    /// Before identities had versions, calls after the first one were not recorded: the last contact stands for them, so
    /// that no number is taken for one that rested although it was called from all the time.
    pub fn caught_up(mut self, last_contact: Option<Timestamp>) -> Self {
        let called = self.evidence.iter_mut().find(|known| known.source == EvidenceSource::CallerId);
        if let (0, Some(call), Some(last)) = (self.version, called, last_contact) {
            call.at = call.at.max(last);
        }
        self
    }

    /// Whether more than somebody's word ties the key to the person: then what reaches the key reaches them. A caller's
    /// number is tied by the call alone, because the person is whoever has it; unless it rested, and may be another's.
    pub fn is_tied(&self) -> bool {
        self.resumed_at.is_none()
            && self.evidence.iter().any(|evidence| match evidence.source {
                EvidenceSource::CallerId => self.is_phone(),
                EvidenceSource::Spoken | EvidenceSource::SpokenAndConfirmed => false,
                EvidenceSource::OneTimeCode
                | EvidenceSource::HandoffLink
                | EvidenceSource::SignIn
                | EvidenceSource::Owner
                | EvidenceSource::Import => true,
            })
    }

    /// Whether it was proved; of a number, that it was not given up since, as far as calls tell.
    pub fn is_verified(&self, now: Timestamp) -> bool {
        self.verified_at.is_some() && !self.rested_until(now)
    }

    /// Nothing but this account ties it to the person: whoever has the account can also say that the address is theirs.
    pub fn is_only_by(&self, account: &IdentityKey) -> bool {
        let of_it = |evidence: &&Evidence| evidence.account.as_deref() == Some(&*account.value());
        let (of_it, others): (Vec<_>, Vec<_>) = self.evidence.iter().partition(of_it);
        let is_said = |source| matches!(source, EvidenceSource::Spoken | EvidenceSource::SpokenAndConfirmed);
        !of_it.is_empty() && others.iter().all(|evidence| is_said(evidence.source))
    }

    pub fn has_called(&self) -> bool {
        self.is_phone() && self.evidence.iter().any(|evidence| evidence.source == EvidenceSource::CallerId)
    }

    fn is_phone(&self) -> bool {
        matches!(self.key, IdentityKey::Phone(_))
    }

    /// Nobody called from the number for as long as carriers let one rest.
    pub fn rested_until(&self, now: Timestamp) -> bool {
        let last = self.evidence.iter().map(|evidence| evidence.at).max();
        self.is_phone() && last.is_some_and(|last| now.duration_since(last) >= NUMBER_RESTS)
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
    fn only_full_attestation_of_a_verified_number_verifies_a_caller() {
        let full = Some("TN-Validation-Passed-A");
        assert_eq!(assurance_of_caller(true, true, full), Assurance::Verified);
        assert_eq!(assurance_of_caller(true, false, full), Assurance::Claimed);
        for known_before in [true, false] {
            assert_eq!(assurance_of_caller(false, known_before, full), Assurance::Anonymous);
        }
        for weak in [
            "TN-Validation-Passed-B",
            "TN-Validation-Passed-C",
            "TN-Validation-Passed-A-Diverted",
            "TN-Validation-Passed-A-Passthrough",
            "TN-Validation-Failed-A",
            "TN-Validation-Failed",
            "No-TN-Validation",
            "NULL",
            "tn-validation-passed-a",
            " TN-Validation-Passed-A",
            "",
        ] {
            assert_eq!(assurance_of_caller(true, true, Some(weak)), Assurance::Claimed, "{weak}");
        }
        assert_eq!(assurance_of_caller(true, true, None), Assurance::Claimed);
    }

    #[test]
    fn what_the_network_says_of_a_number() {
        let [american, british] =
            ["+14155550123", "+442071838750"].map(|number| Phone::parse(number).unwrap());
        for (stir_verstat, signature, believed) in [
            (Some("TN-Validation-Passed-A"), Signature::Full, [true, true]),
            (Some("TN-Validation-Passed-A-Diverted"), Signature::Partial, [false, true]),
            (Some("TN-Validation-Passed-B-Passthrough"), Signature::Partial, [false, true]),
            (Some("TN-Validation-Passed-C"), Signature::Gateway, [false, true]),
            (Some("TN-Validation-Failed-C-Diverted"), Signature::Failed, [false, false]),
            (Some("No-TN-Validation"), Signature::Absent, [false, true]),
            (None, Signature::Absent, [false, true]),
        ] {
            assert_eq!(Signature::of(stir_verstat), signature, "{stir_verstat:?}");
            let attested = [&american, &british].map(|number| is_attested(number, signature));
            assert_eq!(attested, believed, "{stir_verstat:?}");
        }
    }

    #[test]
    fn a_level_is_its_number() {
        for (number, level) in
            [Assurance::Anonymous, Assurance::Claimed, Assurance::Verified, Assurance::SignedIn]
                .into_iter()
                .enumerate()
        {
            assert_eq!(serde_json::to_string(&level).unwrap(), number.to_string());
            assert_eq!(serde_json::from_str::<Assurance>(&number.to_string()).unwrap(), level);
        }
        assert!(serde_json::from_str::<Assurance>("4").is_err());
        assert!(Assurance::Claimed < Assurance::Verified);
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
    fn nobodys_word_ties_a_key() {
        let at = Timestamp::from_second(1).unwrap();
        let by = |key: IdentityKey, source| {
            Identity::new(key, "per_1".parse().unwrap(), Evidence::new(source, at, None)).is_tied()
        };
        let address = || email("dana@northgate.example");
        for source in [EvidenceSource::CallerId, EvidenceSource::Spoken, EvidenceSource::SpokenAndConfirmed] {
            assert!(!by(address(), source), "{source:?}");
        }
        for source in [EvidenceSource::OneTimeCode, EvidenceSource::Owner, EvidenceSource::Import] {
            assert!(by(address(), source), "{source:?}");
        }
        assert!(by(phone("+14155550123"), EvidenceSource::CallerId));
        assert!(!by(phone("+14155550123"), EvidenceSource::Spoken));
    }

    #[test]
    fn what_an_account_brought_is_its_own_until_something_else_speaks_for_it() {
        let at = Timestamp::from_second(1).unwrap();
        let (account, other) = (oidc("https://id.example", "u1"), oidc("https://id.example", "u2"));
        let address = email("dana@northgate.example");
        let mut brought =
            Identity::new(address, "per_1".parse().unwrap(), Evidence::brought_by(&account, at));
        assert!(brought.is_tied() && brought.is_only_by(&account) && !brought.is_only_by(&other));
        brought.record(Evidence::new(EvidenceSource::SpokenAndConfirmed, at, None));
        assert!(brought.is_only_by(&account), "whoever has the account can say so, too");
        brought.record(Evidence::new(EvidenceSource::OneTimeCode, at, None));
        assert!(!brought.is_only_by(&account));
    }

    #[test]
    fn look_alikes_are_others() {
        assert_ne!(email("a@example.com"), email("a@ex\u{430}mple.com"));
        assert_eq!(email("A@Example.com").value(), "a@example.com");
        assert_ne!(oidc("https://a", "bc").value(), oidc("https://ab", "c").value());
    }

    /// A carrier gives a number that nobody uses to somebody else: whoever calls then proves nothing by it.
    #[test]
    fn a_number_that_rested_may_be_anothers() {
        let at = |days: i64| Timestamp::from_second(days * 24 * 3600).unwrap();
        let by = |source, days| Evidence::new(source, at(days), None);
        let person: PersonId = "per_1".parse().unwrap();
        let proved = by(EvidenceSource::OneTimeCode, 0);
        let mut identity = Identity::new(phone("+14155550123"), person.clone(), proved.clone());
        assert!(identity.is_verified(at(44)) && !identity.is_verified(at(45)) && identity.is_tied());
        for days in [30, 60, 90] {
            identity.record(by(EvidenceSource::CallerId, days));
            assert!(identity.is_verified(at(days)), "who goes on calling keeps it");
        }
        identity.record(by(EvidenceSource::CallerId, 400));
        assert!(!identity.is_verified(at(400)) && !identity.is_tied());
        identity.record(by(EvidenceSource::CallerId, 401));
        identity.record(proved);
        assert!(!identity.is_verified(at(401)) && !identity.is_tied(), "nor does calling twice prove it");
        let mut vouched = identity.clone();
        vouched.record(by(EvidenceSource::Owner, 402));
        assert!(vouched.is_verified(at(402)) && vouched.is_tied());

        for (version, proves) in [(0, true), (1, false)] {
            let mut before =
                Identity::new(phone("+14155550123"), person.clone(), by(EvidenceSource::CallerId, 0));
            before.record(by(EvidenceSource::OneTimeCode, 1));
            before.version = version;
            let mut before = before.caught_up(Some(at(380)));
            before.record(by(EvidenceSource::CallerId, 400));
            assert_eq!(before.is_verified(at(400)), proves, "only what was stored before is made up for");
        }

        let mut address =
            Identity::new(email("dana@northgate.example"), person, by(EvidenceSource::Owner, 0));
        address.record(by(EvidenceSource::Spoken, 4000));
        assert!(address.is_verified(at(4000)) && address.is_tied(), "an address is nobody else's later");
    }

    #[test]
    fn evidence_stays_one_a_source_and_verification_only_advances() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let person: PersonId = "per_1".parse().unwrap();
        let caller_id = Evidence::new(EvidenceSource::CallerId, at(1), None);
        let mut identity = Identity::new(phone("+14155550123"), person, caller_id);
        assert!(!identity.is_verified(at(1)));

        for second in [30, 20] {
            identity.record(Evidence::new(EvidenceSource::OneTimeCode, at(second), Some("int_1".into())));
        }
        identity.record(Evidence::new(EvidenceSource::CallerId, at(40), None));
        assert_eq!(identity.verified_at, Some(at(30)));
        let kept: Vec<_> = identity.evidence.iter().map(|known| (known.source, known.at)).collect();
        assert_eq!(kept, [(EvidenceSource::CallerId, at(40)), (EvidenceSource::OneTimeCode, at(30))]);

        let stored = serde_json::to_string(&identity).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&stored).unwrap(), identity);
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
