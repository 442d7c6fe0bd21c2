//! What was said in a person's earlier conversations, found by a question.

use std::collections::HashMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::Twin;
use crate::{
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{Channel, Interaction, Speaker, Status, Turn},
    knowledge::{
        dates,
        index::{Analysed, Index, Neighbours, Number},
    },
};

/// A turn of an earlier conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    pub interaction: InteractionId,
    pub channel: Channel,
    pub at: Timestamp,
    pub speaker: Speaker,
    pub text: String,
    pub score: f32,
}

/// What the two who speak are called, so that a question can ask for what one of them said.
struct Names {
    person: String,
    owner: String,
}

impl Twin {
    /// The best turns of a person's earlier conversations for a question, best first, whatever the channel.
    /// Conversations that still go on are not among them. Whether the person may be told is the caller's to check:
    /// it needs assurance level 2.
    pub async fn recall(
        &self,
        person: &PersonId,
        question: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Recalled>, Error> {
        let (interactions, turns, known, persona) = tokio::join!(
            self.store.interactions(person),
            self.store.history(person),
            self.store.known(person),
            self.persona()
        );
        let names = Names {
            person: known?.and_then(|known| known.contact.name).unwrap_or_default(),
            owner: persona?.persona.core.name.clone(),
        };
        let mut over = interactions?;
        over.retain(|interaction| interaction.status != Status::Open);
        let question = dates::dated(question, now.to_zoned(TimeZone::UTC).date());
        Ok(search(&over, turns?, &names, &question, limit))
    }
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
            let turn = turns.get(hit.passage)?;
            Some(Recalled {
                interaction: interaction.id.clone(),
                channel: interaction.channel,
                at: interaction.started_at.checked_add(turn.offset()).ok()?,
                speaker: turn.speaker,
                text: turn.text.clone(),
                score: hit.score,
            })
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
