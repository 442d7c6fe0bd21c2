//! The session object of `session.update` and of client secrets. Sparse: what is absent keeps its value.
//! Source: `OpenAI` API reference, `RealtimeSessionCreateRequest`.

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    #[serde(rename = "type")]
    kind: &'static str,
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
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audio {
    pub input: Input,
    pub output: Output,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    pub format: Format,
    pub transcription: Transcription,
    pub turn_detection: TurnDetection,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    pub format: Format,
    pub voice: String,
}

/// G.711 µ-law at 8 kHz: what Twilio speaks, so that nothing is transcoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Format {
    #[serde(rename = "audio/pcmu")]
    Pcmu,
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
#[derive(Debug, Clone, PartialEq)]
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

impl Session {
    /// How a model is told of this session that has another one of the same voice.
    pub fn steering(&self) -> Steering {
        Steering { kind: "realtime", instructions: self.instructions.clone(), tools: self.tools }
    }

    /// A phone call: µ-law both ways. The model answers by itself when the caller stops; interrupting is
    /// ours, because only we know what was played.
    pub fn for_phone(instructions: String, tools: &'static [FunctionTool], options: &VoiceOptions) -> Self {
        Self {
            kind: "realtime",
            instructions,
            output_modalities: ["audio"],
            audio: Audio {
                input: Input {
                    format: Format::Pcmu,
                    transcription: Transcription { model: options.transcription_model.clone() },
                    turn_detection: TurnDetection::ServerVad {
                        threshold: options.vad_threshold,
                        prefix_padding_ms: options.vad_prefix_padding_ms,
                        silence_duration_ms: options.vad_silence_ms,
                        create_response: true,
                        interrupt_response: false,
                    },
                },
                output: Output { format: Format::Pcmu, voice: options.voice.clone() },
            },
            tools,
            tool_choice: "auto",
        }
    }
}
