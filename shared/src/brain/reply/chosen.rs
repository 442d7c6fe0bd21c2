//! Which sentences of what was found answer a question.

use std::collections::BTreeSet;

use crate::knowledge::{
    deeds,
    library::Found,
    passage::sentences,
    terms::{stem, words},
};

/// Passages that are quoted without a model.
const PASSAGES: usize = 3;
/// A passage of so many bytes is quoted whole.
const WHOLE: usize = 200;
/// A sentence of fewer bytes is quoted with those around it.
const MEAGRE: usize = 60;
/// What a number is worth beside terms that are shared, where one is asked for.
const NUMBER: usize = 2;

/// A sentence, and the place of its passage among those that were found.
#[derive(Clone, Copy)]
pub(super) struct Sentence<'a> {
    pub passage: usize,
    pub text: &'a str,
}

/// A passage by the sentence of it that answers best.
struct Part<'a> {
    passage: usize,
    all: Vec<&'a str>,
    best: usize,
    /// Terms that the best sentence shares with the question.
    shared: usize,
    /// Whether it tells a number where one is asked for.
    tells: bool,
}

impl<'a> Part<'a> {
    fn of(passage: usize, found: &'a Found, asked: &BTreeSet<String>, counts: bool) -> Option<Self> {
        let all = sentences(&found.text);
        let shared = |text: &str| terms(text).intersection(asked).count();
        let tells = |text: &str| counts && tells_a_number(text);
        let value = |at: &usize| shared(all[*at]) + NUMBER * usize::from(tells(all[*at]));
        let best = (0..all.len()).rev().max_by_key(value)?;
        Some(Self { passage, shared: shared(all[best]), tells: tells(all[best]), all, best })
    }

    /// The best sentence, with what it needs to be understood.
    fn quoted(&self, text: &str, limit: usize) -> &[&'a str] {
        let Self { all, best, .. } = self;
        let around = if text.len() <= WHOLE {
            (best + 1).saturating_sub(limit)..all.len()
        } else if all[*best].len() < MEAGRE {
            best.saturating_sub(usize::from(limit > 1))..(best + 2).min(all.len())
        } else {
            *best..best + 1
        };
        &all[around]
    }
}

/// The sentences that answer best. What was quoted already is not quoted again.
pub(super) fn best_sentences<'a>(
    owner: &str,
    found: &'a [Found],
    said: &str,
    limit: usize,
) -> Vec<Sentence<'a>> {
    if deeds::asks(said) {
        let done = done(owner, found, said, limit);
        if !done.is_empty() {
            return done;
        }
    }
    let (asked, counts) = (terms(said), asks_for_a_number(said));
    let parts = found.iter().enumerate().filter_map(|(at, found)| Part::of(at, found, &asked, counts));
    let mut parts: Vec<Part<'a>> = parts.collect();
    // A passage that tells a number comes first if it speaks of the matter as much as the best one.
    let enough = parts.first().map_or(0, |part| part.shared);
    parts.sort_by_key(|part| !(part.tells && part.shared >= enough));
    let mut chosen: Vec<Sentence<'a>> = Vec::new();
    for part in parts.iter().take(PASSAGES) {
        for text in part.quoted(&found[part.passage].text, limit) {
            if chosen.len() < limit && !chosen.iter().any(|known| says_the_same(known.text, text)) {
                chosen.push(Sentence { passage: part.passage, text });
            }
        }
    }
    chosen
}

/// The sentences that name what is asked for, what was done first, and of that what is told with a number. A heading alone
/// tells nothing.
fn done<'a>(owner: &str, found: &'a [Found], said: &str, limit: usize) -> Vec<Sentence<'a>> {
    let about = deeds::about(owner, said);
    let of = |(passage, found): (usize, &'a Found)| {
        let all = sentences(&found.text);
        let begins = usize::from(all.len() > 1 && is_heading(all[0]));
        all.into_iter().skip(begins).map(move |text| Sentence { passage, text }).collect::<Vec<_>>()
    };
    let mut named: Vec<Sentence<'a>> = found.iter().enumerate().flat_map(of).collect();
    named.retain(|sentence| !terms(sentence.text).is_disjoint(&about));
    named.sort_by_key(|sentence| {
        (
            !deeds::is_deed(sentence.text),
            !tells_a_number(sentence.text),
            found[sentence.passage].document.is_none(),
        )
    });
    // Beside what was done, nothing is told that was not.
    if named.first().is_some_and(|first| deeds::is_deed(first.text)) {
        named.retain(|sentence| deeds::is_deed(sentence.text));
    }
    let mut chosen: Vec<Sentence<'a>> = Vec::new();
    for sentence in named {
        if chosen.len() < limit && !chosen.iter().any(|known| says_the_same(known.text, sentence.text)) {
            chosen.push(sentence);
        }
    }
    chosen
}

/// A line that says no sentence: `Staff Engineer, Ledgerlane GmbH, 2021-03 – present`.
fn is_heading(text: &str) -> bool {
    !text.ends_with(['.', '!', '?', ':'])
}

/// Of a text, the sentence that shares most with a question; none shares nothing.
pub fn sentence_about<'a>(text: &'a str, question: &str) -> Option<&'a str> {
    let asked = terms(question);
    let shared = |text: &&str| terms(text).intersection(&asked).count();
    sentences(text).into_iter().rev().max_by_key(shared).filter(|best| shared(best) > 0)
}

fn asks_for_a_number(said: &str) -> bool {
    const ASKS: [&str; 11] = [
        "how many",
        "how much",
        "how long",
        "how often",
        "how fast",
        "how large",
        "how far",
        "what does it cost",
        " cost",
        "the price",
        "largest",
    ];
    let lower = said.to_lowercase();
    ASKS.iter().any(|asks| lower.contains(asks))
}

/// Whether a text tells a number that is no date.
fn tells_a_number(text: &str) -> bool {
    const WORDS: [&str; 19] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "fifteen", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million",
    ];
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    text.to_lowercase().split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = word.starts_with(|c: char| c.is_ascii_digit());
        let is_date = word.split(['-', '/', '–']).any(is_year);
        (digits && !is_date) || WORDS.contains(&word)
    })
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (terms(one), terms(other));
    let shared = one.intersection(&other).count();
    shared * 10 >= one.len().min(other.len()) * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{claims::Origin, document::SourceKind};

    fn found(text: &str) -> Found {
        let citation =
            Origin {
                kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new()
            };
        let text = text.to_owned();
        Found { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
    }

    fn best<'a>(found: &'a [Found], said: &str) -> &'a str {
        best_sentences("Alex Sample", found, said, 1)[0].text
    }

    #[test]
    fn a_number_answers_how_many() {
        let passages = [
            found("Alex was a technical lead (2019-06 to 2022-12)."),
            found("Rewrote the ledger: 40 million transfers a day.\nTechnical lead of nine engineers."),
        ];
        let asked = "How many engineers does Alex lead as a technical lead?";
        assert_eq!(best(&passages, asked), "Technical lead of nine engineers.");
        assert_eq!(best(&passages, "Was Alex a technical lead?"), passages[0].text);
        let other = [found("Alex leads a team."), found("Leads 12 teams of another company.")];
        assert_eq!(best(&other, "How many teams does Alex lead?"), "Alex leads a team.", "it shares more");
    }

    #[test]
    fn numbers_and_dates() {
        for text in ["62 percent", "in nine minutes", "(40 guests)", "1,600 a day", "p99 to 210 ms"] {
            assert!(tells_a_number(text), "{text}");
        }
        for text in ["2019-06 to 2022", "since 2021.", "p99 latency", "one of them", ""] {
            assert!(!tells_a_number(text), "{text}");
        }
    }

    #[test]
    fn what_was_done_is_told_and_no_heading() {
        let passages = [
            found("shale, Author, 2019 – 2022\nA storage engine in Rust that keeps its data in S3."),
            found("Organiser, Rust Evenings, 2019 – present\nRuns evenings for newcomers to Rust."),
            found(
                "Staff Engineer, Payments, Ledgerlane GmbH\nPayments infrastructure\nLed the rewrite of a payments \
                   ledger in Rust that settles 40 million transfers a day.\nMoved the jobs to Lambda.",
            ),
            found("A review of a payment system: five days, a written report."),
        ];
        for about in ["Rust", "payments"] {
            let said = format!("What has Alex done with {about}?");
            let told: Vec<&str> =
                best_sentences("Alex Sample", &passages, &said, 3).iter().map(|one| one.text).collect();
            assert_eq!(told.len(), 1, "{about}: {told:?}");
            assert!(told[0].starts_with("Led the rewrite"), "{about}: {told:?}");
        }
        let beside = best_sentences("Alex Sample", &passages[..2], "What have you done with Rust?", 4);
        let beside: Vec<&str> = beside.iter().map(|one| one.text).collect();
        assert_eq!(beside.len(), 2, "{beside:?}");
        assert!(beside.iter().all(|text| text.ends_with('.')), "no heading: {beside:?}");
    }
}
