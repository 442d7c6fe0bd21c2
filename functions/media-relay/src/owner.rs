//! The owner, who may be asked to take a call over: rung beside the conversation, which goes on meanwhile.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use twin::{
    id::CallSid,
    tools::PhoneEffect,
    transfer,
    twin::{Acted, Session},
};

use crate::State;

/// The store tells how it goes: the owner's answer comes to the webhook.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longer than it rings and they may think.
const DECIDES_WITHIN: Duration = Duration::from_secs(45);

/// What a tool brings with it, once its action is stored. What does not work, the model is told.
pub async fn done(state: &State, session: &Session, call: &CallSid, acted: Acted) -> Acted {
    let (through, now) = ((&state.telephony, state.urls.base.as_str()), Timestamp::now());
    let problem = match &acted.effect {
        None | Some(PhoneEffect::Press(_)) => return acted,
        Some(PhoneEffect::RingOwner { reason }) => {
            match state.twin.ring_owner(session, (call, reason), through, now).await {
                Ok(transfer::State::Ringing) => return acted,
                Ok(other) => other.told(),
                Err(error) => {
                    tracing::error!(%call, %error, "the owner is not rung");
                    transfer::State::Failed.told()
                }
            }
        }
        Some(PhoneEffect::Record(step)) => {
            match state.twin.record(session, (call, *step), through, now).await {
                Ok(()) => return acted,
                Err(error) => {
                    tracing::error!(%call, ?step, %error, "a recording does not do what it should");
                    step.problem()
                }
            }
        }
    };
    Acted::says(json!({ "error": problem }), false)
}

/// What the owner decides, at the latest when they would have.
pub async fn decides(state: State, session: Arc<Session>) -> transfer::State {
    let looks = async {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            match state.twin.store().transfer(&session.person, &session.interaction).await {
                Ok(Some(transfer)) if !transfer.state.is_final() => {}
                Ok(Some(transfer)) => return transfer.state,
                Ok(None) => return transfer::State::Failed,
                Err(error) => {
                    tracing::warn!(interaction = %session.interaction, %error, "a transfer was not read");
                }
            }
        }
    };
    tokio::time::timeout(DECIDES_WITHIN, looks).await.unwrap_or(transfer::State::Unanswered)
}
