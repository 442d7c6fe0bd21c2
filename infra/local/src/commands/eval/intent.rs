//! How well the twin understands what somebody wants.
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::Deserialize;
use twin::{
    brain::intent::{classify, is_learned},
    interaction::Intent,
};

use super::Outcome;

/// The part of the labelled utterances that is not learned from.
const HELD_OUT: &str = include_str!("../../../../../shared/data/intents/test.tsv");

#[derive(clap::Args)]
pub struct Arguments {
    /// Lines `label<TAB>utterance`; without it, the held-out part of the twin's own.
    #[arg(long)]
    utterances: Option<PathBuf>,
    /// CLINC150 (`data_full.json`), with its intents taken for ours.
    #[arg(long)]
    clinc: Option<PathBuf>,
    /// Name what was misunderstood.
    #[arg(long)]
    errors: bool,
}

/// Those parts that are not for training.
#[derive(Deserialize)]
struct Clinc {
    test: Vec<(String, String)>,
    oos_test: Vec<(String, String)>,
}

/// Intents of CLINC150 that are ours, too.
const CLINC: [(&str, Intent); 16] = [
    ("meeting_schedule", Intent::MeetingRequest),
    ("schedule_meeting", Intent::MeetingRequest),
    ("are_you_a_bot", Intent::Identity),
    ("what_is_your_name", Intent::Identity),
    ("who_made_you", Intent::Identity),
    ("who_do_you_work_for", Intent::Identity),
    ("where_are_you_from", Intent::Identity),
    ("how_old_are_you", Intent::Identity),
    ("greeting", Intent::SmallTalk),
    ("what_are_your_hobbies", Intent::SmallTalk),
    ("tell_joke", Intent::SmallTalk),
    ("thank_you", Intent::SmallTalk),
    ("fun_fact", Intent::SmallTalk),
    ("do_you_have_pets", Intent::SmallTalk),
    ("meaning_of_life", Intent::SmallTalk),
    ("goodbye", Intent::Goodbye),
];

/// Right and all, of one intent.
#[derive(Default)]
struct Score {
    right: usize,
    all: usize,
    /// Taken for this intent, rightly or not.
    guessed: usize,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let rows = match (&arguments.utterances, &arguments.clinc) {
        (_, Some(path)) => clinc(path)?,
        (Some(path), None) => labelled(&fs::read_to_string(path)?)?,
        (None, None) => labelled(HELD_OUT)?,
    };
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for (wanted, said) in &rows {
        let guess = classify(said);
        scores.entry(guess.intent.label()).or_default().guessed += 1;
        let score = scores.entry(wanted.label()).or_default();
        score.all += 1;
        score.right += usize::from(guess.intent == *wanted);
        if arguments.errors && guess.intent != *wanted {
            println!(
                "{:<20} taken for {:<20} {:.2}  {said}",
                wanted.label(),
                guess.intent.label(),
                guess.confidence
            );
        }
    }
    print(&scores);
    Ok(())
}

fn print(scores: &BTreeMap<&str, Score>) {
    println!("{:<22} {:>10} {:>8} {:>10}", "", "utterances", "recall", "precision");
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    for (label, score) in scores.iter().filter(|(_, score)| score.all > 0) {
        let (recall, precision) = (share(score.right, score.all), share(score.right, score.guessed));
        println!("{label:<22} {:>10} {recall:>8.3} {precision:>10.3}", score.all);
    }
    let outside = Intent::OutOfScope.label();
    let sum = |of: fn(&Score) -> usize, inside: bool| -> usize {
        scores.iter().filter(|(label, _)| !inside || **label != outside).map(|(_, score)| of(score)).sum()
    };
    let (right, all) = (sum(|score| score.right, true), sum(|score| score.all, true));
    println!("{:<22} {all:>10} {:>8.3}", "accuracy in scope", share(right, all));
    let (right, all) = (sum(|score| score.right, false), sum(|score| score.all, false));
    println!("{:<22} {all:>10} {:>8.3}", "accuracy", share(right, all));
}

fn labelled(text: &str) -> Result<Vec<(Intent, String)>, String> {
    text.lines()
        .enumerate()
        .map(|(number, line)| {
            let (label, said) =
                line.split_once('\t').ok_or_else(|| format!("line {}: no tab", number + 1))?;
            match Intent::labelled(label) {
                Intent::Unknown => Err(format!("line {}: no intent is called {label:?}", number + 1)),
                intent => Ok((intent, said.to_owned())),
            }
        })
        .collect()
}

fn clinc(path: &PathBuf) -> Result<Vec<(Intent, String)>, Box<dyn std::error::Error>> {
    let read: Clinc = serde_json::from_str(&fs::read_to_string(path)?)?;
    let ours = |label: &str| CLINC.iter().find(|(theirs, _)| *theirs == label).map(|(_, intent)| *intent);
    let inside = read.test.into_iter().filter_map(|(said, label)| Some((ours(&label)?, said)));
    let outside = read.oos_test.into_iter().map(|(said, _)| (Intent::OutOfScope, said));
    let all: Vec<(Intent, String)> = inside.chain(outside).collect();
    let asked = all.len();
    // What everybody says, such as "goodbye", is learned, and no measure of what is not.
    let rows: Vec<(Intent, String)> = all.into_iter().filter(|(_, said)| !is_learned(said)).collect();
    println!("{} utterances are learned from, and left out", asked - rows.len());
    Ok(rows)
}
