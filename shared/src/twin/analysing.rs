//! A conversation that is over is read: what it was about, what it taught of its person, and what follows.

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin, privacy::Erasing};
use crate::{
    brain::{Brain, Held},
    chat::{Exchange, Exchanging},
    contact::{InteractionRecord, Opportunity, Origin},
    error::Error,
    follow_up::{self, Basis, FollowUp, Kind, Plan},
    id::{InteractionId, PersonId},
    interaction::{
        Action, Analysis, Answered, Channel, Intent, Interaction, Measured, Status, Turn,
        second_transcript::words_of_person,
    },
    memory::{self, Fact},
    persona::Persona,
    store::{Conversation, Known, Learned, StoreError},
};

/// A conversation that is over.
struct ToRead {
    conversation: Conversation,
    known: Known,
    /// What the owner is told of a wish to be erased that did not come true.
    unerased: Option<String>,
}

impl Twin {
    /// `false`: there is nothing to analyse, because it goes on or is gone.
    pub(super) async fn analyse(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let persona = self.persona().await?;
        let persona = &persona.persona;
        for _ in 0..MAX_CONFLICTS {
            let ToRead { conversation, mut known, unerased } =
                match Box::pin(self.to_read(person, interaction, now)).await? {
                    Ok(to_read) => to_read,
                    Err(is_read) => return Ok(is_read),
                };
            let mut analysed = conversation.interaction;
            let (turns, actions) = (&conversation.turns, &conversation.actions);
            let held = Held { interaction: &analysed, contact: &known.contact, turns, actions };
            let payers = self.payers_of(&analysed).await?;
            let analysis = self.analysed(&held, &payers, now).await?;
            let before = self.planned_before(&analysed).await?;
            let facts = self.store().facts(person).await?;
            let tie = memory::tie(&known.memory.exchanges, &memory::Exchange::of(&analysed, turns));
            let mut learned = learn(&mut known, &analysed, (turns, actions), &analysis, &facts, now);
            let (measured, by_owner) =
                Box::pin(self.measured(&analysed, (turns, actions), &known, persona)).await?;
            analysed.measured = Some(Measured { tie, ..measured });
            let reached = self.reached(&known.contact, &analysed).await?;
            let held = Held { interaction: &analysed, contact: &reached, turns, actions };
            // A proposal is drafted once.
            let is_drafted = before.iter().any(|one| one.content.kind() == Kind::Proposal);
            let payers = Some(payers.as_slice()).filter(|_| !is_drafted);
            let known_besides = (unerased.as_deref(), by_owner);
            let Plan { follow_ups, tasks } =
                Box::pin(self.planned_after((&held, &analysis), payers, persona, known_besides, now)).await?;
            let follows = follow_up::follows(follow_ups, &before, now);
            let is_read_first = analysed.analysis.is_none();
            // They follow from what was done, which stays the same.
            learned.tasks = if is_read_first { tasks } else { Vec::new() };
            analysed.words_read = words_of_person(turns);
            analysed.status = Status::Analysed;
            analysed.analysis = Some(analysis);
            match self.store().analyse_interaction(&analysed, known, &learned, &follows).await {
                Ok(()) if is_read_first => {
                    self.came_back(person, interaction, now).await?;
                    return Ok(true);
                }
                // They were not in touch since: what was planned after a later conversation stays.
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// The inner error: it is not to be read, and whether it was.
    async fn to_read(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<Result<ToRead, bool>, Error> {
        let conversation = self.store().conversation(person, interaction).await?;
        let (Some(mut conversation), Some(known)) = (conversation, self.store().known(person).await?) else {
            tracing::warn!(%interaction, "a job for what is no longer there was dropped");
            self.dropped(person, interaction, now).await?;
            return Ok(Err(false));
        };
        match conversation.interaction.status {
            Status::Open => return Ok(Err(false)),
            Status::Analysed => return Ok(Err(true)),
            Status::Closed => {}
        }
        let erasing = self.erased_as_wished(&conversation, &known.contact, now).await?;
        let Erasing::Left(unerased) = erasing else { return Ok(Err(false)) };
        conversation.turns = self.reconciled(&conversation.interaction, conversation.turns).await?;
        Ok(Ok(ToRead { conversation, known, unerased }))
    }

    /// What follows from it, without what they do not want to hear. `payers`: who pays for a proposal, if one is to be drafted.
    async fn planned_after(
        &self,
        (held, analysis): (&Held<'_>, &Analysis),
        payers: Option<&[String]>,
        persona: &Persona,
        (unerased, by_owner): (Option<&str>, bool),
        now: Timestamp,
    ) -> Result<Plan, Error> {
        let mut settings = self.store().follow_up_settings().await?.settings;
        self.link_resume(&mut settings.links, now).await?;
        let drafted = match payers {
            Some(payers) => self.drafted((held, analysis), payers, persona, &settings, now).await?,
            None => None,
        };
        let clock = Self::their_clock(held.contact, &settings);
        let basis = Basis {
            persona,
            settings: &settings,
            contact: held.contact,
            interaction: held.interaction,
            actions: held.actions,
            analysis,
            slots: &self.proposed(wishes(held.actions), &clock, now).await?,
            proposal: drafted.as_ref(),
            unerased,
            by_owner,
        };
        let mut plan = follow_up::plan(&basis, now);
        self.only_wanted(&held.interaction.person, &mut plan.follow_ups).await?;
        self.missed_once(held.interaction, &mut plan.follow_ups, &settings).await?;
        Ok(plan)
    }

    /// What is counted of it, and whether it was the owner who spoke.
    async fn measured(
        &self,
        held: &Interaction,
        (turns, actions): (&[Turn], &[Action]),
        known: &Known,
        persona: &Persona,
    ) -> Result<(Measured, bool), Error> {
        let was_first = held.measured.as_ref().map(|measured| measured.is_first);
        let is_first = was_first.unwrap_or(known.context.metadata.total_interactions <= 1);
        let answered = self.answers_of(held).await?;
        let looked_up = self.line_was_looked_up(held).await?;
        let measured = Measured::of(held, turns, actions, answered, is_first, looked_up);
        let rehearsed = Box::pin(self.rehearsed(held, turns, &persona.core.key_achievements)).await?;
        let by_owner = rehearsed.is_some() && self.is_owners_talk(held).await?;
        Ok((Measured { rehearsed, ..measured }, by_owner))
    }

    /// What kind of a line called.
    async fn line_was_looked_up(&self, held: &Interaction) -> Result<bool, Error> {
        let Some(sid) = &held.call_sid else { return Ok(false) };
        match self.store().call(sid).await {
            Ok(call) => Ok(call.is_some_and(|call| call.screening.looked_up)),
            Err(StoreError::Erased) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What was planned when a conversation was read before; nothing the first time.
    async fn planned_before(&self, held: &Interaction) -> Result<Vec<FollowUp>, Error> {
        if held.analysis.is_none() {
            return Ok(Vec::new());
        }
        let mut planned = self.store().follow_ups_of(&held.person, held.id.suffix()).await?;
        planned.retain(|one| one.interaction == held.id);
        Ok(planned)
    }

    /// What the answers of a chat rest on.
    async fn answers_of(&self, held: &Interaction) -> Result<Answered, Error> {
        if held.channel != Channel::Chat {
            return Ok(Answered::default());
        }
        let exchanges = self.store().exchanges(&held.person, &held.id).await?;
        let count = |is: fn(&Exchange) -> bool| {
            let found =
                exchanges.iter().filter(|exchange| exchange.state == Exchanging::Done && is(exchange));
            u32::try_from(found.count()).unwrap_or(u32::MAX)
        };
        Ok(Answered {
            grounded: count(|exchange| exchange.answer.known && !exchange.answer.citations.is_empty()),
            abstained: count(|exchange| !exchange.answer.known),
            by_model: if matches!(self.brain, Brain::OpenAi(_)) { count(|_| true) } else { 0 },
        })
    }
}

/// What it taught of its person, who knows it from then on.
fn learn(
    known: &mut Known,
    held: &Interaction,
    (turns, actions): (&[Turn], &[Action]),
    analysis: &Analysis,
    facts: &[Fact],
    now: Timestamp,
) -> Learned {
    let origin = Origin::conversation(&held.id, now);
    let details = known.contact.details_of(analysis, actions);
    let changes = known.contact.learn(details, &origin);
    let facts = known.learned(held, (turns, actions), analysis, facts, now);
    known.contact.remember(InteractionRecord {
        interaction: held.id.clone(),
        channel: held.channel,
        at: held.started_at,
        summary: analysis.summary.clone(),
    });
    known.contact.updated_at = now;
    let opportunity = match analysis.intent {
        Intent::JobOpportunity | Intent::Consultation => {
            let (title, at) = (matter(analysis), held.started_at);
            let by = (held.channel, analysis.relationship);
            Opportunity::brought_up(&held.person, title, &held.id, by, at)
        }
        _ => None,
    };
    Learned { changes, facts, opportunity, tasks: Vec::new() }
}

/// What an opportunity is about: what was asked on the way is not it.
fn matter(analysis: &Analysis) -> String {
    let topics = analysis.topics.iter();
    let named = topics.filter(|topic| !topic.trim_end().ends_with('?')).map(String::as_str).next();
    named.unwrap_or(analysis.intent.words()).to_owned()
}

/// When they would like to meet, in their own words.
fn wishes(actions: &[Action]) -> &[String] {
    let proposed = actions.iter().rev().find_map(|action| match action {
        Action::MeetingProposed { preferred_times, .. } => Some(preferred_times.as_slice()),
        _ => None,
    });
    proposed.unwrap_or_default()
}
