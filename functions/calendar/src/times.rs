//! What is free, in a span of time or as somebody said it.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{address, query},
    routing::settings::NO_SUCH_ZONE,
    scheduling::{CalendarSettings, MeetingType, Slot, Window, read, zone_said},
};

use crate::{State, limits};

/// Where no end is named.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 14);
const MAX_SPAN: SignedDuration = SignedDuration::from_hours(24 * 62);
/// Of times, so many are listed.
const MAX_TIMES: usize = 500;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Query {
    /// The type of the meeting; without one, the owner's first.
    meeting: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// When, in somebody's words, in place of a span.
    said: Option<String>,
    /// On whose clock that is said: an IANA name. The owner's without one.
    time_zone: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Times {
    /// Whether the owner lets anybody book.
    open: bool,
    /// The owner's.
    time_zone: String,
    meeting: MeetingType,
    /// All types that may be booked.
    meetings: Vec<MeetingType>,
    slots: Vec<Slot>,
}

pub async fn list(Extract(state): Extract<State>, request: Request) -> Result<Json<Times>, Error> {
    let (parts, _) = request.into_parts();
    let asked: Query = query(&parts)?;
    let now = Timestamp::now();
    limits::look(state.twin.store(), &address(&parts), now).await?;
    let settings = state.twin.calendar().await?;
    let spans = match &asked.said {
        Some(said) => said_spans(said, asked.time_zone.as_deref(), &settings, now)?,
        None => vec![span(&asked, &settings, now)?],
    };
    if let Some(name) = &asked.time_zone {
        zone_of(name)?;
    }
    let free = state.twin.free_times(asked.meeting.as_deref(), &spans, None, MAX_TIMES, now).await?;
    Ok(Json(Times {
        open: free.settings.is_open(),
        time_zone: free.settings.time_zone.clone(),
        meetings: free.settings.meetings.clone(),
        meeting: free.meeting,
        slots: free.slots,
    }))
}

/// When somebody wants to meet, in their words.
fn said_spans(
    said: &str,
    zone: Option<&str>,
    settings: &CalendarSettings,
    now: Timestamp,
) -> Result<Vec<(Timestamp, Timestamp)>, Error> {
    let named = zone_said(said, zone).map_err(|why| Error::Invalid(why.why().to_owned()))?;
    let zone = match (named, zone) {
        (Some((_, zone)), _) => zone,
        (None, Some(name)) => zone_of(name)?,
        (None, None) => settings.zone(),
    };
    let windows = read(said, &zone, now).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(windows.into_iter().map(Window::span).collect())
}

/// The span that is asked for, if it is one in which anybody may book.
fn span(asked: &Query, settings: &CalendarSettings, now: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
    let from = asked.from.unwrap_or(now);
    let after = |duration| from.checked_add(duration).unwrap_or(Timestamp::MAX);
    let to = asked.to.unwrap_or_else(|| after(SHOWN));
    let wrong = |why: &str| Err(Error::Invalid(why.to_owned()));
    if to < from {
        return wrong("it ends before it begins");
    }
    if to > after(MAX_SPAN) {
        return wrong("ask for 62 days at most");
    }
    if from > settings.horizon(now).1 {
        return wrong("this is too far ahead");
    }
    Ok((from, to))
}

pub fn zone_of(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::Invalid(format!("timeZone: {NO_SUCH_ZONE}")))
}
