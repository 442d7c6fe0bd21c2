//! What is remembered of a person: facts as items of their own, and the head that conversations open with. Whoever
//! writes facts writes the head, under its version: so facts are settled by one at a time.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;

use super::{Condition, Item, Known, Result, Store, crm::change_item, expires, item, keys};
use crate::{
    contact::{Change, Contact},
    id::{FactId, PersonId},
    identity::Identity,
    memory::{Fact, Memory},
};

impl Store {
    /// All facts of a person, with those that hold no more.
    pub async fn facts(&self, person: &PersonId) -> Result<Vec<Fact>> {
        self.facts_across(person).await
    }

    pub async fn fact(&self, person: &PersonId, id: &FactId) -> Result<Option<Fact>> {
        self.found(person, |partition| keys::fact(partition, id)).await
    }

    /// Stores changed facts with all that follows from them. A conflict: somebody else was first.
    pub async fn save_facts(&self, known: Known, changed: &[Fact]) -> Result<()> {
        let person = known.contact.id.clone();
        let mut writes = vec![self.next_context(known.context)?];
        writes.extend(self.next_contact(known.contact)?);
        writes.extend(self.next_memory(&person, known.memory, changed)?);
        self.transact(writes).await
    }

    /// Ties a first key to somebody of whom nothing was known, who is not forgotten from then on. A conflict: the key leads
    /// to somebody already, or somebody else was first.
    pub async fn identified(
        &self,
        identity: &Identity,
        mut known: Known,
        changes: &[Change],
        facts: &[Fact],
    ) -> Result<()> {
        let person = known.contact.id.clone();
        lasts(&mut known, None);
        let pointer = item(keys::key_of(&identity.person, &identity.key), &identity.key)?;
        let new = item(keys::identity(&identity.key), identity)?;
        let mut writes = vec![
            self.write(new, Some(Condition::absent())),
            self.write(pointer, None),
            self.next_context(known.context)?,
        ];
        writes.extend(self.next_contact(known.contact)?);
        for change in changes {
            writes.push(self.write(change_item(change)?, None));
        }
        writes.extend(self.next_memory(&person, known.memory, facts)?);
        self.transact(writes).await
    }

    /// Has somebody kept until then, or for good: the contact as it is then. A conflict: somebody else was first.
    pub async fn keep_until(
        &self,
        mut known: Known,
        until: Option<Timestamp>,
        facts: &[Fact],
    ) -> Result<Contact> {
        lasts(&mut known, until);
        let mut kept = known.contact.clone();
        kept.version += 1;
        self.save_facts(known, facts).await?;
        Ok(kept)
    }

    pub(super) fn next_memory(
        &self,
        person: &PersonId,
        mut memory: Memory,
        changed: &[Fact],
    ) -> Result<Vec<TransactWriteItem>> {
        let (read, forget_at) = (memory.version, memory.forget_at);
        memory.version += 1;
        let lasting = |mut new: Item| {
            if let Some(at) = forget_at {
                expires(&mut new, at);
            }
            new
        };
        let head = lasting(item(keys::memory(person), &memory)?);
        let mut writes = vec![self.write(head, Some(Condition::version(read)))];
        for fact in changed {
            writes.push(self.write(lasting(item(keys::fact(person, &fact.id), fact)?), None));
        }
        Ok(writes)
    }
}

fn lasts(known: &mut Known, until: Option<Timestamp>) {
    known.contact.forget_at = until;
    known.context.forget_at = until;
    known.memory.forget_at = until;
}
