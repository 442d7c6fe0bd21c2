//! What a channel opens with: who it is, where things stand, what was promised. From the head of the person's
//! partition alone.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bond, Known, Line, bond};
use crate::{
    contact::{InteractionRecord, RelationshipKind},
    interaction::Channel,
    knowledge::claims::normalised,
    predicate::Predicate,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    pub relationship: RelationshipKind,
    pub bond: Bond,
    /// Conversations in all.
    pub conversations: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<InteractionRecord>,
    pub open_items: Vec<String>,
    pub promises: Vec<Line>,
    /// How they want to be dealt with, in words.
    pub preferences: Vec<String>,
    pub facts: Vec<Line>,
    /// Before the last, the newest first.
    pub earlier: Vec<InteractionRecord>,
}

impl Brief {
    pub fn of(known: &Known, now: Timestamp) -> Self {
        let Known { contact, context, memory } = known;
        let mut records = context.professional_context.previous_interactions.clone();
        records.sort_by_key(|record| record.at);
        let last = records.pop();
        records.reverse();
        let (preferred, facts): (Vec<Line>, Vec<Line>) =
            memory.facts.iter().cloned().partition(|line| line.predicate.is_preference());
        // What the contact says is not said twice.
        let facts = facts.into_iter().filter(|line| match line.predicate {
            Predicate::Role => !same(contact.role.as_deref(), &line.value),
            Predicate::WorksAt => !same(contact.company.as_deref(), &line.value),
            _ => true,
        });
        Self {
            name: contact.name.clone(),
            role: contact.role.clone(),
            company: contact.company.clone(),
            relationship: contact.relationship.kind,
            bond: bond(&memory.exchanges, now),
            conversations: context.metadata.total_interactions,
            last,
            open_items: context.conversation_state.next_actions.clone(),
            promises: memory.promises.clone(),
            preferences: preferences(known, &preferred),
            facts: facts.collect(),
            earlier: records,
        }
    }
}

fn same(one: Option<&str>, other: &str) -> bool {
    one.is_some_and(|one| normalised(one) == normalised(other))
}

/// What the owner noted; where that is nothing, what they said.
fn preferences(known: &Known, said: &[Line]) -> Vec<String> {
    let noted = &known.contact.preferences;
    let channel = noted.preferred_channel.map(|channel| channel_words(channel).to_owned());
    let rows = [
        (Predicate::PrefersChannel, channel.as_ref()),
        (Predicate::BestTime, noted.best_contact_time.as_ref()),
        (Predicate::PrefersStyle, noted.communication_style.as_ref()),
    ];
    let mut words: Vec<String> = Vec::new();
    for (predicate, noted) in rows {
        let said = said.iter().find(|line| line.predicate == predicate).map(|line| &line.value);
        words.extend(noted.or(said).map(|value| format!("{} {value}", predicate.words())));
    }
    if !noted.topics.is_empty() {
        words.push(format!("likes to talk about {}", noted.topics.join(", ")));
    }
    words
}

pub(crate) fn channel_words(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "chat",
        Channel::Voice => "voice",
        Channel::Phone => "phone",
    }
}
