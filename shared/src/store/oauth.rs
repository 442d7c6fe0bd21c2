//! What the authorization server keeps: clients, sign-ins that are under way, visitors who signed in, and grants.
//! Of every secret only the hash is kept. A grant lies in the partition of whoever gave it, so that it goes with them.

mod rights;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::rights::{Resource, Scope, Scopes, Who};
use super::{Condition, Result, Store, expires, item, keys};
use crate::{handoff::hash, id::PersonId};

/// A host that asks to act for somebody: it registered itself, or its document was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    pub id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub expires_at: Timestamp,
}

/// Somebody was sent to the identity provider and has not come back yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// As what they sign in.
    pub resource: Resource,
    /// Where they go on afterwards: a path of ours.
    pub return_to: String,
    pub nonce: String,
    pub verifier: String,
    /// Hash of the cookie of the browser that began.
    pub browser: String,
    pub expires_at: Timestamp,
}

/// A browser in which a visitor signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visitor {
    pub person: PersonId,
    /// What the visitor knows the account by.
    pub account: Option<String>,
    pub expires_at: Timestamp,
}

/// What somebody let a client do, and the tokens that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub id: String,
    pub who: Who,
    pub client: String,
    pub resource: Resource,
    pub scopes: Scopes,
    pub code: Code,
    /// Hash of what all its refresh tokens begin with: who shows another one and knows this has had one of them.
    pub family: Option<String>,
    /// Hashes of the refresh tokens that may be used: one, or more after an answer was lost.
    pub refresh: Vec<String>,
    /// The refresh token that these came from.
    pub spent: Option<Spent>,
    pub access: Vec<Access>,
    pub expires_at: Timestamp,
    /// 0: not stored yet.
    pub version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    pub hash: String,
    pub redirect_uri: String,
    /// PKCE, S256.
    pub challenge: String,
    pub expires_at: Timestamp,
    pub used: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    pub hash: String,
    /// Until then it may be used once more.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    pub hash: String,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
}

impl Store {
    pub async fn save_client(&self, client: &Client) -> Result<()> {
        let mut new = item(keys::oauth_client(&client.id), client)?;
        expires(&mut new, client.expires_at);
        self.put(new).await
    }

    pub async fn client(&self, id: &str, now: Timestamp) -> Result<Option<Client>> {
        let found: Option<Client> = self.get(keys::oauth_client(id)).await?;
        Ok(found.filter(|client| client.expires_at > now))
    }

    pub async fn save_sign_in(&self, state: &str, sign_in: &SignIn) -> Result<()> {
        let mut new = item(keys::sign_in(&hash(state)), sign_in)?;
        expires(&mut new, sign_in.expires_at);
        self.put(new).await
    }

    /// Uses it up.
    pub async fn take_sign_in(&self, state: &str, now: Timestamp) -> Result<Option<SignIn>> {
        let taken: Option<SignIn> = self.take_item(keys::sign_in(&hash(state))).await?;
        Ok(taken.filter(|sign_in| sign_in.expires_at > now))
    }

    pub async fn save_visitor(&self, session: &str, visitor: &Visitor) -> Result<()> {
        let mut new = item(keys::visitor(&hash(session)), visitor)?;
        expires(&mut new, visitor.expires_at);
        self.put_elsewhere(&visitor.person, new, None).await
    }

    pub async fn visitor(&self, session: &str, now: Timestamp) -> Result<Option<Visitor>> {
        let found: Option<Visitor> = self.get(keys::visitor(&hash(session))).await?;
        Ok(found.filter(|visitor| visitor.expires_at > now))
    }

    pub async fn grant(&self, who: &Who, id: &str, now: Timestamp) -> Result<Option<Grant>> {
        let found: Option<Grant> = self.get(keys::grant(who, id)).await?;
        Ok(found.filter(|grant| grant.expires_at > now))
    }

    /// Writes a grant in place of the version that it was read as. `Conflict` if that is no longer the current one.
    pub async fn save_grant(&self, grant: &Grant) -> Result<()> {
        let next = Grant { version: grant.version + 1, ..grant.clone() };
        let mut new = item(keys::grant(&grant.who, &grant.id), &next)?;
        expires(&mut new, grant.expires_at);
        self.transact(vec![self.write(new, Some(Condition::version(grant.version)))]).await
    }

    /// Ends a grant with every token of it.
    pub async fn revoke_grant(&self, who: &Who, id: &str) -> Result<()> {
        self.delete(keys::grant(who, id)).await
    }
}
