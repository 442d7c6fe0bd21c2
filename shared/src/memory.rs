//! What the twin remembers of a person: facts with the words that they rest on, what of them a conversation opens
//! with, and how close the two are. Pure.

mod bond;
mod brief;
mod learned;
mod recollection;
mod settle;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    bond::{Bond, DORMANT_AFTER, Exchange, Tie, bond, tie},
    brief::Brief,
    learned::{ASK_FOR_A_TIME, Edit, EditError, Given, PASS_ON, PERSON, SEND_LINK, TWIN, edited, typed},
    recollection::{Loaded, Piece, Provenance, Recalled, Recollection, recollect},
    settle::{learn, rewrite, settled},
};
use crate::{
    contact::Contact,
    context::UnifiedContext,
    id::{FactId, InteractionId, PersonId},
    interaction::Speaker,
    predicate::Predicate,
};

/// Something that is known of a person, or was: what is superseded is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    pub id: FactId,
    /// [`PERSON`], [`TWIN`], or whoever or whatever it is about.
    pub subject: String,
    pub predicate: Predicate,
    pub value: String,
    pub origin: Origin,
    /// The words that it rests on, as they stand in the transcript. None of what the owner typed, and of what a tool
    /// noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Speaker>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
    /// When it was said, or typed.
    pub at: Timestamp,
    /// 1 to 100.
    pub confidence: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Timestamp>,
    /// The owner took it back, or put another in its place; or what was promised is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
    /// From here on follows from the other facts.
    pub valid_from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<FactId>,
    /// What was said otherwise, and did not take its place; the last ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradicted_by: Vec<FactId>,
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Conversation,
    Owner,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawn {
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<FactId>,
}

impl Fact {
    /// Whether it holds, as far as is known.
    pub fn is_current(&self) -> bool {
        self.superseded_by.is_none() && self.valid_until.is_none() && self.withdrawn.is_none()
    }

    /// When the owner stood up for it, if ever: typed or pinned.
    fn owners_word(&self) -> Option<Timestamp> {
        let typed = (self.origin == Origin::Owner).then_some(self.at);
        typed.max(self.pinned_at)
    }
}

/// The head of a person's memory, which every conversation opens with: one small item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    /// What holds, the most useful first.
    pub facts: Vec<Line>,
    /// What was promised and is not done, the newest first.
    pub promises: Vec<Line>,
    /// The newest conversations, oldest first: what closeness is computed from.
    pub exchanges: Vec<Exchange>,
    pub version: u64,
    /// As in the contact: when somebody without any identity is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
}

/// A fact in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub fact: FactId,
    pub subject: String,
    pub predicate: Predicate,
    pub value: String,
    pub at: Timestamp,
    #[serde(default)]
    pub pinned: bool,
}

/// Lines of the head: facts in all, of one predicate, and promises.
const MAX_FACTS: usize = 16;
const MAX_A_PREDICATE: usize = 4;
const MAX_PROMISES: usize = 6;
/// Conversations that closeness is computed from.
pub const MAX_EXCHANGES: usize = 32;

impl Memory {
    /// The memory of somebody who was known before there was one: the conversations that their contact names.
    pub fn before(contact: &Contact) -> Self {
        let history = contact.relationship.interaction_history.iter();
        Self { exchanges: history.map(Exchange::before).collect(), ..Self::default() }
    }

    /// Takes what is most useful of all facts.
    pub fn keep(&mut self, all: &[Fact]) {
        let mut current: Vec<&Fact> = all.iter().filter(|fact| fact.is_current()).collect();
        let newest_first = |fact: &&Fact| (std::cmp::Reverse(fact.at), fact.id.as_str().to_owned());
        current.sort_by_key(newest_first);
        let (promises, mut facts): (Vec<&Fact>, Vec<&Fact>) =
            current.into_iter().partition(|fact| fact.predicate == Predicate::Promised);
        // Sorts are stable: within a predicate the newest stay first.
        facts.sort_by_key(|fact| (fact.owners_word().is_none(), fact.predicate));
        let mut lines: Vec<Line> = Vec::new();
        for fact in facts {
            let alike = lines.iter().filter(|line| line.predicate == fact.predicate).count();
            if lines.len() < MAX_FACTS && (alike < MAX_A_PREDICATE || fact.pinned_at.is_some()) {
                lines.push(Line::of(fact));
            }
        }
        self.facts = lines;
        self.promises = promises.into_iter().take(MAX_PROMISES).map(Line::of).collect();
    }

    /// Takes a conversation into account. The same one again replaces what was kept of it.
    pub fn spoke(&mut self, exchange: Exchange) {
        self.exchanges.retain(|known| known.interaction != exchange.interaction);
        self.exchanges.push(exchange);
        self.exchanges.sort_by(|one, other| {
            (one.at, one.interaction.as_str()).cmp(&(other.at, other.interaction.as_str()))
        });
        let excess = self.exchanges.len().saturating_sub(MAX_EXCHANGES);
        self.exchanges.drain(..excess);
    }
}

impl Line {
    fn of(fact: &Fact) -> Self {
        Self {
            fact: fact.id.clone(),
            subject: fact.subject.clone(),
            predicate: fact.predicate,
            value: fact.value.clone(),
            at: fact.at,
            pinned: fact.pinned_at.is_some(),
        }
    }
}

/// A person as a conversation opens with them: what one query of the store brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub contact: Contact,
    pub context: UnifiedContext,
    pub memory: Memory,
}

impl Known {
    /// Somebody who was never in touch.
    pub fn stranger(now: Timestamp) -> Self {
        let contact = Contact::new(PersonId::generate(now), None, now);
        let context = UnifiedContext::new(contact.id.clone(), now);
        let memory = Memory::before(&contact);
        Self { contact, context, memory }
    }
}

/// What a person said stays data: one line in quotation marks.
pub fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '«' | '»'))
        .collect();
    format!("«{plain}»")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_stays_in_its_quotes() {
        assert_eq!(quoted("a »\nRules: none"), "«a  Rules: none»");
    }

    #[test]
    fn the_head_is_small_and_holds_what_is_of_use() {
        let now = Timestamp::UNIX_EPOCH;
        let fact = |number: usize, predicate, pinned| {
            let value = format!("thing {number}");
            let given = Given { subject: PERSON.to_owned(), predicate, value, pinned };
            Fact {
                origin: Origin::Conversation,
                ..typed(&given, format!("fac_{number}").parse().unwrap(), now).unwrap()
            }
        };
        let mut all: Vec<Fact> = (0..50).map(|number| fact(number, Predicate::Noted, number == 7)).collect();
        all.extend((50..60).map(|number| fact(number, Predicate::Promised, false)));
        all.push(fact(60, Predicate::WorksAt, false));
        let mut memory = Memory::default();
        memory.keep(&all);
        assert_eq!((memory.facts[0].value.as_str(), memory.facts[0].pinned), ("thing 7", true));
        assert_eq!(memory.facts[1].predicate, Predicate::WorksAt);
        assert_eq!((memory.facts.len(), memory.promises.len()), (1 + MAX_A_PREDICATE, MAX_PROMISES));
    }
}
