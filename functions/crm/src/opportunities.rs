//! Opportunities: kept with a contact, seen together as a pipeline by stage.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use futures_util::future::{try_join, try_join_all};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Brought, Contact, Money, Opportunity, Source, Stage},
    error::Error,
    http::{Owner, json},
    id::OpportunityId,
};

use crate::{
    State,
    fields::{MAX_FIELD, given, text},
    given::{Of, Seen},
};

/// Opportunities of a stage that are listed, the latest first.
const MAX_OF_STAGE: i32 = 200;
/// Opportunities of a stage that are counted and added up.
const MAX_COUNTED: usize = 2000;
const MAX_AMOUNT: u64 = 1_000_000_000_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct New {
    #[schemars(length(min = 1, max = 200))]
    title: String,
    #[serde(default)]
    stage: Stage,
    value: Option<Money>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Edit {
    #[schemars(length(min = 1, max = 200))]
    title: Option<String>,
    stage: Option<Stage>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Money>")]
    value: Option<Option<Money>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Opportunities {
    opportunities: Vec<Opportunity>,
}

#[derive(Serialize, JsonSchema)]
pub struct Pipeline {
    stages: Vec<InStage>,
}

#[derive(Serialize, JsonSchema)]
pub struct InStage {
    stage: Stage,
    /// How many are in it.
    count: usize,
    /// There are more than `count`, which `value` is of.
    more: bool,
    /// Together, by currency.
    value: Vec<Money>,
    /// The latest in this stage first, 200 at most.
    opportunities: Vec<With>,
}

/// An opportunity and whom it is with.
#[derive(Serialize, JsonSchema)]
pub struct With {
    #[serde(flatten)]
    opportunity: Opportunity,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Opportunities>, Error> {
    let store = state.twin.store();
    let (contact, opportunities) =
        tokio::try_join!(store.contact(&of.person), store.opportunities(&of.person))?;
    contact.ok_or(Error::NotFound)?;
    Ok(Json(Opportunities { opportunities }))
}

pub async fn add(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<(StatusCode, Json<Opportunity>), Error> {
    let new: New = json(request).await?;
    let title = text(&new.title, MAX_FIELD)?;
    let value = new.value.map(bounded).transpose()?;
    let now = Timestamp::now();
    state.twin.written_up(&of.person, now).await?;
    let known = state.twin.store().known(&of.person).await?;
    let relationship = known.map(|known| known.contact.relationship.kind).unwrap_or_default();
    let source = Brought { by: Source::Owner, channel: None, relationship, interaction: None };
    let id = OpportunityId::generate(now);
    let mut opportunity = Opportunity::new(id, of.person, title, source, new.stage, now);
    opportunity.value = value;
    state.twin.store().save_opportunity(&mut opportunity).await?;
    Ok((StatusCode::CREATED, Json(opportunity)))
}

pub async fn edit(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    seen: Seen,
    request: Request,
) -> Result<Json<Opportunity>, Error> {
    let edit: Edit = json(request).await?;
    let title = edit.title.map(|title| text(&title, MAX_FIELD)).transpose()?;
    let value = edit.value.map(|value| value.map(bounded).transpose()).transpose()?;
    let store = state.twin.store();
    let mut opportunity =
        store.opportunity(&of.person, &of.id("opportunity")?).await?.ok_or(Error::NotFound)?;
    if opportunity.version != seen.0 {
        return Err(Error::Conflict);
    }
    let now = Timestamp::now();
    opportunity.title = title.unwrap_or(opportunity.title);
    opportunity.value = value.unwrap_or(opportunity.value);
    if let Some(stage) = edit.stage {
        opportunity.move_to(stage, Source::Owner, now);
    }
    opportunity.updated_at = now;
    store.save_opportunity(&mut opportunity).await?;
    Ok(Json(opportunity))
}

/// One that was brought up by itself is not brought up again: a conversation is read once.
pub async fn delete(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<StatusCode, Error> {
    let store = state.twin.store();
    let opportunity = store.opportunity(&of.person, &of.id("opportunity")?).await?.ok_or(Error::NotFound)?;
    store.delete_opportunity(&opportunity).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn pipeline(_: Owner, Extract(state): Extract<State>) -> Result<Json<Pipeline>, Error> {
    let store = state.twin.store();
    let read = |stage| try_join(store.pipeline(stage, MAX_OF_STAGE), store.worth(stage, MAX_COUNTED));
    let stages = try_join_all(Stage::ALL.map(read)).await?;
    let mut people: Vec<_> =
        stages.iter().flat_map(|(found, _)| found).map(|one| one.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    let with = |opportunity: Opportunity| {
        let Contact { name, company, .. } = contacts.get(&opportunity.person)?.clone();
        Some(With { opportunity, name, company })
    };
    let stages = Stage::ALL.into_iter().zip(stages).map(|(stage, (found, worth))| InStage {
        stage,
        count: worth.count,
        more: worth.more,
        value: worth.sums(),
        opportunities: found.into_iter().filter_map(with).collect(),
    });
    Ok(Json(Pipeline { stages: stages.collect() }))
}

fn bounded(money: Money) -> Result<Money, Error> {
    if money.amount > MAX_AMOUNT {
        return Err(Error::Invalid(format!("an amount is at most {MAX_AMOUNT}")));
    }
    Ok(money)
}
