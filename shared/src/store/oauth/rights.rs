//! Who lets a host act, where, and how far.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::id::PersonId;

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    Owner,
    Person(PersonId),
}

const OWNER: &str = "owner";

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => OWNER,
            Self::Person(id) => id.as_str(),
        })
    }
}

impl FromStr for Who {
    type Err = crate::id::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == OWNER { Ok(Self::Owner) } else { text.parse().map(Self::Person) }
    }
}

/// What a token is for: the twin as visitors meet it, or as its owner runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    Visitor,
    Owner,
}

impl Resource {
    /// All that a token for it may allow.
    pub fn scopes(self) -> Scopes {
        Scope::ALL.into_iter().filter(|scope| scope.resource() == self).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    #[serde(rename = "twin:talk")]
    Talk,
    #[serde(rename = "twin:memory")]
    Memory,
    #[serde(rename = "owner:read")]
    Read,
    #[serde(rename = "owner:write")]
    Write,
    #[serde(rename = "owner:call")]
    Call,
}

impl Scope {
    pub const ALL: [Self; 5] = [Self::Talk, Self::Memory, Self::Read, Self::Write, Self::Call];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Talk => "twin:talk",
            Self::Memory => "twin:memory",
            Self::Read => "owner:read",
            Self::Write => "owner:write",
            Self::Call => "owner:call",
        }
    }

    pub fn resource(self) -> Resource {
        match self {
            Self::Talk | Self::Memory => Resource::Visitor,
            Self::Read | Self::Write | Self::Call => Resource::Owner,
        }
    }
}

/// A set of scopes; written with spaces between, as OAuth does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Those that are named in `text`. What we do not know is left out: hosts also ask for other servers' scopes.
    pub fn named(text: &str) -> Self {
        let named: BTreeSet<&str> = text.split(' ').collect();
        Scope::ALL.into_iter().filter(|scope| named.contains(scope.as_str())).collect()
    }

    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_as_oauth_does() {
        let rows = [
            ("twin:talk", "twin:talk"),
            ("twin:memory twin:talk twin:talk", "twin:talk twin:memory"),
            ("openid offline_access owner:read", "owner:read"),
            ("TWIN:TALK owner:* twin:talkative", ""),
            ("", ""),
        ];
        for (text, written) in rows {
            assert_eq!(Scopes::named(text).to_string(), written, "{text:?}");
        }
    }

    #[test]
    fn each_scope_is_of_one_resource_and_stored_as_it_is_named() {
        assert_eq!(Resource::Visitor.scopes().to_string(), "twin:talk twin:memory");
        assert_eq!(Resource::Owner.scopes().to_string(), "owner:read owner:write owner:call");
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!(Scopes::named("owner:read").and(&Resource::Visitor.scopes()).is_empty());
    }

    #[test]
    fn who_is_written_and_read() {
        let person: PersonId = "per_1".parse().unwrap();
        for who in [Who::Owner, Who::Person(person)] {
            assert_eq!(who.to_string().parse::<Who>().unwrap(), who);
        }
        for text in ["", "Owner", "per_", "per_a.b", "per_#", "int_1"] {
            assert!(text.parse::<Who>().is_err(), "{text:?}");
        }
    }
}
