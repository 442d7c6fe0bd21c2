//! To go on elsewhere, or not at all: a call back, the phone, and forgetting the chat in this browser.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{
    error::Error,
    handoff::hash,
    http::{chat_cookie as cookie, json as read, known, or_begun, same_origin},
    identity::Phone,
    interaction::Channel,
};

use crate::{State, visitor::admit};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Callback {
    phone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<String>,
}

/// The same wish again is noted once.
pub async fn callback(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let now = Timestamp::now();
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let wanted: Callback = read(Request::from_parts(parts.clone(), body)).await?;
    // In words for who writes it: a tool's are for a model. Nothing is begun for a number that cannot be called.
    Phone::from_said(&wanted.phone).map_err(|error| Error::Invalid(error.to_string()))?;
    let arguments = serde_json::to_string(&wanted).map_err(|error| Error::Internal(Box::new(error)))?;
    let found = known(&state.twin, &parts.headers, now).await?;
    admit(state.twin.store(), &parts, found.as_ref(), now).await?;
    let (mut chatting, new) =
        or_begun(&state.twin, found, &parts.headers, &state.public_base_url, now).await?;
    let session = state.twin.enter(&mut chatting, now).await?.session;
    let call = format!("callback-{}", hash(&arguments));
    let acted = state.twin.act(&session, &call, "request_callback", &arguments, now).await?;
    if let Some(why) = acted.output.get("error").and_then(Value::as_str) {
        return Err(Error::Invalid(why.to_owned()));
    }
    let name = &state.twin.persona().await?.persona.core.name;
    let label = format!("Noted: {name} will decide when to call you.");
    let mut response = Json(json!({ "label": label })).into_response();
    response.headers_mut().extend(new.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    to: Channel,
}

/// How the conversation goes on on another channel.
pub async fn handoff(Extract(state): Extract<State>, request: Request) -> Result<Json<Value>, Error> {
    let now = Timestamp::now();
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let wanted: Elsewhere = read(Request::from_parts(parts.clone(), body)).await?;
    match (wanted.to, crate::history::line(&state.phone_number)) {
        (Channel::Phone, Some(line)) => {
            let mut told = json!({
                "number": line,
                "label": "The assistant answers the phone around the clock.",
            });
            // Whoever has not written yet has nothing to go on with.
            if let Some(mut chatting) = known(&state.twin, &parts.headers, now).await? {
                admit(state.twin.store(), &parts, Some(&chatting), now).await?;
                let session = state.twin.enter(&mut chatting, now).await?.session;
                let code = state.twin.give_code(&session, Channel::Phone, now).await?;
                told["label"] =
                    json!("The assistant answers around the clock. To go on there, tell it this code:");
                told["code"] = json!(code.written());
            }
            Ok(Json(told))
        }
        _ => Err(Error::Invalid("the twin is not reached on this channel".to_owned())),
    }
}

/// The secret is forgotten here and in the browser; what was said stays with the owner.
pub async fn forget(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    same_origin(request.headers(), &state.public_base_url)?;
    if let Some(chatting) = known(&state.twin, request.headers(), Timestamp::now()).await? {
        state.twin.store().end_chat(&chatting.place).await?;
    }
    let headers = [(header::SET_COOKIE, cookie("", &state.public_base_url))];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}
