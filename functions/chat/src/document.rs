//! A document that answers rest on, as a person reads it: what search results of hosts lead to.

use axum::{
    Json,
    extract::{Path, State as Extract},
};
use http::{HeaderMap, HeaderValue, header};
use jiff::{Timestamp, civil::Date};
use pulldown_cmark::HeadingLevel;
use serde::Serialize;
use twin::error::Error;

use crate::{State, html::html};

#[derive(Serialize)]
pub struct Shown {
    title: String,
    /// What it is: `Résumé`, `Page`.
    kind: &'static str,
    date: Option<Date>,
    /// Where it was read, on the web.
    url: Option<String>,
    html: String,
}

/// By the id under which hosts find it.
pub async fn document(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<(HeaderMap, Json<Shown>), Error> {
    let library = state.twin.library(Timestamp::now()).await?;
    let library = library.read();
    let (_, stored) = library.all().find(|(hash, _)| hash.as_str() == id).ok_or(Error::NotFound)?;
    let told = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    let shown = Shown {
        title: stored.title.clone(),
        kind: stored.kind.noun(),
        date: stored.date,
        url: stored.url.clone(),
        html: html(&stored.markdown(), HeadingLevel::H3),
    };
    Ok((told, Json(shown)))
}
