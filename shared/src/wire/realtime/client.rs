//! Events that we send. Source: `OpenAI` API reference, "Realtime: client events".

use serde::Serialize;
use serde_json::Value;

use super::session::{Session, Steering};

/// The envelope of `input_audio_buffer.append`, around base64 that is passed through.
pub fn audio_append(payload: &str) -> [&str; 3] {
    [r#"{"type":"input_audio_buffer.append","audio":""#, payload, "\"}"]
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientEvent {
    #[serde(rename = "session.update")]
    SessionUpdate { session: Box<Session> },
    /// In the middle of a call: the voice stays as it is.
    #[serde(rename = "session.update")]
    Steer { session: Steering },
    #[serde(rename = "conversation.item.create")]
    ItemCreate { item: Item },
    /// `audio_end_ms` must not exceed what was produced for the item.
    #[serde(rename = "conversation.item.truncate")]
    ItemTruncate { item_id: String, content_index: u32, audio_end_ms: u64 },
    #[serde(rename = "conversation.item.delete")]
    ItemDelete { item_id: String },
    #[serde(rename = "response.create")]
    ResponseCreate {
        /// Comes back in an error about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        event_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<ResponseOptions>,
    },
    #[serde(rename = "response.cancel")]
    ResponseCancel {
        #[serde(skip_serializing_if = "Option::is_none")]
        response_id: Option<String>,
    },
    /// Over WebRTC: what was not heard yet never is.
    #[serde(rename = "output_audio_buffer.clear")]
    OutputAudioClear {},
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ResponseOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<&'static str>,
    /// The very words that it is to say.
    #[serde(skip)]
    pub words: Option<String>,
}

impl ResponseOptions {
    /// An answer that calls no tool.
    pub fn without_tools() -> Self {
        Self { tool_choice: Some("none"), ..Self::default() }
    }

    /// A tool and no words: to this menu of a machine.
    pub fn choose(menu: &str) -> Self {
        Self {
            instructions: Some(format!(
                "You hear the menu of a machine, not a person: «{menu}» Say nothing to it. Press the key that leads to \
                 whom you call with press_keys; if none does, the one for an operator; if there is no such key \
                 either, use end_call."
            )),
            tool_choice: Some("required"),
            words: None,
        }
    }

    /// These very words and no tool.
    pub fn say(words: &str) -> Self {
        Self {
            instructions: Some(format!(
                "Say exactly this and nothing else, in the language that is spoken in this call: \"{}\"",
                words.replace('"', "'")
            )),
            tool_choice: Some("none"),
            words: Some(words.to_owned()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    Message { role: Role, content: Vec<Content> },
    FunctionCallOutput { call_id: String, output: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    InputText {
        text: String,
    },
    /// What the assistant said before: audio cannot be seeded.
    OutputText {
        text: String,
    },
}

impl Item {
    pub fn said(role: Role, text: impl Into<String>) -> Self {
        let text = text.into();
        let content = match role {
            Role::Assistant => Content::OutputText { text },
            Role::System | Role::User => Content::InputText { text },
        };
        Self::Message { role, content: vec![content] }
    }

    /// A tool's result for the model: a JSON object as a string, as the API wants it.
    pub fn output(call_id: impl Into<String>, output: &Value) -> Self {
        Self::FunctionCallOutput { call_id: call_id.into(), output: output.to_string() }
    }
}
