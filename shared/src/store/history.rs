//! All that was said with a person, whatever the conversation.

use super::{Result, Store, StoreError, keys};
use crate::{
    id::{InteractionId, PersonId},
    interaction::Turn,
};

impl Store {
    /// A person's turns, oldest first, each with its conversation.
    pub async fn history(&self, person: &PersonId) -> Result<Vec<(InteractionId, Turn)>> {
        let (items, _) = self.across_items(person, keys::TURNS).await?;
        items
            .into_iter()
            .map(|item| {
                let of = item.get(keys::SK).and_then(|sk| sk.as_s().ok()).and_then(|sk| keys::turn_of(sk));
                let of = of.ok_or_else(|| StoreError::Unreadable("a turn of no conversation".to_owned()))?;
                Ok((of, serde_dynamo::from_item(item)?))
            })
            .collect()
    }
}
