//! One person in several partitions. The absorbed's `A#CONTACT` says into whom they were merged, and holds what stood
//! in the head before; the survivor's `A#MERGED#…` names each absorbed, and `BEFORE` holds the survivor's own head.
//!
//! A merge, and taking it back, is one transaction over these few items. Nothing else is written, so there is no half of it
//! to see, and nothing to take up again. The heads get the time as their version: no version of before or after is
//! one of it, so whoever read a head before cannot write it back.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{
    Condition, Item, Known, Result, Store, StoreError, item, keys,
    keys::Key,
    people::{contact_items, context_item},
    set,
};
use crate::{
    contact::{Card, Contact, ContactMethods},
    id::PersonId,
    memory::{Fact, Memory, settled},
    merging::Merge,
};

const MERGED_INTO: &str = "mergedInto";
const ERA: &str = "era";
const TOUCHED: &str = "touched";
const CONTACT: &str = "contact";
const CONTEXT: &str = "context";
const MEMORY: &str = "memory";
/// Merges into somebody who was merged, one after the other.
const MAX_CHAIN: usize = 16;
/// Of merges, so many are listed.
const MAX_LISTED: i32 = 1000;

/// Kinds of items that a merge makes the survivor's, and what they are called.
const KINDS: [(&str, &str); 16] = [
    ("INTERACTION", "conversations"),
    ("TURN", "turns"),
    ("RECORDING", "recordings"),
    ("ACTION", "actions"),
    ("FACT", "facts"),
    ("NOTE", "notes"),
    ("TASK", "tasks"),
    ("OPPORTUNITY", "opportunities"),
    ("CHANGE", "changes"),
    ("FOLLOW_UP", "followUps"),
    ("BOOKING", "bookings"),
    ("CONSENT", "consents"),
    ("KEY", "keys"),
    ("GRANT", "grants"),
    ("CHAT", "chats"),
    ("ELSEWHERE", "elsewhere"),
];

/// A head with the items that it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    pub known: Known,
    items: Items,
}

#[derive(Debug, Clone, PartialEq)]
struct Items {
    contact: Item,
    context: Item,
    memory: Option<Item>,
}

/// An absorbed head, and into whom it was merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Absorbed {
    pub into: PersonId,
    pub head: Head,
    version: u64,
}

/// The survivor's own head, as it was before the first merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    pub head: Head,
    /// The version that the last merge gave the heads.
    pub era: u64,
    /// Whether they were changed between merges.
    pub touched: bool,
}

/// What becomes of two when a merge is taken back.
pub struct Parted<'a> {
    pub merge: &'a Merge,
    /// The survivor's head as it was read, and as it becomes; none: as it was before the first merge.
    pub current: &'a Known,
    pub survivor: Option<Known>,
    pub before: &'a Before,
    pub is_last: bool,
    pub absorbed: &'a Absorbed,
    /// As it becomes; none: as it was.
    pub went_on: Option<Known>,
}

impl Head {
    fn of(items: Items) -> Result<Self> {
        let contact: Contact = serde_dynamo::from_item(items.contact.clone())?;
        let memory: Option<Memory> = items.memory.clone().map(serde_dynamo::from_item).transpose()?;
        let memory = memory.unwrap_or_else(|| Memory::before(&contact));
        let context = serde_dynamo::from_item(items.context.clone())?;
        Ok(Self { known: Known { contact, context, memory }, items })
    }

    /// Out of an item that holds the items of a head.
    fn kept_in(holder: &Item) -> Result<Self> {
        let part = |name: &str| holder.get(name).and_then(|part| part.as_m().ok()).cloned();
        let (contact, context) = part(CONTACT).zip(part(CONTEXT)).ok_or_else(broken)?;
        Self::of(Items { contact, context, memory: part(MEMORY) })
    }

    fn keep_in(&self, holder: &mut Item) {
        let Items { contact, context, memory } = self.items.clone();
        holder.insert(CONTACT.to_owned(), AttributeValue::M(contact));
        holder.insert(CONTEXT.to_owned(), AttributeValue::M(context));
        holder.extend(memory.map(|memory| (MEMORY.to_owned(), AttributeValue::M(memory))));
    }
}

impl Before {
    pub fn new(head: Head) -> Self {
        Self { head, era: 0, touched: false }
    }

    /// Whether a head is still what the last merge made of it.
    pub fn is_untouched(&self, current: &Known) -> bool {
        let versions = [current.contact.version, current.context.version, current.memory.version];
        !self.touched && versions == [self.era; 3]
    }

    fn item(&self, survivor: &PersonId) -> Item {
        let key = keys::before(survivor);
        let mut new = Item::from([
            (keys::PK.to_owned(), AttributeValue::S(key.pk)),
            (keys::SK.to_owned(), AttributeValue::S(key.sk)),
            (ERA.to_owned(), AttributeValue::N(self.era.to_string())),
            (TOUCHED.to_owned(), AttributeValue::Bool(self.touched)),
        ]);
        self.head.keep_in(&mut new);
        new
    }
}

/// Into whom somebody was merged, by their `A#CONTACT`.
pub(super) fn merged_into(contact: &Item) -> Option<PersonId> {
    contact.get(MERGED_INTO)?.as_s().ok()?.parse().ok()
}

fn broken() -> StoreError {
    StoreError::Unreadable("a merge without its heads".to_owned())
}

impl Store {
    /// The partitions that are one person, the one whose head speaks for all of them first.
    pub async fn partitions(&self, person: &PersonId) -> Result<Vec<PersonId>> {
        let (mut into, under) = tokio::try_join!(self.into(person), self.absorbed_by(person))?;
        if into.is_none() && under.is_empty() {
            return Ok(vec![person.clone()]);
        }
        let mut first = person.clone();
        for _ in 0..MAX_CHAIN {
            let Some(next) = into else { break };
            into = self.into(&next).await?;
            first = next;
        }
        let mut all = self.under(&first).await?;
        // An erasure that broke off took the note of them away, and theirs is still there.
        if !all.contains(person) {
            all.push(person.clone());
        }
        Ok(all)
    }

    /// Somebody's own partition, and those of whoever was merged into them.
    pub async fn under(&self, person: &PersonId) -> Result<Vec<PersonId>> {
        let mut all = vec![person.clone()];
        let mut looked = 0;
        while looked < all.len() {
            let more = self.absorbed_by(&all[looked]).await?;
            all.extend(more.into_iter().map(|merge| merge.absorbed));
            looked += 1;
        }
        Ok(all)
    }

    async fn into(&self, person: &PersonId) -> Result<Option<PersonId>> {
        let key = keys::contact(person);
        let found = self
            .client
            .get_item()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .projection_expression(MERGED_INTO)
            .consistent_read(true)
            .send()
            .await
            .map_err(super::unavailable)?;
        Ok(found.item.as_ref().and_then(merged_into))
    }

    /// Who was merged into this partition itself.
    pub async fn absorbed_by(&self, person: &PersonId) -> Result<Vec<Merge>> {
        self.query(keys::person(person), keys::MERGED).await
    }

    /// All merges that hold, the latest first.
    pub async fn merges(&self) -> Result<Vec<Merge>> {
        self.listed(keys::MERGES, MAX_LISTED, false).await
    }

    /// Items of a kind out of all partitions of a person, in order; of two under one sort key that of the partition
    /// that comes first. `true`: there are several partitions.
    pub(super) async fn across_items(&self, person: &PersonId, prefix: &str) -> Result<(Vec<Item>, bool)> {
        let own = self.query_items(keys::person(person), prefix);
        let (own, partitions) = tokio::try_join!(own, Box::pin(self.partitions(person)))?;
        if let [_] = partitions.as_slice() {
            return Ok((own, false));
        }
        Ok((Box::pin(self.gathered(&partitions, prefix)).await?, true))
    }

    async fn gathered(&self, partitions: &[PersonId], prefix: &str) -> Result<Vec<Item>> {
        let mut all = BTreeMap::new();
        for partition in partitions {
            for found in self.query_items(keys::person(partition), prefix).await? {
                let sk = found.get(keys::SK).and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
                all.entry(sk).or_insert(found);
            }
        }
        Ok(all.into_values().collect())
    }

    pub(super) async fn across<T: DeserializeOwned>(
        &self,
        person: &PersonId,
        prefix: &str,
    ) -> Result<Vec<T>> {
        let (items, _) = self.across_items(person, prefix).await?;
        items.into_iter().map(|item| Ok(serde_dynamo::from_item(item)?)).collect()
    }

    /// One item of a person's, in whichever of their partitions it lies.
    pub(super) async fn found<T: DeserializeOwned>(
        &self,
        person: &PersonId,
        key: impl Fn(&PersonId) -> Key,
    ) -> Result<Option<T>> {
        if let Some(found) = self.get(key(person)).await? {
            return Ok(Some(found));
        }
        for partition in
            Box::pin(self.partitions(person)).await?.iter().filter(|partition| *partition != person)
        {
            if let Some(found) = self.get(key(partition)).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// All facts of a person; of several partitions, with what follows from their being one.
    pub(super) async fn facts_across(&self, person: &PersonId) -> Result<Vec<Fact>> {
        let (items, several) = self.across_items(person, keys::FACTS).await?;
        let facts = items.into_iter().map(serde_dynamo::from_item).collect::<std::result::Result<_, _>>()?;
        Ok(if several { settled(facts) } else { facts })
    }

    /// Facts as they lie in one partition.
    pub async fn facts_in(&self, partition: &PersonId) -> Result<Vec<Fact>> {
        self.query(keys::person(partition), keys::FACTS).await
    }

    /// Writes a fact over the one with this version, in this partition.
    pub async fn put_fact_in(&self, partition: &PersonId, fact: &Fact, read: u64) -> Result<()> {
        self.put_if(self.fact_item(partition, fact)?, Some(Condition::version(read))).await
    }

    /// Takes a fact out of a partition, if it is in this version.
    pub async fn drop_fact_in(&self, partition: &PersonId, fact: &Fact) -> Result<()> {
        let key = keys::fact(partition, &fact.id);
        self.transact(vec![self.deletion(key, Some(Condition::version(fact.version)))]).await
    }

    /// How many items of each kind lie in a partition.
    pub async fn counted(&self, partitions: &[PersonId]) -> Result<BTreeMap<String, usize>> {
        let names: HashMap<&str, &str> = KINDS.into_iter().collect();
        let mut counts = BTreeMap::new();
        for partition in partitions {
            for found in self.query_items(keys::person(partition), "").await? {
                let sk = found.get(keys::SK).and_then(|sk| sk.as_s().ok());
                let kind = sk.and_then(|sk| names.get(sk.split('#').next()?));
                if let Some(kind) = kind {
                    *counts.entry((*kind).to_owned()).or_default() += 1;
                }
            }
        }
        Ok(counts)
    }

    /// The head of a partition; none of somebody who was merged.
    pub async fn head(&self, person: &PersonId) -> Result<Option<Head>> {
        let (mut contact, mut context, mut memory) = (None, None, None);
        for found in self.query_items(keys::person(person), keys::HEAD).await? {
            match found.get(keys::SK).and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("A#CONTACT") if merged_into(&found).is_none() => contact = Some(found),
                Some("A#CONTEXT") => context = Some(found),
                Some("A#MEMORY") => memory = Some(found),
                _ => {}
            }
        }
        let items = contact.zip(context).map(|(contact, context)| Items { contact, context, memory });
        items.map(Head::of).transpose()
    }

    pub async fn before(&self, survivor: &PersonId) -> Result<Option<Before>> {
        let Some(found) = self.raw(keys::before(survivor)).await? else { return Ok(None) };
        let era = found.get(ERA).and_then(|era| era.as_n().ok()?.parse().ok()).ok_or_else(broken)?;
        let touched = found.get(TOUCHED).and_then(|touched| touched.as_bool().ok().copied());
        Ok(Some(Before { head: Head::kept_in(&found)?, era, touched: touched.unwrap_or(true) }))
    }

    /// The head that somebody had before they were merged; none, if they are not.
    pub async fn absorbed(&self, person: &PersonId) -> Result<Option<Absorbed>> {
        let Some(found) = self.raw(keys::contact(person)).await? else { return Ok(None) };
        let Some(into) = merged_into(&found) else { return Ok(None) };
        let version = found.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
        Ok(Some(Absorbed { into, head: Head::kept_in(&found)?, version: version.ok_or_else(broken)? }))
    }

    /// How somebody is reached by what is theirs alone; none, if they are in no merge.
    pub async fn own_methods(&self, person: &PersonId) -> Result<Option<ContactMethods>> {
        let (absorbed, before) = tokio::try_join!(self.absorbed(person), self.before(person))?;
        let head = absorbed.map(|absorbed| absorbed.head).or(before.map(|before| before.head));
        Ok(head.map(|head| head.known.contact.contact_methods))
    }

    /// Makes two people one. A conflict: one of them is not as they were read.
    pub async fn merge(
        &self,
        merge: &Merge,
        survivor: &Known,
        absorbed: &Head,
        before: &Before,
        joined: Known,
    ) -> Result<()> {
        let era = era(merge.at);
        let touched = before.era != 0 && !before.is_untouched(survivor);
        let before = Before { era, touched, head: before.head.clone() };
        let mut writes = vec![self.unburied(&merge.survivor), self.unburied(&merge.absorbed)];
        writes.extend(self.next_head(survivor, joined, era)?);
        writes.push(self.write(before.item(&merge.survivor), None));
        writes.push(self.write(pointer(merge)?, Some(Condition::absent())));

        let gone = &absorbed.known;
        let mut stub = Item::from([
            (MERGED_INTO.to_owned(), AttributeValue::S(merge.survivor.to_string())),
            ("version".to_owned(), AttributeValue::N(era.to_string())),
        ]);
        place(&mut stub, keys::contact(&merge.absorbed));
        absorbed.keep_in(&mut stub);
        writes.push(self.write(stub, Some(Condition::version(gone.contact.version))));
        writes.push(
            self.deletion(keys::context(&merge.absorbed), Some(Condition::version(gone.context.version))),
        );
        if absorbed.items.memory.is_some() {
            let condition = Condition::version(gone.memory.version);
            writes.push(self.deletion(keys::memory(&merge.absorbed), Some(condition)));
        }
        let card = Card::merged(merge.absorbed.clone(), merge.survivor.clone(), merge.at);
        writes.push(self.write(card_item(&card, merge.at)?, None));
        self.transact(writes).await
    }

    /// Makes one person two again. A conflict: they are not as they were read.
    pub async fn part(&self, parted: Parted<'_>, now: Timestamp) -> Result<()> {
        let Parted { merge, current, survivor, before, is_last, absorbed, went_on } = parted;
        let (one, other) = (&merge.survivor, &merge.absorbed);
        let mut writes = vec![self.unburied(one), self.unburied(other)];
        match survivor {
            Some(survivor) => writes.extend(self.next_head(current, survivor, era(now))?),
            None => writes.extend(self.put_back(&before.head, one, current, now)?),
        }
        if is_last {
            writes.push(self.deletion(keys::before(one), None));
        } else {
            let touched = before.touched || !before.is_untouched(current);
            let left = Before { era: era(now), touched, head: before.head.clone() };
            writes.push(self.write(left.item(one), None));
        }
        writes.push(self.deletion(keys::merged(one, other), Some(Condition::there())));
        let stub = Condition::version(absorbed.version);
        let head = &absorbed.head;
        let (items, contact) = match went_on {
            Some(mut known) => {
                let era = era(now);
                (known.contact.version, known.context.version, known.memory.version) = (era, era, era);
                let [contact, _] = contact_items(&known.contact)?;
                let context = context_item(&known.context)?;
                let memory = Some(item(keys::memory(other), &known.memory)?);
                (Items { contact, context, memory }, known.contact)
            }
            None => (head.items.clone(), head.known.contact.clone()),
        };
        writes.push(self.write(items.contact, Some(stub)));
        writes.push(self.write(items.context, Some(Condition::absent())));
        writes.extend(items.memory.map(|memory| self.write(memory, Some(Condition::absent()))));
        writes.push(self.write(card_of(&contact, now)?, None));
        self.transact(writes).await
    }

    /// A head over the one that was read.
    fn next_head(&self, read: &Known, mut next: Known, era: u64) -> Result<Vec<TransactWriteItem>> {
        let conditions =
            [read.contact.version, read.context.version, read.memory.version].map(Condition::version);
        let [of_contact, of_context, of_memory] = conditions;
        (next.contact.version, next.context.version, next.memory.version) = (era, era, era);
        let [contact, card] = contact_items(&next.contact)?;
        let memory = item(keys::memory(&next.contact.id), &next.memory)?;
        Ok(vec![
            self.write(contact, Some(of_contact)),
            self.write(card, None),
            self.write(context_item(&next.context)?, Some(of_context)),
            self.write(memory, Some(of_memory)),
        ])
    }

    /// The items of a head, as they were, over the one that was read.
    fn put_back(
        &self,
        head: &Head,
        person: &PersonId,
        read: &Known,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let Items { contact, context, memory } = head.items.clone();
        let of_memory = Some(Condition::version(read.memory.version));
        Ok(vec![
            self.write(contact, Some(Condition::version(read.contact.version))),
            self.write(card_of(&head.known.contact, now)?, None),
            self.write(context, Some(Condition::version(read.context.version))),
            match memory {
                Some(memory) => self.write(memory, of_memory),
                None => self.deletion(keys::memory(person), of_memory),
            },
        ])
    }

    /// That somebody was not erased. Whoever erases puts the tombstone first, and then looks who is one with them.
    fn unburied(&self, person: &PersonId) -> TransactWriteItem {
        let Key { pk, sk } = keys::tombstone(person);
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(pk))
            .key(keys::SK, AttributeValue::S(sk))
            .condition_expression(super::ABSENT)
            .build();
        // Table, key and condition are set: building cannot fail.
        TransactWriteItem::builder().set_condition_check(check.ok()).build()
    }
}

fn pointer(merge: &Merge) -> Result<Item> {
    let mut new = item(keys::merged(&merge.survivor, &merge.absorbed), merge)?;
    set(&mut new, keys::LIST, keys::MERGES);
    set(&mut new, keys::LIST_AT, keys::time(merge.at));
    Ok(new)
}

fn place(item: &mut Item, key: Key) {
    set(item, keys::PK, key.pk);
    set(item, keys::SK, key.sk);
}

/// The card of a contact, written now: lists in memory learn of what was written since they looked.
fn card_of(contact: &Contact, now: Timestamp) -> Result<Item> {
    let [_, mut card] = contact_items(contact)?;
    set(&mut card, keys::LIST_AT, keys::time(now));
    Ok(card)
}

fn card_item(card: &Card, now: Timestamp) -> Result<Item> {
    let mut new = item(keys::card(&card.person), card)?;
    set(&mut new, keys::LIST, keys::CARDS);
    set(&mut new, keys::LIST_AT, keys::time(now));
    Ok(new)
}

fn era(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}
