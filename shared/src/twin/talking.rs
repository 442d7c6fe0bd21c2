//! Talking in the browser: paid for before it begins, opened with the secret that lets the browser in, closed by the
//! page, by the relay, or by the sweep.

use jiff::Timestamp;

use super::{Arrival, Chatting, Session, Twin, spending::model_spend};
use crate::{
    context::VoiceInteraction,
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{Channel, Interaction, Outcome, Speaker, Status, Turn},
    language::{Language, Spoken},
    persona::Briefing,
    routing::RouteKind,
    store::Conversation,
    talk::{
        AGAIN, AGAIN_WITHIN, GOES_ON, GONE_AFTER, Talk,
        feedback::{Feedback, feedback},
        questions,
    },
    wire::ticket::Pass,
};

/// Conversations that one goes on with at most, each because the connection broke off.
const MOST_LEGS: usize = 8;

/// A conversation that is about to begin: nothing of it is stored.
pub struct Prepared {
    pub session: Session,
    pub talk: Talk,
    arrival: Arrival,
}

impl Twin {
    /// Takes what the longest conversation may cost from the day's budget, which is `most`.
    pub async fn reserve_talk(&self, talk: &Talk, most: u64, now: Timestamp) -> Result<(), Error> {
        let taken = self.store.take(&model_spend(most), "", talk.reserved, now).await?;
        taken.map_err(|until| {
            tracing::warn!(alarm = "budget", %until, "the day's budget does not allow another conversation by voice");
            Error::TooMany { until }
        })
    }

    /// Gives back what was not talked. What is not given back stays taken.
    pub async fn give_back(&self, talk: &Talk, lasted: jiff::SignedDuration, began: Timestamp) {
        let left = i64::try_from(talk.left(lasted)).unwrap_or(i64::MAX);
        // The limit's own height plays no part in a correction.
        if let Err(error) = self.store.correct(&model_spend(0), "", -left, began).await {
            tracing::warn!(%error, "what was not talked was not given back");
        }
    }

    /// What the model is told in a conversation by voice with whoever has this chat.
    pub async fn prepare_talk(
        &self,
        chatting: &Chatting,
        kind: VoiceInteraction,
        job: Option<String>,
        now: Timestamp,
    ) -> Result<Prepared, Error> {
        let chat = &chatting.chat;
        let known = self.store.known(&chat.person).await?.ok_or(Error::NotFound)?;
        let arrival = Arrival {
            person: chat.person.clone(),
            interaction: InteractionId::generate(now),
            channel: Channel::Voice,
            call_sid: None,
            host: None,
            route: match kind {
                VoiceInteraction::Conversation => RouteKind::of(known.contact.relationship.kind),
                VoiceInteraction::Interview | VoiceInteraction::Practice | VoiceInteraction::Coaching => None,
            }
            .unwrap_or_default(),
            level: chat.level,
        };
        let mut session = self.briefed(&arrival, Some(&known), (None, None), now).await?;
        let talk = Talk::new(arrival.interaction.clone(), kind, job, chat.time_zone.clone());
        let talk = Talk { chat: chatting.place.secret_hash(), ..talk };
        let written = self.store.turns(&chat.person, &chat.interaction).await?;
        session.briefing.instructions.push_str(&talk.instructions(&written));
        session.continues = chat.before();
        let carried = self.carried_along(&chat.person, &session.continues, session.standing()).await;
        session.briefing.instructions.push_str(&carried);
        session.time_zone.clone_from(&chat.time_zone);
        let persona = self.persona().await?;
        let asked = questions::plan(kind, &persona.persona.core, talk.job.as_deref());
        session.briefing.instructions.push_str(&questions::told(&asked));
        session.briefing.greeting = talk.greeting(&session.briefing.greeting);
        Ok(Prepared { session, talk, arrival })
    }

    /// The same, going on with one whose connection broke off a moment ago; as it is, where that one is not theirs, of
    /// another kind, or longer ago.
    pub async fn goes_on(
        &self,
        mut prepared: Prepared,
        after: &InteractionId,
        now: Timestamp,
    ) -> Result<Prepared, Error> {
        let Prepared { session, talk, .. } = &mut prepared;
        let (held, broken) = tokio::try_join!(
            self.store.interaction(&session.person, after),
            self.store.talk(&session.person, after)
        )?;
        let (Some(held), Some(broken)) = (held, broken) else { return Ok(prepared) };
        let ended = held.ended_at.unwrap_or(now);
        if broken.kind != talk.kind || now.duration_since(ended) > AGAIN_WITHIN {
            return Ok(prepared);
        }
        talk.talked = broken.talked.saturating_add(ended.duration_since(held.started_at).as_secs().max(0));
        talk.after = Some(after.clone());
        let legs = self.broke_off(&session.person, talk).await?;
        let legs = legs.into_iter().map(|leg| leg.interaction.id);
        let unknown: Vec<_> = legs.filter(|leg| !session.continues.contains(leg)).collect();
        let carried = self.carried_along(&session.person, &unknown, session.standing()).await;
        session.continues.extend(unknown);
        session.briefing.instructions.push_str(&carried);
        session.briefing.instructions.push_str(GOES_ON);
        AGAIN.clone_into(&mut session.briefing.greeting);
        Ok(prepared)
    }

    /// What was talked before, in conversations whose connection broke off, the oldest first.
    pub async fn broke_off(&self, person: &PersonId, talk: &Talk) -> Result<Vec<Conversation>, Error> {
        let (mut legs, mut after) = (Vec::new(), talk.after.clone());
        while let Some(id) = after.filter(|_| legs.len() < MOST_LEGS) {
            let (held, talk) =
                tokio::try_join!(self.store.conversation(person, &id), self.store.talk(person, &id))?;
            legs.extend(held);
            after = talk.and_then(|talk| talk.after);
        }
        legs.reverse();
        Ok(legs)
    }

    /// What is spoken in a conversation by voice, as it turned out in it, also before its connection broke off: whoever
    /// attends it next goes on so.
    pub async fn spoken_by_voice(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
    ) -> Result<Spoken, Error> {
        let (talk, turns) =
            tokio::try_join!(self.store.talk(person, interaction), self.store.turns(person, interaction))?;
        let legs = match &talk {
            Some(talk) => self.broke_off(person, talk).await?,
            None => Vec::new(),
        };
        let said = legs.iter().flat_map(|leg| &leg.turns).chain(&turns);
        let said = said.filter(|turn| turn.speaker == Speaker::Person).map(|turn| turn.text.as_str());
        Ok(Spoken::with(None, None, &Language::ALL).after(said))
    }

    /// How an interview or a rehearsal went, with what was said before its connection broke off; none of anything else.
    pub async fn rehearsed(
        &self,
        held: &Interaction,
        turns: &[Turn],
        points: &[String],
    ) -> Result<Option<Feedback>, Error> {
        if held.channel != Channel::Voice {
            return Ok(None);
        }
        let Some(talk) = self.store.talk(&held.person, &held.id).await? else { return Ok(None) };
        let before = self.broke_off(&held.person, &talk).await?;
        let legs = before.iter().map(|leg| (leg.interaction.started_at, leg.turns.as_slice()));
        let legs: Vec<_> = legs.chain([(held.started_at, turns)]).collect();
        let began = legs.first().map_or(held.started_at, |(began, _)| *began);
        let told = legs.into_iter().flat_map(|(at, turns)| {
            let since = u64::try_from(at.duration_since(began).as_millis()).unwrap_or_default();
            turns.iter().map(move |turn| Turn { offset_ms: turn.offset_ms + since, ..turn.clone() })
        });
        Ok(feedback(talk.kind, &told.collect::<Vec<_>>(), points))
    }

    /// Whether the owner was signed in in the browser that it was held in.
    pub(super) async fn is_owners_talk(&self, held: &Interaction) -> Result<bool, Error> {
        let talk = self.store.talk(&held.person, &held.id).await?;
        Ok(talk.is_some_and(|talk| talk.by_owner))
    }

    /// Opens it; the chat of the browser goes on with it. It is the sweep's if the browser never comes.
    pub async fn begin_talk(&self, prepared: &Prepared, now: Timestamp) -> Result<(), Error> {
        let Arrival { person, interaction, .. } = &prepared.arrival;
        self.store.save_talk(person, &prepared.talk).await?;
        if let Some(before) = &prepared.talk.after {
            self.store.talk_goes_on(person, before, interaction).await?;
        }
        self.start(&prepared.arrival, now).await?;
        if let Some(chat) = &prepared.talk.chat {
            self.store.chat_talked(chat, interaction).await?;
        }
        self.store.keep_open(person, interaction, now + GONE_AFTER).await?;
        Ok(())
    }

    /// The open conversation that a pass is for; it stays open for a while more. `NotFound`: it is over.
    pub async fn talking(&self, pass: &Pass, now: Timestamp) -> Result<(Session, Interaction, Talk), Error> {
        let Pass { person, interaction, level, .. } = pass;
        let (held, talk) = tokio::try_join!(
            self.store.interaction(person, interaction),
            self.store.talk(person, interaction)
        )?;
        let (Some(held), Some(talk)) = (held, talk) else { return Err(Error::NotFound) };
        let open = held.status == Status::Open
            && self.store.keep_open(person, interaction, now + GONE_AFTER).await?;
        if !open {
            return Err(Error::NotFound);
        }
        let session = Session {
            person: person.clone(),
            interaction: interaction.clone(),
            channel: Channel::Voice,
            continues: Vec::new(),
            time_zone: talk.time_zone.clone(),
            level: held.level.max(*level),
            // The model was told when it began.
            briefing: Briefing::default(),
        };
        Ok((session, held, talk))
    }

    /// When a conversation ended: now, unless it is only found to be over.
    pub(super) fn ended_at(
        held: &Interaction,
        outcome: Outcome,
        turns: &[Turn],
        now: Timestamp,
    ) -> Timestamp {
        match (held.channel, outcome) {
            (Channel::Voice, Outcome::Lost) => {
                turns.last().map_or(held.started_at, |turn| held.started_at + turn.offset()).min(now)
            }
            _ => now,
        }
    }
}
