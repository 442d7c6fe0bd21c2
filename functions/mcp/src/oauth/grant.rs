//! What a request makes of a grant: values in, values out. Only hashes of secrets come here.

use jiff::{SignedDuration, Timestamp};
use twin::store::oauth::{Access, Code, Grant, Resource, Scopes, Spent, Who};

use super::pkce;

pub const CODE_FOR: SignedDuration = SignedDuration::from_mins(5);
pub const ACCESS_FOR: SignedDuration = SignedDuration::from_hours(1);
pub const REFRESH_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So long a refresh token may be used again: the answer to its first use may have been lost.
pub const GRACE: SignedDuration = SignedDuration::from_mins(1);
/// How many answers may be lost within it.
const MAX_REFRESH: usize = 4;
/// Access tokens that are good at the same time; of more, the latest.
const MAX_ACCESS: usize = 8;

/// What becomes of a grant.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It goes on like this, and the new tokens are good for these scopes.
    Goes(Box<Grant>, Scopes),
    /// Nothing changes.
    Refused(Refusal),
    /// It ends: two have what only one should.
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The secret, or what it is bound to, is not right.
    Grant,
    /// It is for another resource.
    Target,
    /// More than was granted.
    Scope,
}

/// Hashes of the tokens that would be given out.
#[derive(Debug, Clone, Copy)]
pub struct Fresh<'a> {
    pub access: &'a str,
    pub refresh: &'a str,
    pub family: &'a str,
}

/// What a client shows with a code.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    pub hash: &'a str,
    pub client: &'a str,
    /// A client of OAuth 2.1 need not repeat it; if it does, it is the same.
    pub redirect_uri: Option<&'a str>,
    pub verifier: &'a str,
    pub resource: Option<Resource>,
}

/// What a client shows with a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    pub hash: &'a str,
    pub family: &'a str,
    pub client: &'a str,
    pub resource: Option<Resource>,
    pub scopes: Option<&'a Scopes>,
}

/// What somebody has just allowed: a code, and no token yet.
pub struct Consent<'a> {
    pub id: &'a str,
    pub who: &'a Who,
    pub client: &'a str,
    pub resource: Resource,
    pub scopes: &'a Scopes,
    pub code_hash: &'a str,
    pub redirect_uri: &'a str,
    pub challenge: &'a str,
}

pub fn begin(consent: &Consent<'_>, now: Timestamp) -> Grant {
    let expires_at = now + CODE_FOR;
    Grant {
        id: consent.id.to_owned(),
        who: consent.who.clone(),
        client: consent.client.to_owned(),
        resource: consent.resource,
        scopes: consent.scopes.clone(),
        code: Code {
            hash: consent.code_hash.to_owned(),
            redirect_uri: consent.redirect_uri.to_owned(),
            challenge: consent.challenge.to_owned(),
            expires_at,
            used: false,
        },
        family: None,
        refresh: Vec::new(),
        spent: None,
        access: Vec::new(),
        expires_at,
        version: 0,
    }
}

/// A code works once, for its client, and with the verifier of its challenge.
pub fn redeem(grant: &Grant, shown: &Redemption<'_>, fresh: Fresh<'_>, now: Timestamp) -> Decision {
    let code = &grant.code;
    if code.hash != shown.hash {
        return Decision::Refused(Refusal::Grant);
    }
    if code.used {
        return Decision::Ends;
    }
    let bound = grant.client == shown.client
        && shown.redirect_uri.is_none_or(|uri| uri == code.redirect_uri)
        && pkce::proves(shown.verifier, &code.challenge);
    if !bound || code.expires_at <= now || grant.expires_at <= now {
        return Decision::Refused(Refusal::Grant);
    }
    if shown.resource.is_some_and(|resource| resource != grant.resource) {
        return Decision::Refused(Refusal::Target);
    }
    let mut next = grant.clone();
    next.code.used = true;
    next.family = Some(fresh.family.to_owned());
    next.refresh = vec![fresh.refresh.to_owned()];
    let scopes = grant.scopes.clone();
    give(&mut next, fresh, &scopes, now);
    Decision::Goes(Box::new(next), scopes)
}

/// A refresh token works once. Its first use may be repeated for a moment; after that, it comes from a thief or a
/// thief was here before, and everything of the grant ends. One that was never given out ends nothing.
pub fn rotate(grant: &Grant, shown: &Rotation<'_>, fresh: Fresh<'_>, now: Timestamp) -> Decision {
    if grant.client != shown.client || !grant.code.used || grant.expires_at <= now {
        return Decision::Refused(Refusal::Grant);
    }
    if shown.resource.is_some_and(|resource| resource != grant.resource) {
        return Decision::Refused(Refusal::Target);
    }
    let scopes = shown.scopes.unwrap_or(&grant.scopes);
    if !scopes.is_within(&grant.scopes) || scopes.is_empty() {
        return Decision::Refused(Refusal::Scope);
    }
    let current = grant.refresh.iter().any(|hash| hash == shown.hash);
    let repeated = grant.spent.as_ref().is_some_and(|spent| spent.hash == shown.hash && spent.until > now);
    let mut next = grant.clone();
    match (current, repeated) {
        (true, _) => {
            next.refresh = vec![fresh.refresh.to_owned()];
            next.spent = Some(Spent { hash: shown.hash.to_owned(), until: now + GRACE });
        }
        (false, true) if grant.refresh.len() < MAX_REFRESH => next.refresh.push(fresh.refresh.to_owned()),
        (false, false) if grant.family.as_deref() == Some(shown.family) => return Decision::Ends,
        (false, _) => return Decision::Refused(Refusal::Grant),
    }
    give(&mut next, fresh, scopes, now);
    Decision::Goes(Box::new(next), scopes.clone())
}

/// What an access token allows now.
pub fn allowed(grant: &Grant, hash: &str, resource: Resource, now: Timestamp) -> Option<Scopes> {
    let access = grant.access.iter().find(|access| access.hash == hash)?;
    let good = access.expires_at > now && grant.expires_at > now && grant.resource == resource;
    good.then(|| access.scopes.clone())
}

/// Whether a token of this hash still is good for something.
pub fn holds(grant: &Grant, hash: &str) -> bool {
    grant.refresh.iter().any(|known| known == hash) || grant.access.iter().any(|access| access.hash == hash)
}

fn give(grant: &mut Grant, fresh: Fresh<'_>, scopes: &Scopes, now: Timestamp) {
    grant.access.retain(|access| access.expires_at > now);
    let expires_at = now + ACCESS_FOR;
    grant.access.push(Access { hash: fresh.access.to_owned(), scopes: scopes.clone(), expires_at });
    let surplus = grant.access.len().saturating_sub(MAX_ACCESS);
    grant.access.drain(..surplus);
    grant.expires_at = now + REFRESH_FOR;
}

#[cfg(test)]
mod tests;
