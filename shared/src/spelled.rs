//! What somebody spells on the telephone, as it is written, and how it is read back. Pure.

use std::{borrow::Cow, ops::Range};

/// Words of the spelling alphabet of ICAO; two of them are also written otherwise.
const ALPHABET: [(&str, char); 28] = [
    ("alpha", 'a'),
    ("alfa", 'a'),
    ("bravo", 'b'),
    ("charlie", 'c'),
    ("delta", 'd'),
    ("echo", 'e'),
    ("foxtrot", 'f'),
    ("golf", 'g'),
    ("hotel", 'h'),
    ("india", 'i'),
    ("juliet", 'j'),
    ("juliett", 'j'),
    ("kilo", 'k'),
    ("lima", 'l'),
    ("mike", 'm'),
    ("november", 'n'),
    ("oscar", 'o'),
    ("papa", 'p'),
    ("quebec", 'q'),
    ("romeo", 'r'),
    ("sierra", 's'),
    ("tango", 't'),
    ("uniform", 'u'),
    ("victor", 'v'),
    ("whiskey", 'w'),
    ("xray", 'x'),
    ("yankee", 'y'),
    ("zulu", 'z'),
];
/// In the languages that are spoken here.
const DIGITS: &[(&str, char)] = &[
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("null", '0'),
    ("eins", '1'),
    ("zwei", '2'),
    ("zwo", '2'),
    ("drei", '3'),
    ("vier", '4'),
    ("fünf", '5'),
    ("sechs", '6'),
    ("sieben", '7'),
    ("acht", '8'),
    ("neun", '9'),
    ("cero", '0'),
    ("uno", '1'),
    ("dos", '2'),
    ("tres", '3'),
    ("cuatro", '4'),
    ("cinco", '5'),
    ("seis", '6'),
    ("siete", '7'),
    ("ocho", '8'),
    ("nueve", '9'),
    ("zéro", '0'),
    ("un", '1'),
    ("deux", '2'),
    ("trois", '3'),
    ("quatre", '4'),
    ("cinq", '5'),
    ("sept", '7'),
    ("huit", '8'),
    ("neuf", '9'),
];
/// The first name of each is what is read back.
const SIGNS: &[(&str, char)] = &[
    ("at", '@'),
    ("dot", '.'),
    ("period", '.'),
    ("point", '.'),
    ("dash", '-'),
    ("hyphen", '-'),
    ("minus", '-'),
    ("underscore", '_'),
    ("plus", '+'),
    ("ät", '@'),
    ("klammeraffe", '@'),
    ("arroba", '@'),
    ("arobase", '@'),
    ("punkt", '.'),
    ("punto", '.'),
    ("bindestrich", '-'),
    ("guion", '-'),
    ("guión", '-'),
    ("tiret", '-'),
    ("unterstrich", '_'),
    ("más", '+'),
];
/// Of a dash, that it is a low one: `guion bajo`, `tiret bas`.
const LOW: [&str; 2] = ["bajo", "bas"];
/// Fewer words of the alphabet in a row may be names: Mike, Victor, Oscar.
const SPELLED_FROM: usize = 3;

/// `d as in dog, a n a at north gate dot example` is `dana@northgate.example`; `double five oh one` is `5501`.
pub fn written(spoken: &str) -> String {
    let words: Vec<String> = spoken.split_whitespace().filter_map(word).collect();
    let mut written = String::with_capacity(spoken.len());
    let (mut at, mut times) = (0, 1);
    while let Some(word) = words.get(at) {
        let rest = &words[at + 1..];
        at += 1;
        match word.as_str() {
            "double" | "doppel" | "doble" if !rest.is_empty() => times = 2,
            "triple" if !rest.is_empty() => times = 3,
            "capital" | "uppercase" | "lowercase" | "groß" | "großes" | "klein" | "kleines"
                if rest.first().is_some_and(|next| next.chars().count() == 1) => {}
            "sign" => {}
            dash if sign(dash) == Some('-')
                && rest.first().is_some_and(|next| LOW.contains(&next.as_str())) =>
            {
                push(&mut written, "_", &mut times);
                at += 1;
            }
            letter if letter.chars().count() == 1 => {
                push(&mut written, letter, &mut times);
                at += example(letter, rest);
            }
            word => {
                let one = sign(word)
                    .or_else(|| digit(word, times > 1, &written, rest))
                    .or_else(|| spelled(word, at - 1, &words));
                match one {
                    Some(one) => push(&mut written, one.encode_utf8(&mut [0; 4]), &mut times),
                    None => push(&mut written, word, &mut times),
                }
            }
        }
    }
    written
}

/// Each character by itself, with signs by their names: `d, a, n, a, at, n…`.
pub fn read_back(written: &str) -> String {
    let one = |c: char| match SIGNS.iter().find(|(_, sign)| *sign == c) {
        Some((name, _)) => (*name).to_owned(),
        None => c.to_string(),
    };
    written.chars().map(one).collect::<Vec<_>>().join(", ")
}

/// Whether it may be the number of a payment card: 13 to 19 digits with a check digit that fits (ISO/IEC 7812-1).
pub fn is_card_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let others = text.chars().any(|c| !c.is_ascii_digit() && c != ' ' && c != '-');
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, twice) => twice / 10 + twice % 10,
        })
        .sum();
    !others && (13..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

/// The text without the numbers of payment cards in it: of each, the last four digits are left.
pub fn without_cards(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    let mut from = 0;
    while let Some(range) = card(&masked, from) {
        let digits = masked[range.clone()].chars().filter(char::is_ascii_digit).count();
        let mut place = 0;
        let hidden = masked[range.clone()].chars().map(|c| {
            place += usize::from(c.is_ascii_digit());
            if c.is_ascii_digit() && place + SHOWN <= digits { HIDDEN } else { c }
        });
        let hidden: String = hidden.collect();
        from = range.start + hidden.len();
        masked.to_mut().replace_range(range, &hidden);
    }
    masked
}

/// Digits of a card that whoever has it may see on a receipt.
const SHOWN: usize = 4;
const HIDDEN: char = '•';

/// Where the next one stands: whole groups of digits, one space or dash apart, from none with a plus on.
fn card(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let begins = |at: &usize| is_digit(*at) && (*at == 0 || !(is_digit(at - 1) || bytes[at - 1] == b'+'));
    let mut groups = (from..bytes.len()).filter(begins);
    groups.find_map(|start| {
        let mut end = start;
        let mut longest = None;
        loop {
            while is_digit(end) {
                end += 1;
            }
            if is_card_number(&text[start..end]) {
                longest = Some(start..end);
            }
            if !(matches!(bytes.get(end), Some(b' ' | b'-')) && is_digit(end + 1)) {
                return longest;
            }
            end += 1;
        }
    })
}

/// In lower case, without what ends a sentence around it.
fn word(word: &str) -> Option<String> {
    let word =
        word.trim_matches(['.', ',', ';', '?', '!', '"', '\u{201c}', '\u{201d}', '(', ')']).to_lowercase();
    let word = if word == "x-ray" { "xray".to_owned() } else { word };
    (!word.is_empty()).then_some(word)
}

fn push(written: &mut String, what: &str, times: &mut usize) {
    (0..std::mem::replace(times, 1)).for_each(|_| written.push_str(what));
}

fn sign(word: &str) -> Option<char> {
    SIGNS.iter().find(|(name, _)| *name == word).map(|(_, sign)| *sign)
}

/// A number word is a digit among digits, after a dash, or repeated: "capital one" is a name. "Oh" needs digits.
fn digit(word: &str, repeated: bool, written: &str, rest: &[String]) -> Option<char> {
    let is_digit = |word: &String| {
        DIGITS.iter().any(|(name, _)| name == word)
            || matches!(word.as_str(), "oh" | "double" | "triple" | "doppel" | "doble")
            || word.chars().all(|c| c.is_ascii_digit())
    };
    let among = written.ends_with(|c: char| c.is_ascii_digit()) || rest.first().is_some_and(is_digit);
    match word {
        "oh" if among => Some('0'),
        _ if !among && !repeated && !written.ends_with(['-', '_', '+']) => None,
        word => DIGITS.iter().find(|(name, _)| *name == word).map(|(_, digit)| *digit),
    }
}

/// A word of the alphabet, among others and single letters.
fn spelled(word: &str, at: usize, words: &[String]) -> Option<char> {
    let letter = letter_of(word)?;
    let is_spelled = |word: &&String| letter_of(word).is_some() || word.chars().count() == 1;
    let before = words[..at].iter().rev().take_while(is_spelled).count();
    let after = words[at + 1..].iter().take_while(is_spelled).count();
    (before + 1 + after >= SPELLED_FROM).then_some(letter)
}

fn letter_of(word: &str) -> Option<char> {
    ALPHABET.iter().find(|(name, _)| *name == word).map(|(_, letter)| *letter)
}

/// How many words follow a letter only to say which one it is: "as in dog", "for dog", "like dog", "wie Dora", "de Dinamarca".
fn example(letter: &str, rest: &[String]) -> usize {
    let begins = |word: Option<&String>| word.is_some_and(|word| word.len() > 1 && word.starts_with(letter));
    match rest.first().map(String::as_str) {
        Some("as") if rest.get(1).is_some_and(|word| word == "in") && begins(rest.get(2)) => 3,
        Some("for" | "like" | "wie" | "comme" | "de") if begins(rest.get(1)) => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_written() {
        for (spoken, expected) in [
            ("dana at northgate dot example", "dana@northgate.example"),
            ("d a n a at northgate dot example", "dana@northgate.example"),
            ("D as in dog, A as in apple, N, A at Northgate dot example.", "dana@northgate.example"),
            ("d for dana underscore w at example dot com", "d_w@example.com"),
            ("Delta, Alpha, November, Alpha at example dot com", "dana@example.com"),
            ("mike at example dot com", "mike@example.com"),
            ("mike dot victor at example dot com", "mike.victor@example.com"),
            ("a double n a plus jobs at example dot com", "anna+jobs@example.com"),
            ("dana dash seven seven at example dot com", "dana-77@example.com"),
            ("plus one four one five, double five five, oh one two three", "+14155550123"),
            ("A B minus oh four", "ab-04"),
            ("oh dear", "ohdear"),
            ("capital A capital B 1 2", "ab12"),
            ("triple zero", "000"),
            ("five oh one", "501"),
            ("D wie Dora, A wie Anton, N, A, Klammeraffe Northgate Punkt example", "dana@northgate.example"),
            ("dana ät northgate punkt example", "dana@northgate.example"),
            ("A B Bindestrich null vier", "ab-04"),
            ("doppel null sieben", "007"),
            ("großes A kleines B", "ab"),
            ("B de Barcelona, A de Alicante, guion bajo, w, arroba example punto com", "ba_w@example.com"),
            ("más cuatro nueve, tres cero", "+4930"),
            ("dana tiret bas sept arobase example point com", "dana_7@example.com"),
            ("plus quatre neuf trois zéro", "+4930"),
            ("null at example dot com", "null@example.com"),
            ("dana at capital one dot example", "dana@capitalone.example"),
            ("double", "double"),
            ("", ""),
        ] {
            assert_eq!(written(spoken), expected, "{spoken}");
        }
    }

    #[test]
    fn it_is_read_back_sign_by_sign() {
        assert_eq!(read_back("d-7@x.io"), "d, dash, 7, at, x, dot, i, o");
        assert_eq!(written(&read_back("dana_w+1@north-gate.example")), "dana_w+1@north-gate.example");
    }

    #[test]
    fn a_card_is_known_by_its_check_digit() {
        for (text, expected) in [
            ("4111 1111 1111 1111", true),
            ("4111-1111-1111-1112", false),
            ("378282246310005", true),
            ("+14155550123", false),
            ("order 4111111111111111", false),
            ("0000000000", false),
        ] {
            assert_eq!(is_card_number(text), expected, "{text}");
        }
    }

    #[test]
    fn the_number_of_a_card_is_not_written_down() {
        for (text, expected) in [
            ("It is 4111 1111 1111 1111, until 12/27.", "It is •••• •••• •••• 1111, until 12/27."),
            ("4111111111111111", "••••••••••••1111"),
            ("4111-1111-1111-1111 12 27", "••••-••••-••••-1111 12 27"),
            ("one: 5555555555554444 two: 378282246310005", "one: ••••••••••••4444 two: •••••••••••0005"),
            ("Order 4111 1111 1111 1112 of today", "Order 4111 1111 1111 1112 of today"),
            ("Call me at +49 30 1234 5678 90.", "Call me at +49 30 1234 5678 90."),
            ("Ça coûte 20 €", "Ça coûte 20 €"),
            ("", ""),
        ] {
            assert_eq!(without_cards(text), expected);
        }
    }
}
