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

/// What a search needs of a document's passages, beside their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysed {
    passages: Vec<Traits>,
    /// Each term with the passages that hold it, and how often.
    terms: Vec<(String, Vec<(u16, u16)>)>,
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
        let mut terms: BTreeMap<String, Vec<(u16, u16)>> = BTreeMap::new();
        let mut passages = Vec::new();
        for (number, text) in (0..=u16::MAX).zip(texts) {
            let mut length = 0_u16;
            for word in words(text) {
                length = length.saturating_add(1);
                let occurrences = terms.entry(stem(&word)).or_default();
                match occurrences.last_mut() {
                    Some((passage, times)) if *passage == number => *times = times.saturating_add(1),
                    _ => occurrences.push((number, 1)),
                }
            }
            let (asks, tells_time) = (text.contains('?'), dates::tells_time(text));
            passages.push(Traits { terms: length, asks, tells_time });
        }
        Self { passages, terms: terms.into_iter().collect() }
    }
}

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
}

/// Names a document in an index; numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(u32);

#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub at: u32,
    pub times: u16,
}

/// A passage's place in the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub document: u32,
    pub block: u32,
    /// Terms here and, weighted, around.
    pub length: f32,
    pub asks: bool,
    pub tells_time: bool,
    pub speaker: Option<u16>,
}

#[derive(Debug, Clone)]
pub(super) struct Filed {
    pub slots: Range<u32>,
    pub date: Option<Date>,
}

#[derive(Debug)]
pub struct Index {
    pub(super) neighbours: Neighbours,
    pub(super) slots: Vec<Slot>,
    pub(super) documents: Vec<Filed>,
    pub(super) blocks: u32,
    /// Names of speakers, lower-cased.
    pub(super) speakers: Vec<Vec<String>>,
    terms: HashMap<Box<str>, u32>,
    postings: Vec<Vec<Posting>>,
    pub(super) alive: u32,
    pub(super) total_length: f64,
}

impl Index {
    pub fn new(neighbours: Neighbours) -> Self {
        Self {
            neighbours,
            slots: Vec::new(),
            documents: Vec::new(),
            blocks: 0,
            speakers: Vec::new(),
            terms: HashMap::new(),
            postings: Vec::new(),
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

    /// Files a document. `speakers` are those of its passages, in order; none for a text that nobody speaks.
    pub fn add(&mut self, analysed: &Analysed, date: Option<Date>, speakers: &[&str]) -> Number {
        let (first, document) = (index(self.slots.len()), index(self.documents.len()));
        for (number, traits) in (0_u32..).zip(&analysed.passages) {
            let speaker = speakers.get(number as usize).and_then(|name| self.speaker(name));
            let length = self.spread_length(&analysed.passages, number as usize);
            self.total_length += f64::from(length);
            self.slots.push(Slot {
                document,
                block: self.blocks + number / BLOCK,
                length,
                asks: traits.asks,
                tells_time: traits.tells_time,
                speaker,
            });
        }
        let count = index(analysed.passages.len());
        self.blocks += count.div_ceil(BLOCK);
        self.alive += count;
        self.documents.push(Filed { slots: first..first + count, date });
        for (term, occurrences) in &analysed.terms {
            let occurrences = occurrences.iter().filter(|(passage, _)| u32::from(*passage) < count);
            let postings =
                occurrences.map(|(at, times)| Posting { at: first + u32::from(*at), times: *times });
            if let Some(known) = self.terms.get(term.as_str()) {
                self.postings[*known as usize].extend(postings);
            } else {
                self.terms.insert(term.as_str().into(), index(self.postings.len()));
                self.postings.push(postings.collect());
            }
        }
        Number(document)
    }

    /// Takes a document out; its number then stands for nothing.
    pub fn remove(&mut self, Number(document): Number) {
        let Some(filed) = self.documents.get_mut(document as usize) else { return };
        let gone = std::mem::replace(&mut filed.slots, 0..0);
        for postings in &mut self.postings {
            let from = postings.partition_point(|posting| posting.at < gone.start);
            let until = postings.partition_point(|posting| posting.at < gone.end);
            postings.drain(from..until);
        }
        for slot in &mut self.slots[gone.start as usize..gone.end as usize] {
            self.total_length -= f64::from(slot.length);
            slot.length = 0.0;
        }
        self.alive -= gone.end - gone.start;
    }

    pub(super) fn postings(&self, term: &str) -> &[Posting] {
        self.terms.get(term).map_or(&[], |known| &self.postings[*known as usize])
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

    /// What one occurrence is worth to each passage around it: `(distance, weight)`.
    pub(super) fn reach(&self, from: &Slot) -> [(i64, f32); 5] {
        let around = &self.neighbours;
        let asked = if from.asks { around.asked } else { 0.0 };
        [
            (0, 1.0),
            (1, around.before[0] + asked),
            (2, around.before[1]),
            (-1, around.after[0]),
            (-2, around.after[1]),
        ]
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
