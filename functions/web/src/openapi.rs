//! The description of the JSON API. It is generated from the routes of all functions (`omnitwin openapi`), which this
//! one does not carry; a test holds it against them.

use axum::response::IntoResponse;
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;

pub const DOCUMENT: &str = include_str!("../openapi.json");

/// The head of an OpenAPI document.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Document {
    pub openapi: String,
    pub info: serde_json::Value,
    pub paths: serde_json::Value,
}

pub async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")], DOCUMENT)
}
