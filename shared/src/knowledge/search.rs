//! Ranks passages for a question: BM25 over stems, with what stands around a passage, who speaks, and when.
//!
//! Measured on conversations of months (`omnitwin eval retrieval`); each part earned its place there.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "passages are fewer than four thousand million"
)]

use std::collections::HashSet;

use super::{
    dates::{self, Asked},
    index::{Index, Number, Posting},
    terms::{stem, words},
};

/// How soon more of the same term counts less (BM25).
const K1: f32 = 0.9;
/// How far a long passage counts less (BM25).
const B: f32 = 0.4;
/// What the best passage of a block adds to the others in it.
const BLOCK_WEIGHT: f32 = 0.2;
/// A speaker's name says less about what was said.
const NAME_WEIGHT: f32 = 0.5;
/// What the one speaker whom a question names has said.
const SPEAKER_BOOST: f32 = 1.8;
/// What the first has said, of several whom a question names.
const FIRST_SPEAKER_BOOST: f32 = 1.2;
/// A text that tells a time, for a question that asks for one.
const TIME_BOOST: f32 = 1.3;
/// The day that a question names, beside what its words give.
const DATE_WEIGHT: f32 = 0.3;

/// What questions are asked with counts this much towards what a passage covers of them.
const ASKING_WEIGHT: f32 = 0.2;
/// Stems of such words.
const ASKING: &str = "abl alreadi ask come current describ detail discuss ever exampl explain familiar find former get \
                      give good help hear kind know let like list look make mani mention much name need offer \
                      pleas possibl question say see share show someth sort speak start tell thing think \
                      type use want way well work would";

/// A word that means nearly the same counts this much.
const ALIKE_WEIGHT: f32 = 0.6;
/// Words of working life that answer each other: stems, a line a meaning.
const ALIKE: &[&str] = &[
    "colleagu cowork peer recommend refer",
    "talk speech confer speaker keynot",
    "award prize honour honor",
    "employ compani firm organis organiz",
    "certif certifi certificat",
    "hobbi interest leisur",
    "volunt volunteer honorari",
    "lead manag head",
    "univers colleg school degre educ studi",
    "job role posit career",
    "rate price fee charg",
    "bottleneck slow latenc perform",
    "consult freelanc advisori servic",
    "product live",
    "remot home",
];

/// A passage that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub document: Number,
    /// Its place among the document's passages.
    pub passage: usize,
    pub score: f32,
    /// How much of the question's weight is in the passage itself: 0 to 1.
    pub covered: f32,
}

/// A question, as a search reads it.
struct Query {
    terms: Vec<Term>,
    dates: Vec<Asked>,
    asks_when: bool,
    /// Numbers of the speakers that it names, in order.
    named: Vec<u16>,
}

struct Term {
    stem: String,
    /// Stems that mean nearly the same.
    alike: Vec<&'static str>,
    weight: f32,
    /// How much of its weight a passage has to cover.
    asking: f32,
}

/// Sums by passage, and which passages have any.
struct Scores {
    sums: Vec<f32>,
    frequency: Vec<f32>,
    touched: Vec<u32>,
    covered: Vec<f32>,
    /// How much of the term at hand a passage holds.
    holding: Vec<f32>,
}

impl Index {
    /// The best `limit` passages for a question, best first; documents that `wanted` refuses are left out.
    pub fn search(&self, question: &str, limit: usize, wanted: impl Fn(Number) -> bool) -> Vec<Hit> {
        let query = self.read(question);
        let scores = self.scores(&query);
        let mut hits: Vec<(u32, f32)> = (0_u32..)
            .zip(&scores.sums)
            .filter(|(at, score)| **score > 0.0 && wanted(self.number(*at).0))
            .map(|(at, score)| (at, *score))
            .collect();
        let best = |one: &(u32, f32), other: &(u32, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if hits.len() > limit {
            hits.select_nth_unstable_by(limit, best);
            hits.truncate(limit);
        }
        hits.sort_unstable_by(best);
        let hit = |(at, score): (u32, f32)| {
            let (document, passage) = self.number(at);
            Hit { document, passage, score, covered: scores.covered[at as usize] }
        };
        hits.into_iter().map(hit).collect()
    }

    fn read(&self, question: &str) -> Query {
        let asked = words(question);
        let capitalised: HashSet<String> = question
            .split_whitespace()
            .skip(1)
            .filter(|word| word.trim_start_matches(['"', '\'', '(', '[']).starts_with(char::is_uppercase))
            .flat_map(words)
            .collect();
        let mut terms: Vec<Term> = Vec::new();
        let mut named = Vec::new();
        for word in &asked {
            let speakers = self.named(word, capitalised.contains(word));
            let weight = if speakers.is_empty() { 1.0 } else { NAME_WEIGHT };
            for speaker in speakers {
                if !named.contains(&speaker) {
                    named.push(speaker);
                }
            }
            let stem = stem(word);
            if let Some(known) = terms.iter_mut().find(|known| known.stem == stem) {
                known.weight = known.weight.min(weight);
                continue;
            }
            let is_asking = ASKING.split_ascii_whitespace().any(|asking| asking == stem);
            let asking = if is_asking { ASKING_WEIGHT } else { 1.0 };
            terms.push(Term { alike: alike(&stem), stem, weight, asking });
        }
        Query { terms, dates: dates::asked(question), asks_when: dates::asks_when(question), named }
    }

    /// The speakers whom a word names: in full, or short if it is written like a name.
    fn named(&self, word: &str, capitalised: bool) -> Vec<u16> {
        let names = |name: &String| {
            name == word || (capitalised && word.chars().count() >= 3 && name.starts_with(word))
        };
        (0..).zip(&self.speakers).filter(|(_, of)| of.iter().any(names)).map(|(number, _)| number).collect()
    }

    fn scores(&self, query: &Query) -> Scores {
        let mut scores = Scores::new(self.slots.len());
        let mut blocks = vec![0.0_f32; self.blocks as usize];
        let mut best = vec![0.0_f32; self.blocks as usize];
        let mut asked_for = 0.0;
        for term in &query.terms {
            asked_for += self.add_term(term, &mut scores, &mut best, &mut blocks);
        }
        for (at, slot) in self.slots.iter().enumerate() {
            let sum = &mut scores.sums[at];
            *sum += BLOCK_WEIGHT * blocks[slot.block as usize];
            if query.asks_when && slot.tells_time {
                *sum *= TIME_BOOST;
            }
            scores.covered[at] /= f32::max(asked_for, f32::MIN_POSITIVE);
        }
        self.add_dates(query, &mut scores.sums);
        self.add_speakers(query, &mut scores.sums);
        scores
    }

    /// Adds a term to the sums and gives its weight in the question.
    fn add_term(&self, term: &Term, scores: &mut Scores, best: &mut [f32], blocks: &mut [f32]) -> f32 {
        let alike = term.alike.iter().map(|stem| (*stem, ALIKE_WEIGHT));
        let stems: Vec<(&str, f32)> = std::iter::once((term.stem.as_str(), 1.0)).chain(alike).collect();
        for (stem, share) in &stems {
            for posting in self.postings(stem) {
                self.reach_out(*posting, *share, scores);
            }
        }
        let idf = term.weight * self.idf(scores.touched.len());
        let average = (self.total_length / f64::from(self.alive.max(1))) as f32;
        for (stem, share) in stems.iter().rev() {
            for posting in self.postings(stem) {
                scores.holding[posting.at as usize] = *share;
            }
        }
        for posting in stems.iter().flat_map(|(stem, _)| self.postings(stem)) {
            let at = posting.at as usize;
            scores.covered[at] += idf * term.asking * std::mem::take(&mut scores.holding[at]);
        }
        for at in &scores.touched {
            let at = *at as usize;
            let slot = &self.slots[at];
            let frequency = std::mem::take(&mut scores.frequency[at]);
            let norm = K1 * (1.0 - B + B * slot.length / average);
            let part = idf * frequency * (K1 + 1.0) / (frequency + norm);
            scores.sums[at] += part;
            let best = &mut best[slot.block as usize];
            *best = best.max(part);
        }
        for at in scores.touched.drain(..) {
            let block = self.slots[at as usize].block as usize;
            blocks[block] += std::mem::take(&mut best[block]);
        }
        idf * term.asking
    }

    /// Counts a posting for its passage, and for those around it.
    fn reach_out(&self, posting: Posting, share: f32, scores: &mut Scores) {
        let slot = &self.slots[posting.at as usize];
        let theirs = &self.documents[slot.document as usize].slots;
        for (distance, weight) in self.reach(slot) {
            let at = i64::from(posting.at) + distance;
            if weight > 0.0 && (i64::from(theirs.start)..i64::from(theirs.end)).contains(&at) {
                scores.add(at as usize, share * weight * f32::from(posting.times));
            }
        }
    }

    fn idf(&self, holders: usize) -> f32 {
        let (all, holders) = (self.alive as f32, holders as f32);
        (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln()
    }

    fn add_dates(&self, query: &Query, sums: &mut [f32]) {
        if query.dates.is_empty() {
            return;
        }
        let most = sums.iter().copied().fold(0.0, f32::max);
        for filed in &self.documents {
            let Some(date) = filed.date else { continue };
            let closeness = query.dates.iter().map(|asked| asked.closeness(date)).fold(0.0, f32::max);
            for sum in &mut sums[filed.slots.start as usize..filed.slots.end as usize] {
                *sum = *sum * (1.0 + closeness) + DATE_WEIGHT * closeness * most;
            }
        }
    }

    fn add_speakers(&self, query: &Query, sums: &mut [f32]) {
        let boost = if query.named.len() == 1 { SPEAKER_BOOST } else { FIRST_SPEAKER_BOOST };
        let Some(first) = query.named.first() else { return };
        for (slot, sum) in self.slots.iter().zip(sums) {
            if slot.speaker == Some(*first) {
                *sum *= boost;
            }
        }
    }
}

fn alike(stem: &str) -> Vec<&'static str> {
    let groups = ALIKE.iter().filter(|group| group.split(' ').any(|word| word == stem));
    groups.flat_map(|group| group.split(' ')).filter(|word| *word != stem).collect()
}

impl Scores {
    fn new(passages: usize) -> Self {
        Self {
            sums: vec![0.0; passages],
            frequency: vec![0.0; passages],
            touched: Vec::new(),
            covered: vec![0.0; passages],
            holding: vec![0.0; passages],
        }
    }

    fn add(&mut self, at: usize, times: f32) {
        let frequency = &mut self.frequency[at];
        if *frequency == 0.0 {
            // Places are numbers of 32 bits in the index, too.
            self.touched.push(at as u32);
        }
        *frequency += times;
    }
}
