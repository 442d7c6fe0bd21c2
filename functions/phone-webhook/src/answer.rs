//! The documents that we answer with.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header;
use tokio::time::timeout;
use twin::{
    clients::twilio::RestError,
    config::PublicUrls,
    id::{CallSid, PersonId},
    twin::{OVERHEARD, TRANSCRIBED, VOICEMAIL_ASKED},
    wire::twilio::twiml::{Verb, response},
};

use crate::{AFTER_STREAM, RECORDING, State};

const MAX_VOICEMAIL_SECONDS: u32 = 120;

pub fn twiml(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], response(verbs)).into_response()
}

/// Talk to the media relay; when it closes the stream, see what is left to do.
pub fn stream(state: &State, ticket: &str) -> Response {
    let State { urls, twilio, .. } = state;
    let begins = twilio
        .transcription
        .clone()
        .map(|language| Verb::StartTranscription { callback: format!("{}{OVERHEARD}", urls.base), language });
    let talks = [
        Verb::ConnectStream { url: format!("{}/media/{ticket}", urls.relay), parameters: Vec::new() },
        Verb::Redirect(format!("{}{AFTER_STREAM}", urls.base)),
    ];
    twiml(&begins.into_iter().chain(talks).collect::<Vec<_>>())
}

/// Behind a stream nobody listens any more to what these say or do: another writes it down, or nobody may.
pub fn unheard(state: &State, verbs: Vec<Verb>) -> Vec<Verb> {
    let ends = state.twilio.transcription.as_ref().map(|_| Verb::StopTranscription);
    ends.into_iter().chain(verbs).collect()
}

/// A caller does not wait longer for the end of a recording.
const UNRECORDED_WITHIN: Duration = Duration::from_millis(1500);

/// Behind a stream nobody is there any more who could pause a recording: it ends.
pub async fn unrecorded(state: &State, person: &PersonId, call: &CallSid) {
    match timeout(UNRECORDED_WITHIN, state.twin.end_recording(person, call, &state.telephony)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%call, %error, "a call is recorded on, and nobody can pause it"),
        Err(_) => tracing::error!(%call, "a call may be recorded on, and nobody can pause it"),
    }
}

/// The same where the store does not say whether anything is recorded.
pub async fn surely_unrecorded(state: &State, call: &CallSid) {
    match timeout(UNRECORDED_WITHIN, state.telephony.stop_recording(call)).await {
        // Nothing is recorded, or it has ended before.
        Ok(Ok(()) | Err(RestError::Gone)) => {}
        Ok(Err(error)) => {
            tracing::error!(%call, %error, "a call may be recorded on, and nobody can pause it");
        }
        Err(_) => tracing::error!(%call, "a call may be recorded on, and nobody can pause it"),
    }
}

/// Go on in text with the media relay; then see what is left to do.
pub fn conversation(urls: &PublicUrls, ticket: &str) -> Vec<Verb> {
    vec![Verb::ConnectConversation {
        url: format!("{}/media/text/{ticket}", urls.relay),
        action: format!("{}{AFTER_STREAM}?{AFTER_TEXT}", urls.base),
    }]
}

/// What follows a conversation in text.
pub const AFTER_TEXT: &str = "engine=text";

/// Says that it is an AI, what is the matter, and takes a voicemail.
pub fn voicemail(urls: &PublicUrls, apology: &str) -> Response {
    twiml(&message(urls, apology))
}

pub fn message(urls: &PublicUrls, apology: &str) -> Vec<Verb> {
    vec![
        Verb::Say(format!("{DISCLOSURE} {apology} {VOICEMAIL_ASKED}")),
        Verb::Record {
            action: format!("{}{RECORDING}", urls.base),
            transcribed: format!("{}{TRANSCRIBED}", urls.base),
            max_length_seconds: MAX_VOICEMAIL_SECONDS,
        },
        Verb::Say(GOODBYE.to_owned()),
        Verb::Hangup,
    ]
}

/// To whom we called: nobody is asked to leave a message for who called them.
pub fn apology(apology: &str) -> Response {
    twiml(&[Verb::Say(format!("{DISCLOSURE} {apology} {GOODBYE}")), Verb::Hangup])
}

pub fn goodbye() -> Response {
    twiml(&[Verb::Say(GOODBYE.to_owned()), Verb::Hangup])
}

pub fn hang_up() -> Response {
    twiml(&[Verb::Hangup])
}

/// Nothing more is said or done.
pub fn nothing() -> Response {
    twiml(&[])
}

/// Without answering.
pub fn reject() -> Response {
    twiml(&[Verb::Reject])
}

const DISCLOSURE: &str = "Hello, this is an AI assistant.";
const GOODBYE: &str = "Thank you. Goodbye.";
pub const NOT_AVAILABLE: &str = "I am sorry, I cannot talk right now.";
pub const CUT_OFF: &str = "I am sorry, we were cut off.";
