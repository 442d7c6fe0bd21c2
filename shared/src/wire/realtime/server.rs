//! Events that we receive. Source: `OpenAI` API reference, "Realtime: server events".

use serde::{Deserialize, Serialize};

use crate::wire::json;

/// The hot event, `response.output_audio.delta`, borrowed from the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioDelta<'a> {
    pub response_id: &'a str,
    pub item_id: &'a str,
    /// Base64 in the session's output format.
    pub delta: &'a str,
}

#[derive(Debug, PartialEq)]
pub enum Incoming<'a> {
    Audio(AudioDelta<'a>),
    Event(ServerEvent),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ServerEvent {
    #[serde(rename = "error")]
    Error { error: ApiError },
    #[serde(rename = "session.created")]
    SessionCreated {},
    #[serde(rename = "session.updated")]
    SessionUpdated {},
    #[serde(rename = "input_audio_buffer.speech_started")]
    SpeechStarted { item_id: String },
    #[serde(rename = "input_audio_buffer.speech_stopped")]
    SpeechStopped { item_id: String },
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    TranscriptionCompleted { item_id: String, transcript: String },
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    TranscriptionFailed { item_id: String },
    #[serde(rename = "response.created")]
    ResponseCreated { response: Response },
    #[serde(rename = "response.output_audio.delta")]
    OutputAudioDelta { response_id: String, item_id: String, delta: String },
    #[serde(rename = "response.output_audio.done")]
    OutputAudioDone { response_id: String, item_id: String },
    #[serde(rename = "response.output_audio_transcript.delta")]
    TranscriptDelta { response_id: String, item_id: String, delta: String },
    #[serde(rename = "response.output_audio_transcript.done")]
    TranscriptDone { response_id: String, item_id: String, transcript: String },
    /// Over WebRTC, what is said of a response begins to be heard.
    #[serde(rename = "output_audio_buffer.started")]
    PlaybackStarted { response_id: String },
    #[serde(rename = "output_audio_buffer.stopped")]
    PlaybackStopped { response_id: String },
    #[serde(rename = "conversation.item.truncated")]
    ItemTruncated { item_id: String, audio_end_ms: u64 },
    #[serde(rename = "response.output_item.done")]
    OutputItemDone { response_id: String, item: OutputItem },
    #[serde(rename = "response.done")]
    ResponseDone { response: Response },
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub id: String,
    #[serde(default)]
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputItem {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub call_id: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub arguments: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: String,
    /// Of the event of ours that it is about.
    #[serde(default)]
    pub event_id: Option<String>,
}

pub const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";
pub const CANCEL_NOT_ACTIVE: &str = "response_cancel_not_active";

const AUDIO_DELTA: &str = "response.output_audio.delta";

/// Reads a message. Audio is recognised by a scan and borrowed; all else is parsed.
pub fn decode(text: &str) -> Result<Incoming<'_>, serde_json::Error> {
    if let Some(audio) = scan_audio(text) {
        return Ok(Incoming::Audio(audio));
    }
    serde_json::from_str(text).map(Incoming::Event)
}

fn scan_audio(text: &str) -> Option<AudioDelta<'_>> {
    let (mut is_audio, mut response_id, mut item_id, mut delta) = (false, None, None, None);
    for (key, value) in json::strings(text) {
        match key {
            "type" if value == AUDIO_DELTA => is_audio = true,
            "type" => return None,
            "response_id" => response_id = Some(value),
            "item_id" => item_id = Some(value),
            "delta" => delta = Some(value),
            _ => {}
        }
    }
    is_audio.then_some(AudioDelta { response_id: response_id?, item_id: item_id?, delta: delta? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_borrowed() {
        let text = r#"{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":"AAAA"}"#;
        let expected = Incoming::Audio(AudioDelta { response_id: "r", item_id: "i", delta: "AAAA" });
        assert_eq!(decode(text).unwrap(), expected);
    }

    #[test]
    fn new_events_are_ignorable() {
        assert_eq!(
            decode(r#"{"type":"something.new","x":{}}"#).unwrap(),
            Incoming::Event(ServerEvent::Unknown)
        );
        assert!(decode("{\"type\":").is_err());
        assert!(decode("[1]").is_err());
    }

    #[test]
    fn a_function_call() {
        let text = r#"{"type":"response.output_item.done","event_id":"e","response_id":"r","output_index":0,"item":{"id":"i","type":"function_call","status":"completed","name":"end_call","call_id":"c","arguments":"{}"}}"#;
        let Incoming::Event(ServerEvent::OutputItemDone { item, .. }) = decode(text).unwrap() else {
            panic!("an item")
        };
        assert_eq!((item.kind.as_str(), item.name.as_deref()), ("function_call", Some("end_call")));
    }
}
