//! Calls over HTTP: an offer is answered, a call hung up, and the server's own line to one found.
//! Source: `OpenAI` API reference, "Calls"; guide "Realtime with WebRTC", "Server-side controls".

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, LOCATION,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};

use super::config::known;
use super::connect::{authorize, bearer, refusal};
use super::line::Line;
use super::live::Live;
use super::session::Session;
use super::wire::ApiError;
use super::{OpenAi, line, lock};

const SDP: &str = "application/sdp";
const MOST_BODY: usize = 64 << 10;
/// Events that wait for a slow listener.
const BACKLOG: usize = 1024;

type Refused = (StatusCode, ApiError);

/// What somebody else than the browser wants of a call.
#[derive(Debug)]
pub(super) enum Wanted {
    /// A client event as text.
    Event(String),
    HangUp,
}

/// How a running call is reached.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub wants: mpsc::UnboundedSender<Wanted>,
    /// Every event that the browser gets, too.
    pub events: broadcast::Sender<String>,
}

/// The calls that run.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<HashMap<String, Reach>>);

impl Calls {
    pub fn find(&self, call_id: &str) -> Option<Reach> {
        lock(&self.0).get(call_id).cloned()
    }

    pub fn forget(&self, call_id: &str) {
        lock(&self.0).remove(call_id);
    }
}

pub(super) fn routes() -> Router<Arc<OpenAi>> {
    Router::new()
        .route("/realtime/calls", post(offer).options(preflight))
        .route("/realtime/calls/{call_id}/hangup", post(hang_up))
}

/// A browser asks before it sends an offer to another origin.
async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
    ];
    shared((StatusCode::NO_CONTENT, headers).into_response())
}

/// Pages of any origin may read the answer.
fn shared(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, http::HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, http::HeaderValue::from_static("Location"));
    response
}

fn refused((status, error): Refused) -> Response {
    (status, axum::Json(json!({ "error": error.body() }))).into_response()
}

/// 201, with the SDP answer and `Location: …/{call_id}`.
async fn offer(State(sim): State<Arc<OpenAi>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    sim.count_attempt();
    shared(match begin(&sim, &parts.headers, &body).await {
        Ok((call_id, answer)) => {
            let location = format!("/v1/realtime/calls/{call_id}");
            let headers = [(CONTENT_TYPE, SDP.to_owned()), (LOCATION, location)];
            (StatusCode::CREATED, headers, answer).into_response()
        }
        Err(error) => refused(error),
    })
}

/// 201, with the id of a Live session and the SDP answer.
pub(super) async fn offer_live(State(sim): State<Arc<OpenAi>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    sim.count_attempt();
    match begin_live(&sim, &parts.headers, &body).await {
        Ok((id, sdp)) => {
            let begun = json!({ "session": { "id": id }, "transport": { "type": "webrtc", "sdp": sdp } });
            (StatusCode::CREATED, axum::Json(begun)).into_response()
        }
        Err(error) => refused(error),
    }
}

/// With the project's own key: there is no secret for a page.
async fn begin_live(
    sim: &Arc<OpenAi>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(String, String), Refused> {
    let bad = |error: ApiError| (StatusCode::BAD_REQUEST, error);
    if let Some(status) = sim.faults.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Err((status, refusal(status)));
    }
    server_key(sim, headers).map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
    let wanted: Value = serde_json::from_slice(body)
        .map_err(|error| bad(ApiError::invalid("invalid_json", error.to_string())))?;
    let fields = wanted.as_object().ok_or_else(|| bad(ApiError::missing("session")))?;
    known(fields, "body", &["session", "transport"]).map_err(bad)?;
    let transport = &wanted["transport"];
    let (Some("webrtc"), Some(offer)) = (transport["type"].as_str(), transport["sdp"].as_str()) else {
        return Err(bad(ApiError::missing("transport.sdp")));
    };
    let mut outputs = Vec::new();
    let session =
        Live::open_call(&wanted["session"], &sim.options, &sim.library, Instant::now(), &mut outputs)
            .map_err(bad)?;
    let unreadable = |why: String| bad(ApiError::invalid("invalid_offer", why).at("transport.sdp"));
    let (line, answer) = Line::answer(offer).await.map_err(|error| unreadable(error.to_string()))?;
    let id = session.id.clone();
    let session = sim.remember_live(session);
    let (wants, wanted) = mpsc::unbounded_channel();
    let (events, _) = broadcast::channel(BACKLOG);
    lock(&sim.calls.0).insert(id.clone(), Reach { wants, events: events.clone() });
    tokio::spawn(line::serve(Arc::clone(sim), id.clone(), session, line, outputs, wanted, events));
    Ok((id, answer))
}

async fn begin(sim: &Arc<OpenAi>, headers: &HeaderMap, body: &[u8]) -> Result<(String, String), Refused> {
    let bad = |error: ApiError| (StatusCode::BAD_REQUEST, error);
    if let Some(status) = sim.faults.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Err((status, refusal(status)));
    }
    let settings = settings(sim, headers).map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(SDP) {
        let message = format!("Unsupported content type. This simulator takes '{SDP}'.");
        return Err(bad(ApiError::invalid("unsupported_content_type", message)));
    }
    let unreadable = |why: String| bad(ApiError::invalid("invalid_offer", why).at("sdp"));
    let offer = std::str::from_utf8(body).map_err(|error| unreadable(error.to_string()))?;
    let (line, answer) = Line::answer(offer).await.map_err(|error| unreadable(error.to_string()))?;
    let mut outputs = Vec::new();
    let session = Session::open_call(&settings, &sim.options, &sim.library, Instant::now(), &mut outputs);
    let session = sim.remember(session.map_err(bad)?);
    let call_id = format!("rtc_u{}_{:032x}", lock(&sim.sessions).len(), rand::random::<u128>());
    let (wants, wanted) = mpsc::unbounded_channel();
    let (events, _) = broadcast::channel(BACKLOG);
    lock(&sim.calls.0).insert(call_id.clone(), Reach { wants, events: events.clone() });
    tokio::spawn(line::serve(Arc::clone(sim), call_id.clone(), session, line, outputs, wanted, events));
    Ok((call_id, answer))
}

/// The session of a client secret; with the project's key, one of defaults.
fn settings(sim: &OpenAi, headers: &HeaderMap) -> Result<Value, ApiError> {
    let secret = bearer(headers).filter(|key| key.starts_with("ek_"));
    match secret.and_then(|secret| sim.secrets.settings(secret)) {
        Some(settings) => Ok(settings),
        None => authorize(sim, headers).map(|()| json!({ "type": "realtime" })),
    }
}

/// `POST /realtime/calls/{call_id}/hangup`.
async fn hang_up(
    State(sim): State<Arc<OpenAi>>,
    Path(call_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(error) = server_key(&sim, &headers) {
        return refused((StatusCode::UNAUTHORIZED, error));
    }
    match sim.calls.find(&call_id).map(|call| call.wants.send(Wanted::HangUp)) {
        Some(Ok(())) => StatusCode::OK.into_response(),
        _ => refused((StatusCode::NOT_FOUND, no_call(&call_id))),
    }
}

/// The project's own key: a browser's secret controls no call.
pub(super) fn server_key(sim: &OpenAi, headers: &HeaderMap) -> Result<(), ApiError> {
    authorize(sim, headers)?;
    if bearer(headers).is_some_and(|key| key.starts_with("ek_")) {
        let message = "A client secret cannot control a call.";
        return Err(ApiError::invalid("invalid_api_key", message));
    }
    Ok(())
}

pub(super) fn no_call(call_id: &str) -> ApiError {
    ApiError::invalid("call_id_not_found", format!("No session found for call_id {call_id}")).at("call_id")
}
