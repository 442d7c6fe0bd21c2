//! Input audio transcription: asynchronous, and not always a success.

use std::time::Instant;

use serde_json::json;

use super::super::faults::Fault;
use super::{Later, Session};
use crate::speech::duration_ms;

/// What a caller's item will turn out to say.
#[derive(Debug)]
pub struct Transcription {
    pub item_id: String,
    pub text: String,
    /// µ-law.
    pub audio_bytes: usize,
    pub failed: bool,
}

impl Session {
    /// Transcribes an item a little later, if the session wants it.
    pub(super) fn schedule_transcription(&mut self, mut transcription: Transcription, now: Instant) {
        if self.config.transcription().is_none() {
            return;
        }
        transcription.failed = self.holds(self.turns, now, &Fault::TranscriptionFailed);
        if self.holds(self.turns, now, &Fault::TranscriptionLate) {
            self.held.push(transcription);
        } else {
            self.calendar.add(now + self.options.transcription, Later::Transcription(transcription));
        }
    }

    /// A response is done: what was held back for it may come.
    pub(super) fn release_transcriptions(&mut self) {
        for transcription in std::mem::take(&mut self.held) {
            self.transcribe(&transcription);
        }
    }

    pub(super) fn transcribe(&mut self, transcription: &Transcription) {
        let Transcription { item_id, text, audio_bytes, failed } = transcription;
        if *failed {
            let error = json!({ "type": "transcription_error", "code": "audio_unintelligible",
                "message": "The audio could not be transcribed.", "param": null });
            let fields = json!({ "item_id": item_id, "content_index": 0, "error": error });
            return self.wire.send("conversation.item.input_audio_transcription.failed", fields);
        }
        for delta in text.split_inclusive(' ') {
            let fields = json!({ "item_id": item_id, "content_index": 0, "delta": delta });
            self.wire.send("conversation.item.input_audio_transcription.delta", fields);
        }
        let (audio, text_tokens) = (duration_ms(*audio_bytes) / 100, (text.len() / 4) as u64);
        let fields = json!({ "item_id": item_id, "content_index": 0, "transcript": text, "usage": {
            "type": "tokens",
            "total_tokens": audio + text_tokens,
            "input_tokens": audio,
            "input_token_details": { "text_tokens": 0, "audio_tokens": audio },
            "output_tokens": text_tokens,
        } });
        self.wire.send("conversation.item.input_audio_transcription.completed", fields);
        if let Some(item) = self.conversation.get_mut(item_id) {
            item.value["content"][0]["transcript"] = text.as_str().into();
        }
    }
}
