//! What happens to a caller when the stream is over, or when nothing else works.

use std::time::Duration;

use axum::{
    extract::{Query, State as Extract},
    response::Response,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::{Instant, timeout, timeout_at};
use twin::{
    error::Error,
    id::{CallSid, PersonId},
    interaction::{Interaction, Outcome, Status},
    language::Language,
    outbound::Words,
    recording::is_sid,
    store::{Call, StoreError},
    wire::{
        ticket::LIFETIME,
        twilio::webhook::{Form, VoiceRequest},
    },
};

use crate::{
    State,
    answer::{
        Apology, apology, conversation, goodbye, hang_up, message, spoken_with, surely_unrecorded, twiml,
        unheard, unrecorded,
    },
    incoming::{DEADLINE, arrival, take, ticket_until},
    signed::{Callback, Signed},
};

/// Within what Twilio waits for a webhook, which is 15 s, and within what the function has.
pub const KEPT_WITHIN: Duration = Duration::from_secs(10);

/// Behind the other deadlines.
const EXPLAINED_WITHIN: Duration = Duration::from_secs(1);

/// `POST /api/phone/after-stream`: the stream is over. Hang up when all was said, else take a voicemail.
pub async fn after_stream(
    Query(after): Query<After>,
    Extract(state): Extract<State>,
    Signed { voice, form, .. }: Signed,
) -> Response {
    let after_text = after.engine.is_some();
    if let Some(code) = form.get("ErrorCode").filter(|_| after_text) {
        let code = code.parse::<u32>().ok();
        tracing::error!(call = %voice.call_sid, code, "a conversation in text does not work");
    }
    let may_fall_back = state.twilio.conversation_relay && !after_text;
    let by = Instant::now() + DEADLINE;
    // The end of a recording has a time of its own: what was decided before it stays decided.
    let next = match timeout_at(by, next(&state, &voice.call_sid, may_fall_back)).await {
        Ok(Ok((Some(person), next))) => {
            unrecorded(&state, &person, &voice.call_sid).await;
            next
        }
        Ok(Ok((None, next))) => next,
        Ok(Err(error)) => {
            tracing::error!(call = %voice.call_sid, %error, "the caller is sent to voicemail");
            surely_unrecorded(&state, &voice.call_sid).await;
            Next::Apologise(Apology::NotAvailable)
        }
        Err(_) => {
            surely_unrecorded(&state, &voice.call_sid).await;
            Next::Apologise(Apology::NotAvailable)
        }
    };
    let spoken = spoken_with(&state, &voice, by).await;
    match next {
        Next::HangUp => hang_up(),
        Next::Converse(ticket) => twiml(&unheard(&state, conversation(&state.urls, spoken, &ticket))),
        Next::Apologise(why) if voice.outbound => {
            apology(spoken, explained(&state, &voice.call_sid).await.as_ref(), why)
        }
        Next::Apologise(why) => twiml(&unheard(&state, message(&state.urls, spoken, why))),
    }
}

/// What whoever we called is told of who called them, and why.
async fn explained(state: &State, sid: &CallSid) -> Option<Words> {
    let explained = async {
        let call = state.twin.store().call(sid).await?.ok_or(Error::NotFound)?;
        state.twin.calls_about(&call.person, &call.interaction).await
    };
    match timeout(EXPLAINED_WITHIN, explained).await {
        Ok(Ok(words)) => words,
        Ok(Err(error)) => {
            tracing::warn!(call = %sid, %error, "whoever was called is not told why");
            None
        }
        Err(_) => None,
    }
}

/// Which engine it follows.
#[derive(Deserialize)]
pub struct After {
    engine: Option<String>,
}

/// In which language a message was asked for.
#[derive(Deserialize)]
pub struct Asked {
    language: Option<String>,
}

impl Asked {
    fn language(&self) -> Language {
        self.language.as_deref().and_then(Language::of_code).unwrap_or_default()
    }
}

/// What a caller is owed.
enum Next {
    HangUp,
    Apologise(Apology),
    /// The conversation goes on in text, under this ticket.
    Converse(String),
}

/// An apology is owed to a caller whose conversation did not come to its end. And who may still be recorded.
async fn next(state: &State, sid: &CallSid, may_fall_back: bool) -> Result<(Option<PersonId>, Next), Error> {
    let store = state.twin.store();
    let call = match store.call(sid).await {
        Ok(Some(call)) => call,
        Ok(None) | Err(StoreError::Erased) => return Ok((None, Next::HangUp)),
        Err(error) => return Err(error.into()),
    };
    let Some(interaction) = store.interaction(&call.person, &call.interaction).await? else {
        // The stream was never opened: the relay is not there. The owner sees that they called, whether they leave a message
        // or not.
        let (arrival, now) = (arrival(&call), Timestamp::now());
        let noted = async {
            state.twin.open(&arrival, now).await?;
            state.twin.close(&call.person, &call.interaction, Outcome::ModelUnavailable, now).await
        };
        // On the heap: hardly anybody needs room for it.
        Box::pin(noted).await?;
        return Ok((None, Next::Apologise(Apology::NotAvailable)));
    };
    let (person, next) = (call.person.clone(), goes_on(state, call, interaction, may_fall_back).await?);
    let recorded = (!matches!(next, Next::HangUp)).then_some(person);
    Ok((recorded, next))
}

async fn goes_on(
    state: &State,
    call: Call,
    interaction: Interaction,
    may_fall_back: bool,
) -> Result<Next, Error> {
    let now = Timestamp::now();
    match (interaction.status, interaction.outcome) {
        (Status::Open, _) if call.falls_back_at.is_some() && call.fell_back_at.is_none() => {
            if may_fall_back {
                // As what it was taken for meanwhile.
                let call = Call { route: interaction.route, ..call };
                let ticket = ticket_until(state, &call, call.not_taken, now + LIFETIME);
                return ticket.map(Next::Converse).map_err(|error| Error::Internal(error.into()));
            }
            // Neither engine was to be had.
            let (person, id) = (&call.person, &call.interaction);
            state.twin.close(person, id, Outcome::ModelUnavailable, now).await?;
            Ok(Next::Apologise(Apology::NotAvailable))
        }
        (Status::Open, _) => Ok(Next::Apologise(Apology::CutOff)),
        (_, Some(Outcome::ModelUnavailable)) => Ok(Next::Apologise(Apology::NotAvailable)),
        _ => Ok(Next::HangUp),
    }
}

/// `POST /api/phone/fallback`: Twilio could not reach the webhook. Nothing is written, what is spoken is read if that does
/// not take long, and what was recorded ends here.
pub async fn fallback(Extract(state): Extract<State>, Signed { voice, form, .. }: Signed) -> Response {
    let code = form.get("ErrorCode").and_then(|code| code.parse::<u32>().ok());
    tracing::error!(call = %voice.call_sid, code, "Twilio asked the fallback");
    let by = Instant::now() + EXPLAINED_WITHIN;
    let ended = surely_unrecorded(&state, &voice.call_sid);
    let ((), spoken) = tokio::join!(ended, spoken_with(&state, &voice, by));
    twiml(&unheard(&state, message(&state.urls, spoken, Apology::NotAvailable)))
}

/// `POST /api/phone/recording`: a voicemail was left. Whatever becomes of it here, nobody is asked for it
/// again.
pub async fn recording(
    Query(asked): Query<Asked>,
    Extract(state): Extract<State>,
    Signed { voice, form, .. }: Signed,
) -> Response {
    let kept = timeout(KEPT_WITHIN, keep(&state, &voice, &form, asked.language())).await;
    let lost =
        kept.map_or_else(|late| Some(late.to_string()), |kept| kept.err().map(|error| error.to_string()));
    if let Some(reason) = lost {
        tracing::error!(alarm = "voicemail_lost", call = %voice.call_sid, reason, "a voicemail is only at Twilio");
    }
    goodbye(asked.language())
}

async fn keep(state: &State, voice: &VoiceRequest, form: &Form, asked_in: Language) -> Result<(), Error> {
    let sid = form.get("RecordingSid").filter(|sid| is_sid(sid));
    let url =
        form.get("RecordingUrl").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let mut seconds = form.get("RecordingDuration").and_then(|text| text.parse().ok());
    if let (None, Some(sid)) = (seconds, sid) {
        seconds =
            state.telephony.recording_seconds(sid).await.map_err(|error| Error::Upstream(error.into()))?;
    }
    let (Some(url), Some(seconds)) = (url, seconds) else {
        return Err(Error::Malformed("no recording".to_owned()));
    };
    let call = match taken(state, voice).await {
        // Whoever left it was erased: so is what they left.
        Err(StoreError::Erased) => return state.twin.silence(&voice.call_sid, Timestamp::now()).await,
        call => call?,
    };
    let (arrival, now) = (arrival(&call), Timestamp::now());
    state.twin.voicemail(&arrival, (url, seconds), asked_in, now).await?;
    match sid {
        Some(sid) => {
            state.twin.announced(&arrival, &call.sid, (sid, Some(seconds)), Some(asked_in), now).await
        }
        None => Ok(()),
    }
}

/// The call's row. A caller who leaves a message was let in, so it is made now if it could not be when they called: the
/// store was out of order, or Twilio did not reach the webhook.
async fn taken(state: &State, voice: &VoiceRequest) -> Result<Call, StoreError> {
    if voice.outbound {
        return state.twin.store().call(&voice.call_sid).await?.ok_or(StoreError::NotFound);
    }
    Box::pin(take(state, (voice, None), Timestamp::now())).await
}

/// `POST /api/phone/recorded`: a recording that the caller agreed to is complete. Another answer than a 2xx is in
/// Twilio's error log, and the recording stays there until it is removed.
pub async fn recorded(
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let now = Timestamp::now();
    let taken = match state.twin.store().call(&call).await {
        Err(StoreError::Erased) => {
            state.twin.silence(&call, now).await?;
            return Ok(StatusCode::NO_CONTENT);
        }
        taken => taken?.ok_or(Error::NotFound)?,
    };
    let sid = form.get("RecordingSid").filter(|sid| is_sid(sid));
    let sid = sid.ok_or_else(|| Error::Malformed("no recording".to_owned()))?;
    if form.get("RecordingStatus") == Some(COMPLETED) {
        let seconds = form.get("RecordingDuration").and_then(|text| text.parse().ok());
        state.twin.announced(&arrival(&taken), &call, (sid, seconds), None, now).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/phone/transcription`: what was said in a voicemail. It comes a while later, so a message that could not be
/// kept when it was left is kept now.
pub async fn transcription(
    Query(asked): Query<Asked>,
    Extract(state): Extract<State>,
    Callback { form, call }: Callback,
) -> Result<StatusCode, Error> {
    let known = match state.twin.store().call(&call).await {
        Err(StoreError::Erased) => return Ok(StatusCode::NO_CONTENT),
        known => known?,
    };
    let has_all = match &known {
        Some(known) => is_kept(&state, known, form.get("RecordingSid")).await?,
        None => false,
    };
    if !has_all && let Ok(voice) = VoiceRequest::from_form(&form) {
        keep(&state, &voice, &form, asked.language()).await?;
    }
    // Twilio makes out English alone, and takes the rest for it: that is written down by another, and if not, the sweep
    // tells of it. Source: Twilio, `<Record>`, "transcribe".
    if asked.language() != Language::En {
        return Ok(StatusCode::NO_CONTENT);
    }
    let Some(taken) = state.twin.store().call(&call).await? else { return Ok(StatusCode::NO_CONTENT) };
    let completed = form.get("TranscriptionStatus") == Some(COMPLETED);
    let text = form.get("TranscriptionText").map(str::trim).filter(|text| completed && !text.is_empty());
    let text: Option<String> = text.map(|text| text.chars().take(MAX_TRANSCRIPT).collect());
    state.twin.transcribed(&arrival(&taken), text.as_deref(), Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The owner's follow-up and the recording's row: of half of it the rest is kept, too.
async fn is_kept(state: &State, call: &Call, recording: Option<&str>) -> Result<bool, Error> {
    if !state.twin.has_voicemail(&arrival(call)).await? {
        return Ok(false);
    }
    match recording.filter(|sid| is_sid(sid)) {
        Some(sid) => Ok(state.twin.store().recording(&call.person, sid).await?.is_some()),
        None => Ok(true),
    }
}

const COMPLETED: &str = "completed";
/// Characters.
const MAX_TRANSCRIPT: usize = 4000;
