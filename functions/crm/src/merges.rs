//! Contacts that are one person: proposed, merged, and taken apart again.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, json},
    id::PersonId,
    merging::{By, Merge, Plan, Proposal},
};

use crate::{State, given::Of};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// Whose id stays; if this one would be forgotten and the other not, it is the one that is absorbed, as the plan says.
    survivor: PersonId,
    absorbed: PersonId,
    /// The owner knows that they are one person, though they have different accounts of one kind.
    #[serde(default)]
    despite_conflicts: bool,
}

#[derive(Serialize, JsonSchema)]
pub struct Merged {
    plan: Plan,
    merge: Merge,
}

#[derive(Serialize, JsonSchema)]
pub struct Merges {
    /// The latest first.
    merges: Vec<Merge>,
}

#[derive(Serialize, JsonSchema)]
pub struct Proposals {
    /// The latest first.
    proposals: Vec<Proposal>,
}

pub async fn list(_: Owner, Extract(state): Extract<State>) -> Result<Json<Merges>, Error> {
    Ok(Json(Merges { merges: state.twin.store().merges().await? }))
}

pub async fn merge(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<Merged>, Error> {
    let Wanted { survivor, absorbed, despite_conflicts } = json(request).await?;
    let (twin, now) = (&state.twin, Timestamp::now());
    let (merge, plan) = match despite_conflicts {
        true => Box::pin(twin.merge_despite_conflicts(&survivor, &absorbed, now)).await?,
        false => Box::pin(twin.merge(&survivor, &absorbed, (By::Owner, Vec::new()), now)).await?,
    };
    Ok(Json(Merged { plan, merge }))
}

/// Does nothing, and says what a merge would do.
pub async fn plan(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Plan>, Error> {
    Ok(Json(state.twin.plan_merge(&of.person, &of.id("other")?).await?))
}

pub async fn unmerge(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Merge>, Error> {
    Ok(Json(Box::pin(state.twin.unmerge(&of.person, Timestamp::now())).await?))
}

pub async fn proposals(_: Owner, Extract(state): Extract<State>) -> Result<Json<Proposals>, Error> {
    Ok(Json(Proposals { proposals: state.twin.proposals(false).await? }))
}

pub async fn conflicts(_: Owner, Extract(state): Extract<State>) -> Result<Json<Proposals>, Error> {
    Ok(Json(Proposals { proposals: state.twin.proposals(true).await? }))
}

pub async fn dismiss(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Proposal>, Error> {
    Ok(Json(state.twin.dismiss(&of.person, &of.id("other")?, Timestamp::now()).await?))
}
