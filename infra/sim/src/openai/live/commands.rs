//! What clients send.

use std::borrow::Cow;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{allows, check_start, check_update, tokens, too_long, update};
use super::{Live, Transport, acknowledge};
use crate::openai::config::known;
use crate::openai::conversation::unsupported;
use crate::openai::mind::quoted;
use crate::openai::wire::{ApiError, Output};
use crate::scenario::Response;

const APPEND: &str = "session.input_audio.append";
const MAX_APPENDED: usize = 500;
const TYPES: &[&str] = &[
    "session.start",
    "session.update",
    "session.close",
    "session.input_audio.append",
    "session.commentary.append",
    "session.thinking.append",
    "session.instructions.append",
    "response.item.create",
    "response.create",
];

/// Nearly everything that ever arrives, so nothing is copied but the audio.
#[derive(Deserialize)]
struct Append<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    audio: Cow<'a, str>,
    #[serde(borrow, default)]
    event_id: Option<Cow<'a, str>>,
}

impl Live {
    /// One text frame of a client that is trusted.
    pub fn receive(&mut self, text: &str, now: Instant, out: &mut Vec<Output>) {
        match serde_json::from_str::<Append>(text) {
            Ok(append) if append.kind == APPEND => self.append(&append, now),
            _ => self.receive_other(text, now),
        }
        self.wire.drain(out);
    }

    fn append(&mut self, append: &Append, now: Instant) {
        let event_id = append.event_id.as_deref();
        if self.began.is_none() {
            return self.fail(&not_started(), event_id);
        }
        if self.transport == Transport::Call {
            let message = "Audio comes over the media transport.";
            return self.fail(&ApiError::invalid("invalid_event", message).at("type"), event_id);
        }
        let Ok(audio) = STANDARD.decode(append.audio.as_bytes()) else {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes but got an invalid value.";
            return self.fail(&ApiError::value("audio", message), event_id);
        };
        self.record.append(APPEND, now - self.opened, audio.len());
        self.listen(&audio, now);
    }

    fn receive_other(&mut self, text: &str, now: Instant) {
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            return self.fail(&ApiError::invalid("invalid_json", "The event is not valid JSON."), None);
        };
        self.record.event(now - self.opened, &event);
        if let Err(error) = self.obey(&event, now) {
            self.fail(&error, event["event_id"].as_str());
        }
    }

    fn obey(&mut self, event: &Value, now: Instant) -> Result<(), ApiError> {
        let kind = event["type"]
            .as_str()
            .ok_or_else(|| ApiError::invalid("invalid_event", "The 'type' field is missing."))?;
        let event_id = event["event_id"].as_str();
        if kind == "session.start" {
            if self.began.is_some() {
                return Err(ApiError::invalid("session_already_started", "The session has already started."));
            }
            check_start(&event["session"], self.transport)?;
            self.begin(&event["session"], event_id, now);
            return Ok(());
        }
        if self.began.is_none() {
            return Err(not_started());
        }
        let fields = event.as_object().ok_or_else(|| ApiError::missing("type"))?;
        match kind {
            "session.update" => {
                known(fields, "event", &["type", "event_id", "session"])?;
                check_update(&event["session"])?;
                update(&mut self.config, &event["session"]);
                let mut fields = json!({ "session": self.config });
                acknowledge(&mut fields, event_id);
                self.wire.send("session.updated", fields);
                Ok(())
            }
            "session.commentary.append" | "session.thinking.append" | "session.instructions.append" => {
                known(fields, "event", &["type", "event_id", "content", "delegation_id"])?;
                self.appended(kind, event, now)
            }
            "response.item.create" => self.create_item(&event["item"]),
            "response.create" => {
                known(fields, "event", &["type", "event_id"])?;
                self.go_on(now)
            }
            "session.close" => {
                self.close("close_requested", event_id, now);
                Ok(())
            }
            APPEND => Err(ApiError::missing("audio")),
            other => Err(unsupported("type", other, TYPES)),
        }
    }

    fn appended(&mut self, kind: &str, event: &Value, now: Instant) -> Result<(), ApiError> {
        let content = event["content"].as_str().ok_or_else(|| ApiError::missing("content"))?;
        match event.get("delegation_id") {
            None => return Err(ApiError::missing("delegation_id")),
            Some(Value::Null) => {}
            Some(_) => {
                let message = "A delegation to Responses takes no context of the client's.";
                return Err(ApiError::value("delegation_id", message));
            }
        }
        if tokens(content) > MAX_APPENDED {
            return Err(too_long("content", MAX_APPENDED));
        }
        let at = self.clock(now);
        let mut fields = json!({ "start_ms": at, "end_ms": at });
        acknowledge(&mut fields, event["event_id"].as_str());
        self.wire.send(&kind.replace(".append", ".appended"), fields);
        if kind == "session.commentary.append" {
            self.comment(content, now);
        }
        Ok(())
    }

    /// It says what is quoted; of anything else, what it would have said next.
    fn comment(&mut self, content: &str, now: Instant) {
        let words = match quoted(content) {
            Some(words) => words.to_owned(),
            None => self.mind.next_words(),
        };
        self.respond(Response { say: Some(words), ..Response::default() }, now);
    }

    fn create_item(&mut self, item: &Value) -> Result<(), ApiError> {
        match item["type"].as_str() {
            Some("function_call_output") => {
                let call_id = item["call_id"].as_str().ok_or_else(|| ApiError::missing("item.call_id"))?;
                if !item["output"].is_string() {
                    return Err(ApiError::missing("item.output"));
                }
                if !self.calls.contains(call_id) {
                    let message =
                        format!("No tool call found for function call output with call_id {call_id}.");
                    return Err(ApiError::invalid("invalid_tool_call_id", message));
                }
                self.open_calls.retain(|open| open != call_id);
                Ok(())
            }
            Some("message") => Ok(()),
            Some(other) => Err(unsupported("item.type", other, &["message", "function_call_output"])),
            None => Err(ApiError::missing("item.type")),
        }
    }

    /// The model behind it goes on.
    fn go_on(&mut self, now: Instant) -> Result<(), ApiError> {
        if self.is_at_work {
            let message = "A response of the delegation is still in progress.";
            return Err(ApiError::invalid("conversation_already_has_active_response", message));
        }
        if let Some(open) = self.open_calls.first() {
            let message = format!("No tool output found for function call {open}.");
            return Err(ApiError::invalid("missing_tool_output", message));
        }
        let response = self.mind.respond(None);
        self.respond(response, now);
        Ok(())
    }

    /// One text frame of a client that is not.
    pub fn receive_untrusted(&mut self, text: &str, now: Instant, out: &mut Vec<Output>) {
        let event: Value = serde_json::from_str(text).unwrap_or_default();
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == "session.start" || !allows(&self.config, kind) {
            self.record.event(now - self.opened, &event);
            let message = format!("This client may not send '{kind}'.");
            self.fail(
                &ApiError::invalid("event_not_allowed", message).at("type"),
                event["event_id"].as_str(),
            );
            self.wire.drain(out);
        } else {
            self.receive(text, now, out);
        }
    }
}

fn not_started() -> ApiError {
    ApiError::invalid("session_not_started", "Send 'session.start' first, and wait for 'session.started'.")
}
