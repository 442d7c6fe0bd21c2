//! Misbehaviour on demand, and what accounts may want. The default misbehaves nowhere.

use std::time::Duration;

use super::signature;

/// A key of the account's own.
pub const SHARED_KEY: &str = "a-shared-key";

/// How requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    #[default]
    Right,
    /// With [`SHARED_KEY`]: a rule of the account wants it.
    Shared,
    Missing,
    /// One character differs.
    Wrong,
    /// Right for another URL.
    OtherUrl,
    /// Right for another account's token.
    OtherToken,
}

/// How status callbacks arrive. All of them number `SequenceNumber` in the true order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Callbacks {
    #[default]
    InOrder,
    /// Each twice.
    Twice,
    /// Each twice, at the same moment.
    AtOnce,
    /// All at the end, the last first: a late `ringing` after `completed`.
    Reversed,
}

/// How a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    #[default]
    Once,
    Twice,
    Missing,
    /// `media` comes before it.
    AfterMedia,
}

/// How a stream ends when the caller hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stop {
    #[default]
    ThenClose,
    /// `stop`, and the socket stays open.
    WithoutClose,
    /// The socket closes without `stop`.
    Missing,
    /// The connection breaks: no `stop`, no close frame.
    Abrupt,
}

/// What becomes of somebody who is let into a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    #[default]
    Joined,
    /// They hang up before they are in it.
    NeverReached,
}

/// How a line comes in a conversation in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prompts {
    #[default]
    Whole,
    /// Word by word, each with those before it; the last is the whole.
    InParts,
}

/// Times of a stream are since its start.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Of webhooks and callbacks.
    pub signing: Signing,
    /// Of the WebSocket upgrade.
    pub stream_signing: Signing,
    /// `From` twice, the second time another number; correctly signed.
    pub from_twice: bool,
    /// One parameter swallows the next one; the signature stays valid.
    pub shifted: bool,
    pub callbacks: Callbacks,
    pub start: Start,
    pub stop: Stop,
    /// Marks dropped by `clear` come back this much later.
    pub late_cleared_marks: Duration,
    /// Every played mark comes back this much later.
    pub mark_delay: Duration,
    /// At this time, this many frames are not sent: a gap in `timestamp`.
    pub gaps: Vec<(Duration, u32)>,
    /// At this time one message of this many bytes (and a little more).
    pub oversize: Option<(Duration, usize)>,
    /// The first n frames carry a payload that is not base64.
    pub bad_payloads: u32,
    /// An unknown event is sent once a second.
    pub unknown_events: bool,
    /// Of a conversation in text.
    pub prompts: Prompts,
    /// So many messages of such a conversation are none, and come before the first.
    pub malformed_texts: u32,
    /// It breaks off without a word once so much was spoken.
    pub leaves_after: Option<usize>,
    pub room: Room,
    /// Behind the caller there is noise, all the time, so many decibels of full scale.
    pub noise: Option<f32>,
    /// At this time the caller stops reading for this long.
    pub slow_reader: Option<(Duration, Duration)>,
}

impl Signing {
    /// The signature of a request to `url` (with `params` for a form), or none.
    pub fn sign(self, token: &str, url: &str, params: &[(String, String)]) -> Option<String> {
        let sign = |token: &str, url: &str| signature::form(token, url, params);
        match self {
            Self::Right => Some(sign(token, url)),
            Self::Shared => Some(signature::shared(SHARED_KEY, url, params)),
            Self::Missing => None,
            Self::Wrong => Some(altered(&sign(token, url))),
            Self::OtherUrl => Some(sign(token, &format!("{url}-elsewhere"))),
            Self::OtherToken => Some(sign(&format!("{token}-of-another"), url)),
        }
    }

    /// What is said beside it.
    pub(super) fn settings(self) -> Option<&'static str> {
        (self == Self::Shared).then_some("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
    }
}

impl Faults {
    /// Spoils the parameters of a request as asked, before (`From` twice) it is signed.
    pub(super) fn before_signing(&self, params: &mut Vec<(String, String)>) {
        if self.from_twice {
            params.push(("From".to_owned(), "+15005550009".to_owned()));
        }
    }

    /// Spoils the parameters of a request as asked after it is signed: in sorted order, `CallStatus`
    /// swallows its neighbour.
    pub(super) fn after_signing(&self, params: &mut Vec<(String, String)>) {
        if !self.shifted {
            return;
        }
        params.sort();
        if let Some(at) = params.iter().position(|(name, _)| name == "CallStatus")
            && at + 1 < params.len()
        {
            let (name, value) = params.remove(at + 1);
            params[at].1 += &(name + &value);
        }
    }
}

fn altered(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    signature.chars().enumerate().map(|(index, c)| if index == 0 { first } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_parameters_keep_their_signature() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut params = vec![pair("To", "+1"), pair("CallStatus", "ringing"), pair("Called", "+1")];
        let signed = Signing::Right.sign("t", "u", &params);
        Faults { shifted: true, ..Faults::default() }.after_signing(&mut params);
        assert_eq!(params, [pair("CallStatus", "ringingCalled+1"), pair("To", "+1")]);
        assert_eq!(Signing::Right.sign("t", "u", &params), signed);
    }

    #[test]
    fn bad_signatures_differ_from_the_right_one() {
        let right = Signing::Right.sign("t", "u", &[]);
        for signing in [Signing::Missing, Signing::Wrong, Signing::OtherUrl, Signing::OtherToken] {
            assert_ne!(signing.sign("t", "u", &[]), right, "{signing:?}");
        }
    }
}
