//! What is noted of a conversation as it ends.

use std::time::Duration;

use jiff::Timestamp;
use twin::{
    call::latency::Wait,
    error::Error,
    interaction::{Meter, Outcome},
    twin::Session,
    wire::ticket::Ticket,
};

use crate::{State, metrics};

/// How long the caller waited: in the timeline, and as metrics.
pub(crate) async fn timed(state: &State, session: &Session, waits: &[Wait]) {
    if let Some(stack) = &state.metrics_of {
        metrics::waits(stack, waits);
    }
    if let Err(error) = state.twin.timed(session, waits, Timestamp::now()).await {
        tracing::warn!(interaction = %session.interaction, %error, "how long they waited is not noted");
    }
}

/// What was paid by its time: part of what the call cost.
pub(crate) async fn metered(state: &State, ticket: &Ticket, meter: Meter, lasted: Duration) {
    let about = (&ticket.person, &ticket.interaction);
    if let Err(error) = state.twin.metered(about, meter, lasted.as_secs(), Timestamp::now()).await {
        tracing::warn!(interaction = %ticket.interaction, %error, "how long a model was used is not noted");
    }
}

pub(crate) async fn close_conversation(state: &State, ticket: &Ticket, outcome: Outcome) {
    let (person, interaction) = (&ticket.person, &ticket.interaction);
    let (closed, let_go) = tokio::join!(
        state.twin.close(person, interaction, outcome, Timestamp::now()),
        state.twin.let_go(&ticket.call, (person, interaction)),
    );
    if let Err(error) = let_go {
        tracing::warn!(call = %ticket.call, %error, "a call counts among those that go on until Twilio tells of its end");
    }
    if let Err(Error::NotFound) = closed {
        tracing::info!(call = %ticket.call, "whoever spoke was erased meanwhile");
    } else if let Err(error) = closed {
        tracing::error!(call = %ticket.call, %error, "the sweep will close this conversation");
    }
}
