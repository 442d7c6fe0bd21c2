//! Of a person: who they are, what is remembered of them, which keys lead to them, and what they agreed to.

use super::{Key, key, part, person, time};
use crate::{
    consent::{Consent, Matter},
    id::{FactId, PersonId},
    identity::IdentityKey,
};

/// The head of a person's partition: contact, context and memory in one query.
pub const HEAD: &str = "A#";

pub fn contact(id: &PersonId) -> Key {
    key(person(id), "A#CONTACT")
}

pub fn context(id: &PersonId) -> Key {
    key(person(id), "A#CONTEXT")
}

pub fn memory(id: &PersonId) -> Key {
    key(person(id), "A#MEMORY")
}

pub const MERGED: &str = "A#MERGED#";

pub fn merged(survivor: &PersonId, absorbed: &PersonId) -> Key {
    key(person(survivor), format!("{MERGED}{absorbed}"))
}

pub fn before(survivor: &PersonId) -> Key {
    key(person(survivor), "BEFORE")
}

/// Of two, the one whose id comes first keeps it.
pub fn proposal(one: &PersonId, other: &PersonId) -> Key {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    key(person(first), format!("PROPOSAL#{second}"))
}

pub const FACTS: &str = "FACT#";

pub fn fact(person_id: &PersonId, id: &FactId) -> Key {
    key(person(person_id), format!("{FACTS}{id}"))
}

pub fn identity(identity: &IdentityKey) -> Key {
    key(format!("IDENTITY#{}#{}", identity.kind(), part(&identity.value())), "IDENTITY")
}

pub const KEYS: &str = "KEY#";

/// In a person's partition: which keys lead there.
pub fn key_of(person_id: &PersonId, identity: &IdentityKey) -> Key {
    key(person(person_id), format!("{KEYS}{}#{}", identity.kind(), part(&identity.value())))
}

pub const ELSEWHERE: &str = "ELSEWHERE#";

/// In a person's partition: what of theirs lies outside it.
pub fn elsewhere(person_id: &PersonId, pk: &str) -> Key {
    key(person(person_id), format!("{ELSEWHERE}{}", part(pk)))
}

/// To be contacted, or not: few, and looked at before anything is sent.
pub const CONSENTS: &str = "CONSENT#";
/// That an AI speaks, that it is recorded: one more with each conversation.
pub const TOLD: &str = "TOLD#";

pub fn consent(person_id: &PersonId, consent: &Consent) -> Key {
    let given = if consent.given { "given" } else { "withdrawn" };
    let kind = if Matter::CONTACT.contains(&consent.matter) { CONSENTS } else { TOLD };
    let sk = format!("{kind}{}#{}#{given}", time(consent.at), consent.matter.name());
    key(person(person_id), sk)
}

pub const TOMBSTONE: &str = "TOMBSTONE";

pub fn tombstone(person_id: &PersonId) -> Key {
    key(person(person_id), TOMBSTONE)
}
