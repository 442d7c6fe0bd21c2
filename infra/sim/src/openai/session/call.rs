//! A session that is a call: audio comes and goes as media, and the server owns what is played.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::Options;
use super::super::mind::Library;
use super::super::playback::Playback;
use super::super::record::Truncation;
use super::super::wire::{ApiError, Output};
use super::Session;

impl Session {
    /// Sends `session.created` with these settings in force: those of a client secret.
    pub fn open_call(
        settings: &Value,
        options: &Arc<Options>,
        library: &Arc<Library>,
        now: Instant,
        out: &mut Vec<Output>,
    ) -> Result<Self, ApiError> {
        let mut session = Self::silent(settings["model"].as_str(), options, library, now);
        session.config.update(settings, false)?;
        session.microphone.configure(session.config.vad());
        session.playback = Some(Playback::default());
        session.wire.send("session.created", json!({ "session": session.config.value() }));
        session.wire.drain(out);
        Ok(session)
    }

    /// µ-law that came over the call.
    pub fn hear(&mut self, ulaw: &[u8], now: Instant, out: &mut Vec<Output>) {
        self.record.listen(ulaw.len());
        let mut turns = Vec::new();
        self.microphone.append(ulaw, &mut turns);
        for turn in turns {
            self.turn(&turn, now);
        }
        self.wire.drain(out);
    }

    pub(super) fn plays_at(&self, due: Instant) -> bool {
        self.playback.as_ref().and_then(Playback::due) == Some(due)
    }

    /// The next frame is heard.
    pub(super) fn play(&mut self) {
        let Some(playback) = &mut self.playback else { return };
        let next = playback.next().map(|source| source.response_id.clone());
        let last = playback.current().map(|source| source.response_id.clone());
        let frame = playback.frame();
        if next != last {
            if let Some(response_id) = last {
                self.wire.send("output_audio_buffer.stopped", json!({ "response_id": response_id }));
            }
            self.wire.send("output_audio_buffer.started", json!({ "response_id": next }));
        }
        self.wire.push(Output::Play(frame.unwrap_or_default()));
        self.rest();
    }

    /// A response ends to sound once it is done and was heard.
    pub(super) fn rest(&mut self) {
        let Some(playback) = self.playback.as_mut().filter(|playback| playback.is_drained()) else { return };
        let goes_on = playback.current().is_none_or(|source| {
            self.performances.iter().any(|performance| performance.id == source.response_id)
        });
        if !goes_on && let Some(source) = playback.end() {
            self.wire.send("output_audio_buffer.stopped", json!({ "response_id": source.response_id }));
        }
    }

    /// What was not heard yet never is, and leaves the conversation. Whether anything sounded.
    pub(super) fn cut(&mut self) -> bool {
        let Some(cut) = self.playback.as_mut().and_then(Playback::cut) else { return false };
        let (item_id, heard_ms) = (cut.source.item_id, cut.heard_ms);
        self.wire.send("output_audio_buffer.cleared", json!({ "response_id": cut.source.response_id }));
        // What nobody heard a moment of cannot be truncated.
        if self.conversation.truncate(&item_id, 0, heard_ms).is_ok() {
            let fields = json!({ "item_id": item_id, "content_index": 0, "audio_end_ms": heard_ms });
            self.wire.send("conversation.item.truncated", fields);
            self.record.truncations.push(Truncation { item_id, audio_end_ms: heard_ms });
        }
        true
    }

    /// `output_audio_buffer.clear`.
    pub(super) fn clear_output(&mut self) -> Result<(), ApiError> {
        if self.playback.is_none() {
            let message = "The output audio buffer is only available over WebRTC and SIP.";
            return Err(ApiError::invalid("invalid_event", message).at("type"));
        }
        self.cut();
        Ok(())
    }
}
