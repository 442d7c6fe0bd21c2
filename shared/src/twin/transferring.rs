//! Putting a caller through to the owner: rung with a stored intent, accepted with a key, and settled once.

use jiff::Timestamp;
use serde_json::json;

use super::{Acted, OnCall, Session, Twin};
use crate::{
    clients::twilio::{NewCall, TwilioRest},
    error::Error,
    id::{CallSid, InteractionId, PersonId},
    interaction::Action,
    recording::Step,
    store::StoreError,
    tools::PhoneEffect,
    transfer::{Manner, State, Transfer},
};

/// How long the owner's telephone rings, in seconds.
pub const RINGS_FOR: u32 = 20;

/// How long the owner and whoever called may talk, in seconds.
pub const TALKS_FOR: u32 = 2 * 60 * 60;

/// Where Twilio asks what the owner hears, and tells how their call ends: below the public URL, with the caller's call.
pub const OWNER: &str = "/api/phone/transfer/owner";
pub const ENDED: &str = "/api/phone/transfer/status";

impl Twin {
    /// What a tool brings with it, once its action is stored. What does not work, the model is told.
    pub async fn brought_about(
        &self,
        session: &Session,
        phone: OnCall<'_>,
        acted: Acted,
        now: Timestamp,
    ) -> Acted {
        let OnCall { telephony, base, call } = phone;
        let problem = match &acted.effect {
            None | Some(PhoneEffect::Press(_)) => return acted,
            Some(PhoneEffect::RingOwner { reason }) => {
                match self.ring_owner(session, (call, reason), (telephony, base), now).await {
                    Ok(State::Ringing) => return acted,
                    Ok(other) => other.told(),
                    Err(error) => {
                        tracing::error!(%call, %error, "the owner is not rung");
                        State::Failed.told()
                    }
                }
            }
            Some(PhoneEffect::Record(step)) => {
                match self.record(session, (call, *step), (telephony, base), now).await {
                    Ok(()) => return acted,
                    Err(error) => {
                        tracing::error!(%call, ?step, %error, "a recording does not do what it should");
                        self.not_recorded_so(session, *step, now).await;
                        step.problem()
                    }
                }
            }
        };
        Acted::says(json!({ "error": problem }), false)
    }

    /// What was wanted of a recording stands in the timeline already: so does then that it is not so.
    async fn not_recorded_so(&self, session: &Session, step: Step, now: Timestamp) {
        let key = format!("recording-failed-{}", now.as_millisecond());
        let action = Some(Action::RecordingFailed { step });
        let (person, interaction) = (&session.person, &session.interaction);
        let output = json!({ "error": step.problem() });
        if let Err(error) = self.store.act(person, interaction, &key, action, &output, None, &[], now).await {
            tracing::error!(%interaction, %error, "the timeline says of a recording what is not so");
        }
    }

    /// Rings the owner about a call that goes on meanwhile. How it ends stands in the store.
    pub async fn ring_owner(
        &self,
        session: &Session,
        (call, reason): (&CallSid, &str),
        (telephony, base_url): (&TwilioRest, &str),
        now: Timestamp,
    ) -> Result<State, Error> {
        let settings = self.phone_settings().await?;
        let Some(line) = &settings.owner_line else { return Ok(State::Failed) };
        if self.is_stopped().await? {
            return Ok(State::Failed);
        }
        let about = (&session.person, &session.interaction);
        let transfer = Transfer::new(call, about, Manner::Warm, reason, now);
        if !self.store.begin_transfer(&transfer).await? {
            return Ok(State::Ringing);
        }
        let ringing = telephony
            .create_call(&NewCall {
                to: line,
                url: &format!("{base_url}{OWNER}?call={call}"),
                status_callback: &format!("{base_url}{ENDED}?call={call}"),
                detected: None,
                rings_for: RINGS_FOR,
                lasts_for: TALKS_FOR,
            })
            .await;
        match ringing {
            Ok(leg) => {
                tracing::info!(%call, owner = %leg, "the owner is rung");
                Ok(State::Ringing)
            }
            Err(error) => {
                tracing::error!(%call, %error, "the owner cannot be rung");
                self.settle_transfer(transfer, State::Ringing, State::Failed, now).await?;
                Ok(State::Failed)
            }
        }
    }

    /// Moves a transfer on, and writes its end into the timeline. `false`: it had moved already.
    pub async fn settle_transfer(
        &self,
        transfer: Transfer,
        from: State,
        to: State,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let next = Transfer { state: to, ..transfer };
        if !self.store.move_transfer(&next, from).await? {
            return Ok(false);
        }
        let key = format!("transfer-{}-{}", next.at.as_millisecond(), to.words().replace(' ', "-"));
        let action = Some(Action::TransferEnded { state: to });
        let told = json!({ "told": to.told() });
        let (person, interaction) = (&next.person, &next.interaction);
        match self.store.act(person, interaction, &key, action, &told, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the owner has taken this conversation over.
    pub(super) async fn is_taken_over(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
    ) -> Result<bool, Error> {
        let transfer = self.store.transfer(person, interaction).await?;
        Ok(transfer.is_some_and(|transfer| transfer.state == State::Accepted))
    }
}
