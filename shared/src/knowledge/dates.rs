//! Dates in a question, and how well something that was said on a day answers to them.

use std::sync::LazyLock;

use jiff::{SignedDuration, civil::Date};
use regex::{Captures, Regex};

use super::terms::words;

/// A date as far as a question names it: a year, a month, a day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
}

/// The dates that a question names.
pub fn asked(question: &str) -> Vec<Asked> {
    let mut rest = question.to_lowercase();
    let mut dates = Vec::new();
    for pattern in PATTERNS.iter() {
        rest = pattern
            .replace_all(&rest, |found: &Captures<'_>| {
                let part = |name| found.name(name).map(|part| part.as_str());
                dates.push(Asked {
                    year: part("y").and_then(|year| year.parse().ok()),
                    month: part("m").and_then(month),
                    day: part("d").and_then(|day| day.parse().ok()),
                });
                " "
            })
            .into_owned();
    }
    dates
}

/// A question with the days that it names as seen from `today` (`yesterday`, `last month`) written out.
pub fn dated(question: &str, today: Date) -> String {
    let before = |day: Date, days: i64| day.saturating_sub(SignedDuration::from_hours(24 * days));
    let named = [
        ("today", today, " %F"),
        ("this morning", today, " %F"),
        ("yesterday", before(today, 1), " %F"),
        ("last night", before(today, 1), " %F"),
        ("last week", before(today, 7), " %F"),
        ("last month", before(today.first_of_month(), 1), " in %B %Y"),
        ("last year", before(today.first_of_year(), 1), " in %Y"),
    ];
    let lower = question.to_lowercase();
    let mut dated = question.to_owned();
    for (_, day, written) in named.iter().filter(|(words, ..)| lower.contains(words)) {
        dated.push_str(&day.strftime(written).to_string());
    }
    dated
}

/// Whether a question asks for a time.
pub fn asks_when(question: &str) -> bool {
    static WHEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^\s*(when\b|how long\b|(what|which) (date|day|month|year)\b|since when\b)").ok()
    });
    WHEN.as_ref().is_some_and(|when| when.is_match(&question.to_lowercase()))
}

/// Whether a text says something about time: such a text often answers *when*.
pub fn tells_time(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.into_iter().any(|word| {
        TIMES.contains(&word.as_str())
            || (word.len() == 4 && word.parse::<u16>().is_ok_and(|year| (1900..2100).contains(&year)))
    })
}

const TIMES: &[&str] = &[
    "yesterday",
    "today",
    "tonight",
    "tomorrow",
    "ago",
    "last",
    "next",
    "since",
    "recently",
    "week",
    "weeks",
    "weekend",
    "month",
    "months",
    "year",
    "years",
    "day",
    "days",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Asked {
    /// The day, if all of it is named.
    pub fn date(self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?).ok()
    }

    /// 0 (another time) to 1 (that very time). What happened is often told some days later.
    pub fn closeness(self, day: Date) -> f32 {
        match (self.year, self.month, self.day) {
            (_, Some(month), Some(of_month)) => {
                let Ok(asked) = Date::new(self.year.unwrap_or(day.year()), month, of_month) else {
                    return 0.0;
                };
                match days(asked, day) {
                    0 => 1.0,
                    1..=3 => 0.7,
                    -1 | 4..=7 => 0.5,
                    -14..=14 => 0.25,
                    _ => 0.0,
                }
            }
            (Some(year), Some(month), None) => {
                let Ok(first) = Date::new(year, month, 1) else { return 0.0 };
                if (day.year(), day.month()) == (year, month) {
                    return 1.0;
                }
                if (0..7).contains(&days(first.last_of_month(), day).saturating_sub(1)) { 0.5 } else { 0.0 }
            }
            (None, Some(month), None) if day.month() == month => 0.7,
            (Some(year), None, _) if day.year() == year => 0.3,
            _ => 0.0,
        }
    }
}

/// A question without the months that it names alone: `Are you free in March?` asks about every March, and nothing
/// that began in one answers it. What stands beside a day or a year is a date, and stays; so does a month that is all
/// there is.
pub fn without_bare_months(question: &str) -> String {
    let all: Vec<&str> = question.split_whitespace().collect();
    let has_digit = |at: Option<usize>| {
        at.and_then(|at| all.get(at)).is_some_and(|word| word.contains(|c: char| c.is_ascii_digit()))
    };
    let is_bare = |at: usize, word: &str| {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        MONTHS.contains(&plain.as_str()) && !has_digit(at.checked_sub(1)) && !has_digit(at.checked_add(1))
    };
    let left: Vec<&str> =
        all.iter().enumerate().filter(|(at, word)| !is_bare(*at, word)).map(|(_, word)| *word).collect();
    let left = left.join(" ");
    if words(&left).is_empty() { question.to_owned() } else { left }
}

pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

fn month(text: &str) -> Option<i8> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let at = NAMES.iter().position(|name| text.starts_with(name))?;
    i8::try_from(at + 1).ok()
}

/// The more specific first: what one has taken, the next does not see.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const SHORT: &str = "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec";
    let full = MONTHS.join("|");
    let year = r"(?P<y>(?:19|20)\d\d)";
    let month = format!(r"(?P<m>{full}|{SHORT})");
    let day = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?";
    [
        format!(r"\b{year}-(?P<m>\d\d)-(?P<d>\d\d)(?:\b|t)"),
        format!(r"\b{day}(?: of)? {month}\b\.?(?:,? ?{year}\b)?"),
        format!(r"\b{month}\b\.? {day}\b(?:,? ?{year}\b)?"),
        format!(r"\b{month}\b\.?,? ?{year}\b"),
        format!(r"\b(?:in|of|during|since|until|by|last|this|early|late|mid) (?P<m>{full})\b"),
        format!(r"\b{year}\b"),
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_in_questions() {
        type Row<'a> = (&'a str, &'a [(i16, i8, i8)]);
        let rows: [Row<'_>; 9] = [
            ("What happened on 2023-05-08?", &[(2023, 5, 8)]),
            ("on the 8th of May, 2023", &[(2023, 5, 8)]),
            ("On May 8th 2023 or Sept. 3", &[(2023, 5, 8), (0, 9, 3)]),
            ("in July 2023", &[(2023, 7, 0)]),
            ("during august", &[(0, 8, 0)]),
            ("What may I ask in 2021?", &[(2021, 0, 0)]),
            ("Who is May?", &[]),
            ("12345 and 1850", &[]),
            ("", &[]),
        ];
        for (question, expected) in rows {
            let found: Vec<_> = asked(question)
                .iter()
                .map(|date| (date.year.unwrap_or(0), date.month.unwrap_or(0), date.day.unwrap_or(0)))
                .collect();
            assert_eq!(found, expected, "{question}");
        }
        assert_eq!(PATTERNS.len(), 6, "all patterns are valid");
    }

    #[test]
    fn what_is_told_soon_after_counts() {
        let on = |text: &str| asked(text)[0];
        let told = [
            (on("8 May 2023"), date(2023, 5, 8), 1.0),
            (on("8 May 2023"), date(2023, 5, 10), 0.7),
            (on("8 May"), date(2021, 5, 7), 0.5),
            (on("8 May 2023"), date(2023, 5, 20), 0.25),
            (on("8 May 2023"), date(2024, 5, 8), 0.0),
            (on("in May 2023"), date(2023, 5, 31), 1.0),
            (on("in May 2023"), date(2023, 6, 7), 0.5),
            (on("in May 2023"), date(2023, 6, 8), 0.0),
            (on("in May 2023"), date(2023, 4, 30), 0.0),
            (on("in May"), date(1999, 5, 1), 0.7),
            (on("2023"), date(2023, 1, 1), 0.3),
            (on("31 February 2023"), date(2023, 2, 28), 0.0),
        ];
        for (asked, day, expected) in told {
            assert!((asked.closeness(day) - expected).abs() < f32::EPSILON, "{asked:?} {day}");
        }
    }

    #[test]
    fn days_from_today() {
        let today = date(2026, 3, 1);
        let rows = [
            ("What did I say yesterday?", Some((2026, 2, 28))),
            ("and Last week?", Some((2026, 2, 22))),
            ("last month", Some((2026, 2, 0))),
            ("last year", Some((2025, 0, 0))),
            ("What did I say?", None),
        ];
        for (question, expected) in rows {
            let found = asked(&dated(question, today));
            let parts =
                |date: &Asked| (date.year.unwrap_or(0), date.month.unwrap_or(0), date.day.unwrap_or(0));
            assert_eq!(found.first().map(parts), expected, "{question}");
        }
    }

    #[test]
    fn times() {
        assert!(
            asks_when("When did it ship?") && asks_when("which year was that") && !asks_when("Who, when?")
        );
        assert!(tells_time("We shipped last week") && tells_time("in 2019,") && !tells_time("It may march"));
    }
}
