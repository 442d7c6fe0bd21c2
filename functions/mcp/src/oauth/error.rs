//! Errors as RFC 6749 §5.2 has them.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use twin::{error::Error, store::StoreError};

/// What a client did wrong, or what of ours fails.
#[derive(Debug)]
pub enum Fault {
    Client { code: &'static str, description: &'static str },
    Own(Error),
}

impl Fault {
    pub fn new(code: &'static str, description: &'static str) -> Self {
        Self::Client { code, description }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Own(error.into())
    }
}

#[derive(Serialize)]
pub struct Body {
    pub error: &'static str,
    pub error_description: &'static str,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Client { code, description } => {
                let body = Json(Body { error: code, error_description: description });
                (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], body).into_response()
            }
            Self::Own(error) => error.into_response(),
        }
    }
}
