//! Recall of the search over conversations: each space is one person's history, as the twin searches it.
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use serde::Deserialize;
use twin::{
    brain::Brain,
    clients::openai::TextError,
    config::Settings,
    knowledge::{
        dates,
        index::{Analysed, Index, Neighbours, Number},
        terms::without_names,
        vectors::{LISTED, Quantised, Vectors, fused},
    },
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
    /// By what is meant, too, as the owner's material is searched where there is a model: asks that of `OPENAI_API_KEY`
    /// (and `OPENAI_BASE_URL`) for vectors of all turns and questions.
    #[arg(long)]
    vectors: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum By {
    Class,
    Space,
}

#[derive(Deserialize)]
pub struct Turn {
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
pub struct Question {
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
    vectors: Vectors,
    /// Of who speaks.
    names: BTreeSet<&'a str>,
}

const NDCG_AT: usize = 10;
/// Texts that a model embeds with one request.
const AT_ONCE: usize = 64;

/// Sums over questions.
#[derive(Debug, Default, Clone)]
pub struct Figures {
    questions: usize,
    recall: Vec<f64>,
    reciprocal_rank: f64,
    ndcg: f64,
}

/// Of all questions, and of parts of them by name.
#[derive(Debug, Default)]
pub struct Measured {
    pub all: Figures,
    pub parts: BTreeMap<String, Figures>,
}

pub async fn run(arguments: &Arguments, lookup: &dyn Fn(&str) -> Option<String>) -> Outcome {
    let brain = if arguments.vectors { Brain::from(&Settings::new(lookup))? } else { Brain::Offline };
    if arguments.vectors && matches!(brain, Brain::Offline) {
        return Err("vectors are a model's: set OPENAI_API_KEY".into());
    }
    let turns: Vec<Turn> = lines(&arguments.corpus)?;
    let questions: Vec<Question> = lines(&arguments.questions)?;
    let measured = measure(&turns, &questions, (&arguments.k, arguments.by), &brain).await?;
    print_header(&arguments.k);
    for (name, figures) in &measured.parts {
        figures.print(name);
    }
    measured.all.print("all");
    Ok(())
}

/// How well questions find their evidence at some depths: by words and, with a model, by vectors.
pub async fn measure(
    turns: &[Turn],
    questions: &[Question],
    (depths, by): (&[usize], Option<By>),
    brain: &Brain,
) -> Result<Measured, Box<dyn std::error::Error>> {
    let spaces = spaces(turns, brain).await?;
    let depth = depths.iter().copied().max().unwrap_or(0).max(NDCG_AT);
    let questions: Vec<&Question> =
        questions.iter().filter(|question| !question.evidence.is_empty()).collect();
    let of = |question: &&Question| {
        spaces.get(question.space.as_str()).ok_or_else(|| {
            format!("question {:?}: the corpus has no space {:?}", question.id, question.space)
        })
    };
    let asked: Vec<String> = questions
        .iter()
        .map(|question| of(question).map(|space| space.meant(&question.text)))
        .collect::<Result<_, String>>()?;
    let asked = embedded(brain, &asked).await?;
    let mut measured = Measured::default();
    for (at, question) in questions.into_iter().enumerate() {
        let found = of(&question)?.search(&question.text, asked.get(at), depth);
        measured.all.add(&found, &question.evidence, depths);
        let part = match by {
            Some(By::Class) => question.class.as_str(),
            Some(By::Space) => question.space.as_str(),
            None => continue,
        };
        let part = measured.parts.entry(part.to_owned()).or_default();
        part.add(&found, &question.evidence, depths);
    }
    Ok(measured)
}

/// A vector a text; none at all without a model.
async fn embedded(brain: &Brain, texts: &[String]) -> Result<Vec<Quantised>, TextError> {
    let mut all = Vec::new();
    for some in texts.chunks(AT_ONCE) {
        all.extend(brain.embed(some).await?.map(|embedded| embedded.value).unwrap_or_default());
    }
    Ok(all)
}

async fn spaces<'a>(turns: &'a [Turn], brain: &Brain) -> Result<BTreeMap<&'a str, Space<'a>>, TextError> {
    let mut spaces: BTreeMap<&str, Space<'_>> = BTreeMap::new();
    for session in turns.chunk_by(|one, next| one.space == next.space && one.session == next.session) {
        let Some(first) = session.first() else { continue };
        let space = spaces.entry(&first.space).or_insert_with(Space::new);
        let analysed = Analysed::of(session.iter().map(|turn| turn.text.as_str()));
        let date = dates::asked(&first.time).iter().find_map(|asked| asked.date());
        let speakers: Vec<&str> = session.iter().map(|turn| turn.speaker.as_str()).collect();
        space.names.extend(speakers.iter().flat_map(|name| name.split_whitespace()));
        let number = space.index.add(&analysed, date, &speakers);
        space.ids.insert(number, session.iter().map(|turn| turn.id.as_str()).collect());
        let texts: Vec<String> = session.iter().map(|turn| turn.text.clone()).collect();
        let vectors = embedded(brain, &texts).await?;
        if vectors.len() == texts.len() {
            space.vectors.add(number, &vectors);
        }
    }
    Ok(spaces)
}

impl Space<'_> {
    fn new() -> Self {
        let index = Index::new(Neighbours::CONVERSATION);
        Self { index, ids: HashMap::new(), vectors: Vectors::default(), names: BTreeSet::new() }
    }

    /// What of a question gets a vector, as the library has it: names tell no passage from another by what they mean, and
    /// outweigh all else.
    fn meant(&self, question: &str) -> String {
        let meant = without_names(question, self.names.iter().copied());
        if meant.is_empty() { question.to_owned() } else { meant }
    }

    /// As the library does it.
    fn search(&self, question: &str, vector: Option<&Quantised>, depth: usize) -> Vec<&str> {
        let listed = if vector.is_some() { depth.max(LISTED) } else { depth };
        let hits = self.index.search(question, listed, |_| true);
        let by_words: Vec<(Number, usize)> = hits.iter().map(|hit| (hit.document, hit.passage)).collect();
        let near = vector.map_or_else(Vec::new, |vector| self.vectors.nearest(vector, listed, |_| true));
        let by_meaning: Vec<(Number, usize)> =
            near.into_iter().map(|(document, passage, _)| (document, passage)).collect();
        let places = fused(&by_words, &by_meaning);
        let id = |(document, passage): &(Number, usize)| self.ids.get(document)?.get(*passage).copied();
        places.iter().take(depth).filter_map(id).collect()
    }
}

impl Figures {
    /// Mean recall at each depth.
    pub fn recall(&self) -> Vec<f64> {
        self.recall.iter().map(|sum| sum / self.questions.max(1) as f64).collect()
    }

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
