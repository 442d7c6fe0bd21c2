//! What happens to a caller when the stream is over, or when nothing else works.

use std::time::Duration;

use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use jiff::Timestamp;
use tokio::time::timeout;
use twin::{
    error::Error,
    id::CallSid,
    interaction::{Outcome, Status},
    recording::is_sid,
    store::StoreError,
    wire::twilio::webhook::Form,
};

use crate::{
    State,
    answer::{CUT_OFF, NOT_AVAILABLE, apology, goodbye, hang_up, voicemail},
    incoming::{DEADLINE, arrival},
    signed::{Callback, Signed},
};

/// Within what Twilio waits for a webhook.
const KEPT_WITHIN: Duration = Duration::from_secs(12);

/// `POST /api/phone/after-stream`: the stream is over. Hang up when all was said, else take a voicemail.
pub async fn after_stream(Extract(state): Extract<State>, Signed { voice, .. }: Signed) -> Response {
    let owed = match timeout(DEADLINE, owed(&state, &voice.call_sid)).await {
        Ok(Ok(apology)) => apology,
        Ok(Err(error)) => {
            tracing::error!(call = %voice.call_sid, %error, "the caller is sent to voicemail");
            Some(NOT_AVAILABLE)
        }
        Err(_) => Some(NOT_AVAILABLE),
    };
    match owed {
        None => hang_up(),
        Some(words) if voice.outbound => apology(words),
        Some(words) => voicemail(&state.urls, words),
    }
}

/// The apology that a caller is owed whose conversation did not come to its end.
async fn owed(state: &State, sid: &CallSid) -> Result<Option<&'static str>, StoreError> {
    let store = state.twin.store();
    let call = match store.call(sid).await {
        Ok(Some(call)) => call,
        Ok(None) | Err(StoreError::Erased) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(interaction) = store.interaction(&call.person, &call.interaction).await? else {
        // The stream was never opened: the relay is not there.
        return Ok(Some(NOT_AVAILABLE));
    };
    Ok(match (interaction.status, interaction.outcome) {
        (Status::Open, _) => Some(CUT_OFF),
        (_, Some(Outcome::ModelUnavailable)) => Some(NOT_AVAILABLE),
        _ => None,
    })
}

/// `POST /api/phone/fallback`: Twilio could not reach the webhook. Nothing is read, nothing is written.
pub async fn fallback(Extract(state): Extract<State>, Signed { voice, form }: Signed) -> Response {
    let code = form.get("ErrorCode").and_then(|code| code.parse::<u32>().ok());
    tracing::error!(call = %voice.call_sid, code, "Twilio asked the fallback");
    voicemail(&state.urls, NOT_AVAILABLE)
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
