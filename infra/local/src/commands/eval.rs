//! `omnitwin eval`: how well the twin finds and understands, measured on labelled data.

pub mod handoff;
pub mod identity;
pub mod intent;
pub mod retrieval;

use std::{fs, path::Path};

use clap::Subcommand;
use serde::de::DeserializeOwned;

use super::Outcome;

#[derive(Subcommand)]
pub enum Arguments {
    /// How often the search finds what answers a question: recall@k, MRR and nDCG@10.
    Retrieval(retrieval::Arguments),
    /// How often an utterance is understood: recall and precision of each intent.
    Intent(intent::Arguments),
    /// How often records of one person are taken for that: precision and recall.
    Identity(identity::Arguments),
    /// How much of a conversation arrives on the channel to which it is handed over, and that nothing else does.
    Handoff(handoff::Arguments),
}

pub async fn run(arguments: &Arguments, lookup: &dyn Fn(&str) -> Option<String>) -> Outcome {
    match arguments {
        Arguments::Retrieval(arguments) => retrieval::run(arguments, lookup).await,
        Arguments::Intent(arguments) => intent::run(arguments),
        Arguments::Identity(arguments) => identity::run(arguments),
        Arguments::Handoff(arguments) => Box::pin(handoff::run(arguments)).await,
    }
}

/// The lines of a file as values; an error names the line.
fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parsed(&text, &path.display().to_string())
}

fn parsed<T: DeserializeOwned>(text: &str, name: &str) -> Result<Vec<T>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("{name}, line {}: {error}", number + 1))
        })
        .collect()
}
