//! Dense vectors beside the index: shortened, quantised to a byte a dimension, compared by dot product.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a quantised dimension lies between -127 and 127"
)]

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::index::Number;

/// Dimensions that are kept: embeddings are made so that the first ones say most.
pub const DIMENSIONS: usize = 256;
/// What is neither among the first so many by its words nor by its meaning is not found.
pub const LISTED: usize = 100;
/// Damps the ranks of reciprocal rank fusion (Cormack et al., 2009). Lists are short and what stands first in them is
/// mostly right, so less than their 60: with that, whatever is in both lists came before what is first in one.
const RANK: f32 = 10.0;
/// What a rank by meaning counts beside one by words: words find more, and miss other things.
const MEANING: f32 = 0.3;

/// A vector of unit length, each dimension in 1/127.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantised(Vec<i8>);

impl Quantised {
    /// Shortens, makes the length one, and rounds.
    pub fn of(vector: &[f32]) -> Self {
        let short = &vector[..vector.len().min(DIMENSIONS)];
        let length = short.iter().map(|part| part * part).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        Self(short.iter().map(|part| (part / length * 127.0).round() as i8).collect())
    }
}

/// So many dimensions are multiplied at once: in this shape compilers find what processors have for it.
const LANES: usize = 16;

/// What each row is held against, widened once.
fn lanes(question: &Quantised) -> Vec<[i16; LANES]> {
    let widened = |some: &[i8]| std::array::from_fn(|at| some.get(at).copied().map_or(0, i16::from));
    question.0.chunks(LANES).map(widened).collect()
}

/// Cosine similarity of two vectors of unit length, -1 to 1.
fn likeness(row: &[[i8; LANES]], question: &[[i16; LANES]]) -> f32 {
    let product = |(one, other): (&[i8; LANES], &[i16; LANES])| -> i32 {
        one.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum()
    };
    let dot: i32 = row.iter().zip(question).map(product).sum();
    dot as f32 / (127.0 * 127.0)
}

/// The vectors of documents, a vector a passage.
#[derive(Debug, Default)]
pub struct Vectors(HashMap<Number, Rows>);

/// Vectors of one length, one behind the other.
#[derive(Debug)]
struct Rows {
    all: Box<[[i8; LANES]]>,
    /// How many lanes a vector has.
    length: usize,
}

impl Vectors {
    pub fn add(&mut self, document: Number, vectors: &[Quantised]) {
        let length = vectors.iter().map(|vector| vector.0.len().div_ceil(LANES)).max().unwrap_or(0);
        let mut all = vec![[0; LANES]; length * vectors.len()];
        // `chunks_exact` takes no chunks of nothing.
        for (row, vector) in all.chunks_exact_mut(length.max(1)).zip(vectors) {
            row.as_flattened_mut()[..vector.0.len()].copy_from_slice(&vector.0);
        }
        self.0.insert(document, Rows { all: all.into(), length });
    }

    pub fn remove(&mut self, document: Number) {
        self.0.remove(&document);
    }

    pub fn has(&self, document: Number) -> bool {
        self.0.contains_key(&document)
    }

    /// The nearest passages, nearest first: document, passage, likeness.
    pub fn nearest(
        &self,
        question: &Quantised,
        limit: usize,
        wanted: impl Fn(Number) -> bool,
    ) -> Vec<(Number, usize, f32)> {
        let order = |one: &(Number, usize, f32), other: &(Number, usize, f32)| {
            other.2.total_cmp(&one.2).then((one.0, one.1).cmp(&(other.0, other.1)))
        };
        let question = lanes(question);
        let mut best: Vec<(Number, usize, f32)> = Vec::new();
        let mut enough = f32::MIN;
        for (document, rows) in self.0.iter().filter(|(document, _)| wanted(**document)) {
            for (at, row) in rows.all.chunks_exact(rows.length.max(1)).enumerate() {
                let near = likeness(row, &question);
                if near < enough {
                    continue;
                }
                best.push((*document, at, near));
                if limit > 0 && best.len() > 2 * limit {
                    enough = best.select_nth_unstable_by(limit - 1, order).1.2;
                    best.truncate(limit);
                }
            }
        }
        best.sort_unstable_by(order);
        best.truncate(limit);
        best
    }
}

/// Reciprocal rank fusion: what stands high in either list, and higher still what stands in both.
pub fn fused<T: PartialEq + Clone>(by_words: &[T], by_meaning: &[T]) -> Vec<T> {
    let mut scores: Vec<(T, f32)> = Vec::new();
    for (list, weight) in [(by_words, 1.0), (by_meaning, MEANING)] {
        for (rank, item) in list.iter().enumerate() {
            let score = weight / (RANK + rank as f32 + 1.0);
            match scores.iter_mut().find(|(known, _)| known == item) {
                Some((_, known)) => *known += score,
                None => scores.push((item.clone(), score)),
            }
        }
    }
    scores.sort_by(|one, other| other.1.total_cmp(&one.1));
    scores.into_iter().map(|(item, _)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::index::{Analysed, Index, Neighbours};

    fn like(one: &[f32], other: &[f32]) -> f32 {
        let mut index = Index::new(Neighbours::DOCUMENT);
        let document = index.add(&Analysed::of(["x"]), None, &[]);
        let mut vectors = Vectors::default();
        vectors.add(document, &[Quantised::of(one)]);
        vectors.nearest(&Quantised::of(other), 1, |_| true)[0].2
    }

    #[test]
    fn quantising_keeps_what_is_near() {
        let one = [3.0, 4.0, 0.0];
        assert!((like(&one, &[30.0, 40.0, 0.0]) - 1.0).abs() < 0.02);
        assert!(like(&one, &[0.0, 0.0, 1.0]).abs() < 0.02);
        assert!((like(&one, &[-3.0, -4.0, 0.0]) + 1.0).abs() < 0.02);
        assert_eq!(Quantised::of(&vec![1.0; 1536]).0.len(), DIMENSIONS);
        let long = |last: f32| [vec![0.0; 2 * LANES + 1], vec![last, 1.0]].concat();
        assert!(
            (like(&long(2.0), &long(2.0)) - 1.0).abs() < 0.02,
            "what is left of the last lanes counts, too"
        );
        assert!((like(&long(1.0), &long(-1.0))).abs() < 0.02);
        assert!((like(&long(0.0), &[0.0; LANES])).abs() < 0.02, "the shorter ends with noughts");
        assert!(like(&[0.0; 4], &one).abs() < f32::EPSILON, "no direction, no likeness");
    }

    #[test]
    fn the_nearest_come_first() {
        let mut index = Index::new(Neighbours::DOCUMENT);
        let mut number = || index.add(&Analysed::of(["x"]), None, &[]);
        let (one, other, empty) = (number(), number(), number());
        // As near as the last two digits say.
        let row = |at: u16| {
            let near = f32::from(at * 7 % 100);
            Quantised::of(&[near, (127.0 * 127.0 - near * near).sqrt()])
        };
        let mut vectors = Vectors::default();
        vectors.add(one, &(0..100).map(row).collect::<Vec<_>>());
        vectors.add(other, &[Quantised::of(&[1.0]), Quantised::of(&[-1.0, 0.0])]);
        vectors.add(empty, &[]);
        let question = Quantised::of(&[1.0, 0.0]);
        let places = |vectors: &Vectors, limit: usize| -> Vec<(Number, usize)> {
            let found = vectors.nearest(&question, limit, |_| true);
            found.into_iter().map(|(document, passage, _)| (document, passage)).collect()
        };
        // 7 · 57 = 399, 7 · 14 = 98, 7 · 71 = 497.
        assert_eq!(places(&vectors, 4), [(other, 0), (one, 57), (one, 14), (one, 71)]);
        let all = places(&vectors, 1000);
        assert_eq!((all.len(), all.last()), (102, Some(&(other, 1))));
        assert!(places(&vectors, 0).is_empty());
        assert_eq!(vectors.nearest(&question, 9, |document| document == other).len(), 2);
        vectors.remove(other);
        assert!(vectors.has(one) && !vectors.has(other));
        assert_eq!(places(&vectors, 1), [(one, 57)]);
    }

    #[test]
    fn both_lists_count() {
        assert_eq!(fused(&["a", "b", "c"], &["b", "d"]), ["b", "a", "c", "d"], "words more than meaning");
        assert_eq!(fused(&[], &["d", "b"]), ["d", "b"]);
        assert_eq!(fused::<u8>(&[], &[]), [0; 0]);
        let words: Vec<u32> = (0..LISTED as u32).collect();
        let both = fused(&words, &[99, 1]);
        assert_eq!(both[..3], [1, 0, 2], "last in one and first in the other is not first of all");
    }
}
