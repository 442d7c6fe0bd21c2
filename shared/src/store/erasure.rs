//! Forgetting somebody: all that lies in their partition, and the keys that lead there.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Result, Store, keys, keys::Key};
use crate::{
    id::PersonId,
    identity::{Identity, IdentityKey},
};

impl Store {
    /// Deletes a person. What leads there goes first, so that nobody new is filed under what is half gone; doing it
    /// again deletes what is left. How much was deleted is the answer.
    pub async fn erase(&self, person: &PersonId) -> Result<usize> {
        if let Some(known) = self.known(person).await? {
            let methods = known.contact.contact_methods;
            let keys = methods.phone.map(IdentityKey::Phone).into_iter();
            for key in keys.chain(methods.email.map(IdentityKey::Email)) {
                let found: Option<Identity> = self.identity(&key).await?;
                if found.is_some_and(|identity| identity.person == *person) {
                    self.delete(keys::identity(&key)).await?;
                }
            }
        }
        let items = self.query_items(keys::person(person), "").await?;
        let mut erased = 0;
        for item in items {
            let part =
                |name: &str| item.get(name).and_then(|value| AttributeValue::as_s(value).ok()).cloned();
            if let (Some(pk), Some(sk)) = (part(keys::PK), part(keys::SK)) {
                self.delete(Key { pk, sk }).await?;
                erased += 1;
            }
        }
        Ok(erased)
    }
}
