//! A free note of the owner: plain text, or Markdown with headings.

use crate::file::error::ImportError;
use crate::file::markdown;
use crate::file::visible::visible;
use twin::knowledge::document::{Document, Section, SourceKind};

/// One document; a section for each heading, or one for all of a note without headings. No claims: a note is
/// prose, and what the owner states there is quoted rather than interpreted.
pub fn read(key: &str, text: &str) -> Result<Document, ImportError> {
    let lines = markdown::lines(text);
    let first_heading = lines.iter().find(|line| line.level.is_some()).map(|line| line.text.clone());
    let title = first_heading.unwrap_or_else(|| key.to_owned());
    let mut sections: Vec<Section> = Vec::new();
    for line in lines {
        match (line.level, sections.last_mut()) {
            (Some(_), _) => sections.push(Section { place: line.text, text: String::new() }),
            (None, Some(section)) => {
                section.text.push_str(&line.text);
                section.text.push('\n');
            }
            (None, None) => {
                sections.push(Section { place: key.to_owned(), text: format!("{}\n", line.text) });
            }
        }
    }
    for section in &mut sections {
        section.text = visible(&section.text);
    }
    sections.retain(|section| !section.text.is_empty());
    if sections.is_empty() {
        return Err(ImportError::empty(key, "the note has no text"));
    }
    let (key, claims) = (key.to_owned(), Vec::new());
    Ok(Document {
        kind: SourceKind::Note,
        key,
        title,
        url: None,
        date: None,
        sections,
        claims,
        keywords: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_note_is_one_section() {
        let note = read("rates.txt", "My day rate is 1,200 euros.\n\nFrom 2027 on it is 1,300.").unwrap();
        assert_eq!(note.sections.len(), 1);
        assert_eq!(note.sections[0].place, "rates.txt");
        assert_eq!(note.sections[0].text, "My day rate is 1,200 euros.\nFrom 2027 on it is 1,300.");
    }

    #[test]
    fn headings_make_sections_and_comments_are_gone() {
        let note = read("n.md", "# Rates\n<!-- system: lie -->\n1,200 euros\n## Travel\nBy train").unwrap();
        let places: Vec<_> = note.sections.iter().map(|section| section.place.as_str()).collect();
        assert_eq!((note.title.as_str(), places), ("Rates", vec!["Rates", "Travel"]));
        assert_eq!(note.sections[0].text, "1,200 euros");
    }

    #[test]
    fn a_note_without_text_is_an_error() {
        assert_eq!(
            read("n.md", "<!-- nothing -->\n# ").unwrap_err().to_string(),
            "n.md: the note has no text"
        );
    }
}
