//! How a conversation begins: who it is with, and what the model is told.

use jiff::Timestamp;

use super::{Arrival, Session, Twin};
use crate::{
    audit::{Act, Actor, Line},
    error::Error,
    id::InteractionId,
    identity::{Assurance, Phone},
    interaction::{Channel, Interaction, Status},
    outbound::Dial,
    persona::{Briefing, Persona},
    policy::{Right, Standing},
    routing::RouteKind,
    store::{Call, Known},
};

impl Twin {
    /// Begins a conversation, or goes on with one that began: one query for the person.
    pub async fn open(&self, arrival: &Arrival, now: Timestamp) -> Result<Session, Error> {
        let (known, opened, call) = tokio::join!(
            self.store.known(&arrival.person),
            self.start(arrival, now),
            Box::pin(self.call_of(arrival))
        );
        let (dial, known, call) = (opened?, known?, call?);
        if let Some(call) = call.as_ref().filter(|call| call.is_suspect())
            && let Err(error) = self.screened(arrival, &call.screening, now).await
        {
            tracing::warn!(interaction = %arrival.interaction, %error, "what spoke against a call is not noted");
        }
        self.briefed(arrival, known.as_ref(), (dial.as_ref(), call), now).await
    }

    /// The row of the call that it is.
    async fn call_of(&self, arrival: &Arrival) -> Result<Option<Box<Call>>, Error> {
        match &arrival.call_sid {
            Some(sid) => Ok(self.store.call(sid).await?.map(Box::new)),
            None => Ok(None),
        }
    }

    /// The same with somebody who was looked up before.
    pub(super) async fn open_known(
        &self,
        arrival: &Arrival,
        known: &Known,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let dial = self.start(arrival, now).await?;
        self.briefed(arrival, Some(known), (dial.as_ref(), None), now).await
    }

    /// The call that the twin placed for it, if it did.
    pub(super) async fn start(&self, arrival: &Arrival, now: Timestamp) -> Result<Option<Dial>, Error> {
        let dial = match arrival.channel {
            Channel::Phone => self.store.dial_of(&arrival.person, &arrival.interaction).await?,
            Channel::Chat | Channel::Voice => None,
        };
        let interaction = Interaction {
            id: arrival.interaction.clone(),
            person: arrival.person.clone(),
            channel: arrival.channel,
            call_sid: arrival.call_sid.clone(),
            dial: dial.as_ref().map(|dial| dial.id.clone()),
            host: arrival.host.clone(),
            route: arrival.route,
            level: arrival.level,
            status: Status::Open,
            started_at: now,
            ended_at: None,
            outcome: None,
            analysis: None,
            measured: None,
            words_read: 0,
            came_later: 0,
        };
        self.store.open_interaction(&interaction).await?;
        Ok(dial)
    }

    pub(super) async fn briefed(
        &self,
        arrival: &Arrival,
        known: Option<&Known>,
        (dial, call): (Option<&Dial>, Option<Box<Call>>),
        now: Timestamp,
    ) -> Result<Session, Error> {
        let (channel, route, level) = (arrival.channel, arrival.route, arrival.level);
        // Whoever is known by one number may call from another: what counts is where this call comes from.
        let number = match (dial, call) {
            (Some(dial), _) => Some(dial.number.clone()),
            (None, Some(call)) => call.number,
            (None, None) => known.and_then(|known| known.contact.contact_methods.phone.clone()),
        };
        let told = known.filter(|_| Standing::new(channel, level).allows(Right::Past));
        let persona = self.persona().await?;
        let (briefing, ()) = tokio::join!(
            Box::pin(self.briefing(&persona.persona, (channel, route), (known, level), (dial, number), now)),
            self.audit_telling(told, arrival, now),
        );
        let briefing = briefing?;
        let (person, interaction) = (arrival.person.clone(), arrival.interaction.clone());
        let (channel, level) = (arrival.channel, arrival.level);
        let continues = dial.and_then(Dial::asked_in).into_iter().collect();
        Ok(Session { person, interaction, channel, level, continues, time_zone: None, briefing })
    }

    /// That a conversation is told of what was before.
    async fn audit_telling(&self, told: Option<&Known>, arrival: &Arrival, now: Timestamp) {
        let Some(known) = told else { return };
        let line = Line::new(Actor::Twin, Act::Briefed, now).about(&known.contact.id);
        self.audit_reading(line.on(arrival.channel).within(&arrival.interaction)).await;
    }

    pub(super) async fn briefing(
        &self,
        persona: &Persona,
        (channel, route): (Channel, RouteKind),
        (known, level): (Option<&Known>, Assurance),
        (dial, number): (Option<&Dial>, Option<Phone>),
        now: Timestamp,
    ) -> Result<Briefing, Error> {
        let settings = match channel {
            Channel::Phone => Some(self.phone_settings().await?),
            Channel::Chat | Channel::Voice => None,
        };
        // The purpose of a call that the twin places is in the owner's words.
        let theirs = number.as_ref().filter(|_| dial.is_none());
        let last = theirs.and(known).and_then(|known| known.context.speaks());
        let spoken = settings.as_ref().map(|settings| settings.spoken_with(theirs, last)).unwrap_or_default();
        let mut briefing = persona.brief_in(spoken, channel, &route.route(), known, level, now);
        if let Some(settings) = settings {
            briefing.add(&settings.told(now));
            let ours = settings.owner_line.as_ref().or(self.line.as_ref());
            briefing.recording = settings.recording.among([number.as_ref(), ours]);
            if let Some(told) = briefing.recording.told() {
                briefing.add(told);
            }
            briefing.number = number;
        }
        if let (Some(dial), Some(known)) = (dial, known) {
            dial.briefing(&persona.core.name, &known.contact, &mut briefing);
            let from: Vec<InteractionId> = dial.asked_in().into_iter().collect();
            briefing
                .instructions
                .push_str(&self.carried_along(&dial.person, &from, Standing::new(channel, level)).await);
        }
        Ok(briefing)
    }
}
