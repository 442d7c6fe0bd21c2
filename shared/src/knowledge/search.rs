//! Ranks passages for a question: BM25 over stems, with what stands around a passage, who speaks, and when.
//!
//! Measured on conversations of months (`omnitwin eval retrieval`); each part earned its place there.
#![allow(clippy::cast_precision_loss, reason = "passages are fewer than a float counts exactly")]

mod query;

use std::ops::Range;

use self::query::{Query, Term};
use super::index::{BLOCK, Filed, Index, Number, REACH};

/// How soon more of the same term counts less (BM25).
const K1: f32 = 0.9;
/// How far a long passage counts less (BM25).
const B: f32 = 0.4;
/// What the best passage of a block adds to the others in it.
const BLOCK_WEIGHT: f32 = 0.2;
/// What the one speaker whom a question names has said.
const SPEAKER_BOOST: f32 = 1.8;
/// What the first has said, of several whom a question names.
const FIRST_SPEAKER_BOOST: f32 = 1.2;
/// A text that tells a time, for a question that asks for one.
const TIME_BOOST: f32 = 1.3;
/// The day that a question names, beside what its words give.
const DATE_WEIGHT: f32 = 0.3;

/// A word that means nearly the same counts this much.
const ALIKE_WEIGHT: f32 = 0.6;
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

/// Sums by passage and by block, and what a term adds to them.
struct Scores {
    sums: Vec<f32>,
    blocks: Vec<f32>,
    /// How far the length of a passage counts against what it holds.
    norms: Vec<f32>,
    /// How often the term at hand stands in a passage and around it.
    frequency: Vec<f32>,
    /// Blocks that have any of it, in order: slots and number.
    touched: Vec<(Range<u32>, u32)>,
}

impl Index {
    /// The best `limit` passages for a question, best first; documents that `wanted` refuses are left out.
    pub fn search(&self, question: &str, limit: usize, wanted: impl Fn(Number) -> bool) -> Vec<Hit> {
        let query = self.read(question);
        let mut scores = self.begin();
        let weights: Vec<f32> = query.terms.iter().map(|term| self.add_term(term, &mut scores)).collect();
        let sums = self.total(&query, scores);
        let hit = |(at, score): (u32, f32)| {
            let (document, passage) = self.number(at);
            Hit { document, passage, score, covered: self.covered(at, &query.terms, &weights) }
        };
        self.best(&sums, limit, wanted).into_iter().map(hit).collect()
    }

    /// The highest sums, the highest first, and of equal ones the first.
    fn best(&self, sums: &[f32], limit: usize, wanted: impl Fn(Number) -> bool) -> Vec<(u32, f32)> {
        let order =
            |one: &(u32, f32), other: &(u32, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        let mut best: Vec<(u32, f32)> = Vec::new();
        let mut enough = 0.0;
        for (at, sum) in (0..).zip(sums) {
            if *sum <= enough || !wanted(self.number(at).0) {
                continue;
            }
            best.push((at, *sum));
            if limit > 0 && best.len() > 2 * limit {
                enough = best.select_nth_unstable_by(limit - 1, order).1.1;
                best.truncate(limit);
            }
        }
        best.sort_unstable_by(order);
        best.truncate(limit);
        best
    }

    fn begin(&self) -> Scores {
        let average = self.average_length();
        let norm = |length: &f32| K1 * (1.0 - B + B * length / average);
        Scores {
            sums: vec![0.0; self.slots.len()],
            blocks: vec![0.0; self.blocks as usize],
            norms: self.lengths.iter().map(norm).collect(),
            frequency: vec![0.0; self.slots.len()],
            touched: Vec::new(),
        }
    }

    /// Adds a term to the sums and gives its weight in the question.
    fn add_term(&self, term: &Term, scores: &mut Scores) -> f32 {
        let own = self.postings(&term.stem).iter().map(|posting| (posting.at(), posting.times()));
        if term.alike.is_empty() {
            self.spread(own, scores);
        } else {
            let alike = term.alike.iter().flat_map(|stem| self.postings(stem));
            let alike = alike.map(|posting| (posting.at(), ALIKE_WEIGHT * posting.times()));
            let mut all: Vec<(u32, f32)> = own.chain(alike).collect();
            all.sort_unstable_by_key(|(at, _)| *at);
            self.spread(all.into_iter(), scores);
        }
        let idf = term.weight * self.idf(scores.holders());
        scores.sum_up(idf);
        idf * term.asking
    }

    /// Counts what is held for the passages that hold it and for those around them. It comes in order.
    fn spread(&self, held: impl Iterator<Item = (u32, f32)>, scores: &mut Scores) {
        let Scores { frequency, touched, .. } = scores;
        let (mut document, mut around): (&Range<u32>, &mut [f32]) = (&(0..0), &mut []);
        let mut noted = 0;
        for (at, times) in held {
            let slot = &self.slots[at as usize];
            if !document.contains(&at) {
                document = &self.documents[slot.document as usize].slots;
                around = &mut frequency[span(document)];
            }
            let here = (at - document.start) as usize;
            for (distance, weight) in &self.reach[usize::from(slot.asks)] {
                if let Some(sum) = around.get_mut(here.wrapping_add_signed(*distance)) {
                    *sum += weight * times;
                }
            }
            // What is touched reaches no further than into the next block.
            if at + REACH >= noted {
                for near in [at.saturating_sub(REACH), at, at + REACH] {
                    let near = near.clamp(document.start, document.end - 1);
                    if near >= noted {
                        let block = self.block(near);
                        noted = block.0.end;
                        touched.push(block);
                    }
                }
            }
        }
    }

    /// The block of a passage: its slots, and its number.
    fn block(&self, at: u32) -> (Range<u32>, u32) {
        let Filed { slots, block, .. } = &self.documents[self.slots[at as usize].document as usize];
        let number = (at - slots.start) / BLOCK;
        let start = slots.start + number * BLOCK;
        (start..slots.end.min(start + BLOCK), block + number)
    }

    /// What all terms give, with blocks, times, dates and speakers.
    fn total(&self, query: &Query, scores: Scores) -> Vec<f32> {
        let Scores { mut sums, blocks, .. } = scores;
        for Filed { slots, block, .. } in &self.documents {
            let theirs = sums[slots.start as usize..slots.end as usize].chunks_mut(BLOCK as usize);
            for (passages, block) in theirs.zip(&blocks[*block as usize..]) {
                for sum in passages {
                    *sum += BLOCK_WEIGHT * block;
                }
            }
        }
        if query.asks_when {
            for (slot, sum) in self.slots.iter().zip(&mut sums) {
                *sum *= if slot.tells_time { TIME_BOOST } else { 1.0 };
            }
        }
        self.add_dates(query, &mut sums);
        self.add_speakers(query, &mut sums);
        sums
    }

    /// How much of the question's weight is in a passage itself.
    fn covered(&self, at: u32, terms: &[Term], weights: &[f32]) -> f32 {
        let holds =
            |stem: &str| self.postings(stem).binary_search_by_key(&at, |posting| posting.at()).is_ok();
        let share = |term: &Term| {
            let alike = || term.alike.iter().any(|stem| holds(stem));
            if term.with.as_ref().is_some_and(|other| !holds(other)) {
                0.0
            } else if holds(&term.stem) {
                1.0
            } else if alike() {
                ALIKE_WEIGHT
            } else {
                0.0
            }
        };
        let held: f32 = terms.iter().zip(weights).map(|(term, weight)| weight * share(term)).sum();
        held / f32::max(weights.iter().sum(), f32::MIN_POSITIVE)
    }

    fn idf(&self, holders: usize) -> f32 {
        let (all, holders) = (self.len() as f32, holders as f32);
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

impl Scores {
    /// Passages that hold the term at hand or stand beside one that does.
    fn holders(&self) -> usize {
        let held = |(slots, _): &(Range<u32>, u32)| {
            self.frequency[span(slots)].iter().filter(|frequency| **frequency > 0.0).count()
        };
        self.touched.iter().map(held).sum()
    }

    /// Makes what was counted for a term part of the sums, and the best of each block part of the block's.
    fn sum_up(&mut self, idf: f32) {
        for (slots, block) in self.touched.drain(..) {
            let slots = span(&slots);
            let (sums, norms) = (&mut self.sums[slots.clone()], &self.norms[slots.clone()]);
            // Of numbers that are not negative the bits compare like the numbers, and faster.
            let mut best = 0;
            for ((frequency, norm), sum) in self.frequency[slots].iter_mut().zip(norms).zip(sums) {
                let part = idf * *frequency * (K1 + 1.0) / (*frequency + norm);
                *frequency = 0.0;
                *sum += part;
                best = best.max(part.to_bits());
            }
            self.blocks[block as usize] += f32::from_bits(best);
        }
    }
}

fn span(slots: &Range<u32>) -> Range<usize> {
    slots.start as usize..slots.end as usize
}

#[cfg(test)]
mod tests;
