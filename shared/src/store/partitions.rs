//! One person in several partitions: which these are, and what of a kind lies in all of them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use super::{Condition, Item, Result, Store, StoreError, keys, keys::Key, unavailable};
use crate::{
    id::PersonId,
    memory::{Fact, settled},
    merging::Merge,
};

pub(super) const MERGED_INTO: &str = "mergedInto";
/// Merges into somebody who was merged, one after the other: far more than an owner makes.
pub(super) const MAX_CHAIN: usize = 64;
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

/// Into whom somebody was merged, by their `A#CONTACT`.
pub(super) fn merged_into(contact: &Item) -> Option<PersonId> {
    contact.get(MERGED_INTO)?.as_s().ok()?.parse().ok()
}

/// More merges follow each other than anybody made.
pub(super) fn endless() -> StoreError {
    StoreError::Unreadable("merges that lead to nobody".to_owned())
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
            let Some(next) = into.take() else { break };
            into = self.into(&next).await?;
            first = next;
        }
        if into.is_some() {
            return Err(endless());
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
            let merges = self.absorbed_by(&all[looked]).await?;
            for merge in merges {
                // Each once, even if they led back to one another.
                if !all.contains(&merge.absorbed) {
                    all.push(merge.absorbed);
                }
            }
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
            .map_err(unavailable)?;
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

    /// The same, read.
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
        self.delete_if(keys::fact(partition, &fact.id), Condition::version(fact.version)).await
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
}
