//! One person in several partitions. The absorbed's `A#CONTACT` says into whom they were merged, and holds what stood
//! in the head before; the survivor's `A#MERGED#…` names each absorbed, and `BEFORE` holds the survivor's own head.
//!
//! A merge, and taking it back, is one transaction over these few items. Nothing else is written, so there is no half of it
//! to see, and nothing to take up again. The heads get the time as their version: no version of before or after is
//! one of it, so whoever read a head before cannot write it back.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;

use super::{
    Condition, Item, Known, Result, Store, StoreError, item, keys,
    keys::Key,
    partitions::{MERGED_INTO, merged_into},
    people::{contact_items, context_item},
    set,
};
use crate::{
    contact::{Card, Contact, ContactMethods},
    id::PersonId,
    memory::Memory,
    merging::Merge,
};

const ERA: &str = "era";
const TOUCHED: &str = "touched";
const CONTACT: &str = "contact";
const CONTEXT: &str = "context";
const MEMORY: &str = "memory";

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

fn broken() -> StoreError {
    StoreError::Unreadable("a merge without its heads".to_owned())
}

impl Store {
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
        self.given(keys::tombstone(person), Condition::absent())
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
