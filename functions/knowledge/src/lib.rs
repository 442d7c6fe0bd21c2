//! What the twin knows: imports of the owner's material, search, claims and their contradictions, and the gaps.

#![recursion_limit = "256"]

pub mod file;
pub mod connections;
pub mod import;
mod routes;
pub mod web;

use axum::{Router, extract::FromRef};
use twin::{
    http::{OwnerAuth, app as router},
    twin::Twin,
};

use self::import::Importer;
pub use self::routes::{MAX_FILE, routes};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub importer: Importer,
    pub auth: OwnerAuth,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
