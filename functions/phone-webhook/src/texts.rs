//! A text message to the twin's number. Nobody reads them; what counts is that they want no more of ours, or want them
//! again. Twilio answers those words itself. Source: Twilio, "Incoming message webhook", "Opt-out keywords".

use axum::{extract::State as Extract, response::Response};
use jiff::Timestamp;
use twin::{
    error::Error,
    identity::{Caller, IdentityKey},
    wire::twilio::webhook::Texted,
};

use crate::{State, answer::nothing, signed::Message};

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
