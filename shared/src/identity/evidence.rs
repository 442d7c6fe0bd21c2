//! Why a key is somebody's: what was claimed, proved or vouched for, and when.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assurance, IdentityKey};
use crate::id::PersonId;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Email, Phone};

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
}
