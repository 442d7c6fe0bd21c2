//! Two people who turn out to be one, and one who turns out to be two. Pure.
//!
//! A merge moves nothing. The absorbed keeps a partition of their own, to which their keys go on leading, and in which
//! what is said with them by these keys goes on being kept; only its head gives way to a note that says into whom it
//! was merged. Who reads a person reads all of these partitions as one, and the survivor's head speaks for all. So a
//! merge is one small transaction, however long the histories, and so is taking it back.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::{Choice, InteractionRecord, carried},
    context::{Ended, VoiceInteraction},
    id::{InteractionId, PersonId},
    interaction::{Channel, Interaction, Speaker, Turn},
    memory::{Exchange, Fact, Known},
};

/// That somebody was merged into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merge {
    pub survivor: PersonId,
    pub absorbed: PersonId,
    pub at: Timestamp,
    pub by: By,
    /// In words; none, if the owner just said so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Owner,
    Twin,
}

/// A merge, and when the owner took it back, if they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merging {
    pub merge: Merge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
}

/// What a merge would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    pub survivor: PersonId,
    pub absorbed: PersonId,
    /// The fields in which they differ, and whose value stands.
    pub fields: Vec<Choice>,
    /// What of the absorbed is the survivor's, too, from then on: how many of each kind.
    pub moves: BTreeMap<String, usize>,
    /// Kinds of accounts of which they have different ones: then only the owner's express word makes them one.
    pub conflicts: Vec<String>,
}

/// A conversation with its turns.
#[derive(Debug, Clone, PartialEq)]
pub struct Later {
    pub held: Interaction,
    pub turns: Vec<Turn>,
    pub talk: VoiceInteraction,
}

/// A head that speaks for several.
#[must_use]
pub fn joined<'a>(survivor: &Known, absorbed: impl IntoIterator<Item = &'a Known>) -> Known {
    absorbed.into_iter().fold(survivor.clone(), |mut joined, other| {
        joined.contact = joined.contact.joined(&other.contact);
        joined.context = joined.context.joined(&other.context);
        for exchange in &other.memory.exchanges {
            joined.memory.spoke(exchange.clone());
        }
        joined
    })
}

/// The head as it is, with `to` in the place of `from`: what happened since stays.
#[must_use]
pub fn rebased(current: &Known, from: &Known, to: &Known, facts: &[Fact], now: Timestamp) -> Known {
    let (ours, were, become_) = (&current.memory.exchanges, &from.memory.exchanges, &to.memory.exchanges);
    let mut memory = current.memory.clone();
    memory.exchanges.clear();
    for exchange in carried(ours, were, become_) {
        memory.spoke(exchange);
    }
    let mut rebased = Known {
        contact: current.contact.rebased(&from.contact, &to.contact),
        context: current.context.rebased(&from.context, &to.context),
        memory,
    };
    rebased.remember(facts, now);
    rebased.contact.updated_at = now;
    rebased
}

impl Later {
    /// Whether an absorbed head knows nothing of it, because it ended, or was read, after the merge.
    pub fn is_news(&self, head: &Known, merged: Timestamp) -> bool {
        let is_known = || head.memory.exchanges.iter().any(|known| known.interaction == self.held.id);
        let oldest = head.memory.exchanges.first().map(|oldest| oldest.at);
        self.ended_after(merged)
            || (self.held.analysis.is_some()
                && !is_known()
                && oldest.is_none_or(|oldest| self.held.started_at >= oldest))
    }

    fn ended_after(&self, merged: Timestamp) -> bool {
        self.held.ended_at.is_some_and(|ended| ended > merged)
    }
}

/// What an absorbed head becomes, with the conversations that were held by their keys since, and what was learned in
/// them.
#[must_use]
pub fn went_on(absorbed: &Known, survivor: &Known, later: &[Later], merged: Timestamp) -> Known {
    let mut head = absorbed.clone();
    for Later { held, turns, talk } in later {
        let Some(ended) = held.ended_at else { continue };
        if ended > merged {
            let spoken = turns.iter().filter(|turn| turn.speaker == Speaker::Person).count() as u64;
            let messages = if held.channel == Channel::Phone { 0 } else { spoken };
            let number = head.contact.contact_methods.phone.clone();
            head.context.conversation_ended(held, Ended { at: ended, number, messages, talk: *talk });
        }
        if let Some(analysis) = &held.analysis {
            head.context.learned(held, analysis, ended);
            head.contact.remember(InteractionRecord {
                interaction: held.id.clone(),
                channel: held.channel,
                at: held.started_at,
                summary: analysis.summary.clone(),
            });
            head.memory.spoke(Exchange::of(held, turns));
        }
    }
    let ids: HashSet<&InteractionId> = later.iter().map(|later| &later.held.id).collect();
    head.contact.take_learned(&survivor.contact, |interaction| ids.contains(interaction));
    head
}

/// That two may be one person, for the owner to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Of the two, the one whose id comes first.
    pub one: PersonId,
    pub other: PersonId,
    /// How much speaks for it: each doubles the odds.
    pub bits: i64,
    /// What speaks for it and against it, field by field, the weightiest first.
    pub why: Vec<String>,
    /// Kinds of accounts of which they have different ones: as long as that is so, they are never merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    pub state: Verdict,
    pub found_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// The merges of the two that the owner took back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Merging>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Open,
    /// These are two people: it is not proposed again.
    Dismissed,
    Merged,
}

impl Proposal {
    /// What becomes of it by a merge of the two, or by its being taken back, which says that they are two, whether or not it
    /// was proposed. `None`: nothing. Both may be done again.
    #[must_use]
    pub fn settled(known: Option<&Self>, merge: &Merge, verdict: Verdict, now: Timestamp) -> Option<Self> {
        let is_undone = known.is_some_and(|known| known.undone.iter().any(|undone| undone.merge == *merge));
        // A merge that was taken back before this was noted is over.
        if verdict == Verdict::Merged && (known.is_none() || is_undone) {
            return None;
        }
        let mut settled = known.cloned().unwrap_or_else(|| Self::of(merge, now));
        (settled.state, settled.decided_at) = (verdict, Some(now));
        if verdict == Verdict::Dismissed && !is_undone {
            settled.undone.push(Merging { merge: merge.clone(), undone_at: Some(now) });
        }
        Some(settled)
    }

    /// That of two who were merged without having been proposed.
    fn of(merge: &Merge, now: Timestamp) -> Self {
        let (one, other) = (merge.survivor.clone(), merge.absorbed.clone());
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        Self {
            one,
            other,
            bits: 0,
            why: merge.why.clone(),
            conflicts: Vec::new(),
            state: Verdict::Open,
            found_at: now,
            decided_at: None,
            undone: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_proposed_is_settled_by_what_happened_last() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (survivor, absorbed): (PersonId, PersonId) = ("per_2".parse().unwrap(), "per_1".parse().unwrap());
        let merge = Merge { survivor, absorbed, at: at(1), by: By::Twin, why: Vec::new() };
        let settled =
            |known: Option<&Proposal>, verdict, second| Proposal::settled(known, &merge, verdict, at(second));
        assert_eq!(settled(None, Verdict::Merged, 2), None, "nothing was proposed");
        let undone = settled(None, Verdict::Dismissed, 3).unwrap();
        assert_eq!((undone.one.as_str(), undone.other.as_str()), ("per_1", "per_2"));
        assert_eq!((undone.state, undone.undone.len()), (Verdict::Dismissed, 1));
        assert_eq!(settled(Some(&undone), Verdict::Merged, 4), None, "it was taken back by then");
        let again = settled(Some(&undone), Verdict::Dismissed, 5).unwrap();
        assert_eq!(again.undone, undone.undone, "it is taken back once");
        let open = Proposal { state: Verdict::Open, decided_at: None, undone: Vec::new(), ..undone };
        let merged = settled(Some(&open), Verdict::Merged, 6).unwrap();
        assert_eq!((merged.state, merged.decided_at), (Verdict::Merged, Some(at(6))));
    }
}
