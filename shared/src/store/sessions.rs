//! The owner's one-time links and sessions, by the hash of their token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Result, Store, StoreError, expires, item, keys};
use crate::handoff::hash;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnerToken {
    kind: Kind,
    expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Link,
    Session,
}

impl Store {
    /// Remembers a link that signs the owner in, once.
    pub async fn save_owner_link(&self, secret: &str, expires_at: Timestamp) -> Result<()> {
        self.save_owner_token(secret, Kind::Link, expires_at).await
    }

    pub async fn save_owner_session(&self, token: &str, expires_at: Timestamp) -> Result<()> {
        self.save_owner_token(token, Kind::Session, expires_at).await
    }

    /// Uses a link up. Expired, used and unknown ones are all `NotFound`.
    pub async fn redeem_owner_link(&self, secret: &str, now: Timestamp) -> Result<()> {
        let taken = self.take_item(keys::session(&hash(secret))).await?;
        let token: OwnerToken = taken.ok_or(StoreError::NotFound)?;
        if token.kind == Kind::Link && token.expires_at > now { Ok(()) } else { Err(StoreError::NotFound) }
    }

    pub async fn is_owner_session(&self, token: &str, now: Timestamp) -> Result<bool> {
        let found: Option<OwnerToken> = self.get(keys::session(&hash(token))).await?;
        Ok(found.is_some_and(|token| token.kind == Kind::Session && token.expires_at > now))
    }

    /// Also of one that is over already.
    pub async fn end_owner_session(&self, token: &str) -> Result<()> {
        self.delete(keys::session(&hash(token))).await
    }

    async fn save_owner_token(&self, secret: &str, kind: Kind, expires_at: Timestamp) -> Result<()> {
        let mut new = item(keys::session(&hash(secret)), &OwnerToken { kind, expires_at })?;
        expires(&mut new, expires_at);
        self.put(new).await
    }
}
