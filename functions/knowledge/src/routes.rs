//! The owner's routes.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
    routing::{delete, get, post, put},
};
use http::Method;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Operation, Owner, Route, body_up_to, json, query},
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
/// Bytes of a file's name, and characters of a note's title.
const MAX_NAME: usize = 200;
const DEFAULT_HITS: usize = 10;
const MAX_HITS: usize = 50;

pub fn routes() -> Vec<Route<State>> {
    [sources(), questions()].into_iter().flatten().collect()
}

fn sources() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/knowledge", get(documents)).described(
            Operation::new(
                "listDocuments",
                "What the twin knows, and what could not be read again last night",
            )
            .gives::<Known>(200),
        ),
        Route::new(Method::GET, "/api/knowledge/claims", get(claims)).described(
            Operation::new(
                "listClaims",
                "What the sources say of the owner, and where they contradict each other",
            )
            .gives::<Ledger>(200),
        ),
        Route::new(Method::GET, "/api/knowledge/search", get(search)).described(
            Operation::new("searchKnowledge", "The best passages for what is looked for")
                .query::<Search>()
                .gives::<Results>(200),
        ),
        Route::new(Method::POST, "/api/knowledge/imports", post(import)).described(
            Operation::new("readSource", "Read a page, a feed, GitHub, or a text of the owner's own")
                .takes::<Source>()
                .gives::<Imported>(200)
                .fails(&[409]),
        ),
        Route::new(Method::PUT, "/api/knowledge/files/{name}", put(file)).described(
            Operation::new("readFile", "Read a file: a résumé, a LinkedIn export, a note, source code")
                .place::<FileName>("name")
                .query::<GoesOn>()
                .takes_file("application/octet-stream")
                .gives::<Imported>(200)
                .fails(&[409]),
        ),
        Route::new(Method::DELETE, "/api/knowledge/sources", delete(remove)).described(
            Operation::new("forgetSource", "Forget all that a source said")
                .query::<Named>()
                .gives::<Imported>(200)
                .fails(&[404, 409]),
        ),
    ]
}

fn questions() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/knowledge/gaps", get(gaps)).described(
            Operation::new("listGaps", "Questions that nothing supports an answer to, the most asked first")
                .gives::<Gaps>(200)
                .leads_to("fillGap", &[("gap", "$response.body#/gaps/0/id")]),
        ),
        Route::new(Method::POST, "/api/knowledge/gaps/{gap}/answer", post(answer)).described(
            Operation::new("fillGap", "The owner's answer, which is knowledge from then on")
                .place::<GapId>("gap")
                .takes::<Answer>()
                .gives::<Gap>(200)
                .fails(&[409]),
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KnownDocuments")]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    q: String,
    /// At most so many.
    #[schemars(range(min = 1, max = 50))]
    k: Option<usize>,
    kind: Option<SourceKind>,
    since: Option<Date>,
    until: Option<Date>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundPassages")]
struct Results {
    results: Vec<Found>,
}

async fn search(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Results>, Error> {
    let search: Search = query(&request.into_parts().0)?;
    let filter =
        Filter { kinds: search.kind.into_iter().collect(), since: search.since, until: search.until };
    let limit = search.k.unwrap_or(DEFAULT_HITS);
    if !(1..=MAX_HITS).contains(&limit) {
        return Err(Error::Invalid(format!("k is 1 to {MAX_HITS}")));
    }
    let results = state.twin.search(&search.q, limit, &filter, Timestamp::now()).await?;
    Ok(Json(Results { results }))
}

async fn import(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Imported>, Error> {
    let source: Source = json(request).await?;
    if let Source::Note { title, .. } = &source
        && !is_title(title)
    {
        return Err(Error::Invalid(format!("a note's title has 1 to {MAX_NAME} characters")));
    }
    Ok(Json(state.importer.source(&source, Timestamp::now()).await?))
}

/// With it, the rest of the connections in an export is taken, from this one on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GoesOn {
    connections: Option<usize>,
}

/// As it is called where it comes from, without folders.
#[derive(JsonSchema)]
#[schemars(transparent)]
#[allow(dead_code, reason = "only its schema is of interest")]
struct FileName(#[schemars(length(min = 1, max = 200))] String);

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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// As the list has it.
    source: String,
}

async fn remove(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Imported>, Error> {
    let Named { source } = query(&request.into_parts().0)?;
    Ok(Json(state.importer.remove(&source, Timestamp::now()).await?))
}

#[derive(Serialize, JsonSchema)]
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

#[derive(Deserialize, JsonSchema)]
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

fn is_title(title: &str) -> bool {
    (1..=MAX_NAME).contains(&title.chars().count()) && !title.chars().any(char::is_control)
}

/// A file's name, without folders.
fn named(name: String) -> Result<String, Error> {
    let plain = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    if plain { Ok(name) } else { Err(Error::Invalid("this is not the name of a file".to_owned())) }
}
