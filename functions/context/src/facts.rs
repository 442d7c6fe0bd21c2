//! What is remembered of a person, for the owner: read with its history, stated, pinned, corrected, taken back.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, json},
    id::FactId,
    memory::{Edit, Fact, Given},
};

use crate::{State, people::known, person_id};

/// What holds, and what held: a fact that was superseded says by which.
#[derive(Serialize, JsonSchema)]
pub struct Facts {
    facts: Vec<Fact>,
    history: Vec<Fact>,
}

pub async fn read(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Facts>, Error> {
    let person = known(&state, &id).await?.contact.id;
    let mut all = state.twin.store().facts(&person).await?;
    all.sort_by(|one, other| (other.at, other.id.as_str()).cmp(&(one.at, one.id.as_str())));
    let (facts, history) = all.into_iter().partition(Fact::is_current);
    Ok(Json(Facts { facts, history }))
}

pub async fn state(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Fact>), Error> {
    let given: Given = json(request).await?;
    let fact = state.twin.state_fact(&person_id(&id)?, &given, Timestamp::now()).await?;
    Ok((StatusCode::CREATED, Json(fact)))
}

#[derive(Deserialize, JsonSchema)]
pub struct Change {
    /// The version that was read.
    version: u64,
    #[serde(flatten)]
    edit: Edit,
}

/// What holds now in the fact's place. 409 if it is not in the version that was read any more.
pub async fn edit(
    _: Owner,
    Extract(state): Extract<State>,
    Path((id, fact)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Fact>, Error> {
    let Change { version, edit } = json(request).await?;
    let fact: FactId = fact.parse().map_err(|_| Error::NotFound)?;
    let person = person_id(&id)?;
    Ok(Json(state.twin.edit_fact(&person, &fact, version, &edit, Timestamp::now()).await?))
}
