//! The phone as its owner sets it up, and the route of a call that changes.

use std::sync::Arc;

use garde::Validate as _;
use jiff::Timestamp;
use serde_json::json;

use super::{Arrival, Rerouted, Session, Twin};
use crate::{
    analytics::Mark,
    call::latency::{Percentiles, Wait},
    contact::RelationshipKind,
    error::Error,
    id::{CallSid, InteractionId, PersonId},
    identity::Phone,
    interaction::{Action, Channel, Cost, Intent, Meter, Speaker},
    language::Language,
    routing::{
        RouteKind,
        settings::{PhoneSettings, SavedSettings},
    },
    screening::{self, Recovered, Screening},
    store::{Call, StoreError},
};

const NO_NUMBER: &str = "whoever called told no number, so there is none to let through";

impl Twin {
    /// What the owner decided about the phone, at most a minute ago.
    pub async fn phone_settings(&self) -> Result<Arc<PhoneSettings>, Error> {
        let read = async {
            let saved = self.store.phone_settings().await?;
            Ok::<_, Error>((saved.version, saved.settings))
        };
        self.phone.or_read(read).await
    }

    /// What is spoken in a call: as it turned out in it, else as they spoke last, else as where the number belongs. A call
    /// that the twin placed begins in the owner's language. `caller`: as it shows, for a call that is not known.
    pub async fn spoken_in(&self, call: &CallSid, caller: Option<&Phone>) -> Result<Language, Error> {
        let settings = self.phone_settings().await?;
        if settings.languages.len() < 2 {
            return Ok(settings.spoken_with(None, None).language);
        }
        let taken = match self.store.call(call).await {
            Err(StoreError::Erased) => None,
            taken => taken?,
        };
        let Some(call) = taken else { return Ok(settings.spoken_with(caller, None).language) };
        let (person, interaction) = (&call.person, &call.interaction);
        let (known, dial, turns) = tokio::try_join!(
            self.store.known(person),
            self.store.dial_of(person, interaction),
            self.store.turns(person, interaction),
        )?;
        let number = call.number.as_ref().filter(|_| dial.is_none());
        let last = number.and(known).and_then(|known| known.context.speaks());
        let said = turns.iter().filter(|turn| turn.speaker == Speaker::Person);
        Ok(settings.spoken_with(number, last).after(said.map(|turn| turn.text.as_str())).language)
    }

    /// Saves settings in place of the version that was read. `Invalid` says which field is wrong; `Conflict`: there is
    /// another version meanwhile.
    pub async fn replace_phone_settings(
        &self,
        settings: &PhoneSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedSettings, Error> {
        let wrong = |report: garde::Report| Error::Invalid(report.to_string().trim().replace('\n', "; "));
        settings.validate().map_err(wrong)?;
        let saved = self.store.save_phone_settings(settings, version, now).await?;
        self.phone.put(saved.version, saved.settings.clone());
        Ok(saved)
    }

    /// What spoke against a call: it is not answered, or asked who calls, or a known number is not theirs.
    pub async fn screened(
        &self,
        arrival: &Arrival,
        screening: &Screening,
        now: Timestamp,
    ) -> Result<(), Error> {
        let action = Some(Action::CallScreened { screening: screening.clone() });
        let (person, interaction) = (&arrival.person, &arrival.interaction);
        match self.store.act(person, interaction, "screening", action, &json!({}), None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict | StoreError::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The number of a call that was taken for spam is never taken for it again, and not blocked either.
    pub async fn allow_caller(&self, call: &CallSid, now: Timestamp) -> Result<SavedSettings, Error> {
        let taken = match self.store.call(call).await {
            Err(StoreError::Erased) => None,
            taken => taken?,
        };
        let call = taken.ok_or(Error::NotFound)?;
        let number = call.number.clone().ok_or_else(|| Error::Invalid(NO_NUMBER.to_owned()))?;
        let SavedSettings { version, mut settings, .. } = self.store.phone_settings().await?;
        settings.blocked.retain(|blocked| *blocked != number);
        if !settings.allowed.contains(&number) {
            settings.allowed.push(number);
        }
        let saved = self.replace_phone_settings(&settings, version, now).await?;
        self.recovered(&call, now).await?;
        Ok(saved)
    }

    /// A call that was taken for spam was none: it is counted, once.
    async fn recovered(&self, call: &Call, now: Timestamp) -> Result<(), Error> {
        let held = self.store.interaction(&call.person, &call.interaction).await?;
        let Some(held) = held.filter(|held| Mark::Spam.holds(held)) else { return Ok(()) };
        let recovered = Recovered {
            relationship: held.relationship(),
            person: held.person,
            interaction: held.id,
            call: call.sid.clone(),
            began_at: held.started_at,
            at: now,
        };
        match self.store.recover(&recovered).await {
            Ok(()) | Err(StoreError::Conflict | StoreError::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What somebody who was asked who calls says first may be an advertisement: it is taken so from then on. Nobody who is
    /// known is, and nobody against whom nothing else speaks: who asks for rates may want to pay them.
    pub async fn first_words(
        &self,
        session: &Session,
        said: &str,
        now: Timestamp,
    ) -> Result<Option<Rerouted>, Error> {
        let classified = || self.brain.determine_intent(said, "").intent == Intent::Spam;
        if !screening::advertises(said, classified) {
            return Ok(None);
        }
        let Some(known) = self.store.known(&session.person).await? else { return Ok(None) };
        let contact = &known.contact;
        let is_familiar = contact.name.is_some()
            || contact.contact_methods.email.is_some()
            || contact.relationship.kind != RelationshipKind::Unknown;
        if is_familiar {
            return Ok(None);
        }
        let action = Some(Action::CallRouted { route: RouteKind::Spam });
        let (person, interaction) = (&session.person, &session.interaction);
        match self.store.act(person, interaction, "first-words", action, &json!({}), None, &[], now).await {
            Ok(()) => Ok(self.rerouted(session, Some(RouteKind::Spam), now).await),
            Err(StoreError::Conflict | StoreError::Erased) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Nobody talks with them any more: unless they were put through to the owner the call counts no longer among those that
    /// go on at once. Twilio's word of its end may never come, and changes nothing after this.
    pub async fn let_go(
        &self,
        call: &CallSid,
        (person, interaction): (&PersonId, &InteractionId),
    ) -> Result<(), Error> {
        if self.is_taken_over(person, interaction).await? {
            return Ok(());
        }
        match self.store.call(call).await {
            Ok(Some(call)) => Ok(self.store.call_is_over(&call).await?),
            Ok(None) | Err(StoreError::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// How long the caller waited, noted in the timeline before the conversation is closed.
    pub async fn timed(&self, session: &Session, waits: &[Wait], now: Timestamp) -> Result<(), Error> {
        let of = |which: fn(&Wait) -> u64| Percentiles::of(waits.iter().map(which));
        let (Some(audio), Some(heard)) = (of(|wait| wait.first_audio), of(|wait| wait.heard)) else {
            return Ok(());
        };
        let timed = Action::TurnsTimed {
            turns: u32::try_from(waits.len()).unwrap_or(u32::MAX),
            first_audio_p50_ms: audio.p50,
            first_audio_p95_ms: audio.p95,
            heard_p50_ms: heard.p50,
            heard_p95_ms: heard.p95,
        };
        let (person, interaction) = (&session.person, &session.interaction);
        let output = json!({});
        match self.store.act(person, interaction, "latency", Some(timed), &output, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict | StoreError::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is paid by its time, noted once, before the conversation is closed or behind it: then its cost is the more.
    pub async fn metered(
        &self,
        (person, interaction): (&PersonId, &InteractionId),
        meter: Meter,
        seconds: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        // Plain data always has a name.
        let key = format!("metered-{meter:?}").to_lowercase();
        let (metered, more) = (Action::Metered { meter, seconds }, Cost::with_owner(meter, seconds));
        let noted = if more == Cost::default() {
            let output = json!({});
            let noted =
                self.store.act(person, interaction, &key, Some(metered), &output, None, &[], now).await;
            match noted {
                Err(StoreError::Conflict) => Ok(()),
                noted => noted,
            }
        } else {
            self.store.meter((person, interaction), &key, metered, more, now).await
        };
        match noted {
            Err(StoreError::Erased) => Ok(()),
            noted => Ok(noted?),
        }
    }

    /// The conversation may have found out what kind it is: stored, and what a model is told from now on.
    pub(super) async fn rerouted(
        &self,
        session: &Session,
        route: Option<RouteKind>,
        now: Timestamp,
    ) -> Option<Rerouted> {
        match self.reroute(session, route?, now).await {
            Ok(rerouted) => Some(rerouted),
            Err(error) => {
                tracing::warn!(interaction = %session.interaction, %error, "a conversation goes on as it was");
                None
            }
        }
    }

    async fn reroute(&self, session: &Session, route: RouteKind, now: Timestamp) -> Result<Rerouted, Error> {
        self.store.reroute(&session.person, &session.interaction, route).await?;
        let known = self.store.known(&session.person).await?;
        let channel = session.channel;
        let dial = match channel {
            Channel::Phone => self.store.dial_of(&session.person, &session.interaction).await?,
            Channel::Chat | Channel::Voice => None,
        };
        let with = (dial.as_ref(), session.briefing.number.clone());
        let (persona, known) = (self.persona().await?, (known.as_ref(), session.level));
        let briefing = self.briefing(&persona.persona, (channel, route), known, with, now).await?;
        Ok(Rerouted { route, instructions: briefing.instructions })
    }
}
