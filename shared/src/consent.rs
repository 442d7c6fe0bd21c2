//! What a person was told and agreed to: records that are only ever added. The latest about a matter counts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::InteractionId,
    interaction::{Action, Channel},
    recording::Step,
};

/// The rules that a record was made under: raised when what people are told changes.
pub const POLICY: u32 = 1;
/// Characters of the words that are kept.
const MAX_QUOTE: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// They were told that an AI speaks.
    AiDisclosure,
    Recording,
    OutboundCalls,
    Mails,
    TextMessages,
}

impl Matter {
    /// Ways in which we would turn to somebody.
    pub const CONTACT: [Self; 3] = [Self::OutboundCalls, Self::Mails, Self::TextMessages];

    pub fn name(self) -> &'static str {
        match self {
            Self::AiDisclosure => "ai_disclosure",
            Self::Recording => "recording",
            Self::OutboundCalls => "outbound_calls",
            Self::Mails => "mails",
            Self::TextMessages => "text_messages",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// In a conversation.
    Person,
    /// The owner, who was told elsewhere.
    Owner,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    pub matter: Matter,
    /// `false`: they do not want it, or not any more.
    pub given: bool,
    pub by: By,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
    /// The words that were said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    pub policy: u32,
}

impl Consent {
    /// Given or withdrawn in a conversation.
    pub fn said(
        matter: Matter,
        given: bool,
        interaction: &InteractionId,
        channel: Channel,
        quote: Option<&str>,
        at: Timestamp,
    ) -> Self {
        Self {
            matter,
            given,
            by: By::Person,
            at,
            channel: Some(channel),
            interaction: Some(interaction.clone()),
            quote: quote.map(cut),
            policy: POLICY,
        }
    }

    /// Withdrawn by a link in a mail.
    pub fn left(matter: Matter, at: Timestamp) -> Self {
        let quote = Some("No more mails, please".to_owned());
        Self {
            matter,
            given: false,
            by: By::Person,
            at,
            channel: None,
            interaction: None,
            quote,
            policy: POLICY,
        }
    }

    /// It was said by a link in a mail.
    pub fn is_by_link(&self) -> bool {
        self.by == By::Person && self.channel.is_none()
    }

    /// Answered to a text message: `STOP`, or `START`.
    pub fn texted(given: bool, word: &str, at: Timestamp) -> Self {
        Self { given, quote: Some(cut(word)), ..Self::left(Matter::TextMessages, at) }
    }

    /// The owner notes what they were told.
    pub fn noted(matter: Matter, given: bool, quote: Option<&str>, at: Timestamp) -> Self {
        let quote = quote.map(cut);
        Self { matter, given, by: By::Owner, at, channel: None, interaction: None, quote, policy: POLICY }
    }
}

fn cut(quote: &str) -> String {
    quote.trim().chars().take(MAX_QUOTE).collect()
}

/// What follows from something that was done in a conversation: matters, and whether they were given.
pub fn of_action(action: &Action, has_address: bool) -> Vec<(Matter, bool)> {
    match action {
        Action::ContactSaved { confirmed: true } if has_address => vec![(Matter::Mails, true)],
        Action::CallbackRequested { .. } => vec![(Matter::OutboundCalls, true)],
        Action::HandoffRequested { text_to: Some(_), .. } => vec![(Matter::TextMessages, true)],
        Action::Recording { step: Step::Agreed } => vec![(Matter::Recording, true)],
        Action::Recording { step: Step::Refused } => vec![(Matter::Recording, false)],
        Action::VoicemailLeft { .. } => vec![(Matter::Recording, true)],
        Action::ContactStopped => Matter::CONTACT.map(|matter| (matter, false)).to_vec(),
        _ => Vec::new(),
    }
}

/// What counts about a matter; none if nothing was ever said of it. At the same moment a withdrawal counts.
pub fn standing(records: &[Consent], matter: Matter) -> Option<&Consent> {
    let of_matter = records.iter().filter(|record| record.matter == matter);
    of_matter.max_by_key(|record| (record.at, !record.given))
}

/// Whether it was agreed to.
pub fn stands(records: &[Consent], matter: Matter) -> Option<bool> {
    standing(records, matter).map(|record| record.given)
}

/// They do not want to hear from us in this way.
pub fn is_withdrawn(records: &[Consent], matter: Matter) -> bool {
    stands(records, matter) == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64, matter: Matter, given: bool) -> Consent {
        Consent::noted(matter, given, None, Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn the_latest_record_counts_in_whatever_order_they_come() {
        let mut records =
            vec![at(1, Matter::Mails, true), at(3, Matter::Mails, false), at(2, Matter::Mails, true)];
        assert!(is_withdrawn(&records, Matter::Mails));
        assert_eq!(stands(&records, Matter::OutboundCalls), None);
        records.push(at(4, Matter::Mails, true));
        assert_eq!(stands(&records, Matter::Mails), Some(true));
        records.push(at(4, Matter::Mails, false));
        assert!(is_withdrawn(&records, Matter::Mails), "at the same moment no is no");
        assert!(!is_withdrawn(&records, Matter::TextMessages));
    }

    #[test]
    fn what_is_done_in_a_conversation_says_what_was_agreed_to() {
        let saved = Action::ContactSaved { confirmed: true };
        assert_eq!(of_action(&saved, true), [(Matter::Mails, true)]);
        assert_eq!(of_action(&saved, false), [], "a name alone is no address");
        assert_eq!(of_action(&Action::ContactSaved { confirmed: false }, true), []);
        let stopped = of_action(&Action::ContactStopped, true);
        assert_eq!(stopped.len(), Matter::CONTACT.len());
        assert!(stopped.iter().all(|(_, given)| !given));
    }
}
