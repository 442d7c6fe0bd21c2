//! In front of the protocol: who calls, and whether the token goes as far as the tool that is called.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State as Extract},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    error::Error,
    store::oauth::{Resource, Scope},
};

use crate::{
    State,
    call::Caller,
    owner,
    strict::{LARGEST_BODY, is_json},
    tool::Entry,
    visitor,
};

/// As far as it is needed here.
#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

pub async fn visitor(state: Extract<State>, request: Request, next: Next) -> Response {
    guard(state, Resource::Visitor, request, next).await
}

pub async fn owner(state: Extract<State>, request: Request, next: Next) -> Response {
    guard(state, Resource::Owner, request, next).await
}

async fn guard(Extract(state): Extract<State>, resource: Resource, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let principal = match state.oauth.authenticate(&parts.headers, resource, Timestamp::now()).await {
        Ok(principal) => principal,
        Err(challenge) => return challenge.into_response(),
    };
    if !is_json(&parts.headers) {
        return Error::UnsupportedMediaType.into_response();
    }
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return Error::TooLarge.into_response();
    };
    if let Some(principal) = &principal
        && let Err(challenge) = state.oauth.require(principal, scope(resource, &bytes))
    {
        return challenge.into_response();
    }
    let caller = principal.map_or(Caller::Nobody, |principal| Caller::from(&principal.who));
    parts.extensions.insert(caller);
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// What a message needs. What cannot be read is refused further on.
fn scope(resource: Resource, body: &[u8]) -> Scope {
    let (tools, least): (&[Entry], Scope) = match resource {
        Resource::Visitor => (visitor::TOOLS, Scope::Talk),
        Resource::Owner => (owner::TOOLS, Scope::Read),
    };
    let Ok(message) = serde_json::from_slice::<Message>(body) else { return least };
    let called = message
        .params
        .and_then(|params| params.name)
        .filter(|_| message.method.as_deref() == Some("tools/call"));
    let tool = called.and_then(|name| tools.iter().find(|tool| tool.name == name));
    tool.map_or(least, |tool| tool.scope)
}
