//! Before the upgrade: a WebSocket handshake that Twilio signed, for a call that has a ticket and a slot.

use axum::{
    extract::{Path, Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use twin::{
    error::Error,
    wire::{ticket::Ticket, twilio::signature::Signature},
};

use crate::{
    State, conversation, handshake,
    socket::{MAX_FROM_TWILIO, Socket},
};

/// `GET /media/{ticket}` as a WebSocket: a call's audio.
pub async fn media(
    Extract(state): Extract<State>,
    Path(ticket): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    take(state, &ticket, request, Engine::Realtime)
}

/// `GET /media/text/{ticket}` as a WebSocket: a call's text.
pub async fn text(
    Extract(state): Extract<State>,
    Path(ticket): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    take(state, &ticket, request, Engine::Text)
}

#[derive(Clone, Copy)]
enum Engine {
    Realtime,
    Text,
}

fn take(state: State, ticket: &str, request: Request, engine: Engine) -> Result<Response, Error> {
    let key = websocket_key(request.headers()).ok_or(Error::UpgradeRequired)?.to_owned();
    let url = format!("{}{}", state.urls.relay, request.uri().path());
    let signature = Signature::of(|name| request.headers().get(name)?.to_str().ok());
    if !signature.is_some_and(|signature| signed(&state, &url, signature)) {
        return Err(Error::Forbidden);
    }
    let ticket: Ticket = state.tickets.verify(ticket, Timestamp::now()).map_err(|_| Error::Forbidden)?;
    let Some(slot) = state.slots.take() else {
        tracing::warn!(call = %ticket.call, "no slot is free");
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    let state = State { twin: state.twin.traced(ticket.trace.clone()), ..state };
    tokio::spawn(async move {
        let _slot = slot;
        match hyper::upgrade::on(request).await {
            Ok(upgraded) => {
                let socket = Socket::accepted(TokioIo::new(upgraded), MAX_FROM_TWILIO).await;
                match engine {
                    Engine::Realtime => Box::pin(handshake::serve(state, ticket, socket)).await,
                    Engine::Text => Box::pin(conversation::serve(state, ticket, socket)).await,
                }
            }
            Err(error) => tracing::warn!(call = %ticket.call, %error, "the upgrade failed"),
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok(response)
}

/// Twilio signs the `wss://` form of the URL, whatever scheme a laptop uses.
fn signed(state: &State, url: &str, signature: Signature<'_>) -> bool {
    let secure = url.strip_prefix("ws://").map(|rest| format!("wss://{rest}"));
    state.twilio.has_signed(signature, secure.as_deref().unwrap_or(url), &[])
}

fn websocket_key(headers: &HeaderMap) -> Option<&str> {
    let holds = |name, token: &str| {
        let value = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    };
    let upgrade = holds(header::CONNECTION, "upgrade") && holds(header::UPGRADE, "websocket");
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    (upgrade && version).then(|| headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok())?
}
