//! What a call did, to be read like a score: who says what to whom, and when.

use std::{fmt, time::Duration};

use serde_json::Value;

use crate::{
    call::outbox::{CloseCode, Effect, Outbox},
    interaction::Speaker,
    wire::{json::decoded_len, twilio::media::FRAME_BYTES},
};

#[derive(Debug, Default)]
pub struct Score {
    starts: Duration,
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq, Eq)]
struct Line {
    at: Duration,
    text: String,
    /// Audio: so many frames in a row.
    frames: usize,
}

impl Score {
    pub fn starting(starts: Duration) -> Self {
        Self { starts, lines: Vec::new() }
    }

    /// An input and what came of it; takes the outbox.
    pub fn input(&mut self, label: Option<&str>, now: Duration, out: &mut Outbox) {
        if let Some(label) = label {
            self.line(now, label.to_owned());
        }
        for message in out.to_twilio.drain(..) {
            let message = serde_json::from_slice(&message.text).unwrap();
            self.for_twilio(&message, now);
        }
        for message in std::mem::take(&mut out.to_model) {
            let message = serde_json::from_slice(&message.text).unwrap();
            if out.is_live() {
                self.for_live(&message, now);
            } else {
                self.for_model(&message, now);
            }
        }
        for effect in out.effects.drain(..) {
            self.line(now, effect_text(&effect));
        }
    }

    pub fn note(&mut self, text: &str) {
        let at = self.lines.last().map_or(self.starts, |line| line.at);
        self.line(at, text.to_owned());
    }

    fn for_twilio(&mut self, message: &Value, now: Duration) {
        match message["event"].as_str().unwrap() {
            "media" => {
                let bytes = decoded_len(message["media"]["payload"].as_str().unwrap());
                self.audio(now, "twilio<   media", bytes / FRAME_BYTES);
            }
            // The player returns them.
            "mark" => {}
            event => self.line(now, format!("twilio<   {event}")),
        }
    }

    fn for_model(&mut self, message: &Value, now: Duration) {
        let kind = message["type"].as_str().unwrap();
        let detail = match kind {
            "input_audio_buffer.append" => {
                let bytes = decoded_len(message["audio"].as_str().unwrap());
                return self.audio(now, "realtime< input_audio_buffer.append", bytes / FRAME_BYTES);
            }
            "conversation.item.create" => item(&message["item"]),
            "response.create" => wish(&message["response"]),
            "conversation.item.truncate" => {
                format!(" item={} audio_end_ms={}", text(&message["item_id"]), message["audio_end_ms"])
            }
            "conversation.item.delete" => format!(" item={}", text(&message["item_id"])),
            "response.cancel" => format!(" {}", text(&message["response_id"])),
            "session.update" if message["session"]["audio"].is_object() => String::new(),
            "session.update" => format!(" {}", message["session"]["instructions"]),
            other => panic!("the model knows no {other:?}"),
        };
        self.line(now, format!("realtime< {kind}{detail}"));
    }

    fn for_live(&mut self, message: &Value, now: Duration) {
        let kind = message["type"].as_str().unwrap();
        let detail = match kind {
            "session.input_audio.append" => {
                let bytes = decoded_len(message["audio"].as_str().unwrap());
                return self.audio(now, "live<     session.input_audio.append", bytes / FRAME_BYTES);
            }
            "session.start" => {
                let history = message["session"]["input"].as_array().map(Vec::as_slice).unwrap_or_default();
                let said = |said: &Value| {
                    format!("\n          {} {}", text(&said["role"]), said["content"][0]["text"])
                };
                history.iter().map(said).collect()
            }
            "session.update" => {
                format!(" {}", message["session"]["delegation"]["responses"]["instructions"])
            }
            "response.item.create" => item(&message["item"]),
            "response.create" => String::new(),
            "session.commentary.append" | "session.thinking.append" | "session.instructions.append" => {
                assert!(message["delegation_id"].is_null() && message.get("delegation_id").is_some());
                let id = message["event_id"].as_str().map(|id| format!(" {id}")).unwrap_or_default();
                format!("{id} {}", message["content"])
            }
            other => panic!("Live knows no {other:?}"),
        };
        self.line(now, format!("live<     {kind}{detail}"));
    }

    fn line(&mut self, at: Duration, text: String) {
        self.lines.push(Line { at, text, frames: 0 });
    }

    fn audio(&mut self, at: Duration, text: &str, frames: usize) {
        match self.lines.last_mut().filter(|line| line.frames > 0 && line.at == at && line.text == text) {
            Some(line) => line.frames += frames,
            None => self.lines.push(Line { at, text: text.to_owned(), frames }),
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn item(item: &Value) -> String {
    match text(&item["type"]) {
        "message" => format!(" {} {}", text(&item["role"]), item["content"][0]["text"]),
        kind => format!(" {kind} {} {}", text(&item["call_id"]), text(&item["output"])),
    }
}

fn wish(wish: &Value) -> String {
    let tools = if wish["tool_choice"] == "none" { " (no tools)" } else { "" };
    match wish["instructions"].as_str() {
        Some(words) => format!(" say={}", &words[words.find('"').unwrap()..]),
        None => tools.to_owned(),
    }
}

fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::RunTool { call_id, name, arguments } => format!("tool<     {call_id} {name} {arguments}"),
        Effect::AnotherModel => "another model".to_owned(),
        Effect::Alert(said) => format!("alert     {said:?}"),
        Effect::Persist(turn) => {
            let who = if turn.speaker == Speaker::Twin { "twin" } else { "person" };
            let how = if turn.interrupted { " (interrupted)" } else { "" };
            format!("persist   #{} {who} {:?}{how}", turn.sequence, turn.text)
        }
        Effect::Close(CloseCode::Normal) => "close     1000".to_owned(),
        Effect::Close(CloseCode::Policy) => "close     1008".to_owned(),
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for Line { at, text, frames } in &self.lines {
            let time = at.saturating_sub(self.starts).as_millis();
            let time = if before == Some(time) { String::new() } else { time.to_string() };
            before = Some(at.saturating_sub(self.starts).as_millis());
            match frames {
                0 => writeln!(f, "{time:<8}{text}")?,
                1 => writeln!(f, "{time:<8}{text} 1 frame")?,
                frames => writeln!(f, "{time:<8}{text} {frames} frames")?,
            }
        }
        Ok(())
    }
}
