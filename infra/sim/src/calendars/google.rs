//! Google's Calendar API v3: `CalendarList: list`, `Events: list` of each calendar, `insert, patch, delete` of the primary one.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
    routing::{get, patch},
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Calendar, Entry, FIRST, Parameters, lost, reaches, text};

/// What this gives out at once, whatever is asked for.
const PAGE: usize = 3;
const EVENTS: &str = "/calendars/primary/events";
const LIST: &str = "/users/me/calendarList";
/// What a private property is called by who writes one.
const MARK: &str = "/extendedProperties/private";

pub fn routes() -> Router<Arc<Calendar>> {
    Router::new()
        .route(LIST, get(calendars))
        .route("/calendars/{calendar}/events", get(list))
        .route(EVENTS, get(list_first).post(insert))
        .route("/calendars/primary/events/{id}", patch(change).delete(delete))
}

async fn calendars(State(calendar): State<Arc<Calendar>>, headers: HeaderMap) -> Response {
    let fault = match calendar.begin("GET", LIST, &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let role = |id: &str, name: &str| {
        json!({ "kind": "calendar#calendarListEntry", "id": id, "summary": name,
        "accessRole": "owner" })
    };
    let mut first = role(&calendar.options.account, &calendar.options.account);
    first["primary"] = json!(true);
    let mut items: Vec<Value> = calendar.book().others.iter().map(|(id, name)| role(id, name)).collect();
    items.push(first);
    lost(fault, Json(json!({ "kind": "calendar#calendarList", "items": items })).into_response())
}

async fn list_first(state: State<Arc<Calendar>>, query: Query<Parameters>, headers: HeaderMap) -> Response {
    list(state, Path(FIRST.to_owned()), query, headers).await
}

async fn list(
    State(calendar): State<Arc<Calendar>>,
    Path(named): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let fault = match calendar.begin("GET", &format!("/calendars/{named}/events"), &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let Some(named) = calendar.named(&named) else { return refused(StatusCode::NOT_FOUND, "notFound") };
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if of("singleEvents") != "true" || of("timeMin").is_empty() || of("timeMax").is_empty() {
        return refused(StatusCode::BAD_REQUEST, "badRequest");
    }
    let book = calendar.book();
    let found: Vec<&Entry> = book
        .entries
        .values()
        .filter(|entry| entry.calendar == named && !entry.is_deleted)
        .filter(|entry| reaches(entry, of("timeMin"), of("timeMax")))
        .collect();
    let from: usize = of("pageToken").parse().unwrap_or(0);
    let items: Vec<Value> = found.iter().skip(from).take(PAGE).map(|entry| shown(entry)).collect();
    let mut answer = json!({ "kind": "calendar#events", "summary": "Work", "items": items });
    if found.len() > from + PAGE {
        answer["nextPageToken"] = json!((from + PAGE).to_string());
    }
    lost(fault, Json(answer).into_response())
}

async fn insert(
    State(calendar): State<Arc<Calendar>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let fault = match calendar.begin("POST", EVENTS, &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let id = text(&body["id"]);
    // base32hex, 5 to 1024 characters.
    let is_good = (5..=1024).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'v').contains(&byte));
    if !is_good {
        return refused(StatusCode::BAD_REQUEST, "invalid");
    }
    let mut book = calendar.book();
    if book.entries.contains_key(&id) {
        return refused(StatusCode::CONFLICT, "duplicate");
    }
    let mut entry = Entry {
        id: id.clone(),
        calendar: FIRST.to_owned(),
        title: String::new(),
        start: String::new(),
        end: String::new(),
        is_free: false,
        is_deleted: false,
        mark: None,
        uid: None,
    };
    write(&mut entry, &body);
    let answer = Json(shown(&entry)).into_response();
    book.entries.insert(id, entry);
    lost(fault, answer)
}

async fn change(
    State(calendar): State<Arc<Calendar>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let fault = match calendar.begin("PATCH", EVENTS, &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let mut book = calendar.book();
    let Some(entry) = book.entries.get_mut(&id) else { return refused(StatusCode::NOT_FOUND, "notFound") };
    write(entry, &body);
    lost(fault, Json(shown(entry)).into_response())
}

async fn delete(
    State(calendar): State<Arc<Calendar>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let fault = match calendar.begin("DELETE", EVENTS, &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let mut book = calendar.book();
    match book.entries.get_mut(&id) {
        None => refused(StatusCode::NOT_FOUND, "notFound"),
        Some(entry) if entry.is_deleted => refused(StatusCode::GONE, "deleted"),
        Some(entry) => {
            entry.is_deleted = true;
            lost(fault, StatusCode::NO_CONTENT.into_response())
        }
    }
}

fn write(entry: &mut Entry, body: &Value) {
    let moment = |of: &Value| match &of["dateTime"] {
        Value::Null => text(&of["date"]),
        at => text(at),
    };
    if body["summary"].is_string() {
        entry.title = text(&body["summary"]);
    }
    if body["start"].is_object() {
        entry.start = moment(&body["start"]);
    }
    if body["end"].is_object() {
        entry.end = moment(&body["end"]);
    }
    if let Some(private) = body.pointer(MARK).and_then(Value::as_object) {
        entry.mark = private.iter().next().map(|(name, value)| format!("{name}={}", text(value)));
    }
    if body["status"] == "confirmed" {
        entry.is_deleted = false;
    }
}

fn shown(entry: &Entry) -> Value {
    let moment = |at: &str| match at.contains('T') {
        true => json!({ "dateTime": at, "timeZone": "UTC" }),
        false => json!({ "date": at }),
    };
    let mut shown = json!({
        "id": entry.id,
        "status": "confirmed",
        "summary": entry.title,
        "iCalUID": entry.uid.clone().unwrap_or_else(|| format!("{}@google.com", entry.id)),
        "start": moment(&entry.start),
        "end": moment(&entry.end),
        "attendees": [],
    });
    if entry.is_free {
        shown["transparency"] = json!("transparent");
    }
    if let Some((name, value)) = entry.mark.as_ref().and_then(|mark| mark.split_once('=')) {
        shown["extendedProperties"] = json!({ "private": { name: value } });
    }
    shown
}

fn refused(status: StatusCode, reason: &str) -> Response {
    let body = json!({ "error": { "code": status.as_u16(), "message": reason,
        "errors": [{ "domain": "global", "reason": reason, "message": reason }] } });
    (status, Json(body)).into_response()
}
