//! Somebody signs in at an identity provider: who they are from then on, and what it says of them.

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin};
use crate::{
    contact::{Detail, Origin},
    error::Error,
    id::PersonId,
    identity::{Email, Evidence, EvidenceSource, Identity, IdentityKey},
    store::{Beside, StoreError},
};

/// What a provider says of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub name: Option<String>,
    /// That the provider says is theirs.
    pub email: Option<Email>,
}

impl Twin {
    /// The person of an account, with what the provider says of it in their contact. Their address leads to them, if it
    /// leads to nobody yet; whom it leads to else is proposed to the owner, who decides. A conflict: the account was untied
    /// meanwhile.
    pub async fn signed_in(
        &self,
        key: IdentityKey,
        account: &Account,
        now: Timestamp,
    ) -> Result<PersonId, Error> {
        let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
        let person = self.store.resolve(key.clone(), evidence, now).await?.person;
        for _ in 0..MAX_CONFLICTS {
            let mut contact = self.store.contact(&person).await?.ok_or(Error::NotFound)?;
            // Whoever unties it after this writes the contact, which is not saved over that.
            let leads_to = self.store.identity(&key).await?.map(|identity| identity.person);
            if leads_to.as_ref() != Some(&person) {
                return Err(Error::Conflict);
            }
            let details = [
                account.name.clone().map(|name| Detail::Name(Some(name))),
                account.email.clone().map(|email| Detail::Email(Some(email))),
            ];
            let changes = contact.learn(details.into_iter().flatten(), &Origin::sign_in(now));
            let keys = match account.email.clone().map(IdentityKey::Email) {
                Some(address)
                    if !contact.refuses(&address) && self.store.identity(&address).await?.is_none() =>
                {
                    vec![Identity::new(address, contact.id.clone(), Evidence::brought_by(&key, now))]
                }
                _ => Vec::new(),
            };
            if changes.is_empty() && keys.is_empty() {
                return Ok(person);
            }
            contact.updated_at = now;
            let found = contact.id.clone();
            match self.store.save_contact(contact, &Beside { keys, changes, ..Beside::default() }).await {
                Ok(()) => {
                    self.look_for_others(&[found], now).await;
                    return Ok(person);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }
}
