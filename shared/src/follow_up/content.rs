//! What a follow-up says, to whom, and on which way.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    consent::Matter,
    id::{FollowUpId, HandoffId},
    identity::{Email, Phone},
    interaction::{Action, Channel},
    memory::{Fact, PASS_ON, SEND_LINK},
    proposal::Proposal,
    scheduling::Booking,
    talk::feedback::Feedback,
};

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
