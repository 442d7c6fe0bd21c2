//! An utterance as the classifier sees it: words, pairs of words, concepts of a lexicon, and runs of characters,
//! each hashed into a bucket.

use std::{collections::HashMap, sync::LazyLock};

/// Buckets of features.
pub const BUCKETS: usize = 1 << 15;
/// Runs of characters that are looked at, in characters.
const RUNS: [usize; 2] = [3, 4];
/// More words than this say no more about what is wanted.
const MAX_WORDS: usize = 200;

/// A bucket, how often it was hit, and the weight of its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    pub bucket: usize,
    pub count: f32,
    pub weight: f32,
}

const WORD: f32 = 1.0;
const CONCEPT: f32 = 1.2;
const CHARACTERS: f32 = 0.6;

/// What features of words are computed from once each.
#[derive(Debug, Default)]
pub struct Words(HashMap<String, Known>);

#[derive(Debug)]
struct Known {
    concepts: Vec<usize>,
    runs: Vec<usize>,
}

impl Words {
    /// The features of an utterance, by bucket.
    pub fn features(&mut self, utterance: &str) -> Vec<Feature> {
        let mut words = words(utterance);
        words.truncate(MAX_WORDS);
        for word in &words {
            if !self.0.contains_key(word) {
                self.0.insert(word.clone(), Known { concepts: LEXICON.concepts(word), runs: runs(word) });
            }
        }
        let known: Vec<&Known> = words.iter().filter_map(|word| self.0.get(word)).collect();
        let mut hits: Vec<(usize, f32)> = words.iter().map(|word| (bucket(&["w", word]), WORD)).collect();
        let edge = |at: usize| if at == 0 { "^" } else { words[at - 1].as_str() };
        for at in 0..=words.len() {
            let next = words.get(at).map_or("$", String::as_str);
            hits.push((bucket(&["b", edge(at), " ", next]), WORD));
        }
        let concepts = known.iter().flat_map(|known| &known.concepts);
        hits.extend(concepts.map(|concept| (bucket(&["k#", LEXICON.names[*concept]]), CONCEPT)));
        hits.extend(concept_pairs(&words, &known).map(|bucket| (bucket, CONCEPT)));
        hits.extend(known.iter().flat_map(|known| &known.runs).map(|run| (*run, CHARACTERS)));
        merged(hits)
    }
}

/// Pairs of words of which at least one stands for a concept.
fn concept_pairs<'a>(words: &'a [String], known: &'a [&'a Known]) -> impl Iterator<Item = usize> + 'a {
    let name = |at: usize| match known[at].concepts.first() {
        Some(concept) => ("#", LEXICON.names[*concept]),
        None => ("", words[at].as_str()),
    };
    (1..known.len()).filter(|at| !(known[at - 1].concepts.is_empty() && known[*at].concepts.is_empty())).map(
        move |at| {
            let (one, next) = (name(at - 1), name(at));
            bucket(&["l", one.0, one.1, " ", next.0, next.1])
        },
    )
}

/// Equal buckets are one feature; the group that came first gives its weight.
fn merged(mut hits: Vec<(usize, f32)>) -> Vec<Feature> {
    hits.sort_by_key(|(bucket, _)| *bucket);
    let mut features: Vec<Feature> = Vec::new();
    for (bucket, weight) in hits {
        match features.last_mut() {
            Some(last) if last.bucket == bucket => last.count += 1.0,
            _ => features.push(Feature { bucket, count: 1.0, weight }),
        }
    }
    features
}

/// FNV-1a over the parts, folded.
fn bucket(parts: &[&str]) -> usize {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let hash = bytes.fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    (hash ^ (hash >> 16)) as usize % BUCKETS
}

fn runs(word: &str) -> Vec<usize> {
    let marked = format!("<{word}>");
    let at: Vec<usize> = marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
    let run = |length: usize| at.windows(length + 1).map(move |ends| (ends[0], ends[length]));
    RUNS.into_iter().flat_map(run).map(|(from, until)| bucket(&["c", &marked[from..until]])).collect()
}

/// Lower-cased words: addresses and numbers stand for their kind, short forms are written out.
fn words(utterance: &str) -> Vec<String> {
    let lower = utterance.to_lowercase().replace('\u{2019}', "'");
    let mut words = Vec::new();
    for chunk in lower.split_whitespace() {
        let core = chunk.trim_matches(|c| ".,;:!?()\"'[]<>".contains(c));
        if core.contains('@') && core.contains('.') {
            words.push("_mail".to_owned());
        } else if core.starts_with("http") || core.starts_with("www.") {
            words.push("_url".to_owned());
        } else {
            let pieces = chunk
                .split(|c: char| !c.is_alphanumeric() && c != '\'')
                .map(|piece| piece.trim_matches('\''));
            pieces.filter(|piece| !piece.is_empty()).for_each(|piece| write_out(piece, &mut words));
        }
    }
    words
}

const SUFFIXES: [(&str, &str); 7] = [
    ("n't", " not"),
    ("'s", " is"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'m", " am"),
    ("'d", " would"),
];

fn write_out(piece: &str, words: &mut Vec<String>) {
    if piece.contains(|c: char| c.is_ascii_digit()) {
        words.push(numbers_as_zero(piece));
        return;
    }
    let full = match piece {
        "can't" => "can not".to_owned(),
        "won't" => "will not".to_owned(),
        "let's" => "let us".to_owned(),
        _ => {
            let short =
                SUFFIXES.iter().find_map(|(end, full)| Some(piece.strip_suffix(end)?.to_owned() + full));
            short.unwrap_or_else(|| piece.to_owned())
        }
    };
    for word in full.replace('\'', "").split_whitespace() {
        let full = LEXICON.written_out.get(word).copied().unwrap_or(word);
        words.extend(full.split_whitespace().map(ToOwned::to_owned));
    }
}

fn numbers_as_zero(piece: &str) -> String {
    let mut text = String::new();
    let mut in_number = false;
    for c in piece.chars() {
        let digit = c.is_ascii_digit();
        if !(digit && in_number) {
            text.push(if digit { '0' } else { c });
        }
        in_number = digit;
    }
    text
}

/// `lexicon.txt`: a concept and the words that stand for it, a line; `post*` stands for all that begins so.
/// `contractions.txt`: `short=written out`.
struct Lexicon {
    names: Vec<&'static str>,
    words: HashMap<&'static str, Vec<usize>>,
    beginnings: Vec<(&'static str, usize)>,
    written_out: HashMap<&'static str, &'static str>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon {
        names: Vec::new(),
        words: HashMap::new(),
        beginnings: Vec::new(),
        written_out: include_str!("../../../data/intents/contractions.txt")
            .lines()
            .filter_map(|line| line.split_once('='))
            .collect(),
    };
    for line in include_str!("../../../data/intents/lexicon.txt").lines() {
        let mut members = line.split_whitespace();
        let Some(name) = members.next() else { continue };
        let known = lexicon.names.iter().position(|known| *known == name);
        let concept = known.unwrap_or_else(|| {
            lexicon.names.push(name);
            lexicon.names.len() - 1
        });
        for member in members {
            if let Some(beginning) = member.strip_suffix('*') {
                lexicon.beginnings.push((beginning, concept));
            } else {
                let concepts = lexicon.words.entry(member).or_default();
                if !concepts.contains(&concept) {
                    concepts.push(concept);
                }
            }
        }
    }
    lexicon
});

impl Lexicon {
    fn concepts(&self, word: &str) -> Vec<usize> {
        let mut concepts = self.words.get(word).cloned().unwrap_or_default();
        for (beginning, concept) in &self.beginnings {
            if word.starts_with(beginning) && !concepts.contains(concept) {
                concepts.push(*concept);
            }
        }
        concepts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_out() {
        let rows = [
            ("I can't, won’t & don't!", "i can not will not do not"),
            ("mail me: Ann@Example.com or www.example.com/a", "mail me _mail or _url"),
            ("at 10:30 on 2026-11-22, 150k", "at 0 0 on 0 0 0 0k"),
            ("um, what's ur rate pls", "what is your rate please"),
            ("'' - \u{2019}", ""),
        ];
        for (said, expected) in rows {
            assert_eq!(words(said).join(" "), expected, "{said}");
        }
    }
}
