//! The REST API of 2010-04-01, as far as the product uses it: calls, messages, recordings, numbers; and Lookup, version 2.

mod calls;
mod lookups;
mod messages;
mod numbers;
mod recordings;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, put},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Twilio, live::held, recording};
use crate::speech::from_wav;

pub use lookups::Line as LookedUp;
pub use messages::Message;

const VERSION: &str = "/2010-04-01/Accounts/";
/// The longest body that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// A request as the API saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Logged {
    pub method: String,
    /// Below the account: `Calls.json`, `Calls/CA….json`, …
    pub path: String,
    pub form: Vec<(String, String)>,
    pub status: u16,
}

/// An error as Twilio words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}, {code}: {message}")]
pub struct RestError {
    pub status: u16,
    pub code: u32,
    pub message: String,
}

impl RestError {
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn not_found(path: &str) -> Self {
        Self::new(404, 20404, format!("The requested resource {VERSION}{path} was not found"))
    }
}

impl IntoResponse for RestError {
    /// `{"code","message","more_info","status"}`
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(body)).into_response()
    }
}

/// What a request is answered with.
enum Answer {
    Json(u16, Value),
    Wav(Vec<u8>),
    Deleted,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Json(status, body) => {
                (StatusCode::from_u16(status).unwrap_or_default(), axum::Json(body)).into_response()
            }
            Self::Wav(file) => ([(header::CONTENT_TYPE, "audio/x-wav")], file).into_response(),
            Self::Deleted => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

/// The API of one account; nest it below any prefix.
pub fn app(sim: Arc<Twilio>) -> Router {
    let hear = put(heard).layer(DefaultBodyLimit::max(recording::LARGEST_WAV));
    Router::new().route("/heard/{call}/{recording}", hear).route("/{*path}", any(serve)).with_state(sim)
}

/// Not Twilio's own: what a caller in another process has recorded, as WAV. The account has it from then on.
async fn heard(
    State(sim): State<Arc<Twilio>>,
    Path((call, recording)): Path<(String, String)>,
    headers: HeaderMap,
    wav: Bytes,
) -> Response {
    if let Err(error) = authenticate(&sim, &headers) {
        return error.into_response();
    }
    match from_wav(&wav) {
        Ok(audio) => {
            sim.heard(call, recording::Recording::heard(recording, &audio));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => RestError::new(400, 20001, error.to_string()).into_response(),
    }
}

async fn serve(State(sim): State<Arc<Twilio>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST).await else {
        return RestError::new(413, 20413, "Request body too large").into_response();
    };
    let form = Form(serde_urlencoded::from_bytes(&body).unwrap_or_default());
    let query = Form(serde_urlencoded::from_str(head.uri.query().unwrap_or_default()).unwrap_or_default());
    let answer = route(&sim, &head.method, head.uri.path(), &head.headers, &form, &query);
    let response = answer.into_response();
    held(&sim.requests).push(Logged {
        method: head.method.to_string(),
        path: below_account(head.uri.path(), &sim.account_sid).unwrap_or(head.uri.path()).to_owned(),
        form: form.0,
        status: response.status().as_u16(),
    });
    response
}

fn route(
    sim: &Twilio,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    form: &Form,
    query: &Form,
) -> Result<Answer, RestError> {
    authenticate(sim, headers)?;
    if let Some(failure) = held(&sim.failures).pop_front() {
        return Err(failure);
    }
    if let (&Method::GET, Some(number)) = (method, path.strip_prefix(lookups::PATH)) {
        return lookups::fetch(sim, number, query);
    }
    let not_found = || RestError::not_found(path.strip_prefix(VERSION).unwrap_or(path));
    let below = below_account(path, &sim.account_sid).ok_or_else(not_found)?;
    let segments: Vec<&str> = below.trim_end_matches(".json").split('/').collect();
    let answer = match (method.as_str(), segments.as_slice()) {
        ("POST", ["Calls"]) => Some(calls::create(sim, form)),
        ("GET", ["Calls", sid]) => calls::fetch(sim, sid),
        ("POST", ["Calls", sid]) => calls::update(sim, sid, form),
        ("POST", ["Messages"]) => Some(messages::create(sim, form)),
        ("GET", ["Messages", sid]) => messages::fetch(sim, sid),
        ("POST", ["Calls", call, "Recordings"]) => recordings::start(sim, call, form),
        ("GET", ["Calls", call, "Recordings"]) => recordings::list(sim, call),
        ("GET", ["Calls", call, "Recordings", sid]) => recordings::fetch(sim, Some(call), sid),
        ("POST", ["Calls", call, "Recordings", sid]) => recordings::update(sim, call, sid, form),
        ("DELETE", ["Recordings", sid]) => recordings::delete(sim, None, sid),
        ("DELETE", ["Calls", call, "Recordings", sid]) => recordings::delete(sim, Some(call), sid),
        ("GET", ["Recordings", file]) => recordings::media(sim, file, query),
        ("GET", ["IncomingPhoneNumbers"]) => Some(Ok(numbers::list(sim, query))),
        ("POST", ["IncomingPhoneNumbers"]) => Some(numbers::buy(sim, form)),
        ("POST", ["IncomingPhoneNumbers", sid]) => numbers::update(sim, sid, form),
        ("DELETE", ["IncomingPhoneNumbers", sid]) => numbers::release(sim, sid),
        ("GET", ["AvailablePhoneNumbers", country, "Local"]) => numbers::available(country, query),
        _ => None,
    };
    answer.unwrap_or_else(|| Err(not_found()))
}

/// What a route finds; `None`: no such resource.
type Found = Option<Result<Answer, RestError>>;

/// HTTP Basic: the account's sid, or any API key, with the auth token.
fn authenticate(sim: &Twilio, headers: &HeaderMap) -> Result<(), RestError> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = given.and_then(|value| value.strip_prefix("Basic "));
    let decoded = basic.and_then(|encoded| STANDARD.decode(encoded).ok());
    let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let is_right = pair.as_deref().and_then(|pair| pair.split_once(':')).is_some_and(|(user, password)| {
        (user == sim.account_sid || user.starts_with("SK")) && password == sim.auth_token
    });
    if is_right { Ok(()) } else { Err(RestError::new(401, 20003, "Authenticate")) }
}

fn below_account<'a>(path: &'a str, account_sid: &str) -> Option<&'a str> {
    path.strip_prefix(VERSION)?.strip_prefix(account_sid)?.strip_prefix('/')
}

/// Fields of a form or a query.
struct Form(Vec<(String, String)>);

impl Form {
    /// The first value of that name, unless it is empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }

    fn require(&self, name: &str, code: u32) -> Result<&str, RestError> {
        self.get(name).ok_or_else(|| RestError::new(400, code, format!("A '{name}' parameter is required.")))
    }

    /// A target, with the method in a field of its own.
    fn target(&self, url: &str, method: &str) -> Option<super::twiml::Target> {
        let get = self.get(method).is_some_and(|method| method.eq_ignore_ascii_case("GET"));
        self.get(url).map(|url| super::twiml::Target { url: url.to_owned(), get })
    }
}

/// E.164: `+`, then 7 to 15 digits, the first not zero.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
