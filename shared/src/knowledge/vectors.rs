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
/// Damps the ranks of reciprocal rank fusion (Cormack et al., 2009).
const RANK: f32 = 60.0;

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

    /// Cosine similarity, -1 to 1.
    fn likeness(&self, other: &Self) -> f32 {
        let dot: i32 =
            self.0.iter().zip(&other.0).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum();
        dot as f32 / (127.0 * 127.0)
    }
}

/// The vectors of documents, a vector a passage.
#[derive(Debug, Default)]
pub struct Vectors(HashMap<Number, Vec<Quantised>>);

impl Vectors {
    pub fn add(&mut self, document: Number, vectors: Vec<Quantised>) {
        self.0.insert(document, vectors);
    }

    pub fn remove(&mut self, document: Number) {
        self.0.remove(&document);
    }

    pub fn has(&self, document: Number) -> bool {
        self.0.contains_key(&document)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The nearest passages, nearest first: document, passage, likeness.
    pub fn nearest(
        &self,
        question: &Quantised,
        limit: usize,
        wanted: impl Fn(Number) -> bool,
    ) -> Vec<(Number, usize, f32)> {
        let mut all: Vec<(Number, usize, f32)> = self
            .0
            .iter()
            .filter(|(document, _)| wanted(**document))
            .flat_map(|(document, vectors)| {
                let near = |(at, vector): (usize, &Quantised)| (*document, at, vector.likeness(question));
                vectors.iter().enumerate().map(near)
            })
            .collect();
        let order = |one: &(Number, usize, f32), other: &(Number, usize, f32)| {
            other.2.total_cmp(&one.2).then((one.0, one.1).cmp(&(other.0, other.1)))
        };
        if all.len() > limit {
            all.select_nth_unstable_by(limit, order);
            all.truncate(limit);
        }
        all.sort_unstable_by(order);
        all
    }
}

/// Reciprocal rank fusion: what stands high in either list, and higher still what stands in both.
pub fn fused<T: PartialEq + Clone>(lists: &[Vec<T>]) -> Vec<T> {
    let mut scores: Vec<(T, f32)> = Vec::new();
    for list in lists {
        for (rank, item) in list.iter().enumerate() {
            let score = 1.0 / (RANK + rank as f32 + 1.0);
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

    #[test]
    fn quantising_keeps_what_is_near() {
        let one = Quantised::of(&[3.0, 4.0, 0.0]);
        assert!((one.likeness(&Quantised::of(&[30.0, 40.0, 0.0])) - 1.0).abs() < 0.02);
        assert!(one.likeness(&Quantised::of(&[0.0, 0.0, 1.0])).abs() < 0.02);
        assert!((one.likeness(&Quantised::of(&[-3.0, -4.0, 0.0])) + 1.0).abs() < 0.02);
        assert_eq!(Quantised::of(&vec![1.0; 1536]).0.len(), DIMENSIONS);
        assert!(Quantised::of(&[0.0; 4]).likeness(&one).abs() < f32::EPSILON, "no direction, no likeness");
    }

    #[test]
    fn both_lists_count() {
        assert_eq!(fused(&[vec!["a", "b", "c"], vec!["b", "d"]]), ["b", "a", "d", "c"]);
        assert_eq!(fused::<u8>(&[]), [0; 0]);
    }
}
