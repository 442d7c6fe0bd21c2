//! The simulator on a port: `cargo run -p sim --example openai -- [port] [key]`.
//!
//! Prints the base URL. With a key no other is accepted. Beside the API there is `POST /sim`, with which peers
//! that are no Rust plan what happens:
//!
//! - `{"say": {"input": "…" or "format": "…", "times": 1, "text": "…" or "json": {…} or "call": {name, arguments}}}`
//! - `{"misbehave": {"at": "responses" or "embeddings", "fault": "rate_limited", "n": 50, "text": "…"}}`, where `n`
//!   is the fault's milliseconds, HTTP status or number of events
//!
//! and `GET /sim`, which answers what was asked: `[{"path", "status", "headers", "body"}]`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use sim::openai::{Answer, Cue, Endpoint, OpenAi, Options, TextFault, app};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let options = Options { api_key: std::env::args().nth(2), ..Options::default() };
    let sim = Arc::new(OpenAi::new(options));
    let control = Router::new().route("/sim", get(asked).post(plan)).with_state(Arc::clone(&sim));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/v1", listener.local_addr()?);
    axum::serve(listener, control.nest("/v1", app(sim))).await
}

async fn asked(State(sim): State<Arc<OpenAi>>) -> Json<Value> {
    let entry = |asked: &sim::openai::Asked| json!({ "path": asked.path, "status": asked.status, "headers": asked.headers, "body": asked.body });
    Json(sim.asked().iter().map(entry).collect())
}

async fn plan(State(sim): State<Arc<OpenAi>>, Json(order): Json<Value>) -> StatusCode {
    let planned = if order["say"].is_object() {
        say(&order["say"]).map(|(cue, answer)| sim.say(cue, answer))
    } else {
        misbehaviour(&order["misbehave"]).map(|(endpoint, fault)| sim.misbehave_at(endpoint, fault))
    };
    if planned.is_some() { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST }
}

fn say(order: &Value) -> Option<(Cue, Answer)> {
    let cue = match (order["input"].as_str(), order["format"].as_str()) {
        (Some(input), Some(format)) => Cue::input(input).and(Cue::format(format)),
        (Some(input), None) => Cue::input(input),
        (None, Some(format)) => Cue::format(format),
        (None, None) => return None,
    };
    let times = order["times"].as_u64().and_then(|times| u32::try_from(times).ok());
    let answer = match (order["text"].as_str(), order.get("json"), order.get("call")) {
        (Some(text), ..) => text.into(),
        (_, Some(document), _) => document.clone().into(),
        (.., Some(call)) => Answer::call(call["name"].as_str()?, call["arguments"].clone()),
        _ => return None,
    };
    Some((times.map_or(cue.clone(), |times| cue.times(times)), answer))
}

fn misbehaviour(order: &Value) -> Option<(Endpoint, TextFault)> {
    let endpoint = match order["at"].as_str()? {
        "responses" => Endpoint::Responses,
        "embeddings" => Endpoint::Embeddings,
        _ => return None,
    };
    let n = order["n"].as_u64().unwrap_or_default();
    let text = || order["text"].as_str().unwrap_or("Sorry.").to_owned();
    let fault = match order["fault"].as_str()? {
        "rate_limited" => TextFault::RateLimited { retry_after: Duration::from_millis(n) },
        "status" => TextFault::Status(u16::try_from(n).ok()?),
        "slow_first_byte" => TextFault::SlowFirstByte(Duration::from_millis(n)),
        "reset" => TextFault::Reset,
        "truncated" => TextFault::Truncated,
        "stream_stops" => TextFault::StreamStops { after: usize::try_from(n).ok()? },
        "stream_stalls" => TextFault::StreamStalls { after: usize::try_from(n).ok()? },
        "incomplete" => TextFault::Incomplete,
        "refusal" => TextFault::Refusal(text()),
        "failed" => TextFault::Failed { code: "server_error".to_owned(), message: text() },
        "invalid_json" => TextFault::InvalidJson,
        _ => return None,
    };
    Some((endpoint, fault))
}
