//! A response being given: its events, one after the other, each at its time.

mod script;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::conversation::Conversation;
use super::playback::{Playback, Source};
use super::wire::{Output, Wire};
use crate::scenario::Response;
use crate::speech::duration_ms;
use script::{Step, script};

pub use script::{Manner, generation_time};

/// Milliseconds of output audio that cost a token.
const MS_PER_TOKEN: u64 = 50;

/// A response in progress.
#[derive(Debug)]
pub struct Performance {
    pub id: String,
    /// The nth of the session.
    pub number: u32,
    /// Outside of the conversation.
    pub aside: bool,
    /// The response object but for its state.
    head: Value,
    manner: Manner,
    script: VecDeque<(Duration, Step)>,
    due: Instant,
    open: Option<Open>,
    done: Vec<Value>,
    said: Said,
    /// Of the input, for `usage`: text and audio.
    input_tokens: (u64, u64),
}

/// The item in progress.
#[derive(Debug)]
struct Open {
    id: String,
    previous: Option<String>,
    kind: Kind,
    /// Transcript, text or arguments so far.
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Audio,
    Text,
    Call { name: String, call_id: String },
}

#[derive(Debug, Default)]
struct Said {
    audio_bytes: usize,
    characters: usize,
}

/// Where a response is given.
pub struct Stage<'a> {
    pub wire: &'a mut Wire,
    pub conversation: &'a mut Conversation,
    /// Of a call: its audio is played and not sent as events.
    pub playback: Option<&'a mut Playback>,
}

impl Performance {
    /// Sends `response.created`. `head` is the response object without `id` and state.
    pub fn begin(
        number: u32,
        mut head: Value,
        response: Response,
        manner: Manner,
        input_tokens: (u64, u64),
        now: Instant,
        stage: &mut Stage,
    ) -> Self {
        let id = stage.wire.id("resp");
        head["object"] = "realtime.response".into();
        head["id"] = id.as_str().into();
        let performance = Self {
            id,
            number,
            aside: head["conversation_id"].is_null(),
            due: now + manner.think,
            script: script(response, &manner),
            head,
            manner,
            open: None,
            done: Vec::new(),
            said: Said::default(),
            input_tokens,
        };
        let response = performance.response("in_progress", Value::Null, Value::Null);
        stage.wire.send("response.created", json!({ "response": response }));
        performance
    }

    pub fn due(&self) -> Instant {
        self.due
    }

    /// Takes the next step; whether it was the last.
    pub fn step(&mut self, stage: &mut Stage) -> bool {
        let Some((_, step)) = self.script.pop_front() else {
            self.finish("completed", Value::Null, stage);
            return true;
        };
        match step {
            Step::OpenMessage => self.open_message(stage),
            Step::OpenCall(name) => self.open_call(name, stage),
            Step::Words(words) => self.words(&words, stage),
            Step::Audio(audio) => self.audio(&audio, stage),
            Step::Arguments(arguments) => self.arguments(&arguments, stage),
            Step::Close => self.close("completed", stage),
            Step::Unknown => stage.wire.send("response.mood.updated", json!({ "mood": "curious" })),
        }
        self.due += self.script.front().map_or(Duration::ZERO, |(wait, _)| *wait);
        false
    }

    /// Ends it early, for a `reason` of `turn_detected` or `client_cancelled`. Up to `late` further deltas are
    /// left, as texts to send.
    pub fn cancel(mut self, reason: &str, late: usize, stage: &mut Stage) -> Vec<String> {
        let item_id = self.open.as_ref().map(|open| open.id.clone());
        self.close("incomplete", stage);
        self.finish("cancelled", json!({ "type": "cancelled", "reason": reason }), stage);
        let Some(item_id) = item_id.filter(|_| stage.playback.is_none()) else { return Vec::new() };
        let deltas = self.script.iter().filter_map(|(_, step)| match step {
            Step::Audio(audio) => Some(audio),
            _ => None,
        });
        deltas.take(late).map(|audio| self.audio_delta(&item_id, audio, stage.wire)).collect()
    }

    fn open_message(&mut self, stage: &mut Stage) {
        let kind = if self.manner.audio { Kind::Audio } else { Kind::Text };
        let id = stage.wire.id("item");
        self.open(id, kind, stage);
        let part = self.part("");
        self.send_part("response.content_part.added", json!({ "part": part }), stage);
    }

    fn open_call(&mut self, name: String, stage: &mut Stage) {
        let call_id = stage.wire.id("call");
        let id = stage.wire.id("item");
        self.open(id, Kind::Call { name, call_id }, stage);
    }

    fn open(&mut self, id: String, kind: Kind, stage: &mut Stage) {
        let mut open = Open { id, previous: None, kind, text: String::new() };
        let item = open.item("in_progress");
        self.send_item("response.output_item.added", &item, stage);
        if !self.aside {
            open.previous = stage.conversation.append(item.clone());
            let added = json!({ "previous_item_id": open.previous, "item": item });
            stage.wire.send("conversation.item.added", added);
        }
        self.open = Some(open);
    }

    fn words(&mut self, words: &str, stage: &mut Stage) {
        let kind = if self.manner.audio {
            "response.output_audio_transcript.delta"
        } else {
            "response.output_text.delta"
        };
        if let Some(open) = &mut self.open {
            open.text += words;
        }
        self.said.characters += words.len();
        self.send_part(kind, json!({ "delta": words }), stage);
    }

    fn audio(&mut self, audio: &Bytes, stage: &mut Stage) {
        let Some(open) = &self.open else { return };
        if let Some(playback) = &mut stage.playback {
            let source = Source { response_id: self.id.clone(), item_id: open.id.clone() };
            playback.add(source, audio.clone(), self.due);
        } else {
            let delta = self.audio_delta(&open.id, audio, stage.wire);
            stage.wire.push(Output::Send(delta));
        }
        if let Some(item) = stage.conversation.get_mut(&open.id).filter(|item| !item.truncated) {
            item.output_audio += audio.len();
        }
        self.said.audio_bytes += audio.len();
    }

    /// Written by hand: most of the bytes that are ever sent pass here.
    fn audio_delta(&self, item_id: &str, audio: &Bytes, wire: &mut Wire) -> String {
        let audio = STANDARD.encode(self.manner.format.of_ulaw(audio.clone()));
        format!(
            r#"{{"type":"response.output_audio.delta","event_id":"{}","response_id":"{}","item_id":"{item_id}","output_index":{},"content_index":0,"delta":"{audio}"}}"#,
            wire.id("event"),
            self.id,
            self.done.len(),
        )
    }

    fn arguments(&mut self, arguments: &str, stage: &mut Stage) {
        let Some(open) = &mut self.open else { return };
        open.text += arguments;
        self.said.characters += arguments.len();
        let Kind::Call { call_id, .. } = &open.kind else { return };
        let fields = json!({ "item_id": open.id, "call_id": call_id, "delta": arguments });
        self.send_indexed("response.function_call_arguments.delta", fields, stage);
    }

    /// Ends the item in progress, with what was really said.
    fn close(&mut self, status: &str, stage: &mut Stage) {
        let Some(text) = self.open.as_ref().map(|open| open.text.clone()) else { return };
        let part = self.part(&text);
        match self.open.as_ref().map(|open| open.kind.clone()) {
            Some(Kind::Audio) => {
                self.send_part("response.output_audio.done", json!({}), stage);
                self.send_part("response.output_audio_transcript.done", json!({ "transcript": text }), stage);
                self.send_part("response.content_part.done", json!({ "part": part }), stage);
            }
            Some(Kind::Text) => {
                self.send_part("response.output_text.done", json!({ "text": text }), stage);
                self.send_part("response.content_part.done", json!({ "part": part }), stage);
            }
            Some(Kind::Call { name, call_id }) if status == "completed" => {
                let item_id = self.open.as_ref().map(|open| open.id.as_str());
                let fields =
                    json!({ "item_id": item_id, "call_id": call_id, "name": name, "arguments": text });
                self.send_indexed("response.function_call_arguments.done", fields, stage);
            }
            _ => {}
        }
        if let Some(open) = self.open.take() {
            self.close_item(&open, status, stage);
        }
    }

    fn close_item(&mut self, open: &Open, status: &str, stage: &mut Stage) {
        let item = open.item(status);
        self.send_item("response.output_item.done", &item, stage);
        if !self.aside {
            if let Some(known) = stage.conversation.get_mut(&open.id) {
                if known.truncated {
                    known.value["status"] = status.into();
                } else {
                    known.value = item.clone();
                }
            }
            let fields = json!({ "previous_item_id": open.previous, "item": item });
            stage.wire.send("conversation.item.done", fields);
        }
        self.done.push(item);
    }

    fn finish(&mut self, status: &str, details: Value, stage: &mut Stage) {
        if self.manner.no_done {
            return;
        }
        let response = self.response(status, details, self.usage());
        stage.wire.send("response.done", json!({ "response": response }));
        let limits = json!({ "rate_limits": [
            { "name": "requests", "limit": 1000, "remaining": 999, "reset_seconds": 0.06 },
            { "name": "tokens", "limit": 40000, "remaining": 39500, "reset_seconds": 0.75 },
        ] });
        stage.wire.send("rate_limits.updated", limits);
    }

    fn response(&self, status: &str, details: Value, usage: Value) -> Value {
        let mut response = self.head.clone();
        response["status"] = status.into();
        response["status_details"] = details;
        response["output"] = self.done.clone().into();
        response["usage"] = usage;
        response
    }

    /// Four characters to a token of text.
    fn usage(&self) -> Value {
        let (text, audio) = self.input_tokens;
        let (said, heard) =
            ((self.said.characters / 4) as u64, duration_ms(self.said.audio_bytes) / MS_PER_TOKEN);
        json!({
            "total_tokens": text + audio + said + heard,
            "input_tokens": text + audio,
            "output_tokens": said + heard,
            "input_token_details": {
                "text_tokens": text, "audio_tokens": audio, "image_tokens": 0, "cached_tokens": 0,
                "cached_tokens_details": { "text_tokens": 0, "audio_tokens": 0, "image_tokens": 0 },
            },
            "output_token_details": { "text_tokens": said, "audio_tokens": heard },
        })
    }

    /// A content part as the events show it; an item's content is named differently.
    fn part(&self, text: &str) -> Value {
        if self.manner.audio {
            json!({ "type": "audio", "transcript": text })
        } else {
            json!({ "type": "text", "text": text })
        }
    }

    fn send_item(&self, kind: &str, item: &Value, stage: &mut Stage) {
        self.send_indexed(kind, json!({ "item": item }), stage);
    }

    fn send_part(&self, kind: &str, mut fields: Value, stage: &mut Stage) {
        fields["item_id"] = self.open.as_ref().map(|open| open.id.as_str()).into();
        fields["content_index"] = 0.into();
        self.send_indexed(kind, fields, stage);
    }

    fn send_indexed(&self, kind: &str, mut fields: Value, stage: &mut Stage) {
        fields["response_id"] = self.id.as_str().into();
        fields["output_index"] = self.done.len().into();
        stage.wire.send(kind, fields);
    }
}

impl Open {
    fn item(&self, status: &str) -> Value {
        let mut item = json!({ "id": self.id, "object": "realtime.item", "status": status });
        let content = |content: Value| if self.text.is_empty() { json!([]) } else { json!([content]) };
        match &self.kind {
            Kind::Call { name, call_id } => {
                item["type"] = "function_call".into();
                item["name"] = name.as_str().into();
                item["call_id"] = call_id.as_str().into();
                item["arguments"] = self.text.as_str().into();
                return item;
            }
            Kind::Audio => {
                item["content"] = content(json!({ "type": "output_audio", "transcript": self.text }));
            }
            Kind::Text => item["content"] = content(json!({ "type": "output_text", "text": self.text })),
        }
        item["type"] = "message".into();
        item["role"] = "assistant".into();
        item
    }
}
