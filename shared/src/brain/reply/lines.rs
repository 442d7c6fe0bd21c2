//! What a passage says, line by line, as it is quoted: a row of a table with the names of its columns, and what stands
//! under a heading with the heading.

use super::kind::tells_a_year;
use crate::knowledge::passage::sentences;

/// More unfinished lines than these before a sentence are a list and not its headings.
const MOST_HEADINGS: usize = 3;
/// Between the cells of a row.
const BETWEEN: &str = " | ";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Under what it stands; empty if it stands for itself.
    pub heading: String,
    pub text: String,
    /// Of a table or a list, where each stands for itself.
    pub is_item: bool,
}

/// A sentence, a line that is none, or a row.
struct Said {
    text: String,
    is_finished: bool,
    is_row: bool,
}

/// Headings are no lines of their own, and neither are the names of columns. Code is left out.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let all = said(text);
    let mut lines: Vec<Line> = Vec::new();
    let mut headings: Vec<&str> = Vec::new();
    let (mut goes_on, mut unfinished) = (false, 0);
    for (at, one) in all.iter().enumerate() {
        let is_heading = leads_on(&all[at..], unfinished);
        unfinished = if one.is_finished { 0 } else { unfinished + 1 };
        if is_heading && !goes_on {
            headings.clear();
        }
        goes_on = is_heading;
        if is_heading {
            headings.push(&one.text);
        } else {
            let heading = headings.iter().map(|heading| ended(heading)).collect::<Vec<_>>().join(" ");
            lines.push(Line { heading, text: one.text.clone(), is_item: one.is_row || !one.is_finished });
        }
    }
    lines
}

/// Whether the first of these introduces those after it; so many before it were unfinished, too.
fn leads_on(said: &[Said], before: usize) -> bool {
    let Some((first, rest)) = said.split_first() else { return false };
    if first.text.ends_with(':') {
        return !rest.is_empty();
    }
    // `Engineer, Globex, 2014 – 2017`: what has no date below it belongs to it.
    if before == 0
        && !first.is_finished
        && tells_a_year(&first.text)
        && rest.first().is_some_and(|next| !tells_a_year(&next.text))
    {
        return true;
    }
    let unfinished = said.iter().take_while(|one| !one.is_finished).count();
    let ends = said.get(unfinished).is_some_and(|one| !one.is_row);
    unfinished > 0 && ends && before + unfinished <= MOST_HEADINGS
}

fn said(text: &str) -> Vec<Said> {
    let all: Vec<&str> = sentences(text).into_iter().filter(|one| is_told(one)).collect();
    let runs = all.chunk_by(|one, other| is_row(one) == is_row(other));
    runs.flat_map(|run| match run {
        [row] if is_row(row) => {
            vec![Said { text: listed(&cells(row)), is_finished: false, is_row: false }]
        }
        [first, ..] if is_row(first) => rows(run),
        _ => run.iter().map(|one| plain(one)).collect(),
    })
    .collect()
}

fn plain(text: &str) -> Said {
    let text = text.trim_start_matches(['-', '*', '•', ' ']).replace('\n', " ");
    let is_finished = text.trim_end_matches(['”', '"', '’', ')']).ends_with(['.', '!', '?', '…']);
    Said { text, is_finished, is_row: false }
}

/// What ends like a sentence.
pub(super) fn ended(text: &str) -> String {
    let text = text.trim_start_matches(['-', '*', '•', ' ']).replace('\n', " ");
    if text.ends_with(['.', '!', '?', ':', '…']) { text } else { format!("{text}.") }
}

/// Code is not, and neither is the number of an item, or what stands between the rows of a table.
fn is_told(text: &str) -> bool {
    let says = if is_row(text) { char::is_alphanumeric } else { char::is_alphabetic };
    !text.ends_with([';', '{', '}']) && text.contains(says)
}

fn is_row(text: &str) -> bool {
    text.contains(BETWEEN)
}

fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

fn listed(cells: &[&str]) -> String {
    let filled: Vec<&str> = cells.iter().copied().filter(|cell| !cell.is_empty()).collect();
    filled.join(", ")
}

fn rows(run: &[&str]) -> Vec<Said> {
    let rows: Vec<Vec<&str>> = run.iter().map(|row| cells(row)).collect();
    let told = |text: String| Said { text, is_finished: true, is_row: true };
    match rows.split_first() {
        Some((columns, rest)) if name_columns(columns, rest) => {
            rest.iter().map(|row| told(named(columns, row))).collect()
        }
        _ => rows.iter().map(|row| told(listed(row))).collect(),
    }
}

/// Whether the first row says what stands in the others: where all of them count, it does not.
fn name_columns(columns: &[&str], rest: &[Vec<&str>]) -> bool {
    let counts = |at: usize| !has_number(columns[at]) && rest.iter().all(|row| has_number(row[at]));
    !rest.is_empty() && rest.iter().all(|row| row.len() == columns.len()) && (1..columns.len()).any(counts)
}

fn has_number(cell: &str) -> bool {
    let begins = |word: &str| {
        word.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(|c: char| c.is_ascii_digit())
    };
    cell.split_whitespace().any(begins)
}

/// `Architecture review: length 5 days, price €7,500`
fn named(columns: &[&str], row: &[&str]) -> String {
    let pairs = columns.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
    let told: Vec<String> =
        pairs.map(|(column, cell)| format!("{column} {cell}").trim().to_owned()).collect();
    match row.first().filter(|first| !first.is_empty()) {
        Some(first) => format!("{first}: {}", told.join(", ")),
        None => told.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        lines(text).into_iter().map(|line| (line.heading, line.text)).collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let told = told(text);
        let told: Vec<(&str, &str)> =
            told.iter().map(|(heading, text)| (heading.as_str(), text.as_str())).collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn rows_are_told_with_the_names_of_their_columns() {
        check(
            "Engagement | Length | Price |\nReview | 5 days | €7,500 |\nPlan | by agreement | €1,600 a day |",
            &[
                ("", "Review: Length 5 days, Price €7,500"),
                ("", "Plan: Length by agreement, Price €1,600 a day"),
            ],
        );
        check(
            "Cold starts at 512 MB:\nRuntime | p50 | p99\nRust | 24 ms | 61 ms",
            &[("Cold starts at 512 MB:", "Rust: p50 24 ms, p99 61 ms")],
        );
        check("Rust | expert\nGo | good", &[("", "Rust, expert"), ("", "Go, good")]);
        check("A | B\n1 | 2 | 3", &[("", "A, B"), ("", "1, 2, 3")]);
    }

    #[test]
    fn what_stands_under_a_heading_is_told_with_it() {
        check(
            "Engineer | 2014 – 2017\nGlobex AG, Potsdam\nBuilt a backend.\nWrote tests.\nEngineer, Initech\nLed a team.",
            &[
                ("Engineer, 2014 – 2017. Globex AG, Potsdam.", "Built a backend."),
                ("Engineer, 2014 – 2017. Globex AG, Potsdam.", "Wrote tests."),
                ("Engineer, Initech.", "Led a team."),
            ],
        );
        check(
            "Miss Direction, Lead, 2016\nA mapping engine\nWon an award\nOther, 2018",
            &[
                ("Miss Direction, Lead, 2016.", "A mapping engine"),
                ("Miss Direction, Lead, 2016.", "Won an award"),
                ("Miss Direction, Lead, 2016.", "Other, 2018"),
            ],
        );
        check(
            "“Ledgers”\nLeipzig, 2024\n“Storage”\nVienna, 2022",
            &[("", "“Ledgers”"), ("", "Leipzig, 2024"), ("", "“Storage”"), ("", "Vienna, 2022")],
        );
        check(
            "Ledgers, Leipzig, 2024\nStorage, Vienna, 2022",
            &[("", "Ledgers, Leipzig, 2024"), ("", "Storage, Vienna, 2022")],
        );
        check("Faults:\n- A queue\n- A clock", &[("Faults:", "A queue"), ("Faults:", "A clock")]);
    }

    #[test]
    fn a_list_has_no_headings() {
        check("Keys up to 2 KiB\nOne writer", &[("", "Keys up to 2 KiB"), ("", "One writer")]);
        let list = "Rust\nGo\nJava\nSQL\nThat is all.";
        assert!(told(list).iter().all(|(heading, _)| heading.is_empty()), "{:?}", told(list));
        assert_eq!(told(list).len(), 5);
        check("", &[]);
    }

    #[test]
    fn code_is_not_told() {
        check("1. One rule.\n2. Another.", &[("", "One rule."), ("", "Another.")]);
        check("It is one call.\nledger.post(transfer)?;", &[("", "It is one call.")]);
    }
}
