//! The Model Context Protocol: the twin for Claude, ChatGPT, Cursor and other hosts; and the authorization server
//! that lets a host act for somebody.

pub mod oauth;

use axum::{Router, extract::FromRef};
use twin::{
    http::{OwnerAuth, Route, app as router},
    twin::Twin,
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
    /// Where this deployment is reached, without a path: the issuer, and the base of each resource.
    pub public_base_url: String,
    pub oauth: oauth::OAuth,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

impl FromRef<State> for oauth::OAuth {
    fn from_ref(state: &State) -> Self {
        state.oauth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    oauth::routes()
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
