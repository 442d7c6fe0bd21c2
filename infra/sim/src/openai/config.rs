//! The session object: defaults, sparse updates, and what is wrong with one.

mod check;

use serde_json::{Map, Value, json};

use super::conversation::unsupported;
use super::format::Format;
use super::microphone::VadConfig;
use super::wire::ApiError;
use check::check;

pub use check::{check_modalities, check_tools, known};

const FIELDS: &[&str] = &[
    "type",
    "model",
    "instructions",
    "output_modalities",
    "audio",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "max_output_tokens",
    "truncation",
    "tracing",
    "include",
    "prompt",
];

/// What a session speaks that names no model.
pub const DEFAULT_MODEL: &str = "gpt-realtime-2.1";

/// A valid session object.
#[derive(Debug, Clone)]
pub struct Config(Value);

impl Config {
    /// What `session.created` shows. `expires_at` in Unix seconds.
    pub fn new(id: &str, model: &str, expires_at: u64) -> Self {
        let format = json!({ "type": "audio/pcm", "rate": 24000 });
        Self(json!({
            "type": "realtime",
            "object": "realtime.session",
            "id": id,
            "model": model,
            "output_modalities": ["audio"],
            "instructions": "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI.",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": null,
            "truncation": "auto",
            "prompt": null,
            "expires_at": expires_at,
            "audio": {
                "input": {
                    "format": format,
                    "transcription": null,
                    "noise_reduction": null,
                    "turn_detection": turn_detection("server_vad"),
                },
                "output": { "format": format, "voice": "alloy", "speed": 1.0 },
            },
            "include": null,
        }))
    }

    /// The session of a client secret, with all defaults: `settings` names its model.
    pub fn made(id: &str, settings: &Value) -> Result<Self, ApiError> {
        let model = settings["model"].as_str().unwrap_or(DEFAULT_MODEL);
        let mut made = Self::new(id, model, 0);
        made.update(settings, false)?;
        Ok(made)
    }

    pub fn value(&self) -> &Value {
        &self.0
    }

    /// `session.update`: all of it or, on an error, nothing.
    pub fn update(&mut self, update: &Value, has_spoken: bool) -> Result<(), ApiError> {
        let update = update.as_object().ok_or_else(|| ApiError::missing("session"))?;
        known(update, "session", FIELDS)?;
        match update.get("type").and_then(Value::as_str) {
            None => return Err(ApiError::missing("session.type")),
            Some("realtime") => {}
            Some(other) => return Err(unsupported("session.type", other, &["realtime"])),
        }
        let mut merged = self.0.clone();
        merge(&mut merged, update);
        check(&merged, &self.0)?;
        if has_spoken && merged["audio"]["output"]["voice"] != self.0["audio"]["output"]["voice"] {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            return Err(ApiError::invalid("cannot_update_voice", message));
        }
        self.0 = merged;
        Ok(())
    }

    pub fn input_format(&self) -> Format {
        format(&self.0["audio"]["input"])
    }

    pub fn output_format(&self) -> Format {
        format(&self.0["audio"]["output"])
    }

    /// The server's turn detection. `semantic_vad` is approximated: its patience becomes a silence.
    pub fn vad(&self) -> Option<VadConfig> {
        let detection = &self.0["audio"]["input"]["turn_detection"];
        let patience = |eagerness: Option<&str>| match eagerness {
            Some("high") => 300,
            Some("low") => 1200,
            _ => 600,
        };
        let number = |field: &str| detection[field].as_u64().and_then(|number| u32::try_from(number).ok());
        match detection["type"].as_str()? {
            "semantic_vad" => Some(VadConfig {
                threshold: 0.5,
                prefix_padding_ms: 300,
                silence_duration_ms: patience(detection["eagerness"].as_str()),
            }),
            _ => Some(VadConfig {
                #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
                threshold: detection["threshold"].as_f64()? as f32,
                prefix_padding_ms: number("prefix_padding_ms")?,
                silence_duration_ms: number("silence_duration_ms")?,
            }),
        }
    }

    pub fn creates_response(&self) -> bool {
        self.0["audio"]["input"]["turn_detection"]["create_response"] == true
    }

    pub fn interrupts_response(&self) -> bool {
        self.0["audio"]["input"]["turn_detection"]["interrupt_response"] == true
    }

    /// The transcription model, if transcription is on.
    pub fn transcription(&self) -> Option<&str> {
        self.0["audio"]["input"]["transcription"]["model"].as_str()
    }
}

fn format(side: &Value) -> Format {
    side["format"]["type"].as_str().and_then(Format::named).unwrap_or(Format::Pcm)
}

/// A turn detection with all defaults. `silence_duration_ms` as captured sessions show it, not as documented.
fn turn_detection(kind: &str) -> Value {
    match kind {
        "semantic_vad" => json!({
            "type": kind, "eagerness": "auto", "create_response": true, "interrupt_response": true,
        }),
        _ => json!({
            "type": kind, "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
            "idle_timeout_ms": null, "create_response": true, "interrupt_response": true,
        }),
    }
}

/// Objects are merged, and anything else is replaced; so are a format and a turn detection of another type.
fn merge(into: &mut Value, update: &Map<String, Value>) {
    for (field, value) in update {
        let current = &mut into[field];
        match value {
            Value::Object(value) if field == "turn_detection" => {
                let kind = value.get("type").and_then(Value::as_str).unwrap_or("server_vad");
                if current["type"] != kind {
                    *current = turn_detection(kind);
                }
                merge(current, value);
            }
            Value::Object(value) if current.is_object() && !["format", "tool_choice"].contains(&&**field) => {
                merge(current, value);
            }
            value => current.clone_from(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new("sess_1", "gpt-realtime-2.1", 0)
    }

    fn refusal(session: Value) -> (String, String) {
        let mut config = config();
        let before = config.value().clone();
        let body = config.update(&session, false).expect_err("refused").body();
        assert_eq!(config.value(), &before, "all or nothing");
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        (text("code"), text("param"))
    }

    #[test]
    fn updates_are_sparse() {
        let mut config = config();
        let update = json!({ "type": "realtime", "instructions": "Be brief.", "audio": {
            "input": {
                "format": { "type": "audio/pcmu" },
                "transcription": { "model": "gpt-transcribe" },
                "turn_detection": { "type": "server_vad", "silence_duration_ms": 450 },
            },
            "output": { "format": { "type": "audio/pcmu" }, "voice": "marin" },
        } });
        config.update(&update, false).expect("valid");
        assert_eq!(config.value()["audio"]["input"]["format"], json!({ "type": "audio/pcmu" }));
        assert_eq!(config.value()["audio"]["output"]["speed"], 1.0);
        assert_eq!((config.input_format(), config.output_format()), (Format::Pcmu, Format::Pcmu));
        assert_eq!(config.transcription(), Some("gpt-transcribe"));
        let vad = VadConfig { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 450 };
        assert_eq!(config.vad(), Some(vad));

        let off = json!({ "type": "realtime", "audio": { "input": { "turn_detection": null } } });
        config.update(&off, false).expect("valid");
        assert_eq!(config.vad(), None);
        assert_eq!(config.value()["instructions"], "Be brief.");
    }

    #[test]
    fn wrong_updates_are_refused_whole() {
        let input = |field: &str, value: Value| {
            json!({ "type": "realtime", "instructions": "x",
            "audio": { "input": { field: value } } })
        };
        let of = |code: &str, param: &str| (code.to_owned(), param.to_owned());
        assert_eq!(refusal(json!({})), of("missing_required_parameter", "session.type"));
        assert_eq!(
            refusal(json!({ "type": "realtime", "modalities": ["text"] })),
            of("unknown_parameter", "session.modalities")
        );
        assert_eq!(
            refusal(input("format", json!({ "type": "g711_ulaw" }))),
            of("invalid_value", "session.audio.input.format.type")
        );
        assert_eq!(
            refusal(input("format", json!({ "type": "audio/pcmu", "rate": 8000 }))),
            of("unknown_parameter", "session.audio.input.format.rate")
        );
        assert_eq!(
            refusal(input("turn_detection", json!({ "type": "server_vad", "threshold": 1.5 }))),
            of("invalid_value", "session.audio.input.turn_detection.threshold")
        );
        assert_eq!(
            refusal(json!({ "type": "realtime", "tools": [{ "type": "function" }] })),
            of("missing_required_parameter", "session.tools[0].name")
        );
    }

    #[test]
    fn the_voice_is_fixed_once_heard() {
        let voice = |voice: &str| json!({ "type": "realtime", "audio": { "output": { "voice": voice } } });
        assert!(config().update(&voice("alloy"), true).is_ok());
        let refused = config().update(&voice("cedar"), true).expect_err("fixed");
        assert_eq!(refused.body()["code"], "cannot_update_voice");
    }
}
