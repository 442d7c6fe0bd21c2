//! What a call wants done: the caller of [`Call::handle`](super::Call::handle) owns it, fills sockets from it
//! and performs its effects.

use bytes::{Bytes, BytesMut};
use serde::Serialize;

use crate::{
    interaction::Turn,
    wire::{
        live,
        realtime::client::{self, ClientEvent},
    },
};

/// One text message for a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub text: Bytes,
    /// Audio may be dropped when a reader is slow; control may not.
    pub audio: bool,
}

impl Message {
    pub fn control(event: &impl Serialize) -> Self {
        Self { text: json(event), audio: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Run a tool on the side; its result comes back as [`Input::ToolFinished`](super::Input::ToolFinished).
    RunTool { call_id: String, name: String, arguments: String },
    /// Tell the owner at once: somebody may be in danger, in these words.
    Alert(String),
    /// Open another session of the model, which takes over from this one when it
    /// [`is_quiet`](super::Call::is_quiet).
    AnotherModel,
    /// Store a turn that ended.
    Persist(Turn),
    /// Close the stream, so that Twilio goes on with the next verb.
    Close(CloseCode),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseCode {
    /// 1000: the conversation is over.
    Normal,
    /// 1008: the peer broke the rules.
    Policy,
}

/// Filled by the call, drained by the loop, reused: an audio frame allocates nothing here.
#[derive(Debug, Default)]
pub struct Outbox {
    pub to_twilio: Vec<Message>,
    pub to_model: Vec<Message>,
    pub effects: Vec<Effect>,
    /// The model is GPT-Live: what it is told waits for its interpreter.
    is_live: bool,
    held: Vec<ClientEvent>,
    twilio_scratch: BytesMut,
    model_scratch: BytesMut,
}

/// A buffer begins with this and grows to what the largest message needs.
const SCRATCH: usize = 2 * 1024;
/// Before more is written a buffer is taken back to its beginning, where the processor's cache has it still: nothing that
/// was written before is held, in a call whose sockets keep up. Where it is, a frame and its mark need so much.
const HEADROOM: usize = 1024;

impl Outbox {
    /// Before an input is handled.
    pub(super) fn prepare(&mut self, is_live: bool) {
        self.is_live = is_live;
        let sides = [(&self.to_twilio, &mut self.twilio_scratch), (&self.to_model, &mut self.model_scratch)];
        for (written, scratch) in sides {
            if written.is_empty() && !scratch.try_reclaim(SCRATCH) && scratch.capacity() < HEADROOM {
                scratch.reserve(SCRATCH);
            }
        }
    }

    pub(super) fn twilio(&mut self, parts: &[&str], audio: bool) {
        let text = join(&mut self.twilio_scratch, parts);
        self.to_twilio.push(Message { text, audio });
    }

    /// 20 ms of the caller's audio, base64.
    pub(super) fn model_audio(&mut self, payload: &str) {
        let parts =
            if self.is_live { live::client::audio_append(payload) } else { client::audio_append(payload) };
        let text = join(&mut self.model_scratch, &parts);
        self.to_model.push(Message { text, audio: true });
    }

    pub(super) fn model(&mut self, event: &ClientEvent) {
        if self.is_live {
            self.held.push(event.clone());
        } else {
            self.to_model.push(Message::control(event));
        }
    }

    pub(super) fn live(&mut self, event: &live::client::ClientEvent) {
        self.to_model.push(Message::control(event));
    }

    /// What an interpreter has to put in other words.
    pub(super) fn held(&mut self) -> Vec<ClientEvent> {
        std::mem::take(&mut self.held)
    }

    pub fn is_live(&self) -> bool {
        self.is_live
    }
}

fn join(scratch: &mut BytesMut, parts: &[&str]) -> Bytes {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if scratch.capacity() < length {
        scratch.reserve((length + HEADROOM).max(SCRATCH));
    }
    for part in parts {
        scratch.extend_from_slice(part.as_bytes());
    }
    scratch.split().freeze()
}

fn json(event: &impl Serialize) -> Bytes {
    // Serialising plain data into memory does not fail.
    serde_json::to_vec(event).map(Bytes::from).unwrap_or_default()
}
