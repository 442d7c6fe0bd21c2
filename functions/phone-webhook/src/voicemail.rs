//! What happens to a caller when the stream is over, or when nothing else works.

use axum::{extract::State as Extract, response::Response};
use jiff::Timestamp;
use twin::{
    error::Error,
    interaction::{Channel, Outcome, Status},
    store::{Call, StoreError},
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

/// `POST /api/phone/recording`: a voicemail was left.
pub async fn recording(Extract(state): Extract<State>, Signed { voice, form }: Signed) -> Response {
    let call = match state.twin.store().call(&voice.call_sid).await {
        Ok(Some(call)) => call,
        Ok(None) => return goodbye(),
        Err(error) => return safe(&state, &error),
    };
    if let Err(error) = keep(&state, &call, &form).await {
        tracing::error!(call = %call.sid, %error, "a voicemail is only at Twilio");
    }
    goodbye()
}

async fn keep(state: &State, call: &Call, form: &Form) -> Result<(), Error> {
    let url = form.get("RecordingUrl").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
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
