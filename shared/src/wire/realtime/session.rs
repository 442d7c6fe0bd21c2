//! The session object of `session.update` and of client secrets. Sparse: what is absent keeps its value.
//! Source: `OpenAI` API reference, `RealtimeSessionCreateRequest`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::VoiceInteraction;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Only where a session is made: one that runs has its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub instructions: String,
    pub output_modalities: [&'static str; 1],
    pub audio: Audio,
    /// Those of every call: their schemas are built once.
    pub tools: &'static [FunctionTool],
    pub tool_choice: &'static str,
}

/// What may change while somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Steering {
    #[serde(rename = "type")]
    kind: &'static str,
    pub instructions: String,
    pub tools: &'static [FunctionTool],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Steered>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Steered {
    pub input: Listening,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listening {
    pub turn_detection: TurnDetection,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audio {
    pub input: Input,
    pub output: Output,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    /// Absent where the transport settles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_reduction: Option<NoiseReduction>,
    pub transcription: Transcription,
    pub turn_detection: TurnDetection,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    pub voice: String,
}

/// G.711 µ-law at 8 kHz: what Twilio speaks, so that nothing is transcoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Format {
    #[serde(rename = "audio/pcmu")]
    Pcmu,
}

/// For a microphone that is near, or one across the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NoiseReduction {
    NearField,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transcription {
    pub model: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TurnDetection {
    ServerVad {
        /// 0 to 1.
        threshold: f32,
        prefix_padding_ms: u32,
        silence_duration_ms: u32,
        create_response: bool,
        interrupt_response: bool,
    },
    /// Waits by what was said: patient with somebody who thinks.
    SemanticVad { eagerness: Eagerness, create_response: bool, interrupt_response: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Eagerness {
    /// Waits up to 8 s.
    Low,
    /// Waits up to 4 s.
    Medium,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionTool {
    #[serde(rename = "type")]
    kind: &'static str,
    pub name: String,
    pub description: String,
    /// JSON Schema.
    pub parameters: Value,
}

impl FunctionTool {
    pub fn new(name: &str, description: &str, parameters: Value) -> Self {
        Self { kind: "function", name: name.to_owned(), description: description.to_owned(), parameters }
    }
}

/// What a deployment chooses about the voice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceOptions {
    pub voice: String,
    pub transcription_model: String,
    pub vad_threshold: f32,
    pub vad_prefix_padding_ms: u32,
    pub vad_silence_ms: u32,
}

impl Default for VoiceOptions {
    fn default() -> Self {
        Self {
            voice: "marin".to_owned(),
            transcription_model: "gpt-transcribe".to_owned(),
            vad_threshold: 0.5,
            vad_prefix_padding_ms: 300,
            vad_silence_ms: 500,
        }
    }
}

impl VoiceOptions {
    fn server_vad(&self, interrupt_response: bool) -> TurnDetection {
        TurnDetection::ServerVad {
            threshold: self.vad_threshold,
            prefix_padding_ms: self.vad_prefix_padding_ms,
            silence_duration_ms: self.vad_silence_ms,
            create_response: true,
            interrupt_response,
        }
    }
}

impl Session {
    /// How a model is told of this session that has another one of the same voice.
    pub fn steering(&self) -> Steering {
        Steering { kind: "realtime", instructions: self.instructions.clone(), tools: self.tools, audio: None }
    }

    /// The same for a model that only listened until now: it answers by itself from here on.
    pub fn answering(&self) -> Steering {
        let turn_detection = self.audio.input.turn_detection.clone();
        Steering { audio: Some(Steered { input: Listening { turn_detection } }), ..self.steering() }
    }

    /// It only listens, and says what it is told to.
    #[must_use]
    pub fn listening(mut self) -> Self {
        let (TurnDetection::ServerVad { create_response, .. }
        | TurnDetection::SemanticVad { create_response, .. }) = &mut self.audio.input.turn_detection;
        *create_response = false;
        self
    }

    /// A browser, over WebRTC: the transport settles the codec, and the server interrupts and truncates by itself,
    /// because it plays what is heard.
    pub fn for_browser(
        model: String,
        instructions: String,
        tools: &'static [FunctionTool],
        kind: VoiceInteraction,
        options: &VoiceOptions,
    ) -> Self {
        let patient = |eagerness| TurnDetection::SemanticVad {
            eagerness,
            create_response: true,
            interrupt_response: true,
        };
        let turn_detection = match kind {
            VoiceInteraction::Conversation => options.server_vad(true),
            VoiceInteraction::Coaching => patient(Eagerness::Medium),
            VoiceInteraction::Interview | VoiceInteraction::Practice => patient(Eagerness::Low),
        };
        Self {
            kind: "realtime",
            model: Some(model),
            instructions,
            output_modalities: ["audio"],
            audio: Audio {
                input: Input {
                    format: None,
                    noise_reduction: Some(NoiseReduction::NearField),
                    transcription: Transcription { model: options.transcription_model.clone() },
                    turn_detection,
                },
                output: Output { format: None, voice: options.voice.clone() },
            },
            tools,
            tool_choice: "auto",
        }
    }

    /// A phone call: µ-law both ways. The model answers by itself when the caller stops; interrupting is
    /// ours, because only we know what was played.
    pub fn for_phone(instructions: String, tools: &'static [FunctionTool], options: &VoiceOptions) -> Self {
        Self {
            kind: "realtime",
            model: None,
            instructions,
            output_modalities: ["audio"],
            audio: Audio {
                input: Input {
                    format: Some(Format::Pcmu),
                    noise_reduction: None,
                    transcription: Transcription { model: options.transcription_model.clone() },
                    turn_detection: options.server_vad(false),
                },
                output: Output { format: Some(Format::Pcmu), voice: options.voice.clone() },
            },
            tools,
            tool_choice: "auto",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_browsers_session_names_its_model_and_no_codec() {
        let session = |kind| {
            let options = VoiceOptions::default();
            let made = Session::for_browser(
                "gpt-realtime-2.1".to_owned(),
                "Be brief.".to_owned(),
                &[],
                kind,
                &options,
            );
            serde_json::to_value(made).unwrap()
        };
        let plain = session(VoiceInteraction::Conversation);
        assert_eq!((&plain["type"], &plain["model"]), (&json!("realtime"), &json!("gpt-realtime-2.1")));
        assert_eq!(plain["audio"]["output"], json!({ "voice": "marin" }));
        assert!(plain["audio"]["input"].get("format").is_none());
        assert_eq!(plain["audio"]["input"]["turn_detection"]["interrupt_response"], true);
        let thinking = json!({
            "type": "semantic_vad", "eagerness": "low", "create_response": true, "interrupt_response": true,
        });
        assert_eq!(session(VoiceInteraction::Interview)["audio"]["input"]["turn_detection"], thinking);
    }
}
