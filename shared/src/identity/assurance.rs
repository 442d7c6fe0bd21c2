//! How sure it is who the other side is, and what a phone network says of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Phone;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
