//! Within a session: tools, turns and the end. Each request shows the session's pass in its body, because a beacon at
//! unload has no headers.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use http::{StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use twin::{
    clients::realtime::CallId,
    error::Error,
    http::{json, same_origin},
    interaction::{Action, Interaction, Outcome, Status, Turn},
    store::Conversation,
    talk::{Control, LONGEST, Talk, feedback::Feedback},
    tools::Tool,
    twin::Session,
    wire::ticket::{Attendance, Pass},
};

use crate::{State, limits};

/// Turns told at once, and in all.
const MAX_TURNS: usize = 40;
const MAX_SEQUENCE: u32 = 2000;
/// Bytes of one.
const MAX_TEXT: usize = 4000;
const MAX_CALL_ID: usize = 100;
/// How long the relay may be asked for a conversation.
pub const ASKED_FOR: SignedDuration = SignedDuration::from_secs(30);
/// How often the end of a conversation is looked for that the relay closes.
const LOOKS: u32 = 15;
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The session's pass, and what is asked.
#[derive(Deserialize)]
struct Shown<T> {
    pass: String,
    #[serde(flatten)]
    asked: T,
}

/// Nothing is believed that does not show the pass of the session in the path; an error if it is over.
async fn shown<T: DeserializeOwned>(
    state: &State,
    session: &str,
    request: Request,
    now: Timestamp,
) -> Result<(Pass, T), Error> {
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body): (Parts, _) = request.into_parts();
    let Shown { pass, asked }: Shown<T> = json(Request::from_parts(parts, body)).await?;
    let pass: Pass = state.tickets.verify(&pass, now).map_err(|_| Error::Unauthenticated)?;
    if pass.interaction.as_str() != session {
        return Err(Error::NotFound);
    }
    limits::within(state.twin.store(), &pass.interaction, now).await?;
    Ok((pass, asked))
}

/// The same, in a session that the browser itself runs.
async fn own(state: &State, pass: &Pass, now: Timestamp) -> Result<(Session, Interaction, Talk), Error> {
    let (session, held, talk) = state.twin.talking(pass, now).await?;
    match talk.control(now) {
        Control::Browser => Ok((session, held, talk)),
        Control::Relay => Err(Error::Conflict),
    }
}

#[derive(Deserialize)]
struct Reported {
    /// `rtc_…`, as the model's side named the call.
    call_id: String,
}

#[derive(Serialize)]
pub struct Controlled {
    control: Control,
}

/// The browser tells which call it is in: the relay attends it, if there is one. Told again, another does if the first
/// is gone.
pub async fn call(
    Extract(state): Extract<State>,
    Path(session): Path<String>,
    request: Request,
) -> Result<Json<Controlled>, Error> {
    let now = Timestamp::now();
    let (pass, reported) = shown::<Reported>(&state, &session, request, now).await?;
    let call =
        CallId::parse(&reported.call_id).ok_or_else(|| Error::Invalid("no id of a call".to_owned()))?;
    let (session, held, talk) = state.twin.talking(&pass, now).await?;
    let control = talk.control(now);
    let (Some(relay), Control::Browser) = (&state.relay, control) else {
        return Ok(Json(Controlled { control }));
    };
    let attendance = Attendance {
        person: session.person,
        interaction: session.interaction,
        level: session.level,
        call: call.as_str().to_owned(),
        time_zone: session.time_zone,
        began: held.started_at,
        greeting: None,
        expires: now + ASKED_FOR,
    };
    let ticket = state.tickets.sign(&attendance).map_err(|error| Error::Internal(Box::new(error)))?;
    if let Err(error) = relay.attend(&ticket).await {
        tracing::warn!(interaction = %pass.interaction, %error, "the relay does not attend a conversation");
    }
    // It may have taken it although its answer was lost.
    let (.., talk) = state.twin.talking(&pass, now).await?;
    Ok(Json(Controlled { control: talk.control(now) }))
}

#[derive(Deserialize)]
struct Called {
    call_id: String,
    /// A JSON object as a string, as the model writes it.
    arguments: String,
}

#[derive(Serialize)]
pub struct Answered {
    output: Value,
    ends_call: bool,
}

/// Runs a tool. The same call again gives the same answer and does nothing twice.
pub async fn tool(
    Extract(state): Extract<State>,
    Path((session, tool)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Answered>, Error> {
    let now = Timestamp::now();
    let (pass, called) = shown::<Called>(&state, &session, request, now).await?;
    if called.call_id.is_empty() || called.call_id.len() > MAX_CALL_ID {
        return Err(Error::Invalid(format!("a call id has 1 to {MAX_CALL_ID} bytes")));
    }
    if !Tool::in_the_browser().iter().any(|offered| offered.name == tool) {
        return Err(Error::NotFound);
    }
    let (session, ..) = own(&state, &pass, now).await?;
    let acted = state.twin.act(&session, &called.call_id, &tool, &called.arguments, now).await?;
    Ok(Json(Answered { output: acted.output, ends_call: acted.ends_call }))
}

#[derive(Deserialize)]
struct Said {
    turns: Vec<Turn>,
}

/// Stores turns, in order. The same again changes nothing; none at all is a sign of life.
pub async fn events(
    Extract(state): Extract<State>,
    Path(session): Path<String>,
    request: Request,
) -> Result<StatusCode, Error> {
    let now = Timestamp::now();
    let (pass, said) = shown::<Said>(&state, &session, request, now).await?;
    check(&said.turns)?;
    match state.twin.talking(&pass, now).await? {
        // A sign of life is welcome whoever tells the turns.
        _ if said.turns.is_empty() => {}
        (_, _, talk) if talk.control(now) == Control::Relay => return Err(Error::Conflict),
        (session, ..) => {
            for turn in &said.turns {
                state.twin.heard(&session, turn).await?;
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn check(turns: &[Turn]) -> Result<(), Error> {
    let longest = u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX);
    let in_order = turns.windows(2).all(|pair| pair[0].sequence < pair[1].sequence);
    let fits = |turn: &Turn| {
        let text = turn.text.trim();
        !text.is_empty()
            && text.len() <= MAX_TEXT
            && !text.contains('\0')
            && turn.offset_ms <= longest
            && turn.sequence <= MAX_SEQUENCE
            && turn.heard.is_none()
    };
    if turns.len() > MAX_TURNS || !in_order || !turns.iter().all(fits) {
        return Err(Error::Invalid(format!(
            "at most {MAX_TURNS} turns, each with 1 to {MAX_TEXT} bytes, in the order of their numbers"
        )));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Ending {
    #[serde(default)]
    turns: Vec<Turn>,
    #[serde(default)]
    reason: Reason,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The twin said goodbye.
    Completed,
    #[default]
    HungUp,
    DurationLimit,
    ModelUnavailable,
}

#[derive(Serialize)]
pub struct Ended {
    /// Seconds.
    lasted: i64,
    /// None: the relay has not closed it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// What was noted for the owner, in words for the person.
    noted: Vec<&'static str>,
    /// How an interview or a rehearsal went.
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback: Option<Feedback>,
}

/// Ends the session, with the turns that were not told yet. Ending it again changes nothing.
pub async fn close(
    Extract(state): Extract<State>,
    Path(session): Path<String>,
    request: Request,
) -> Result<Json<Ended>, Error> {
    let now = Timestamp::now();
    let (pass, ending) = shown::<Ending>(&state, &session, request, now).await?;
    check(&ending.turns)?;
    match state.twin.talking(&pass, now).await {
        Ok((session, _, talk)) if talk.control(now) == Control::Browser => {
            for turn in &ending.turns {
                state.twin.heard(&session, turn).await?;
            }
            state.twin.close(&pass.person, &pass.interaction, ending.reason.into(), now).await?;
        }
        // The relay closes it once the call is over.
        Ok((.., Talk { call, .. })) => hang_up(&state, call.as_deref()).await,
        Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let held = closed(&state, &pass).await?;
    let ended = held.interaction.ended_at.unwrap_or(now);
    let (talk, persona) =
        (state.twin.store().talk(&pass.person, &pass.interaction).await?, state.twin.persona().await?);
    let points = &persona.persona.core.key_achievements;
    let feedback = state.twin.rehearsed(&held.interaction, &held.turns, points).await?;
    let before = match &talk {
        Some(talk) => state.twin.broke_off(&pass.person, talk).await?,
        None => Vec::new(),
    };
    let talked = talk.as_ref().map_or(0, |talk| talk.talked);
    let outcome = held.interaction.outcome;
    let lasted = talked + ended.duration_since(held.interaction.started_at).as_secs();
    Ok(Json(Ended { lasted, outcome, noted: noted(before.iter().chain([&held])), feedback }))
}

/// What was noted in all of a conversation, however often its connection broke off.
fn noted<'a>(legs: impl IntoIterator<Item = &'a Conversation>) -> Vec<&'static str> {
    let mut noted = Vec::new();
    for one in legs.into_iter().flat_map(|leg| &leg.actions).filter_map(Action::noted) {
        if !noted.contains(&one) {
            noted.push(one);
        }
    }
    noted
}

pub async fn hang_up(state: &State, call: Option<&str>) {
    let Some(call) = call.and_then(CallId::parse) else { return };
    if let Err(error) = state.realtime.hang_up(&call).await {
        tracing::error!(%error, "a call was not hung up");
    }
}

/// The conversation once it is closed, or as it is after a while: the relay may still store what was said last.
async fn closed(state: &State, pass: &Pass) -> Result<Conversation, Error> {
    let mut looked = 0;
    loop {
        let held = state.twin.store().conversation(&pass.person, &pass.interaction).await?;
        let held = held.ok_or(Error::NotFound)?;
        looked += 1;
        if held.interaction.status != Status::Open || looked == LOOKS {
            return Ok(held);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

impl From<Reason> for Outcome {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Completed => Self::Completed,
            Reason::HungUp => Self::HungUp,
            Reason::DurationLimit => Self::DurationLimit,
            Reason::ModelUnavailable => Self::ModelUnavailable,
        }
    }
}
