//! Voice in the browser: the secret with which a page connects to the model, and what it may do in its session.
//!
//! - `token`: a session begins, paid for and within limits
//! - `session`: tools, turns and the end, under the session's pass
//! - `limits`: how much is let in

mod token;
mod session;
mod limits;

use axum::{Router, routing::post};
use http::Method;
use twin::{
    clients::{realtime::Realtime, relay::Relay},
    http::{Route, app as router},
    twin::Twin,
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    /// Where this deployment is reached, without a path: sessions begin on its pages only.
    pub public_base_url: String,
    pub realtime: Realtime,
    /// Attends conversations; without one, the browser tells what is said.
    pub relay: Option<Relay>,
    pub voice: VoiceOptions,
    /// Signs passes.
    pub tickets: TicketKey,
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::POST, "/api/voice/token", post(token::token)),
        Route::new(Method::POST, "/api/voice/sessions/{session}/call", post(session::call)),
        Route::new(Method::POST, "/api/voice/sessions/{session}/tools/{tool}", post(session::tool)),
        Route::new(Method::POST, "/api/voice/sessions/{session}/events", post(session::events)),
        Route::new(Method::POST, "/api/voice/sessions/{session}/close", post(session::close)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
