//! The owner's settings of the phone.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use twin::{
    error::Error,
    http::{Owner, json},
    routing::settings::{PhoneSettings, SavedSettings},
};

use crate::State;

pub async fn read(_: Owner, Extract(state): Extract<State>) -> Result<Json<SavedSettings>, Error> {
    Ok(Json(state.twin.store().phone_settings().await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The version that was read; 0 if there was none.
    version: u64,
    settings: PhoneSettings,
}

/// 409 if somebody else saved another version meanwhile, 422 with the field if it is not valid.
pub async fn replace(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<SavedSettings>, Error> {
    let given: Replacement = json(request).await?;
    Ok(Json(state.twin.replace_phone_settings(&given.settings, given.version, Timestamp::now()).await?))
}

/// `POST /api/phone/screened/{call}/allow`: whoever made this call is not taken for spam again.
pub async fn allow(
    _: Owner,
    Extract(state): Extract<State>,
    Path(call): Path<String>,
) -> Result<Json<SavedSettings>, Error> {
    let call = call.parse().map_err(|_| Error::NotFound)?;
    Ok(Json(state.twin.allow_caller(&call, Timestamp::now()).await?))
}
