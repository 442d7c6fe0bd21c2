//! What the twin does after a conversation. Planning is pure; an effect has a stored intent before it and a
//! stored outcome after it.

mod invitation;
pub mod mail;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::Contact,
    id::{FollowUpId, HandoffId, InteractionId, PersonId},
    identity::Email,
    interaction::{Action, Analysis, Channel, Interaction, Wish},
    memory::{Fact, PASS_ON, SEND_LINK},
    persona::{FollowUpPolicy, Persona},
    policy::{Right, Standing},
    scheduling::Booking,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// Derived from interaction and kind: planning twice plans the same follow-up.
    pub id: FollowUpId,
    pub person: PersonId,
    pub interaction: InteractionId,
    pub content: Content,
    pub state: State,
    /// Why it was planned, in words for the owner.
    pub reason: String,
    pub planned_at: Timestamp,
    pub updated_at: Timestamp,
    /// What SES or Twilio called it, once accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// Why it failed, in words for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The owner's word, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Word>,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Content {
    /// To the person: thanks, what was talked about, what happens next.
    SummaryEmail {
        to: Email,
        /// How they got in touch.
        #[serde(default = "by_phone")]
        channel: Channel,
        /// Why they got in touch, and what they asked: their own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<String>,
        #[serde(default)]
        questions: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<Meeting>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff: Option<HandoffId>,
        /// What the owner adds, in their own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// To the person: a meeting for their calendar, as it stands now.
    Invitation { to: Email, booking: Box<Booking> },
    /// To the owner: what somebody asked to be passed on.
    OwnerNotification { message: String },
    /// To the owner: what they meant to do about somebody.
    TaskReminder {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
}

/// Before there were others.
fn by_phone() -> Channel {
    Channel::Phone
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meeting {
    pub topic: String,
    pub preferred_times: Vec<String>,
    pub duration_minutes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Planned,
    AwaitingApproval,
    Approved,
    /// The intent is stored; whether it left is not known yet.
    Sending,
    Sent,
    Failed,
    Cancelled,
    /// It may have left. It is not sent again without a person's word.
    Unknown,
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
        let id = FollowUpId::derived(&format!("{}-{key}", interaction.id.suffix())).ok()?;
        Some(Self {
            id,
            person: interaction.person.clone(),
            interaction: interaction.id.clone(),
            content,
            state,
            reason,
            planned_at: now,
            updated_at: now,
            provider_id: None,
            problem: None,
            decided: None,
            settled_at: None,
        })
    }
}

impl FollowUp {
    /// It turns to the person, not to the owner.
    pub fn is_to_person(&self) -> bool {
        matches!(self.content, Content::SummaryEmail { .. } | Content::Invitation { .. })
    }
}

impl State {
    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Cancelled | Self::Unknown)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::AwaitingApproval => "awaiting approval",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown: it may have been sent",
        }
    }
}

impl Content {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SummaryEmail { .. } => "summary-email",
            Self::Invitation { .. } => "invitation",
            Self::OwnerNotification { .. } => "owner-notification",
            Self::TaskReminder { .. } => "task-reminder",
        }
    }

    /// Whether a promise is kept once this is sent.
    pub fn keeps(&self, promise: &Fact) -> bool {
        match self {
            Self::SummaryEmail { handoff, .. } => handoff.is_some() && promise.value == SEND_LINK,
            Self::OwnerNotification { .. } => promise.value.starts_with(PASS_ON),
            Self::Invitation { .. } | Self::TaskReminder { .. } => false,
        }
    }
}

/// What follows from a conversation: interaction, what was done in it, and the brain's reading of it.
pub fn plan(
    persona: &Persona,
    contact: &Contact,
    interaction: &Interaction,
    actions: &[Action],
    analysis: &Analysis,
    now: Timestamp,
) -> Vec<FollowUp> {
    let make = |content: Content, state: State, reason: String| {
        FollowUp::new(interaction, content.kind(), content, state, reason, now)
    };
    let mut planned = Vec::new();
    let messages: Vec<String> = actions.iter().filter_map(for_the_owner).collect();
    if !messages.is_empty() {
        let content = Content::OwnerNotification { message: messages.join("\n") };
        planned.extend(make(content, State::Approved, "they left a message for you".to_owned()));
    }
    if let Some(content) = summary_email(contact, interaction, actions, analysis) {
        let standing = Standing::new(interaction.channel, interaction.level);
        let confirmed = contact.contact_methods.email_confirmed && standing.allows(Right::MailUnasked);
        let state = match persona.follow_up_policy {
            FollowUpPolicy::AutomaticToConfirmed if confirmed => State::Approved,
            _ => State::AwaitingApproval,
        };
        planned.extend(make(content, state, reason(actions)));
    }
    planned
}

/// What the owner is told at once.
fn for_the_owner(action: &Action) -> Option<String> {
    match action {
        Action::MessageTaken { message } => Some(message.clone()),
        Action::CallbackRequested { phone, when, .. } => {
            let when = when.as_ref().map(|when| format!(" ({when})")).unwrap_or_default();
            Some(format!("They ask to be called back on {}{when}.", phone.written()))
        }
        Action::PrivacyRequested { wish: Wish::Erasure } => {
            Some("They ask that all that is kept of them be erased.".to_owned())
        }
        Action::PrivacyRequested { wish: Wish::Export } => {
            Some("They ask for a copy of all that is kept of them.".to_owned())
        }
        Action::ContactStopped => {
            Some("They do not want to be called, mailed or texted any more.".to_owned())
        }
        _ => None,
    }
}

fn summary_email(
    contact: &Contact,
    interaction: &Interaction,
    actions: &[Action],
    analysis: &Analysis,
) -> Option<Content> {
    let to = contact.contact_methods.email.clone().filter(|_| analysis.follow_up_required)?;
    let meeting = actions.iter().rev().find_map(|action| match action {
        Action::MeetingProposed { topic, preferred_times, duration_minutes } => Some(Meeting {
            topic: topic.clone(),
            preferred_times: preferred_times.clone(),
            duration_minutes: *duration_minutes,
        }),
        _ => None,
    });
    let wants_link = actions.iter().any(|action| matches!(action, Action::HandoffRequested { .. }));
    let suffix = interaction.id.suffix();
    let handoff = wants_link.then(|| HandoffId::derived(suffix).ok()).flatten();
    let questions = actions
        .iter()
        .filter_map(|action| match action {
            Action::QuestionAnswered { question, .. } | Action::QuestionUnanswered { question } => {
                Some(question.clone())
            }
            _ => None,
        })
        .collect();
    Some(Content::SummaryEmail {
        to,
        channel: interaction.channel,
        quote: analysis.quote.clone(),
        questions,
        meeting,
        handoff,
        note: None,
    })
}

fn reason(actions: &[Action]) -> String {
    let mut reasons: Vec<&str> = actions
        .iter()
        .filter_map(|action| match action {
            Action::MeetingProposed { .. } => Some("they proposed a time to meet"),
            Action::HandoffRequested { channel: Channel::Chat } => Some("they asked for a link to the chat"),
            Action::HandoffRequested { .. } => Some("they asked to continue on another channel"),
            _ => None,
        })
        .collect();
    reasons.dedup();
    if reasons.is_empty() { "they left their address".to_owned() } else { reasons.join("; ") }
}
