//! People: identity, contact and unified context.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Condition, Item, Known, Result, Store, StoreError, due, expires, item, keys,
    partitions::{MAX_CHAIN, endless, merged_into},
    set,
};
use crate::{
    contact::{Card, Contact},
    context::UnifiedContext,
    id::PersonId,
    identity::{Evidence, EvidenceSource, Identity, IdentityKey, Phone},
    memory::Memory,
    retention::Kind,
};

/// A line of the list of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonSummary {
    pub id: PersonId,
    pub name: Option<String>,
    pub company: Option<String>,
    pub phone: Option<Phone>,
    pub relationship: crate::contact::RelationshipKind,
    pub last_contact: Option<Timestamp>,
    /// What the last conversation was about.
    pub last_summary: Option<String>,
}

/// Whoever the sweep did not forget in time is forgotten by the table after this.
const FORGOTTEN_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);
const MAX_PEOPLE: i32 = 200;
const RESOLVE_TRIES: u32 = 3;
/// Many may prove one key at once.
const RECORD_TRIES: u32 = 10;

impl Store {
    /// Whom a key leads to, with what speaks for it; nothing if it leads to nobody.
    pub async fn identity(&self, key: &IdentityKey) -> Result<Option<Identity>> {
        self.get(keys::identity(key)).await
    }

    /// The person with this key, with the evidence added; a new one if nobody has it. Never two, however many ask at once.
    pub async fn resolve(&self, key: IdentityKey, evidence: Evidence, now: Timestamp) -> Result<Identity> {
        for _ in 0..RESOLVE_TRIES {
            let known = self.identity(&key).await?;
            if let Some(known) = &known
                && self.known(&known.person).await?.is_some()
            {
                match self.save_grounds(known, &evidence).await {
                    Err(StoreError::Conflict) => continue,
                    recorded => return recorded,
                }
            }
            match self.create(key.clone(), known.as_ref(), evidence.clone(), now).await {
                // Somebody else is writing this very person: theirs may not be visible yet.
                Err(StoreError::Conflict) => {}
                created => return created,
            }
        }
        self.identity(&key).await?.ok_or(StoreError::Conflict)
    }

    /// A new person with a key that nobody has, or that led to somebody who is gone.
    async fn create(
        &self,
        key: IdentityKey,
        gone: Option<&Identity>,
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Identity> {
        let person = PersonId::generate(now);
        let phone = match &key {
            IdentityKey::Phone(phone) => Some(phone.clone()),
            _ => None,
        };
        // Who is named by a file or by a host has not been in touch by that.
        let contact = match evidence.source {
            EvidenceSource::Import => Contact::new(person.clone(), phone, now),
            _ => newcomer(person.clone(), phone, now),
        };
        let identity = Identity::new(key.clone(), person.clone(), evidence);
        let condition = gone.map_or_else(Condition::absent, |gone| Condition::of(&gone.person));
        let mut writes = vec![
            self.write(item(keys::identity(&key), &identity)?, Some(condition)),
            self.write(item(keys::key_of(&person, &key), &key)?, None),
        ];
        for new in person_items(&contact, now)? {
            writes.push(self.write(new, Some(Condition::absent())));
        }
        self.transact(writes).await?;
        Ok(identity)
    }

    /// Somebody without any identity: never found again by another conversation, kept apart, and only as long as the
    /// conversation is of use.
    pub async fn create_ephemeral(&self, person: PersonId, now: Timestamp) -> Result<()> {
        let mut writes = Vec::new();
        let forget_at = Some(self.retention.until(Kind::Unidentified, now));
        let contact = Contact { forget_at, ..newcomer(person, None, now) };
        for new in person_items(&contact, now)? {
            writes.push(self.write(new, Some(Condition::absent())));
        }
        match self.transact(writes).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    /// Ties a further key to a person, unless it is somebody else's.
    pub async fn add_identity(&self, identity: &Identity) -> Result<()> {
        let pointer = item(keys::key_of(&identity.person, &identity.key), &identity.key)?;
        let new = item(keys::identity(&identity.key), identity)?;
        self.transact(vec![self.write(new, Some(Condition::absent())), self.write(pointer, None)]).await
    }

    /// The keys that lead to a partition.
    pub async fn keys_of(&self, person: &PersonId) -> Result<Vec<IdentityKey>> {
        self.query(keys::person(person), keys::KEYS).await
    }

    /// Adds evidence for a key that leads to somebody. `NotFound`: it leads to nobody any more.
    pub async fn record(&self, key: &IdentityKey, evidence: &Evidence) -> Result<Identity> {
        for _ in 0..RECORD_TRIES {
            let known = self.identity(key).await?.ok_or(StoreError::NotFound)?;
            match self.save_grounds(&known, evidence).await {
                Err(StoreError::Conflict) => {}
                recorded => return recorded,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Over the version that was read.
    async fn save_grounds(&self, read: &Identity, evidence: &Evidence) -> Result<Identity> {
        let mut identity = read.clone();
        identity.record(evidence.clone());
        if identity != *read {
            self.transact(vec![self.next_identity(&mut identity)?]).await?;
        }
        Ok(identity)
    }

    pub(super) fn next_identity(&self, identity: &mut Identity) -> Result<TransactWriteItem> {
        let read = identity.version;
        identity.version += 1;
        let new = item(keys::identity(&identity.key), identity)?;
        Ok(self.write(new, Some(Condition::version_of(&identity.person, read))))
    }

    /// Contact, context and the head of the memory in one query; of somebody who was merged, those of the one into whom.
    pub async fn known(&self, person: &PersonId) -> Result<Option<Known>> {
        let mut person = person.clone();
        for _ in 0..=MAX_CHAIN {
            let (mut contact, mut context, mut memory, mut into) = (None, None, None, None);
            for found in self.query_items(keys::person(&person), keys::HEAD).await? {
                match found.get(keys::SK).and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                    Some("A#CONTACT") if merged_into(&found).is_some() => into = merged_into(&found),
                    Some("A#CONTACT") => contact = Some(serde_dynamo::from_item(found)?),
                    Some("A#CONTEXT") => context = Some(serde_dynamo::from_item(found)?),
                    Some("A#MEMORY") => memory = Some(serde_dynamo::from_item(found)?),
                    _ => {}
                }
            }
            if let Some(into) = into {
                person = into;
                continue;
            }
            return Ok(contact.and_then(remembered).zip(context).map(
                |(contact, mut context): (Contact, UnifiedContext)| {
                    context.conversation_state.tidy(Timestamp::now());
                    let memory = memory.unwrap_or_else(|| Memory::before(&contact));
                    Known { contact, context, memory }
                },
            ));
        }
        Err(endless())
    }

    /// Stores a context over the version that was read; the new version is the answer.
    pub async fn save_context(&self, context: UnifiedContext) -> Result<u64> {
        let version = context.version + 1;
        self.transact(vec![self.next_context(context)?]).await?;
        Ok(version)
    }

    /// Those who were in touch last, the last first, and behind them who never was; not all of them.
    pub async fn people(&self, now: Timestamp) -> Result<Vec<PersonSummary>> {
        Ok(self.latest(now).await?.into_iter().map(PersonSummary::from).collect())
    }

    /// Of those, who is known from more than the owner's hand and files.
    pub async fn in_touch(&self, now: Timestamp) -> Result<Vec<PersonSummary>> {
        let latest = self.latest(now).await?.into_iter();
        Ok(latest.filter(|contact| !contact.is_only_written_down()).map(PersonSummary::from).collect())
    }

    async fn latest(&self, now: Timestamp) -> Result<Vec<Contact>> {
        let mut contacts: Vec<Contact> = self.listed(keys::PEOPLE, MAX_PEOPLE, false).await?;
        contacts.retain(|contact| contact.forget_at.is_none_or(|at| at > now));
        Ok(contacts)
    }
}

impl From<Contact> for PersonSummary {
    fn from(mut contact: Contact) -> Self {
        let last = contact.relationship.interaction_history.pop();
        Self {
            id: contact.id,
            name: contact.name,
            company: contact.company,
            phone: contact.contact_methods.phone,
            relationship: contact.relationship.kind,
            last_contact: contact.relationship.last_contact,
            last_summary: last.map(|record| record.summary),
        }
    }
}

/// Somebody who gets in touch: what they say is not read yet, but they are no contact out of a file.
fn newcomer(person: PersonId, phone: Option<Phone>, now: Timestamp) -> Contact {
    let mut contact = Contact::new(person, phone, now);
    contact.relationship.last_contact = Some(now);
    contact
}

pub(super) fn person_items(contact: &Contact, now: Timestamp) -> Result<[Item; 3]> {
    let mut contact = contact.clone();
    contact.version = 1;
    let mut context = UnifiedContext::new(contact.id.clone(), now);
    context.version = 1;
    context.forget_at = contact.forget_at;
    let [contact, card] = contact_items(&contact)?;
    Ok([contact, card, context_item(&context)?])
}

/// Nobody whose time is over: the sweep forgets them.
pub(super) fn remembered(contact: Contact) -> Option<Contact> {
    let now = Timestamp::now();
    contact.forget_at.is_none_or(|at| at > now).then_some(contact)
}

/// A contact, and its card, which is always written with it.
pub(super) fn contact_items(contact: &Contact) -> Result<[Item; 2]> {
    let mut new = item(keys::contact(&contact.id), contact)?;
    set(&mut new, keys::LIST, keys::PEOPLE);
    let last = contact.relationship.last_contact.unwrap_or(contact.created_at);
    // Thousands out of a file do not hide those who got in touch.
    let at = if contact.is_only_written_down() { keys::NEVER_YET.to_owned() } else { keys::time(last) };
    set(&mut new, keys::LIST_AT, at);
    let mut card = item(keys::card(&contact.id), &Card::of(contact))?;
    set(&mut card, keys::LIST, keys::CARDS);
    set(&mut card, keys::LIST_AT, keys::time(contact.updated_at));
    if let Some(at) = contact.forget_at {
        due(&mut new, contact.id.as_str(), at);
        expires(&mut new, at + FORGOTTEN_WITHIN);
        expires(&mut card, at + FORGOTTEN_WITHIN);
    }
    Ok([new, card])
}

pub(super) fn context_item(context: &UnifiedContext) -> Result<Item> {
    let mut new = item(keys::context(&context.user_id), context)?;
    if let Some(at) = context.forget_at {
        expires(&mut new, at + FORGOTTEN_WITHIN);
    }
    Ok(new)
}
