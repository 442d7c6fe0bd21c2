//! The CRM, for the owner: contacts with notes, tags, tasks and opportunities, what changed by itself, and files in
//! and out.

#![allow(clippy::option_option, reason = "absent, null and a value say three things in an edit")]

mod contacts;
mod fields;
mod changes;
mod keys;
mod notes;
mod tasks;
mod opportunities;
mod follow_ups;
mod timeline;
mod merges;
pub mod files;
mod given;
mod routes;

use axum::{Router, extract::FromRef};
use twin::{
    http::{OwnerAuth, app as router},
    twin::Twin,
};

pub use self::routes::routes;

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
    /// Where this deployment is reached: what mails link to.
    pub public_base_url: String,
    /// The queue of jobs that died.
    pub dead_jobs: Option<String>,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
