//! What a session remembers for tests.

use std::time::Duration;

use serde_json::{Value, json};

use super::conversation::Item;

/// Events beyond this many in a session are only counted.
const KEPT: usize = 4096;

/// What happened in a session so far.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// `sess_…`.
    pub id: String,
    pub model: String,
    /// The session's own, as last updated. Those of a response are in `events`.
    pub instructions: String,
    /// As last updated.
    pub tools: Vec<Value>,
    /// The whole effective session object.
    pub session: Value,
    /// What the client sent, since the session began. Consecutive `input_audio_buffer.append`s are one entry,
    /// `{"type", "bytes", "frames"}`; other audio is replaced by its length.
    pub events: Vec<(Duration, Value)>,
    pub events_dropped: usize,
    /// The caller's turns.
    pub heard: Vec<Heard>,
    /// All audio that was appended, after base64; of a call, as µ-law at 8 kHz.
    pub audio_bytes: u64,
    /// How many appends or packets it came in.
    pub audio_frames: u64,
    /// Those that succeeded.
    pub truncations: Vec<Truncation>,
    /// `{type, code, message, param, event_id}` of each `error` event.
    pub errors: Vec<Value>,
    /// Function calls of the scenario that were left out because no such tool was offered.
    pub calls_not_offered: Vec<String>,
    pub conversation: Vec<Item>,
    /// How many responses were created.
    pub responses: u32,
    pub ended: bool,
}

/// A turn of the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub item_id: String,
    /// The scenario's line, or `[inaudible]`.
    pub text: String,
    /// The share of the line's voiced frames that arrived, 0 to 1.
    pub coverage: f32,
    pub audio_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncation {
    pub item_id: String,
    pub audio_end_ms: u64,
}

#[derive(Debug, Default)]
pub struct Record {
    pub events: Vec<(Duration, Value)>,
    pub events_dropped: usize,
    pub heard: Vec<Heard>,
    pub audio_bytes: u64,
    pub audio_frames: u64,
    pub truncations: Vec<Truncation>,
    pub calls_not_offered: Vec<String>,
}

impl Record {
    pub fn event(&mut self, at: Duration, event: &Value) {
        if self.events.len() < KEPT {
            let mut event = event.clone();
            forget_audio(&mut event);
            self.events.push((at, event));
        } else {
            self.events_dropped += 1;
        }
    }

    /// Audio that came over a call, µ-law.
    pub fn listen(&mut self, bytes: usize) {
        self.audio_bytes += bytes as u64;
        self.audio_frames += 1;
    }

    /// An event of this `kind` with audio in it.
    pub fn append(&mut self, kind: &str, at: Duration, bytes: usize) {
        self.audio_bytes += bytes as u64;
        self.audio_frames += 1;
        match self.events.last_mut() {
            Some((_, last)) if last["type"] == kind => {
                last["bytes"] = (last["bytes"].as_u64().unwrap_or_default() + bytes as u64).into();
                last["frames"] = (last["frames"].as_u64().unwrap_or_default() + 1).into();
            }
            _ => self.event(at, &json!({ "type": kind, "bytes": bytes, "frames": 1 })),
        }
    }
}

/// `"audio": "<base64>"` becomes `"audio": <characters>`.
fn forget_audio(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "audio" => *value = text.len().into(),
                    other => forget_audio(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forget_audio),
        _ => {}
    }
}
