//! What the twin does after a conversation. Planning is pure; an effect has a stored intent before it and a
//! stored outcome after it.

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
    plan::{Basis, Plan, plan},
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    consent::Matter,
    id::{FollowUpId, HandoffId, InteractionId, PersonId},
    identity::{Email, Phone},
    interaction::{Action, Channel, Interaction},
    memory::{Fact, PASS_ON, SEND_LINK},
    proposal::Proposal,
    scheduling::Booking,
    talk::feedback::Feedback,
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
        /// What their questions were answered from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<Meeting>,
        /// Times at which the owner is free.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slots: Vec<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff: Option<HandoffId>,
        #[serde(default)]
        links: Links,
        /// What the owner adds, in their own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// How their rehearsal of an interview went.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rehearsed: Option<Box<Feedback>>,
        /// The link leads to a copy of all that is kept of them: nothing else is in the mail.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        copy: bool,
    },
    /// To the person: a meeting for their calendar, as it stands now.
    Invitation { to: Email, booking: Box<Booking> },
    /// To the person, who called and said nothing: how else to reach us.
    MissedCallEmail { to: Email },
    /// The same as a text message.
    MissedCallText { to: Phone },
    /// To the person, who asked for it: the link with which the conversation goes on in the chat, as a text message.
    HandoffText {
        to: Phone,
        handoff: HandoffId,
        /// A short code instead, for an app, the chat or the phone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        code: bool,
    },
    /// To the person, who did not answer to an earlier mail.
    Nudge {
        to: Email,
        about: FollowUpId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        #[serde(default)]
        links: Links,
    },
    /// To the person: what the owner would do for them, and for how much. It always waits for the owner's word.
    Proposal {
        to: Email,
        proposal: Box<Proposal>,
        /// The hash of the document that is attached: the word is for these bytes.
        document: String,
    },
    /// To the owner: whom to connect with, and what to write. LinkedIn lets nobody else do it.
    LinkedinSuggestion {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        note: String,
    },
    /// To the owner: what happened since, and what waits for them.
    Digest { since: Timestamp },
    /// To the owner: what somebody asked to be passed on, or what else they have to know of them.
    OwnerNotification {
        #[serde(default, skip_serializing_if = "News::is_message")]
        news: News,
        message: String,
        /// What of theirs waits for the owner's word: the mail leads there, and has its document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<FollowUpId>,
    },
    /// To the owner, as a text message: that there is something for them to see to at once; what it is, a mail says.
    OwnerText { to: Phone, message: String },
    /// To the owner: a meeting in their calendar, as it stands now.
    MeetingNotification { booking: Box<Booking> },
    /// To the owner: what they meant to do about somebody.
    TaskReminder {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
}

/// What the owner is told of, in a mail whose subject says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// They asked for something to be passed on.
    #[default]
    Message,
    Voicemail,
    /// Somebody may be in danger.
    Danger,
    /// The owner wants to know of what is important.
    Important,
    /// They wrote back.
    Answer,
    /// What went to them did not arrive, or was called spam.
    Undelivered,
    /// Calls did not reach them.
    Unreached,
    /// They want something, and no mail can be sent to them.
    NoAddress,
    /// The owner rehearsed an interview.
    Rehearsal,
}

/// A mail in the owner's words: plain text, a blank line between paragraphs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edited {
    pub subject: String,
    pub body: String,
}

/// What a [`Content`] is, without what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    SummaryEmail,
    Invitation,
    MissedCallEmail,
    MissedCallText,
    HandoffText,
    Nudge,
    Proposal,
    LinkedinSuggestion,
    OwnerNotification,
    OwnerText,
    MeetingNotification,
    TaskReminder,
    Digest,
}

/// On which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Mail,
    Text,
    /// To the owner, by mail or as a text: nothing leaves the house.
    Owner,
}

/// Pages that a mail leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Links {
    /// The owner's résumé.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    /// The owner's profile at LinkedIn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// Where a time is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
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
        Some(Self { channel: Some(interaction.channel), ..planned })
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

impl News {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    fn is_message(&self) -> bool {
        *self == Self::Message
    }
}

impl Content {
    /// To the owner, at a time that needs no word of theirs.
    pub fn news(news: News, message: String) -> Self {
        Self::OwnerNotification { news, message, about: None }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::SummaryEmail { .. } => Kind::SummaryEmail,
            Self::Invitation { .. } => Kind::Invitation,
            Self::MissedCallEmail { .. } => Kind::MissedCallEmail,
            Self::MissedCallText { .. } => Kind::MissedCallText,
            Self::HandoffText { .. } => Kind::HandoffText,
            Self::Nudge { .. } => Kind::Nudge,
            Self::Proposal { .. } => Kind::Proposal,
            Self::LinkedinSuggestion { .. } => Kind::LinkedinSuggestion,
            Self::OwnerNotification { .. } => Kind::OwnerNotification,
            Self::OwnerText { .. } => Kind::OwnerText,
            Self::MeetingNotification { .. } => Kind::MeetingNotification,
            Self::TaskReminder { .. } => Kind::TaskReminder,
            Self::Digest { .. } => Kind::Digest,
        }
    }

    /// The address that it is mailed to, if it is mailed to a person.
    pub fn to(&self) -> Option<&Email> {
        match self {
            Self::SummaryEmail { to, .. }
            | Self::Invitation { to, .. }
            | Self::MissedCallEmail { to }
            | Self::Nudge { to, .. }
            | Self::Proposal { to, .. } => Some(to),
            _ => None,
        }
    }

    /// The number that it is texted to.
    pub fn texted_to(&self) -> Option<&Phone> {
        match self {
            Self::MissedCallText { to } | Self::HandoffText { to, .. } | Self::OwnerText { to, .. } => {
                Some(to)
            }
            _ => None,
        }
    }

    pub fn medium(&self) -> Medium {
        self.kind().medium()
    }

    /// They wait for it, at whatever hour it comes.
    pub fn was_asked_for(&self) -> bool {
        match self {
            Self::SummaryEmail { meeting, handoff, .. } => meeting.is_some() || handoff.is_some(),
            Self::Invitation { .. } | Self::HandoffText { .. } | Self::Proposal { .. } => true,
            _ => false,
        }
    }

    /// It says how a rehearsal went.
    pub fn is_of_rehearsal(&self) -> bool {
        match self {
            Self::SummaryEmail { rehearsed, .. } => rehearsed.is_some(),
            Self::OwnerNotification { news, .. } => *news == News::Rehearsal,
            _ => false,
        }
    }

    /// Whether [`Self::does`] or [`Self::keeps`] can be true of it.
    pub fn may_settle(&self) -> bool {
        match self {
            Self::SummaryEmail { handoff, copy, .. } => handoff.is_some() && !copy,
            Self::HandoffText { .. } | Self::OwnerNotification { news: News::Message, .. } => true,
            _ => false,
        }
    }

    /// Whether what somebody left to do is done once this is sent.
    pub fn does(&self, action: &Action) -> bool {
        match self {
            Self::SummaryEmail { handoff, copy, .. } => {
                let is_link = matches!(action, Action::HandoffRequested { as_code: false, .. });
                handoff.is_some() && !copy && is_link
            }
            Self::HandoffText { code, .. } => matches!(
                action,
                Action::HandoffRequested { text_to: Some(_), as_code, .. } if as_code == code
            ),
            Self::OwnerNotification { news: News::Message, .. } => {
                matches!(action, Action::MessageTaken { .. })
            }
            _ => false,
        }
    }

    /// Whether a promise is kept once this is sent.
    pub fn keeps(&self, promise: &Fact) -> bool {
        match self {
            Self::SummaryEmail { handoff, copy, .. } => {
                handoff.is_some() && !copy && promise.value == SEND_LINK
            }
            Self::HandoffText { .. } => promise.value == SEND_LINK,
            Self::OwnerNotification { news: News::Message, .. } => promise.value.starts_with(PASS_ON),
            _ => false,
        }
    }
}

impl Medium {
    /// What they agree to, or not, when it comes to this.
    pub fn matter(self) -> Option<Matter> {
        match self {
            Self::Mail => Some(Matter::Mails),
            Self::Text => Some(Matter::TextMessages),
            Self::Owner => None,
        }
    }
}

impl Kind {
    /// No rule sends it without the owner's word.
    pub fn always_waits(self) -> bool {
        self == Self::Proposal
    }

    pub fn medium(self) -> Medium {
        match self {
            Self::SummaryEmail | Self::Invitation | Self::MissedCallEmail | Self::Nudge | Self::Proposal => {
                Medium::Mail
            }
            Self::MissedCallText | Self::HandoffText => Medium::Text,
            Self::LinkedinSuggestion
            | Self::OwnerNotification
            | Self::OwnerText
            | Self::MeetingNotification
            | Self::TaskReminder
            | Self::Digest => Medium::Owner,
        }
    }

    /// Part of the id of a follow-up.
    pub fn key(self) -> &'static str {
        match self {
            Self::SummaryEmail => "summary-email",
            Self::Invitation => "invitation",
            Self::MissedCallEmail => "missed-call-email",
            Self::MissedCallText => "missed-call-text",
            Self::HandoffText => "handoff-text",
            Self::Nudge => "nudge",
            Self::Proposal => "proposal",
            Self::LinkedinSuggestion => "linkedin",
            Self::OwnerNotification => "owner-notification",
            Self::OwnerText => "owner-text",
            Self::MeetingNotification => "meeting-notification",
            Self::TaskReminder => "task-reminder",
            Self::Digest => "digest",
        }
    }
}
