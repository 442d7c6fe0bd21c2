//! Words and sentences, as the mind and the embeddings see them.

use std::collections::HashSet;

/// Words that say little about what a text is about.
const COMMON: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could",
    "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in",
    "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "please", "she", "so", "that",
    "the", "their", "them", "they", "this", "to", "us", "was", "we", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "would", "you", "your",
];

/// Lower-cased runs of letters and digits.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether this lower-cased word says little.
pub fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

/// What is left of a lower-cased English word without its commonest endings: `meetings` and `meet` are one.
pub fn stem(word: &str) -> String {
    let without_s = shortened(word, "s").filter(|stem| !stem.ends_with('s')).unwrap_or(word);
    let stem = ["ing", "ed", "ly", "e"].iter().find_map(|suffix| shortened(without_s, suffix));
    let stem = stem.unwrap_or(without_s);
    shortened(stem, "y").map_or_else(|| stem.to_owned(), |stem| format!("{stem}i"))
}

/// `word` without `suffix`, if three characters remain.
fn shortened<'a>(word: &'a str, suffix: &str) -> Option<&'a str> {
    word.strip_suffix(suffix).filter(|stem| stem.chars().count() >= 3)
}

/// What a text is about: the stems of its words that are not common.
pub fn topics(text: &str) -> HashSet<String> {
    words(text).filter(|word| !is_common(word)).map(|word| stem(&word)).collect()
}

/// The stems of all words of a name, such as `out_of_scope` or `callbackTime`.
pub fn name_stems(name: &str) -> HashSet<String> {
    let mut spaced = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if after_lower && c.is_uppercase() {
            spaced.push(' ');
        }
        after_lower = c.is_lowercase();
        spaced.push(c);
    }
    words(&spaced).map(|word| stem(&word)).collect()
}

/// The stems of all words.
pub fn stems(text: &str) -> HashSet<String> {
    words(text).map(|word| stem(&word)).collect()
}

/// The sentences and lines of a text, without what surrounds them.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(end) = sentence_end(rest) {
            let (sentence, after) = rest.split_at(end);
            sentences.push(sentence.trim());
            rest = after;
        }
        sentences.push(rest.trim());
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Where the first sentence ends: after a mark that a space follows.
fn sentence_end(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((_, c)) = characters.next() {
        if let Some((next, space)) = characters.peek()
            && matches!(c, '.' | '!' | '?')
            && space.is_whitespace()
        {
            return Some(*next);
        }
    }
    None
}

/// Roughly as many tokens as the text would be.
pub fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [["meetings", "meeting"], ["companies", "company"], ["proposed", "propose"]] {
            assert_eq!(stem(forms[0]), stem(forms[1]));
        }
        assert_eq!((stem("is"), stem("class")), ("is".to_owned(), "class".to_owned()));
    }

    #[test]
    fn sentences_end_at_marks_before_spaces_and_at_lines() {
        let found = sentences("I pay $1.50 today. Really? Yes!\n\n  Done ");
        assert_eq!(found, ["I pay $1.50 today.", "Really?", "Yes!", "Done"]);
    }
}
