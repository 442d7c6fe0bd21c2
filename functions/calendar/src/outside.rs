//! Calendars that the owner keeps elsewhere.

use axum::{
    Json,
    extract::{Path, Request, State as Extract, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, json, query},
    id::OutsideId,
    scheduling::{
        Outside,
        outside::{Account, Part, Provider, STANDS_FOR},
    },
};

use crate::{State, links::named};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// Of a file in iCalendar: `https` or `webcal`. It is not shown again.
    #[schemars(length(max = 2048))]
    url: String,
    /// As the owner calls it; its host without one.
    #[schemars(length(max = 80))]
    name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct All {
    calendars: Vec<Shown>,
    /// Providers that can be connected here.
    connectable: Vec<Provider>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Ics,
    Google,
    Microsoft,
}

/// How it stands with a calendar elsewhere.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Good,
    /// It cannot be read: what was read last stands for it.
    Failing,
    /// It could not be read for too long: nobody can book.
    Closed,
}

/// A calendar that the owner keeps elsewhere, as it is shown.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OutsideCalendar")]
pub struct Shown {
    id: OutsideId,
    name: String,
    kind: Kind,
    /// Its host: the address may be a secret.
    at: String,
    health: Health,
    /// As of when what is busy holds.
    read_at: Timestamp,
    tried_at: Timestamp,
    /// The owner has to connect it again.
    is_over: bool,
    /// Why it could not be read the last time, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Unless it is read again before, nobody can book from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands_until: Option<Timestamp>,
    /// Of an account with several calendars, those that count; its first one, if none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chosen: Vec<Part>,
    /// Spans of time that are busy in it, of the next half year.
    busy: usize,
    /// Entries that were not understood whole.
    unread: u32,
}

impl Shown {
    fn of(outside: &Outside, now: Timestamp) -> Self {
        let read = &outside.read;
        let health = match (&read.problem, outside.stands(now)) {
            (_, false) => Health::Closed,
            (Some(_), true) => Health::Failing,
            (None, true) => Health::Good,
        };
        let ends = read.good_at.checked_add(STANDS_FOR).ok();
        Self {
            id: outside.id.clone(),
            name: outside.name.clone(),
            kind: match outside.account {
                Account::Ics { .. } => Kind::Ics,
                Account::Google(_) => Kind::Google,
                Account::Microsoft(_) => Kind::Microsoft,
            },
            at: outside.account.shown().to_owned(),
            health,
            read_at: read.good_at,
            tried_at: read.tried_at,
            is_over: outside.account.grant().is_some_and(|(_, grant)| grant.is_over),
            problem: read.problem.clone(),
            stands_until: ends.filter(|_| read.problem.is_some()),
            chosen: outside.chosen.clone(),
            busy: read.busy.spans(),
            unread: read.unread,
        }
    }
}

pub async fn list(_: Owner, Extract(state): Extract<State>) -> Result<Json<All>, Error> {
    let now = Timestamp::now();
    let calendars = state.twin.store().outside().await?;
    let calendars = calendars.iter().map(|one| Shown::of(one, now)).collect();
    Ok(Json(All { calendars, connectable: state.twin.connectable() }))
}

/// 422 says in words why it cannot be read.
pub async fn add(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(StatusCode, Json<Shown>), Error> {
    let new: New = json(request).await?;
    let now = Timestamp::now();
    let added = state.twin.add_outside(new.name.as_deref(), &new.url, &state.owner_email, now).await?;
    Ok((StatusCode::CREATED, Json(Shown::of(&added, now))))
}

pub async fn read(_: Owner, Extract(state): Extract<State>, path: Of) -> Result<Json<Shown>, Error> {
    let now = Timestamp::now();
    let read = state.twin.read_outside(&id(path)?, now).await?;
    Ok(Json(Shown::of(&read, now)))
}

pub async fn remove(_: Owner, Extract(state): Extract<State>, path: Of) -> Result<StatusCode, Error> {
    state.twin.remove_outside(&id(path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    provider: Provider,
}

#[derive(Serialize, JsonSchema)]
pub struct Consent {
    /// Where the owner's browser goes.
    url: String,
}

/// What a provider sends the browser back with; other fields of theirs are none of our business.
#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// 404 if the provider is not set up here.
pub async fn connect(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(StatusCode, Json<Consent>), Error> {
    let wanted: Connect = json(request).await?;
    let url = state.twin.connect_calendar(wanted.provider, Timestamp::now()).await?;
    Ok((StatusCode::CREATED, Json(Consent { url })))
}

/// Back to the page of the calendar, which says how it went. The state is one that a page of ours began with.
pub async fn callback(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let returned: Returned = query(&parts)?;
    let went = match state
        .twin
        .calendar_connected(&returned.state, &returned.code, &state.owner_email, Timestamp::now())
        .await
    {
        Ok(_) => "yes",
        Err(Error::Invalid(problem)) => {
            tracing::warn!(problem, "a calendar was not connected");
            "no"
        }
        Err(error) => return Err(error),
    };
    let page = format!("{}/dashboard/calendar?connected={went}", state.public_base_url);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response())
}

/// The calendars of an account.
#[derive(Serialize, JsonSchema)]
pub struct OfAccount {
    calendars: Vec<OneOf>,
}

#[derive(Serialize, JsonSchema)]
pub struct OneOf {
    #[serde(flatten)]
    part: Part,
    /// What is busy in it cannot be booked.
    counts: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Of those that the account has; at least one.
    #[schemars(length(min = 1, max = 10))]
    calendars: Vec<String>,
}

/// 422 says in words why they cannot be read.
pub async fn calendars(_: Owner, Extract(state): Extract<State>, path: Of) -> Result<Json<OfAccount>, Error> {
    let listed = state.twin.calendars_of(&id(path)?, Timestamp::now()).await?;
    let calendars = listed.into_iter().map(|(part, counts)| OneOf { part, counts }).collect();
    Ok(Json(OfAccount { calendars }))
}

/// 409 if it was changed meanwhile.
pub async fn choose(
    _: Owner,
    Extract(state): Extract<State>,
    path: Of,
    request: Request,
) -> Result<Json<Shown>, Error> {
    let (id, choice, now) = (id(path)?, json::<Choice>(request).await?, Timestamp::now());
    let chosen = state.twin.choose_calendars(&id, &choice.calendars, now).await?;
    Ok(Json(Shown::of(&chosen, now)))
}

type Of = Result<Path<String>, PathRejection>;

fn id(path: Of) -> Result<OutsideId, Error> {
    named(path)?.parse().map_err(|_| Error::NotFound)
}
