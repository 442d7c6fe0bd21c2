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
    context::VoiceInteraction,
    error::Error,
    handoff::hash,
    http::{address, json, known, or_begun, same_origin},
    talk::{LONGEST, MAX_JOB, pass},
    tools::Tool,
    wire::realtime::session::Session,
};

use crate::{State, limits};

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
}

#[derive(Serialize)]
struct Token {
    session: String,
    pass: String,
    client_secret: String,
    expires_at: i64,
    calls_url: String,
    kind: VoiceInteraction,
    greeting: String,
    /// Seconds.
    longest: i64,
}

pub async fn token(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let now = Timestamp::now();
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let wanted: Wanted = json(Request::from_parts(parts.clone(), body)).await?;
    let job = job(wanted.job)?;
    let visitor = known(&state.twin, &parts.headers, now).await?;
    let person = visitor.as_ref().map(|chatting| &chatting.chat.person);
    limits::admit(state.twin.store(), &address(&parts), person, now).await?;
    let (chatting, cookie) =
        or_begun(&state.twin, visitor, &parts.headers, &state.public_base_url, now).await?;
    let prepared = state.twin.prepare_talk(&chatting, wanted.kind, job, now).await?;
    let budget = state.realtime.openai().daily_budget;
    state.twin.reserve_talk(&prepared.talk, budget, now).await?;
    let model = state.realtime.openai().realtime_model.clone();
    let instructions = prepared.session.briefing.instructions.clone();
    let session =
        Session::for_browser(model, instructions, Tool::in_the_browser(), wanted.kind, &state.voice);
    let whose = hash(prepared.session.person.as_str());
    let secret = match state.realtime.client_secret(&session, SECRET_FOR, &whose).await {
        Ok(secret) => secret,
        Err(error) => {
            state.twin.give_back(&prepared.talk, SignedDuration::ZERO, now).await;
            tracing::error!(alarm = "model_unavailable", %error, "no secret for a browser");
            return Err(Error::Upstream(Box::new(error)));
        }
    };
    state.twin.begin_talk(&prepared, now).await?;
    let pass = pass(
        prepared.session.person.clone(),
        prepared.session.interaction.clone(),
        prepared.session.level,
        now,
    );
    let token = Token {
        session: prepared.session.interaction.to_string(),
        pass: state.tickets.sign(&pass).map_err(|error| Error::Internal(Box::new(error)))?,
        client_secret: secret.value,
        expires_at: secret.expires_at,
        calls_url: state.realtime.calls_url(),
        kind: wanted.kind,
        greeting: prepared.session.briefing.greeting,
        longest: LONGEST.as_secs(),
    };
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(token)).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

fn job(pasted: Option<String>) -> Result<Option<String>, Error> {
    let Some(job) = pasted.map(|job| job.trim().to_owned()).filter(|job| !job.is_empty()) else {
        return Ok(None);
    };
    if job.len() > MAX_JOB || job.contains('\0') {
        return Err(Error::Invalid(format!("a job description has at most {MAX_JOB} bytes")));
    }
    Ok(Some(job))
}
