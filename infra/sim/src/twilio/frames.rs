//! Media Streams messages: what Twilio sends, and what it accepts. Numbers are strings; audio is base64.

use std::{borrow::Cow, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::report::Fault;

/// Writes the messages of one stream; `sequenceNumber` counts all of them but `connected`.
#[derive(Debug)]
pub struct Writer {
    account_sid: String,
    call_sid: String,
    stream_sid: String,
    sequence: u64,
    chunk: u64,
}

impl Writer {
    pub fn new(account_sid: &str, call_sid: &str, stream_sid: &str) -> Self {
        let [account_sid, call_sid, stream_sid] = [account_sid, call_sid, stream_sid].map(str::to_owned);
        Self { account_sid, call_sid, stream_sid, sequence: 0, chunk: 0 }
    }

    pub fn connected() -> String {
        r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned()
    }

    pub fn start(&mut self, parameters: &[(String, String)]) -> String {
        let custom: serde_json::Map<_, _> =
            parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let sequence = self.next();
        json!({
            "event": "start",
            "sequenceNumber": sequence,
            "start": {
                "accountSid": self.account_sid,
                "streamSid": self.stream_sid,
                "callSid": self.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": custom,
            },
            "streamSid": self.stream_sid,
        })
        .to_string()
    }

    /// 20 ms of the caller; `timestamp` in ms since the start of the stream.
    pub fn media(&mut self, timestamp: u128, audio: &[u8]) -> String {
        self.media_with(timestamp, |text| STANDARD.encode_string(audio, text))
    }

    /// A `media` whose payload is not base64.
    pub fn bad_media(&mut self, timestamp: u128) -> String {
        self.media_with(timestamp, |text| text.push_str("*not base64*"))
    }

    pub fn mark(&mut self, name: &str) -> String {
        let sequence = self.next();
        json!({"event": "mark", "sequenceNumber": sequence, "streamSid": self.stream_sid, "mark": {"name": name}})
            .to_string()
    }

    pub fn dtmf(&mut self, digit: char) -> String {
        let (stream, sequence) = (&self.stream_sid, self.sequence + 1);
        self.sequence = sequence;
        json!({"event": "dtmf", "streamSid": stream, "sequenceNumber": sequence.to_string(),
            "dtmf": {"track": "inbound_track", "digit": digit.to_string()}})
        .to_string()
    }

    pub fn stop(&mut self) -> String {
        let sequence = self.next();
        json!({"event": "stop", "sequenceNumber": sequence,
            "stop": {"accountSid": self.account_sid, "callSid": self.call_sid}, "streamSid": self.stream_sid})
        .to_string()
    }

    /// An event that nobody knows, padded to `length` bytes: a future message, or one that is too long.
    pub fn unknown(&mut self, length: usize) -> String {
        let sequence = self.next();
        json!({"event": "novelty", "sequenceNumber": sequence, "streamSid": self.stream_sid,
            "padding": "x".repeat(length)})
        .to_string()
    }

    fn media_with(&mut self, timestamp: u128, payload: impl FnOnce(&mut String)) -> String {
        self.sequence += 1;
        self.chunk += 1;
        let mut text = String::with_capacity(420);
        let _infallible = write!(
            text,
            r#"{{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound","chunk":"{}","timestamp":"{timestamp}","payload":""#,
            self.sequence, self.chunk
        );
        payload(&mut text);
        let _infallible = write!(text, r#""}},"streamSid":"{}"}}"#, self.stream_sid);
        text
    }

    fn next(&mut self) -> String {
        self.sequence += 1;
        self.sequence.to_string()
    }
}

/// What a server may send.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    Media(Vec<u8>),
    Mark(String),
    Clear,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default, rename = "streamSid")]
    stream_sid: Cow<'a, str>,
    #[serde(borrow, default)]
    media: Option<Media<'a>>,
    #[serde(default)]
    mark: Option<Mark>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Mark {
    name: String,
}

/// Reads one text message of a server.
///
/// 31950: not JSON of that shape. 31951: another event, another stream, or a payload that is not base64.
pub fn read(text: &str, stream_sid: &str) -> Result<Incoming, Fault> {
    let message: Message = serde_json::from_str(text)
        .map_err(|why| Fault::new(31950, format!("malformed message: {why}: {}", clip(text))))?;
    if message.stream_sid != stream_sid {
        return Err(Fault::new(31951, format!("streamSid {:?} is not of this stream", message.stream_sid)));
    }
    match (message.event.as_ref(), message.media, message.mark) {
        ("media", Some(media), _) => STANDARD
            .decode(media.payload.as_bytes())
            .map(Incoming::Media)
            .map_err(|why| Fault::new(31951, format!("media payload: {why}"))),
        ("mark", _, Some(mark)) => Ok(Incoming::Mark(mark.name)),
        ("clear", _, _) => Ok(Incoming::Clear),
        _ => Err(Fault::new(31951, format!("invalid message: {}", clip(text)))),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("valid JSON")
    }

    #[test]
    fn messages_have_the_published_shapes() {
        let mut writer = Writer::new("AC1", "CA1", "MZ1");
        assert_eq!(
            json(&writer.start(&[("k".into(), "v\"".into())])),
            json!({"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1",
                "callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw",
                "sampleRate":8000,"channels":1},"customParameters":{"k":"v\""}},"streamSid":"MZ1"})
        );
        assert_eq!(
            json(&writer.media(5, &[0xFF; 3])),
            json!({"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1",
                "timestamp":"5","payload":"////"},"streamSid":"MZ1"})
        );
        assert_eq!(json(&writer.mark("a"))["mark"]["name"], "a");
        assert_eq!(json(&writer.dtmf('1'))["sequenceNumber"], "4");
        assert_eq!(
            json(&writer.stop()),
            json!({"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC1","callSid":"CA1"},
                "streamSid":"MZ1"})
        );
    }

    #[test]
    fn a_server_may_send_media_marks_and_clear() {
        let read = |text| read(text, "MZ1");
        assert_eq!(
            read(r#"{"event":"media","streamSid":"MZ1","media":{"payload":"\/\/8="}}"#).expect("media"),
            Incoming::Media(vec![0xFF, 0xFF])
        );
        assert_eq!(
            read(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}"#).expect("mark"),
            Incoming::Mark("a".into())
        );
        assert_eq!(read(r#"{"streamSid":"MZ1","event":"clear"}"#).expect("clear"), Incoming::Clear);
    }

    #[test]
    fn anything_else_is_an_error_as_at_twilio() {
        let code = |text| read(text, "MZ1").expect_err("refused").code;
        assert_eq!(code("{"), 31950);
        assert_eq!(code(r#"{"event":"media","streamSid":"MZ1","media":{"payload":7}}"#), 31950);
        assert_eq!(code(r#"{"event":"media","streamSid":"MZ1","media":{"payload":"*"}}"#), 31951);
        assert_eq!(code(r#"{"event":"media","streamSid":"MZ1"}"#), 31951);
        assert_eq!(code(r#"{"event":"clear","streamSid":"MZ2"}"#), 31951);
        assert_eq!(code(r#"{"event":"dtmf","streamSid":"MZ1"}"#), 31951);
    }
}
