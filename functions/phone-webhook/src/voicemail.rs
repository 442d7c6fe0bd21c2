//! What happens to a caller when the stream is over, or when nothing else works.

use std::time::Duration;

use axum::{
    extract::{Query, State as Extract},
    response::Response,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;
use twin::{
    error::Error,
    id::CallSid,
    interaction::{Outcome, Status},
    recording::is_sid,
    store::{Call, StoreError},
    wire::{ticket::LIFETIME, twilio::webhook::Form},
};

use crate::{
    State,
    answer::{CUT_OFF, NOT_AVAILABLE, apology, conversation, goodbye, hang_up, message, twiml, unheard},
    incoming::{DEADLINE, arrival, ticket_until},
    signed::{Callback, Signed},
};

/// Within what Twilio waits for a webhook.
const KEPT_WITHIN: Duration = Duration::from_secs(12);

/// `POST /api/phone/after-stream`: the stream is over. Hang up when all was said, else take a voicemail.
pub async fn after_stream(
    Query(after): Query<After>,
    Extract(state): Extract<State>,
    Signed { voice, form }: Signed,
) -> Response {
    let after_text = after.engine.is_some();
    if let Some(code) = form.get("ErrorCode").filter(|_| after_text) {
        let code = code.parse::<u32>().ok();
        tracing::error!(call = %voice.call_sid, code, "a conversation in text does not work");
    }
    let may_fall_back = state.twilio.conversation_relay && !voice.outbound && !after_text;
    let next = match timeout(DEADLINE, next(&state, &voice.call_sid, may_fall_back)).await {
        Ok(Ok(next)) => next,
        Ok(Err(error)) => {
            tracing::error!(call = %voice.call_sid, %error, "the caller is sent to voicemail");
            Next::Apologise(NOT_AVAILABLE)
        }
        Err(_) => Next::Apologise(NOT_AVAILABLE),
    };
    match next {
        Next::HangUp => hang_up(),
        Next::Converse(ticket) => twiml(&unheard(&state, conversation(&state.urls, &ticket))),
        Next::Apologise(words) if voice.outbound => apology(words),
        Next::Apologise(words) => twiml(&unheard(&state, message(&state.urls, words))),
    }
}

/// Which engine it follows.
#[derive(Deserialize)]
pub struct After {
    engine: Option<String>,
}

/// What a caller is owed.
enum Next {
    HangUp,
    Apologise(&'static str),
    /// The conversation goes on in text, under this ticket.
    Converse(String),
}

/// An apology is owed to a caller whose conversation did not come to its end.
async fn next(state: &State, sid: &CallSid, may_fall_back: bool) -> Result<Next, Error> {
    let store = state.twin.store();
    let call = match store.call(sid).await {
        Ok(Some(call)) => call,
        Ok(None) | Err(StoreError::Erased) => return Ok(Next::HangUp),
        Err(error) => return Err(error.into()),
    };
    let Some(interaction) = store.interaction(&call.person, &call.interaction).await? else {
        // The stream was never opened: the relay is not there.
        return Ok(Next::Apologise(NOT_AVAILABLE));
    };
    let now = Timestamp::now();
    match (interaction.status, interaction.outcome) {
        (Status::Open, _) if call.falls_back_at.is_some() && call.fell_back_at.is_none() => {
            if may_fall_back {
                // As what it was taken for meanwhile.
                let call = Call { route: interaction.route, ..call };
                let ticket = ticket_until(state, &call, call.not_taken, now + LIFETIME);
                return ticket.map(Next::Converse).map_err(|error| Error::Internal(error.into()));
            }
            // Neither engine was to be had.
            let (person, id) = (&call.person, &call.interaction);
            state.twin.close(person, id, Outcome::ModelUnavailable, now).await?;
            Ok(Next::Apologise(NOT_AVAILABLE))
        }
        (Status::Open, _) => Ok(Next::Apologise(CUT_OFF)),
        (_, Some(Outcome::ModelUnavailable)) => Ok(Next::Apologise(NOT_AVAILABLE)),
        _ => Ok(Next::HangUp),
    }
}

/// `POST /api/phone/fallback`: Twilio could not reach the webhook. Nothing is read, nothing is written.
pub async fn fallback(Extract(state): Extract<State>, Signed { voice, form }: Signed) -> Response {
    let code = form.get("ErrorCode").and_then(|code| code.parse::<u32>().ok());
    tracing::error!(call = %voice.call_sid, code, "Twilio asked the fallback");
    twiml(&unheard(&state, message(&state.urls, NOT_AVAILABLE)))
}

/// `POST /api/phone/recording`: a voicemail was left. Whatever becomes of it here, nobody is asked for it
/// again.
pub async fn recording(Extract(state): Extract<State>, Signed { voice, form }: Signed) -> Response {
    let kept = timeout(KEPT_WITHIN, keep(&state, &voice.call_sid, &form)).await;
    let lost =
        kept.map_or_else(|late| Some(late.to_string()), |kept| kept.err().map(|error| error.to_string()));
    if let Some(reason) = lost {
        tracing::error!(alarm = "voicemail_lost", call = %voice.call_sid, reason, "a voicemail is only at Twilio");
    }
    goodbye()
}

async fn keep(state: &State, call: &CallSid, form: &Form) -> Result<(), Error> {
    let call = match state.twin.store().call(call).await {
        // Whoever left it was erased: so is what they left.
        Err(StoreError::Erased) => return state.twin.silence(call, Timestamp::now()).await,
        call => call?.ok_or(Error::NotFound)?,
    };
    let sid = form.get("RecordingSid").filter(|sid| is_sid(sid));
    let url =
        form.get("RecordingUrl").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let seconds = form.get("RecordingDuration").and_then(|text| text.parse().ok());
    let (Some(url), Some(seconds)) = (url, seconds) else {
        return Err(Error::Malformed("no recording".to_owned()));
    };
    let (arrival, now) = (arrival(&call), Timestamp::now());
    state.twin.voicemail(&arrival, url, seconds, now).await?;
    match sid {
        Some(sid) => state.twin.announced(&arrival, &call.sid, (sid, Some(seconds)), now).await,
        None => Ok(()),
    }
}

/// `POST /api/phone/recorded`: a recording that the caller agreed to is complete. Another answer than a 2xx is in
/// Twilio's error log, and the recording stays there until it is removed.
pub async fn recorded(
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let now = Timestamp::now();
    let taken = match state.twin.store().call(&call).await {
        Err(StoreError::Erased) => {
            state.twin.silence(&call, now).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
        taken => taken?.ok_or(Error::NotFound)?,
    };
    let sid = form.get("RecordingSid").filter(|sid| is_sid(sid));
    let sid = sid.ok_or_else(|| Error::Malformed("no recording".to_owned()))?;
    if form.get("RecordingStatus") == Some(COMPLETED) {
        let seconds = form.get("RecordingDuration").and_then(|text| text.parse().ok());
        state.twin.announced(&arrival(&taken), &call, (sid, seconds), now).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/phone/transcription`: what was said in a voicemail.
pub async fn transcription(
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let taken = match state.twin.store().call(&call).await {
        Ok(Some(taken)) => taken,
        Ok(None) | Err(StoreError::Erased) => return Ok(StatusCode::NO_CONTENT),
        Err(error) => return Err(error.into()),
    };
    let completed = form.get("TranscriptionStatus") == Some(COMPLETED);
    let text = form.get("TranscriptionText").map(str::trim).filter(|text| completed && !text.is_empty());
    let text: Option<String> = text.map(|text| text.chars().take(MAX_TRANSCRIPT).collect());
    state.twin.transcribed(&arrival(&taken), text.as_deref(), Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

const COMPLETED: &str = "completed";
/// Characters.
const MAX_TRANSCRIPT: usize = 4000;
