//! Forgetting somebody: all that lies in their partition, and the keys that lead there.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Result, Store, keys, keys::Key};
use crate::{
    id::PersonId,
    identity::{Identity, IdentityKey},
};

impl Store {
    /// Deletes a person. What leads there goes first, contact and context go last: whoever is half erased is still
    /// found, and erasing again deletes what is left. How much was deleted is the answer.
    pub async fn erase(&self, person: &PersonId) -> Result<usize> {
        let leading: Vec<IdentityKey> = self.query(keys::person(person), keys::KEYS).await?;
        for key in leading {
            let found: Option<Identity> = self.identity(&key).await?;
            if found.is_some_and(|identity| identity.person == *person) {
                self.delete(keys::identity(&key)).await?;
            }
        }
        let mut all: Vec<Key> =
            self.query_items(keys::person(person), "").await?.iter().filter_map(key_of).collect();
        all.sort_by_key(|key| key.sk.starts_with(keys::HEAD));
        let erased = all.len();
        for key in all {
            self.delete(key).await?;
        }
        Ok(erased)
    }
}

fn key_of(item: &Item) -> Option<Key> {
    let part = |name: &str| item.get(name).and_then(|value| AttributeValue::as_s(value).ok()).cloned();
    Some(Key { pk: part(keys::PK)?, sk: part(keys::SK)? })
}
