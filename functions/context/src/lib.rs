//! The owner's view of a person: unified context and timeline, as JSON.

use axum::{
    Json, Router,
    extract::{FromRef, Path, State as Extract},
    routing::get,
};
use http::Method;
use jiff::Timestamp;
use serde::Serialize;
use twin::{
    contact::Contact,
    context::UnifiedContext,
    error::Error,
    follow_up::FollowUp,
    http::{Owner, OwnerAuth, Route, app as router},
    id::{CallSid, PersonId},
    store::{Conversation, PersonSummary, Store},
};

#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub auth: OwnerAuth,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/omni-context", get(people)),
        Route::new(Method::GET, "/api/omni-context/{person}", get(person)),
        Route::new(Method::GET, "/api/omni-context/{person}/timeline", get(timeline)),
        Route::new(Method::GET, "/api/omni-context/calls/{call_sid}", get(call)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}

#[derive(Serialize)]
struct People {
    people: Vec<PersonSummary>,
}

#[derive(Serialize)]
struct Person {
    contact: Contact,
    context: UnifiedContext,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timeline {
    person: PersonId,
    conversations: Vec<Conversation>,
    follow_ups: Vec<FollowUp>,
}

async fn people(_: Owner, Extract(state): Extract<State>) -> Result<Json<People>, Error> {
    Ok(Json(People { people: state.store.people(Timestamp::now()).await? }))
}

async fn person(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Person>, Error> {
    let known = state.store.known(&person_id(&id)?).await?.ok_or(Error::NotFound)?;
    Ok(Json(Person { contact: known.contact, context: known.context }))
}

async fn timeline(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Timeline>, Error> {
    let person = person_id(&id)?;
    state.store.known(&person).await?.ok_or(Error::NotFound)?;
    let mut conversations = Vec::new();
    for interaction in state.store.interactions(&person).await? {
        conversations.extend(state.store.conversation(&person, &interaction.id).await?);
    }
    let follow_ups = state.store.follow_ups(&person).await?;
    Ok(Json(Timeline { person, conversations, follow_ups }))
}

/// What became of one call.
async fn call(
    _: Owner,
    Extract(state): Extract<State>,
    Path(sid): Path<String>,
) -> Result<Json<Conversation>, Error> {
    let sid: CallSid = sid.parse().map_err(|_| Error::NotFound)?;
    let call = state.store.call(&sid).await?.ok_or(Error::NotFound)?;
    let conversation = state.store.conversation(&call.person, &call.interaction).await?;
    conversation.map(Json).ok_or(Error::NotFound)
}

/// An id that cannot be one is answered as one that does not exist.
fn person_id(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}
