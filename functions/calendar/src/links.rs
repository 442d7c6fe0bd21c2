//! What a guest's link shows and does. Looking changes nothing: scanners of mail open links.

use axum::{
    Json,
    extract::{Path, Request, State as Extract, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use twin::{
    error::Error,
    follow_up::reply::ReplyAddress,
    http::{json, same_origin},
    scheduling::{
        Party,
        ics::{self, Organizer},
    },
};

use crate::{State, refused, shown::Shown};

/// What no link can be is answered as one that does not exist.
pub type Link = Result<Path<String>, PathRejection>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    start: Timestamp,
}

pub async fn show(Extract(state): Extract<State>, link: Link) -> Result<Json<Shown>, Error> {
    let booking = state.twin.linked(&named(link)?).await?;
    Ok(Json(Shown::of(&booking, Timestamp::now())))
}

pub async fn relocate(
    Extract(state): Extract<State>,
    link: Link,
    request: Request,
) -> Result<Json<Shown>, Error> {
    same_origin(request.headers(), &state.public_base_url)?;
    let to: Move = json(request).await?;
    let now = Timestamp::now();
    let booking = state.twin.linked(&named(link)?).await?;
    let moved = state.twin.move_booking(&booking, to.start, Party::Guest, now).await?.map_err(refused)?;
    Ok(Json(Shown::of(&moved, now)))
}

pub async fn cancel(
    Extract(state): Extract<State>,
    link: Link,
    headers: HeaderMap,
) -> Result<Json<Shown>, Error> {
    same_origin(&headers, &state.public_base_url)?;
    let now = Timestamp::now();
    let booking = state.twin.linked(&named(link)?).await?;
    let cancelled = state.twin.cancel_booking(&booking, Party::Guest, now).await?;
    Ok(Json(Shown::of(&cancelled, now)))
}

pub async fn invitation(Extract(state): Extract<State>, link: Link) -> Result<Response, Error> {
    let link = named(link)?;
    let booking = state.twin.linked(&link).await?;
    let persona = state.twin.persona().await?;
    let organizer = Organizer { name: &persona.persona.core.name, email: &state.owner_email };
    let page = format!("{}/book/{link}", state.public_base_url);
    let answers = state.reply_domain.as_deref().map(|domain| ReplyAddress::organizer(&booking, domain));
    Ok(calendar(ics::invitation(&booking, organizer, answers.as_deref(), Some(&page))))
}

pub fn named<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Error> {
    path.map(|Path(named)| named).map_err(|_| Error::NotFound)
}

/// A file for a calendar, which nobody keeps for others.
pub fn calendar(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (headers, text).into_response()
}
