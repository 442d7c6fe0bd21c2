//! What the twin does after a conversation. Planning is pure; an effect has a stored intent before it and a
//! stored outcome after it.

mod content;
mod invitation;
pub mod settings;
pub mod due;
mod plan;
mod again;
pub mod mail;
pub mod feedback;
pub mod reply;
pub mod digest;

pub use self::{
    again::{Follows, follows},
    content::{Content, Edited, Kind, Links, Medium, Meeting, News},
    plan::{Basis, Plan, plan},
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::RelationshipKind,
    id::{FollowUpId, InteractionId, PersonId},
    interaction::{Channel, Interaction},
};

/// Tells the word of a danger from other follow-ups of its conversation.
pub const EMERGENCY: &str = "emergency";
/// The same as a text message.
pub const EMERGENCY_TEXT: &str = "emergency-text";
/// What stands where the owner was told something, once the transcript that it is of is over.
pub const WORDS_OVER: &str = "What was said is not kept any more.";
/// What nobody decides on in this time is not done.
const UNDECIDED_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// Its idempotency key: derived from interaction and kind, so planning twice plans the same follow-up.
    pub id: FollowUpId,
    pub person: PersonId,
    pub interaction: InteractionId,
    /// Of the conversation, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// With whom that was, as it was read.
    #[serde(default)]
    pub relationship: RelationshipKind,
    pub content: Content,
    pub state: State,
    /// Why it was planned, in words for the owner.
    pub reason: String,
    /// What they said that it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What the owner wrote in place of the mail that would be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Edited>,
    /// It is not carried out before; at once if there is no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How often it was tried without its leaving.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    pub planned_at: Timestamp,
    pub updated_at: Timestamp,
    /// What SES or Twilio called it, once accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Answers to it come to the twin, at an address of their own.
    // None: not sent, or sent before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub receives_answers: Option<bool>,
    /// Why it failed, in words for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The owner's word, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Word>,
    /// The hash of what was approved, as it reads: what would read otherwise is shown anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// When it first came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    AsIs,
    /// Approved with something of the owner's own.
    Edited,
    Rejected,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Planned,
    AwaitingApproval,
    Approved,
    /// The intent is stored; whether it left is not known yet.
    Sending,
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// The recipient's server refused it for good.
    Bounced,
    /// The recipient called it spam.
    Complained,
    Failed,
    Cancelled,
    /// It may have left. It is not sent again without a person's word.
    Unknown,
    /// It was tried often enough; nothing left.
    Dead,
}

impl FollowUp {
    /// One of an interaction, told apart from its others by `key`: the same key is the same follow-up.
    pub fn new(
        interaction: &Interaction,
        key: &str,
        content: Content,
        state: State,
        reason: String,
        now: Timestamp,
    ) -> Option<Self> {
        let of = (interaction.person.clone(), interaction.id.clone());
        let planned = Self::of(of, key, content, state, reason, now)?;
        let relationship = interaction.relationship();
        Some(Self { channel: Some(interaction.channel), relationship, ..planned })
    }

    /// The id of the one of an interaction that is told apart by `key`: all of an interaction begin alike.
    pub fn id_of(interaction: &InteractionId, key: &str) -> Option<FollowUpId> {
        FollowUpId::derived(&format!("{}-{key}", interaction.suffix())).ok()
    }

    /// One about somebody, and of a conversation or what stands for one.
    pub fn of(
        (person, interaction): (PersonId, InteractionId),
        key: &str,
        content: Content,
        state: State,
        reason: String,
        now: Timestamp,
    ) -> Option<Self> {
        Some(Self {
            id: Self::id_of(&interaction, key)?,
            person,
            interaction,
            channel: None,
            relationship: RelationshipKind::Unknown,
            content,
            state,
            reason,
            quote: None,
            edited: None,
            due_at: None,
            attempts: 0,
            planned_at: now,
            updated_at: now,
            provider_id: None,
            receives_answers: None,
            problem: None,
            decided: None,
            approved: None,
            settled_at: None,
        })
    }

    /// What tells it apart from others of its interaction.
    pub fn key(&self) -> &str {
        let key = self.id.suffix().strip_prefix(self.interaction.suffix());
        key.and_then(|key| key.strip_prefix('-')).unwrap_or(self.content.kind().key())
    }

    /// It reaches the owner at any hour: somebody may be in danger, or the owner chose when.
    pub fn is_for_any_hour(&self) -> bool {
        match self.content {
            Content::Digest { .. } => true,
            _ => self.content.medium() == Medium::Owner && [EMERGENCY, EMERGENCY_TEXT].contains(&self.key()),
        }
    }

    /// It turns to the person, not to the owner.
    pub fn is_to_person(&self) -> bool {
        self.content.medium() != Medium::Owner
    }

    /// Whether it has words of what was said, which end with their transcript.
    pub fn has_words(&self) -> bool {
        self.quote.is_some()
            || match &self.content {
                Content::SummaryEmail { quote, questions, .. } => quote.is_some() || !questions.is_empty(),
                Content::OwnerNotification { message, .. } => message != WORDS_OVER,
                Content::Proposal { proposal, .. } => proposal.has_words(),
                _ => false,
            }
    }

    /// Nobody sends it, unless the owner says so.
    pub fn is_over(&self) -> bool {
        self.state.is_final() || self.state == State::Dead
    }

    /// What waits for the owner's word waits until then.
    pub fn undecided_until(&self) -> Timestamp {
        self.updated_at + UNDECIDED_FOR
    }

    /// The owner has said yes to it.
    pub fn has_yes(&self) -> bool {
        matches!(self.decided, Some(Word::AsIs | Word::Edited))
    }

    /// Whether its time has come; what has none is due at once.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_none_or(|due| due <= now)
    }
}

impl State {
    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Sent
                | Self::Delivered
                | Self::Bounced
                | Self::Complained
                | Self::Failed
                | Self::Cancelled
                | Self::Unknown
        )
    }

    /// It left the house, or may have.
    pub fn has_left(self) -> bool {
        matches!(
            self,
            Self::Sending | Self::Sent | Self::Delivered | Self::Bounced | Self::Complained | Self::Unknown
        )
    }

    /// Nobody was stopped from getting it.
    pub fn was_sent(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered)
    }

    /// For the owner.
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::AwaitingApproval => "awaiting approval",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced: it could not be delivered",
            Self::Complained => "called spam by whoever got it",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown: it may have been sent",
            Self::Dead => "given up: it was not sent",
        }
    }
}
