//! What mails lead to: links in them, what SES tells of them, and answers.
//!
//! - `unsubscribe`: one click, and there are no more mails (RFC 8058)
//! - `decide`: the owner's word on a follow-up, by a link in the digest
//! - `events`: what SNS posts: deliveries, bounces, complaints, and mails that came in
//!
//! A GET only shows: what scans mails for links does GET.

mod unsubscribe;
mod decide;
mod events;
mod certificates;
mod page;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use http::Method;
use twin::{
    http::{Route, app as router},
    twin::Twin,
    wire::ticket::TicketKey,
};

pub use self::{
    certificates::{Certificates, SetupError},
    events::PATH as EVENTS,
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub public_base_url: String,
    /// Signs links in mails.
    pub links: TicketKey,
    pub certificates: Certificates,
    /// The topics that are listened to, by their ARNs.
    pub topics: Vec<String>,
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, unsubscribe::PATH, get(unsubscribe::ask)),
        Route::new(Method::POST, unsubscribe::PATH, post(unsubscribe::leave)),
        Route::new(Method::GET, decide::PATH, get(decide::show)),
        Route::new(Method::POST, decide::PATH, post(decide::act)),
        Route::new(Method::GET, decide::DOCUMENT, get(decide::document)),
        Route::new(Method::POST, events::PATH, post(events::take)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state).layer(middleware::from_fn(page::guard))
}
