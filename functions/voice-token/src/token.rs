//! A session begins: limits, budget, then a secret of its own with everything in it that the model is told. What a page
//! could add (instructions, tools, a voice) it may not.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::header;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use twin::{
    clients::realtime::RealtimeError,
    context::VoiceInteraction,
    error::Error,
    handoff::hash,
    http::{address, is_owners, json, known, or_begun, same_origin},
    id::InteractionId,
    interaction::Outcome,
    talk::{LONGEST, MAX_JOB, pass},
    tools::Tool,
    twin::{Prepared, Session as Opened},
    wire::{
        live::session::{LiveOptions, SessionConfig},
        realtime::session::Session,
        ticket::Attendance,
    },
};

use crate::{
    State, limits,
    session::{ASKED_FOR, hang_up},
};

/// How long the secret lets sessions begin.
const SECRET_FOR: SignedDuration = SignedDuration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    kind: VoiceInteraction,
    /// A job description, pasted.
    #[serde(default)]
    job: Option<String>,
    /// The conversation whose connection broke off: it is gone on with.
    #[serde(default)]
    after: Option<InteractionId>,
    /// SDP, for where the server itself begins the call.
    #[serde(default)]
    offer: Option<String>,
}

#[derive(Serialize)]
struct Token {
    session: String,
    pass: String,
    #[serde(flatten)]
    connects: Connects,
    kind: VoiceInteraction,
    greeting: String,
    /// Seconds: that it may last still, and that were talked before the connection broke off.
    longest: i64,
    talked: i64,
}

/// How the page connects.
#[derive(Serialize)]
#[serde(untagged)]
enum Connects {
    /// By itself, with a secret of its own.
    Realtime { client_secret: String, expires_at: i64, calls_url: String },
    /// It is connected: the SDP answer. The relay attends it.
    Live { answer: String, call_id: String },
}

pub async fn token(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let now = Timestamp::now();
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let wanted: Wanted = json(Request::from_parts(parts.clone(), body)).await?;
    let job = job(wanted.job.as_deref())?;
    check(&state, wanted.offer.as_deref())?;
    let visitor = known(&state.twin, &parts.headers, now).await?;
    let person = visitor.as_ref().map(|chatting| &chatting.chat.person);
    limits::admit(state.twin.store(), &address(&parts), person, now).await?;
    let (chatting, cookie) =
        or_begun(&state.twin, visitor, &parts.headers, &state.public_base_url, now).await?;
    let mut prepared = state.twin.prepare_talk(&chatting, wanted.kind, job, now).await?;
    prepared.talk.by_owner = is_owners(&state.twin, &parts.headers, now).await?;
    if let Some(after) = &wanted.after {
        prepared = state.twin.goes_on(prepared, after, now).await?;
    }
    let budget = state.realtime.openai().daily_budget;
    state.twin.reserve_talk(&prepared.talk, budget, now).await?;
    let connects = match connect(&state, &prepared, &wanted).await {
        Ok(connects) => connects,
        Err(error) => {
            state.twin.give_back(&prepared.talk, SignedDuration::ZERO, now).await;
            return Err(error);
        }
    };
    if let Err(error) = begin(&state, &prepared, &connects, now).await {
        // Nobody is told how to connect: what is open at the model's side would go on, and be paid.
        if let Connects::Live { call_id, .. } = &connects {
            hang_up(&state, Some(call_id)).await;
        }
        return Err(error);
    }
    let pass = pass(
        prepared.session.person.clone(),
        prepared.session.interaction.clone(),
        prepared.session.level,
        now,
    );
    let token = Token {
        session: prepared.session.interaction.to_string(),
        pass: state.tickets.sign(&pass).map_err(|error| Error::Internal(Box::new(error)))?,
        connects,
        kind: wanted.kind,
        greeting: prepared.session.briefing.greeting,
        longest: (LONGEST.as_secs() - prepared.talk.talked).max(0),
        talked: prepared.talk.talked,
    };
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(token)).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Bytes of an offer.
const MAX_OFFER: usize = 64 * 1024;

/// Before anything is begun or paid for.
fn check(state: &State, offer: Option<&str>) -> Result<(), Error> {
    match offer {
        None if live(state).is_some() => Err(Error::Invalid("an offer is needed".to_owned())),
        Some(offer) if offer.len() > MAX_OFFER || !offer.starts_with("v=0") => {
            Err(Error::Invalid(format!("an offer is SDP of at most {MAX_OFFER} bytes")))
        }
        _ => Ok(()),
    }
}

/// GPT-Live where it is chosen and a relay attends it, for its page could be trusted with no tool.
fn live(state: &State) -> Option<LiveOptions> {
    state.relay.as_ref().and_then(|_| state.realtime.openai().live())
}

/// A Live session that begins, or a secret for Realtime.
async fn connect(state: &State, prepared: &Prepared, wanted: &Wanted) -> Result<Connects, Error> {
    let openai = state.realtime.openai();
    let instructions = prepared.session.briefing.instructions.clone();
    let whose = hash(prepared.session.person.as_str());
    let failed = |error: RealtimeError| {
        tracing::error!(alarm = "model_unavailable", %error, "no call for a browser");
        Error::Upstream(Box::new(error))
    };
    if let (Some(options), Some(offer)) = (live(state), wanted.offer.as_deref()) {
        let voice = state.voice.voice.clone();
        let session =
            SessionConfig::for_browser(options, &instructions, Tool::in_the_browser(), voice, whose);
        let (call, answer) = state.realtime.live(&session, offer).await.map_err(failed)?;
        return Ok(Connects::Live { answer, call_id: call.as_str().to_owned() });
    }
    let model = openai.realtime_model.clone();
    let session =
        Session::for_browser(model, instructions, Tool::in_the_browser(), wanted.kind, &state.voice);
    let secret = state.realtime.client_secret(&session, SECRET_FOR, &whose).await.map_err(failed)?;
    let calls_url = state.realtime.calls_url();
    Ok(Connects::Realtime { client_secret: secret.value, expires_at: secret.expires_at, calls_url })
}

/// What was taken of the budget is given back where it does not begin.
async fn begin(state: &State, prepared: &Prepared, connects: &Connects, now: Timestamp) -> Result<(), Error> {
    if let Err(error) = state.twin.begin_talk(prepared, now).await {
        let Opened { person, interaction, .. } = &prepared.session;
        // Once it is open, its end gives back what was not talked.
        if state.twin.close(person, interaction, Outcome::ModelUnavailable, now).await.is_err() {
            state.twin.give_back(&prepared.talk, SignedDuration::ZERO, now).await;
        }
        return Err(error);
    }
    match connects {
        Connects::Live { call_id, .. } => attend(state, prepared, call_id, now).await,
        Connects::Realtime { .. } => Ok(()),
    }
}

/// Before the page is told how to connect: nobody else says the greeting and runs the tools.
async fn attend(state: &State, prepared: &Prepared, call: &str, now: Timestamp) -> Result<(), Error> {
    let Some(relay) = &state.relay else { return Ok(()) };
    let session = &prepared.session;
    let attendance = Attendance {
        person: session.person.clone(),
        interaction: session.interaction.clone(),
        level: session.level,
        call: call.to_owned(),
        time_zone: session.time_zone.clone(),
        began: now,
        greeting: Some(session.briefing.greeting.clone()),
        expires: now + ASKED_FOR,
    };
    let ticket = state.tickets.sign(&attendance).map_err(|error| Error::Internal(Box::new(error)))?;
    if let Err(error) = relay.attend(&ticket).await {
        tracing::error!(interaction = %session.interaction, %error, "the relay does not attend a conversation");
        state.twin.close(&session.person, &session.interaction, Outcome::ModelUnavailable, now).await?;
        return Err(Error::Upstream(Box::new(error)));
    }
    Ok(())
}

fn job(pasted: Option<&str>) -> Result<Option<String>, Error> {
    let Some(job) = pasted.map(|job| job.trim().to_owned()).filter(|job| !job.is_empty()) else {
        return Ok(None);
    };
    if job.len() > MAX_JOB || job.contains('\0') {
        return Err(Error::Invalid(format!("a job description has at most {MAX_JOB} bytes")));
    }
    Ok(Some(job))
}
