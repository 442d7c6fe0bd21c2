//! The owner's notes about somebody.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::Note,
    error::Error,
    http::{Owner, json},
    id::NoteId,
};

use crate::{
    State,
    fields::prose,
    given::{Of, Seen},
};

/// Bytes of a note.
pub const MAX_NOTE: usize = 10_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    #[schemars(length(min = 1, max = 2500))]
    text: String,
}

#[derive(Serialize, JsonSchema)]
pub struct Notes {
    /// The oldest first.
    notes: Vec<Note>,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Notes>, Error> {
    let store = state.twin.store();
    let (contact, notes) = tokio::try_join!(store.contact(&of.person), store.notes(&of.person))?;
    contact.ok_or(Error::NotFound)?;
    Ok(Json(Notes { notes }))
}

pub async fn add(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<(StatusCode, Json<Note>), Error> {
    let written: Written = json(request).await?;
    let text = prose(&written.text, MAX_NOTE)?;
    let now = Timestamp::now();
    state.twin.written_up(&of.person, now).await?;
    let mut note = Note::new(NoteId::generate(now), of.person, text, now);
    state.twin.store().save_note(&mut note).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

pub async fn rewrite(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    seen: Seen,
    request: Request,
) -> Result<Json<Note>, Error> {
    let written: Written = json(request).await?;
    let text = prose(&written.text, MAX_NOTE)?;
    let mut note = found(&state, &of).await?;
    if note.version != seen.0 {
        return Err(Error::Conflict);
    }
    note.rewrite(text, Timestamp::now());
    state.twin.store().save_note(&mut note).await?;
    Ok(Json(note))
}

/// What is deleted already stays so.
pub async fn delete(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<StatusCode, Error> {
    let mut note = found(&state, &of).await?;
    note.delete(Timestamp::now());
    state.twin.store().save_note(&mut note).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn found(state: &State, of: &Of) -> Result<Note, Error> {
    let note = state.twin.store().note(&of.person, &of.id("note")?).await?;
    note.filter(|note| note.deleted_at.is_none()).ok_or(Error::NotFound)
}
