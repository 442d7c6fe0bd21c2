//! The documents that we answer with.

use axum::response::{IntoResponse, Response};
use http::header;
use twin::{
    config::PublicUrls,
    twin::{TRANSCRIBED, VOICEMAIL_ASKED},
    wire::twilio::twiml::{Verb, response},
};

use crate::{AFTER_STREAM, RECORDING};

const MAX_VOICEMAIL_SECONDS: u32 = 120;

pub fn twiml(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], response(verbs)).into_response()
}

/// Talk to the media relay; when it closes the stream, see what is left to do.
pub fn stream(urls: &PublicUrls, ticket: &str) -> Response {
    twiml(&[
        Verb::ConnectStream { url: format!("{}/media/{ticket}", urls.relay), parameters: Vec::new() },
        Verb::Redirect(format!("{}{AFTER_STREAM}", urls.base)),
    ])
}

/// Go on in text with the media relay; then see what is left to do.
pub fn conversation(urls: &PublicUrls, ticket: &str) -> Response {
    twiml(&[Verb::ConnectConversation {
        url: format!("{}/media/text/{ticket}", urls.relay),
        action: format!("{}{AFTER_STREAM}?{AFTER_TEXT}", urls.base),
    }])
}

/// What follows a conversation in text.
pub const AFTER_TEXT: &str = "engine=text";

/// Says that it is an AI, what is the matter, and takes a voicemail.
pub fn voicemail(urls: &PublicUrls, apology: &str) -> Response {
    twiml(&[
        Verb::Say(format!("{DISCLOSURE} {apology} {VOICEMAIL_ASKED}")),
        Verb::Record {
            action: format!("{}{RECORDING}", urls.base),
            transcribed: format!("{}{TRANSCRIBED}", urls.base),
            max_length_seconds: MAX_VOICEMAIL_SECONDS,
        },
        Verb::Say(GOODBYE.to_owned()),
        Verb::Hangup,
    ])
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
