//! A conversation in writing: in the web chat, or in a host of the Model Context Protocol. Plain data.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{InteractionId, MessageId, PersonId},
    identity::Assurance,
    knowledge::{claims::Origin, library::Found},
};

/// A chat that nobody writes in is forgotten by the browser, and by us, after this.
pub const CHAT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Bytes of one message.
pub const MAX_MESSAGE: usize = 4000;

/// Who writes, and in which conversation: found by the hash of a secret that only the browser or the host has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub level: Assurance,
    /// The conversation that was handed over to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<InteractionId>,
    /// The last conversation by voice in this browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talked: Option<InteractionId>,
    /// The MCP host, as it calls itself; none in the web chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Where they are, as their browser says: an IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What the twin asked for last, when no model keeps that in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<Expects>,
    /// The hash of the code that it was begun by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<String>,
    pub expires_at: Timestamp,
    /// How often it was changed.
    #[serde(default)]
    pub version: u64,
}

impl Chat {
    /// The conversations that it goes on with, the oldest first.
    pub fn before(&self) -> Vec<InteractionId> {
        let mut before: Vec<InteractionId> = self.continues.iter().chain(&self.talked).cloned().collect();
        // An id sorts by its time.
        before.sort_unstable();
        before.dedup();
        before
    }
}

/// What the next message is likely to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Expects {
    Message,
    /// A yes to leaving a message.
    Offered,
    Times {
        topic: String,
    },
    /// One of the times that were offered, or another day.
    Slot {
        /// What is known by then of the meeting: a JSON object as `book_meeting` takes it.
        booking: String,
        /// What was asked for, in their words.
        when: Option<String>,
        zone: String,
        starts: Vec<Timestamp>,
    },
    /// A name and an address, or a yes, for a time that is held; a JSON object as `book_meeting` takes it.
    Guest {
        booking: String,
    },
    /// What is said of a meeting that was booked a moment ago: that it is moved, or called off.
    Booked {
        start: Timestamp,
        zone: String,
    },
    /// A yes to cancelling this meeting, or another time for it.
    Cancellation {
        start: Timestamp,
    },
    /// One of the times that were offered, or another day, for the meeting of theirs that begins at `from`.
    NewTime {
        from: Timestamp,
        zone: String,
        starts: Vec<Timestamp>,
    },
    /// Which of their meetings is to be cancelled, or, with `moves`, moved.
    Which {
        starts: Vec<Timestamp>,
        zone: String,
        moves: bool,
    },
    /// A number to call back.
    Callback,
    /// When a call suits on this number.
    CallbackTime {
        phone: String,
    },
    /// A yes to the details that were read back; a JSON object as `save_contact` takes it.
    Confirmation {
        details: String,
    },
    /// The digits of a code, an address to send one to, or a yes to that.
    Code,
    /// A yes to being forgotten.
    Erasure,
}

impl Expects {
    /// Whether times were offered, or one of them is held: what is said of times then chooses among them.
    pub fn is_of_times(&self) -> bool {
        matches!(self, Self::Slot { .. } | Self::NewTime { .. } | Self::Guest { .. } | Self::Which { .. })
    }
}

/// What one message was answered with. Kept, so that the same message again gets the same answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    pub id: MessageId,
    pub state: Exchanging,
    /// Milliseconds from the start of the conversation, as in its turns.
    pub offset_ms: u64,
    /// When it began: what never ended is given up some time after.
    pub began_at: Timestamp,
    #[serde(default)]
    pub answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exchanging {
    Running,
    /// The person does not want to read on.
    Stopping,
    Done,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub text: String,
    pub citations: Vec<Cited>,
    /// `false`: nothing supports an answer, and the text says so.
    pub known: bool,
    pub stopped: bool,
    /// What was done, in words for the person.
    pub done: Vec<String>,
}

/// A source, and the words in it that an answer rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cited {
    /// As it stands in the text, in brackets.
    pub number: usize,
    #[serde(flatten)]
    pub origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<jiff::civil::Date>,
    pub quote: String,
}

/// Bytes of a passage that are shown as a quote.
const MAX_QUOTE: usize = 400;

impl Cited {
    pub fn of(number: usize, found: &Found) -> Self {
        let quote = found.text.get(..found.text.floor_char_boundary(MAX_QUOTE)).unwrap_or_default();
        let quote = if quote.len() < found.text.len() { format!("{quote} …") } else { quote.to_owned() };
        Self { number, origin: found.citation.clone(), date: found.date, quote }
    }
}

/// What happens while an answer is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A tool runs, or has run.
    Activity {
        tool: String,
        running: bool,
    },
    Text(String),
}
