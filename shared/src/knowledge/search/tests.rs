use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::knowledge::index::{Analysed, Neighbours};

/// The ranking as it is defined, passage by passage, of documents without dates and speakers.
fn naive(documents: &[Vec<String>], question: &[&str], around: [f32; 5]) -> Vec<f32> {
    let near = |document: &[String], at: usize, of: &dyn Fn(&str) -> f32| -> f32 {
        let places = (-2_isize..=2).zip(around);
        places
            .filter_map(|(step, weight)| Some(weight * of(document.get(at.checked_add_signed(step)?)?)))
            .sum()
    };
    let length = |text: &str| text.split(' ').filter(|word| !word.is_empty()).count() as f32;
    let all = documents.iter().map(Vec::len).sum::<usize>() as f32;
    let passages = || documents.iter().flat_map(|document| (0..document.len()).map(move |at| (document, at)));
    let average = passages().map(|(document, at)| near(document, at, &length)).sum::<f32>() / all;
    let mut sums = vec![0.0; passages().count()];
    for term in question {
        let count = |text: &str| text.split(' ').filter(|word| word == term).count() as f32;
        let frequencies: Vec<f32> = passages().map(|(document, at)| near(document, at, &count)).collect();
        let holders = frequencies.iter().filter(|frequency| **frequency > 0.0).count() as f32;
        let idf = (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
        let part = |(frequency, (document, at)): (&f32, (&Vec<String>, usize))| {
            let norm = K1 * (1.0 - B + B * near(document, at, &length) / average);
            idf * frequency * (K1 + 1.0) / (frequency + norm)
        };
        let parts: Vec<f32> = frequencies.iter().zip(passages()).map(part).collect();
        let mut first = 0;
        for document in documents {
            for block in (first..first + document.len()).collect::<Vec<_>>().chunks(BLOCK as usize) {
                let best = block.iter().map(|at| parts[*at]).fold(0.0, f32::max);
                for at in block {
                    sums[*at] += parts[*at] + BLOCK_WEIGHT * best;
                }
            }
            first += document.len();
        }
    }
    sums
}

fn index(documents: &[Vec<String>], neighbours: Neighbours) -> (Index, Vec<Number>) {
    let mut index = Index::new(neighbours);
    let mut add =
        |document: &Vec<String>| index.add(&Analysed::of(document.iter().map(String::as_str)), None, &[]);
    let numbers = documents.iter().map(&mut add).collect();
    (index, numbers)
}

proptest! {
    #[test]
    fn the_ranking_is_what_it_is_defined_to_be(
        documents in prop::collection::vec(prop::collection::vec("[bgkz]{1,2}( [bgkz]{1,2}){0,5}", 1..40), 1..6),
        conversation in any::<bool>(),
        gone in any::<prop::sample::Index>(),
    ) {
        let (neighbours, around) = match conversation {
            true => (Neighbours::CONVERSATION, [0.3, 0.6, 1.0, 0.4, 0.2]),
            false => (Neighbours::DOCUMENT, [0.0, 0.2, 1.0, 0.2, 0.0]),
        };
        let question = ["bz", "gk", "kk"];
        let (mut index, mut numbers) = index(&documents, neighbours);
        // One that came and went leaves no trace.
        let extra = index.add(&Analysed::of(["bz gk kk bz", "zz"]), None, &[]);
        let first = gone.index(documents.len());
        index.remove(numbers.remove(first));
        index.remove(extra);
        index.shrink();
        let mut left = documents.clone();
        left.remove(first);
        let expected = naive(&left, &question, around);
        let hits = index.search(&question.join(" "), usize::MAX / 2, |_| true);
        prop_assert_eq!(hits.len(), expected.iter().filter(|score| **score > 0.0).count());
        for hit in &hits {
            let document = numbers.iter().position(|number| *number == hit.document).unwrap();
            let at = left[..document].iter().map(Vec::len).sum::<usize>() + hit.passage;
            prop_assert!((hit.score - expected[at]).abs() <= 1e-4 * expected[at], "{hit:?} {}", expected[at]);
        }
        let few = index.search(&question.join(" "), 3, |_| true);
        prop_assert_eq!(&few[..], &hits[..hits.len().min(3)]);
    }
}

#[test]
fn days_and_speakers_count() {
    let mut index = Index::new(Neighbours::CONVERSATION);
    let said = |text: &str| Analysed::of([text, "Fine."]);
    let april = index.add(&said("The budget is settled"), Some(date(2026, 4, 2)), &["Dana", "Alex"]);
    let may = index.add(&said("The budget is settled"), Some(date(2026, 5, 9)), &["Alex", "Dana"]);
    let first = |question: &str| index.search(question, 1, |_| true)[0].document;
    assert_eq!(first("What about the budget in May?"), may);
    assert_eq!(first("What did Alex say about the budget?"), may);
    assert_eq!(first("What did Dana say about the budget?"), april);
    assert_eq!(index.search("budget", 5, |number| number == may).len(), 2);
    assert!(index.search("budget", 0, |_| true).is_empty());
}

#[test]
fn how_long_something_takes_is_not_told_by_what_is_long() {
    let mut index = Index::new(Neighbours::DOCUMENT);
    index.add(&Analysed::of(["Rowing double scull, long distance."]), None, &[]);
    let covered = |question: &str| {
        let hits = index.search(question, 1, |_| true);
        hits.iter().map(|hit| hit.covered).fold(0.0, f32::max)
    };
    assert!(covered("And how long does it take?") < 0.3);
    assert!(covered("how long was he there?") < 0.3);
    assert!(covered("Is it long distance?") > 0.5);
}

#[test]
fn a_compound_is_covered_as_a_whole() {
    let mut index = Index::new(Neighbours::DOCUMENT);
    index.add(&Analysed::of(["Works remotely and is open to staff roles."]), None, &[]);
    index.add(&Analysed::of(["Maintains an open-source storage engine."]), None, &[]);
    index.add(&Analysed::of(["Built the booking backend of a ferry operator."]), None, &[]);
    index.add(&Analysed::of(["A recommendation by a colleague."]), None, &[]);
    let covered = |question: &str| {
        let hits = index.search(question, 4, |_| true);
        hits.iter().map(|hit| hit.covered).fold(0.0, f32::max)
    };
    assert!(covered("What open source work has he done?") > 0.5);
    assert!(covered("Is he open to roles?") > 0.5);
    assert!(covered("What books do you recommend?") < 0.3, "a book is no booking");
    let mut without = Index::new(Neighbours::DOCUMENT);
    without.add(&Analysed::of(["Works remotely and is open to staff roles."]), None, &[]);
    without.add(&Analysed::of(["Knows every source of the outage."]), None, &[]);
    let hits = without.search("What open source work has he done?", 2, |_| true);
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.covered < 0.3), "{hits:?}");
}
