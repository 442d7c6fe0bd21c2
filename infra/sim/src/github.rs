//! A simulator of GitHub's REST API, as far as it serves public profiles and repositories.
//!
//! It serves a folder: `LOGIN/user.json`, `LOGIN/repos.json` (newest push first), `LOGIN/REPO/languages.json`,
//! `LOGIN/REPO/README.md`. Like GitHub it demands a `User-Agent`, answers `If-None-Match`, pages by `Link` under
//! the user's numeric id, and counts requests: with a token those answered 304 are free.
//! It can misbehave ([`Fault`]), and remembers what it was asked ([`GitHub::log`]).
//!
//! Not simulated: other sort orders than by push, other media types of a README than raw, redirects of renamed
//! repositories, the reset of a limit.

mod answer;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;

use answer::Answer;

const LARGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 30;

#[derive(Debug, Clone)]
pub struct Options {
    pub folder: PathBuf,
    /// The only token that is accepted.
    pub token: String,
    /// Requests allowed without a token and with it.
    pub limits: (u64, u64),
    /// When the limits end. Unix seconds.
    pub reset: i64,
    /// Items of a page, whatever the client asks for.
    pub largest_page: usize,
}

impl Options {
    /// GitHub's own limits, for the token `sim-token`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            token: "sim-token".into(),
            limits: (60, 5000),
            reset: 1_777_813_200,
            largest_page: LARGEST_PAGE,
        }
    }
}

/// What may go wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 403 of the secondary rate limit, to be retried after so many seconds.
    Secondary(u32),
    ServerError,
    /// The body ends halfway.
    Truncated,
    /// The body never ends.
    Slow,
}

/// The simulator: what it serves, and what it was asked.
#[derive(Debug)]
pub struct GitHub {
    options: Options,
    state: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// Files that differ from the folder's; `None` for those that are gone.
    edits: HashMap<String, Option<Vec<u8>>>,
    /// By a part of the path, in the order of being planned.
    faults: Vec<(String, Fault)>,
    spent: u64,
    log: Vec<String>,
}

impl GitHub {
    pub fn new(options: Options) -> Arc<Self> {
        Arc::new(Self { options, state: Mutex::default() })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/users/{login}", get(user))
            .route("/users/{login}/repos", get(repositories))
            .route("/user/{id}/repos", get(repositories_by_id))
            .route("/repos/{owner}/{name}/languages", get(languages))
            .route("/repos/{owner}/{name}/readme", get(readme))
            .fallback(|State(github): State<Arc<Self>>, request: Request| async move {
                github.reply(&request, None)
            })
            .with_state(Arc::clone(self))
    }

    /// The next answer to a path that contains `part` goes wrong.
    pub fn misbehave(&self, part: &str, fault: Fault) {
        self.book().faults.push((part.to_owned(), fault));
    }

    /// Replaces a file of the folder, or removes it.
    pub fn edit(&self, file: &str, content: Option<Vec<u8>>) {
        self.book().edits.insert(file.to_owned(), content);
    }

    /// What counted against the limit so far.
    pub fn spent(&self) -> u64 {
        self.book().spent
    }

    /// `200 /users/alex-sample`, in the order of being answered.
    pub fn log(&self) -> Vec<String> {
        self.book().log.clone()
    }

    pub fn forget_log(&self) {
        self.book().log.clear();
    }

    /// A file as it is now, if it is.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        // A path comes from the network.
        if path.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        match self.book().edits.get(path) {
            Some(edited) => edited.clone(),
            None => std::fs::read(self.options.folder.join(path)).ok(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request, and keeps the books.
    fn reply(&self, request: &Request, body: Option<Answer>) -> Response {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let mut book = self.book();
        let caller = answer::Caller::of(request, &self.options.token);
        let limit = if caller.signed_in { self.options.limits.1 } else { self.options.limits.0 };
        let planned = book.faults.iter().position(|(part, _)| path.contains(part));
        let fault = planned.map(|position| book.faults.remove(position).1);
        let verdict = match fault {
            Some(fault) => answer::faulty(fault, body),
            None if book.spent >= limit => answer::exhausted(),
            None => answer::honest(&caller, body),
        };
        let free = caller.signed_in && verdict.status() == StatusCode::NOT_MODIFIED;
        book.spent += u64::from(!free && book.spent < limit);
        book.log.push(format!("{} {path}", verdict.status().as_u16()));
        answer::with_limits(verdict, limit, book.spent, self.options.reset)
    }
}

async fn user(State(github): State<Arc<GitHub>>, Path(login): Path<String>, request: Request) -> Response {
    let user = github.file(&format!("{login}/user.json"));
    github.reply(&request, user.map(Answer::json))
}

async fn repositories(
    State(github): State<Arc<GitHub>>,
    Path(login): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let page = page(&github, &login, &query, &request);
    github.reply(&request, page)
}

async fn repositories_by_id(
    State(github): State<Arc<GitHub>>,
    Path(id): Path<u64>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let folders = std::fs::read_dir(&github.options.folder).into_iter().flatten().flatten();
    let mut logins = folders.filter_map(|folder| folder.file_name().into_string().ok());
    let login = logins.find(|login| user_id(&github, login) == Some(id));
    let page = login.and_then(|login| page(&github, &login, &query, &request));
    github.reply(&request, page)
}

async fn languages(
    State(github): State<Arc<GitHub>>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let languages = github.file(&format!("{owner}/{name}/languages.json"));
    github.reply(&request, languages.map(Answer::json))
}

async fn readme(
    State(github): State<Arc<GitHub>>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let readme = github.file(&format!("{owner}/{name}/README.md"));
    github.reply(&request, readme.map(Answer::raw))
}

fn user_id(github: &GitHub, login: &str) -> Option<u64> {
    let user: Value = serde_json::from_slice(&github.file(&format!("{login}/user.json"))?).ok()?;
    user.get("id")?.as_u64()
}

/// A page of the list, with its `Link` header.
fn page(github: &GitHub, login: &str, query: &BTreeMap<String, String>, request: &Request) -> Option<Answer> {
    let all: Vec<Value> = serde_json::from_slice(&github.file(&format!("{login}/repos.json"))?).ok()?;
    let number = |key: &str, default: usize| {
        query.get(key).and_then(|text| text.parse().ok()).unwrap_or(default).max(1)
    };
    let size = number("per_page", DEFAULT_PAGE).min(github.options.largest_page);
    let page = number("page", 1);
    let last = all.len().div_ceil(size).max(1);
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let id = user_id(github, login)?;
    let sort = query.get("sort").map_or("full_name", String::as_str);
    let link = |page: usize, relation: &str| {
        format!("<http://{host}/user/{id}/repos?sort={sort}&per_page={size}&page={page}>; rel=\"{relation}\"")
    };
    let mut links = Vec::new();
    if page > 1 {
        links.push(link(page - 1, "prev"));
    }
    if page < last {
        links.push(link(page + 1, "next"));
        links.push(link(last, "last"));
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    let shown: Vec<&Value> = all.iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    Some(Answer::json(serde_json::to_vec(&shown).ok()?).with_links(links.join(", ")))
}
