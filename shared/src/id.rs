//! Identifiers: one generic newtype, so that a person's id is never taken for an interaction's.

use std::{fmt, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an [`Id`] names, and the prefix that it is written with.
pub trait Kind {
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $alias:ident, $prefix:literal;)*) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// Somebody who talks to the twin.
    PersonKind, PersonId, "per";
    /// One conversation on one channel.
    InteractionKind, InteractionId, "int";
    /// A call that the twin places.
    DialKind, DialId, "dia";
    FollowUpKind, FollowUpId, "fup";
    HandoffKind, HandoffId, "hof";
    /// Something that is remembered of a person.
    FactKind, FactId, "fac";
    /// A question that the twin could not answer.
    GapKind, GapId, "gap";
    NoteKind, NoteId, "not";
    TaskKind, TaskId, "tsk";
    OpportunityKind, OpportunityId, "opp";
    /// An automatic change of a contact.
    ChangeKind, ChangeId, "chg";
    /// A mail that came in.
    MailKind, MailId, "mai";
    /// What somebody wrote in a chat.
    MessageKind, MessageId, "msg";
    /// A meeting that was booked.
    BookingKind, BookingId, "bkg";
    /// A calendar that the owner keeps elsewhere.
    OutsideKind, OutsideId, "cal";
    RequestKind, RequestId, "req";
    /// A line of the audit log.
    AuditKind, AuditId, "aud";
}

/// `<prefix>_<1 to 64 of A-Z a-z 0-9 ->`: safe in a key, a path and a log line.
pub struct Id<K> {
    value: String,
    kind: PhantomData<fn() -> K>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no id: one is written {prefix}_…")]
pub struct IdError {
    prefix: &'static str,
}

pub const MAX_SUFFIX: usize = 64;

impl<K: Kind> Id<K> {
    /// A new id that sorts by time (ULID).
    pub fn generate(now: Timestamp) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Self::of(&ulid::Ulid::from_parts(millis, rand::random()).to_string())
    }

    /// The one id that belongs to another key, such as a Twilio call SID: the same each time.
    pub fn derived(outside: &str) -> Result<Self, IdError> {
        format!("{}_{outside}", K::PREFIX).parse()
    }

    fn of(suffix: &str) -> Self {
        Self { value: format!("{}_{suffix}", K::PREFIX), kind: PhantomData }
    }

    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The id without its prefix.
    pub fn suffix(&self) -> &str {
        self.value.get(K::PREFIX.len() + 1..).unwrap_or_default()
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let suffix = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_'));
        match suffix {
            Some(suffix)
                if (1..=MAX_SUFFIX).contains(&suffix.len())
                    && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') =>
            {
                Ok(Self::of(suffix))
            }
            _ => Err(IdError { prefix: K::PREFIX }),
        }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<K> Eq for Id<K> {}

impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Id_{}", K::PREFIX).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{}_[A-Za-z0-9-]{{1,{MAX_SUFFIX}}}$", K::PREFIX) })
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.value)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A Twilio call: `CA` and 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct CallSid(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a call SID: CA and 32 hexadecimal digits")]
pub struct CallSidError;

impl CallSid {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CallSid {
    type Err = CallSidError;

    fn from_str(text: &str) -> Result<Self, CallSidError> {
        match text.strip_prefix("CA") {
            Some(hex) if hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(CallSidError),
        }
    }
}

impl TryFrom<String> for CallSid {
    type Error = CallSidError;

    fn try_from(text: String) -> Result<Self, CallSidError> {
        text.parse()
    }
}

impl From<CallSid> for String {
    fn from(sid: CallSid) -> Self {
        sid.0
    }
}

impl fmt::Display for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_ids_parse() {
        assert!("per_01J-x".parse::<PersonId>().is_ok());
        for bad in ["per_", "per_a#b", "per_../x", "int_01J", "per_a\0", "01J", ""] {
            assert!(bad.parse::<PersonId>().is_err(), "{bad:?}");
        }
        assert!(format!("per_{}", "a".repeat(65)).parse::<PersonId>().is_err());
    }

    #[test]
    fn call_sids_are_strict() {
        assert!("CA0123456789abcdef0123456789abcdef".parse::<CallSid>().is_ok());
        assert!("CA123".parse::<CallSid>().is_err());
        assert!("CAzz23456789abcdef0123456789abcdef".parse::<CallSid>().is_err());
    }
}
