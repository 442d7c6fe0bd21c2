//! The web chat: answers that stream, in a session that remembers.
//!
//! - `say`: a message and its answer, as server-sent events; resumed and stopped by the message's id
//! - `history`: what the page begins with
//! - `elsewhere`: to be called back, to go on by phone
//! - `document`: what answers rest on, whole
//! - `resume`: a PDF of it, to be kept
//! - `my_data`: all that is kept of whoever writes
//! - `visitor`: how much is let in
//! - `events`, `html`: what is sent; pure

mod say;
mod history;
mod elsewhere;
mod document;
mod resume;
mod my_data;
mod visitor;
mod events;
mod html;

use axum::{
    Router,
    routing::{get, post},
};
use http::Method;
use twin::{
    http::{Route, app as router},
    twin::Twin,
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    /// Where this deployment is reached, without a path: messages are taken from its pages only.
    pub public_base_url: String,
    /// The twin's own number, in E.164; empty when there is none.
    pub phone_number: String,
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/chat", get(history::history)),
        Route::new(Method::POST, "/api/chat", post(say::say)),
        Route::new(Method::GET, "/api/chat/{message}", get(say::resume)),
        Route::new(Method::POST, "/api/chat/{message}/stop", post(say::stop)),
        Route::new(Method::GET, "/api/chat/documents/{id}", get(document::document)),
        Route::new(Method::GET, twin::resume::PATH, get(resume::resume)),
        Route::new(Method::GET, twin::tools::export_my_data::PATH, get(my_data::my_data)),
        Route::new(Method::POST, "/api/chat/callback", post(elsewhere::callback)),
        Route::new(Method::POST, "/api/chat/handoff", post(elsewhere::handoff)),
        Route::new(Method::POST, "/api/chat/forget", post(elsewhere::forget)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
