//! Which session of the model goes on with a call: the first, one that replaces a lost one, or one that takes over.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use twin::call::{Input, log::Line};

use super::Relay;
use crate::{
    callee, handshake, live,
    model::{Model, ModelSocket},
    opening::{Connected, Connecting, Failure, opening},
    socket::Transport,
};

impl<S: Transport> Relay<S> {
    pub(super) fn model_lost(&mut self) {
        self.model = None;
        let (goes_on, next) = (self.losses.lost(Instant::now()), self.next.take());
        tracing::warn!(call = %self.ticket.call, losses = self.losses.all, "the model's socket is lost");
        self.tell(Input::ModelLost);
        if !goes_on {
            tracing::error!(alarm = "model_unavailable", call = %self.ticket.call, "the model is lost again and again");
            self.tell(Input::ModelUnavailable);
            return;
        }
        if let Some(next) = next {
            self.takes_over(*next);
        } else if self.connecting.is_none() {
            self.connecting = Some(connection(self.state.model.clone(), self.live.is_some()));
        }
    }

    fn takes_over(&mut self, next: ModelSocket) {
        self.model = Some(next);
        self.losses.healed(Instant::now());
        self.tell(Input::ModelReady);
    }

    /// Another model takes over in the middle of a call, and nobody hears it.
    pub(super) fn roll_over(&mut self) {
        let Some(next) = self.next.take() else { return };
        tracing::info!(call = %self.ticket.call, "another session of the model goes on with the call");
        if let Some(model) = self.model.take() {
            self.retired.spawn(retired(model, self.live.is_some()));
        }
        self.tell(Input::ModelLost);
        self.takes_over(*next);
    }

    pub(super) fn connected(&mut self, connected: Result<Connected, Failure>) {
        self.connecting = None;
        match connected {
            // One is there: this is the next.
            Ok(Connected { socket, .. }) if self.model.is_some() => self.next = Some(Box::new(socket)),
            Err(Failure::Model(error)) if self.model.is_some() => {
                tracing::warn!(call = %self.ticket.call, %error, "another session of the model was not to be had yet");
            }
            Ok(Connected { socket, session }) => {
                self.model = Some(socket);
                self.losses.healed(Instant::now());
                if let Some((session, mut charge)) = session {
                    charge.begins();
                    self.charge = Some(charge);
                    let opening = opening(&self.state, &session, &self.ticket);
                    self.live = opening.live.is_some().then_some(0.0);
                    if let Some(log) = &mut self.log {
                        log.write(Line::opened(&opening, self.began.elapsed()));
                    }
                    self.call.opened(opening);
                    let session = Arc::new(session);
                    if session.briefing.outbound.is_some() {
                        self.detecting =
                            Some(Box::pin(callee::detected(self.state.clone(), session.clone())));
                    }
                    self.session = Some(session);
                }
                self.tell(Input::ModelReady);
            }
            Err(failure) => {
                match &failure {
                    Failure::Model(error) => {
                        tracing::error!(alarm = "model_unavailable", call = %self.ticket.call, %error, "no model");
                    }
                    Failure::Open(error) => {
                        tracing::error!(alarm = "store", call = %self.ticket.call, %error, "not opened");
                    }
                    Failure::Spent => {
                        tracing::warn!(call = %self.ticket.call, "a call is not paid for");
                    }
                }
                self.failure = Some(failure);
                self.tell(Input::ModelUnavailable);
            }
        }
    }

    /// So much more of GPT-Live.
    pub(super) fn paid(&mut self, seconds: Option<f64>) {
        if let (Some(all), Some(seconds)) = (&mut self.live, seconds) {
            *all += seconds;
        }
    }
}

/// One more, for a conversation that is open.
pub(super) fn connection(model: Model, is_live: bool) -> Connecting {
    Box::pin(async move {
        let socket = if is_live { model.connect_live().await } else { model.connect().await };
        Ok(Connected { socket: socket.map_err(Failure::Model)?, session: None })
    })
}

/// Another has taken over from it.
async fn retired(mut model: ModelSocket, is_live: bool) -> Option<f64> {
    let live_seconds = if is_live { live::say_goodbye(&mut model).await } else { None };
    handshake::close(&mut model, CloseCode::Normal, "over").await;
    live_seconds
}
