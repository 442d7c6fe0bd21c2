//! What happens to a caller when the stream is over, or when nothing else works.

use axum::{extract::State as Extract, response::Response};
use jiff::Timestamp;
use twin::{
    error::Error,
    id::CallSid,
    interaction::{Channel, Outcome, Status},
    store::StoreError,
    twin::Arrival,
    wire::twilio::webhook::Form,
};

use crate::{
    State,
    answer::{CUT_OFF, NOT_AVAILABLE, goodbye, hang_up, voicemail},
    signed::Signed,
};

/// `POST /api/phone/after-stream`: the stream is over. Hang up when all was said, else take a voicemail.
pub async fn after_stream(Extract(state): Extract<State>, Signed { voice, .. }: Signed) -> Response {
    let store = state.twin.store();
    let call = match store.call(&voice.call_sid).await {
        Ok(Some(call)) => call,
        Ok(None) => return hang_up(),
        Err(error) => return safe(&state, &error),
    };
    match store.interaction(&call.person, &call.interaction).await {
        Ok(Some(interaction)) => match (interaction.status, interaction.outcome) {
            (Status::Open, _) => voicemail(&state.urls, CUT_OFF),
            (_, Some(Outcome::ModelUnavailable)) => voicemail(&state.urls, NOT_AVAILABLE),
            _ => hang_up(),
        },
        // The stream was never opened: the relay is not there.
        Ok(None) => voicemail(&state.urls, NOT_AVAILABLE),
        Err(error) => safe(&state, &error),
    }
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
    if let Err(error) = keep(&state, &voice.call_sid, &form).await {
        let reason = error.to_string();
        tracing::error!(alarm = "voicemail_lost", call = %voice.call_sid, reason, "a voicemail is only at Twilio");
    }
    goodbye()
}

async fn keep(state: &State, call: &CallSid, form: &Form) -> Result<(), Error> {
    let call = state.twin.store().call(call).await?.ok_or(Error::NotFound)?;
    let url =
        form.get("RecordingUrl").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let seconds = form.get("RecordingDuration").and_then(|text| text.parse().ok());
    let (Some(url), Some(seconds)) = (url, seconds) else {
        return Err(Error::Malformed("no recording".to_owned()));
    };
    let arrival = Arrival {
        person: call.person.clone(),
        interaction: call.interaction.clone(),
        channel: Channel::Phone,
        call_sid: Some(call.sid.clone()),
        route: call.route,
        level: call.level,
    };
    state.twin.voicemail(&arrival, url, seconds, Timestamp::now()).await
}

fn safe(state: &State, error: &StoreError) -> Response {
    tracing::error!(%error, "the caller is sent to voicemail");
    voicemail(&state.urls, NOT_AVAILABLE)
}
