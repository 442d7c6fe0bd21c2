//! What was said in a person's earlier conversations, found by a question.

use std::collections::HashMap;

use jiff::{Timestamp, tz::TimeZone};

use super::{Twin, handing::standing_in};
use crate::{
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{Interaction, Speaker, Status, Turn},
    knowledge::{
        dates,
        index::{Analysed, Index, Neighbours, Number},
    },
    memory::Recalled,
    policy::{Permit, Standing, hears_as_much},
};

/// What the two who speak are called, so that a question can ask for what one of them said.
struct Names {
    person: String,
    owner: String,
}

/// A person's conversations that are over, with what was said in them, oldest first.
pub(super) struct Past {
    over: Vec<Interaction>,
    turns: Vec<(InteractionId, Turn)>,
    names: Names,
}

impl Twin {
    /// The best turns of a person's earlier conversations for a question, best first, whatever the channel.
    /// Conversations that still go on are not among them.
    pub async fn recall(
        &self,
        _: Permit,
        person: &PersonId,
        question: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Recalled>, Error> {
        let known = self.store.known(person).await?;
        let name = known.and_then(|known| known.contact.name);
        Ok(self.past(person, name).await?.search(question, limit, now))
    }

    pub(super) async fn past(&self, person: &PersonId, name: Option<String>) -> Result<Past, Error> {
        let (interactions, turns, persona) =
            tokio::join!(self.store.interactions(person), self.store.history(person), self.persona());
        let mut over = interactions?;
        over.retain(|interaction| interaction.status != Status::Open);
        let names = Names { person: name.unwrap_or_default(), owner: persona?.persona.core.name.clone() };
        Ok(Past { over, turns: turns?, names })
    }
}

impl Twin {
    /// One conversation, whether or not it goes on, as far as it is handed over. `None`: it is gone.
    pub(super) async fn past_of(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        name: Option<String>,
        to: Standing,
    ) -> Result<Option<Past>, Error> {
        let Some(held) = self.store.interaction(person, interaction).await? else { return Ok(None) };
        let mut turns = self.store.turns(&held.person, interaction).await?;
        let hears_all = hears_as_much(standing_in(&held), to);
        turns.retain(|turn| hears_all || turn.speaker == Speaker::Person);
        let owner = self.persona().await?.persona.core.name.clone();
        let names = Names { person: name.unwrap_or_default(), owner };
        let turns = turns.into_iter().map(|turn| (interaction.clone(), turn)).collect();
        Ok(Some(Past { over: vec![held], turns, names }))
    }
}

impl Past {
    /// The last turns, oldest first.
    pub(super) fn last(&self, limit: usize) -> Vec<Recalled> {
        let of: HashMap<&InteractionId, &Interaction> =
            self.over.iter().map(|interaction| (&interaction.id, interaction)).collect();
        let turns = self.turns.iter().filter_map(|(id, turn)| recalled(of.get(id)?, turn, 0.0));
        let mut turns: Vec<Recalled> = turns.collect();
        turns.sort_by_key(|turn| turn.at);
        turns.split_off(turns.len().saturating_sub(limit))
    }

    pub(super) fn search(self, question: &str, limit: usize, now: Timestamp) -> Vec<Recalled> {
        let question = dates::dated(question, now.to_zoned(TimeZone::UTC).date());
        search(&self.over, self.turns, &self.names, &question, limit)
    }
}

fn recalled(interaction: &Interaction, turn: &Turn, score: f32) -> Option<Recalled> {
    Some(Recalled {
        interaction: interaction.id.clone(),
        channel: interaction.channel,
        at: interaction.started_at.checked_add(turn.offset()).ok()?,
        speaker: turn.speaker,
        text: turn.text.clone(),
        score,
    })
}

fn search(
    interactions: &[Interaction],
    turns: Vec<(InteractionId, Turn)>,
    names: &Names,
    question: &str,
    limit: usize,
) -> Vec<Recalled> {
    let mut said: HashMap<InteractionId, Vec<Turn>> = HashMap::new();
    for (of, turn) in turns {
        said.entry(of).or_default().push(turn);
    }
    let mut index = Index::new(Neighbours::CONVERSATION);
    let mut filed: HashMap<Number, (&Interaction, Vec<Turn>)> = HashMap::new();
    for interaction in interactions {
        let Some(turns) = said.remove(&interaction.id) else { continue };
        let speakers: Vec<&str> = turns.iter().map(|turn| names.of(turn.speaker)).collect();
        let date = interaction.started_at.to_zoned(TimeZone::UTC).date();
        let analysed = Analysed::of(turns.iter().map(|turn| turn.text.as_str()));
        filed.insert(index.add(&analysed, Some(date), &speakers), (interaction, turns));
    }
    let hits = index.search(question, limit, |_| true);
    hits.iter()
        .filter_map(|hit| {
            let (interaction, turns) = filed.get(&hit.document)?;
            recalled(interaction, turns.get(hit.passage)?, hit.score)
        })
        .collect()
}

impl Names {
    fn of(&self, speaker: Speaker) -> &str {
        match speaker {
            Speaker::Person => &self.person,
            Speaker::Twin => &self.owner,
        }
    }
}
