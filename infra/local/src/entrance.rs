//! The owner's way in on a laptop: a link that signs a browser in, once. One is printed at start, others as they are asked for.

use axum::{
    Json, Router,
    extract::{FromRef, State as Extract},
    routing::post,
};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    handoff::Secret,
    http::{Owner, OwnerAuth, Route, app as router},
    store::{Store, StoreError},
};

pub const PATH: &str = "/owner/link";
const LINK_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub auth: OwnerAuth,
    pub base_url: String,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Printed {
    pub link: String,
}

pub fn app(state: State) -> Router {
    router(vec![Route::new(Method::POST, PATH, post(another))], state)
}

/// For whoever has the owner's token.
async fn another(_: Owner, Extract(state): Extract<State>) -> Result<Json<Printed>, Error> {
    let link = link(&state.store, &state.base_url, Timestamp::now()).await?;
    Ok(Json(Printed { link }))
}

pub async fn link(store: &Store, base_url: &str, now: Timestamp) -> Result<String, StoreError> {
    let secret = Secret::generate();
    store.save_owner_link(secret.reveal(), now + LINK_FOR).await?;
    Ok(format!("{base_url}/owner?token={}", secret.reveal()))
}
