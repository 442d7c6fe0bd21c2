//! From the upgrade to `start`: within five seconds, for the ticket's call, once.

use std::time::Duration;

use jiff::Timestamp;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};
use twin::{
    store::Redeemed,
    wire::{
        ticket::Ticket,
        twilio::media::{Incoming, Start, decode},
    },
};

use crate::{
    State,
    relay::Relay,
    socket::{Socket, Transport},
};

pub const START_WITHIN: Duration = Duration::from_secs(5);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

pub struct Refusal(pub CloseCode, pub &'static str);

/// Carries one call from its first message to its last.
pub async fn serve<S: Transport>(state: State, ticket: Ticket, mut twilio: Socket<S>) {
    // On the heap, for what the store needs would make each call larger all along.
    match Box::pin(admit(&state, &ticket, &mut twilio)).await {
        Ok(start) => Box::new(Relay::new(state, ticket, start, twilio)).run().await,
        Err(Refusal(code, reason)) => {
            tracing::warn!(call = %ticket.call, reason, "a stream was refused");
            close(&mut twilio, code, reason).await;
        }
    }
}

pub async fn close<S: Transport>(twilio: &mut Socket<S>, code: CloseCode, reason: &'static str) {
    match tokio::time::timeout(CLOSE_WITHIN, twilio.close(code, reason)).await {
        Ok(Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the stream was gone before it was closed"),
        Err(_) => tracing::debug!("the peer did not take the close frame"),
    }
}

async fn admit<S: Transport>(
    state: &State,
    ticket: &Ticket,
    twilio: &mut Socket<S>,
) -> Result<Start, Refusal> {
    let start = match tokio::time::timeout(START_WITHIN, start(twilio)).await {
        Ok(start) => start?,
        Err(_) => return Err(Refusal(CloseCode::Policy, "no start")),
    };
    if start.call_sid != ticket.call || start.account_sid != state.twilio.account_sid {
        return Err(Refusal(CloseCode::Policy, "the ticket is of another call"));
    }
    match state.twin.store().redeem_ticket(&ticket.call, Timestamp::now()).await {
        Ok(Redeemed::Now) => Ok(start),
        Ok(Redeemed::Before) => Err(Refusal(CloseCode::Policy, "the ticket was used")),
        Err(error) => {
            tracing::error!(call = %ticket.call, %error, "a ticket could not be checked");
            Err(Refusal(CloseCode::Error, "not available"))
        }
    }
}

async fn start<S: Transport>(twilio: &mut Socket<S>) -> Result<Start, Refusal> {
    while let Some(message) = twilio.next().await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Err(Error::Capacity(_)) => return Err(Refusal(CloseCode::Size, "too large")),
            _ => break,
        };
        match decode(&text) {
            Ok(Incoming::Start(start)) => return Ok(*start),
            Ok(Incoming::Connected | Incoming::Unknown) => {}
            _ => return Err(Refusal(CloseCode::Policy, "not a start")),
        }
    }
    Err(Refusal(CloseCode::Normal, "gone"))
}
