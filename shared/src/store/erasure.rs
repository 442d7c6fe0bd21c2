//! Forgetting somebody: all that lies in their partition, what of theirs lies elsewhere, and a tombstone that keeps
//! what is still under way from bringing them back.
//!
//! Whoever erases puts the tombstone first and then looks for what is there. Whoever writes about somebody writes
//! first and then looks for the tombstone. So one of the two always sees the other, and neither needs a transaction.
//! Only a writer that dies between the two leaves something: the sweep looks through the partition once more.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Condition, Item, Result, Store, StoreError, due, expires, item, keys, keys::Key, partitions::merged_into,
};
use crate::{
    export::Kept,
    id::{CallSid, PersonId},
    identity::IdentityKey,
};

/// An erasure that broke off is taken up again after this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// One that went through is gone through once more after this: longer than any conversation that was going on.
pub(super) const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// How long it is remembered that somebody was erased: longer than any job or callback can be late.
pub(super) const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Deletions that are under way at once.
const TOGETHER: usize = 16;

/// That somebody was erased. Nothing of them is in it but the id, which leads nowhere any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    erased_at: Timestamp,
}

/// What lies outside a person's partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Elsewhere {
    at_pk: String,
    at_sk: String,
}

/// What an erasure found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiped {
    pub items: usize,
    /// Calls whose recordings are to be removed.
    pub calls: Vec<CallSid>,
}

/// Something written about somebody.
pub(super) struct About {
    person: PersonId,
    key: Key,
}

impl About {
    pub(super) fn of(item: &Item) -> Option<Self> {
        let key = key_of(item)?;
        let named = || text(item, "person")?.parse().ok();
        let person = keys::person_of(&key.pk).or_else(named)?;
        Some(Self { person, key })
    }
}

impl Store {
    /// When somebody was erased, if they were, and it is not too long ago.
    pub async fn erased(&self, person: &PersonId) -> Result<Option<Timestamp>> {
        let found: Option<Tombstone> = self.get(keys::tombstone(person)).await?;
        Ok(found.map(|tombstone| tombstone.erased_at))
    }

    /// Whether anything is kept of somebody.
    pub async fn holds(&self, person: &PersonId) -> Result<bool> {
        let items = self.query_items(keys::person(person), "").await?;
        Ok(!items.is_empty())
    }

    /// Puts the tombstone: from here on nothing about them is kept. Again, it has the erasure taken up again.
    pub async fn bury(&self, person: &PersonId, now: Timestamp) -> Result<()> {
        let erased_at = self.erased(person).await?.unwrap_or(now);
        self.put_tombstone(person, erased_at, Some(now + RETRY_AFTER)).await
    }

    /// Deletes all that is kept of somebody who was buried. What leads there goes first. Again, it deletes what is
    /// left.
    pub async fn wipe(&self, person: &PersonId, now: Timestamp) -> Result<Wiped> {
        let mut all = self.query_all(keys::person(person), "").await?;
        all.retain(|item| sort_key(item) != keys::TOMBSTONE);
        self.leave_remnants(&all, now).await?;
        for found in &all {
            self.wipe_leading(person, found).await?;
            self.free(found).await?;
        }
        let (head, rest): (Vec<_>, Vec<_>) =
            all.iter().partition(|found| sort_key(found).starts_with(keys::HEAD));
        let calls = self.silence(&all, now).await?;
        for part in [head, rest] {
            let deleting = part.into_iter().filter_map(key_of).map(|key| self.delete(key));
            stream::iter(deleting).buffer_unordered(TOGETHER).try_collect::<Vec<()>>().await?;
        }
        Ok(Wiped { items: all.len(), calls })
    }

    /// Ends where somebody is signed in, and what they let clients do.
    pub async fn sign_out(&self, person: &PersonId) -> Result<()> {
        for partition in self.partitions(person).await? {
            for found in self.query_all(keys::person(&partition), keys::ELSEWHERE).await? {
                if let Some(key) = leading(&found)?.filter(|key| key.sk == keys::VISITOR) {
                    self.delete_of(&partition, key).await?;
                }
            }
            for found in self.query_all(keys::person(&partition), keys::GRANTS).await? {
                if let Some(key) = key_of(&found) {
                    self.delete(key).await?;
                }
            }
        }
        Ok(())
    }

    /// The person rests: they are looked through once more later, and then no more.
    pub async fn rest(&self, person: &PersonId, now: Timestamp) -> Result<()> {
        let Some(erased_at) = self.erased(person).await? else { return Ok(()) };
        let again = erased_at + AGAIN_AFTER;
        self.put_tombstone(person, erased_at, (again > now).then_some(again)).await
    }

    /// All that is kept of somebody: the items of their partitions, and those elsewhere, as they are.
    pub async fn everything(&self, person: &PersonId) -> Result<Vec<Kept>> {
        let (mut all, mut facts): (Vec<Kept>, HashSet<String>) = Default::default();
        for partition in self.partitions(person).await? {
            for found in self.query_items(keys::person(&partition), "").await? {
                if let Some(key) = leading(&found)?
                    && let Some(value) = self.get::<Value>(key.clone()).await?
                    && value["person"] == partition.as_str()
                {
                    all.push(Kept { at: format!("{partition} > {}", sort_key(&found)), key: key.pk, value });
                }
                let key = kept_as(&partition, &found);
                // A fact that was written since two became one takes the place of what it was.
                if !key.starts_with(keys::FACTS) || facts.insert(key.clone()) {
                    let at = format!("{partition} {}", sort_key(&found));
                    all.push(Kept { at, key, value: serde_dynamo::from_item(found)? });
                }
            }
        }
        Ok(all)
    }

    /// Writes what lies outside the partition of the person whom it is about, with a note there that leads to it.
    pub(super) async fn put_elsewhere(
        &self,
        person: &PersonId,
        new: Item,
        condition: Option<Condition>,
    ) -> Result<()> {
        let writes = self.elsewhere(person, new, condition)?;
        self.transact(writes).await
    }

    pub(super) fn elsewhere(
        &self,
        person: &PersonId,
        new: Item,
        condition: Option<Condition>,
    ) -> Result<Vec<TransactWriteItem>> {
        let key = key_of(&new).ok_or_else(|| StoreError::Unreadable("an item without a key".to_owned()))?;
        let mut note = leading_to(person, &key)?;
        if let Some(ttl) = new.get(keys::TTL) {
            note.insert(keys::TTL.to_owned(), ttl.clone());
        }
        Ok(vec![self.write(new, condition), self.write(note, None)])
    }

    /// Takes back what was written about people who are erased.
    pub(super) async fn unless_erased(&self, written: impl IntoIterator<Item = About>) -> Result<()> {
        let mut written: Vec<About> = written.into_iter().collect();
        while let Some(About { person, .. }) = written.first() {
            let person = person.clone();
            let (theirs, others): (Vec<_>, Vec<_>) =
                written.into_iter().partition(|about| about.person == person);
            if self.erased(&person).await?.is_some() {
                for about in theirs {
                    self.delete_of(&person, about.key).await?;
                }
                return Err(StoreError::Erased);
            }
            written = others;
        }
        Ok(())
    }

    /// Deletes what an item of the partition leads to. Of a call the row stays, empty: what comes late about it finds
    /// that there is nobody any more.
    async fn wipe_leading(&self, person: &PersonId, found: &Item) -> Result<()> {
        match leading(found)? {
            Some(key) if key.sk == keys::CALL => self.empty_call(person, key).await,
            Some(key) if key.sk == keys::HANDOFF => {
                self.forget_taker(key.clone(), person).await?;
                self.delete_of(person, key).await
            }
            Some(key) => self.delete_of(person, key).await,
            None => Ok(()),
        }
    }

    /// Has the recordings of a person's calls removed.
    async fn silence(&self, all: &[Item], now: Timestamp) -> Result<Vec<CallSid>> {
        let in_conversations = all.iter().filter_map(|found| text(found, "callSid")?.parse().ok());
        let elsewhere = all.iter().filter_map(|found| keys::call_of(text(found, "atPk")?));
        let mut calls: Vec<CallSid> = in_conversations.chain(elsewhere).collect();
        calls.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        calls.dedup();
        for call in &calls {
            self.remove_recordings(call, now, now + AGAIN_AFTER).await?;
        }
        Ok(calls)
    }

    async fn empty_call(&self, person: &PersonId, key: Key) -> Result<()> {
        let now = Timestamp::now();
        let mut empty = item(key, &super::calls::Erased { erased_at: now, redeemed_at: now })?;
        expires(&mut empty, now + REMEMBERED_FOR);
        let mut condition = Condition::of(person);
        condition.expression += " OR attribute_not_exists(pk)";
        match self.put_unseen(empty, Some(condition)).await {
            Err(StoreError::Conflict) => Ok(()),
            put => put,
        }
    }

    /// Deletes an item of somebody's. Outside their partition it may be another's by now.
    async fn delete_of(&self, person: &PersonId, key: Key) -> Result<()> {
        if keys::person_of(&key.pk).is_some() {
            return self.delete(key).await;
        }
        match self.delete_if(key, Condition::of(person)).await {
            Err(StoreError::Conflict) => Ok(()),
            deleted => deleted,
        }
    }

    async fn put_tombstone(
        &self,
        person: &PersonId,
        erased_at: Timestamp,
        again: Option<Timestamp>,
    ) -> Result<()> {
        let mut tombstone = item(keys::tombstone(person), &Tombstone { erased_at })?;
        expires(&mut tombstone, erased_at + REMEMBERED_FOR);
        if let Some(at) = again {
            due(&mut tombstone, person.as_str(), at);
        }
        self.put_unseen(tombstone, None).await
    }
}

/// The note in a person's partition that leads to what lies elsewhere.
pub(super) fn leading_to(person: &PersonId, key: &Key) -> Result<Item> {
    let at = Elsewhere { at_pk: key.pk.clone(), at_sk: key.sk.clone() };
    item(keys::elsewhere(person, &key.pk), &at)
}

/// Under what an item is exported: what holds the head that somebody had before a merge is of its own kind.
fn kept_as(partition: &PersonId, found: &Item) -> String {
    let sk = sort_key(found);
    if sk == keys::before(partition).sk || merged_into(found).is_some() {
        return format!("MERGED#{partition}");
    }
    sk.to_owned()
}

/// Where an item of a partition leads: the identity of a key, or what lies elsewhere.
fn leading(found: &Item) -> Result<Option<Key>> {
    let sk = sort_key(found);
    if sk.starts_with(keys::KEYS) {
        let key: IdentityKey = serde_dynamo::from_item(found.clone())?;
        return Ok(Some(keys::identity(&key)));
    }
    if sk.starts_with(keys::ELSEWHERE) {
        let at: Elsewhere = serde_dynamo::from_item(found.clone())?;
        return Ok(Some(Key { pk: at.at_pk, sk: at.at_sk }));
    }
    Ok(None)
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

pub(super) fn sort_key(item: &Item) -> &str {
    text(item, keys::SK).unwrap_or_default()
}

fn key_of(item: &Item) -> Option<Key> {
    Some(Key { pk: text(item, keys::PK)?.to_owned(), sk: text(item, keys::SK)?.to_owned() })
}
