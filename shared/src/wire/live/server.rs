//! Events that we receive. Source: `OpenAI` API reference, "Live: server events".

use serde::{Deserialize, Serialize};

use crate::wire::{json, loudness::is_voiced, realtime::server::OutputItem};

/// The hot event, `session.output_audio.delta`, borrowed from the message. It comes all the time, at the pace of speech,
/// also while nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioDelta<'a> {
    /// Base64 of µ-law.
    pub delta: &'a str,
    /// Somebody speaks in it.
    pub voiced: bool,
}

#[derive(Debug, PartialEq)]
pub enum Incoming<'a> {
    Audio(AudioDelta<'a>),
    Event(ServerEvent),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ServerEvent {
    #[serde(rename = "session.started")]
    Started { session: Started },
    /// A piece of what the caller says; nothing says that it was the last.
    #[serde(rename = "session.input_transcript.delta")]
    InputTranscript(Words),
    /// A piece of what the model says.
    #[serde(rename = "session.output_transcript.delta")]
    OutputTranscript(Words),
    /// What it is to say is known to it.
    #[serde(rename = "session.commentary.appended")]
    CommentaryAppended {},
    /// What the model behind it does.
    #[serde(rename = "response.event")]
    Response { event: Nested },
    /// Nothing follows.
    #[serde(rename = "session.closed")]
    Closed { reason: String, usage: Usage },
    #[serde(rename = "error")]
    Error {
        error: LiveError,
        #[serde(default)]
        client_event_id: Option<String>,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Words {
    pub delta: String,
    /// Both in milliseconds since the session began, and parts of them.
    pub start_ms: f64,
    pub end_ms: f64,
}

/// An event of the Responses API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Nested {
    #[serde(rename = "response.created")]
    Created {},
    #[serde(rename = "response.output_item.done")]
    ItemDone { item: OutputItem },
    #[serde(
        rename = "response.completed",
        alias = "response.failed",
        alias = "response.incomplete",
        alias = "response.cancelled"
    )]
    Over {},
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// That are paid for: of the whole session so far.
    pub seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveError {
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub code: Option<String>,
    /// Of the event of ours that it is about.
    #[serde(default)]
    pub client_event_id: Option<String>,
}

const AUDIO_DELTA: &str = "session.output_audio.delta";

/// Reads a message. Audio is recognised by a scan and borrowed; all else is parsed.
pub fn decode(text: &str) -> Result<Incoming<'_>, serde_json::Error> {
    if json::string_field(text, "type") == Some(AUDIO_DELTA)
        && let Some(delta) = json::string_field(text, "delta")
    {
        return Ok(Incoming::Audio(AudioDelta { delta, voiced: is_voiced(delta) }));
    }
    serde_json::from_str(text).map(Incoming::Event)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;
    use crate::wire::twilio::media::SILENCE;

    fn delta(bytes: &[u8]) -> String {
        format!(r#"{{"type":"session.output_audio.delta","delta":"{}"}}"#, STANDARD.encode(bytes))
    }

    #[test]
    fn audio_is_borrowed_and_known_to_be_speech_or_not() {
        let heard = |bytes: &[u8]| match decode(&delta(bytes)).unwrap() {
            Incoming::Audio(audio) => audio.voiced,
            Incoming::Event(event) => panic!("{event:?}"),
        };
        let mut audio = vec![SILENCE; 1600];
        assert!(!heard(&audio));
        // A hum that nobody hears.
        audio.fill(0xfa);
        assert!(!heard(&audio));
        audio[1440..].fill(0x55);
        assert!(heard(&audio), "a word begins in the last frame of it");
        assert!(!heard(&[]));
        let broken = r#"{"type":"session.output_audio.delta","delta":"%"}"#;
        assert_eq!(decode(broken).unwrap(), Incoming::Audio(AudioDelta { delta: "%", voiced: false }));
    }

    #[test]
    fn a_call_of_the_model_behind_it() {
        let text = r#"{"type":"response.event","event_id":"e","delegation_id":"d","event":{"type":"response.output_item.done","output_index":0,"sequence_number":3,"item":{"id":"fc","type":"function_call","status":"completed","name":"end_call","call_id":"c","arguments":"{}"}}}"#;
        let Incoming::Event(ServerEvent::Response { event: Nested::ItemDone { item } }) =
            decode(text).unwrap()
        else {
            panic!("an item")
        };
        assert_eq!((item.kind.as_str(), item.name.as_deref()), ("function_call", Some("end_call")));
        let other = r#"{"type":"response.event","event_id":"e","event":{"type":"response.in_progress"}}"#;
        assert_eq!(decode(other).unwrap(), Incoming::Event(ServerEvent::Response { event: Nested::Unknown }));
    }

    #[test]
    fn the_model_behind_it_begins_and_ends() {
        let behind = |kind: &str| {
            let text = format!(
                r#"{{"type":"response.event","event":{{"type":"response.{kind}","response":{{}}}}}}"#
            );
            match decode(&text).unwrap() {
                Incoming::Event(ServerEvent::Response { event }) => event,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(behind("created"), Nested::Created {});
        for kind in ["completed", "failed", "incomplete", "cancelled"] {
            assert_eq!(behind(kind), Nested::Over {}, "{kind}");
        }
    }

    #[test]
    fn parts_of_milliseconds_are_read() {
        for kind in ["input", "output"] {
            let text = format!(
                r#"{{"type":"session.{kind}_transcript.delta","delta":"Hi","start_ms":80.5,"end_ms":160}}"#
            );
            let Incoming::Event(ServerEvent::InputTranscript(words) | ServerEvent::OutputTranscript(words)) =
                decode(&text).unwrap()
            else {
                panic!("words")
            };
            assert_eq!(words, Words { delta: "Hi".to_owned(), start_ms: 80.5, end_ms: 160.0 });
        }
    }

    #[test]
    fn an_error_may_have_no_code() {
        for error in ["{}", r#"{"type":null,"code":null,"message":"It failed.","client_event_id":null}"#] {
            let text = format!(r#"{{"type":"error","error":{error}}}"#);
            let Incoming::Event(ServerEvent::Error { error, .. }) = decode(&text).unwrap() else {
                panic!("an error")
            };
            assert_eq!(error, LiveError { kind: None, code: None, client_event_id: None });
        }
    }

    #[test]
    fn new_events_are_ignorable() {
        let novel = r#"{"type":"session.novelty","x":{}}"#;
        assert_eq!(decode(novel).unwrap(), Incoming::Event(ServerEvent::Unknown));
        assert!(decode(r#"{"type":"session.started"}"#).is_err());
        assert!(decode("[1]").is_err());
    }
}
