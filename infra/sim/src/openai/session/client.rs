//! What clients send.

use std::borrow::Cow;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::conversation::unsupported;
use super::super::record::Truncation;
use super::super::wire::{ApiError, Output};
use super::{Session, text_of};

const APPEND: &str = "input_audio_buffer.append";
const TYPES: &[&str] = &[
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
];

/// `input_audio_buffer.append`: nearly everything that ever arrives, so nothing is copied but the audio.
#[derive(Deserialize)]
struct Append<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    audio: Cow<'a, str>,
    #[serde(borrow, default)]
    event_id: Option<Cow<'a, str>>,
}

impl Session {
    /// One text frame.
    pub fn receive(&mut self, text: &str, now: Instant, out: &mut Vec<Output>) {
        match serde_json::from_str::<Append>(text) {
            Ok(append) if append.kind == APPEND => self.append(&append, now),
            _ => self.receive_other(text, now),
        }
        self.wire.drain(out);
    }

    /// Clients speak text.
    pub fn refuse_binary(&mut self, out: &mut Vec<Output>) {
        let error = ApiError::invalid("invalid_event", "Binary frames are not supported.");
        self.wire.fail(&error, None);
        self.wire.drain(out);
    }

    fn append(&mut self, append: &Append, now: Instant) {
        let Ok(audio) = STANDARD.decode(append.audio.as_bytes()) else {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes but got an invalid value.";
            return self.wire.fail(&ApiError::value("audio", message), append.event_id.as_deref());
        };
        self.record.append(APPEND, now - self.started, audio.len());
        let mut turns = Vec::new();
        self.microphone.append(&self.config.input_format().to_ulaw(&audio), &mut turns);
        for turn in turns {
            self.turn(&turn, now);
        }
    }

    fn receive_other(&mut self, text: &str, now: Instant) {
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            let message = "The event is not valid JSON.";
            return self.wire.fail(&ApiError::invalid("invalid_json", message), None);
        };
        self.record.event(now - self.started, &event);
        if let Err(error) = self.obey(&event, now) {
            self.wire.fail(&error, event["event_id"].as_str());
        }
    }

    fn obey(&mut self, event: &Value, now: Instant) -> Result<(), ApiError> {
        let kind = event["type"]
            .as_str()
            .ok_or_else(|| ApiError::invalid("invalid_event", "The 'type' field is missing."))?;
        match kind {
            "session.update" => self.update(&event["session"]),
            "input_audio_buffer.commit" => self.commit_buffer(now),
            "input_audio_buffer.clear" => {
                self.microphone.clear();
                self.speech = None;
                self.wire.send("input_audio_buffer.cleared", json!({}));
                Ok(())
            }
            "output_audio_buffer.clear" => self.clear_output(),
            "conversation.item.create" => self.create_item(event),
            "conversation.item.retrieve" => self.retrieve_item(event),
            "conversation.item.truncate" => self.truncate_item(event),
            "conversation.item.delete" => self.delete_item(event),
            "response.create" => self.respond(&event["response"], now),
            "response.cancel" => self.cancel_response(event, now),
            // One that is well-formed was taken before.
            APPEND => Err(ApiError::missing("audio")),
            other => Err(unsupported("type", other, TYPES)),
        }
    }

    fn update(&mut self, update: &Value) -> Result<(), ApiError> {
        let has_spoken = self.conversation.items().iter().any(|item| item.output_audio > 0);
        self.config.update(update, has_spoken)?;
        self.microphone.configure(self.config.vad());
        self.wire.send("session.updated", json!({ "session": self.config.value() }));
        Ok(())
    }

    fn commit_buffer(&mut self, now: Instant) -> Result<(), ApiError> {
        let utterance = self.microphone.commit().map_err(|milliseconds| {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but \
                 buffer only has {milliseconds:.2}ms of audio."
            );
            ApiError::invalid("input_audio_buffer_commit_empty", message)
        })?;
        self.commit(&utterance, now);
        Ok(())
    }

    fn create_item(&mut self, event: &Value) -> Result<(), ApiError> {
        if !event["item"].is_object() {
            return Err(ApiError::missing("item"));
        }
        let after = event["previous_item_id"].as_str();
        let new_id = self.wire.id("item");
        let (item, previous) = self.conversation.create(event["item"].clone(), after, new_id)?;
        if let Some(text) = text_of(&item) {
            self.mind.read(&text);
        }
        self.announce(&item, previous.as_deref());
        Ok(())
    }

    fn retrieve_item(&mut self, event: &Value) -> Result<(), ApiError> {
        let item = self.conversation.retrieve(text(event, "item_id")?)?;
        self.wire.send("conversation.item.retrieved", json!({ "item": item.value }));
        Ok(())
    }

    fn delete_item(&mut self, event: &Value) -> Result<(), ApiError> {
        let item_id = text(event, "item_id")?;
        self.conversation.delete(item_id)?;
        self.wire.send("conversation.item.deleted", json!({ "item_id": item_id }));
        Ok(())
    }

    fn truncate_item(&mut self, event: &Value) -> Result<(), ApiError> {
        let item_id = text(event, "item_id")?;
        let content_index = integer(event, "content_index")?;
        let audio_end_ms = integer(event, "audio_end_ms")?;
        self.conversation.truncate(item_id, content_index, audio_end_ms)?;
        self.record.truncations.push(Truncation { item_id: item_id.to_owned(), audio_end_ms });
        let fields =
            json!({ "item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms });
        self.wire.send("conversation.item.truncated", fields);
        Ok(())
    }

    fn cancel_response(&mut self, event: &Value, now: Instant) -> Result<(), ApiError> {
        if self.cancel(event["response_id"].as_str(), "client_cancelled", now) {
            self.rest();
            return Ok(());
        }
        let message = "Cancellation failed: no active response found";
        Err(ApiError::invalid("response_cancel_not_active", message))
    }
}

fn text<'a>(event: &'a Value, field: &str) -> Result<&'a str, ApiError> {
    event[field].as_str().ok_or_else(|| ApiError::missing(field))
}

fn integer(event: &Value, field: &str) -> Result<u64, ApiError> {
    match &event[field] {
        Value::Null => Err(ApiError::missing(field)),
        value => value.as_u64().ok_or_else(|| {
            ApiError::invalid("invalid_type", format!("Invalid type for '{field}': expected an integer."))
                .at(field)
        }),
    }
}
