//! A line of a script, as the messages that come over the wire.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::wire::twilio::media::{BYTES_PER_MS, SILENCE};

/// How much audio the model sends at once.
const PIECE_MS: usize = 400;

/// Words, with what is in quotes or begins with a brace in one.
pub fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = if rest.starts_with('{') {
            rest.len()
        } else if let Some(quoted) = rest.strip_prefix('"') {
            quoted.find('"').unwrap() + 2
        } else {
            rest.find(' ').unwrap_or(rest.len())
        };
        words.push(rest[..end].trim_matches('"'));
        rest = rest[end..].trim_start();
    }
    words
}

/// As loud as µ-law can be.
const LOUDEST: u8 = 0;

/// `ms` of µ-law, base64.
fn audio(bytes: usize) -> String {
    STANDARD.encode(vec![0x55; bytes])
}

fn number(word: &str) -> usize {
    word.parse().unwrap()
}

/// The model's events. `says` and `answers` stand for many.
pub fn realtime(words: &[&str]) -> Vec<Value> {
    let one = match *words {
        ["speech_started", item] => json!({ "type": "input_audio_buffer.speech_started", "item_id": item }),
        ["speech_stopped", item] => json!({ "type": "input_audio_buffer.speech_stopped", "item_id": item }),
        ["transcribed", item, text] => json!({
            "type": "conversation.item.input_audio_transcription.completed", "item_id": item, "transcript": text
        }),
        ["not_transcribed", item] => json!({
            "type": "conversation.item.input_audio_transcription.failed", "item_id": item
        }),
        ["created", id] => json!({ "type": "response.created", "response": { "id": id } }),
        ["done", id] => done(id, "completed"),
        ["done", id, status] => done(id, status),
        ["audio", id, item, ms] => delta(id, item, number(ms) * usize::try_from(BYTES_PER_MS).unwrap()),
        ["bytes", id, item, bytes] => delta(id, item, number(bytes)),
        ["base64", id, item, text] => json!({
            "type": "response.output_audio.delta", "response_id": id, "item_id": item, "delta": text
        }),
        ["audio_done", id, item] => json!({
            "type": "response.output_audio.done", "response_id": id, "item_id": item
        }),
        ["words", id, item, text] => json!({
            "type": "response.output_audio_transcript.delta", "response_id": id, "item_id": item, "delta": text
        }),
        ["words_done", id, item, text] => json!({
            "type": "response.output_audio_transcript.done",
            "response_id": id, "item_id": item, "transcript": text
        }),
        ["call", id, call, tool] => call_item(id, call, tool, "completed"),
        ["call", id, call, tool, status] => call_item(id, call, tool, status),
        ["error", code] => json!({ "type": "error", "error": { "code": code } }),
        ["error", code, event] => json!({ "type": "error", "error": { "code": code, "event_id": event } }),
        ["says", id, item, ms, text] => return says(id, item, number(ms), text),
        ["answers", id, item, ms, text] => {
            let created = json!({ "type": "response.created", "response": { "id": id } });
            let said = says(id, item, number(ms), text);
            return [vec![created], said, vec![done(id, "completed")]].concat();
        }
        [raw] => serde_json::from_str(raw).unwrap(),
        _ => panic!("{words:?}"),
    };
    vec![one]
}

fn done(id: &str, status: &str) -> Value {
    json!({ "type": "response.done", "response": { "id": id, "status": status } })
}

fn delta(id: &str, item: &str, bytes: usize) -> Value {
    json!({
        "type": "response.output_audio.delta", "response_id": id, "item_id": item, "delta": audio(bytes)
    })
}

fn call_item(id: &str, call: &str, tool: &str, status: &str) -> Value {
    json!({ "type": "response.output_item.done", "response_id": id, "item": {
        "type": "function_call", "status": status, "call_id": call, "name": tool, "arguments": "{}"
    } })
}

/// Words, audio in pieces, and the end of both.
fn says(id: &str, item: &str, ms: usize, text: &str) -> Vec<Value> {
    let mut events = realtime(&["words", id, item, text]);
    for from in (0..ms).step_by(PIECE_MS) {
        events.extend(realtime(&["audio", id, item, &PIECE_MS.min(ms - from).to_string()]));
    }
    events.extend(realtime(&["audio_done", id, item]));
    events.extend(realtime(&["words_done", id, item, text]));
    events
}

/// Later than any call: what is told of it is of this moment.
const NOW_MS: usize = 100_000_000;

/// An event of GPT-Live's. `caller` with milliseconds: words of that moment of the session.
pub fn live(words: &[&str]) -> Value {
    let bytes = |ms: &str| number(ms) * usize::try_from(BYTES_PER_MS).unwrap();
    let said = |who: &str, text: &str, ms: usize| json!({ "type": format!("session.{who}_transcript.delta"), "delta": text, "start_ms": ms, "end_ms": ms });
    let delta = |audio: String| json!({ "type": "session.output_audio.delta", "delta": audio });
    match *words {
        ["started"] => json!({ "type": "session.started", "session": { "id": "live_1" } }),
        ["audio", ms] => delta(audio(bytes(ms))),
        ["silence", ms] => delta(STANDARD.encode(vec![SILENCE; bytes(ms)])),
        ["words", text] => said("output", text, 0),
        ["caller", text] => said("input", text, NOW_MS),
        ["caller", text, end_ms] => said("input", text, number(end_ms)),
        ["behind", kind] => {
            json!({ "type": "response.event", "event": { "type": format!("response.{kind}") } })
        }
        ["appended"] => json!({ "type": "session.commentary.appended", "start_ms": 0, "end_ms": 0 }),
        ["call", call, tool] => json!({ "type": "response.event", "event": {
            "type": "response.output_item.done", "item": {
                "type": "function_call", "status": "completed", "call_id": call, "name": tool, "arguments": "{}"
            }
        } }),
        ["error", code] => json!({ "type": "error", "error": { "code": code } }),
        ["error", code, event] => {
            json!({ "type": "error", "error": { "code": code, "client_event_id": event } })
        }
        ["closed", reason] => {
            json!({ "type": "session.closed", "reason": reason, "usage": { "seconds": 1.5 } })
        }
        [kind] => json!({ "type": kind }),
        _ => panic!("{words:?}"),
    }
}

/// A message of Twilio's.
pub fn twilio(words: &[&str]) -> Value {
    match *words {
        ["media"] => json!({ "event": "media", "media": { "payload": audio(160) } }),
        ["shout"] => {
            json!({ "event": "media", "media": { "payload": STANDARD.encode([LOUDEST; 160]) } })
        }
        ["mark", name] => json!({ "event": "mark", "mark": { "name": name } }),
        ["dtmf", digit] => json!({ "event": "dtmf", "dtmf": { "digit": digit } }),
        ["start"] => json!({ "event": "start", "start": {
            "streamSid": "MZ1", "accountSid": "AC1", "callSid": "CA0123456789abcdef0123456789abcdef"
        } }),
        [event] => json!({ "event": event }),
        _ => panic!("{words:?}"),
    }
}
