//! What is GPT-Live's own of a socket: how its sessions complain, and end.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;
use twin::{
    call::outbox,
    id::CallSid,
    wire::live::{
        client::ClientEvent,
        server::{Incoming, ServerEvent, decode},
    },
};

use crate::model::ModelSocket;

/// How long a session may take to finish, and to say for how long it is paid.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);

/// The model's complaints, by code: their text may quote what was said.
pub fn note(call: &CallSid, message: &Incoming<'_>) {
    match message {
        Incoming::Event(ServerEvent::Error { error, .. }) => {
            let code = error.code.as_deref().unwrap_or("none");
            let kind = error.kind.as_deref().unwrap_or("none");
            tracing::warn!(%call, code, kind, "the model reports an error");
        }
        Incoming::Event(ServerEvent::Closed { reason, .. }) => {
            tracing::warn!(%call, reason, "the model ends its session");
        }
        _ => {}
    }
}

/// The session is over: seconds of it that are paid for.
pub fn closed(message: &Incoming<'_>) -> Option<f64> {
    match message {
        Incoming::Event(ServerEvent::Closed { usage, .. }) => Some(usage.seconds),
        _ => None,
    }
}

/// Ends a session in order: seconds of it that are paid for, if it says so in time.
pub async fn say_goodbye(model: &mut ModelSocket) -> Option<f64> {
    model.queue(outbox::Message::control(&ClientEvent::Close {}));
    let closed = async {
        while let Some(Ok(message)) = model.next().await {
            let text = match message {
                Message::Text(text) => text,
                Message::Close(_) => return None,
                _ => continue,
            };
            if let Some(seconds) = decode(&text).ok().and_then(|message| closed(&message)) {
                return Some(seconds);
            }
        }
        None
    };
    tokio::time::timeout(CLOSED_WITHIN, closed).await.ok().flatten()
}
