//! The documents that we answer with.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header;
use tokio::time::{Instant, timeout, timeout_at};
use twin::{
    clients::twilio::RestError,
    config::PublicUrls,
    id::{CallSid, PersonId},
    identity::Caller,
    language::{self, Language, Spoken},
    outbound::Words,
    twin::{LIVE_TRANSCRIPTION, TRANSCRIBED},
    wire::twilio::{
        twiml::{Verb, response},
        webhook::VoiceRequest,
    },
};

use crate::{AFTER_STREAM, RECORDING, State};

const MAX_VOICEMAIL_SECONDS: u32 = 120;

pub fn twiml(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], response(verbs)).into_response()
}

/// Talk to the media relay; when it closes the stream, see what is left to do.
pub fn stream(state: &State, ticket: &str) -> Response {
    let State { urls, twilio, .. } = state;
    let begins = twilio.transcription.clone().map(|language| Verb::StartTranscription {
        callback: format!("{}{LIVE_TRANSCRIPTION}", urls.base),
        language,
    });
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

/// What is spoken in a call, if that can be read by then; else as the deployment says. Whoever is called is spoken to in the
/// owner's language.
pub async fn spoken_with(state: &State, voice: &VoiceRequest, by: Instant) -> Language {
    let number = match &voice.caller {
        Caller::Known(phone) if !voice.outbound => Some(phone),
        _ => None,
    };
    match timeout_at(by, Box::pin(state.twin.spoken_in(&voice.call_sid, number))).await {
        Ok(Ok(language)) => language,
        Ok(Err(error)) => {
            tracing::warn!(call = %voice.call_sid, %error, "which language is spoken is not read");
            Spoken::with(number, None, &state.twilio.languages).language
        }
        Err(_) => Spoken::with(number, None, &state.twilio.languages).language,
    }
}

/// The owner does not wait longer for their language.
const OWNERS_WITHIN: Duration = Duration::from_secs(1);

/// What is spoken with the owner.
pub async fn owners_language(state: &State) -> Language {
    match timeout(OWNERS_WITHIN, state.twin.phone_settings()).await {
        Ok(Ok(settings)) => settings.spoken_with(None, None).language,
        Ok(Err(error)) => {
            tracing::warn!(%error, "which language the owner speaks is not read");
            Spoken::with(None, None, &state.twilio.languages).language
        }
        Err(_) => Spoken::with(None, None, &state.twilio.languages).language,
    }
}

/// Go on in text with the media relay; then see what is left to do.
pub fn conversation(urls: &PublicUrls, language: Language, ticket: &str) -> Vec<Verb> {
    vec![Verb::ConnectConversation {
        url: format!("{}/media/text/{ticket}", urls.relay),
        action: format!("{}{AFTER_STREAM}?{AFTER_TEXT}", urls.base),
        language: language.tag(),
    }]
}

/// What follows a conversation in text.
pub const AFTER_TEXT: &str = "engine=text";

/// Says that it is an AI, what is the matter, and takes a voicemail.
pub fn voicemail(urls: &PublicUrls, language: Language, apology: Apology) -> Response {
    twiml(&message(urls, language, apology))
}

pub fn message(urls: &PublicUrls, language: Language, apology: Apology) -> Vec<Verb> {
    let words = language.words();
    let (why, ask) = (apology.words(words), words.leave_a_message);
    // What comes of it is told where that is asked, whatever the owner chooses meanwhile.
    let told = |path| format!("{}{path}?language={}", urls.base, language.code());
    vec![
        say(language, format!("{} {why} {ask}", words.disclosure)),
        Verb::Record {
            action: told(RECORDING),
            transcribed: told(TRANSCRIBED),
            max_length_seconds: MAX_VOICEMAIL_SECONDS,
        },
        say(language, words.thanks.to_owned()),
        Verb::Hangup,
    ]
}

pub fn say(language: Language, text: String) -> Verb {
    Verb::Say { text, language: language.tag() }
}

/// To whom we called, about what: nobody is asked to leave a message for who called them.
pub fn apology(language: Language, about: Option<&Words>, apology: Apology) -> Response {
    let words = language.words();
    let (hello, why, back, thanks) = (words.hello, apology.words(words), words.call_back, words.thanks);
    let said = match about {
        Some(Words { screened, .. }) => format!("{hello}. {screened} {why} {back} {thanks}"),
        None => format!("{} {why} {thanks}", words.disclosure),
    };
    twiml(&[say(language, said), Verb::Hangup])
}

pub fn goodbye(language: Language) -> Response {
    twiml(&[say(language, language.words().thanks.to_owned()), Verb::Hangup])
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

/// Why nobody talks with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apology {
    NotAvailable,
    CutOff,
}

impl Apology {
    fn words(self, words: &language::Words) -> &'static str {
        match self {
            Self::NotAvailable => words.not_available,
            Self::CutOff => words.cut_off,
        }
    }
}
