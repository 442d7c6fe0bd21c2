//! Answers from what the twin knows of its owner, with sources; says so when nothing is known.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::interaction::Action;

pub const DESCRIPTION: &str = "Look up what is known about the owner's work, experience, skills, services or \
                               availability. Say only what the result says.";
const MAX_QUESTION: usize = 500;
/// Passages that the model is given.
pub const MAX_PASSAGES: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    pub question: String,
}

pub fn schema() -> Value {
    object(
        json!({ "question": { "type": "string", "description": "The question in the caller's words." } }),
        &[],
    )
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let Some(question) = text(&arguments.question, MAX_QUESTION) else {
        return Done::refused("the question is empty");
    };
    let found = &scene.seen.found;
    if found.is_empty() {
        let output = json!({ "known": false, "say": "You do not know this. Offer to take a message." });
        return Done::did(Action::QuestionUnanswered { question }, output);
    }
    let passages: Vec<Value> = found
        .iter()
        .map(|found| json!({ "text": found.text, "source": found.citation.to_string() }))
        .collect();
    let sources = found.iter().map(|found| found.citation.to_string()).collect();
    let output = json!({ "known": true, "passages": passages });
    Done::did(Action::QuestionAnswered { question, sources }, output)
}
