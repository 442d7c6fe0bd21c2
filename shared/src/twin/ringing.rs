//! A call of the twin's own goes on as Twilio tells it: it rings, somebody or something picks up, and what follows once it
//! is over.

use jiff::Timestamp;

use super::{Arrival, CLOSED_WITHIN, MAX_CONFLICTS, Twin, privacy::unless_erased};
use crate::{
    error::Error,
    follow_up::{Content, FollowUp, News, State as FollowUpState},
    id::{CallSid, DialId, InteractionId, PersonId},
    identity::Assurance,
    interaction::{Channel, Interaction, Status},
    outbound::{self, By, Detected, Dial, Next, State, Words, unanswered},
    routing::RouteKind,
    store::{Known, StoreError},
    wire::twilio::webhook::CallStatus,
};

impl Twin {
    /// Somebody, or something, has picked up. `None`: it is not under way any more, and the call is to end.
    pub async fn picked_up(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        call: &CallSid,
        now: Timestamp,
    ) -> Result<Option<(Dial, RouteKind)>, Error> {
        let mut is_under_way = false;
        let answered = |dial: &mut Dial| {
            let attempt = dial.under_way(interaction);
            // Each time that it is tried: it may have ended meanwhile.
            is_under_way = attempt.is_some();
            let Some(attempt) = attempt else { return false };
            attempt.call = Some(call.clone());
            dial.state = State::Answered;
            true
        };
        let dial = self.change(person, id, now, answered).await?;
        let Some(dial) = dial.filter(|_| is_under_way) else { return Ok(None) };
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        Ok(Some((dial, route(&known))))
    }

    /// What Twilio takes whoever picked up for: the relay, which speaks with them, looks for it.
    pub async fn detected(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        detected: Detected,
        now: Timestamp,
    ) -> Result<(), Error> {
        let note = |dial: &mut Dial| match dial.under_way(interaction) {
            Some(attempt) if attempt.detected.is_none() => {
                attempt.detected = Some(detected);
                true
            }
            _ => false,
        };
        self.change(person, id, now, note).await?;
        Ok(())
    }

    /// How a call goes, as Twilio tells it. One that nobody answered is a conversation that did not come about.
    pub async fn progressed(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        (call, status): (&CallSid, CallStatus),
        now: Timestamp,
    ) -> Result<(), Error> {
        let rings = |dial: &mut Dial| rings(dial, interaction, call);
        let Some(mut dial) = self.change(person, id, now, rings).await? else { return Ok(()) };
        let Some(outcome) = unanswered(status).filter(|_| dial.under_way(interaction).is_some()) else {
            return Ok(());
        };
        match self.store.interaction(person, interaction).await? {
            Some(open) if open.status == Status::Open => {
                self.store.hasten_close(person, interaction, now + CLOSED_WITHIN).await?;
            }
            Some(_) => {}
            None => {
                let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
                let arrival = Arrival {
                    person: person.clone(),
                    interaction: interaction.clone(),
                    channel: Channel::Phone,
                    call_sid: Some(call.clone()),
                    host: None,
                    route: route(&known),
                    level: Assurance::Claimed,
                };
                self.open(&arrival, now).await?;
                self.close(person, interaction, outcome, now).await?;
            }
        }
        Ok(())
    }

    /// What a call of ours is about, in the words for whoever cannot be talked with. `None` if it is not ours.
    pub async fn calls_about(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
    ) -> Result<Option<Words>, Error> {
        let (dial, known) =
            tokio::try_join!(self.store.dial_of(person, interaction), self.store.known(person))?;
        let (Some(dial), Some(known)) = (dial, known) else { return Ok(None) };
        let words = self.phone_settings().await?.owners_words();
        let owner = self.persona().await?;
        Ok(Some(dial.words(&owner.persona.core.name, &known.contact, words).1))
    }

    /// A conversation that was a call of ours is over: what follows.
    pub(super) async fn dial_over(&self, closed: &Interaction, now: Timestamp) -> Result<(), Error> {
        let (Some(id), Some(outcome)) = (&closed.dial, closed.outcome) else { return Ok(()) };
        let over = |dial: &mut Dial| {
            let Some(attempt) = dial.under_way(&closed.id) else { return false };
            attempt.outcome = Some(outcome);
            dial.state = match outbound::after(outcome, dial.attempts.len()) {
                Next::Done => State::Done,
                Next::GiveUp => State::GivenUp,
                Next::Again(wait) => {
                    dial.due_at = now + wait;
                    State::Planned
                }
            };
            true
        };
        let Some(dial) = self.change(&closed.person, id, now, over).await? else { return Ok(()) };
        tracing::info!(dial = %dial.id, state = dial.state.words(), ?outcome, "a call of ours is over");
        if dial.state == State::Done && dial.asked_by == By::Person {
            self.settled_by_call(&closed.person, &dial.number, now).await;
        }
        if dial.state != State::GivenUp {
            return Ok(());
        }
        let tries = dial.attempts.len();
        let message = format!("I could not reach them about {} (calls: {tries}).", dial.purpose);
        let (content, reason) =
            (Content::news(News::Unreached, message), "a call did not reach them".to_owned());
        let told = FollowUp::new(closed, "call-given-up", content, FollowUpState::Approved, reason, now);
        match told {
            Some(told) => unless_erased(self.store.add_follow_up(&told).await),
            None => Ok(()),
        }
    }

    /// What the sweep does about one that is due.
    pub(super) async fn swept_dial(&self, dial: Dial, now: Timestamp) -> Result<(), Error> {
        let Some(attempt) = dial.attempts.last().filter(|_| dial.state != State::Planned) else {
            self.queue_dial(&dial).await;
            return Ok(());
        };
        let held = self.store.interaction(&dial.person, &attempt.interaction).await?;
        if let Some(closed) = held.filter(|held| held.outcome.is_some()) {
            return self.dial_over(&closed, now).await;
        }
        tracing::warn!(dial = %dial.id, "a call never told how it ended");
        self.moved(Dial { state: State::Unknown, ..dial }, now).await?;
        Ok(())
    }

    pub(super) async fn moved(&self, dial: Dial, now: Timestamp) -> Result<Dial, Error> {
        match self.store.save_dial(dial.clone(), now).await {
            // It has moved on meanwhile.
            Err(StoreError::Conflict) => Ok(dial),
            saved => Ok(saved?),
        }
    }

    /// Changes a call under its version; `change` says whether there is anything to write. `None`: there is no such call.
    pub(super) async fn change(
        &self,
        person: &PersonId,
        id: &DialId,
        now: Timestamp,
        mut change: impl FnMut(&mut Dial) -> bool,
    ) -> Result<Option<Dial>, Error> {
        for _ in 0..MAX_CONFLICTS {
            let Some(mut dial) = self.store.dial(person, id).await? else { return Ok(None) };
            if !change(&mut dial) {
                return Ok(Some(dial));
            }
            match self.store.save_dial(dial, now).await {
                Ok(saved) => return Ok(Some(saved)),
                Err(StoreError::Conflict) => {}
                Err(StoreError::Erased) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }
}

/// Twilio has it: also when its answer to that got lost.
pub(super) fn rings(dial: &mut Dial, interaction: &InteractionId, call: &CallSid) -> bool {
    let Some(attempt) = dial.under_way(interaction).filter(|attempt| attempt.call.is_none()) else {
        return false;
    };
    attempt.call = Some(call.clone());
    if matches!(dial.state, State::Dialling | State::Unknown) {
        dial.state = State::Ringing;
    }
    true
}

/// How such a call is taken: by what is known of whoever is called.
fn route(known: &Known) -> RouteKind {
    RouteKind::of(known.contact.relationship.kind).unwrap_or(RouteKind::KnownPerson)
}
