//! What a session begins with, and what of it may change. A field that is not known is refused.
//! Source: `OpenAI` API reference, "Live: create session".

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::wire::realtime::{client::Content, session::FunctionTool};

/// What a deployment chooses about GPT-Live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveOptions {
    pub model: String,
    /// To which it delegates: thinks, and calls our tools.
    pub backend: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionConfig {
    pub model: String,
    pub instructions: String,
    pub audio: Audio,
    /// What was said before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<Message>,
    pub delegation: Delegation,
    /// Of a session over WebRTC: what its page may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// A hash of the person, for the provider's own protection against abuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_identifier: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Client {
    pub data_channel: DataChannel,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataChannel {
    pub allowed_client_events: [&'static str; 1],
}

/// A page hangs up, and that is all that it may.
const HANGS_UP: Client = Client { data_channel: DataChannel { allowed_client_events: ["session.close"] } };

impl SessionConfig {
    /// A browser, over WebRTC: the transport settles the codec, and tools and turns are the server's.
    pub fn for_browser(
        options: LiveOptions,
        instructions: &str,
        tools: &'static [FunctionTool],
        voice: String,
        whose: String,
    ) -> Self {
        let LiveOptions { model, backend } = options;
        let responses = Backend { model: backend, instructions: instructions.to_owned(), tools };
        Self {
            model,
            instructions: fitting(instructions).into_owned(),
            audio: Audio { format: None, output: Output { voice } },
            input: Vec::new(),
            delegation: Delegation::Responses { responses },
            client: Some(HANGS_UP),
            safety_identifier: Some(whose),
        }
    }
}

/// All else stays as it began.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionUpdate {
    pub delegation: Delegation,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audio {
    /// Absent where the transport settles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    pub output: Output,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Output {
    pub voice: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Format {
    #[serde(rename = "audio/pcmu")]
    Pcmu { rate: u32 },
}

/// G.711 µ-law as Twilio speaks it, so that nothing is transcoded. Here the rate is required.
pub const PCMU: Format = Format::Pcmu { rate: 8000 };

/// The work is done by a model behind this one, with our tools.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Delegation {
    Responses { responses: Backend },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backend {
    pub model: String,
    pub instructions: String,
    pub tools: &'static [FunctionTool],
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "message")]
pub struct Message {
    pub role: Role,
    /// Exactly one part.
    pub content: [Content; 1],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Developer,
    User,
    Assistant,
}

/// Messages of a history.
const MAX_MESSAGES: usize = 128;
/// Bytes of a history: 8,192 tokens, of three bytes at least.
const MAX_HISTORY: usize = 3 * 8192;
/// Bytes of instructions: 16,384 tokens.
pub const MAX_INSTRUCTIONS: usize = 3 * 16_384;

impl Message {
    pub fn said(role: Role, text: impl Into<String>) -> Self {
        let text = text.into();
        let content = match role {
            Role::Assistant => Content::OutputText { text },
            Role::Developer | Role::User => Content::InputText { text },
        };
        Self { role, content: [content] }
    }

    fn len(&self) -> usize {
        let [Content::InputText { text } | Content::OutputText { text }] = &self.content;
        text.len()
    }
}

/// As much of what was said as a session begins with: the newest.
pub fn newest(mut history: Vec<Message>) -> Vec<Message> {
    let mut left = MAX_HISTORY;
    let fits = |message: &&Message| {
        left = left.saturating_sub(message.len());
        left > 0
    };
    let kept = history.iter().rev().take(MAX_MESSAGES).take_while(fits).count();
    history.drain(..history.len() - kept);
    history
}

/// As much of the instructions as a session takes, in whole lines: what is in the middle is left out. Who speaks stands
/// first, and what this conversation is about last.
pub fn fitting(instructions: &str) -> Cow<'_, str> {
    if instructions.len() <= MAX_INSTRUCTIONS {
        return instructions.into();
    }
    let half = (MAX_INSTRUCTIONS - LEFT_OUT.len()) / 2;
    let first = &instructions[..instructions.floor_char_boundary(half)];
    let first = first.rfind('\n').map_or(first, |end| &first[..end]);
    let last = &instructions[instructions.ceil_char_boundary(instructions.len() - half)..];
    let last = last.find('\n').map_or(last, |begins| &last[begins + 1..]);
    format!("{first}{LEFT_OUT}{last}").into()
}

/// In the place of what does not fit.
const LEFT_OUT: &str = "\n…\n";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_phone_session_names_the_rate() {
        let session = SessionConfig {
            model: "gpt-live-1".to_owned(),
            instructions: "Be brief.".to_owned(),
            audio: Audio { format: Some(PCMU), output: Output { voice: "marin".to_owned() } },
            input: vec![Message::said(Role::Assistant, "Hello.")],
            delegation: Delegation::Responses {
                responses: Backend {
                    model: "gpt-6-luna".to_owned(),
                    instructions: "Be brief.".to_owned(),
                    tools: &[],
                },
            },
            client: None,
            safety_identifier: None,
        };
        let expected = json!({
            "model": "gpt-live-1", "instructions": "Be brief.",
            "audio": { "format": { "type": "audio/pcmu", "rate": 8000 }, "output": { "voice": "marin" } },
            "input": [{ "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "Hello." }] }],
            "delegation": { "type": "responses", "responses": {
                "model": "gpt-6-luna", "instructions": "Be brief.", "tools": [],
            } },
        });
        assert_eq!(serde_json::to_value(session).unwrap(), expected);
    }

    #[test]
    fn a_page_may_only_hang_up() {
        let options = LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() };
        let (voice, whose) = ("marin".to_owned(), "hash".to_owned());
        let session = SessionConfig::for_browser(options, "Be brief.", &[], voice, whose);
        let session = serde_json::to_value(session).unwrap();
        let expected = json!({ "data_channel": { "allowed_client_events": ["session.close"] } });
        assert_eq!(
            (&session["client"], &session["audio"]),
            (&expected, &json!({ "output": { "voice": "marin" } }))
        );
    }

    #[test]
    fn of_a_long_history_the_newest_fits() {
        let said = |n: usize| Message::said(Role::User, format!("{n} {}", "word ".repeat(100)));
        let kept = newest((0..500).map(said).collect());
        assert!(kept.iter().map(Message::len).sum::<usize>() <= MAX_HISTORY && kept.len() > 40);
        assert_eq!(kept.last(), Some(&said(499)));
        let short = newest((0..500).map(|n| Message::said(Role::User, n.to_string())).collect());
        assert_eq!(short.len(), MAX_MESSAGES);
    }

    #[test]
    fn instructions_that_are_too_long_lose_lines_of_their_middle() {
        let line = format!("{}\n", "ä".repeat(400));
        let long = format!("Who speaks.\n{}The job that it is about.", line.repeat(100));
        let cut = fitting(&long);
        assert!(cut.len() <= MAX_INSTRUCTIONS && cut.len() > MAX_INSTRUCTIONS - 2 * line.len());
        assert!(cut.starts_with("Who speaks.\nä") && cut.ends_with("ä\nThe job that it is about."));
        assert_eq!(cut.matches('…').count(), 1);
        assert!(cut.lines().all(|told| told.len() < 30 || told.len() == 800), "whole lines");
        assert_eq!(fitting(&line), line);
    }
}
