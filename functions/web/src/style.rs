//! The one stylesheet, under a name that changes with its text, so that browsers may keep it for good.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;
use sha2::{Digest, Sha256};
use twin::error::Error;

use crate::failure::Failure;

const TEXT: &str = include_str!("../assets/style.css");

static FILE: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(TEXT);
    let name = digest.iter().take(6).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
    format!("style-{name:012x}.css")
});

/// Where the stylesheet is, for the pages.
pub fn href() -> String {
    format!("/assets/{}", *FILE)
}

pub async fn asset(Path(file): Path<String>) -> Result<Response, Failure> {
    if file != *FILE {
        return Err(Error::NotFound.into());
    }
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, TEXT).into_response())
}
