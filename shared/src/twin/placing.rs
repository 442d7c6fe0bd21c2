//! Calls of the twin's own are placed when their time has come, with a stored intent, if they still may be.

use jiff::{SignedDuration, Timestamp};

use super::{
    TALKS_FOR, Twin,
    dialling::{ANSWERED, DETECTED, PROGRESS, Through},
    ringing::rings,
};
use crate::{
    audit::{Act, Actor, Line},
    clients::twilio::{NewCall, RestError, TwilioRest},
    consent::{self, Matter},
    error::Error,
    id::{DialId, InteractionId, PersonId},
    identity::IdentityKey,
    interaction::Outcome,
    outbound::{self, Attempt, Callee, Dial, Next, Policy, Refusal, State},
    store::{Limit, LocalDay, StoreError},
};

/// In seconds: less than most boxes take to answer would reach nobody, more would bother them.
const RINGS_FOR: u32 = 30;
/// In seconds: the relay ends a talk with the twin long before, and the owner may have taken it over then.
const LASTS_FOR: u32 = 45 * 60 + TALKS_FOR;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What could not be looked up, or was refused for now, is tried again after this.
const LATER: SignedDuration = SignedDuration::from_mins(15);
const ENOUGH: &str = "there were enough calls today";
const NOT_LOOKED_UP: &str = "it could not be looked up whether the number is still theirs";

impl Twin {
    /// Places a call whose time has come. Again, or too early, it changes nothing.
    pub async fn place(
        &self,
        person: &PersonId,
        id: &DialId,
        through: Through<'_>,
        now: Timestamp,
    ) -> Result<Dial, Error> {
        let dial = self.store.dial(person, id).await?.ok_or(Error::NotFound)?;
        if dial.state != State::Planned || dial.due_at > now || self.is_stopped().await? {
            return Ok(dial);
        }
        let mut dial = match self.permitted(dial, through.0, now).await? {
            Ok(dial) => dial,
            Err(not_now) => return self.moved(not_now, now).await,
        };
        let line = Line::new(Actor::Twin, Act::CallPlaced, now).about(&dial.person).within(&dial.id);
        self.audit(line).await?;
        let interaction = InteractionId::generate(now);
        dial.attempts.push(Attempt {
            interaction: interaction.clone(),
            at: now,
            call: None,
            detected: None,
            outcome: None,
        });
        dial.state = State::Dialling;
        dial.problem = None;
        let called = dial.person.clone();
        let dial = match self.store.save_dial(dial, now).await {
            // Somebody else places it.
            Err(StoreError::Conflict) => {
                self.uncounted_call(&called, now).await?;
                return self.store.dial(person, id).await?.ok_or(Error::NotFound);
            }
            saved => saved?,
        };
        let of = format!("attempt={interaction}&dial={}&person={}", dial.id, dial.person);
        let (telephony, base) = through;
        let placed = telephony
            .create_call(&NewCall {
                to: &dial.number,
                url: &format!("{base}{ANSWERED}?{of}"),
                status_callback: &format!("{base}{PROGRESS}?{of}"),
                detected: Some(&format!("{base}{DETECTED}?{of}")),
                rings_for: RINGS_FOR,
                lasts_for: LASTS_FOR,
            })
            .await;
        match placed {
            Ok(call) => {
                let rings = |dial: &mut Dial| rings(dial, &interaction, &call);
                Ok(self.change(person, id, now, rings).await?.unwrap_or(dial))
            }
            Err(error) => self.not_placed(dial, &interaction, &error, now).await,
        }
    }

    /// Twilio has not taken it, or did not say so: what may have been placed is not placed again.
    async fn not_placed(
        &self,
        dial: Dial,
        interaction: &InteractionId,
        error: &RestError,
        now: Timestamp,
    ) -> Result<Dial, Error> {
        tracing::error!(dial = %dial.id, %error, "a call is not placed");
        let (outcome, next) = match error {
            RestError::NotReached | RestError::Refused(429 | 500..) => {
                (Some(Outcome::NotReached), State::Planned)
            }
            RestError::Refused(_) | RestError::Gone => (Some(Outcome::NotReached), State::Refused),
            _ => (None, State::Unknown),
        };
        let problem = error.to_string();
        let change = |dial: &mut Dial| {
            // What is heard of it meanwhile is more than this.
            let Some(attempt) = dial.under_way(interaction).filter(|attempt| attempt.call.is_none()) else {
                return false;
            };
            attempt.outcome = outcome;
            dial.problem = Some(problem.clone());
            dial.state = match outbound::after(Outcome::NotReached, dial.attempts.len()) {
                Next::Again(wait) if next == State::Planned => {
                    dial.due_at = now + wait;
                    next
                }
                _ if next == State::Planned => State::GivenUp,
                _ => next,
            };
            true
        };
        Ok(self.change(&dial.person, &dial.id, now, change).await?.unwrap_or(dial))
    }

    /// The outer error: it cannot be told now. The inner one: it is not placed now, and why.
    async fn permitted(
        &self,
        mut dial: Dial,
        telephony: &TwilioRest,
        now: Timestamp,
    ) -> Result<Result<Dial, Dial>, Error> {
        let later = |dial: &mut Dial, at: Timestamp, problem: Option<&str>| {
            dial.due_at = at;
            dial.problem = problem.map(ToOwned::to_owned);
        };
        match self.earliest(&dial.person, &dial.number, telephony.number(), now).await? {
            Ok(at) if at <= now => {}
            Ok(at) => {
                later(&mut dial, at, None);
                return Ok(Err(dial));
            }
            Err(refusal) => {
                (dial.state, dial.problem) = (State::Refused, Some(refusal.to_string()));
                return Ok(Err(dial));
            }
        }
        let key = IdentityKey::Phone(dial.number.clone());
        if self.store.contact(&dial.person).await?.is_some_and(|contact| contact.refuses(&key)) {
            (dial.state, dial.problem) = (State::Refused, Some(Refusal::Untied.to_string()));
            return Ok(Err(dial));
        }
        match self.is_reassigned(&dial, telephony, now).await? {
            Some(false) => {}
            Some(true) => {
                (dial.state, dial.problem) = (State::Refused, Some(Refusal::Reassigned.to_string()));
                return Ok(Err(dial));
            }
            None => {
                later(&mut dial, now + LATER, Some(NOT_LOOKED_UP));
                return Ok(Err(dial));
            }
        }
        if let Some(until) = self.enough(&dial.person, &self.phone_settings().await?.outbound, now).await? {
            later(&mut dial, until, Some(ENOUGH));
            return Ok(Err(dial));
        }
        Ok(Ok(dial))
    }

    /// Takes one of the day's calls; if there is none left, until when.
    async fn enough(
        &self,
        person: &PersonId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let (each, all, day) = (calls_to_one(policy), calls_of_all(policy), self.owners_day(now).await?);
        if let Err(until) = self.store.take(&each, person.as_str(), 1, day).await? {
            return Ok(Some(until));
        }
        let taken = self.store.take(&all, "owner", 1, day).await?;
        if taken.is_err() {
            // They are not called, so it is none of theirs.
            self.store.correct(&each, person.as_str(), -1, day).await?;
        }
        Ok(taken.err())
    }

    /// It was placed by somebody else, who counted it, too.
    async fn uncounted_call(&self, person: &PersonId, now: Timestamp) -> Result<(), Error> {
        let settings = self.phone_settings().await?;
        let (each, all) = (calls_to_one(&settings.outbound), calls_of_all(&settings.outbound));
        let day = self.owners_day(now).await?;
        self.store.correct(&each, person.as_str(), -1, day).await?;
        Ok(self.store.correct(&all, "owner", -1, day).await?)
    }

    async fn owners_day(&self, now: Timestamp) -> Result<LocalDay, Error> {
        Ok(LocalDay::of(now, &self.store.follow_up_settings().await?.settings.zone()))
    }

    /// `None`: Twilio does not say.
    async fn is_reassigned(
        &self,
        dial: &Dial,
        telephony: &TwilioRest,
        now: Timestamp,
    ) -> Result<Option<bool>, Error> {
        let consents = self.store.contact_consents(&dial.person).await?;
        let consent = consent::standing(&consents, Matter::OutboundCalls).map(|it| (it.given, it.at));
        let callee = Callee { number: &dial.number, own: telephony.number(), blocked: false, consent };
        let Some((_, since)) = consent.filter(|_| outbound::may_be_reassigned(&callee, now)) else {
            return Ok(Some(false));
        };
        match telephony.is_reassigned(&dial.number, since).await {
            Ok(reassigned) => Ok(Some(reassigned)),
            Err(error) => {
                tracing::warn!(dial = %dial.id, %error, "a number is not looked up");
                Ok(None)
            }
        }
    }
}

/// Calls to one person on a day of the owner's.
fn calls_to_one(policy: &Policy) -> Limit {
    Limit { name: "calls_to_one", most: policy.a_day_each.into(), window: DAY }
}

/// All calls on one.
pub(super) fn calls_of_all(policy: &Policy) -> Limit {
    Limit { name: "calls_placed", most: policy.a_day.into(), window: DAY }
}
