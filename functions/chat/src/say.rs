//! A message and its answer. The answer is made by a task of its own: a browser that goes away loses nothing, and
//! comes back by the message's id.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Request, State as Extract},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::{
    sync::mpsc::{self, Receiver},
    task::JoinHandle,
};
use twin::{
    chat::{Answer, MAX_MESSAGE, Progress},
    error::Error,
    http::{address, json, known, or_begun, same_origin},
    id::{MAX_SUFFIX, MessageId},
    twin::{Begun, Chatting, Twin, Written},
};

use crate::{State, events::Events, visitor::admit};

/// Bits of an answer that wait for a slow reader.
const WAITING: usize = 64;
/// Whoever comes back waits this long for an answer that is still being made, and looks this often.
const LOOKS: u32 = 40;
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The sender's own: the same again is the same message.
    id: String,
    message: String,
    /// Where they are: an IANA name.
    #[serde(rename = "timeZone")]
    time_zone: Option<String>,
}

pub async fn say(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let now = Timestamp::now();
    same_origin(request.headers(), &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let said: Said = json(Request::from_parts(parts.clone(), body)).await?;
    let text = said.message.trim().to_owned();
    if text.len() > MAX_MESSAGE {
        return Err(Error::Invalid("this message is too long: shorten it, or send it in parts".to_owned()));
    }
    if text.is_empty() || text.contains('\0') {
        return Err(Error::Invalid("there is nothing to read in this message".to_owned()));
    }
    let id = MessageId::derived(&said.id)
        .map_err(|_| Error::Invalid(format!("id: 1 to {MAX_SUFFIX} letters, digits and hyphens")))?;
    let known = known(&state.twin, &parts.headers, now).await?;
    admit(state.twin.store(), &parts, known.as_ref(), now).await?;
    let (mut chatting, new) =
        or_begun(&state.twin, known, &parts.headers, &state.public_base_url, now).await?;
    chatting.address = Some(address(&parts));
    if let Some(zone) = &said.time_zone {
        state.twin.lives_in(&mut chatting, zone).await?;
    }
    let (progress, receiver) = mpsc::channel(WAITING);
    let begun = match state.twin.take_up(&mut chatting, &Written { id: &id, text: &text }, now).await {
        Ok(begun) => Some(begun),
        Err(Error::Conflict) => None,
        Err(error) => return Err(error),
    };
    let task = tokio::spawn(answer(state.twin, chatting, begun, id.clone(), text, progress, now));
    let mut response = streamed(Events::new(id, 0), receiver, task);
    response.headers_mut().extend(new.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

async fn answer(
    twin: Twin,
    mut chatting: Chatting,
    begun: Option<Begun>,
    id: MessageId,
    text: String,
    progress: mpsc::Sender<Progress>,
    now: Timestamp,
) -> Result<Answer, Error> {
    match begun {
        Some(begun) => {
            let written = Written { id: &id, text: &text };
            Box::pin(twin.complete(&mut chatting, begun, &written, &progress, now)).await
        }
        // The same message again: whoever is second waits for the first.
        None => wait(&twin, &chatting, &id).await,
    }
}

/// The rest of an answer, from the byte that `Last-Event-ID` names.
pub async fn resume(
    Extract(state): Extract<State>,
    Path(message): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (chatting, id) = existing(&state, &headers, &message).await?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = seen.and_then(|seen| seen.parse().ok()).unwrap_or(0);
    let chat = &chatting.chat;
    let there = state.twin.store().exchange(&chat.person, &chat.interaction, &id).await?;
    if there.is_none() {
        return Err(Error::NotFound);
    }
    let (_, nothing) = mpsc::channel(1);
    let waited = id.clone();
    let task = tokio::spawn(async move { wait(&state.twin, &chatting, &waited).await });
    Ok(streamed(Events::new(id, seen), nothing, task))
}

/// The answer ends where it is.
pub async fn stop(
    Extract(state): Extract<State>,
    Path(message): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Error> {
    same_origin(&headers, &state.public_base_url)?;
    let (chatting, id) = existing(&state, &headers, &message).await?;
    state.twin.store().stop_exchange(&chatting.chat.person, &chatting.chat.interaction, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A message of the browser that asks; what is another's does not exist.
async fn existing(state: &State, headers: &HeaderMap, message: &str) -> Result<(Chatting, MessageId), Error> {
    let id: MessageId = message.parse().map_err(|_| Error::NotFound)?;
    let chatting = known(&state.twin, headers, Timestamp::now()).await?.ok_or(Error::NotFound)?;
    Ok((chatting, id))
}

/// Whoever makes the answer may be another process: the two meet in the table alone.
async fn wait(twin: &Twin, chatting: &Chatting, id: &MessageId) -> Result<Answer, Error> {
    let chat = &chatting.chat;
    for _ in 0..LOOKS {
        match twin.answered(&chat.person, &chat.interaction, id, Timestamp::now()).await {
            Err(Error::Conflict) => tokio::time::sleep(LOOK_EVERY).await,
            answered => return answered,
        }
    }
    Err(Error::Conflict)
}

/// So often a slow answer shows that it is still being made.
const STILL_HERE: Duration = Duration::from_secs(15);
const COMMENT: &str = ": still here\n\n";

struct Streaming {
    events: Events,
    progress: Receiver<Progress>,
    task: Option<JoinHandle<Result<Answer, Error>>>,
    started: bool,
}

fn streamed(
    events: Events,
    progress: Receiver<Progress>,
    task: JoinHandle<Result<Answer, Error>>,
) -> Response {
    let streaming = Streaming { events, progress, task: Some(task), started: false };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(sent(streaming))).into_response()
}

fn sent(streaming: Streaming) -> impl Stream<Item = Result<String, Infallible>> {
    stream::unfold(streaming, |mut streaming| async move {
        if !streaming.started {
            streaming.started = true;
            let started = streaming.events.started();
            return Some((Ok(started), streaming));
        }
        match tokio::time::timeout(STILL_HERE, streaming.progress.recv()).await {
            Ok(Some(progress)) => {
                let event = streaming.events.progress(&progress);
                return Some((Ok(event), streaming));
            }
            Ok(None) => {}
            Err(_) => return Some((Ok(COMMENT.to_owned()), streaming)),
        }
        let event = match streaming.task.take()?.await {
            // It is still being made: whoever comes back gets it.
            Ok(Err(Error::Conflict)) => return None,
            Ok(Ok(answer)) => streaming.events.done(&answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a message was not answered");
                streaming.events.failed(&error)
            }
            Err(error) => {
                tracing::error!(panicked = error.is_panic(), "an answer broke off");
                streaming.events.failed(&Error::Internal(Box::new(error)))
            }
        };
        Some((Ok(event), streaming))
    })
}
