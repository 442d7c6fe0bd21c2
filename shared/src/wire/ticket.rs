//! What lets somebody in who was asked to come: signed here, good for a while, bound to one conversation.
//! `base64url(claims) . base64url(HMAC-SHA256)`.
//!
//! A [`Ticket`] lets a call onto the media relay, once, for a minute; it travels in the stream's path. A [`Pass`] lets
//! a browser act in the voice session that it was begun for. An [`Attendance`] has the relay take such a session over. A
//! [`Tap`] decides on one follow-up; a [`Leave`] ends mails.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::{
    id::{CallSid, FollowUpId, InteractionId, PersonId},
    identity::Assurance,
    routing::RouteKind,
    wire::trace::Trace,
};

/// How long after the webhook's answer a stream may begin.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(60);
const MAX_LENGTH: usize = 2048;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub call: CallSid,
    pub person: PersonId,
    pub interaction: InteractionId,
    pub route: RouteKind,
    pub level: Assurance,
    /// The owner was rung first, and did not take the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_taken: bool,
    /// They are first asked who they are, and for whom they call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub challenged: bool,
    /// Of the webhook: what follows from the call belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    pub expires: Timestamp,
}

/// What a browser shows in its voice session, with each request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub level: Assurance,
    pub expires: Timestamp,
}

/// With what the relay is asked to attend a browser's conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub level: Assurance,
    /// `rtc_…`, as the model's side names the call.
    pub call: String,
    /// Where they are, as their browser says: an IANA name.
    pub time_zone: Option<String>,
    pub began: Timestamp,
    /// Said first, where the server has it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    pub expires: Timestamp,
}

/// One tap in a mail to the owner: on this follow-up, as it was when the link was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tap {
    pub person: PersonId,
    pub follow_up: FollowUpId,
    pub fingerprint: String,
    pub expires: Timestamp,
}

/// In each mail to a person: no more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    pub person: PersonId,
    /// Of the address that the mail went to: no more there either, whoever else names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_hash: Option<String>,
    pub expires: Timestamp,
}

/// What is signed. One kind is never taken for another.
pub trait Claims: Serialize + DeserializeOwned {
    const PURPOSE: &'static [u8];
    fn expires(&self) -> Timestamp;
}

impl Claims for Ticket {
    const PURPOSE: &'static [u8] = b"omnitwin media ticket v1\0";

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Claims for Pass {
    const PURPOSE: &'static [u8] = b"omnitwin voice pass v1\0";

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Claims for Attendance {
    const PURPOSE: &'static [u8] = b"omnitwin attendance v1\0";

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Claims for Tap {
    const PURPOSE: &'static [u8] = b"omnitwin follow-up tap v1\0";

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Claims for Leave {
    const PURPOSE: &'static [u8] = b"omnitwin no more mails v1\0";

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    #[error("the ticket is not one of ours")]
    Invalid,
    #[error("the ticket has expired")]
    Expired,
}

/// Signs and verifies with a secret that webhook and relay share.
#[derive(Clone)]
pub struct TicketKey(Vec<u8>);

impl TicketKey {
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    pub fn sign<T: Claims>(&self, ticket: &T) -> Result<String, serde_json::Error> {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(ticket)?);
        let mac = URL_SAFE_NO_PAD.encode(self.mac(T::PURPOSE, &claims).finalize().into_bytes());
        Ok(format!("{claims}.{mac}"))
    }

    pub fn verify<T: Claims>(&self, text: &str, now: Timestamp) -> Result<T, TicketError> {
        if text.len() > MAX_LENGTH {
            return Err(TicketError::Invalid);
        }
        let (claims, mac) = text.split_once('.').ok_or(TicketError::Invalid)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| TicketError::Invalid)?;
        self.mac(T::PURPOSE, claims).verify_slice(&mac).map_err(|_| TicketError::Invalid)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TicketError::Invalid)?;
        let ticket: T = serde_json::from_slice(&claims).map_err(|_| TicketError::Invalid)?;
        if ticket.expires() <= now { Err(TicketError::Expired) } else { Ok(ticket) }
    }

    #[allow(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn mac(&self, purpose: &[u8], claims: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(purpose);
        mac.update(claims.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            call: "CA0123456789abcdef0123456789abcdef".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            interaction: "int_1".parse().unwrap(),
            route: RouteKind::Recruiter,
            level: Assurance::Claimed,
            not_taken: false,
            challenged: false,
            trace: Trace::read("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
            expires: Timestamp::from_second(1000).unwrap(),
        }
    }

    #[test]
    fn holds_for_its_time() {
        let key = TicketKey::new("secret");
        let text = key.sign(&ticket()).unwrap();
        assert_eq!(key.verify(&text, Timestamp::from_second(999).unwrap()), Ok(ticket()));
        assert_eq!(
            key.verify::<Ticket>(&text, Timestamp::from_second(1000).unwrap()),
            Err(TicketError::Expired)
        );
    }

    #[test]
    fn a_ticket_is_no_pass() {
        let (key, now) = (TicketKey::new("secret"), Timestamp::from_second(1).unwrap());
        let Ticket { person, interaction, level, expires, .. } = ticket();
        let pass = Pass { person, interaction, level, expires };
        let text = key.sign(&pass).unwrap();
        assert_eq!(key.verify::<Ticket>(&text, now), Err(TicketError::Invalid));
        assert_eq!(key.verify::<Pass>(&key.sign(&ticket()).unwrap(), now), Err(TicketError::Invalid));
        assert_eq!(key.verify(&text, now), Ok(pass));
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let key = TicketKey::new("secret");
        let text = key.sign(&ticket()).unwrap();
        let now = Timestamp::from_second(1).unwrap();
        for i in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(key.verify::<Ticket>(&changed, now), Err(TicketError::Invalid), "byte {i}");
        }
        assert_eq!(TicketKey::new("other").verify::<Ticket>(&text, now), Err(TicketError::Invalid));
        assert_eq!(key.verify::<Ticket>("", now), Err(TicketError::Invalid));
        assert_eq!(key.verify::<Ticket>(&"a".repeat(2000), now), Err(TicketError::Invalid));
    }
}
