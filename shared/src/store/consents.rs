//! What people were told and agreed to: added, never changed.

use super::{Result, Store, StoreError, item, keys};
use crate::{consent::Consent, id::PersonId};

impl Store {
    /// The same record again is no error.
    pub async fn add_consent(&self, person: &PersonId, consent: &Consent) -> Result<()> {
        match self.put_new(item(keys::consent(person, consent), consent)?).await {
            Err(StoreError::Conflict) => Ok(()),
            put => put,
        }
    }

    /// The oldest first.
    pub async fn consents(&self, person: &PersonId) -> Result<Vec<Consent>> {
        let told = self.across::<Consent>(person, keys::TOLD);
        let (mut all, told) = tokio::try_join!(self.contact_consents(person), told)?;
        all.extend(told);
        all.sort_by_key(|consent| consent.at);
        Ok(all)
    }

    /// Those to be contacted, the oldest first: their number does not grow with that of the conversations.
    pub async fn contact_consents(&self, person: &PersonId) -> Result<Vec<Consent>> {
        self.across(person, keys::CONSENTS).await
    }
}
