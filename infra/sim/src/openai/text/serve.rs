//! From an HTTP request to what is to be delivered.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, request};
use jiff::Timestamp;
use serde_json::Value;

use super::delivery::{self, Payload};
use super::faults::{Endpoint, TextFault};
use super::record::{self, Asked};
use super::request::Request;
use super::response::{self, Ids};
use super::{embeddings, events, items, mind, transcriptions};
use crate::openai::connect::{self, refusal};
use crate::openai::wire::ApiError;
use crate::openai::{OpenAi, lock};

/// The longest body that is read, in bytes: more than 300,000 tokens.
const LONGEST: usize = 16 * 1024 * 1024;

/// An error as it is answered: `{"error": {message, type, param, code}}`.
pub struct Rejection {
    pub status: StatusCode,
    pub error: ApiError,
    pub retry_after: Option<Duration>,
}

impl Rejection {
    fn new(status: StatusCode, error: ApiError) -> Self {
        Self { status, error, retry_after: None }
    }
}

/// 400
impl From<ApiError> for Rejection {
    fn from(error: ApiError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }
}

pub async fn responses(State(sim): State<Arc<OpenAi>>, request: HttpRequest) -> Response {
    serve(&sim, Endpoint::Responses, request).await
}

pub async fn embeddings(State(sim): State<Arc<OpenAi>>, request: HttpRequest) -> Response {
    serve(&sim, Endpoint::Embeddings, request).await
}

pub async fn transcriptions(State(sim): State<Arc<OpenAi>>, request: HttpRequest) -> Response {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let form = match axum::body::to_bytes(body, LONGEST).await {
        Ok(bytes) => transcriptions::form(kind, &bytes),
        Err(_) => Err(too_large()),
    };
    let found = transcribed(&sim, &head.headers, form.as_ref());
    let status = found.as_ref().map_or_else(|rejection| rejection.status, |_| StatusCode::OK);
    let fields = form.map(|(fields, _)| fields).unwrap_or_default();
    lock(&sim.text.log).add(asked(Endpoint::Transcriptions, &head, fields, status));
    match found {
        Ok((payload, fault)) => delivery::deliver(payload, fault).await,
        Err(rejection) => delivery::reject(rejection),
    }
}

fn transcribed(
    sim: &OpenAi,
    headers: &HeaderMap,
    form: Result<&(Value, Vec<u8>), &ApiError>,
) -> Result<(Payload, Option<TextFault>), Rejection> {
    connect::authorize(sim, headers).map_err(|error| Rejection::new(StatusCode::UNAUTHORIZED, error))?;
    let (fields, file) = form.map_err(|error| Rejection::from(error.clone()))?;
    let answer = transcriptions::answer(sim, fields, file)?;
    Ok((Payload::Json(answer), next_fault(sim, Endpoint::Transcriptions)?))
}

async fn serve(sim: &OpenAi, endpoint: Endpoint, request: HttpRequest) -> Response {
    let (head, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, LONGEST).await {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| not_json()),
        Err(_) => Err(too_large()),
    };
    let found = decide(sim, endpoint, &head.headers, body.as_ref());
    let status = match &found {
        Ok(_) => StatusCode::OK,
        Err(rejection) => rejection.status,
    };
    lock(&sim.text.log).add(asked(endpoint, &head, body.unwrap_or_default(), status));
    match found {
        Ok((payload, fault)) => delivery::deliver(payload, fault).await,
        Err(rejection) => delivery::reject(rejection),
    }
}

fn asked(endpoint: Endpoint, head: &request::Parts, body: Value, status: StatusCode) -> Asked {
    Asked {
        endpoint,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        headers: record::headers(&head.headers),
        body,
        status: status.as_u16(),
    }
}

/// The answer, and how it is to go wrong on its way. Only valid requests use up a fault.
fn decide(
    sim: &OpenAi,
    endpoint: Endpoint,
    headers: &HeaderMap,
    body: Result<&Value, &ApiError>,
) -> Result<(Payload, Option<TextFault>), Rejection> {
    connect::authorize(sim, headers).map_err(|error| Rejection::new(StatusCode::UNAUTHORIZED, error))?;
    let body = body.map_err(|error| Rejection::from(error.clone()))?;
    match endpoint {
        Endpoint::Responses => {
            let request = understand(sim, body)?;
            let fault = next_fault(sim, endpoint)?;
            Ok((respond(sim, &request, fault.as_ref()), fault))
        }
        Endpoint::Embeddings | Endpoint::Transcriptions => {
            let answer = embeddings::answer(body).map_err(|refused| {
                let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
                Rejection::new(status, refused.error)
            })?;
            Ok((Payload::Json(answer), next_fault(sim, endpoint)?))
        }
    }
}

/// The request with the conversation that it goes on with.
fn understand(sim: &OpenAi, body: &Value) -> Result<Request, ApiError> {
    let mut request = Request::parse(body)?;
    if let Some(id) = &request.previous {
        let earlier = lock(&sim.text.memory).recall(id).ok_or_else(|| {
            let message = format!("Previous response with id '{id}' not found.");
            ApiError::invalid("previous_response_not_found", message).at("previous_response_id")
        })?;
        request.recall(earlier);
    }
    items::check_calls(&request.items)?;
    Ok(request)
}

fn respond(sim: &OpenAi, request: &Request, fault: Option<&TextFault>) -> Payload {
    let scripted = lock(&sim.text.script).answer(request);
    let answer = scripted.unwrap_or_else(|| mind::answer(request));
    let mut ids = Ids::new(rand::random());
    let response = response::compose(request, &answer, fault, &mut ids, Timestamp::now().as_second());
    if let (true, Some(id)) = (request.store, response["id"].as_str()) {
        let mut items = request.items.clone();
        items.extend(response::items_of(&response));
        lock(&sim.text.memory).store(id.to_owned(), items);
    }
    if request.stream { Payload::Events(events::of(&response)) } else { Payload::Json(response) }
}

/// The next fault, which may be a rejection.
fn next_fault(sim: &OpenAi, endpoint: Endpoint) -> Result<Option<TextFault>, Rejection> {
    match lock(&sim.text.faults).take(endpoint) {
        Some(TextFault::RateLimited { retry_after }) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Err(Rejection { status, error: refusal(status), retry_after: Some(retry_after) })
        }
        Some(TextFault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Err(Rejection::new(status, refusal(status)))
        }
        other => Ok(other),
    }
}

fn not_json() -> ApiError {
    let hint = "This likely means you aren't using your HTTP library correctly.";
    let message = format!("We could not parse the JSON body of your request. (HINT: {hint})");
    ApiError::invalid("invalid_request_error", message).without_code()
}

fn too_large() -> ApiError {
    ApiError::invalid("invalid_request_error", "The body of the request is too large.").without_code()
}
