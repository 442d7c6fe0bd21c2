//! Who the résumé is about and how to reach them.

use super::Part;
use super::topic::Topic;
use super::{dates, entries};
use crate::file::claim::stated;
use twin::knowledge::document::{Claim, Predicate};

/// The name heads the first part at the top, and the headline follows it.
pub fn name_and_headline(parts: &[Part<'_>]) -> Vec<Claim> {
    let mut tops = parts.iter().filter(|part| part.topic == Topic::Top);
    let named = tops.find_map(|part| {
        let mut lines = part.heading.into_iter().chain(part.lines);
        let (line, name) = lines.find_map(|line| Some((line, name(&line.text)?)))?;
        let next = lines.find(|line| !line.text.eq_ignore_ascii_case(name) && !is_document(&line.text));
        Some((part.place(line), name, next))
    });
    let Some((place, name, next)) = named else { return Vec::new() };
    let headline = next.filter(|line| !line.item).and_then(|line| headline(&line.text));
    let claim = |predicate, text: &str| stated(predicate, text, place.clone());
    let headline = headline.map(|text| claim(Predicate::Headline, text));
    [Some(claim(Predicate::Name, name)), headline].into_iter().flatten().collect()
}

/// The line after the name; of a line that also tells where its owner is or how to reach them, the part that names a role.
fn headline(line: &str) -> Option<&str> {
    let pieces: Vec<&str> = line.split(SEPARATORS).map(unlabelled).collect();
    let role = pieces.iter().copied().find(|piece| entries::names_role(piece));
    let reached = pieces.iter().any(|piece| !reach(piece).is_empty());
    let placed = pieces.iter().any(|piece| piece.contains(',') && is_place(piece, true));
    let whole = Some(line).filter(|line| line.contains(' '));
    let said = if reached || (placed && role.is_some()) { role } else { whole };
    said.filter(|said| said.len() <= MAX_HEADLINE)
}

/// More is prose.
const MAX_HEADLINE: usize = 120;
const SEPARATORS: [char; 5] = ['|', '·', '•', '⋅', ';'];

/// E-mail, phone, websites and the place, from a part that has them.
pub fn claims(part: &Part<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for line in part.lines {
        let pieces: Vec<_> = line.text.split(SEPARATORS).map(unlabelled).collect();
        let found: Vec<_> = pieces.iter().map(|piece| reach(piece)).collect();
        let about_contact = part.topic == Topic::Contact || found.iter().any(|found| !found.is_empty());
        for (piece, found) in pieces.iter().zip(found) {
            if found.is_empty() && is_place(piece, about_contact) {
                claims.push(stated(Predicate::Location, *piece, part.place(line)));
            }
            let claim = |(predicate, value): (_, &str)| stated(predicate, value, part.place(line));
            claims.extend(found.into_iter().map(claim));
        }
    }
    claims
}

fn unlabelled(piece: &str) -> &str {
    let piece = piece.trim();
    match piece.split_once(':') {
        Some((label, rest)) if label.chars().all(|c| c.is_alphabetic() || "-. ".contains(c)) => {
            if rest.starts_with("//") { piece } else { rest.trim() }
        }
        _ => piece,
    }
}

fn reach(piece: &str) -> Vec<(Predicate, &str)> {
    let mut found: Vec<_> = piece.split_whitespace().filter_map(address).collect();
    if found.is_empty() && is_phone(piece) {
        found.push((Predicate::Phone, piece));
    }
    found
}

fn address(word: &str) -> Option<(Predicate, &str)> {
    let word = word.trim_matches(|c: char| "()[]<>,;.\"'".contains(c));
    if let Some((local, domain)) = word.split_once('@') {
        let valid = !local.is_empty() && domain.contains('.') && !domain.contains(['@', '/']);
        return valid.then_some((Predicate::Email, word));
    }
    let lower = word.to_lowercase();
    let starts = ["https://", "http://", "www.", "linkedin.com/", "github.com/"];
    starts.iter().any(|start| lower.starts_with(start)).then_some((Predicate::Website, word))
}

fn is_phone(piece: &str) -> bool {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let only = piece.chars().all(|c| c.is_ascii_digit() || " +()-./\u{2013}".contains(c));
    only && (7..=15).contains(&digits) && dates::find(piece).is_none()
}

/// What a résumé calls itself.
const DOCUMENTS: [&str; 5] = ["résumé", "resume", "cv", "curriculum vitae", "lebenslauf"];

/// Whether a line says what kind of document it heads, and nothing else.
pub fn is_document(line: &str) -> bool {
    without_document(line).is_empty()
}

/// The name that a line is, without the role behind it. `CV Raman` is one.
fn name(line: &str) -> Option<&str> {
    let rest = without_document(line);
    let texts = [rest, line.trim()].into_iter().filter(|_| !rest.is_empty());
    texts.map(without_role).find(|text| is_name(text))
}

fn is_name(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    let letters = |c: char| c.is_alphabetic() || " .,'’-".contains(c);
    // "PERSONAL RESUME"; "Head" is also a family's name.
    let is_headed = words.last().is_some_and(|last| DOCUMENTS.contains(&last.to_lowercase().as_str()));
    (2..=5).contains(&words.len())
        && text.chars().all(letters)
        && words.iter().filter(|word| word.starts_with(char::is_uppercase)).count() >= 2
        && !is_headed
        && (!entries::names_role(text) || words.last() == Some(&"Head"))
}

/// `Alex Sample, Staff Engineer`: the name alone.
fn without_role(text: &str) -> &str {
    let parts = text.split_once([',', '|', '·', '–', '—']).or_else(|| text.split_once(" - "));
    parts.filter(|(_, role)| entries::names_role(role)).map_or(text, |(name, _)| name.trim_end())
}

/// `Résumé of Alex Sample`, `Alex Sample – CV 2024` and `Alex Sample’s resume`: the name alone.
fn without_document(line: &str) -> &str {
    const OF: [&str; 3] = ["of ", "for ", "von "];
    let line = line.trim();
    let is_between = |c: char| c.is_whitespace() || ":|,–—-".contains(c);
    let is_apart = |c: char| !c.is_alphanumeric();
    let undated =
        line.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || "()/".contains(c));
    for document in DOCUMENTS {
        let is_it = |text: Option<&str>| text.is_some_and(|text| text.to_lowercase() == document);
        let rest = undated.get(document.len()..).unwrap_or_default();
        if is_it(undated.get(..document.len())) && (rest.is_empty() || rest.starts_with(is_apart)) {
            let rest = rest.trim_start_matches(is_between);
            return OF.iter().find_map(|of| behind(rest, of)).unwrap_or(rest).trim_start();
        }
        let Some(at) = undated.len().checked_sub(document.len()) else { continue };
        let before = undated.get(..at).unwrap_or_default();
        if is_it(undated.get(at..)) && before.ends_with(is_apart) {
            let before = before.trim_end_matches(is_between);
            return ["'s", "’s"].iter().find_map(|of| ahead(before, of)).unwrap_or(before);
        }
    }
    line
}

/// What stands behind some words, in capitals or not.
fn behind<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    text.get(..begin.len()).filter(|known| known.eq_ignore_ascii_case(begin))?;
    text.get(begin.len()..)
}

/// What stands before some words, in capitals or not.
fn ahead<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len())?;
    text.get(at..).filter(|known| known.eq_ignore_ascii_case(end))?;
    text.get(..at)
}

/// `Berlin, Germany`; beside contact details also `Berlin`.
fn is_place(piece: &str, beside_contact: bool) -> bool {
    let words: Vec<_> = piece.split_whitespace().collect();
    let capitals = words.iter().all(|word| word.starts_with(char::is_uppercase));
    beside_contact
        && (1..=4).contains(&words.len())
        && capitals
        && !entries::names_role(piece)
        && piece.chars().all(|c| c.is_alphabetic() || " ,-.'".contains(c))
}
