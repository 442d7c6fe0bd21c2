//! Within a session: tools, turns and the end. Each request shows the session's pass in its body, because a beacon at
//! unload has no headers.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use twin::{
    error::Error,
    http::{json, same_origin},
    interaction::{Interaction, Outcome, Turn},
    talk::{Control, LONGEST, Talk},
    tools::Tool,
    twin::Session,
    wire::ticket::Pass,
};

use crate::{State, limits};

/// Turns told at once, and in all.
const MAX_TURNS: usize = 40;
const MAX_SEQUENCE: u32 = 2000;
/// Bytes of one.
const MAX_TEXT: usize = 4000;
const MAX_CALL_ID: usize = 100;

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
    match talk.control {
        Control::Browser => Ok((session, held, talk)),
        Control::Relay => Err(Error::Conflict),
    }
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
        (_, _, Talk { control: Control::Relay, .. }) => return Err(Error::Conflict),
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
    /// What was noted for the owner, in words for the person.
    noted: Vec<&'static str>,
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
        Ok((session, _, Talk { control: Control::Browser, .. })) => {
            for turn in &ending.turns {
                state.twin.heard(&session, turn).await?;
            }
            state.twin.close(&pass.person, &pass.interaction, ending.reason.into(), now).await?;
        }
        // The relay ends it when the model's side hangs up.
        Ok(_) | Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    let held = state.twin.store().conversation(&pass.person, &pass.interaction).await?;
    let held = held.ok_or(Error::NotFound)?;
    let ended = held.interaction.ended_at.unwrap_or(now);
    Ok(Json(Ended {
        lasted: ended.duration_since(held.interaction.started_at).as_secs(),
        noted: held.actions.iter().filter_map(twin::interaction::Action::noted).collect(),
    }))
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
