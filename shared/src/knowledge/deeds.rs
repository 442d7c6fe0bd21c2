//! Questions for what somebody has done with something, and sentences that tell it.

use std::collections::BTreeSet;

use super::{
    passage::sentences,
    terms::{stem, words},
};

/// Ways to ask it.
const ASKS: [&str; 21] = [
    "tell me about",
    "done with",
    "done in",
    "done for",
    "done at",
    "do at",
    "did at",
    "did with",
    "do with",
    "have with",
    "built with",
    "built in",
    "made with",
    "worked on",
    "worked with",
    "work on",
    "work with",
    "experience with",
    "experience in",
    "achieve",
    "accomplish",
];
/// Stems of what it is asked with.
const ASKING: &str = "do done did build built make made work experi achiev accomplish ever much get give exampl tell someth anyth kind sort year \
                      profession project";
/// The past of verbs that does not end with `ed`.
const PAST: &str = "led built wrote cut ran made won grew drove began set took brought taught sped rewrote found kept held \
                    gave sold shrank rebuilt spoke chose got put";
/// Such words stand before what they describe, mostly.
const ADJECTIVES: &str = "distributed replicated certified advanced related embedded integrated automated applied detailed \
                          motivated experienced skilled interested based need speed";
const PRONOUNS: [&str; 5] = ["i", "he", "she", "we", "they"];
/// Words of a sentence before its verb: `At Globex, I wrote`.
const VERB_WITHIN: usize = 5;

pub fn asks(question: &str) -> bool {
    let lower = question.to_lowercase();
    ASKS.iter().any(|asks| lower.contains(asks))
}

/// Whether such a question is for what was done somewhere: `What did you do at Globex?`
pub fn ask_of_a_place(question: &str) -> bool {
    question.to_lowercase().contains(" at ")
}

/// What such a question is about, in stems.
pub fn about(owner: &str, question: &str) -> BTreeSet<String> {
    let owners = terms(owner);
    let asks =
        |term: &String| ASKING.split_ascii_whitespace().any(|asking| asking == term) || owners.contains(term);
    terms(question).into_iter().filter(|term| !asks(term)).collect()
}

/// Whether a sentence tells what was done, as résumés do: `Led the rewrite`, `I built a ledger`, `Alex wrote tests`.
pub fn is_deed(sentence: &str) -> bool {
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let words = sentence.split_whitespace().map(plain).filter(|word| !word.is_empty());
    let words: Vec<String> = words.take(VERB_WITHIN).collect();
    let named = words.iter().take_while(|word| word.starts_with(char::is_uppercase)).count();
    let after_pronoun =
        |pair: &[String]| PRONOUNS.contains(&pair[0].to_lowercase().as_str()) && is_past(&pair[1]);
    words.first().is_some_and(|first| is_past(first))
        || (named > 0 && words.get(named).is_some_and(|verb| is_past(verb)))
        || words.windows(2).any(after_pronoun)
}

fn is_past(word: &str) -> bool {
    let word = word.to_lowercase();
    let is_in = |list: &str| list.split_ascii_whitespace().any(|known| known == word);
    is_in(PAST) || (word.len() > 4 && word.ends_with("ed") && !is_in(ADJECTIVES))
}

/// With what, or in what, something was done, in stems; nothing where that is not named, or where several things are: a text
/// may speak of one of them.
pub fn object(owner: &str, question: &str) -> BTreeSet<String> {
    const BEFORE: [&str; 3] = [" with ", " in ", " on "];
    const BETWEEN: [&str; 5] = [" and ", " or ", ",", "/", "&"];
    let lower = question.to_lowercase();
    let named = BEFORE.iter().filter_map(|before| lower.rsplit_once(*before)).map(|(_, named)| named);
    let named = named.min_by_key(|named| named.len()).filter(|_| asks(question));
    let one = named.filter(|named| !BETWEEN.iter().any(|between| named.contains(between)));
    one.map(|named| about(owner, named)).unwrap_or_default()
}

/// Whether a text speaks of something rather than of a part of its name: "storage systems" are no "distributed systems".
pub fn is_about(text: &str, about: &BTreeSet<String>) -> bool {
    2 * terms(text).intersection(about).count() > about.len()
}

/// Whether a text names all of it.
pub fn holds(text: &str, about: &BTreeSet<String>) -> bool {
    about.is_subset(&terms(text))
}

/// Whether a text tells what was done with something.
pub fn are_told(text: &str, about: &BTreeSet<String>) -> bool {
    sentences(text).into_iter().any(|sentence| is_deed(sentence) && !terms(sentence).is_disjoint(about))
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_with_something() {
        let question = "What has Alex done with Rust?";
        assert!(asks(question) && !asks("Where does Alex live?") && !ask_of_a_place(question));
        assert!(asks("What did Alex do at Globex?") && ask_of_a_place("What did Alex do at Globex?"));
        let about = about("Alex Sample", question);
        assert_eq!(about, BTreeSet::from(["rust".to_owned()]));
        assert!(are_told("Staff Engineer\n- Led the rewrite of a ledger in Rust.", &about));
        for text in ["Runs evenings for newcomers to Rust.", "Led a team.\nKnows Rust.", ""] {
            assert!(!are_told(text, &about), "{text}");
        }
        let systems = object("Alex Sample", "What has Alex done with distributed systems?");
        assert_eq!(object("Alex Sample", "whats your experience with Kubernetes?").len(), 1);
        for without in
            ["What has Alex done with Rust and Go?", "What did Alex achieve?", "Who works with Alex?"]
        {
            assert!(object("Alex Sample", without).is_empty(), "{without}");
        }
        assert!(is_about("Engineer for payments and distributed systems", &systems));
        assert!(!is_about("A review of a storage system", &systems));
        let project = super::about("Alex Sample", "Tell me about the ledger project");
        assert_eq!(project, BTreeSet::from(["ledger".to_owned()]));
        for (sentence, expected) in [
            ("Introduced on-call practices.", true),
            ("At Globex, I wrote tests.", true),
            ("Alex Sample rewrote the ledger.", true),
            ("A replicated storage engine, tested by simulation.", false),
            ("Distributed systems", false),
            ("Engineer of the red team", false),
        ] {
            assert_eq!(is_deed(sentence), expected, "{sentence}");
        }
    }
}
