//! The owner's routes.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
    routing::{delete, get, post, put},
};
use http::Method;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, Route, body_up_to, json, query},
    id::GapId,
    knowledge::{
        claims::Ledger,
        document::SourceKind,
        gap::Gap,
        library::{Filter, Found},
        manifest::Entry,
        refresh::{Refreshed, Unread},
    },
};

use crate::{
    State,
    import::{Imported, Source},
};

/// What API Gateway and Lambda let through, in bytes, with room for their own envelope.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
const MAX_NAME: usize = 200;
const DEFAULT_HITS: usize = 10;
const MAX_HITS: usize = 50;

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/knowledge", get(documents)),
        Route::new(Method::GET, "/api/knowledge/claims", get(claims)),
        Route::new(Method::GET, "/api/knowledge/search", get(search)),
        Route::new(Method::POST, "/api/knowledge/imports", post(import)),
        Route::new(Method::PUT, "/api/knowledge/files/{name}", put(file)),
        Route::new(Method::DELETE, "/api/knowledge/sources", delete(remove)),
        Route::new(Method::GET, "/api/knowledge/gaps", get(gaps)),
        Route::new(Method::POST, "/api/knowledge/gaps/{gap}/answer", post(answer)),
    ]
}

#[derive(Serialize)]
struct Known {
    version: u64,
    documents: Vec<Entry>,
    /// What could not be read again last night.
    unread: Vec<Unread>,
}

async fn documents(_: Owner, Extract(state): Extract<State>) -> Result<Json<Known>, Error> {
    let store = state.twin.store();
    let manifest = store.manifest().await?;
    let Refreshed { unread } = store.refreshed().await?;
    Ok(Json(Known { version: manifest.version, documents: manifest.entries, unread }))
}

async fn claims(_: Owner, Extract(state): Extract<State>) -> Result<Json<Ledger>, Error> {
    let library = state.twin.library(Timestamp::now()).await?;
    let ledger = library.read().ledger().clone();
    Ok(Json(ledger))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    q: String,
    k: Option<usize>,
    kind: Option<SourceKind>,
    since: Option<Date>,
    until: Option<Date>,
}

#[derive(Serialize)]
struct Results {
    results: Vec<Found>,
}

async fn search(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Results>, Error> {
    let search: Search = query(&request.into_parts().0)?;
    let filter =
        Filter { kinds: search.kind.into_iter().collect(), since: search.since, until: search.until };
    let limit = search.k.unwrap_or(DEFAULT_HITS).clamp(1, MAX_HITS);
    let results = state.twin.search(&search.q, limit, &filter, Timestamp::now()).await?;
    Ok(Json(Results { results }))
}

async fn import(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Imported>, Error> {
    let source: Source = json(request).await?;
    Ok(Json(state.importer.source(&source, Timestamp::now()).await?))
}

/// With it, the rest of the connections in an export is taken, from this one on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoesOn {
    connections: Option<usize>,
}

/// The file itself is the body; what it is, its content tells.
async fn file(
    _: Owner,
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Imported>, Error> {
    let (parts, bytes) = body_up_to(request, MAX_FILE).await?;
    let GoesOn { connections } = query(&parts)?;
    let (name, bytes, now) = (named(name)?, bytes.to_vec(), Timestamp::now());
    let imported = match connections {
        Some(from) => state.importer.go_on(&name, bytes, from, now).await?,
        None => state.importer.file(&name, bytes, now).await?,
    };
    Ok(Json(imported))
}

/// Names a source in the query, because most are addresses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    source: String,
}

async fn remove(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Imported>, Error> {
    let Named { source } = query(&request.into_parts().0)?;
    Ok(Json(state.importer.remove(&source, Timestamp::now()).await?))
}

#[derive(Serialize)]
struct Gaps {
    gaps: Vec<Gap>,
}

/// Those without an answer, the most asked first.
async fn gaps(_: Owner, Extract(state): Extract<State>) -> Result<Json<Gaps>, Error> {
    let mut gaps = state.twin.store().gaps().await?;
    gaps.retain(|gap| gap.answer.is_none());
    gaps.sort_by_key(|gap| std::cmp::Reverse((gap.count, gap.last_asked_at)));
    Ok(Json(Gaps { gaps }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    answer: String,
}

async fn answer(
    _: Owner,
    Extract(state): Extract<State>,
    Path(gap): Path<String>,
    request: Request,
) -> Result<Json<Gap>, Error> {
    let gap: GapId = gap.parse().map_err(|_| Error::NotFound)?;
    let given: Answer = json(request).await?;
    Ok(Json(state.twin.fill_gap(&gap, &given.answer, Timestamp::now()).await?))
}

/// A file's name, without folders.
fn named(name: String) -> Result<String, Error> {
    let plain = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    if plain { Ok(name) } else { Err(Error::Invalid("this is not the name of a file".to_owned())) }
}
