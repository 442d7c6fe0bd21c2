//! What was typed wrongly, as it was meant: a word that is not known becomes the only one that is known and a slip of the
//! keyboard away. Pure.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeSet, sync::LazyLock};

use super::intent::utterances;
use crate::{knowledge::dates::MONTHS, language::Language};

/// Who writes more than so many words writes a text, and is taken by it.
const MAX_WORDS: usize = 40;
const LONGEST: usize = 24;
/// The fewest letters of a word in which two are turned, one is missing, or one is too much or another: shorter words are too
/// near to others.
struct Fewest {
    turned: usize,
    missing: usize,
    other: usize,
}
/// "Shipping" is no "shopping", and "sharing" no "sharding".
const OF_WORDS: Fewest = Fewest { turned: 6, missing: 8, other: 10 };
/// The days of a week and the months are so few that less of them tells one.
const OF_DAYS: Fewest = Fewest { turned: 5, missing: 5, other: 7 };
/// What people type in short, in small letters, and what they mean.
const TYPED: [(&str, &str); 17] = [
    ("abt", "about"),
    ("cna", "can"),
    ("helo", "hello"),
    ("k8s", "kubernetes"),
    ("plz", "please"),
    ("pls", "please"),
    ("teh", "the"),
    ("tmr", "tomorrow"),
    ("tmrw", "tomorrow"),
    ("wat", "what"),
    ("wats", "what's"),
    ("whats", "what's"),
    ("wheres", "where's"),
    ("whos", "who's"),
    ("yeers", "years"),
    ("yrs", "years"),
    ("yuo", "you"),
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The words with which people ask for things.
static OF_PEOPLE: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let said = utterances().flat_map(|said| said.split(|c: char| !c.is_alphabetic()));
    said.chain(DAYS).chain(MONTHS).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
});

/// What somebody wrote, with the words of `material` and of people. Names are left as they are, and so is what is in another
/// language or names an address.
pub fn spelled<'a>(said: &'a str, material: &BTreeSet<String>) -> Cow<'a, str> {
    let chunks = said.split_whitespace();
    if chunks.clone().count() > MAX_WORDS || said.contains('@') || Language::foreign(said).is_some() {
        return Cow::Borrowed(said);
    }
    let (mut written, mut until, mut at) = (String::new(), 0, 0);
    for (place, chunk) in chunks.enumerate() {
        let word = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        let begin = said[at..].find(chunk).map_or(at, |begin| at + begin);
        at = begin + chunk.len();
        if let Some(meant) = meant(word, place == 0, material) {
            let begin = begin + chunk.find(word).unwrap_or_default();
            written.push_str(&said[until..begin]);
            written.push_str(meant);
            until = begin + word.len();
        }
    }
    if until == 0 {
        return Cow::Borrowed(said);
    }
    written.push_str(&said[until..]);
    Cow::Owned(written)
}

/// The word that is meant by one that nobody knows, in small letters.
fn meant<'a>(word: &str, is_first: bool, material: &'a BTreeSet<String>) -> Option<&'a str> {
    let is_typed =
        |(typed, _): &&(&str, &str)| *typed == word || (is_first && word.eq_ignore_ascii_case(typed));
    if let Some(&(_, meant)) = TYPED.iter().find(is_typed).filter(|_| !material.contains(word)) {
        return Some(meant);
    }
    if word.is_empty() || word.len() > LONGEST || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let lower = word.to_lowercase();
    if OF_PEOPLE.contains(&lower) || material.contains(&lower) {
        return None;
    }
    // Frida is no Friday, and Augusta no August.
    let is_day =
        |day: &&str| is_slip(&lower, day, &OF_DAYS) && !day.starts_with(&lower) && !lower.starts_with(day);
    let day = DAYS.into_iter().chain(MONTHS).find(is_day);
    let is_name = word.starts_with(char::is_uppercase) && !is_first;
    if day.is_some() || is_name {
        return day;
    }
    let word = lower.as_str();
    // People hit the first letter, mostly.
    let first = &word[..1];
    let of = |words: &'a BTreeSet<String>| {
        let begin = words.range(first.to_owned()..).take_while(move |known| known.starts_with(first));
        begin.map(String::as_str).filter(move |known| is_slip(word, known, &OF_WORDS))
    };
    let mut found = of(&OF_PEOPLE).chain(of(material));
    let one = found.next()?;
    found.all(|other| other == one).then_some(one)
}

/// Whether two letters are turned, one is missing, one is too much, or a vowel is another one.
fn is_slip(word: &str, known: &str, fewest: &Fewest) -> bool {
    if word.as_bytes().first() != known.as_bytes().first()
        || word.len().abs_diff(known.len()) > 1
        || strsim::osa_distance(word, known) != 1
    {
        return false;
    }
    let sorted = |word: &str| {
        let mut bytes = word.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    let is_turned = || sorted(word) == sorted(known);
    match word.len().cmp(&known.len()) {
        Ordering::Less => word.len() >= fewest.missing,
        Ordering::Equal if is_turned() => word.len() >= fewest.turned,
        Ordering::Equal => word.len() >= fewest.other && differ_in_a_vowel(word, known),
        Ordering::Greater => word.len() >= fewest.other,
    }
}

fn differ_in_a_vowel(word: &str, known: &str) -> bool {
    const VOWELS: &str = "aeiouy";
    let differ = word.chars().zip(known.chars()).find(|(one, other)| one != other);
    differ.is_some_and(|(one, other)| VOWELS.contains(one) && VOWELS.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keyboard_are_read_as_they_were_meant() {
        let material: BTreeSet<String> = [
            "kubernetes",
            "storage",
            "engine",
            "ledger",
            "kafka",
            "shopping",
            "action",
            "tracing",
            "sharding",
        ]
        .map(str::to_owned)
        .into();
        let rows = [
            ("whats your experiance with kubernets", "what's your experience with kubernetes"),
            ("Helo", "hello"),
            ("wat are yuo?", "what are you?"),
            ("How many yeers, pls?", "How many years, please?"),
            ("cna we talk tmrw abt k8s", "can we talk tomorrow about kubernetes"),
            ("I am Dana Wat", "I am Dana Wat"),
            ("Moday 10 oclock please", "monday 10 oclock please"),
            ("can we meet on Thrusday?", "can we meet on thursday?"),
            ("What is your salary? And the sotrage engine?", "What is your salary? And the storage engine?"),
            ("Managment experience?", "management experience?"),
            ("Experiancexyz or experiance?", "Experiancexyz or experience?"),
            // What is known, short, a name, an address or another language stays as it is.
            ("What has Alex done with Rust?", "What has Alex done with Rust?"),
            ("does he smoke or gamble", "does he smoke or gamble"),
            ("I am Dana Storag from Legder", "I am Dana Storag from Legder"),
            ("this is Frida, frida from Augusta", "this is Frida, frida from Augusta"),
            // A word that is one, too, is no slip of another.
            ("shipping, auction or sharing by tracking", "shipping, auction or sharing by tracking"),
            ("my mail is experiance@example.com", "my mail is experiance@example.com"),
            (
                "Was kostet eine Stunde bei Ihnen, und wann haben Sie Zeit?",
                "Was kostet eine Stunde bei Ihnen, und wann haben Sie Zeit?",
            ),
            ("https://a.example/experiance", "https://a.example/experiance"),
            ("", ""),
        ];
        for (said, meant) in rows {
            assert_eq!(spelled(said, &material), meant, "{said}");
        }
        let long = "experiance ".repeat(MAX_WORDS + 1);
        assert_eq!(spelled(&long, &material), long);
    }

    #[test]
    fn of_several_that_may_be_meant_none_is() {
        let mut material: BTreeSet<String> = ["zzstorages".to_owned()].into();
        assert_eq!(spelled("what zzstorage", &material), "what zzstorages");
        material.insert("zzstoragey".to_owned());
        assert_eq!(spelled("what zzstorage", &material), "what zzstorage");
    }

    #[test]
    fn odd_input() {
        let material = BTreeSet::new();
        for said in ["👍", "é", "  x  ", "\u{202e}experiance", "''experiance''"] {
            assert!(spelled(said, &material).len() <= said.len() + 1, "{said:?}");
        }
    }
}
