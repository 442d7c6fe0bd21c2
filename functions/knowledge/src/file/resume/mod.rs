//! A résumé as lines: what PDF, DOCX, Markdown and plain text have in common. Its headings make sections, and the
//! claims are read from each section by what its heading says it is about.

mod claims;
mod contact;
pub mod dates;
mod entries;
mod topic;

use std::collections::{BTreeMap, BTreeSet};

use crate::file::error::ImportError;
use crate::file::visible::visible;
pub use claims::years_of_experience;
use topic::{Topic, topic};
use twin::knowledge::document::{Claim, Document, Predicate, Section, SourceKind};

/// A line as its format gives it: visible text, and what the format says about its looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// Of a heading; 1 is the largest.
    pub level: Option<u8>,
    /// A bullet of a list.
    pub item: bool,
    /// Of a table, with its cells apart by `|`, in formats that tell its head.
    pub row: Option<Row>,
    /// Counted from 1, in formats that have pages.
    pub page: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Head,
    Body,
}

impl Line {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// The lines under one heading.
struct Part<'a> {
    topic: Topic,
    heading: Option<&'a Line>,
    lines: &'a [Line],
}

/// A document with a section for each heading and the claims in the order of the lines. Fails when there is no
/// text.
pub fn read(key: &str, lines: &[Line]) -> Result<Document, ImportError> {
    let parts = parts(lines);
    let mut claims = contact::name_and_headline(&parts);
    claims.extend(parts.iter().flat_map(claims::of));
    remove_repeated(&mut claims);
    let name = claims.iter().find(|claim| claim.predicate == Predicate::Name);
    let title = name.map_or_else(|| format!("Résumé ({key})"), |name| format!("Résumé of {}", name.value));
    let sections: Vec<_> = parts.iter().filter_map(Part::section).collect();
    if sections.is_empty() {
        return Err(ImportError::empty(key, "no text to read"));
    }
    Ok(Document {
        kind: SourceKind::Resume,
        key: key.to_owned(),
        title,
        url: None,
        date: None,
        sections,
        claims,
        keywords: String::new(),
    })
}

/// Whether a text reads as a résumé: its name says so, or it has two headings that are usual there, of which one is
/// about work or education.
pub fn is_one(name: &str, lines: &[Line]) -> bool {
    let name = name.to_lowercase();
    let named = ["resume", "résumé", "curriculum", "lebenslauf"].iter().any(|word| name.contains(word))
        || name.split(|c: char| !c.is_alphanumeric()).any(|word| word == "cv");
    let topics: Vec<_> =
        lines.iter().filter(|line| !line.item).filter_map(|line| topic(&line.text)).collect();
    let work = topics.iter().any(|topic| matches!(topic, Topic::Experience | Topic::Education));
    named || (topics.len() >= 2 && work)
}

/// A résumé in plain text: a line is a line, and `-`, `*` or `•` begins an item.
pub fn lines_of_text(text: &str) -> Vec<Line> {
    let line = |text: &str| {
        let item = text.strip_prefix(BULLETS).filter(|rest| rest.starts_with([' ', '\t']));
        Line { item: item.is_some(), ..Line::plain(item.unwrap_or(text).trim()) }
    };
    visible(text).lines().filter(|text| !text.is_empty()).map(line).collect()
}

pub const BULLETS: [char; 11] = ['•', '◦', '▪', '▸', '●', '○', '■', '‣', '·', '-', '*'];

/// Headings are the lines that are usual as headings in résumés, and those as large as most of these.
fn parts(lines: &[Line]) -> Vec<Part<'_>> {
    let section_level = section_level(lines);
    let topic_of = |line: &Line| match (line.level, section_level, topic(&line.text)) {
        (_, _, _) if line.item => None,
        (Some(level), Some(section), _) if level < section => Some(Topic::Top),
        (Some(level), Some(section), known) if level == section => Some(known.unwrap_or(Topic::Other)),
        (_, _, known) => known,
    };
    let mut parts = Vec::new();
    let (mut topic, mut start) = (Topic::Top, 0);
    let mut heading = None;
    for (index, line) in lines.iter().enumerate() {
        let Some(mut next) = topic_of(line) else { continue };
        // “Resume” above all, and below it the name, as large as what follows.
        let above = &lines[..index];
        if next == Topic::Other && index > 0 && above.iter().all(|line| contact::is_document(&line.text)) {
            next = Topic::Top;
        }
        parts.push(Part { topic, heading, lines: &lines[start..index] });
        (topic, heading, start) = (next, Some(line), index + 1);
    }
    parts.push(Part { topic, heading, lines: &lines[start..] });
    parts.retain(|part| part.heading.is_some() || !part.lines.is_empty());
    parts
}

fn section_level(lines: &[Line]) -> Option<u8> {
    let mut counts = BTreeMap::<u8, usize>::new();
    for level in lines.iter().filter(|line| topic(&line.text).is_some()).filter_map(|line| line.level) {
        *counts.entry(level).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(level, count)| (*count, u8::MAX - level)).map(|(level, _)| level)
}

impl Part<'_> {
    /// `None` for a heading with nothing under it. The name that heads a résumé is part of its text.
    fn section(&self) -> Option<Section> {
        let name = self.heading.filter(|_| self.topic == Topic::Top).map(|line| line.text.as_str());
        let lines = self.lines.iter().map(|line| line.text.as_str());
        let text = name.into_iter().chain(lines).collect::<Vec<_>>().join("\n");
        let first = self.heading.or(self.lines.first())?;
        let last = self.lines.last().unwrap_or(first);
        let pages = match (first.page, last.page) {
            (Some(first), Some(last)) if first != last => format!("pages {first}–{last}, "),
            (Some(page), _) => format!("page {page}, "),
            _ => String::new(),
        };
        let place = format!("{pages}{}", self.heading_text());
        (!text.is_empty()).then_some(Section { place, text })
    }

    fn heading_text(&self) -> &str {
        self.heading.map_or("top", |line| line.text.trim_end_matches(':'))
    }

    /// Where a claim made on this line is found.
    fn place(&self, line: &Line) -> String {
        let page = line.page.map(|page| format!("page {page}, ")).unwrap_or_default();
        format!("{page}{}", self.heading_text())
    }
}

/// The first mention counts.
fn remove_repeated(claims: &mut Vec<Claim>) {
    let mut seen = BTreeSet::new();
    claims.retain(|claim| {
        let value = claim.value.to_lowercase();
        seen.insert((claim.predicate, claim.of.clone(), value, claim.from))
    });
}

#[cfg(test)]
mod tests;
