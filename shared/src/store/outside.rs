//! Calendars that the owner keeps elsewhere, with what was read of them.

use super::{Condition, Result, Store, item, keys};
use crate::{id::OutsideId, scheduling::Outside};

impl Store {
    pub async fn outside(&self) -> Result<Vec<Outside>> {
        let prefix = keys::outside_prefix();
        self.query(prefix.pk, &prefix.sk).await
    }

    pub async fn outside_of(&self, id: &OutsideId) -> Result<Option<Outside>> {
        self.get(keys::outside(id)).await
    }

    /// Saves what replaces the version that it was made of; 0: a new one. `Conflict` if that is no longer the current one.
    pub async fn save_outside(&self, mut outside: Outside) -> Result<Outside> {
        let condition = Condition::version(outside.version);
        outside.version += 1;
        self.put_if(item(keys::outside(&outside.id), &outside)?, Some(condition)).await?;
        Ok(outside)
    }

    /// What is not there is gone already.
    pub async fn remove_outside(&self, id: &OutsideId) -> Result<()> {
        self.delete(keys::outside(id)).await
    }
}
