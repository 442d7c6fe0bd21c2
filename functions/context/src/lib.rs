//! The owner's view of a person (unified context, facts and timeline), their privacy, the persona, and the conversation
//! flow, as JSON.

mod facts;
mod flow;
mod persona;
mod privacy;
mod unify;

use axum::{
    Json, Router,
    extract::{FromRef, Path, Request, State as Extract},
    routing::{delete, get, post, put},
};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twin::{
    contact::Contact,
    context::UnifiedContext,
    error::Error,
    follow_up::FollowUp,
    http::{Owner, OwnerAuth, Route, app as router, json},
    id::{CallSid, PersonId},
    memory::{Bond, Brief, Known, bond},
    store::{Conversation, PersonSummary},
    twin::Twin,
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
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
        Route::new(Method::POST, "/api/omni-context", post(unify::unify)),
        Route::new(Method::GET, "/api/omni-context/{person}", get(person)),
        Route::new(Method::GET, "/api/omni-context/{person}/brief", get(brief)),
        Route::new(Method::POST, "/api/omni-context/{person}/done", post(done)),
        Route::new(Method::GET, "/api/omni-context/{person}/facts", get(facts::read)),
        Route::new(Method::POST, "/api/omni-context/{person}/facts", post(facts::state)),
        Route::new(Method::PUT, "/api/omni-context/{person}/facts/{fact}", put(facts::edit)),
        Route::new(Method::GET, "/api/omni-context/{person}/timeline", get(timeline)),
        Route::new(Method::GET, "/api/omni-context/calls/{call_sid}", get(call)),
        Route::new(Method::DELETE, "/api/people/{person}", delete(privacy::erase)),
        Route::new(Method::GET, "/api/people/{person}/export", get(privacy::export)),
        Route::new(Method::GET, "/api/people/{person}/consents", get(privacy::consents)),
        Route::new(Method::POST, "/api/people/{person}/consents", post(privacy::note_consent)),
        Route::new(Method::GET, "/api/audit", get(privacy::audit)),
        Route::new(Method::GET, "/api/persona", get(persona::read)),
        Route::new(Method::PUT, "/api/persona", put(persona::replace)),
        Route::new(Method::GET, "/api/persona/history", get(persona::history)),
        Route::new(Method::POST, "/api/conversation-flow/intent", post(flow::intent)),
        Route::new(Method::POST, "/api/conversation-flow/response", post(flow::response)),
        Route::new(Method::POST, "/api/conversation-flow/follow-up", post(flow::follow_up)),
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
    /// How close they are today, and why.
    bond: Bond,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timeline {
    person: PersonId,
    conversations: Vec<Conversation>,
    follow_ups: Vec<FollowUp>,
}

async fn people(_: Owner, Extract(state): Extract<State>) -> Result<Json<People>, Error> {
    Ok(Json(People { people: state.twin.store().people(Timestamp::now()).await? }))
}

async fn person(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Person>, Error> {
    let Known { mut contact, context, memory } = known(&state, &id).await?;
    let bond = bond(&memory.exchanges, Timestamp::now());
    contact.relationship.strength = bond.strength;
    Ok(Json(Person { contact, context, bond }))
}

/// What a channel would open with, if it were sure that it is they.
async fn brief(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Brief>, Error> {
    Ok(Json(Brief::of(&known(&state, &id).await?, Timestamp::now())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticked {
    /// As it stands in `nextActions`.
    item: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    next_actions: Vec<String>,
}

/// Ticks off what is open. Again, it changes nothing.
async fn done(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Open>, Error> {
    let Ticked { item } = json(request).await?;
    let next_actions = state.twin.settle(&person_id(&id)?, |open| open == item, Timestamp::now()).await?;
    Ok(Json(Open { next_actions }))
}

async fn known(state: &State, id: &str) -> Result<Known, Error> {
    state.twin.store().known(&person_id(id)?).await?.ok_or(Error::NotFound)
}

async fn timeline(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Timeline>, Error> {
    let person = person_id(&id)?;
    state.twin.store().known(&person).await?.ok_or(Error::NotFound)?;
    let mut conversations = Vec::new();
    for interaction in state.twin.store().interactions(&person).await? {
        conversations.extend(state.twin.store().conversation(&person, &interaction.id).await?);
    }
    let follow_ups = state.twin.store().follow_ups(&person).await?;
    Ok(Json(Timeline { person, conversations, follow_ups }))
}

/// What became of one call.
async fn call(
    _: Owner,
    Extract(state): Extract<State>,
    Path(sid): Path<String>,
) -> Result<Json<Conversation>, Error> {
    let sid: CallSid = sid.parse().map_err(|_| Error::NotFound)?;
    let call = state.twin.store().call(&sid).await?.ok_or(Error::NotFound)?;
    let conversation = state.twin.store().conversation(&call.person, &call.interaction).await?;
    conversation.map(Json).ok_or(Error::NotFound)
}

/// An id that cannot be one is answered as one that does not exist.
fn person_id(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}
