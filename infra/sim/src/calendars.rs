//! Simulators of the calendars of Google (Calendar API v3) and Microsoft (Graph v1.0), with their authorization servers.
//!
//! Like the real ones they check client, redirect URI, PKCE and tokens, give entries out page by page, and keep ids as
//! theirs are: at Google the client's choice, which stays taken when an entry is deleted; at Microsoft the server's, and
//! one entry for one transaction id. Microsoft's refresh tokens change with each use. They can misbehave ([`Fault`]).
//! An account may have several calendars; only its first one is written. Not simulated: pages of consent, recurrence (the
//! real ones give single entries out on request), sharing.

mod google;
mod graph;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Google,
    Microsoft,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub kind: Kind,
    pub client_id: String,
    pub client_secret: String,
    /// Whose calendar it is.
    pub account: String,
}

/// What may go wrong with a request to the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The access token is not good any more.
    Expired,
    /// This one goes well.
    Nothing,
    /// Google's 403 `rateLimitExceeded`.
    Rate,
    /// 429 with `Retry-After`, in seconds.
    TooMany(u32),
    Down,
    /// It never answers.
    Hang,
    /// What was asked for is done, and the answer is lost.
    DoneAndLost,
}

/// An entry, as somebody sees it in their calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    /// In which of the account's calendars.
    pub calendar: String,
    pub title: String,
    /// RFC 3339, or a day.
    pub start: String,
    pub end: String,
    pub is_free: bool,
    pub is_deleted: bool,
    /// Google's private property, Microsoft's transaction id.
    pub mark: Option<String>,
    /// Of the invitation that it was made of (RFC 5545).
    pub uid: Option<String>,
}

/// How an account's first calendar is called in addresses.
const FIRST: &str = "primary";

#[derive(Default)]
struct Book {
    /// Ids and names of an account's other calendars.
    others: Vec<(String, String)>,
    entries: BTreeMap<String, Entry>,
    /// Each with the request that it was given for.
    codes: HashMap<String, Parameters>,
    access: Vec<String>,
    refresh: Vec<String>,
    faults: VecDeque<Fault>,
    refuses_scope: bool,
    redirect_uri: String,
    /// Method and path of each request to the API.
    log: Vec<String>,
    made: u32,
}

pub struct Calendar {
    options: Options,
    book: Mutex<Book>,
}

type Parameters = BTreeMap<String, String>;

impl Calendar {
    pub fn new(options: Options) -> Arc<Self> {
        Arc::new(Self { options, book: Mutex::default() })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        let oauth = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke));
        let api = match self.options.kind {
            Kind::Google => google::routes(),
            Kind::Microsoft => graph::routes(),
        };
        oauth.merge(api).with_state(Arc::clone(self))
    }

    /// Where browsers may be sent back to.
    pub fn register(&self, redirect_uri: &str) {
        redirect_uri.clone_into(&mut self.book().redirect_uri);
    }

    /// Somebody writes into the calendar by hand. Times are RFC 3339, or days. The id.
    pub fn write(&self, title: &str, start: &str, end: &str, is_free: bool) -> String {
        self.write_in(FIRST, title, (start, end), is_free)
    }

    /// The owner makes another calendar. Its id.
    pub fn add_calendar(&self, name: &str) -> String {
        let id = match self.options.kind {
            Kind::Google => format!("{}@group.calendar.google.com", name.to_lowercase()),
            Kind::Microsoft => format!("AAMkAG{name}="),
        };
        self.book().others.push((id.clone(), name.to_owned()));
        id
    }

    pub fn remove_calendar(&self, id: &str) {
        self.book().others.retain(|(other, _)| other != id);
    }

    /// As [`Calendar::write`], into one of the account's calendars.
    pub fn write_in(&self, calendar: &str, title: &str, (start, end): (&str, &str), is_free: bool) -> String {
        let mut book = self.book();
        book.made += 1;
        let id = format!("byhand{}", book.made);
        let entry = Entry {
            id: id.clone(),
            calendar: calendar.to_owned(),
            title: title.to_owned(),
            start: start.to_owned(),
            end: end.to_owned(),
            is_free,
            is_deleted: false,
            mark: None,
            uid: None,
        };
        book.entries.insert(id.clone(), entry);
        id
    }

    /// An invitation that came by mail was accepted.
    pub fn accept(&self, uid: &str, start: &str, end: &str) -> String {
        let id = self.write("Invitation", start, end, false);
        if let Some(entry) = self.book().entries.get_mut(&id) {
            entry.uid = Some(uid.to_owned());
        }
        id
    }

    pub fn delete(&self, id: &str) {
        self.book().entries.remove(id);
    }

    /// What is in the calendar.
    pub fn entries(&self) -> Vec<Entry> {
        self.book().entries.values().filter(|entry| !entry.is_deleted).cloned().collect()
    }

    /// The next requests to the API go wrong, in this order.
    pub fn misbehave(&self, faults: &[Fault]) {
        self.book().faults.extend(faults);
    }

    /// The owner ends the consent at the provider.
    pub fn end_consent(&self) {
        let mut book = self.book();
        book.access.clear();
        book.refresh.clear();
    }

    /// The owner leaves the box of the calendar empty.
    pub fn refuse_scope(&self) {
        self.book().refuses_scope = true;
    }

    /// Access tokens are good no more, as an hour later.
    pub fn expire(&self) {
        self.book().access.clear();
    }

    pub fn has_consent(&self) -> bool {
        !self.book().refresh.is_empty()
    }

    pub fn refresh_tokens(&self) -> Vec<String> {
        self.book().refresh.clone()
    }

    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.book().log)
    }

    /// What a calendar is kept under, if there is one of this name.
    fn named(&self, calendar: &str) -> Option<String> {
        let is_first = calendar == FIRST || calendar == self.options.account;
        let other = || self.book().others.iter().any(|(id, _)| id == calendar);
        match is_first {
            true => Some(FIRST.to_owned()),
            false => other().then(|| calendar.to_owned()),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request, and what goes wrong with it: before anything is done, or after.
    async fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, Box<Response>> {
        let fault = {
            let mut book = self.book();
            book.log.push(format!("{method} {path}"));
            book.faults.pop_front()
        };
        let microsoft = self.options.kind == Kind::Microsoft;
        let refused = |status: StatusCode, reason: &str| {
            let body = match microsoft {
                true => json!({ "error": { "code": reason, "message": reason } }),
                false => json!({ "error": { "code": status.as_u16(), "message": reason,
                    "errors": [{ "domain": "usageLimits", "reason": reason, "message": reason }] } }),
            };
            Box::new((status, Json(body)).into_response())
        };
        match fault {
            Some(Fault::Expired) => return Err(refused(StatusCode::UNAUTHORIZED, "authError")),
            Some(Fault::Rate) => return Err(refused(StatusCode::FORBIDDEN, "rateLimitExceeded")),
            Some(Fault::TooMany(seconds)) => {
                let mut answer = refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests");
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                return Err(answer);
            }
            Some(Fault::Down) => return Err(refused(StatusCode::BAD_GATEWAY, "backendError")),
            Some(Fault::Hang) => std::future::pending::<()>().await,
            Some(Fault::DoneAndLost | Fault::Nothing) | None => {}
        }
        let given =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let good = given
            .strip_prefix("Bearer ")
            .is_some_and(|token| self.book().access.iter().any(|one| one == token));
        if good { Ok(fault) } else { Err(refused(StatusCode::UNAUTHORIZED, "authError")) }
    }
}

fn lost(fault: Option<Fault>, answer: Response) -> Response {
    match fault {
        Some(Fault::DoneAndLost) => StatusCode::BAD_GATEWAY.into_response(),
        _ => answer,
    }
}

/// Whether an entry reaches into a window.
fn reaches(entry: &Entry, from: &str, to: &str) -> bool {
    let at = |text: &str| {
        let day = || format!("{text}T00:00:00Z").parse::<Timestamp>().ok();
        text.parse::<Timestamp>().ok().or_else(day)
    };
    let window = at(from).zip(at(to));
    let span = at(&entry.start).zip(at(&entry.end));
    window.zip(span).is_some_and(|((from, to), (start, end))| start < to && end > from)
}

async fn authorize(State(calendar): State<Arc<Calendar>>, Query(query): Query<Parameters>) -> Response {
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let Options { client_id, kind, .. } = &calendar.options;
    let redirect_uri = &calendar.book().redirect_uri.clone();
    let asks_to_stay = match kind {
        Kind::Google => of("access_type") == "offline",
        Kind::Microsoft => of("scope").split(' ').any(|scope| scope == "offline_access"),
    };
    let is_whole = of("client_id") == client_id
        && of("redirect_uri") == redirect_uri
        && of("response_type") == "code"
        && of("code_challenge_method") == "S256"
        && of("code_challenge").len() == 43
        && !of("state").is_empty()
        && asks_to_stay;
    if !is_whole {
        return (StatusCode::BAD_REQUEST, "this is no request of a client that is known").into_response();
    }
    let code = random();
    let answer = serde_urlencoded::to_string([("code", code.as_str()), ("state", of("state"))]);
    calendar.book().codes.insert(code, query);
    let location = format!("{redirect_uri}?{}", answer.unwrap_or_default());
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn token(State(calendar): State<Arc<Calendar>>, Form(form): Form<Parameters>) -> Response {
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let Options { client_id, client_secret, kind, .. } = &calendar.options;
    if of("client_id") != client_id || of("client_secret") != client_secret {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let mut book = calendar.book();
    let mut answer = json!({ "access_token": random(), "token_type": "Bearer", "expires_in": 3599 });
    match of("grant_type") {
        "authorization_code" => {
            let Some(asked) = book.codes.remove(of("code")) else { return refuse("invalid_grant") };
            let proof = BASE64.encode(Sha256::digest(of("code_verifier")));
            if of("redirect_uri") != book.redirect_uri || asked.get("code_challenge") != Some(&proof) {
                return refuse("invalid_grant");
            }
            let scopes: Vec<&str> =
                asked.get("scope").map(|all| all.split(' ').collect()).unwrap_or_default();
            if *kind == Kind::Google && scopes.contains(&"openid") && scopes.contains(&"email") {
                answer["id_token"] = json!(id_token(&calendar.options));
            }
            let refresh = random();
            book.refresh.push(refresh.clone());
            answer["refresh_token"] = json!(refresh);
        }
        "refresh_token" => {
            let Some(place) = book.refresh.iter().position(|one| one == of("refresh_token")) else {
                return refuse("invalid_grant");
            };
            if *kind == Kind::Microsoft {
                let next = random();
                book.refresh[place].clone_from(&next);
                answer["refresh_token"] = json!(next);
            }
        }
        _ => return refuse("unsupported_grant_type"),
    }
    answer["scope"] = json!(match (kind, book.refuses_scope) {
        (_, true) => "openid",
        (Kind::Google, false) => {
            "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/calendar.events \
             https://www.googleapis.com/auth/calendar.calendarlist.readonly"
        }
        (Kind::Microsoft, false) => "Calendars.ReadWrite",
    });
    book.access.extend(answer["access_token"].as_str().map(str::to_owned));
    Json(answer).into_response()
}

async fn revoke(State(calendar): State<Arc<Calendar>>, Form(form): Form<Parameters>) -> Response {
    let given = form.get("token").map(String::as_str).unwrap_or_default();
    let mut book = calendar.book();
    if !book.refresh.iter().any(|one| one == given) {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_token" }))).into_response();
    }
    book.refresh.retain(|one| one != given);
    book.access.clear();
    StatusCode::OK.into_response()
}

/// Its signature is none: who takes it from here does not look at it.
fn id_token(options: &Options) -> String {
    let part = |value: Value| BASE64.encode(value.to_string());
    let claims = json!({ "iss": "https://accounts.google.com", "aud": options.client_id, "sub": "1",
        "email": options.account, "email_verified": true });
    format!("{}.{}.simulated", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims))
}

fn random() -> String {
    BASE64.encode(rand::random::<[u8; 24]>())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
