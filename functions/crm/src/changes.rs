//! What changed by itself, and its undoing.

use axum::{Json, extract::State as Extract};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use twin::{
    contact::{Change, Contact},
    error::Error,
    http::Owner,
};

use crate::{State, given::Of};

#[derive(Serialize, JsonSchema)]
pub struct Changes {
    /// The newest first.
    changes: Vec<Change>,
}

#[derive(Serialize, JsonSchema)]
pub struct Undone {
    contact: Contact,
    change: Change,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Changes>, Error> {
    let store = state.twin.store();
    let (contact, mut changes) = tokio::try_join!(store.contact(&of.person), store.changes(&of.person))?;
    contact.ok_or(Error::NotFound)?;
    changes.reverse();
    Ok(Json(Changes { changes }))
}

pub async fn undo(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Undone>, Error> {
    let (contact, change) = state.twin.undo(&of.person, &of.id("change")?, Timestamp::now()).await?;
    Ok(Json(Undone { contact, change }))
}
