//! Client secrets: what a browser connects with instead of the project's key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::OpenAi;
use super::config::Config;
use super::connect::{authorize, bearer, refusal};
use super::wire::ApiError;

const LIFETIMES: std::ops::RangeInclusive<u64> = 10..=7200;
const DEFAULT_LIFETIME: u64 = 600;
const MOST_BODY: usize = 1 << 20;

/// The secrets that were given out, with the sessions that they begin.
#[derive(Debug, Default)]
pub(super) struct Secrets(Mutex<HashMap<String, Secret>>);

#[derive(Debug, Clone)]
struct Secret {
    until: Instant,
    settings: Value,
}

impl Secrets {
    fn add(&self, settings: Value, lives: Duration) -> String {
        let value = format!("ek_{:032x}", rand::random::<u128>());
        let secret = Secret { until: Instant::now() + lives, settings };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(value.clone(), secret);
        value
    }

    /// The session object of a secret that is still good: it may begin several sessions.
    pub fn settings(&self, value: &str) -> Option<Value> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets
            .get(value)
            .filter(|secret| secret.until > Instant::now())
            .map(|secret| secret.settings.clone())
    }
}

/// `POST /realtime/client_secrets`.
pub(super) async fn mint(State(sim): State<Arc<OpenAi>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    match minted(&sim, &parts.headers, &body) {
        Ok(secret) => Json(secret).into_response(),
        Err((status, error)) => (status, Json(json!({ "error": error.body() }))).into_response(),
    }
}

fn minted(sim: &OpenAi, headers: &HeaderMap, body: &[u8]) -> Result<Value, (StatusCode, ApiError)> {
    sim.count_attempt();
    if let Some(status) = sim.faults.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Err((status, refusal(status)));
    }
    authorize(sim, headers).map_err(|error| (StatusCode::UNAUTHORIZED, error))?;
    if bearer(headers).is_some_and(|key| key.starts_with("ek_")) {
        let message = "A client secret cannot make another one.";
        return Err((StatusCode::UNAUTHORIZED, ApiError::invalid("invalid_api_key", message)));
    }
    let bad = |error: ApiError| (StatusCode::BAD_REQUEST, error);
    let body: Value = match body {
        [] => json!({}),
        body => serde_json::from_slice(body).map_err(|_| {
            bad(ApiError::invalid("invalid_json", "The body is not valid JSON.").without_code())
        })?,
    };
    let lives = lifetime(&body["expires_after"]).map_err(bad)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let settings = match &body["session"] {
        Value::Null => json!({ "type": "realtime" }),
        settings => settings.clone(),
    };
    let shown = Config::made(&format!("sess_{:024x}", rand::random::<u64>()), &settings).map_err(bad)?;
    let value = sim.secrets.add(settings, Duration::from_secs(lives));
    Ok(json!({ "value": value, "expires_at": now + lives, "session": shown.value() }))
}

fn lifetime(expires_after: &Value) -> Result<u64, ApiError> {
    if expires_after.is_null() {
        return Ok(DEFAULT_LIFETIME);
    }
    if expires_after["anchor"].as_str().is_some_and(|anchor| anchor != "created_at") {
        return Err(ApiError::value("expires_after.anchor", "Supported values are: 'created_at'."));
    }
    match &expires_after["seconds"] {
        Value::Null => Ok(DEFAULT_LIFETIME),
        seconds => seconds.as_u64().filter(|seconds| LIFETIMES.contains(seconds)).ok_or_else(|| {
            ApiError::value("expires_after.seconds", "Expected an integer between 10 and 7200.")
        }),
    }
}
