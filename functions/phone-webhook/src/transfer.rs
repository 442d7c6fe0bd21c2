//! The owner's side of a transfer: what they hear, which key they press, and how their call ends.

use axum::{
    extract::{Query, State as Extract},
    response::Response,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use twin::{
    error::Error,
    id::CallSid,
    identity::Phone,
    interaction::{Meter, Outcome},
    store::{Call, StoreError},
    transfer::{Manner, State as Progress, Transfer},
    twin::{OWNER, RINGS_FOR, TALKS_FOR},
    wire::{
        ticket::LIFETIME,
        twilio::{
            twiml::{Verb, response},
            webhook::{Form, VoiceRequest},
        },
    },
};

use crate::{
    ANSWER, DIALLED, JOINED, State,
    answer::{
        Apology, hang_up, owners_language, say, spoken_with, stream, twiml, unheard, unrecorded, voicemail,
    },
    incoming::{DEADLINE, arrival, ticket_until},
    signed::{Callback, Signed},
};

/// The key with which the owner takes a call.
const TAKE: &str = "1";
/// How long the owner may think, in seconds.
const DECIDES_WITHIN: u32 = 10;
/// Twilio's name for it.
const PARTICIPANT_JOINED: &str = "participant-join";

/// Whose call the owner is rung about.
#[derive(Deserialize)]
pub struct Of {
    call: CallSid,
}

/// The owner is rung at once; whoever calls hears it ring. The same for a repeated webhook.
pub async fn put_through(state: &State, call: &Call, line: &Phone) -> Result<Response, Error> {
    let about = (&call.person, &call.interaction);
    let transfer = Transfer::new(&call.sid, about, Manner::Cold, "", call.at);
    state.twin.store().begin_transfer(&transfer).await?;
    Ok(twiml(&[Verb::DialNumber {
        number: line.as_str().to_owned(),
        whisper: format!("{}{OWNER}?call={}", state.urls.base, call.sid),
        action: format!("{}{DIALLED}", state.urls.base),
        timeout_seconds: RINGS_FOR,
        limit_seconds: TALKS_FOR,
    }]))
}

/// `POST /api/phone/transfer/owner`: the owner has picked up, and hears who calls and why.
pub async fn owner(
    Query(Of { call }): Query<Of>,
    Extract(state): Extract<State>,
    _: Signed,
) -> Result<Response, Error> {
    let Some(transfer) = of(&state, &call).await?.filter(|transfer| !transfer.state.is_final()) else {
        return Ok(twiml(&gone(&state).await));
    };
    let known = state.twin.store().known(&transfer.person).await?.ok_or(Error::NotFound)?;
    let language = owners_language(&state).await;
    Ok(twiml(&[
        Verb::Gather {
            action: format!("{}{ANSWER}?call={call}", state.urls.base),
            say: transfer.announcement(&known.contact, language.words()),
            language: language.tag(),
            timeout_seconds: DECIDES_WITHIN,
        },
        Verb::Hangup,
    ]))
}

/// `POST /api/phone/transfer/answer`: the owner has pressed a key.
pub async fn answer(
    Query(Of { call }): Query<Of>,
    Extract(state): Extract<State>,
    Signed { form, .. }: Signed,
) -> Result<Response, Error> {
    let Some(transfer) = of(&state, &call).await? else { return Ok(hang_up()) };
    let now = Timestamp::now();
    if form.get("Digits") != Some(TAKE) {
        state.twin.settle_transfer(transfer, Progress::Ringing, Progress::Declined, now).await?;
        let language = owners_language(&state).await;
        return Ok(twiml(&[say(language, language.words().declined.to_owned()), Verb::Hangup]));
    }
    match transfer.manner {
        // They go ahead; whoever called is moved once they are there.
        Manner::Warm if transfer.state == Progress::Ringing => {
            let joined = Some(format!("{}{JOINED}?call={call}", state.urls.base));
            Ok(twiml(&[room(&transfer, joined)]))
        }
        // The end of what only the owner hears joins both.
        Manner::Cold
            if state.twin.settle_transfer(transfer, Progress::Ringing, Progress::Accepted, now).await? =>
        {
            Ok(twiml(&[]))
        }
        Manner::Warm | Manner::Cold => Ok(twiml(&gone(&state).await)),
    }
}

fn room(transfer: &Transfer, joined: Option<String>) -> Verb {
    Verb::DialConference { name: transfer.room(), joined, limit_seconds: TALKS_FOR }
}

async fn gone(state: &State) -> [Verb; 2] {
    let language = owners_language(state).await;
    [say(language, language.words().hung_up.to_owned()), Verb::Hangup]
}

/// `POST /api/phone/transfer/joined`: the owner is in the room, so whoever called comes there, too. What is told again
/// changes nothing.
pub async fn joined(
    Query(Of { call }): Query<Of>,
    Extract(state): Extract<State>,
    Callback { form, call: owners }: Callback,
) -> Result<StatusCode, Error> {
    if form.get("StatusCallbackEvent") != Some(PARTICIPANT_JOINED) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let Some(transfer) = of(&state, &call).await? else { return Ok(StatusCode::NO_CONTENT) };
    // Before it is accepted: from then on only one request lies between the caller and the room.
    if transfer.state == Progress::Ringing {
        unrecorded(&state, &transfer.person, &call).await;
    }
    let now = Timestamp::now();
    if !state.twin.settle_transfer(transfer.clone(), Progress::Ringing, Progress::Accepted, now).await? {
        // Another of these may have accepted it since it was read.
        let stands = of(&state, &call).await?;
        if stands.is_none_or(|stands| stands.state != Progress::Accepted) {
            leave(&state, &owners).await;
        }
        return Ok(StatusCode::NO_CONTENT);
    }
    let document = response(&unheard(&state, vec![room(&transfer, None)]));
    if let Err(error) = state.telephony.replace(&call, &document).await {
        tracing::warn!(%call, %error, "the caller is not there any more");
        state.twin.settle_transfer(transfer, Progress::Accepted, Progress::Failed, now).await?;
        leave(&state, &owners).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The owner is told that nobody is there, and does not wait in an empty room.
async fn leave(state: &State, owners: &CallSid) {
    if let Err(error) = state.telephony.replace(owners, &response(&gone(state).await)).await {
        tracing::warn!(owner = %owners, %error, "the owner is not told that nobody is there");
    }
}

/// `POST /api/phone/transfer/status`: the owner's call is over, perhaps before they took the other. If they had, whoever
/// called is not left alone in a room: most often their call has ended with it.
pub async fn status(
    Query(Of { call }): Query<Of>,
    Extract(state): Extract<State>,
    Signed { voice, .. }: Signed,
) -> Result<StatusCode, Error> {
    if let (Some(ended), Some(transfer)) = (Progress::of_call(voice.status), of(&state, &call).await?) {
        if transfer.state == Progress::Accepted && transfer.manner == Manner::Warm {
            if let Err(error) = state.telephony.hang_up(&call).await {
                tracing::debug!(%call, %error, "the call that the owner took was over");
            }
            talked(&state, &transfer, voice.duration.unwrap_or_default()).await;
        } else {
            state.twin.settle_transfer(transfer, Progress::Ringing, ended, Timestamp::now()).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How long the owner's line was in use: part of what the call cost.
async fn talked(state: &State, transfer: &Transfer, seconds: u64) {
    let meter = match transfer.manner {
        Manner::Cold => Meter::PutThrough,
        Manner::Warm => Meter::Conference,
    };
    let about = (&transfer.person, &transfer.interaction);
    if let Err(error) = state.twin.metered(about, meter, seconds, Timestamp::now()).await {
        tracing::warn!(call = %transfer.call, %error, "how long the owner talked is not noted");
    }
}

/// What is no number is none.
fn seconds(form: &Form, field: &str) -> u64 {
    form.get(field).and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

/// `POST /api/phone/transfer/dialled`: a call that was put through is over, or nobody took it: then the twin does.
pub async fn dialled(Extract(state): Extract<State>, Signed { voice, form, .. }: Signed) -> Response {
    let by = Instant::now() + DEADLINE;
    match timeout_at(by, after_ringing(&state, &voice, seconds(&form, "DialCallDuration"))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(call = %voice.call_sid, %error, "the caller is sent to voicemail");
            voicemail(&state.urls, spoken_with(&state, &voice, by).await, Apology::NotAvailable)
        }
        Err(_) => voicemail(&state.urls, spoken_with(&state, &voice, by).await, Apology::NotAvailable),
    }
}

async fn after_ringing(state: &State, voice: &VoiceRequest, seconds: u64) -> Result<Response, Error> {
    let (sid, is_over, now) = (&voice.call_sid, voice.status.is_final(), Timestamp::now());
    let call = match state.twin.store().call(sid).await {
        Err(StoreError::Erased) => return Ok(hang_up()),
        call => call?.ok_or(Error::NotFound)?,
    };
    let transfer = of(state, sid).await?.ok_or(Error::NotFound)?;
    let taken = transfer.state == Progress::Accepted;
    if taken || is_over {
        // It began when it was put through.
        state.twin.open(&arrival(&call), call.at).await?;
        if taken {
            talked(state, &transfer, seconds).await;
        }
        let outcome = if taken { Outcome::Transferred } else { Outcome::HungUp };
        state.twin.close(&call.person, &call.interaction, outcome, now).await?;
        return Ok(hang_up());
    }
    state.twin.settle_transfer(transfer, Progress::Ringing, Progress::Unanswered, now).await?;
    let ticket = ticket_until(state, &call, true, now + LIFETIME);
    let ticket = ticket.map_err(|error| Error::Internal(error.into()))?;
    Ok(stream(state, &ticket))
}

async fn of(state: &State, call: &CallSid) -> Result<Option<Transfer>, Error> {
    let store = state.twin.store();
    match store.call(call).await {
        Ok(Some(call)) => Ok(store.transfer(&call.person, &call.interaction).await?),
        Ok(None) | Err(StoreError::Erased) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
