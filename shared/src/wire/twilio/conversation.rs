//! Messages of `ConversationRelay`: Twilio hears and speaks, and text goes over the socket.
//!
//! Source: Twilio, "`ConversationRelay`: WebSocket messages".

use serde::{Deserialize, Serialize};

use crate::{id::CallSid, language::Language};

/// A message from Twilio.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Incoming {
    /// The first message of all.
    Setup {
        account_sid: String,
        call_sid: CallSid,
    },
    /// What was said; more of it follows unless it is the `last`.
    Prompt {
        voice_prompt: String,
        #[serde(default = "whole")]
        last: bool,
    },
    /// The caller spoke over us: of what was being said, this was heard.
    Interrupt {
        #[serde(default)]
        utterance_until_interrupt: String,
    },
    Dtmf {
        digit: String,
    },
    Error {
        #[serde(default)]
        description: String,
    },
    #[serde(other)]
    Unknown,
}

fn whole() -> bool {
    true
}

/// A message to Twilio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Outgoing {
    /// To be spoken, behind what was sent before; `last`: nothing more of it follows.
    Text { token: String, last: bool, interruptible: bool },
    /// From now on it hears and speaks this; BCP 47.
    Language { tts_language: &'static str, transcription_language: &'static str },
    /// The session is over: Twilio fetches the action of `<Connect>`, and hands this over.
    End { handoff_data: String },
}

pub fn decode(text: &str) -> Result<Incoming, serde_json::Error> {
    serde_json::from_str(text)
}

impl Outgoing {
    pub fn speaks(language: Language) -> Self {
        let tag = language.tag();
        Self::Language { tts_language: tag, transcription_language: tag }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_documented_messages() {
        let setup = json!({ "type": "setup", "sessionId": "VX1", "accountSid": "AC1", "callSid":
            "CA0123456789abcdef0123456789abcdef", "from": "+1", "to": "+2", "direction": "inbound",
            "customParameters": { "k": "v" } });
        let call_sid = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
        let read = |value: serde_json::Value| decode(&value.to_string()).unwrap();
        assert_eq!(read(setup), Incoming::Setup { account_sid: "AC1".to_owned(), call_sid });
        let prompt = json!({ "type": "prompt", "voicePrompt": "Hello", "lang": "en-US", "last": false });
        assert_eq!(read(prompt), Incoming::Prompt { voice_prompt: "Hello".to_owned(), last: false });
        let whole = json!({ "type": "prompt", "voicePrompt": "Hello" });
        assert!(matches!(read(whole), Incoming::Prompt { last: true, .. }));
        let interrupt = json!({ "type": "interrupt", "utteranceUntilInterrupt": "I am",
            "durationUntilInterruptMs": 460 });
        assert_eq!(read(interrupt), Incoming::Interrupt { utterance_until_interrupt: "I am".to_owned() });
        assert_eq!(read(json!({ "type": "dtmf", "digit": "1" })), Incoming::Dtmf { digit: "1".to_owned() });
        assert!(matches!(read(json!({ "type": "error", "description": "x" })), Incoming::Error { .. }));
        assert_eq!(read(json!({ "type": "novelty", "x": 1 })), Incoming::Unknown);
        for bad in ["{", "[]", "{}", r#"{"type":"prompt"}"#, r#"{"type":"setup","callSid":"x"}"#] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_sent() {
        let text = Outgoing::Text { token: "Hello".to_owned(), last: false, interruptible: false };
        let expected = json!({ "type": "text", "token": "Hello", "last": false, "interruptible": false });
        assert_eq!(serde_json::to_value(text).unwrap(), expected);
        let language = Outgoing::Language { tts_language: "es-ES", transcription_language: "es-ES" };
        let expected =
            json!({ "type": "language", "ttsLanguage": "es-ES", "transcriptionLanguage": "es-ES" });
        assert_eq!(serde_json::to_value(language).unwrap(), expected);
        let end = Outgoing::End { handoff_data: "{}".to_owned() };
        assert_eq!(serde_json::to_value(end).unwrap(), json!({ "type": "end", "handoffData": "{}" }));
    }
}
