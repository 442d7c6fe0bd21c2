//! What kind of thing a question asks for, and whether a text tells one.

use crate::knowledge::{
    dates::MONTHS,
    kinds,
    terms::{stem, words},
};

/// What a number is worth beside terms that are shared, where one is asked for.
const WORTH: usize = 2;
/// What something costs is told by an amount, and less by another number.
const AMOUNT_WORTH: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Amount,
    Number,
    Date,
    ProgrammingLanguage,
}

impl Kind {
    pub fn asked(said: &str) -> Option<Self> {
        const OF_AMOUNTS: [&str; 13] = [
            "cost",
            "costs",
            "price",
            "prices",
            "pricing",
            "charge",
            "charges",
            "rate",
            "rates",
            "fee",
            "fees",
            "expensive",
            "quote",
        ];
        const HOW_MUCH: [&str; 6] =
            ["how much is", "how much are", "how much does", "how much do", "how much would", "how much for"];
        const OF_NUMBERS: [&str; 13] = [
            "how many",
            "how much",
            "how long",
            "how often",
            "how fast",
            "how large",
            "how big",
            "how high",
            "how far",
            "how small",
            "largest",
            "biggest",
            "smallest",
        ];
        const OF_DATES: [&str; 9] = [
            "when ",
            "since when",
            "what year",
            "which year",
            "in what year",
            "in which year",
            "what month",
            "which month",
            "what date",
        ];
        let lower = said.to_lowercase();
        let says = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
        let mut all = lower.split(|c: char| !c.is_alphanumeric());
        if all.any(|word| OF_AMOUNTS.contains(&word)) || says(&HOW_MUCH) {
            Some(Self::Amount)
        } else if says(&OF_NUMBERS) {
            Some(Self::Number)
        } else if asks_for_programming(&lower) {
            Some(Self::ProgrammingLanguage)
        } else {
            OF_DATES.iter().any(|sign| lower.trim_start().starts_with(sign)).then_some(Self::Date)
        }
    }

    /// What it is worth that a text tells one; nothing if it does not.
    pub fn worth(self, text: &str) -> usize {
        let worth = |tells: bool| if tells { WORTH } else { 0 };
        match self {
            Self::Amount if names_amount(text) => AMOUNT_WORTH,
            Self::Amount | Self::Number => worth(tells_a_number(text)),
            Self::Date => worth(tells_a_date(text)),
            Self::ProgrammingLanguage => worth(kinds::names_programming_language(text)),
        }
    }
}

/// `What language was it rewritten in?`, `What is it written in?`
fn asks_for_programming(lower: &str) -> bool {
    const MAKING: [&str; 9] =
        ["write", "rewrit", "build", "rebuild", "implement", "code", "program", "develop", "port"];
    const MADE_IN: [&str; 4] = ["written in", "coded in", "implemented in", "programmed in"];
    let makes = || words(lower).iter().any(|word| MAKING.contains(&stem(word).as_str()));
    (lower.contains("language") && makes()) || MADE_IN.iter().any(|made| lower.contains(made))
}

/// Whether a text says what something costs: `€7,500`, `EUR 1,300 a day`.
pub fn names_amount(text: &str) -> bool {
    let has_sign = text.contains(['€', '$', '£', '¥']);
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let names = |word: &&str| matches!(*word, "EUR" | "USD" | "GBP" | "CHF" | "euros" | "dollars" | "pounds");
    text.contains(|c: char| c.is_ascii_digit()) && (has_sign || words.iter().any(names))
}

/// Whether a text tells a number that is no date.
pub(super) fn tells_a_number(text: &str) -> bool {
    const WORDS: [&str; 19] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "fifteen", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million",
    ];
    text.to_lowercase().split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = word.starts_with(|c: char| c.is_ascii_digit());
        let is_date = word.split(['-', '/', '–']).any(is_year);
        (digits && !is_date) || WORDS.contains(&word)
    })
}

fn tells_a_date(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| {
        is_year(word) || MONTHS.iter().any(|month| *month != "may" && month.eq_ignore_ascii_case(word))
    })
}

pub(super) fn tells_a_year(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(is_year)
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_question_asks_for() {
        let rows = [
            ("How much is an architecture review?", Some(Kind::Amount)),
            ("what's the price of it", Some(Kind::Amount)),
            ("How did the cost change?", Some(Kind::Amount)),
            ("How many engineers?", Some(Kind::Number)),
            ("By how much did it fall?", Some(Kind::Number)),
            ("What is the largest value?", Some(Kind::Number)),
            ("What language was it rewritten in?", Some(Kind::ProgrammingLanguage)),
            ("What is the engine written in?", Some(Kind::ProgrammingLanguage)),
            ("Which languages does she speak?", None),
            ("When did Alex graduate?", Some(Kind::Date)),
            ("What happened when it rained?", None),
            ("What feedback did Alex get?", None),
        ];
        for (said, expected) in rows {
            assert_eq!(Kind::asked(said), expected, "{said}");
        }
    }

    #[test]
    fn what_tells_one() {
        let rows = [
            (Kind::Amount, "€7,500 for five days", AMOUNT_WORTH),
            (Kind::Amount, "cut their cost by 62 percent", WORTH),
            (Kind::Amount, "It depends.", 0),
            (Kind::Date, "Joined in 2019", WORTH),
            (Kind::Date, "It may take 5 days", 0),
            (Kind::ProgrammingLanguage, "a ledger in Rust", WORTH),
            (Kind::ProgrammingLanguage, "a ledger that goes far", 0),
        ];
        for (kind, text, expected) in rows {
            assert_eq!(kind.worth(text), expected, "{text}");
        }
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
}
