//! The people, and what is known of one of them.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Contact, Place},
    context::UnifiedContext,
    error::Error,
    http::{Owner, cursor, json, query},
    memory::{Bond, Brief, bond},
    store::{Known, PersonSummary},
    twin::Contacts,
};

use crate::{State, person_id};

const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 200;
/// What a cursor of this list is bound to.
const LIST: &str = "people";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Query {
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "People")]
pub struct Page {
    people: Vec<PersonSummary>,
    /// On all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Person {
    contact: Contact,
    context: UnifiedContext,
    /// How close they are today, and why.
    bond: Bond,
}

/// Whoever was in touch last comes first.
pub async fn list(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Page>, Error> {
    let Query { limit, cursor: after } = query(&request.into_parts().0)?;
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("limit is 1 to {MAX_PAGE}")));
    }
    let after: Option<Place> = after.map(|after| cursor::read(LIST, &after)).transpose()?;
    let wanted = Contacts { after, limit, ..Contacts::default() };
    let listed = state.twin.contacts(&wanted, Timestamp::now()).await?;
    let next_cursor = listed.end.map(|end| cursor::write(LIST, &end)).transpose()?;
    let people = listed.contacts.into_iter().map(PersonSummary::from).collect();
    Ok(Json(Page { people, total: listed.total, next_cursor }))
}

pub async fn read(
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
pub async fn brief(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Brief>, Error> {
    Ok(Json(Brief::of(&known(&state, &id).await?, Timestamp::now())))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ticked {
    /// As it stands in `nextActions`.
    item: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    next_actions: Vec<String>,
}

/// Ticks off what is open. Again, it changes nothing.
pub async fn done(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Open>, Error> {
    let Ticked { item } = json(request).await?;
    let next_actions = state.twin.settle(&person_id(&id)?, |open| open == item, Timestamp::now()).await?;
    Ok(Json(Open { next_actions }))
}

pub async fn known(state: &State, id: &str) -> Result<Known, Error> {
    state.twin.store().known(&person_id(id)?).await?.ok_or(Error::NotFound)
}
