//! What somebody wants, from one thing that they say: a linear classifier that is trained at its first use from
//! `data/intents/train.tsv`, in some 50 ms. `omnitwin eval intent` measures it.

mod features;
mod model;

use std::{collections::HashSet, sync::LazyLock};

use serde::{Deserialize, Serialize};

use self::model::Model;
use crate::interaction::Intent;

/// Below this probability of the likeliest intent, none is taken for what was meant.
const UNSURE: f32 = 0.35;

const TRAIN: &str = include_str!("../../data/intents/train.tsv");

static LEARNED: LazyLock<HashSet<String>> =
    LazyLock::new(|| utterances().map(|said| said.trim().to_lowercase()).collect());

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::train(TRAIN));

/// An intent, and how likely it is: 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    pub intent: Intent,
    pub confidence: f32,
}

/// The intent of one utterance. Nothing said is [`Intent::Unknown`].
pub fn classify(utterance: &str) -> Guess {
    if !utterance.chars().any(char::is_alphanumeric) {
        return Guess { intent: Intent::Unknown, confidence: 1.0 };
    }
    let (label, confidence) = MODEL.predict(utterance);
    let intent = if confidence < UNSURE { Intent::OutOfScope } else { Intent::labelled(label) };
    Guess { intent, confidence }
}

/// What the classifier was trained with.
pub fn utterances() -> impl Iterator<Item = &'static str> {
    TRAIN.lines().filter_map(|line| line.split_once('\t')).map(|(_, said)| said)
}

/// Whether the classifier was trained with an utterance, word for word.
pub fn is_learned(utterance: &str) -> bool {
    let said = utterance.trim().to_lowercase();
    LEARNED.contains(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_utterances_are_understood() {
        let test = include_str!("../../data/intents/test.tsv");
        let rows: Vec<(&str, &str)> = test.lines().filter_map(|line| line.split_once('\t')).collect();
        let right =
            rows.iter().filter(|(label, said)| classify(said).intent == Intent::labelled(label)).count();
        assert!(right * 10 >= rows.len() * 9, "{right} of {}", rows.len());
    }

    #[test]
    fn every_label_is_an_intent() {
        for line in TRAIN.lines() {
            let (label, said) = line.split_once('\t').unwrap();
            assert_ne!(Intent::labelled(label), Intent::Unknown, "{line}");
            assert!(!said.trim().is_empty(), "{line}");
        }
    }

    #[test]
    fn nothing_that_is_held_out_is_learned() {
        let test = include_str!("../../data/intents/test.tsv");
        let learned: Vec<&str> = test
            .lines()
            .filter(|line| line.split_once('\t').is_some_and(|(_, said)| is_learned(said)))
            .collect();
        assert!(learned.is_empty(), "{learned:?}");
        assert!(is_learned("Goodbye") && !is_learned("This was never said, I hope."));
    }

    #[test]
    fn odd_input() {
        for said in ["", "   ", "?!", "…"] {
            assert_eq!(classify(said).intent, Intent::Unknown, "{said:?}");
        }
        let long = "hire ".repeat(20_000);
        assert!(classify(&long).confidence.is_finite());
    }
}
