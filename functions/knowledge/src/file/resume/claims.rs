//! The claims of each part of a résumé, by its topic.

use super::topic::Topic;
use super::{Line, Part, Row, contact, dates, entries};
use crate::file::claim::stated;
use twin::knowledge::document::{Claim, Predicate};

pub fn of(part: &Part<'_>) -> Vec<Claim> {
    match part.topic {
        Topic::Top => [contact::claims(part), stated_years(part)].concat(),
        Topic::Contact => contact::claims(part),
        Topic::Summary => stated_years(part),
        Topic::Experience => {
            [entries::claims(part, Predicate::Position), entries::achievements(part)].concat()
        }
        Topic::Education => entries::claims(part, Predicate::Education),
        Topic::Skills => skills(part),
        Topic::Languages => languages(part),
        Topic::Certifications => certifications(part),
        Topic::Projects => projects(part),
        Topic::Other => Vec::new(),
    }
}

fn skills(part: &Part<'_>) -> Vec<Claim> {
    let of_text = |(line, text)| names(text).into_iter().map(move |name| (line, name));
    let claim = |(line, name): (&Line, &str)| stated(Predicate::Skill, name, part.place(line));
    listed(part)
        .into_iter()
        .flat_map(of_text)
        .filter(|(_, name)| name.len() <= 60 && name.contains(char::is_alphanumeric))
        .map(claim)
        .collect()
}

/// `English (fluent)`, `German: native`, `French – basic`: the language.
fn languages(part: &Part<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (line, text) in listed(part) {
        for name in outside_brackets(text, &[',', ';', '|', '·', '•']) {
            let language = name.split(['(', ':', '–', '—']).next().unwrap_or(name);
            let language = language.split(" - ").next().unwrap_or(language).trim().trim_end_matches('.');
            if !language.is_empty() && language.len() <= 40 {
                claims.push(stated(Predicate::Language, language, part.place(line)));
            }
        }
    }
    claims
}

/// What lists something, with its line. The head of a table lists nothing, and says which of its columns do.
fn listed<'a>(part: &Part<'a>) -> Vec<(&'a Line, &'a str)> {
    let mut columns: Vec<bool> = Vec::new();
    let mut listed = Vec::new();
    for line in part.lines {
        match line.row {
            Some(Row::Head) => columns = listing(&line.text),
            Some(Row::Body) => {
                let lists = |at: usize| columns.get(at).copied().unwrap_or(true);
                let cells = line.text.split('|').enumerate().filter(|(at, _)| lists(*at));
                listed.extend(cells.map(|(_, cell)| (line, cell)));
            }
            None => {
                columns.clear();
                listed.push((line, line.text.as_str()));
            }
        }
    }
    listed
}

/// Which columns of a table list something, by its head: a level and years do not, where another is named for what it
/// lists.
fn listing(head: &str) -> Vec<bool> {
    const LISTS: [&str; 17] = [
        "skill",
        "skills",
        "technology",
        "technologies",
        "tool",
        "tools",
        "language",
        "languages",
        "framework",
        "frameworks",
        "stack",
        "name",
        "kenntnisse",
        "technologie",
        "technologien",
        "sprache",
        "sprachen",
    ];
    let lists = |cell: &str| {
        let cell = cell.to_lowercase();
        cell.split(|c: char| !c.is_alphanumeric()).any(|word| LISTS.contains(&word))
    };
    let columns: Vec<bool> = head.split('|').map(lists).collect();
    if columns.contains(&true) { columns } else { Vec::new() }
}

/// `Backend: Rust, Go` names two skills.
fn names(text: &str) -> Vec<&str> {
    let text = text.split_once(": ").map_or(text, |(_, names)| names);
    outside_brackets(text, &[',', ';', '|', '·', '•'])
}

fn outside_brackets<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut depth = 0_i32;
    let pieces = text.split(|c: char| {
        depth += i32::from("([".contains(c)) - i32::from(")]".contains(c));
        depth <= 0 && separators.contains(&c)
    });
    pieces.map(|piece| piece.trim().trim_end_matches('.')).filter(|piece| !piece.is_empty()).collect()
}

/// `Name, Issuer, Nov 2023` or `Name (Issuer, 2023)`. Lines are joined up to the next date: names wrap.
fn certifications(part: &Part<'_>) -> Vec<Claim> {
    let dated = part.lines.iter().any(|line| dates::find(&line.text).is_some());
    let mut claims = Vec::new();
    let mut open = String::new();
    for (index, line) in part.lines.iter().enumerate() {
        open = [open.as_str(), &line.text].join(" ").trim_start().into();
        let next_is_new = part.lines.get(index + 1).is_none_or(|next| next.item || next.level.is_some());
        if dated && dates::find(&open).is_none() && !next_is_new {
            continue;
        }
        let text = std::mem::take(&mut open);
        let span = dates::find(&text);
        let rest = span.as_ref().map_or_else(|| text.clone(), |span| dates::without(&text, span));
        let rest = rest.replace(" (", ", ").replace(" | ", ", ");
        let (name, issuer) = rest.split_once(", ").map_or((rest.as_str(), None), |(a, b)| (a, Some(b)));
        let issuer = issuer.map(|issuer| issuer.trim_matches([')', ' ', ',']).to_owned());
        claims.push(Claim {
            of: issuer.filter(|issuer| !issuer.is_empty()),
            from: span.as_ref().and_then(|span| span.from),
            until: span.filter(|span| span.range).and_then(|span| span.until),
            ..stated(Predicate::Certification, name.trim_end_matches(')'), part.place(line))
        });
    }
    claims.retain(|claim| !claim.value.is_empty());
    claims
}

/// A project opens with a heading, a span or `name: what it is`; the line after it says what it is.
fn projects(part: &Part<'_>) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for line in part.lines {
        let span = dates::find(&line.text).filter(|span| span.range || line.text.len() <= 60);
        let named = line.text.split_once(": ").filter(|(name, _)| name.len() <= 40 && span.is_none());
        if span.is_none() && line.level.is_none() && named.is_none() {
            if let Some(claim) = claims.last_mut().filter(|claim| claim.of.as_ref() == Some(&claim.value)) {
                claim.value.clone_from(&line.text);
            }
            continue;
        }
        let rest = span.as_ref().map_or_else(|| line.text.clone(), |span| dates::without(&line.text, span));
        let (name, what) = named.unwrap_or((&rest, &rest));
        claims.push(Claim {
            of: Some(name.to_owned()),
            from: span.as_ref().and_then(|span| span.from),
            until: span.and_then(|span| span.until),
            ..stated(Predicate::Project, what, part.place(line))
        });
    }
    claims.retain(|claim| !claim.value.is_empty());
    claims
}

/// `12 years of experience`, `twelve years' experience`, `over 10+ years in payments`: the first number, in digits.
fn stated_years(part: &Part<'_>) -> Vec<Claim> {
    let text = part.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let years = years_of_experience(&text);
    let place = part.lines.first().map(|line| part.place(line)).unwrap_or_default();
    years.map(|years| stated(Predicate::StatedYears, years.to_string(), place)).into_iter().collect()
}

/// The number before `years` where `experience` follows within the same sentence.
pub fn years_of_experience(text: &str) -> Option<u8> {
    let sentences = text.split(['.', '!', '?', ';']);
    sentences.map(|sentence| sentence.split_whitespace().collect::<Vec<_>>()).find_map(|words| {
        words.windows(2).enumerate().find_map(|(index, pair)| {
            let unit = pair[1].trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
            let is_unit = ["years", "year", "yrs", "jahre", "jahren"].contains(&unit.as_str());
            let experience = words[index + 2..].iter().take(5).any(|word| {
                let word = word.to_lowercase();
                word.contains("experience") || word.contains("erfahrung")
            });
            (is_unit && experience).then(|| number(pair[0])).flatten()
        })
    })
}

fn number(word: &str) -> Option<u8> {
    const WORDS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let spelled = WORDS.iter().position(|known| *known == word).and_then(|number| u8::try_from(number).ok());
    spelled.or_else(|| word.parse().ok()).filter(|years| (1..=60).contains(years))
}
