//! How a conversation begins: what it is about, the model's socket, and the first words.

use std::pin::Pin;

use jiff::Timestamp;
use twin::{
    call::Opening,
    error::Error,
    interaction::{Channel, Speaker, Turn},
    routing::{Greeting, RouteKind},
    tools::Tool,
    twin::{Arrival, Session},
    wire::{realtime::session::Session as RealtimeSession, ticket::Ticket},
};

use crate::{
    State,
    charge::Charge,
    model::{ModelError, ModelSocket},
};

/// What strangers say first is looked at once it is as long as this, in words.
const WORTH_READING: usize = 4;

pub(crate) type Connecting = Pin<Box<dyn Future<Output = Result<Connected, Failure>> + Send>>;

pub(crate) struct Connected {
    pub socket: ModelSocket,
    /// The first time. And what is taken for it.
    pub session: Option<(Session, Charge)>,
}

#[derive(Debug)]
pub(crate) enum Failure {
    Model(ModelError),
    Open(Error),
    /// What models may cost today is spent.
    Spent,
}

pub(crate) fn arrival(ticket: &Ticket) -> Arrival {
    Arrival {
        person: ticket.person.clone(),
        interaction: ticket.interaction.clone(),
        channel: Channel::Phone,
        call_sid: Some(ticket.call.clone()),
        host: None,
        route: ticket.route,
        level: ticket.level,
    }
}

/// Opens the conversation and the model's socket: side by side, unless the conversation says which model speaks. Last the
/// call is charged, so that one that comes to nothing costs nothing.
pub(crate) fn first_connection(state: State, ticket: &Ticket) -> Connecting {
    let arrival = arrival(ticket);
    Box::pin(async move {
        let opened = state.twin.open(&arrival, Timestamp::now());
        let (session, socket) = if state.model.live().is_none() {
            let (session, socket) = tokio::join!(opened, state.model.connect());
            (session.map_err(Failure::Open)?, socket)
        } else {
            let session = opened.await.map_err(Failure::Open)?;
            let socket = match session.briefing.outbound {
                Some(_) => state.model.connect().await,
                None => state.model.connect_live().await,
            };
            (session, socket)
        };
        let socket = socket.map_err(Failure::Model)?;
        let most = state.realtime.openai().daily_budget;
        let charge = Charge::take(state.twin.clone(), most, Timestamp::now()).await;
        let charge = charge.map_err(|error| match error {
            Error::TooMany { .. } => Failure::Spent,
            error => Failure::Open(error),
        })?;
        Ok(Connected { socket, session: Some((session, charge)) })
    })
}

/// What whoever calls hears first.
pub(crate) fn greeting(session: &Session, ticket: &Ticket) -> String {
    let (mut greeting, words) = (session.briefing.greeting.clone(), session.briefing.spoken.words());
    if ticket.not_taken {
        greeting = format!("{greeting} {}", words.not_taken);
    }
    if ticket.challenged {
        let plain = Greeting::Plain.question(words);
        greeting = format!("{} {}", greeting.trim_end_matches(plain).trim_end(), words.who);
    }
    greeting
}

/// What a stranger says is looked at once it says enough.
pub(crate) fn is_worth_reading(turn: &Turn) -> bool {
    turn.speaker == Speaker::Person && turn.text.split_whitespace().count() >= WORTH_READING
}

pub(crate) fn opening(state: &State, session: &Session, ticket: &Ticket) -> Opening {
    let instructions = session.briefing.instructions.clone();
    let greeting = greeting(session, ticket);
    let (outbound, spoken) = (session.briefing.outbound.clone(), session.briefing.spoken.clone());
    let session = realtime(state, instructions, ticket.route, outbound.is_some());
    let live = state.model.live().filter(|_| outbound.is_none());
    Opening { session, greeting, outbound, live, spoken }
}

pub(crate) fn realtime(
    state: &State,
    instructions: String,
    route: RouteKind,
    placed: bool,
) -> RealtimeSession {
    RealtimeSession::for_phone(instructions, Tool::for_call(route, placed), &state.voice)
}
