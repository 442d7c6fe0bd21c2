//! What a client is given: `access.owner.<grant>.<secret>`. It names the grant; the secret is 256 random bits.
//!
//! Refresh tokens of one grant follow from each other: their secrets begin with the same 128 random bits, the family,
//! which only those know who have had one of them.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use twin::{handoff::hash, store::oauth::Who};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Code,
    Access,
    Refresh,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// `Debug` is not derived: a secret is not for printing.
pub struct Token {
    kind: Kind,
    pub who: Who,
    pub grant: String,
    secret: String,
}

/// Lengths in base64url of 128 and 256 bits.
const GRANT: usize = 22;
const FAMILY: usize = 22;
const SECRET: usize = 43;

impl Token {
    pub fn new(kind: Kind, who: Who, grant: String) -> Self {
        let family = if kind == Kind::Refresh { name() } else { String::new() };
        Self { kind, who, grant, secret: family + &secret() }
    }

    /// The refresh token that comes after this token of a grant.
    pub fn next(&self) -> Self {
        let family = if self.kind == Kind::Refresh { self.family().to_owned() } else { name() };
        Self {
            kind: Kind::Refresh,
            who: self.who.clone(),
            grant: self.grant.clone(),
            secret: family + &secret(),
        }
    }

    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let (named, who, grant, secret) = (next()?, next()?, next()?, next()?);
        let length = if kind == Kind::Refresh { FAMILY + SECRET } else { SECRET };
        let whole = next().is_none()
            && named == kind.as_str()
            && is_random(grant, GRANT)
            && is_random(secret, length);
        let who = who.parse().ok().filter(|_| whole)?;
        Some(Self { kind, who, grant: grant.to_owned(), secret: secret.to_owned() })
    }

    /// What is stored of it.
    pub fn hash(&self) -> String {
        hash(&self.secret)
    }

    /// What is stored of the family of a refresh token.
    pub fn family_hash(&self) -> String {
        hash(self.family())
    }

    fn family(&self) -> &str {
        self.secret.get(..FAMILY).unwrap_or_default()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, who, grant, secret } = self;
        write!(f, "{}.{who}.{grant}.{secret}", kind.as_str())
    }
}

/// 256 random bits.
pub fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn is_secret(text: &str) -> bool {
    is_random(text, SECRET)
}

/// 128 random bits: a name that is not guessed.
pub fn name() -> String {
    let bytes: [u8; 16] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn is_random(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_what_it_is_and_nothing_else() {
        let person = Who::Person("per_01J0000000000000000000000A".parse().unwrap());
        for who in [Who::Owner, person] {
            let token = Token::new(Kind::Refresh, who, name());
            let read = Token::parse(Kind::Refresh, &token.to_string()).unwrap();
            assert_eq!((&read.who, &read.grant, read.hash()), (&token.who, &token.grant, token.hash()));
            assert!(Token::parse(Kind::Access, &token.to_string()).is_none());
            assert!(Token::parse(Kind::Code, &token.to_string()).is_none());
        }
    }

    #[test]
    fn refresh_tokens_that_follow_each_other_are_a_family() {
        let code = Token::new(Kind::Code, Who::Owner, name());
        let first = code.next();
        let second = Token::parse(Kind::Refresh, &first.to_string()).unwrap().next();
        assert_eq!((&first.grant, first.family_hash()), (&second.grant, second.family_hash()));
        assert_ne!(first.hash(), second.hash());
        assert_ne!(code.next().family_hash(), first.family_hash());
    }

    #[test]
    fn what_is_no_token_is_none() {
        let whole = Token::new(Kind::Access, Who::Owner, name()).to_string();
        let short = &whole[..whole.len() - 1];
        for text in [
            short,
            &format!("{whole}A"),
            &format!("{whole}.A"),
            &whole.replace("owner", "per_#"),
            "access...",
            "",
            ".",
        ] {
            assert!(Token::parse(Kind::Access, text).is_none(), "{text}");
        }
    }

    #[test]
    fn secrets_are_256_random_bits() {
        let some: std::collections::BTreeSet<String> = (0..100).map(|_| secret()).collect();
        assert_eq!(some.len(), 100);
        assert!(
            some.iter()
                .all(|secret| is_secret(secret) && URL_SAFE_NO_PAD.decode(secret).unwrap().len() == 32)
        );
    }
}
