//! From an HTTP request to a session.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::calls::{Reach, no_call, server_key};
use super::wire::ApiError;
use super::{OpenAi, socket};

/// 101, or an error as `{"error": {message, type, param, code}}`.
pub(super) async fn connect(
    State(sim): State<Arc<OpenAi>>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    sim.count_attempt();
    answerable(&sim).await;
    match admit(&sim, &query, request.headers()) {
        Ok((whom, accept)) => upgrade(sim, whom, &accept, request),
        Err((status, error)) => (status, Json(json!({ "error": error.body() }))).into_response(),
    }
}

/// `GET /live/sessions`: the same, and nothing is named in the address.
pub(super) async fn connect_live(State(sim): State<Arc<OpenAi>>, request: Request) -> Response {
    sim.count_attempt();
    answerable(&sim).await;
    let admitted = admitted(&sim, request.headers()).and_then(|()| match request.uri().query() {
        Some(_) => {
            let message = "The model is named in 'session.start'.";
            Err((StatusCode::BAD_REQUEST, ApiError::invalid("invalid_request", message)))
        }
        None => upgradable(request.headers()),
    });
    match admitted {
        Ok(accept) => upgrade(sim, Whom::Live, &accept, request),
        Err((status, error)) => (status, Json(json!({ "error": error.body() }))).into_response(),
    }
}

/// `GET /live/sessions/{id}/attach`: the server's own line to a Live session.
pub(super) async fn attach(
    State(sim): State<Arc<OpenAi>>,
    Path(session): Path<String>,
    request: Request,
) -> Response {
    let headers = request.headers();
    let attached = admitted(&sim, headers).and_then(|()| {
        server_key(&sim, headers).map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
        let call = sim.calls.find(&session).ok_or_else(|| (StatusCode::NOT_FOUND, no_call(&session)))?;
        Ok((call, upgradable(headers)?))
    });
    match attached {
        Ok((call, accept)) => upgrade(sim, Whom::Call(call), &accept, request),
        Err((status, error)) => (status, Json(json!({ "error": error.body() }))).into_response(),
    }
}

/// What a socket is for.
enum Whom {
    /// A Live session.
    Live,
    /// A session of its own, with this model.
    Model(String),
    /// The server's own line to a call.
    Call(Reach),
}

/// Whom it is for, and the `Sec-WebSocket-Accept`.
fn admit(
    sim: &OpenAi,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<(Whom, String), (StatusCode, ApiError)> {
    admitted(sim, headers)?;
    let bad = |error| (StatusCode::BAD_REQUEST, error);
    let whom = match (query.get("model").filter(|model| !model.is_empty()), query.get("call_id")) {
        (Some(_), Some(_)) => {
            let message = "The parameters 'model' and 'call_id' are mutually exclusive.";
            return Err(bad(ApiError::invalid("invalid_request", message).at("call_id")));
        }
        (Some(model), None) => Whom::Model(model.clone()),
        (None, Some(call_id)) => {
            server_key(sim, headers).map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
            Whom::Call(sim.calls.find(call_id).ok_or_else(|| (StatusCode::NOT_FOUND, no_call(call_id)))?)
        }
        (None, None) => {
            let message = "You must provide a model parameter.";
            return Err(bad(ApiError::invalid("missing_model", message).at("model")));
        }
    };
    Ok((whom, upgradable(headers)?))
}

/// Never, if the connection hangs by a fault: then it ends when whoever asked goes away.
async fn answerable(sim: &OpenAi) {
    if sim.faults.hangs() {
        std::future::pending::<()>().await;
    }
}

/// Nobody is refused by a fault, or for the key.
fn admitted(sim: &OpenAi, headers: &HeaderMap) -> Result<(), (StatusCode, ApiError)> {
    if let Some(status) = sim.faults.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Err((status, refusal(status)));
    }
    match bearer(headers).filter(|key| key.starts_with("ek_")) {
        Some(secret) if sim.secrets.settings(secret).is_some() => Ok(()),
        _ => authorize(sim, headers),
    }
    .map_err(|error| (StatusCode::UNAUTHORIZED, error))
}

/// The `Sec-WebSocket-Accept`.
fn upgradable(headers: &HeaderMap) -> Result<String, (StatusCode, ApiError)> {
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| {
        headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
    });
    let key = key.ok_or_else(|| {
        let message = "This endpoint expects a WebSocket upgrade.";
        (StatusCode::BAD_REQUEST, ApiError::invalid("invalid_request", message).without_code())
    })?;
    Ok(derive_accept_key(key.as_bytes()))
}

/// The key that is shown.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(shown).filter(|key| !key.trim().is_empty())
}

/// Whether there is a key, and the right one.
pub(super) fn authorize(sim: &OpenAi, headers: &HeaderMap) -> Result<(), ApiError> {
    match (bearer(headers), &sim.options.api_key) {
        (None, _) => {
            let message = "Missing bearer authentication in header";
            Err(ApiError::invalid("missing_authentication", message).without_code())
        }
        (Some(key), Some(expected)) if key != expected => Err(wrong_key(&masked(key))),
        _ => Ok(()),
    }
}

fn wrong_key(shown: &str) -> ApiError {
    let place = "You can find your API key at https://platform.openai.com/account/api-keys.";
    ApiError::invalid("invalid_api_key", format!("Incorrect API key provided: {shown}. {place}"))
}

/// The first eight and the last four characters of a key that is long enough to hide the rest.
fn masked(key: &str) -> String {
    let length = key.chars().count();
    let is_shown = |n: usize| length >= 20 && (n < 8 || n + 4 >= length);
    key.chars().enumerate().map(|(n, c)| if is_shown(n) { c } else { '*' }).collect()
}

/// The API's words for a status.
pub(super) fn refusal(status: StatusCode) -> ApiError {
    match status {
        StatusCode::UNAUTHORIZED => wrong_key("********"),
        StatusCode::TOO_MANY_REQUESTS => {
            ApiError::invalid("rate_limit_exceeded", "Rate limit reached for requests.").kind("requests")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            let message = "Our servers are currently overloaded. Please try again later.";
            ApiError::invalid("server_is_overloaded", message).kind("service_unavailable_error")
        }
        _ => ApiError::invalid("server_error", "The server had an error processing your request.")
            .kind("server_error")
            .without_code(),
    }
}

fn upgrade(sim: Arc<OpenAi>, whom: Whom, accept: &str, mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(connection) => match whom {
                Whom::Live => socket::serve_live(sim, connection).await,
                Whom::Model(model) => socket::serve(sim, model, connection).await,
                Whom::Call(call) => socket::attend(call, connection).await,
            },
            Err(error) => tracing::debug!(%error, "the client left during the upgrade"),
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, http::HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, http::HeaderValue::from_static("websocket"));
    if let Ok(accept) = accept.parse() {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    let protocols = request.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    if protocols.is_some_and(|protocols| protocols.split(',').any(|one| one.trim() == "realtime")) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, http::HeaderValue::from_static("realtime"));
    }
    response
}
