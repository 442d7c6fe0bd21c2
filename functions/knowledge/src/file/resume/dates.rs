//! Spans of time as people write them: `Jan 2019 – Present`, `2017-2021`, `03/2018 - 11/2020`, `since 2020`,
//! `März 2019 – heute`, `Jan – Mar 2019`, `2019–21`, `03 Mar 2024`.

use std::ops::Range;

use twin::knowledge::document::{Month, Until};

/// A span and where in the line it stands. A single date (`2022`) has the same start and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub from: Option<Month>,
    pub until: Option<Until>,
    pub at: Range<usize>,
    /// Two ends were written, or one with `since` or `until`: more than a mention of a year.
    pub range: bool,
}

/// The first range in a line; without one, its last single date.
pub fn find(line: &str) -> Option<Span> {
    let spans = all(line);
    spans.iter().find(|span| span.range).or(spans.last()).cloned()
}

/// The date of a field that holds nothing else: `2019`, `Mar 2019`, `03 Mar 2024`, `2019-03-01`, `3/1/24` is not
/// one.
pub fn month(field: &str) -> Option<Month> {
    let field = field.trim();
    point(field).filter(|(_, length)| *length == field.len()).map(|(month, _)| month)
}

/// The line without the span and the separators and brackets around it.
pub fn without(line: &str, span: &Span) -> String {
    let separator = |c: char| c.is_whitespace() || "|·•,;:–—-()[]/".contains(c);
    let before = line[..span.at.start].trim_end_matches(|c| separator(c) && c != ')' && c != ']');
    let after = line[span.at.end..].trim_start_matches(|c| separator(c) && c != '(' && c != '[');
    match (before.is_empty(), after.is_empty()) {
        (false, false) => format!("{before} | {after}"),
        _ => format!("{before}{after}"),
    }
}

fn all(line: &str) -> Vec<Span> {
    let (mut spans, mut at) = (Vec::new(), 0);
    let mut boundary = true;
    while let Some(character) = line[at..].chars().next() {
        let found = if boundary { span(&line[at..]) } else { None };
        if let Some((from, until, range, length)) = found {
            spans.push(Span { from, until, at: at..at + length, range });
            at += length;
            boundary = false;
        } else {
            // The year of `99/2019` is part of something else.
            let after_digit = line[..at].ends_with(|c: char| c.is_ascii_digit());
            boundary = !(character.is_alphanumeric() || after_digit && "/.,".contains(character));
            at += character.len_utf8();
        }
    }
    spans
}

type Found = (Option<Month>, Option<Until>, bool, usize);

fn span(text: &str) -> Option<Found> {
    if let Some(length) = word(text, &["since", "seit", "ab", "from", "von"]) {
        let start = length + blanks(&text[length..]);
        let (from, until, _, rest) = span(&text[start..])?;
        let until = if from == as_month(until) { Some(Until::Present) } else { until };
        return from.map(|from| (Some(from), until, true, start + rest));
    }
    if let Some(length) = word(text, &["until", "till", "bis"]) {
        let start = length + blanks(&text[length..]);
        let (until, rest) = end(&text[start..], None)?;
        return Some((None, Some(until), true, start + rest));
    }
    if let Some((from, length)) = point(text) {
        return Some(match to(&text[length..], Some(from)) {
            Some((until, rest)) => (Some(from), Some(until), true, length + rest),
            None => (Some(from), Some(Until::Month(from)), false, length),
        });
    }
    let (number, length) = month_name(text)?;
    match to(&text[length..], None)? {
        (Until::Month(until), rest) if until.month.is_some() => {
            let from = Month { year: until.year, month: Some(number) };
            Some((Some(from), Some(Until::Month(until)), true, length + rest))
        }
        _ => None,
    }
}

fn as_month(until: Option<Until>) -> Option<Month> {
    match until {
        Some(Until::Month(month)) => Some(month),
        _ => None,
    }
}

/// A separator and what follows it, if that is the end of a span.
fn to(text: &str, from: Option<Month>) -> Option<(Until, usize)> {
    let lead = blanks(text);
    let rest = &text[lead..];
    let separator = word(rest, &["to", "until", "till", "through", "bis"])
        .or_else(|| rest.chars().next().filter(|c| "-‐‑‒–—―−~→".contains(*c)).map(char::len_utf8))?;
    let start = lead + separator + blanks(&rest[separator..]);
    let (until, length) = end(&text[start..], from)?;
    Some((until, start + length))
}

fn end(text: &str, from: Option<Month>) -> Option<(Until, usize)> {
    const PRESENT: [&str; 10] =
        ["present", "now", "today", "current", "currently", "ongoing", "date", "heute", "jetzt", "aktuell"];
    if let Some(length) = word(text, &PRESENT) {
        return Some((Until::Present, length));
    }
    if let Some((month, length)) = point(text) {
        return Some((Until::Month(month), length));
    }
    let (short, length) = number(text, 2)?;
    let from = from.filter(|from| from.month.is_none())?;
    let month = Month { year: from.year - from.year % 100 + short, month: None };
    (month.year >= from.year).then_some((Until::Month(month), length))
}

/// One date and its length: `Mar 2019`, `03 Mar 2024`, `March 3, 2024`, `03/2018`, `1.3.2018`, `2019-03-01`, `2019`.
fn point(text: &str) -> Option<(Month, usize)> {
    named(text).or_else(|| numeric(text)).filter(|(month, length)| {
        (1950..=2100).contains(&month.year) && !text[*length..].starts_with(char::is_alphanumeric)
    })
}

fn named(text: &str) -> Option<(Month, usize)> {
    let day = number(text, 2).or_else(|| number(text, 1)).map_or(0, |(_, length)| length);
    let day = day + text[day..].len() - text[day..].trim_start_matches(['.', ' ']).len();
    let (month, length) = month_name(&text[day..])?;
    let mut at = day + length;
    at += text[at..].len() - text[at..].trim_start_matches(['.', ',', ' ', '/', '-']).len();
    if let Some((_, length)) = number(&text[at..], 2).or_else(|| number(&text[at..], 1)) {
        let after = &text[at + length..];
        at += length + after.len() - after.strip_prefix(',')?.trim_start().len();
    }
    let (year, length) = number(&text[at..], 4)?;
    Some((Month { year, month: Some(month) }, at + length))
}

fn numeric(text: &str) -> Option<(Month, usize)> {
    if let Some((year, length)) = number(text, 4) {
        let month = month_after(&text[length..], &['-', '/', '.']);
        let Some((month, more)) = month else { return Some((Month { year, month: None }, length)) };
        let day = text[length + more..].strip_prefix('-').and_then(|rest| number(rest, 2));
        return Some((Month { year, month: Some(month) }, length + more + day.map_or(0, |(_, day)| day + 1)));
    }
    let (first, length) = number(text, 2).or_else(|| number(text, 1))?;
    let separator = text[length..].chars().next().filter(|c| ['/', '.', '-'].contains(c))?;
    let rest = &text[length + 1..];
    if let Some((year, more)) = number(rest, 4) {
        return valid(first).map(|month| (Month { year, month: Some(month) }, length + 1 + more));
    }
    // A day before it, as in Germany; `3/14/2019` is no month then and not guessed at.
    let (month, more) = number(rest, 2).or_else(|| number(rest, 1))?;
    let (year, last) = number(rest[more..].strip_prefix(separator)?, 4)?;
    (separator == '.').then(|| valid(month)).flatten().map(|month| {
        let length = length + 1 + more + 1 + last;
        (Month { year, month: Some(month) }, length)
    })
}

fn month_after(text: &str, separators: &[char]) -> Option<(i8, usize)> {
    let rest = text.strip_prefix(separators)?;
    let (month, length) = number(rest, 2)?;
    valid(month).map(|month| (month, length + 1))
}

fn valid(month: i16) -> Option<i8> {
    i8::try_from(month).ok().filter(|month| (1..=12).contains(month))
}

/// A number of exactly so many ASCII digits.
fn number(text: &str, digits: usize) -> Option<(i16, usize)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (length == digits).then(|| text[..length].parse().ok()).flatten().map(|value| (value, length))
}

fn month_name(text: &str) -> Option<(i8, usize)> {
    const NAMES: [&[&str]; 12] = [
        &["jan", "january", "januar", "jän", "jänner"],
        &["feb", "february", "februar"],
        &["mar", "march", "märz", "mär", "mrz"],
        &["apr", "april"],
        &["may", "mai"],
        &["jun", "june", "juni"],
        &["jul", "july", "juli"],
        &["aug", "august"],
        &["sep", "sept", "september"],
        &["oct", "october", "okt", "oktober"],
        &["nov", "november"],
        &["dec", "december", "dez", "dezember"],
    ];
    let found = |(index, names): (usize, &&[&str])| {
        let length = word(text, names)?;
        Some((i8::try_from(index).ok()? + 1, length + usize::from(text[length..].starts_with('.'))))
    };
    NAMES.iter().enumerate().find_map(found)
}

/// The length of the first word, if it is one of these.
fn word(text: &str, words: &[&str]) -> Option<usize> {
    let length = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let first = text[..length].to_lowercase();
    words.contains(&first.as_str()).then_some(length)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let Some(span) = find(line) else { return "nothing".to_owned() };
        let until = match span.until {
            Some(Until::Month(month)) => String::from(month),
            Some(Until::Present) => "present".to_owned(),
            None => "?".to_owned(),
        };
        format!("{} to {until}", span.from.map_or("?".to_owned(), String::from))
    }

    #[test]
    fn ranges_as_people_write_them() {
        for (line, expected) in [
            ("Jan 2019 – Present", "2019-01 to present"),
            ("2017-2021", "2017 to 2021"),
            ("03/2018 - 11/2020", "2018-03 to 2020-11"),
            ("since 2020", "2020 to present"),
            ("Seit März 2019", "2019-03 to present"),
            ("März 2019 – heute", "2019-03 to present"),
            ("from May 2017 to Feb. 2021", "2017-05 to 2021-02"),
            ("Sept. 2014 until April 2017", "2014-09 to 2017-04"),
            ("Jan – Mar 2019", "2019-01 to 2019-03"),
            ("2019–21", "2019 to 2021"),
            ("2019-03 – 2020-04", "2019-03 to 2020-04"),
            ("2019-03-01—2020-04-30", "2019-03 to 2020-04"),
            ("01.03.2018 bis 30.11.2020", "2018-03 to 2020-11"),
            ("Staff Engineer, Ledgerlane (2021 to date)", "2021 to present"),
            ("2022", "2022 to 2022"),
            ("until 2019", "? to 2019"),
            ("Founded 2009, led it 2011 - 2013", "2011 to 2013"),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for line in ["40 million", "v2.2019a", "99/2019", "+49 30 23125 042", "May the fourth", "12345", ""] {
            assert_eq!(read(line), "nothing", "{line}");
        }
    }

    #[test]
    fn whole_fields() {
        let text = |field| month(field).map(String::from);
        assert_eq!(text("Mar 2019").as_deref(), Some("2019-03"));
        assert_eq!(text("03 Mar 2024").as_deref(), Some("2024-03"));
        assert_eq!(text("March 3, 2024").as_deref(), Some("2024-03"));
        assert_eq!(text(" 2019 ").as_deref(), Some("2019"));
        assert_eq!(text("2019 or so"), None);
    }

    #[test]
    fn the_rest_of_the_line() {
        let rest = |line: &str| without(line, &find(line).unwrap());
        assert_eq!(rest("Staff Engineer, Ledgerlane — Mar 2021 – Present"), "Staff Engineer, Ledgerlane");
        assert_eq!(rest("2017 – 2021: Senior Engineer"), "Senior Engineer");
        assert_eq!(rest("Engineer (2017 – 2021), Hamburg"), "Engineer | Hamburg");
    }
}
