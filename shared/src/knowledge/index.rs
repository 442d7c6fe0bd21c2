//! An inverted index in memory that changes document by document: what was analysed once is stored packed, so a
//! cold start only puts it together.
//!
//! A *document* here is whatever has passages in an order: an imported document, or one conversation, whose
//! passages are its turns.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    dates,
    terms::{stem, words},
};

/// Passages that share what is said around them.
pub const BLOCK: u32 = 16;

/// What a search needs of a document's passages, beside their texts: few large pieces, so that it is soon read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysed {
    passages: Vec<Traits>,
    /// In order, a space between two.
    terms: String,
    /// For each term how many passages hold it, and of each of these its number and how often it does.
    places: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Traits {
    terms: u16,
    asks: bool,
    tells_time: bool,
}

impl Analysed {
    /// Of the texts of a document's passages, in order. What stands behind the 65,535th passage is not found.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut terms: BTreeMap<String, Vec<[u16; 2]>> = BTreeMap::new();
        let mut passages = Vec::new();
        for (number, text) in (0..u16::MAX).zip(texts) {
            let mut length = 0_u16;
            for word in words(text) {
                length = length.saturating_add(1);
                let held = terms.entry(stem(&word)).or_default();
                match held.last_mut() {
                    Some([passage, times]) if *passage == number => *times = times.saturating_add(1),
                    _ => held.push([number, 1]),
                }
            }
            let (asks, tells_time) = (text.contains('?'), dates::tells_time(text));
            passages.push(Traits { terms: length, asks, tells_time });
        }
        let mut places = Vec::new();
        for held in terms.values() {
            // There are no more of them than passages.
            places.push(u16::try_from(held.len()).unwrap_or(u16::MAX));
            places.extend(held.as_flattened());
        }
        Self { passages, terms: terms.into_keys().collect::<Vec<_>>().join(" "), places }
    }

    /// Each term with the passages that hold it, and how often.
    fn terms(&self) -> impl Iterator<Item = (&str, &[[u16; 2]])> {
        let mut rest = self.places.as_slice();
        self.terms.split(' ').map_while(move |term| {
            let (count, places) = rest.split_first()?;
            let (held, after) = places.split_at_checked(usize::from(*count) * 2)?;
            rest = after;
            Some((term, held.as_chunks().0))
        })
    }
}

/// How many passages further an occurrence counts at most.
pub(super) const REACH: u32 = 2;

/// How far what stands next to a passage speaks for it, too.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours {
    before: [f32; 2],
    after: [f32; 2],
    /// More for the passage before, if that asks a question.
    asked: f32,
}

impl Neighbours {
    /// Turns of a conversation answer each other.
    pub const CONVERSATION: Self = Self { before: [0.6, 0.3], after: [0.4, 0.2], asked: 0.3 };
    pub const DOCUMENT: Self = Self { before: [0.2, 0.0], after: [0.2, 0.0], asked: 0.0 };

    fn reach(self, asks: bool) -> Vec<(isize, f32)> {
        let asked = if asks { self.asked } else { 0.0 };
        let Self { before, after, .. } = self;
        let all = [(-2, after[1]), (-1, after[0]), (0, 1.0), (1, before[0] + asked), (2, before[1])];
        all.into_iter().filter(|(_, weight)| *weight > 0.0).collect()
    }
}

/// Names a document in an index; numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(u32);

/// A passage that holds a term, and how often, in 24 bits and 8: so they sort by passage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting(u32);

/// What is filed behind so many passages is not found.
const MAX_PASSAGES: u32 = 1 << 24;

impl Posting {
    fn new(at: u32, times: u16) -> Self {
        Self((at << 8) | u32::from(times.min(255)))
    }

    pub fn at(self) -> u32 {
        self.0 >> 8
    }

    pub fn times(self) -> f32 {
        f32::from(self.0.to_le_bytes()[0])
    }
}

/// A passage's place in the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub document: u32,
    pub asks: bool,
    pub tells_time: bool,
    pub speaker: Option<u16>,
}

#[derive(Debug, Clone)]
pub(super) struct Filed {
    pub slots: Range<u32>,
    /// The number of its first block; the others follow.
    pub block: u32,
    pub date: Option<Date>,
}

#[derive(Debug)]
pub struct Index {
    neighbours: Neighbours,
    /// What one occurrence is worth to each passage around it, in order: distance and weight. First
    /// for a passage that asks nothing, then for one that does.
    pub(super) reach: [Vec<(isize, f32)>; 2],
    pub(super) slots: Vec<Slot>,
    /// Terms in each slot and, weighted, around it.
    pub(super) lengths: Vec<f32>,
    pub(super) documents: Vec<Filed>,
    pub(super) blocks: u32,
    /// Names of speakers, lower-cased.
    pub(super) speakers: Vec<Vec<String>>,
    terms: HashMap<Box<str>, Vec<Posting>>,
    alive: u32,
    total_length: f64,
}

impl Index {
    pub fn new(neighbours: Neighbours) -> Self {
        Self {
            neighbours,
            reach: [neighbours.reach(false), neighbours.reach(true)],
            slots: Vec::new(),
            lengths: Vec::new(),
            documents: Vec::new(),
            blocks: 0,
            speakers: Vec::new(),
            terms: HashMap::new(),
            alive: 0,
            total_length: 0.0,
        }
    }

    /// Passages that can be found.
    pub fn len(&self) -> usize {
        self.alive as usize
    }

    pub fn is_empty(&self) -> bool {
        self.alive == 0
    }

    /// Terms of a passage, on average.
    #[allow(clippy::cast_possible_truncation, reason = "passages have thousands of terms at most")]
    pub(super) fn average_length(&self) -> f32 {
        (self.total_length / f64::from(self.alive.max(1))) as f32
    }

    /// Files a document. `speakers` are those of its passages, in order; none for a text that nobody speaks.
    pub fn add(&mut self, analysed: &Analysed, date: Option<Date>, speakers: &[&str]) -> Number {
        let (first, document) = (index(self.slots.len()), index(self.documents.len()));
        let count = index(analysed.passages.len()).min(MAX_PASSAGES - first);
        for (number, traits) in analysed.passages.iter().take(count as usize).enumerate() {
            let speaker = speakers.get(number).and_then(|name| self.speaker(name));
            let length = self.spread_length(&analysed.passages, number);
            self.total_length += f64::from(length);
            self.lengths.push(length);
            let Traits { asks, tells_time, .. } = *traits;
            self.slots.push(Slot { document, asks, tells_time, speaker });
        }
        self.documents.push(Filed { slots: first..first + count, block: self.blocks, date });
        self.blocks += count.div_ceil(BLOCK);
        self.alive += count;
        for (term, held) in analysed.terms() {
            let here = held.iter().filter(|[passage, _]| u32::from(*passage) < count);
            let postings = here.map(|[passage, times]| Posting::new(first + u32::from(*passage), *times));
            match self.terms.get_mut(term) {
                Some(known) => known.extend(postings),
                None => drop(self.terms.insert(term.into(), postings.collect())),
            }
        }
        Number(document)
    }

    /// Takes a document out; its number then stands for nothing.
    pub fn remove(&mut self, Number(document): Number) {
        let Some(filed) = self.documents.get_mut(document as usize) else { return };
        let gone = std::mem::replace(&mut filed.slots, 0..0);
        self.terms.retain(|_, postings| {
            // What was filed last is taken out most.
            if postings.last().is_some_and(|last| last.at() >= gone.start) {
                let from = postings.partition_point(|posting| posting.at() < gone.start);
                let until = postings.partition_point(|posting| posting.at() < gone.end);
                postings.drain(from..until);
            }
            !postings.is_empty()
        });
        for length in &mut self.lengths[gone.start as usize..gone.end as usize] {
            self.total_length -= f64::from(std::mem::take(length));
        }
        self.alive -= gone.end - gone.start;
        if gone.end as usize == self.slots.len() {
            self.slots.truncate(gone.start as usize);
            self.lengths.truncate(gone.start as usize);
        }
    }

    /// Gives back the room that was kept for more.
    pub fn shrink(&mut self) {
        self.terms.shrink_to_fit();
        self.terms.values_mut().for_each(Vec::shrink_to_fit);
        self.slots.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }

    /// The passages that hold a term, in order.
    pub(super) fn postings(&self, term: &str) -> &[Posting] {
        self.terms.get(term).map_or(&[], Vec::as_slice)
    }

    fn speaker(&mut self, name: &str) -> Option<u16> {
        let name = words(name);
        let known = self.speakers.iter().position(|known| *known == name);
        let at = known.unwrap_or_else(|| {
            self.speakers.push(name);
            self.speakers.len() - 1
        });
        u16::try_from(at).ok()
    }

    fn spread_length(&self, passages: &[Traits], at: usize) -> f32 {
        let length = |passage: Option<&Traits>| passage.map_or(0.0, |passage| f32::from(passage.terms));
        let around = &self.neighbours;
        let before = |steps: usize| at.checked_sub(steps).and_then(|at| passages.get(at));
        let asked = if before(1).is_some_and(|before| before.asks) { around.asked } else { 0.0 };
        length(passages.get(at))
            + (around.before[0] + asked) * length(before(1))
            + around.before[1] * length(before(2))
            + around.after[0] * length(passages.get(at + 1))
            + around.after[1] * length(passages.get(at + 2))
    }

    pub(super) fn number(&self, at: u32) -> (Number, usize) {
        let document = self.slots[at as usize].document;
        (Number(document), (at - self.documents[document as usize].slots.start) as usize)
    }
}

/// An index never holds four thousand million passages: memory ends long before.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
