//! Media Streams messages, bidirectional, µ-law at 8 kHz.
//!
//! Source: Twilio, "Media Streams: WebSocket messages". Audio is never decoded here: its base64 is borrowed
//! on the way in and written as it came on the way out.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{id::CallSid, wire::json};

/// Bytes of µ-law in a 20 ms frame.
pub const FRAME_BYTES: usize = 160;
/// Bytes of µ-law in a millisecond.
pub const BYTES_PER_MS: u64 = 8;
/// µ-law silence.
pub const SILENCE: u8 = 0xff;

/// A message from Twilio.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    Connected,
    Start(Box<Start>),
    /// 20 ms of the caller's audio, base64.
    Media(&'a str),
    /// The audio before this mark was played, or dropped by a clear.
    Mark(&'a str),
    Dtmf(String),
    Stop,
    Unknown,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    pub stream_sid: String,
    pub account_sid: String,
    pub call_sid: CallSid,
    #[serde(default)]
    pub custom_parameters: HashMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("not a media stream message: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the payload is not base64")]
    Base64,
}

#[derive(Deserialize)]
struct Raw<'a> {
    event: &'a str,
    start: Option<Box<Start>>,
    media: Option<RawMedia<'a>>,
    mark: Option<RawMark<'a>>,
    dtmf: Option<RawDtmf>,
}

#[derive(Deserialize)]
struct RawMedia<'a> {
    payload: &'a str,
}

#[derive(Deserialize)]
struct RawMark<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct RawDtmf {
    digit: String,
}

/// Reads a message. `media` and `mark` are recognised by a scan; all else is parsed.
pub fn decode(text: &str) -> Result<Incoming<'_>, MediaError> {
    if let Some(payload) = scan_media(text) {
        return media(payload);
    }
    if text.starts_with(r#"{"event":"mark""#)
        && let Some(name) = json::string_field(text, "name")
    {
        return Ok(Incoming::Mark(name));
    }
    let raw: Raw<'_> = serde_json::from_str(text)?;
    Ok(match (raw.event, raw.start, raw.media, raw.mark, raw.dtmf) {
        ("connected", ..) => Incoming::Connected,
        ("start", Some(start), ..) => Incoming::Start(start),
        ("media", _, Some(raw), ..) => return media(raw.payload),
        ("mark", _, _, Some(mark), _) => Incoming::Mark(mark.name),
        ("dtmf", _, _, _, Some(dtmf)) => Incoming::Dtmf(dtmf.digit),
        ("stop", ..) => Incoming::Stop,
        _ => Incoming::Unknown,
    })
}

fn scan_media(text: &str) -> Option<&str> {
    text.starts_with(r#"{"event":"media""#).then(|| json::string_field(text, "payload"))?
}

fn media(payload: &str) -> Result<Incoming<'_>, MediaError> {
    if json::is_base64(payload) { Ok(Incoming::Media(payload)) } else { Err(MediaError::Base64) }
}

/// Writes messages to Twilio for one stream.
#[derive(Debug)]
pub struct Encoder {
    media_head: String,
    mark_head: String,
    clear: String,
}

impl Encoder {
    pub fn new(stream_sid: &str) -> Self {
        let sid = json::quoted(stream_sid);
        Self {
            media_head: format!(r#"{{"event":"media","streamSid":{sid},"media":{{"payload":""#),
            mark_head: format!(r#"{{"event":"mark","streamSid":{sid},"mark":{{"name":""#),
            clear: format!(r#"{{"event":"clear","streamSid":{sid}}}"#),
        }
    }

    /// `payload` is base64 of raw µ-law, no header.
    pub fn media<'a>(&'a self, payload: &'a str) -> [&'a str; 3] {
        [&self.media_head, payload, "\"}}"]
    }

    /// `name` holds nothing that JSON would escape.
    pub fn mark<'a>(&'a self, name: &'a str) -> [&'a str; 3] {
        [&self.mark_head, name, "\"}}"]
    }

    pub fn clear(&self) -> [&str; 1] {
        [&self.clear]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_messages() {
        let start = r#"{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA0123456789abcdef0123456789abcdef","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"k":"v"}},"streamSid":"MZ1"}"#;
        let Ok(Incoming::Start(start)) = decode(start) else { panic!("a start") };
        assert_eq!((start.stream_sid.as_str(), start.custom_parameters["k"].as_str()), ("MZ1", "v"));
        let media = r#"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"/////w=="},"streamSid":"MZ1"}"#;
        assert_eq!(decode(media).unwrap(), Incoming::Media("/////w=="));
        let spaced = r#"{ "media": {"payload": "/////w=="}, "event": "media" }"#;
        assert_eq!(decode(spaced).unwrap(), Incoming::Media("/////w=="));
        let mark = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"label"}}"#;
        assert_eq!(decode(mark).unwrap(), Incoming::Mark("label"));
        assert_eq!(decode(r#"{"event":"stop","stop":{}}"#).unwrap(), Incoming::Stop);
        assert_eq!(decode(r#"{"event":"novelty"}"#).unwrap(), Incoming::Unknown);
    }

    #[test]
    fn bad_frames_are_errors() {
        let bad = r#"{"event":"media","media":{"payload":"%%%"}}"#;
        assert!(matches!(decode(bad), Err(MediaError::Base64)));
        assert!(matches!(decode("{"), Err(MediaError::Json(_))));
        assert!(matches!(decode("[]"), Err(MediaError::Json(_))));
    }

    #[test]
    fn what_is_written_is_json() {
        let encoder = Encoder::new("MZ\"1");
        for parts in [encoder.media("AAAA").concat(), encoder.mark("g1").concat(), encoder.clear().concat()] {
            let value: serde_json::Value = serde_json::from_str(&parts).unwrap();
            assert_eq!(value["streamSid"], "MZ\"1");
        }
    }
}
