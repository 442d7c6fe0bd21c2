//! What a conversation is reminded of: facts, what was said last, and what a search found, within a budget, each with
//! where it comes from.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fact, quoted};
use crate::{
    id::{FactId, InteractionId},
    interaction::{Channel, Speaker},
};

/// English text has about so many bytes a token.
const BYTES_A_TOKEN: usize = 4;
/// Of a piece, beside its text.
const TOKENS_AROUND: usize = 12;
/// Of the budget, hundredths that facts and the last turns may have before what was found gets its part.
const FACTS: usize = 40;
const RECENT: usize = 30;

/// A turn of an earlier conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    pub interaction: InteractionId,
    pub channel: Channel,
    pub at: Timestamp,
    pub speaker: Speaker,
    pub text: String,
    /// How well it fits what was searched.
    pub score: f32,
}

/// What was loaded of a person.
#[derive(Debug, Clone, Copy)]
pub struct Loaded<'a> {
    pub facts: &'a [Fact],
    /// The last turns of earlier conversations, oldest first.
    pub recent: &'a [Recalled],
    /// Turns that fit what is asked, best first.
    pub found: &'a [Recalled],
}

/// Facts, then turns in the order in which they were said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recollection {
    pub pieces: Vec<Piece>,
    pub tokens: usize,
    /// Pieces that did not fit.
    pub left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub text: String,
    pub provenance: Provenance,
}

/// Where a piece comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Provenance {
    Fact { fact: FactId, at: Timestamp, interaction: Option<InteractionId>, quote: Option<String> },
    Turn { interaction: InteractionId, channel: Channel, at: Timestamp, speaker: Speaker },
}

/// The most useful of what was loaded that fits into `budget` tokens. A turn that was said last and was found, too,
/// comes once.
pub fn recollect(loaded: &Loaded<'_>, budget: usize) -> Recollection {
    let mut facts: Vec<&Fact> = loaded.facts.iter().filter(|fact| fact.is_current()).collect();
    facts.sort_by_key(|fact| (fact.owners_word().is_none(), fact.predicate, std::cmp::Reverse(fact.at)));
    let mut facts = facts.into_iter().map(of_fact).peekable();
    let mut recent = loaded.recent.iter().rev().map(of_turn).peekable();
    let mut found = loaded.found.iter().map(of_turn).peekable();
    let mut taken = Taken { left: budget, ..Taken::default() };
    taken.share(&mut facts, budget * FACTS / 100);
    taken.share(&mut recent, budget * RECENT / 100);
    // What is left over is for whoever has more.
    taken.share(&mut found, budget);
    taken.share(&mut facts, budget);
    taken.share(&mut recent, budget);
    let Taken { mut pieces, left, mut seen } = taken;
    let out = facts.chain(found).chain(recent).filter(|piece| seen.insert(piece.key())).count();
    // Facts come as they rank; sorts are stable.
    pieces.sort_by_key(Piece::said_at);
    Recollection { pieces, tokens: budget - left, left_out: out }
}

impl Recollection {
    /// For a model: a line a piece, as quotations.
    pub fn text(&self) -> String {
        let lines = self.pieces.iter().map(|piece| format!("- {}", piece.line()));
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[derive(Default)]
struct Taken {
    pieces: Vec<Piece>,
    left: usize,
    seen: HashSet<(String, Timestamp, Option<Speaker>)>,
}

impl Taken {
    /// Takes pieces while they fit into a share, and into what is left of the whole.
    fn share(&mut self, pieces: &mut std::iter::Peekable<impl Iterator<Item = Piece>>, share: usize) {
        let mut share = share.min(self.left);
        while let Some(piece) =
            pieces.next_if(|piece| piece.tokens() <= share || self.seen.contains(&piece.key()))
        {
            if self.seen.insert(piece.key()) {
                share -= piece.tokens();
                self.left -= piece.tokens();
                self.pieces.push(piece);
            }
        }
    }
}

impl Piece {
    fn tokens(&self) -> usize {
        self.text.len() / BYTES_A_TOKEN + TOKENS_AROUND
    }

    fn key(&self) -> (String, Timestamp, Option<Speaker>) {
        match &self.provenance {
            Provenance::Fact { fact, at, .. } => (fact.to_string(), *at, None),
            Provenance::Turn { interaction, at, speaker, .. } => {
                (interaction.to_string(), *at, Some(*speaker))
            }
        }
    }

    fn line(&self) -> String {
        let text = quoted(&self.text);
        match &self.provenance {
            Provenance::Fact { at, .. } => format!("{}: {text}", at.strftime("%F")),
            Provenance::Turn { at, speaker: Speaker::Person, .. } => {
                format!("{}, they said: {text}", at.strftime("%F"))
            }
            Provenance::Turn { at, speaker: Speaker::Twin, .. } => {
                format!("{}, you said: {text}", at.strftime("%F"))
            }
        }
    }

    fn said_at(&self) -> Option<Timestamp> {
        match &self.provenance {
            Provenance::Fact { .. } => None,
            Provenance::Turn { at, .. } => Some(*at),
        }
    }
}

fn of_fact(fact: &Fact) -> Piece {
    Piece {
        text: format!("{} {} {}", fact.subject, fact.predicate.words(), fact.value),
        provenance: Provenance::Fact {
            fact: fact.id.clone(),
            at: fact.at,
            interaction: fact.interaction.clone(),
            quote: fact.quote.clone(),
        },
    }
}

fn of_turn(turn: &Recalled) -> Piece {
    Piece {
        text: turn.text.clone(),
        provenance: Provenance::Turn {
            interaction: turn.interaction.clone(),
            channel: turn.channel,
            at: turn.at,
            speaker: turn.speaker,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::memory::{Edit, Given, edited, typed};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn turn(second: i64, text: &str) -> Recalled {
        Recalled {
            interaction: "int_1".parse().unwrap(),
            channel: Channel::Phone,
            at: at(second),
            speaker: Speaker::Person,
            text: text.to_owned(),
            score: 1.0,
        }
    }

    fn fact(number: i64, value: &str) -> Fact {
        let given = Given {
            subject: "person".to_owned(),
            predicate: crate::predicate::Predicate::Uses,
            value: value.to_owned(),
            pinned: false,
        };
        typed(&given, format!("fac_{number}").parse().unwrap(), at(number)).unwrap()
    }

    #[test]
    fn facts_then_turns_as_they_were_said_each_once() {
        let (recent, found) = ([turn(5, "five"), turn(6, "six")], [turn(6, "six"), turn(1, "one")]);
        let gone = edited(&fact(2, "Perl"), &Edit::Retract, "fac_9".parse().unwrap(), at(3)).unwrap().0;
        let facts = [fact(1, "Rust"), gone];
        let all = recollect(&Loaded { facts: &facts, recent: &recent, found: &found }, 1000);
        let texts: Vec<&str> = all.pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["person uses Rust", "one", "five", "six"]);
        assert_eq!(all.left_out, 0);
        let little = recollect(&Loaded { facts: &facts, recent: &recent, found: &found }, 30);
        assert_eq!((little.pieces.len(), little.left_out), (2, 2), "{little:?}");
    }

    proptest! {
        #[test]
        fn the_budget_holds_and_nothing_is_made_up(
            facts in 0..30_i64, recent in 0..30_i64, found in 0..30_i64, budget in 0..2000_usize,
        ) {
            let facts: Vec<Fact> = (0..facts).map(|number| fact(number, &format!("thing {number}"))).collect();
            let recent: Vec<Recalled> = (100..100 + recent).map(|second| turn(second, "said of late")).collect();
            let found: Vec<Recalled> = (90..90 + found).rev().map(|second| turn(second, "found")).collect();
            let all = recollect(&Loaded { facts: &facts, recent: &recent, found: &found }, budget);
            prop_assert!(all.tokens <= budget);
            prop_assert_eq!(all.tokens, all.pieces.iter().map(Piece::tokens).sum::<usize>());
            let keys: HashSet<_> = all.pieces.iter().map(Piece::key).collect();
            prop_assert_eq!(keys.len(), all.pieces.len());
            let overlap = (90 + found.len()).min(100 + recent.len()).saturating_sub(100);
            prop_assert_eq!(all.pieces.len() + all.left_out, facts.len() + recent.len() + found.len() - overlap);
        }
    }
}
