//! Knowledge gaps: questions that nothing supports an answer to, for the owner to fill.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::GapId, identity::is_invisible};

use super::terms::{stem, words};

/// Of all terms of two questions, this many in ten are shared by questions that ask the same.
const ALIKE: usize = 6;
/// Ways to ask that are kept as examples.
const MAX_EXAMPLES: usize = 5;
pub const MAX_QUESTION: usize = 500;
/// Questions that wait for an answer: more than anybody answers. All are read for each that is new, and shown at once.
const MAX_OPEN: usize = 500;

/// A question without an answer, and how often it was asked in one way or another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    pub id: GapId,
    pub version: u64,
    pub question: String,
    /// Other ways in which it was asked.
    pub examples: Vec<String>,
    pub count: u64,
    pub first_asked_at: Timestamp,
    pub last_asked_at: Timestamp,
    /// The owner's answer, which is knowledge from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

impl Gap {
    /// When it was found, or then filled.
    pub fn moved_at(&self) -> Timestamp {
        self.answered_at.map_or(self.first_asked_at, |answered| answered.max(self.first_asked_at))
    }

    pub fn new(id: GapId, question: &str, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            question: shortened(question),
            examples: Vec::new(),
            count: 1,
            first_asked_at: now,
            last_asked_at: now,
            answer: None,
            answered_at: None,
        }
    }

    /// It was asked once more.
    pub fn asked_again(&mut self, question: &str, now: Timestamp) {
        let question = shortened(question);
        if question != self.question
            && !self.examples.contains(&question)
            && self.examples.len() < MAX_EXAMPLES
        {
            self.examples.push(question);
        }
        self.count += 1;
        self.version += 1;
        self.last_asked_at = self.last_asked_at.max(now);
    }

    /// Whether a question asks the same in other words.
    pub fn is_like(&self, question: &str) -> bool {
        let asked = terms(question);
        std::iter::once(&self.question).chain(&self.examples).any(|known| {
            let known = terms(known);
            let shared = known.intersection(&asked).count();
            let all = known.union(&asked).count();
            known == asked || (all > 0 && shared * 10 >= all * ALIKE)
        })
    }
}

/// Of those that wait for an answer the one that makes room for another, if there are enough: it was asked least, and of these
/// longest ago.
pub fn makes_room(gaps: &[Gap]) -> Option<&Gap> {
    let open: Vec<&Gap> = gaps.iter().filter(|gap| gap.answer.is_none()).collect();
    if open.len() < MAX_OPEN {
        return None;
    }
    open.into_iter().min_by_key(|gap| (gap.count, gap.last_asked_at))
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

/// In one line, without what is not seen or turns the text around.
fn shortened(question: &str) -> String {
    let seen: String =
        question.chars().filter(|c| c.is_whitespace() || !(c.is_control() || is_invisible(*c))).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_QUESTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_question_turns_the_text_around() {
        let gap = Gap::new(
            "gap_1".parse().unwrap(),
            " Does\u{202e} Alex\n\u{2066}sail\u{200b}? ",
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(gap.question, "Does Alex sail?");
    }

    #[test]
    fn the_same_question_in_other_words_is_one_gap() {
        let mut gap =
            Gap::new("gap_1".parse().unwrap(), "What is the name of his cat?", Timestamp::UNIX_EPOCH);
        assert!(gap.is_like("what's his cat's name") && gap.is_like("What is the name of your cat?"));
        assert!(!gap.is_like("What is the name of his company?") && !gap.is_like(""));
        gap.asked_again("what's his cat's name", Timestamp::UNIX_EPOCH);
        gap.asked_again("what's his cat's name", Timestamp::UNIX_EPOCH);
        assert_eq!((gap.count, gap.version, gap.examples.len()), (3, 3, 1));
    }

    #[test]
    fn what_was_asked_least_and_longest_ago_makes_room() {
        let asked = |second: i64| {
            let at = Timestamp::from_second(second).unwrap();
            Gap::new(format!("gap_{second}").parse().unwrap(), "Does Alex sail?", at)
        };
        let mut gaps: Vec<Gap> = (0..i64::try_from(MAX_OPEN).unwrap()).map(asked).collect();
        gaps[0].asked_again("Does Alex sail?", Timestamp::UNIX_EPOCH);
        assert_eq!(makes_room(&gaps), Some(&gaps[1]));
        gaps[1].answer = Some("Yes.".to_owned());
        assert_eq!(makes_room(&gaps), None, "what is answered takes no room");
    }
}
