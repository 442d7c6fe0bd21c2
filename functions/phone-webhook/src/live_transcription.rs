//! What Twilio's live transcription hears while the twin talks.

use axum::extract::State as Extract;
use http::StatusCode;
use jiff::Timestamp;
use twin::{error::Error, store::StoreError, wire::twilio::transcription::Event};

use crate::{
    State,
    signed::{Callback, malformed},
};

/// `POST /api/phone/live-transcription`: a second source of what was said.
pub async fn live_transcription(
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let said = match Event::from_form(&form).map_err(malformed)? {
        Event::Said(said) => said,
        Event::Failed(code) => {
            tracing::warn!(%call, code, "live transcription does not work");
            return Ok(StatusCode::NO_CONTENT);
        }
        Event::Started | Event::Partial | Event::Stopped => return Ok(StatusCode::NO_CONTENT),
    };
    let taken = match state.twin.store().call(&call).await {
        Ok(Some(taken)) => taken,
        Ok(None) | Err(StoreError::Erased) => return Ok(StatusCode::NO_CONTENT),
        Err(error) => return Err(error.into()),
    };
    state.twin.transcribed_live((&taken.person, &taken.interaction), said, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
