//! Messages as they come on the wire, for the other benchmarks.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use twin::{
    call::{Call, Input, Limits, Opening, outbox::Outbox},
    language::Spoken,
    wire::{
        realtime::{
            server,
            session::{Session, VoiceOptions},
        },
        twilio::media::{self, FRAME_BYTES},
    },
};

pub const STREAM: &str = "MZ0123456789abcdef0123456789abcdef";
const RESPONSE: &str = "resp_DFzQ8xZ5mVw2kL9nT4bYc";
const ITEM: &str = "item_DFzQ8pR3vHs7jK1mX6aWd";

/// Base64 of so many 20 ms frames.
pub fn audio(frames: usize) -> String {
    STANDARD.encode(vec![0x55; FRAME_BYTES * frames])
}

/// 20 ms of a caller, as Twilio sends them.
pub fn media() -> String {
    let audio = audio(1);
    format!(
        r#"{{"event":"media","sequenceNumber":"10002","media":{{"track":"inbound","chunk":"10001","timestamp":"200020","payload":"{audio}"}},"streamSid":"{STREAM}"}}"#
    )
}

pub fn mark(name: &str) -> String {
    format!(
        r#"{{"event":"mark","sequenceNumber":"10003","streamSid":"{STREAM}","mark":{{"name":"{name}"}}}}"#
    )
}

/// Audio of the model's, as `OpenAI` sends it.
pub fn delta(frames: usize) -> String {
    let audio = audio(frames);
    format!(
        r#"{{"type":"response.output_audio.delta","event_id":"event_DFzQ8kN2uGr6hJ0lV5zUb","response_id":"{RESPONSE}","item_id":"{ITEM}","output_index":0,"content_index":0,"delta":"{audio}"}}"#
    )
}

pub fn speech_started(turn: u32) -> String {
    format!(
        r#"{{"type":"input_audio_buffer.speech_started","event_id":"e","audio_start_ms":1,"item_id":"item_{turn}"}}"#
    )
}

fn response(event: &str) -> String {
    format!(r#"{{"type":"response.{event}","event_id":"e","response":{{"id":"{RESPONSE}","status":""}}}}"#)
}

/// A call in the middle of its life: the model is there and answers.
pub fn call() -> (Call, Outbox) {
    let mut call = Call::new(STREAM, Limits { max_duration: Duration::MAX / 4, ..Limits::default() });
    let mut out = Outbox::default();
    let session = Session::for_phone("Be brief.".to_owned(), &[], &VoiceOptions::default());
    let (greeting, spoken) = ("Hello.".to_owned(), Spoken::default());
    call.opened(Opening { session, greeting, outbound: None, live: None, spoken });
    call.handle(Input::ModelReady, Duration::ZERO, &mut out);
    // A greeting that is over, so that the caller may interrupt, and the answer that goes on.
    for event in [response("created"), response("done"), response("created")] {
        from_model(&mut call, &event, Duration::ZERO, &mut out);
    }
    drain(&mut out);
    (call, out)
}

/// # Panics
/// When the message cannot be read.
#[allow(clippy::expect_used, reason = "samples can be read")]
pub fn from_twilio(call: &mut Call, text: &str, now: Duration, out: &mut Outbox) {
    call.handle(Input::Twilio(media::decode(text).expect("a message of Twilio's")), now, out);
}

/// # Panics
/// When the message cannot be read.
#[allow(clippy::expect_used, reason = "samples can be read")]
pub fn from_model(call: &mut Call, text: &str, now: Duration, out: &mut Outbox) {
    call.handle(Input::Model(server::decode(text).expect("an event")), now, out);
}

/// What the relay does with messages once they are sent: they are dropped. Returns how many.
pub fn drain(out: &mut Outbox) -> usize {
    let messages = out.to_twilio.len() + out.to_model.len();
    out.to_twilio.clear();
    out.to_model.clear();
    out.effects.clear();
    messages
}
