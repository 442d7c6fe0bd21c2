//! Calls that the twin places: asked for by the owner, and what Twilio asks and tells of them.

use axum::{
    Json,
    extract::{Path, Query, Request, State as Extract},
    response::Response,
};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use twin::{
    audit::Actor,
    error::Error,
    http::{Owner, json},
    id::{CallSid, DialId, InteractionId, PersonId},
    identity::{Assurance, Phone, Signature},
    outbound::{By, Detected, Dial},
    routing::Handling,
    screening::Screening,
    store::Call,
    twin::Wanted,
    wire::{ticket::LIFETIME, trace::Trace},
};

use crate::{
    State,
    answer::{Apology, apology, hang_up, spoken_with, stream},
    incoming::{DEADLINE, ticket_until},
    signed::{Callback, Signed},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// The contact, or their number, or both.
    #[serde(default)]
    contact: Option<PersonId>,
    #[serde(default)]
    to: Option<String>,
    /// What it is about, as it is said to whoever picks up: "your interview on Tuesday".
    #[schemars(length(min = 1, max = 160))]
    purpose: String,
    /// What the twin has to know and to find out.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    context: Option<String>,
    /// Not before.
    #[serde(default)]
    at: Option<Timestamp>,
}

/// `POST /api/phone/calls`: 202 with the call, which is placed as soon as it may be. 422 with why somebody is not called,
/// 409 if a call to them is under way or planned.
pub async fn place(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(StatusCode, Json<Dial>), Error> {
    let new: New = json(request).await?;
    let number = new.to.as_deref().map(Phone::parse).transpose();
    let wanted = Wanted {
        person: new.contact,
        number: number.map_err(|error| Error::Invalid(format!("to: {error}")))?,
        purpose: new.purpose,
        context: new.context,
        at: new.at,
        by: By::Owner,
        id: None,
    };
    let own = &state.twilio.phone_number;
    let dial = state.twin.call(wanted, own, Actor::Owner, Timestamp::now()).await?;
    Ok((StatusCode::ACCEPTED, Json(dial)))
}

#[derive(Serialize, JsonSchema)]
pub struct Calls {
    calls: Vec<Dial>,
}

/// `GET /api/phone/calls`: the newest first.
pub async fn list(_: Owner, Extract(state): Extract<State>) -> Result<Json<Calls>, Error> {
    Ok(Json(Calls { calls: state.twin.store().dials().await? }))
}

/// `GET /api/phone/calls/{person}/{dial}`
pub async fn one(
    _: Owner,
    Extract(state): Extract<State>,
    Path((person, dial)): Path<(String, String)>,
) -> Result<Json<Dial>, Error> {
    let (person, dial) = ids(&person, &dial)?;
    Ok(Json(state.twin.store().dial(&person, &dial).await?.ok_or(Error::NotFound)?))
}

/// `DELETE /api/phone/calls/{person}/{dial}`: 409 once it rings, or is over.
pub async fn cancel(
    _: Owner,
    Extract(state): Extract<State>,
    Path((person, dial)): Path<(String, String)>,
) -> Result<Json<Dial>, Error> {
    let (person, dial) = ids(&person, &dial)?;
    Ok(Json(state.twin.cancel_call(&person, &dial, Timestamp::now()).await?))
}

/// An id that cannot be one is answered as one that does not exist.
fn ids(person: &str, dial: &str) -> Result<(PersonId, DialId), Error> {
    let person = person.parse().map_err(|_| Error::NotFound)?;
    Ok((person, dial.parse().map_err(|_| Error::NotFound)?))
}

/// Which of our calls Twilio speaks of: in the URL that we gave it, and that it signed.
#[derive(Deserialize)]
pub struct Of {
    attempt: InteractionId,
    dial: DialId,
    person: PersonId,
}

/// `POST /api/phone/calls/answered`: somebody, or something, has picked up.
pub async fn answered(
    Query(of): Query<Of>,
    Extract(state): Extract<State>,
    Signed { voice, trace, .. }: Signed,
) -> Response {
    let (now, by) = (Timestamp::now(), Instant::now() + DEADLINE);
    let connected = timeout_at(by, connect(&state, &of, (&voice.call_sid, trace), now)).await;
    let problem = match connected {
        Ok(Ok(Some(ticket))) => return stream(&state, &ticket),
        Ok(Ok(None)) => return hang_up(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the store is slow".to_owned(),
    };
    tracing::error!(call = %voice.call_sid, dial = %of.dial, problem, "a call of ours ends with an apology");
    apology(spoken_with(&state, &voice, by).await, None, Apology::NotAvailable)
}

/// The ticket to the relay; `None` if the call is not ours any more. The same for a repeated webhook.
async fn connect(
    state: &State,
    of: &Of,
    (sid, trace): (&CallSid, Option<Trace>),
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let picked_up = state.twin.picked_up((&of.person, &of.dial), &of.attempt, sid, now).await?;
    let Some((dial, route)) = picked_up else { return Ok(None) };
    let call = Call {
        sid: sid.clone(),
        person: dial.person,
        interaction: of.attempt.clone(),
        number: Some(dial.number),
        route,
        handling: Handling::Converse,
        screening: Screening::default(),
        // Who picks up is not known: a number is a hint, whoever dialled it.
        level: Assurance::Claimed,
        signature: Signature::Absent,
        at: now,
        status: twin::wire::twilio::webhook::CallStatus::InProgress,
        not_taken: false,
        falls_back_at: None,
        fell_back_at: None,
        trace,
    };
    let call = state.twin.store().take_call(call).await?;
    let ticket = ticket_until(state, &call, false, call.at + LIFETIME);
    Ok(Some(ticket.map_err(|error| Error::Internal(error.into()))?))
}

/// `POST /api/phone/calls/status`: it rings, it is answered, it is over.
pub async fn status(
    Query(of): Query<Of>,
    Extract(state): Extract<State>,
    Signed { voice, .. }: Signed,
) -> Result<StatusCode, Error> {
    let at = (&voice.call_sid, voice.status);
    state.twin.progressed((&of.person, &of.dial), &of.attempt, at, Timestamp::now()).await?;
    tracing::info!(call = %voice.call_sid, dial = %of.dial, status = ?voice.status, "the status of a call of ours");
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/phone/amd`: what answering machine detection makes of whoever picked up.
pub async fn detected(
    Query(of): Query<Of>,
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let answered_by = form.get("AnsweredBy").unwrap_or_default();
    let detected = Detected::parse(answered_by).ok_or_else(|| Error::Malformed("AnsweredBy".to_owned()))?;
    state.twin.detected((&of.person, &of.dial), &of.attempt, detected, Timestamp::now()).await?;
    tracing::info!(%call, dial = %of.dial, ?detected, "who picked up");
    Ok(StatusCode::NO_CONTENT)
}
