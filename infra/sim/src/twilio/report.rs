//! What a call tells while it runs and when it is over.

use std::time::Duration;

use serde::Serialize;

use super::playback::Ledger;

/// What the caller notices, as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerEvent {
    Dialing,
    Ringing,
    Answered,
    /// The twin's words by `<Say>`.
    Heard(String),
    CallerSaid(String),
    TwinAudible,
    TwinSilent,
    /// The caller spoke over the twin.
    Interrupted,
    StreamStarted,
    /// The close code of the socket; `None` if there was no close frame.
    StreamClosed(Option<u16>),
    /// A TwiML verb is executed.
    Verb(String),
    Fault(Fault),
    /// The final status.
    Ended(&'static str),
}

/// Something that Twilio would put into its error log, by Twilio's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    pub code: u32,
    pub message: String,
}

impl Fault {
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A request that was made and signed, with its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// `voice`, `fallback`, `action`, `status`, `stream-status`, `recording`, `message-status` or `upgrade`.
    pub purpose: &'static str,
    /// `POST`, `GET` or, for a WebSocket, `UPGRADE`.
    pub method: &'static str,
    /// As signed: of an upgrade the `wss://` form.
    pub url: String,
    /// As sent, in order.
    pub params: Vec<(String, String)>,
    pub signature: Option<String>,
    pub idempotency_token: Option<String>,
    /// The HTTP status of the answer, or why there was none.
    pub answer: Result<u16, String>,
    pub elapsed: Duration,
}

/// How a media stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Ending {
    #[default]
    NotConnected,
    ServerClosed,
    CallerHungUp,
    /// New TwiML or a hang-up by the REST API.
    Redirected,
    Broken,
}

/// The caller spoke over the twin.
#[derive(Debug, Clone, Serialize)]
pub struct Interruption {
    /// Counted from one.
    pub line: usize,
    /// When the caller began to speak, since the start of the stream.
    pub spoke_at: Duration,
    /// When the server's `clear` arrived.
    pub cleared_at: Option<Duration>,
}

/// One `<Connect><Stream>`. Times are since its start.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StreamReport {
    pub stream_sid: String,
    pub url: String,
    pub parameters: Vec<(String, String)>,
    /// HTTP status of the upgrade: 101, a refusal, or 0 without an answer.
    pub handshake: u16,
    pub ending: Ending,
    pub close_code: Option<u16>,
    pub close_reason: String,
    pub frames_sent: u64,
    /// How late a frame was sent at worst: the simulator's own doing, to be small beside what is measured.
    pub worst_lateness: Duration,
    /// `media` messages and the audio bytes in them.
    pub frames_received: u64,
    pub bytes_received: u64,
    pub first_audible: Option<Duration>,
    /// Keys of a telephone that were heard in the audio.
    pub keys: String,
    pub clears: Vec<Duration>,
    /// `media` that arrived after a `clear` while the caller was still speaking.
    pub stale_frames: u64,
    pub interruptions: Vec<Interruption>,
    pub ledger: Ledger,
}

/// One `<Connect><ConversationRelay>`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ConversationReport {
    pub session_sid: String,
    pub url: String,
    /// HTTP status of the upgrade: 101, a refusal, or 0 without an answer.
    pub handshake: u16,
    pub ending: Ending,
    pub close_code: Option<u16>,
    /// What was spoken to its end.
    pub spoken: Vec<String>,
    /// Of each utterance that began, whether it might be interrupted.
    pub interruptible: Vec<bool>,
    /// What was heard of those that were.
    pub interrupted: Vec<String>,
    pub handoff: Option<String>,
    /// It was switched to these.
    pub languages: Vec<String>,
}

/// The whole call.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub call_sid: String,
    /// Names of the executed TwiML verbs, in order.
    pub verbs: Vec<String>,
    /// Every TwiML document as received.
    pub documents: Vec<String>,
    pub exchanges: Vec<Exchange>,
    /// Texts of `<Say>`.
    pub heard: Vec<String>,
    /// Lines of the caller.
    pub said: Vec<String>,
    pub streams: Vec<StreamReport>,
    pub conversations: Vec<ConversationReport>,
    /// Numbers and rooms that were dialled.
    pub dialled: Vec<String>,
    /// What those who were dialled heard before they were joined.
    pub whispered: Vec<String>,
    /// Sids of recordings.
    pub recordings: Vec<String>,
    pub faults: Vec<Fault>,
    /// `completed`, `busy`, `no-answer`, `canceled` or `failed`.
    pub status: &'static str,
    pub duration: Duration,
}

impl Report {
    /// The answers to requests of one purpose, in order.
    pub fn answers<'a>(&'a self, purpose: &'a str) -> impl Iterator<Item = &'a Result<u16, String>> {
        self.exchanges.iter().filter(move |exchange| exchange.purpose == purpose).map(|made| &made.answer)
    }

    /// Twilio's codes of everything that went wrong.
    pub fn fault_codes(&self) -> Vec<u32> {
        self.faults.iter().map(|fault| fault.code).collect()
    }
}
