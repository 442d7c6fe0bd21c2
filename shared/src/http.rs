//! The HTTP edge: routes, bodies, the owner's sign-in, and the only place where errors become statuses.
//! Errors are RFC 9457 `application/problem+json` without internals.

mod address;
pub mod cursor;
mod describe;
mod form;
mod objects;
mod parts;
mod read;
mod unchanged;
mod visitor;

use std::{
    any::Any,
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::{FromRef, FromRequestParts, MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use subtle::ConstantTimeEq;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument as _, info_span};

pub use self::{
    address::{address, behind_edge},
    describe::{Described, Operation, document},
    form::{form, from_own_page, posted},
    parts::{After, attached, linked, part},
    read::{MAX_BODY, body, body_up_to, json, media_type, query},
    visitor::{chat_cookie, is_owners, known, offered, or_begun, same_origin},
};
use crate::{
    audit::{Act, Actor, Line, person_in},
    config::Secret,
    error::Error,
    id::RequestId,
    proposal::Document,
    store::Store,
};

pub const SESSION_COOKIE: &str = "omnitwin_session";
/// Of whoever writes in the chat.
pub const CHAT_COOKIE: &str = "omnitwin_chat";
/// A page that stays open asks for the same again and again: so long it is one look.
const ONE_LOOK: SignedDuration = SignedDuration::from_mins(15);

/// One route of a function: the same under API Gateway and on a laptop.
pub struct Route<S> {
    pub method: Method,
    pub path: &'static str,
    handler: MethodRouter<S>,
    operation: Option<Operation>,
}

impl<S> Route<S> {
    pub fn new(method: Method, path: &'static str, handler: MethodRouter<S>) -> Self {
        Self { method, path, handler, operation: None }
    }

    /// What it takes and gives, for the document at `/openapi.json`.
    pub fn described(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// The same without its handler, if it is described.
    pub fn description(&self) -> Option<Described> {
        let operation = self.operation.clone()?;
        Some(Described { method: self.method.to_string(), path: self.path, operation })
    }
}

/// The router of a function.
pub fn app<S: Clone + Send + Sync + 'static>(routes: Vec<Route<S>>, state: S) -> Router {
    let router =
        routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    router.with_state(state)
}

/// What is around the routes of a process: request ids, panics, problems, one log line a request; what a browser has seen
/// already is not sent again.
pub fn edge(router: Router) -> Router {
    let tagged = router.layer(middleware::from_fn(unchanged::unchanged));
    tagged.layer(CatchPanicLayer::custom(panicked)).layer(middleware::from_fn(finish))
}

/// The owner: asks with the owner's token as bearer, or with the cookie of a session that a link began.
pub struct Owner;

#[derive(Clone)]
pub struct OwnerAuth {
    store: Store,
    token: Option<Secret>,
    looks: Arc<Mutex<Looks>>,
}

impl OwnerAuth {
    pub fn new(store: Store, token: Option<Secret>) -> Self {
        Self { store, token, looks: Arc::default() }
    }

    /// Whether this is the owner's own token.
    pub fn is_token(&self, given: &str) -> bool {
        self.token.as_ref().is_some_and(|token| given.as_bytes().ct_eq(token.reveal().as_bytes()).into())
    }

    /// Writes down what the owner asks for; what a session looks at again and again, once each quarter of an hour. What
    /// would change something is refused if that does not work.
    async fn noted(&self, parts: &Parts, now: Timestamp) -> Result<(), Error> {
        let look = look(parts);
        if look.as_ref().is_some_and(|look| self.looks().has(look, now)) {
            return Ok(());
        }
        let pattern = parts.extensions.get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
        let mut line = Line::new(Actor::Owner, Act::Route(format!("{} {pattern}", parts.method)), now);
        line.person = person_in(pattern, parts.uri.path());
        line.correlation = parts.extensions.get::<RequestId>().map(ToString::to_string);
        match self.store.append(&line).await {
            Err(error) if parts.method.is_safe() => {
                tracing::error!(alarm = "audit", %error, "an access was not written down");
                Ok(())
            }
            Err(error) => Err(error.into()),
            Ok(()) => {
                self.looks().seen.extend(look);
                Ok(())
            }
        }
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn admits(&self, method: &Method, headers: &HeaderMap, now: Timestamp) -> Result<bool, Error> {
        if let (Some(given), Some(_)) = (bearer(headers), &self.token) {
            return Ok(self.is_token(given));
        }
        match cookie(headers, SESSION_COOKIE) {
            // A browser sends the cookie along whoever wrote the page.
            Some(_) if !method.is_safe() && !from_here(headers) => Err(Error::Forbidden),
            Some(session) => Ok(self.store.is_owner_session(session, now).await?),
            None => Ok(false),
        }
    }
}

/// What sessions looked at of late, and is written down.
#[derive(Debug, Default)]
struct Looks {
    since: Timestamp,
    seen: HashSet<String>,
}

impl Looks {
    fn has(&mut self, look: &str, now: Timestamp) -> bool {
        if now.duration_since(self.since) >= ONE_LOOK {
            *self = Self { since: now, seen: HashSet::new() };
        }
        self.seen.contains(look)
    }
}

/// What a browser looks at, under which session; nothing, if something is to change, or a program asks.
fn look(parts: &Parts) -> Option<String> {
    let session = cookie(&parts.headers, SESSION_COOKIE).filter(|_| bearer(&parts.headers).is_none())?;
    parts.method.is_safe().then(|| format!("{session} {}", parts.uri.path()))
}

impl<S: Send + Sync> FromRequestParts<S> for Owner
where
    OwnerAuth: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let auth = OwnerAuth::from_ref(state);
        let now = Timestamp::now();
        match auth.admits(&parts.method, &parts.headers, now).await? {
            true => auth.noted(parts, now).await.map(|()| Self),
            false => Err(Error::Unauthenticated),
        }
    }
}

/// Scheme, host and port of a URL as browsers write them.
pub fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let scheme = scheme.to_lowercase();
    let host = rest.split('/').next().unwrap_or_default().to_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host))
}

/// Whether a page of the host that is asked sent this, as browsers tell: by the origin, and where they know it, by the
/// site. Source: Fetch Metadata Request Headers, section 2.4.
fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").unwrap_or_default().to_lowercase();
    let is_host = |given: &str| given.split_once("://").is_some_and(|(_, of)| !of.is_empty() && of == host);
    text("origin").is_some_and(is_host) && text("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A cookie that no script sees; over TLS where we are reached by it. One that lives for nothing ends.
pub fn set_cookie(name: &str, value: &str, lives: SignedDuration, base_url: &str) -> String {
    let secure = if base_url.starts_with("https://") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lives.as_secs())
}

#[derive(Debug, Clone, Serialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    request_id: Option<RequestId>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status: status.as_u16(), code, detail: None, request_id: None }
    }
}

/// For the owner to do; visitors read no more than the first sentence means.
const NOT_SET_UP: &str = "nobody has set up this twin yet: its owner imports a résumé with `omnitwin import resume.pdf`, or \
                          writes the persona in the dashboard";

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let (status, code) = match error {
            Error::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Error::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Error::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Error::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Error::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Error::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Error::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "upgrade_required"),
            Error::Conflict => (StatusCode::CONFLICT, "conflict"),
            Error::Taken(_) => (StatusCode::CONFLICT, "taken"),
            Error::NotSetUp => (StatusCode::SERVICE_UNAVAILABLE, "not_set_up"),
            Error::Unavailable(_) | Error::Upstream(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let detail = match error {
            Error::Malformed(detail) | Error::Invalid(detail) | Error::Taken(detail) => Some(detail.clone()),
            Error::NotSetUp => Some(NOT_SET_UP.to_owned()),
            Error::TooMany { until } => Some(format!("{error}: again from {until:.0}")),
            Error::TooLarge | Error::UnsupportedMediaType | Error::Conflict => Some(error.to_string()),
            _ => None,
        };
        Self { detail, ..Self::new(status, code) }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(_) => tracing::error!(error = %self, "the store is not available"),
            Self::Upstream(_) => tracing::error!(error = %self, "a service does not answer"),
            Self::Internal(_) => tracing::error!(error = %self, "internal error"),
            _ => {}
        }
        let mut response = problem(Problem::from(&self));
        if let Some(seconds) = retry_after(&self) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The name of an error in data.
pub fn code(error: &Error) -> &'static str {
    Problem::from(error).code
}

/// Seconds until it is worth trying again, if that is known.
pub fn retry_after(error: &Error) -> Option<u64> {
    let Error::TooMany { until } = error else { return None };
    let seconds = until.duration_since(Timestamp::now()).as_secs();
    Some(u64::try_from(seconds).unwrap_or(0) + 1)
}

fn problem(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    let headers = response.headers_mut();
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::UPGRADE_REQUIRED => {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        _ => {}
    }
    response.extensions_mut().insert(problem);
    response
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    problem(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))
}

/// Gives each request an id, which every line of the log has that is written meanwhile; writes problems out with it, and
/// logs one line of its own.
async fn finish(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate(Timestamp::now());
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).instrument(info_span!("request", request_id = %id)).await;
    if let Some(found) = problem_of(&response) {
        response = write_out(Problem { request_id: Some(id.clone()), ..found }, &response);
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status();
    let (route, status_code) = (path.as_deref().unwrap_or("none"), status.as_u16());
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Reading that went well is not worth an operator's line.
    if method == Method::GET && (status.is_success() || status.is_redirection()) {
        tracing::debug!(request_id = %id, %method, route, status = status_code, ms, "request");
    } else {
        tracing::info!(request_id = %id, %method, route, status = status_code, ms, "request");
    }
    response
}

/// What a browser shows of a document of ours: it may do nothing there.
const SHOWN: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// A document, to be looked at.
pub fn shown(document: Document) -> Response {
    let Document { name, media_type, bytes } = document;
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (header::CONTENT_SECURITY_POLICY, SHOWN.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, bytes).into_response()
}

fn problem_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    if response.headers().contains_key(header::CONTENT_TYPE) {
        return None;
    }
    match response.status() {
        status @ StatusCode::NOT_FOUND => Some(Problem::new(status, "not_found")),
        status @ StatusCode::METHOD_NOT_ALLOWED => Some(Problem::new(status, "method_not_allowed")),
        // Only MCP is particular about what is accepted.
        status @ StatusCode::NOT_ACCEPTABLE => Some(Problem {
            detail: Some("the header Accept has to name application/json and text/event-stream".to_owned()),
            ..Problem::new(status, "not_acceptable")
        }),
        _ => None,
    }
}

fn write_out(problem: Problem, response: &Response) -> Response {
    let mut written = Response::new(Body::from(serde_json::to_vec(&problem).unwrap_or_default()));
    *written.status_mut() = response.status();
    *written.headers_mut() = response.headers().clone();
    let headers = written.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    written
}
