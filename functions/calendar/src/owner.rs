//! The owner's: settings, what is booked, and the feed for their own calendar.

use axum::{
    Json,
    extract::{Path, Request, State as Extract, rejection::PathRejection},
    response::Response,
};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    handoff::Secret,
    http::{Owner, json, query},
    id::{BookingId, PersonId},
    scheduling::{
        Booking, CalendarSettings, Party, SavedCalendar,
        ics::{self, Organizer},
    },
};

use crate::{
    State,
    links::{Link, calendar, named},
};

/// Where no end is named.
const LISTED: SignedDuration = SignedDuration::from_hours(24 * 366);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The version that was read; 0 if there was none.
    version: u64,
    settings: CalendarSettings,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Now without one.
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
pub struct Bookings {
    bookings: Vec<Booking>,
}

#[derive(Serialize, JsonSchema)]
pub struct Feed {
    /// For a calendar to subscribe to. It is shown once.
    url: String,
}

pub async fn settings(_: Owner, Extract(state): Extract<State>) -> Result<Json<SavedCalendar>, Error> {
    Ok(Json(state.twin.store().calendar_settings().await?))
}

/// 409 if somebody else saved another version meanwhile, 422 with the field if it is not valid.
pub async fn replace(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<SavedCalendar>, Error> {
    let given: Replacement = json(request).await?;
    Ok(Json(state.twin.replace_calendar(&given.settings, given.version, Timestamp::now()).await?))
}

pub async fn list(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<Bookings>, Error> {
    let (parts, _) = request.into_parts();
    let span: Span = query(&parts)?;
    let from = span.from.unwrap_or_else(Timestamp::now);
    let to = span.to.unwrap_or_else(|| from.checked_add(LISTED).unwrap_or(Timestamp::MAX));
    if to < from {
        return Err(Error::Invalid("it ends before it begins".to_owned()));
    }
    Ok(Json(Bookings { bookings: state.twin.store().bookings(from, to).await? }))
}

pub async fn cancel(
    _: Owner,
    Extract(state): Extract<State>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Booking>, Error> {
    let (person, booking) = named(path)?;
    let person: PersonId = person.parse().map_err(|_| Error::NotFound)?;
    let id: BookingId = booking.parse().map_err(|_| Error::NotFound)?;
    let booking = state.twin.store().booking(&person, &id).await?.ok_or(Error::NotFound)?;
    Ok(Json(state.twin.cancel_booking(&booking, Party::Owner, Timestamp::now()).await?))
}

pub async fn new_feed(_: Owner, Extract(state): Extract<State>) -> Result<(StatusCode, Json<Feed>), Error> {
    let secret = Secret::generate();
    state.twin.store().save_feed(&secret).await?;
    let url = format!("{}/api/calendar/feed/{}/feed.ics", state.public_base_url, secret.reveal());
    Ok((StatusCode::CREATED, Json(Feed { url })))
}

pub async fn feed(Extract(state): Extract<State>, secret: Link) -> Result<Response, Error> {
    if !state.twin.store().is_feed(&named(secret)?).await? {
        return Err(Error::NotFound);
    }
    let bookings = state.twin.feed(Timestamp::now()).await?;
    let persona = state.twin.persona().await?;
    let organizer = Organizer { name: &persona.persona.core.name, email: &state.owner_email };
    Ok(calendar(ics::feed(&bookings, organizer)))
}
