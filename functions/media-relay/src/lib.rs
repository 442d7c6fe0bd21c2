//! The media relay: one task a call, with Twilio's socket and the model's in it.
//!
//! What to do is decided by [`twin::call`]; here bytes move, tools run on the side, and turns are stored. A browser's
//! conversation, whose audio goes another way, is attended on the server's own line to the model (`attend`).

mod callee;
mod charge;
mod conversation;
mod attend;
mod handshake;
mod live;
mod losses;
mod metrics;
mod model;
mod protection;
mod owner;
mod opening;
mod either;
mod side;
mod ending;
mod relay;
mod seldom;
mod serve;
mod slots;
mod socket;
mod framed;
mod upgrade;
mod wire_log;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use http::{Method, StatusCode};
use twin::{
    call::Limits,
    clients::{realtime::Realtime, twilio::TwilioRest},
    config::{PublicUrls, Twilio},
    http::{Route, app as router},
    twin::Twin,
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};

pub use self::{
    charge::Charge,
    model::Model,
    serve::{call_logs, run},
    slots::{GOODBYES_WITHIN, Slots},
    wire_log::{CallLogs, PRUNED_EVERY, prune_logs},
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub twilio: Arc<Twilio>,
    pub urls: Arc<PublicUrls>,
    pub tickets: TicketKey,
    pub model: Model,
    /// Hangs calls up that the relay attends.
    pub realtime: Realtime,
    pub voice: Arc<VoiceOptions>,
    pub limits: Limits,
    pub slots: Slots,
    pub telephony: TwilioRest,
    /// The name under which metrics are kept apart; none on a laptop, where nobody reads them.
    pub metrics_of: Option<Arc<str>>,
    /// Where calls are written down, for bug reports; nowhere unless somebody wants it.
    pub call_logs: Option<CallLogs>,
}

pub const READY: &str = "/relay/ready";
pub const HEALTH: &str = "/relay/health";

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/media/{ticket}", get(upgrade::media)),
        Route::new(Method::GET, "/media/text/{ticket}", get(upgrade::text)),
        Route::new(Method::POST, "/media/browser/{ticket}", post(attend::attend)),
        Route::new(Method::GET, READY, get(ready)),
        Route::new(Method::GET, HEALTH, get(async || StatusCode::NO_CONTENT)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}

/// Whether new calls may come: not while draining, not when all slots are taken.
async fn ready(axum::extract::State(state): axum::extract::State<State>) -> StatusCode {
    if state.slots.accepts() { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}
