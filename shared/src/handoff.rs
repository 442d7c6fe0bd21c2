//! A conversation that goes on elsewhere: a link that works once, for a while, for one person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    id::{HandoffId, InteractionId, PersonId},
    identity::Assurance,
    interaction::Channel,
};

/// How long a link that was e-mailed works.
pub const EMAILED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long one works that was shown.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(15);

/// How long one works that was texted: it is read at once, and lies open on a screen.
pub const TEXTED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// How long a code works that was told.
pub const SPOKEN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Digits of such a code.
const SPOKEN: usize = 9;
const ALL_SPOKEN: u64 = 1_000_000_000;

/// What is stored of a handoff: never the secret itself, only its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    pub id: HandoffId,
    pub person: PersonId,
    pub from: InteractionId,
    pub to: Channel,
    /// How far whoever opens the link is trusted: what was mailed to a known address proves the address, what was
    /// shown in a conversation proves no more than the conversation did.
    pub level: Assurance,
    /// Base64 of the SHA-256 of the secret in the link.
    pub secret_hash: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// In which conversation somebody goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenUp {
    pub person: PersonId,
    pub interaction: InteractionId,
}

/// The secret of a link: 160 random bits, shown once.
pub struct Secret(String);

impl Secret {
    pub fn generate() -> Self {
        use base64::Engine as _;
        let bytes: [u8; 20] = rand::random();
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// One that can be told: nine digits.
    pub fn spoken() -> Self {
        Self(format!("{:0SPOKEN$}", rand::random_range(0..ALL_SPOKEN)))
    }

    /// As it is read: `421 337 008`.
    pub fn written(&self) -> String {
        let digits: Vec<char> = self.0.chars().collect();
        digits.chunks(3).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }

    /// The one secret that belongs to a name, for whoever has the key: the same each time.
    pub fn derived(key: &[u8], name: &str) -> Self {
        use base64::Engine as _;
        use hmac::{KeyInit as _, Mac as _};
        // HMAC takes keys of any length.
        let mac = hmac::Hmac::<Sha256>::new_from_slice(key)
            .map(|mac| mac.chain_update(name).finalize().into_bytes());
        let bytes = mac.map_or_else(|_| rand::random::<[u8; 32]>().to_vec(), |bytes| bytes.to_vec());
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What somebody holds, if it has the form of what we generate.
    pub fn held(text: &str) -> Option<Self> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 20).then(|| Self(text.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl Channel {
    /// The page that takes a link's secret, from the deployment's address on.
    pub fn handed_over_at(self, secret: &Secret) -> String {
        let page = if self == Self::Voice { "voice" } else { "chat" };
        format!("/{page}?session={}", secret.reveal())
    }
}

/// The digits of a code that was told, however they are grouped.
pub fn spoken(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | ',')).collect();
    let right = digits.len() == SPOKEN && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then_some(digits)
}

pub fn hash(secret: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_was_written() {
        for _ in 0..100 {
            let secret = Secret::spoken();
            assert_eq!(secret.written().len(), 11);
            assert_eq!(spoken(&secret.written()).as_deref(), Some(secret.reveal()));
        }
        assert_eq!(spoken("421-337-008").as_deref(), Some("421337008"));
        for wrong in ["", "421337", "421 337 0080", "421 337 00a", "４２１337008"] {
            assert_eq!(spoken(wrong), None, "{wrong}");
        }
    }
}
