//! A caller and a model, each as lean as it can be: prebuilt frames, patched and sent.

use std::time::Duration;

use crate::frames::{self, KEY};

/// Base64 of 160 bytes of µ-law.
const AUDIO: usize = 216;
/// Base64 digits of a frame's number, at the beginning of its audio.
const DIGITS: usize = 6;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Of a masked frame of this size: two bytes, two of length, four of the key.
const HEADER: usize = 8;
/// Frames in flight whose times are kept.
const IN_FLIGHT: u64 = 256;

/// As most relays write it, and as Python's `json.dumps` does.
const APPEND: [&[u8]; 2] = [
    br#"{"type":"input_audio_buffer.append","audio":""#,
    br#"{"type": "input_audio_buffer.append", "audio": ""#,
];
const CREATE: &[u8] = br#"{"type":"response.create""#;
const RESPONSE: &str = "resp_DFzQ8xZ5mVw2kL9nT4bYc";
const ITEM: &str = "item_DFzQ8pR3vHs7jK1mX6aWd";

/// One end of a connection, and what it is.
pub enum End {
    Caller(Box<Caller>),
    Model(Model),
}

pub struct Caller {
    /// A media message, framed and masked.
    frame: Vec<u8>,
    audio_at: usize,
    stream_sid: String,
    /// Marks that came and go back with the next frame, as Twilio sends back what it has played.
    marks: Vec<u8>,
    pub sent: u64,
    /// How many frames came back or were skipped.
    pub returned: u64,
    pub lost: u64,
    sent_at: Box<[Duration]>,
}

impl Caller {
    pub fn new(stream_sid: String) -> Self {
        let audio = format!("{}w==", "/".repeat(AUDIO - 3));
        let text = format!(
            r#"{{"event":"media","sequenceNumber":"10002","media":{{"track":"inbound","chunk":"10001","timestamp":"200020","payload":"{audio}"}},"streamSid":"{stream_sid}"}}"#
        );
        let mut frame = Vec::new();
        frames::write(&mut frame, &[text.as_bytes()], Some(KEY));
        let audio_at = HEADER + text.find(&audio).unwrap_or_default();
        let sent_at = vec![Duration::ZERO; usize::try_from(IN_FLIGHT).unwrap_or_default()].into();
        Self { frame, audio_at, stream_sid, marks: Vec::new(), sent: 0, returned: 0, lost: 0, sent_at }
    }

    /// What Twilio says first on a stream.
    pub fn greet(&self, account_sid: &str, call_sid: &str, out: &mut Vec<u8>) {
        let stream_sid = &self.stream_sid;
        let start = format!(
            r#"{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{account_sid}","streamSid":"{stream_sid}","callSid":"{call_sid}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"customParameters":{{}}}},"streamSid":"{stream_sid}"}}"#
        );
        let connected = br#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
        frames::write(out, &[connected], Some(KEY));
        frames::write(out, &[start.as_bytes()], Some(KEY));
    }

    /// The next 20 ms, behind the marks that were played.
    pub fn speak(&mut self, now: Duration, out: &mut Vec<u8>) {
        for (i, digit) in digits(self.sent).into_iter().enumerate() {
            let at = self.audio_at + i;
            self.frame[at] = digit ^ KEY[(at - HEADER) % 4];
        }
        self.sent_at[slot(self.sent)] = now;
        self.sent += 1;
        out.append(&mut self.marks);
        out.extend_from_slice(&self.frame);
    }

    /// `Some`: a frame came back after this long.
    pub fn hears(&mut self, message: &[u8], now: Duration) -> Option<Duration> {
        if message.starts_with(br#"{"event":"mark""#) {
            if let Some(name) = frames::slice(message, br#""name":""#) {
                let sid = self.stream_sid.as_bytes();
                let parts: [&[u8]; 5] = [
                    br#"{"event":"mark","sequenceNumber":"10003","streamSid":""#,
                    sid,
                    br#"","mark":{"name":""#,
                    name,
                    b"\"}}",
                ];
                frames::write(&mut self.marks, &parts, Some(KEY));
            }
            return None;
        }
        let number = number(frames::slice(message, br#""payload":""#)?)?;
        if number >= self.sent || number < self.returned {
            return None;
        }
        self.lost += number - self.returned;
        self.returned = number + 1;
        Some(now.saturating_sub(self.sent_at[slot(number)]))
    }
}

/// Speaks just enough of the Realtime API: one response that never ends, made of what it hears.
pub struct Model {
    /// A delta, framed.
    frame: Vec<u8>,
    audio_at: usize,
    pub open: bool,
}

impl Model {
    pub fn new() -> Self {
        let audio = "A".repeat(AUDIO);
        let text = format!(
            r#"{{"type":"response.output_audio.delta","event_id":"event_DFzQ8kN2uGr6hJ0lV5zUb","response_id":"{RESPONSE}","item_id":"{ITEM}","output_index":0,"content_index":0,"delta":"{audio}"}}"#
        );
        let mut frame = Vec::new();
        frames::write(&mut frame, &[text.as_bytes()], None);
        let audio_at = frame.len() - AUDIO - 2;
        Self { frame, audio_at, open: false }
    }

    pub fn greet(out: &mut Vec<u8>) {
        let created = br#"{"type":"session.created","event_id":"event_1","session":{"type":"realtime","object":"realtime.session","id":"sess_1"}}"#;
        frames::write(out, &[created], None);
    }

    pub fn hears(&mut self, message: &[u8], out: &mut Vec<u8>) {
        if let Some(rest) = APPEND.iter().find_map(|open| message.strip_prefix(*open)) {
            if let Some(audio) = rest.get(..AUDIO) {
                self.frame[self.audio_at..self.audio_at + AUDIO].copy_from_slice(audio);
                out.extend_from_slice(&self.frame);
            }
        } else if message.starts_with(CREATE) {
            let created = format!(
                r#"{{"type":"response.created","event_id":"event_2","response":{{"id":"{RESPONSE}","status":"in_progress"}}}}"#
            );
            frames::write(out, &[created.as_bytes()], None);
        }
    }
}

fn slot(number: u64) -> usize {
    usize::try_from(number % IN_FLIGHT).unwrap_or_default()
}

fn digits(number: u64) -> [u8; DIGITS] {
    std::array::from_fn(|i| ALPHABET[usize::try_from(number >> (6 * i) & 63).unwrap_or_default()])
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.get(..DIGITS)?.iter().rev().try_fold(0, |number, digit| {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        Some(number << 6 | u64::from(value))
    })
}
