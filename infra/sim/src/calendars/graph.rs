//! Microsoft Graph v1.0: `calendars`, `calendarView` of each, and `events` made, changed and deleted.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
    routing::{get, patch, post},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{Calendar, Entry, FIRST, Parameters, lost, reaches, text};

/// What this gives out at once, whatever is asked for.
const PAGE: usize = 3;

pub fn routes() -> Router<Arc<Calendar>> {
    Router::new()
        .route("/me/calendar", get(calendar_of))
        .route("/me/calendars", get(calendars))
        .route("/me/calendarView", get(view_first))
        .route("/me/calendars/{calendar}/calendarView", get(view))
        .route("/me/events", post(create))
        .route("/me/events/{id}", patch(change).delete(delete))
}

async fn calendar_of(State(calendar): State<Arc<Calendar>>, headers: HeaderMap) -> Response {
    match calendar.begin("GET", "/me/calendar", &headers).await {
        Ok(fault) => {
            let owner = json!({ "name": "Alex", "address": calendar.options.account });
            lost(fault, Json(json!({ "id": "primary", "owner": owner })).into_response())
        }
        Err(answer) => *answer,
    }
}

async fn calendars(State(calendar): State<Arc<Calendar>>, headers: HeaderMap) -> Response {
    let fault = match calendar.begin("GET", "/me/calendars", &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let one =
        |id: &str, name: &str, first: bool| json!({ "id": id, "name": name, "isDefaultCalendar": first });
    let mut value: Vec<Value> =
        calendar.book().others.iter().map(|(id, name)| one(id, name, false)).collect();
    value.push(one(FIRST, "Calendar", true));
    lost(fault, Json(json!({ "value": value })).into_response())
}

async fn view_first(state: State<Arc<Calendar>>, query: Query<Parameters>, headers: HeaderMap) -> Response {
    viewed(&state, None, query.0, &headers).await
}

async fn view(
    State(calendar): State<Arc<Calendar>>,
    Path(named): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    viewed(&calendar, Some(&named), query, &headers).await
}

async fn viewed(calendar: &Calendar, of: Option<&str>, query: Parameters, headers: &HeaderMap) -> Response {
    let path = match of {
        Some(of) => format!("/me/calendars/{of}/calendarView"),
        None => "/me/calendarView".to_owned(),
    };
    let fault = match calendar.begin("GET", &path, headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let Some(named) = calendar.named(of.unwrap_or(FIRST)) else {
        return refused(StatusCode::NOT_FOUND, "ErrorItemNotFound");
    };
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let in_utc = headers.get("prefer").is_some_and(|prefer| prefer == "outlook.timezone=\"UTC\"");
    if of("startDateTime").is_empty() || of("endDateTime").is_empty() || !in_utc {
        return refused(StatusCode::BAD_REQUEST, "ErrorInvalidParameter");
    }
    let book = calendar.book();
    let found: Vec<&Entry> = book
        .entries
        .values()
        .filter(|entry| entry.calendar == named && !entry.is_deleted)
        .filter(|entry| reaches(entry, of("startDateTime"), of("endDateTime")))
        .collect();
    let from: usize = of("$skip").parse().unwrap_or(0);
    let value: Vec<Value> = found.iter().skip(from).take(PAGE).map(|entry| shown(entry)).collect();
    let mut answer = json!({ "value": value });
    if found.len() > from + PAGE {
        let mut next = query.clone();
        next.insert("$skip".to_owned(), (from + PAGE).to_string());
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let query = serde_urlencoded::to_string(next).unwrap_or_default();
        answer["@odata.nextLink"] = json!(format!("http://{host}{path}?{query}"));
    }
    lost(fault, Json(answer).into_response())
}

async fn create(
    State(calendar): State<Arc<Calendar>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let fault = match calendar.begin("POST", "/me/events", &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let mark = body["transactionId"].as_str().map(str::to_owned);
    let mut book = calendar.book();
    let same = book.entries.values().find(|entry| mark.is_some() && entry.mark == mark && !entry.is_deleted);
    if let Some(same) = same.cloned() {
        let mut wanted = same.clone();
        write(&mut wanted, &body);
        return match wanted == same {
            true => lost(fault, (StatusCode::CREATED, Json(shown(&same))).into_response()),
            false => refused(StatusCode::CONFLICT, "ErrorDuplicateTransactionId"),
        };
    }
    book.made += 1;
    let id = format!("AAMkAD{}=", book.made);
    let mut entry = Entry {
        id: id.clone(),
        calendar: FIRST.to_owned(),
        title: String::new(),
        start: String::new(),
        end: String::new(),
        is_free: false,
        is_deleted: false,
        mark,
        uid: None,
    };
    write(&mut entry, &body);
    let answer = (StatusCode::CREATED, Json(shown(&entry))).into_response();
    book.entries.insert(id, entry);
    lost(fault, answer)
}

async fn change(
    State(calendar): State<Arc<Calendar>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let fault = match calendar.begin("PATCH", "/me/events", &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    let mut book = calendar.book();
    match book.entries.get_mut(&id).filter(|entry| !entry.is_deleted) {
        None => refused(StatusCode::NOT_FOUND, "ErrorItemNotFound"),
        Some(entry) => {
            write(entry, &body);
            lost(fault, Json(shown(entry)).into_response())
        }
    }
}

async fn delete(
    State(calendar): State<Arc<Calendar>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let fault = match calendar.begin("DELETE", "/me/events", &headers).await {
        Ok(fault) => fault,
        Err(answer) => return *answer,
    };
    match calendar.book().entries.remove(&id) {
        None => refused(StatusCode::NOT_FOUND, "ErrorItemNotFound"),
        Some(_) => lost(fault, StatusCode::NO_CONTENT.into_response()),
    }
}

fn write(entry: &mut Entry, body: &Value) {
    if body["subject"].is_string() {
        entry.title = text(&body["subject"]);
    }
    if body["start"].is_object() {
        entry.start = format!("{}Z", text(&body["start"]["dateTime"]));
    }
    if body["end"].is_object() {
        entry.end = format!("{}Z", text(&body["end"]["dateTime"]));
    }
}

fn shown(entry: &Entry) -> Value {
    let moment = |at: &str| {
        let clock =
            if at.contains('T') { at.trim_end_matches('Z').to_owned() } else { format!("{at}T00:00:00") };
        json!({ "dateTime": format!("{clock}.0000000"), "timeZone": "UTC" })
    };
    let uid = || format!("040000008200E00074C5B7101A82E008{}", entry.id);
    json!({
        "id": entry.id,
        "subject": entry.title,
        "iCalUId": entry.uid.clone().unwrap_or_else(uid),
        "start": moment(&entry.start),
        "end": moment(&entry.end),
        "isAllDay": !entry.start.contains('T'),
        "isCancelled": false,
        "showAs": if entry.is_free { "free" } else { "busy" },
        "responseStatus": { "response": "organizer", "time": "0001-01-01T00:00:00Z" },
        "transactionId": entry.mark,
    })
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": code } }))).into_response()
}
