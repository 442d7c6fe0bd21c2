//! The owner listens to a recording.

use axum::{
    extract::{Path, State as Extract},
    response::{IntoResponse, Response},
};
use http::header;
use twin::{error::Error, id::PersonId, recording};

use crate::{
    State,
    failure::{Failure, SignedIn},
};

/// `GET /people/{person}/recordings/{recording}`: the file, only where it is this person's.
pub async fn listen(
    _: SignedIn,
    Extract(state): Extract<State>,
    Path((person, sid)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let person: PersonId = person.parse().map_err(|_| Error::NotFound)?;
    let known = state.store.recording(&person, &sid).await?.ok_or(Error::NotFound)?;
    let contents = state.vault.get(&recording::name(&known.call, &known.sid)).await;
    let contents = contents.map_err(|error| Error::Internal(Box::new(error)))?.ok_or(Error::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], contents).into_response())
}
