//! A text message to the twin's number. Nobody reads them; what counts is that they want no more of ours, or want them
//! again. Twilio answers those words itself. Source: Twilio, "Incoming message webhook", "Opt-out keywords".

use axum::{
    extract::{Query, State as Extract},
    response::Response,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    error::Error,
    id::{FollowUpId, PersonId},
    identity::{Caller, IdentityKey},
    wire::twilio::webhook::Texted,
};

use crate::{
    State,
    answer::nothing,
    signed::{Message, Sent},
};

/// Which text of ours, as the address says that we gave Twilio with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Of {
    person: PersonId,
    follow_up: FollowUpId,
}

/// `POST /api/phone/texts/status`: it was sent, it arrived, or it did not. Again, it changes nothing.
pub async fn status(
    Query(of): Query<Of>,
    Extract(state): Extract<State>,
    Sent(text): Sent,
) -> Result<StatusCode, Error> {
    state.twin.text_fed_back((&of.person, &of.follow_up), &text, Timestamp::now()).await?;
    tracing::info!(message = text.id, status = ?text.status, error = ?text.error, "the status of a text of ours");
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/phone/texts`. Again, it changes nothing.
pub async fn texted(Extract(state): Extract<State>, Message(texted): Message) -> Result<Response, Error> {
    let Texted { id, from, word, .. } = texted;
    let (Caller::Known(number), Some(word)) = (from, word) else {
        tracing::info!(message = id, "a text that nobody reads");
        return Ok(nothing());
    };
    let (store, now) = (state.twin.store(), Timestamp::now());
    // Whom we do not know we do not write to.
    if let Some(identity) = store.identity(&IdentityKey::Phone(number)).await? {
        match state.twin.texts_wanted(&identity.person, word.wants_texts(), word.name(), now).await {
            // They are erased: nobody writes to them any more.
            Err(Error::NotFound) => {}
            noted => noted?,
        }
    }
    tracing::info!(message = id, word = word.name(), "a text about our texts");
    Ok(nothing())
}
