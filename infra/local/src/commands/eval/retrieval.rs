//! Recall of the search over conversations: each space is one person's history, as the twin searches it.
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use serde::Deserialize;
use twin::knowledge::{
    dates,
    index::{Analysed, Index, Neighbours, Number},
};

use super::{Outcome, lines};

#[derive(clap::Args)]
pub struct Arguments {
    /// Turns, one JSON object a line: `space`, `id`, `session`, `time`, `speaker`, `text`.
    #[arg(long)]
    corpus: PathBuf,
    /// Questions, one JSON object a line: `space`, `id`, `question`, `evidence` (ids of turns), `class`.
    #[arg(long)]
    questions: PathBuf,
    /// Depths at which recall is taken.
    #[arg(long, value_delimiter = ',', default_value = "5,10,20")]
    k: Vec<usize>,
    /// Figures of each class, or of each space, too.
    #[arg(long)]
    by: Option<By>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum By {
    Class,
    Space,
}

#[derive(Deserialize)]
struct Turn {
    space: String,
    id: String,
    session: serde_json::Value,
    #[serde(default)]
    time: String,
    #[serde(default)]
    speaker: String,
    text: String,
}

#[derive(Deserialize)]
struct Question {
    space: String,
    #[serde(default)]
    id: String,
    #[serde(rename = "question")]
    text: String,
    evidence: Vec<String>,
    #[serde(default)]
    class: String,
}

/// One person's history: a document a session.
struct Space<'a> {
    index: Index,
    ids: HashMap<Number, Vec<&'a str>>,
}

const NDCG_AT: usize = 10;

/// Sums over questions.
#[derive(Default, Clone)]
struct Figures {
    questions: usize,
    recall: Vec<f64>,
    reciprocal_rank: f64,
    ndcg: f64,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let turns: Vec<Turn> = lines(&arguments.corpus)?;
    let questions: Vec<Question> = lines(&arguments.questions)?;
    let spaces = spaces(&turns);
    let depth = arguments.k.iter().copied().max().unwrap_or(0).max(NDCG_AT);
    let mut all = Figures::default();
    let mut parts: BTreeMap<&str, Figures> = BTreeMap::new();
    for question in questions.iter().filter(|question| !question.evidence.is_empty()) {
        let space = spaces.get(question.space.as_str()).ok_or_else(|| {
            format!("question {:?}: the corpus has no space {:?}", question.id, question.space)
        })?;
        let found = space.search(&question.text, depth);
        all.add(&found, &question.evidence, &arguments.k);
        let part = match arguments.by {
            Some(By::Class) => question.class.as_str(),
            Some(By::Space) => question.space.as_str(),
            None => continue,
        };
        parts.entry(part).or_default().add(&found, &question.evidence, &arguments.k);
    }
    print_header(&arguments.k);
    for (name, figures) in &parts {
        figures.print(name);
    }
    all.print("all");
    Ok(())
}

fn spaces(turns: &[Turn]) -> BTreeMap<&str, Space<'_>> {
    let mut spaces: BTreeMap<&str, Space<'_>> = BTreeMap::new();
    for session in turns.chunk_by(|one, next| one.space == next.space && one.session == next.session) {
        let Some(first) = session.first() else { continue };
        let space = spaces
            .entry(&first.space)
            .or_insert_with(|| Space { index: Index::new(Neighbours::CONVERSATION), ids: HashMap::new() });
        let analysed = Analysed::of(session.iter().map(|turn| turn.text.as_str()));
        let date = dates::asked(&first.time).iter().find_map(|asked| asked.date());
        let speakers: Vec<&str> = session.iter().map(|turn| turn.speaker.as_str()).collect();
        let number = space.index.add(&analysed, date, &speakers);
        space.ids.insert(number, session.iter().map(|turn| turn.id.as_str()).collect());
    }
    spaces
}

impl Space<'_> {
    fn search(&self, question: &str, depth: usize) -> Vec<&str> {
        let hits = self.index.search(question, depth, |_| true);
        hits.iter().filter_map(|hit| self.ids.get(&hit.document)?.get(hit.passage).copied()).collect()
    }
}

impl Figures {
    fn add(&mut self, found: &[&str], evidence: &[String], depths: &[usize]) {
        self.questions += 1;
        self.recall.resize(depths.len(), 0.0);
        let is_evidence = |id: &&str| evidence.iter().any(|wanted| wanted == id);
        for (recall, depth) in self.recall.iter_mut().zip(depths) {
            let hits = found.iter().take(*depth).copied().filter(|id| is_evidence(id)).count();
            *recall += hits as f64 / evidence.len() as f64;
        }
        let first = found.iter().position(is_evidence);
        self.reciprocal_rank += first.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
        let gain = |rank: usize| 1.0 / ((rank + 2) as f64).log2();
        let ranks = (0..NDCG_AT).filter(|rank| found.get(*rank).is_some_and(is_evidence));
        let ideal: f64 = (0..evidence.len().min(NDCG_AT)).map(gain).sum();
        self.ndcg += ranks.map(gain).sum::<f64>() / ideal;
    }

    fn print(&self, name: &str) {
        let mean = |sum: f64| sum / self.questions.max(1) as f64;
        print!("{name:<16} {:>9}", self.questions);
        for recall in &self.recall {
            print!(" {:>8.3}", mean(*recall));
        }
        println!(" {:>8.3} {:>8.3}", mean(self.reciprocal_rank), mean(self.ndcg));
    }
}

fn print_header(depths: &[usize]) {
    print!("{:<16} {:>9}", "", "questions");
    for depth in depths {
        print!(" {:>8}", format!("R@{depth}"));
    }
    println!(" {:>8} {:>8}", "MRR", format!("nDCG@{NDCG_AT}"));
}
