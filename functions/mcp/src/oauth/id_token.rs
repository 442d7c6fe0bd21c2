//! An ID token says who signed in, if the issuer's key signed it, for us, in answer to our request, and not too long
//! ago (`OpenID` Connect Core §3.1.3.7).

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use twin::identity::PersonName;

/// Subjects are ASCII and no longer.
const MAX_SUBJECT: usize = 255;

#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client: &'a str,
    /// That was sent; `None`: none was.
    pub nonce: Option<&'a str>,
}

/// Somebody as the issuer knows them.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    pub subject: String,
    pub verified_email: Option<String>,
    /// What the person knows the account by.
    pub name: Option<String>,
    pub full_name: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it is signed with a key that the issuer does not publish")]
    UnknownKey,
    #[error("its key is of a kind that is not accepted")]
    Key,
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("it answers another request")]
    Nonce,
    #[error("it is for somebody else as well")]
    Party,
    #[error("it names nobody")]
    Subject,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    nonce: Option<String>,
    aud: Value,
    azp: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    name: Option<String>,
}

pub fn verify(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Account, Fault> {
    let header = decode_header(token)?;
    let key = key(keys, header.kid.as_deref())?;
    let mut validation = Validation::new(algorithm(key)?);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    let claims = decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
    if claims.nonce.as_deref() != expected.nonce {
        return Err(Fault::Nonce);
    }
    let several = claims.aud.as_array().is_some_and(|audience| audience.len() > 1);
    if claims.azp.as_deref().map_or(several, |party| party != expected.client) {
        return Err(Fault::Party);
    }
    account(claims)
}

fn account(claims: Claims) -> Result<Account, Fault> {
    if claims.sub.is_empty() || claims.sub.len() > MAX_SUBJECT || !claims.sub.is_ascii() {
        return Err(Fault::Subject);
    }
    // LinkedIn says it in a string (logto-io/logto#6843).
    let is_verified = claims.email_verified.is_some_and(|said| said == Value::Bool(true) || said == "true");
    let name = claims.email.as_ref().or(claims.name.as_ref()).and_then(|name| PersonName::clean(name).ok());
    let full_name = claims.name.as_ref().and_then(|name| PersonName::clean(name).ok());
    let verified_email = claims.email.filter(|_| is_verified);
    Ok(Account { subject: claims.sub, verified_email, name, full_name })
}

/// The key that a token names; one that names none has to leave no choice.
fn key<'a>(keys: &'a JwkSet, id: Option<&str>) -> Result<&'a Jwk, Fault> {
    match (id, keys.keys.as_slice()) {
        (Some(id), _) => keys.find(id).ok_or(Fault::UnknownKey),
        (None, [only]) => Ok(only),
        (None, _) => Err(Fault::UnknownKey),
    }
}

/// The one algorithm that a key is for: what the token's header says is not asked.
fn algorithm(key: &Jwk) -> Result<Algorithm, Fault> {
    let is_for_signatures =
        key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    match &key.algorithm {
        AlgorithmParameters::RSA(_) if is_for_signatures => Ok(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if is_for_signatures && key.curve == EllipticCurve::P256 => {
            Ok(Algorithm::ES256)
        }
        _ => Err(Fault::Key),
    }
}
