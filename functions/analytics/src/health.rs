//! What went wrong, and what today came to beside what it may.

use axum::{Json, extract::State as Extract};
use jiff::Timestamp;
use twin::{error::Error, http::Owner, twin::Health};

use crate::State;

pub async fn read(_: Owner, Extract(state): Extract<State>) -> Result<Json<Health>, Error> {
    Ok(Json(Box::pin(state.twin.health(Timestamp::now())).await?))
}
