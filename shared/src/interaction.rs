//! One conversation on one channel: its turns, what the twin did in it, and what came of it.

pub mod erasure;
pub mod next_actions;
mod measured;
pub mod second_transcript;
pub mod price;

pub use self::measured::{Answered, Cost, Left, Measured, Simulated, Used, Waited};

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::RelationshipKind,
    id::{BookingId, CallSid, DialId, InteractionId, PersonId},
    identity::{Assurance, By, Email, Phone},
    predicate::Stated,
    recording,
    routing::RouteKind,
    screening::Screening,
    transfer,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Chat,
    Voice,
    Phone,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Chat, Self::Voice, Self::Phone];
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    pub id: InteractionId,
    pub person: PersonId,
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_sid: Option<CallSid>,
    /// The call that the twin placed for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial: Option<DialId>,
    /// The MCP host that a chat is held in, as it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    pub route: RouteKind,
    pub level: Assurance,
    pub status: Status,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// How many words of the person its analysis rests on.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(skip)]
    pub words_read: u32,
    /// How often something was added once it was over: whoever reads it has read all of it, or begins again.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(skip)]
    pub came_later: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    /// Ended; its analysis and follow-ups are still to be made, or made anew.
    Closed,
    Analysed,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The twin said goodbye and hung up.
    Completed,
    HungUp,
    Silence,
    DurationLimit,
    /// Nobody wrote any more.
    Idle,
    ModelUnavailable,
    Voicemail,
    /// The owner took it over.
    Transferred,
    /// It was taken for spam and not answered.
    Screened,
    /// The twin called, and nobody answered.
    NoAnswer,
    Busy,
    /// The twin's call did not come about, or reached no person.
    NotReached,
    /// The number that the twin called is not in use.
    OutOfService,
    /// The twin left word with a machine.
    MessageLeft,
    /// The twin ended it: the caller was abusive, and did not stop.
    Abuse,
    /// The channel broke off and only a later event closed the conversation.
    Lost,
}

/// Something said, as it was heard: an interrupted turn holds the words that were played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Milliseconds from the start of the conversation to the start of the turn.
    pub offset_ms: u64,
    /// Tells turns apart that began in the same millisecond; unique in a conversation.
    pub sequence: u32,
    pub speaker: Speaker,
    pub text: String,
    #[serde(default)]
    pub interrupted: bool,
    /// Where there is more to say of it than that the model heard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
}

/// By whom a turn was heard, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TurnHeard")]
pub struct Heard {
    pub by: Source,
    /// In percent: as the source says, or, of the model's, how much of it the live transcription heard, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "HeardBy")]
pub enum Source {
    /// That speaks in the call.
    Model,
    /// Twilio's, while the call went on.
    Transcription,
    /// Twilio's, of what was recorded.
    Recording,
}

/// What was said where nobody could make anything out.
pub const INAUDIBLE: &str = "[inaudible]";

impl Turn {
    pub fn offset(&self) -> Duration {
        Duration::from_millis(self.offset_ms)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    Person,
    Twin,
}

/// What of a call is paid by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meter {
    Realtime,
    /// GPT-Live.
    Live,
    /// Twilio hears and speaks, a model writes.
    Text,
    /// With the owner, whom the caller heard ring.
    PutThrough,
    /// With the owner, in a conference.
    Conference,
}

impl Meter {
    pub fn words(self) -> &'static str {
        match self {
            Self::Realtime => "the realtime model",
            Self::Live => "GPT-Live",
            Self::Text => "in text",
            Self::PutThrough | Self::Conference => "with you",
        }
    }
}

/// What a tool did in a conversation. Stored as it happens, before anything follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Action {
    ContactSaved {
        confirmed: bool,
    },
    MessageTaken {
        message: String,
    },
    HandoffRequested {
        channel: Channel,
        /// By text message to this number; without one, by e-mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text_to: Option<Phone>,
        /// As a short code to tell there, not as a link.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        as_code: bool,
    },
    CallbackRequested {
        phone: Phone,
        /// In their words.
        when: Option<String>,
        /// The same as a time, if they named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    MeetingProposed {
        topic: String,
        preferred_times: Vec<String>,
        duration_minutes: u32,
    },
    MeetingBooked {
        booking: BookingId,
        topic: String,
        start: Timestamp,
    },
    /// A meeting that they had booked was moved; without `to` it was cancelled.
    MeetingChanged {
        booking: BookingId,
        topic: String,
        from: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Timestamp>,
    },
    QuestionAnswered {
        question: String,
        sources: Vec<String>,
    },
    QuestionUnanswered {
        question: String,
    },
    CallEnded {
        reason: String,
    },
    /// They were asked whether the call may be recorded, or had it paused.
    Recording {
        step: recording::Step,
    },
    /// The owner was to be rung.
    TransferAsked {
        reason: String,
    },
    /// How that ended.
    TransferEnded {
        state: transfer::State,
    },
    /// Twilio did not do this with the recording, so it is not so, whatever was wanted.
    RecordingFailed {
        step: recording::Step,
    },
    /// Words of danger: they were told to call their emergency number.
    EmergencyHeard {
        said: String,
    },
    /// What spoke against the call: it was not answered, or asked who calls, or a known number was not theirs.
    CallScreened {
        screening: Screening,
    },
    /// How long the caller waited for answers: until the model's first audio, and until they heard it; half of the
    /// turns, and 95 of 100, took no longer than so many milliseconds.
    TurnsTimed {
        turns: u32,
        first_audio_p50_ms: u64,
        first_audio_p95_ms: u64,
        heard_p50_ms: u64,
        heard_p95_ms: u64,
    },
    /// What is paid by its time, beside the line.
    Metered {
        meter: Meter,
        seconds: u64,
    },
    /// The conversation found out what kind of call it is.
    CallRouted {
        route: RouteKind,
    },
    VoicemailLeft {
        recording_url: String,
        seconds: u64,
    },
    /// They want to see, or to have erased, what is kept of them.
    PrivacyRequested {
        wish: Wish,
        /// It is seen to once the conversation is over; else the owner has to.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_itself: bool,
        /// Where the link to a copy is mailed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Email>,
    },
    /// They were asked whether all that is kept of them is to be erased.
    ErasureAsked {
        /// The beginning of the last turn that was stored by then, as its offset.
        #[serde(default)]
        after_ms: u64,
    },
    /// They do not want to hear from us.
    ContactStopped,
    /// A one-time code was asked for.
    CodeAsked {
        by: By,
    },
    /// It came back: it is sure who they are.
    Proved {
        by: By,
    },
}

impl Action {
    /// What was noted for the owner, in words for the person; none of what was only answered.
    pub fn noted(&self) -> Option<&'static str> {
        match self {
            Self::ContactSaved { confirmed: true } => Some("Your contact details"),
            Self::MessageTaken { .. } => Some("Your message"),
            Self::HandoffRequested { text_to: None, .. } => Some("A link by e-mail, to read on"),
            Self::HandoffRequested { as_code: true, .. } => {
                Some("A code by text message, to go on elsewhere")
            }
            Self::HandoffRequested { .. } => Some("A link by text message, to read on"),
            Self::CallbackRequested { .. } => Some("That you want to be called back"),
            Self::MeetingProposed { .. } => Some("That you want to meet"),
            Self::MeetingBooked { .. } => Some("A meeting"),
            Self::MeetingChanged { .. } => Some("A change of a meeting"),
            Self::PrivacyRequested { .. } => Some("Your wish about your data"),
            Self::ContactStopped => Some("That you do not want to hear from us"),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    Export,
    Erasure,
}

/// What the brain made of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    pub summary: String,
    /// Why they got in touch, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    pub topics: Vec<String>,
    pub intent: Intent,
    pub relationship: RelationshipKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    pub importance: Importance,
    pub next_actions: Vec<String>,
    pub follow_up_required: bool,
    /// What they said of themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Stated>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub career_goals: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    JobOpportunity,
    InterviewScheduling,
    MeetingRequest,
    /// A consultation or a project.
    Consultation,
    Pricing,
    TechnicalQuestion,
    /// What the owner has done, knows and has learned.
    Experience,
    Availability,
    Networking,
    CallbackRequest,
    MessageForOwner,
    /// Who or what the twin is.
    Identity,
    SmallTalk,
    Goodbye,
    Complaint,
    Spam,
    OutOfScope,
    /// Nothing was said.
    #[default]
    Unknown,
}

/// Each intent with its name in data and in words.
const INTENTS: [(Intent, &str, &str); 18] = [
    (Intent::JobOpportunity, "job_opportunity", "a job opportunity"),
    (Intent::InterviewScheduling, "interview_scheduling", "an interview"),
    (Intent::MeetingRequest, "meeting_request", "a meeting"),
    (Intent::Consultation, "consultation", "a consultation"),
    (Intent::Pricing, "pricing", "rates and prices"),
    (Intent::TechnicalQuestion, "technical_question", "a technical question"),
    (Intent::Experience, "experience", "experience and skills"),
    (Intent::Availability, "availability", "availability"),
    (Intent::Networking, "networking", "staying in touch"),
    (Intent::CallbackRequest, "callback_request", "a call back"),
    (Intent::MessageForOwner, "message_for_owner", "a message"),
    (Intent::Identity, "identity", "who answers here"),
    (Intent::SmallTalk, "small_talk", "small talk"),
    (Intent::Goodbye, "goodbye", "a goodbye"),
    (Intent::Complaint, "complaint", "a complaint"),
    (Intent::Spam, "spam", "an advertisement"),
    (Intent::OutOfScope, "out_of_scope", "something else"),
    (Intent::Unknown, "unknown", "nothing"),
];

impl Intent {
    /// All but [`Intent::Unknown`].
    pub fn all() -> impl Iterator<Item = Self> {
        INTENTS.iter().map(|(intent, ..)| *intent).filter(|intent| *intent != Self::Unknown)
    }

    /// The intent with this name in data; `Unknown` if there is none.
    pub fn labelled(label: &str) -> Self {
        INTENTS.iter().find(|(_, name, _)| *name == label).map_or(Self::Unknown, |(intent, ..)| *intent)
    }

    pub fn label(self) -> &'static str {
        self.entry().1
    }

    pub fn words(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> (Self, &'static str, &'static str) {
        INTENTS[self as usize]
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Importance {
    Low,
    #[default]
    Medium,
    High,
}
