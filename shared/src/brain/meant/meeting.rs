//! Who wants to meet the owner, by the words of it. Pure.

use super::{MAX_BARE, is_bare_question, plain_words, says_any};
use crate::scheduling::names_day;

/// Whether somebody can meet, or the owner, on a day that is named: "can we talk tomorrow?", "any slots on Friday?", "Monday?"
pub fn asks_for_a_day(said: &str) -> bool {
    const ASKING: [&str; 6] = ["can", "could", "may", "might", "shall", "would"];
    const MEETING: [&str; 6] = ["talk", "speak", "meet", "chat", "call", "connect"];
    const SLOTS: [&str; 4] = ["slot", "slots", "opening", "openings"];
    const DOING: [&str; 3] = ["do", "make", "manage"];
    const WHO: [&str; 6] = ["you", "u", "he", "she", "they", "we"];
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asks_to_meet = matches!(words.as_slice(), [first, "we" | "i", ..] if ASKING.contains(first))
        && says_any(said, &MEETING);
    // "Can you do Friday at 4?", and not "can you do a review by Friday?"
    let asks_for_it = matches!(words.as_slice(), [first, who, act, when @ ..]
        if ASKING.contains(first) && WHO.contains(who) && DOING.contains(act) && when.iter().all(|word| is_of_a_day(word)));
    let is_bare =
        (words.len() <= MAX_BARE && is_bare_question(said)) || words.iter().all(|word| is_of_a_day(word));
    (asks_to_meet || asks_for_it || says_any(said, &SLOTS) || is_bare) && names_day(said)
}

/// A word of "ok, Monday then", which says nothing but a day.
fn is_of_a_day(word: &str) -> bool {
    const KNOWN: &str = "ok okay then so yes how about say maybe perhaps on next this the or and please it let s lets at am pm \
         morning afternoon evening noon mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday \
         sun sunday today tomorrow week";
    let is_time = word.starts_with(|c: char| c.is_ascii_digit());
    is_time || KNOWN.split_ascii_whitespace().any(|known| known == word)
}

/// "When can I talk to Alex?", and not "when can I use it?"
pub fn asks_when_they_can_meet(said: &str) -> bool {
    const MAY: [&str; 7] = ["can", "could", "may", "might", "shall", "should", "would"];
    const MEETING: [&str; 6] = ["talk", "speak", "meet", "chat", "call", "connect"];
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (["when", behind @ ..]
    | ["what", "time" | "times" | "day", behind @ ..]
    | ["how", "soon", behind @ ..]) = words.as_slice()
    else {
        return false;
    };
    matches!(behind, [may, "i" | "we", meet, ..] if MAY.contains(may) && MEETING.contains(meet))
}

/// "Book a call", which is a time to meet, and no "call back".
pub fn books_a_call(said: &str) -> bool {
    const BOOKING: [&str; 4] = ["book", "schedule", "arrange", "up"];
    const ONE: [&str; 2] = ["a", "the"];
    /// Digits of a number to be called.
    const NUMBER: usize = 7;
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let books = |three: &[&str]| BOOKING.contains(&three[0]) && ONE.contains(&three[1]);
    let calls = |at: usize| {
        let named = &words[at + 2..];
        let call = named.iter().take(2).position(|word| *word == "call");
        call.is_some_and(|call| named.get(call + 1) != Some(&"back"))
    };
    let names_number = said.chars().filter(char::is_ascii_digit).count() >= NUMBER;
    !names_number && words.windows(3).enumerate().any(|(at, three)| books(three) && calls(at))
}
