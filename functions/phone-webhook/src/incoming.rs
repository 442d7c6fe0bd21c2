//! A call comes in, and its status changes.

use std::time::Duration;

use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout, timeout_at};
use twin::{
    error::Error,
    id::{InteractionId, PersonId},
    identity::{
        Assurance, Caller, Evidence, EvidenceSource, Identity, IdentityKey, Phone, Signature,
        assurance_of_caller, is_attested,
    },
    interaction::{Channel, Outcome},
    routing::{self, CALLS_A_DAY, Handling, Ringing, Routed},
    screening::{self, Reason, Screening, Signs},
    store::{Call, Known, Limit, StoreError},
    twin::{Arrival, CLOSED_WITHIN},
    wire::{
        ticket::{LIFETIME, Ticket},
        trace::Trace,
        twilio::webhook::VoiceRequest,
    },
};

use crate::{
    State,
    answer::{Apology, hang_up, reject, spoken_with, stream, voicemail},
    signed::Signed,
    transfer,
};

/// A caller never waits longer than this for the store, however often it is asked.
pub const DEADLINE: Duration = Duration::from_millis(4500);

const SLOW: &str = "the store is slow";

/// `POST /api/phone/webhook`: Twilio asks what to do with a call.
pub async fn incoming(Extract(state): Extract<State>, Signed { voice, trace, .. }: Signed) -> Response {
    let by = Instant::now() + DEADLINE;
    if voice.to != state.twilio.phone_number.as_str() {
        tracing::warn!(call = %voice.call_sid, "a call to a number that is not ours");
        return unanswered(&state, &voice, by).await;
    }
    // Of a transfer, most often: the owner's telephone passes on what they do not take.
    if matches!(&voice.caller, Caller::Known(phone) if *phone == state.twilio.phone_number) {
        tracing::warn!(call = %voice.call_sid, "a call of ours came back");
        return reject();
    }
    let taken = timeout_at(by, take(&state, (&voice, trace), Timestamp::now())).await;
    let ticket = match taken {
        // A late request about a call whose person was erased begins nothing.
        Ok(Err(StoreError::Erased)) => return hang_up(),
        Ok(Ok(call)) if call.handling == Handling::Refuse => return refuse(&state, &call, by).await,
        Ok(Ok(call)) if call.handling == Handling::TakeMessage => {
            tracing::warn!(call = %call.sid, "there are enough calls of this number");
            Box::pin(note(&state, &call, Outcome::ModelUnavailable, by)).await;
            return unanswered(&state, &voice, by).await;
        }
        Ok(Ok(call)) => match put_through(&state, &call, by).await {
            Some(answer) => return answer,
            None => match timeout_at(by, is_nobodys(&state)).await {
                Ok(true) => return unanswered(&state, &voice, by).await,
                Ok(false) => ticket_until(&state, &call, false, call.at + LIFETIME),
                Err(_) => Err(SLOW.to_owned()),
            },
        },
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(SLOW.to_owned()),
    };
    match ticket {
        Ok(ticket) => stream(&state, &ticket),
        Err(error) => {
            tracing::error!(call = %voice.call_sid, error, "the caller is sent to voicemail");
            unanswered(&state, &voice, by).await
        }
    }
}

/// Nobody talks with them, and they leave a message.
async fn unanswered(state: &State, voice: &VoiceRequest, by: Instant) -> Response {
    voicemail(&state.urls, spoken_with(state, voice, by).await, Apology::NotAvailable)
}

/// Whether nobody has said yet for whom the twin speaks: it takes a message, whoever it will be for.
async fn is_nobodys(state: &State) -> bool {
    let nobodys = matches!(state.twin.introduced().await, Ok(None));
    if nobodys {
        tracing::warn!("a caller leaves a message, because this twin has no owner yet: import a résumé");
    }
    nobodys
}

/// The call's one row: the same for a repeated webhook.
pub async fn take(
    state: &State,
    (voice, trace): (&VoiceRequest, Option<Trace>),
    now: Timestamp,
) -> Result<Call, StoreError> {
    let store = state.twin.store();
    if let Some(known) = store.call(&voice.call_sid).await? {
        return Ok(known);
    }
    let (person, number, level) = caller(state, voice, now).await?;
    let signature = Signature::of(voice.stir_verstat.as_deref());
    let (known, saved, today) = tokio::try_join!(
        store.known(&person),
        store.phone_settings(),
        Box::pin(calls_today(state, number.as_ref(), signature, now))
    )?;
    let named = known.as_ref().is_some_and(|Known { contact, .. }| {
        contact.name.is_some() || contact.company.is_some() || contact.contact_methods.email.is_some()
    });
    let mut screening = if named {
        Screening::of_known(voice.stir_verstat.as_deref())
    } else {
        let seen = (number.as_ref(), voice.stir_verstat.as_deref());
        // Each look-up is paid for: what the line is matters little once there were enough calls.
        let look_up = saved.settings.look_up && today < CALLS_A_DAY;
        // On the heap: most callers are known, and need no room for it.
        Box::pin(screen(state, seen, look_up, now)).await?
    };
    let (line, most) = ((number.as_ref(), signature), saved.settings.calls_at_once);
    let crowded = !store.call_begins(&voice.call_sid, line, most, now).await?;
    let ringing = Ringing {
        number: number.as_ref(),
        level,
        forwarded_from: voice.forwarded_from.as_ref(),
        attested: number.as_ref().is_some_and(|number| is_attested(number, signature)),
        relationship: known.as_ref().map(|known| known.contact.relationship.kind).unwrap_or_default(),
        contacts: known.map_or(0, |known| known.context.metadata.total_interactions),
        named,
        spam: screening.score,
        today,
        crowded,
    };
    let Routed { kind: route, handling } = routing::route(&ringing, &saved.settings, now);
    if handling == Handling::TakeMessage {
        screening.reasons.push(if crowded { Reason::EnoughAtOnce } else { Reason::EnoughToday });
    }
    let interaction = InteractionId::generate(now);
    let call = Call {
        sid: voice.call_sid.clone(),
        person,
        interaction,
        number,
        route,
        handling,
        screening,
        level,
        signature,
        at: now,
        status: voice.status,
        not_taken: false,
        falls_back_at: None,
        fell_back_at: None,
        trace,
    };
    store.take_call(call).await
}

/// Whom a number leads to, and how sure that is; somebody new without one.
async fn caller(
    state: &State,
    voice: &VoiceRequest,
    now: Timestamp,
) -> Result<(PersonId, Option<Phone>, Assurance), StoreError> {
    match &voice.caller {
        Caller::Known(phone) => {
            let identity = resolve(state, phone, now).await?;
            let level = assurance_of_caller(true, identity.is_verified(now), voice.stir_verstat.as_deref());
            Ok((identity.person, Some(phone.clone()), level))
        }
        Caller::Withheld => {
            let person = PersonId::derived(voice.call_sid.as_str()).map_err(|_| StoreError::NotFound)?;
            state.twin.store().create_ephemeral(person.clone(), now).await?;
            Ok((person, None, Assurance::Anonymous))
        }
    }
}

/// Calls of one number, each once it is over; apart by what the network says of them.
pub fn a_day(signature: Signature) -> Limit {
    let name = match signature {
        Signature::Full => "calls_signed_in_full",
        Signature::Partial => "calls_signed_in_part",
        Signature::Gateway => "calls_signed_at_a_gateway",
        Signature::Absent => "calls_not_signed",
        Signature::Failed => "calls_whose_signature_failed",
    };
    Limit { name, most: CALLS_A_DAY, window: SignedDuration::from_hours(24) }
}

async fn calls_today(
    state: &State,
    number: Option<&Phone>,
    signature: Signature,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some(number) = number else { return Ok(0) };
    state.twin.store().taken(&a_day(signature), number.as_str(), now).await
}

/// More calls from one number than these are not a person's.
const OFTEN: Limit = Limit { name: "calls_from_one", most: 3, window: SignedDuration::from_mins(10) };
const VERY_OFTEN: Limit =
    Limit { name: "many_calls_from_one", most: 10, window: SignedDuration::from_hours(1) };
/// Each number counts once for its block.
const FIRST: Limit = Limit { name: "first_call_from_one", most: 1, window: SignedDuration::from_hours(1) };
const ROTATING: Limit = Limit { name: "numbers_of_a_block", most: 5, window: SignedDuration::from_hours(1) };
/// Whoever calls does not wait longer for what their line is.
const LOOKED_UP_WITHIN: Duration = Duration::from_millis(1200);

/// What speaks against a stranger's call.
async fn screen(
    state: &State,
    (number, stir_verstat): (Option<&Phone>, Option<&str>),
    look_up: bool,
    now: Timestamp,
) -> Result<Screening, StoreError> {
    let own = &state.twilio.phone_number;
    let mut signs =
        Signs { number, own, stir_verstat, line: None, often: false, very_often: false, rotating: false };
    if let Some(number) = number {
        let store = state.twin.store();
        let who = number.as_str();
        let (often, very_often, first) = tokio::try_join!(
            store.take(&OFTEN, who, 1, now),
            store.take(&VERY_OFTEN, who, 1, now),
            store.take(&FIRST, who, 1, now),
        )?;
        let block = screening::block(number);
        let rotating = first.is_ok() && store.take(&ROTATING, block, 1, now).await?.is_err();
        (signs.often, signs.very_often, signs.rotating) = (often.is_err(), very_often.is_err(), rotating);
        if look_up {
            signs.line = match timeout(LOOKED_UP_WITHIN, state.telephony.line(number)).await {
                Ok(Ok(line)) => line,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a line is not looked up");
                    None
                }
                Err(_) => None,
            };
        }
    }
    Ok(Screening::of(&signs))
}

async fn resolve(state: &State, phone: &Phone, now: Timestamp) -> Result<Identity, StoreError> {
    let evidence = Evidence::new(EvidenceSource::CallerId, now, None);
    state.twin.store().resolve(IdentityKey::Phone(phone.clone()), evidence, now).await
}

/// To the owner at once, if this call is to be. `None`: the twin takes it.
async fn put_through(state: &State, call: &Call, by: Instant) -> Option<Response> {
    if call.handling != Handling::PutThrough {
        return None;
    }
    let through = async {
        let settings = state.twin.phone_settings().await?;
        let Some(line) = &settings.owner_line else { return Ok(None) };
        transfer::put_through(state, call, line).await.map(Some)
    };
    match timeout_at(by, through).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(call = %call.sid, %error, "a call is not put through");
            None
        }
        Err(_) => None,
    }
}

/// Not answered.
async fn refuse(state: &State, call: &Call, by: Instant) -> Response {
    note(state, call, Outcome::Screened, by).await;
    reject()
}

/// Nobody talks with them: the owner sees that they called, and why it was so.
async fn note(state: &State, call: &Call, outcome: Outcome, by: Instant) {
    let (arrival, now) = (arrival(call), Timestamp::now());
    let noted = async {
        state.twin.open(&arrival, now).await?;
        state.twin.screened(&arrival, &call.screening, now).await?;
        state.twin.close(&call.person, &call.interaction, outcome, now).await
    };
    match timeout_at(by, noted).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(call = %call.sid, %error, "a call is not noted"),
        Err(_) => tracing::error!(call = %call.sid, "the store is slow: a call is not noted"),
    }
}

/// A conversation of this call.
pub fn arrival(call: &Call) -> Arrival {
    Arrival {
        person: call.person.clone(),
        interaction: call.interaction.clone(),
        channel: Channel::Phone,
        call_sid: Some(call.sid.clone()),
        host: None,
        route: call.route,
        level: call.level,
    }
}

/// A function of the row alone, so that a repeated webhook gets the same document.
pub fn ticket_until(
    state: &State,
    call: &Call,
    not_taken: bool,
    expires: Timestamp,
) -> Result<String, String> {
    let ticket = Ticket {
        call: call.sid.clone(),
        person: call.person.clone(),
        interaction: call.interaction.clone(),
        route: call.route,
        level: call.level,
        not_taken,
        challenged: call.handling == Handling::Challenge,
        trace: call.trace.clone(),
        expires,
    };
    state.tickets.sign(&ticket).map_err(|error| error.to_string())
}

/// `POST /api/phone/status`: forward only. A call that is over gives the relay a moment to close its
/// conversation; if it does not, the sweep will.
pub async fn status(
    Extract(state): Extract<State>,
    Signed { voice, .. }: Signed,
) -> Result<StatusCode, Error> {
    let store = state.twin.store();
    let call = match store.call(&voice.call_sid).await {
        Ok(Some(call)) => call,
        Ok(None) | Err(StoreError::Erased) => return Ok(StatusCode::NO_CONTENT),
        Err(error) => return Err(error.into()),
    };
    let advanced = store.advance_call(&call.sid, voice.status).await?;
    if voice.status.is_final() {
        let now = Timestamp::now();
        store.hasten_close(&call.person, &call.interaction, now + CLOSED_WITHIN).await?;
        // Also if it was noted before: whoever noted it may have got no further.
        if !voice.outbound {
            store.call_is_over(&call).await?;
        }
        if let Some(number) = call.number.as_ref().filter(|_| advanced && !voice.outbound) {
            store.correct(&a_day(call.signature), number.as_str(), 1, now).await?;
        }
    }
    tracing::info!(call = %call.sid, interaction = %call.interaction, status = ?voice.status, advanced, "call status");
    Ok(StatusCode::NO_CONTENT)
}
