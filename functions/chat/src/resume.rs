//! The résumé, for anybody to keep.

use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::header;
use jiff::Timestamp;
use twin::error::Error;

use crate::State;

/// The same as what may be asked about: there is none if the owner keeps it back.
pub async fn resume(Extract(state): Extract<State>) -> Result<Response, Error> {
    let document = state.twin.resume(Timestamp::now()).await?.ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, document.media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", document.name)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, document.bytes).into_response())
}
