//! The résumé as a PDF that anybody may keep. It is made of what the twin knows of it, and so without the addresses and
//! numbers that the file has which the owner imported. Pure.

use krilla::{Document as Pdf, metadata::Metadata};

use crate::{
    knowledge::{passage::sentences, stored::Stored},
    pdf::{
        PdfError,
        face::has,
        sheet::{ACCENT, Column, GREY, INK, Sheet, Style, WIDTH},
    },
    proposal::Document,
};

/// Where it is.
pub const PATH: &str = "/resume.pdf";
pub const NAME: &str = "resume.pdf";

const TITLE: Style = Style { size: 22.0, line: 29.0, bold: true, colour: INK };
const PART: Style = Style { size: 9.0, line: 14.0, bold: true, colour: ACCENT };
const STRONG: Style = Style { size: 10.5, line: 15.5, bold: true, colour: INK };
const TEXT: Style = Style { size: 10.5, line: 15.5, bold: false, colour: INK };
const SMALL: Style = Style { size: 9.5, line: 14.0, bold: false, colour: GREY };
const INDENT: f32 = 14.0;
const BULLETS: [char; 4] = ['-', '*', '•', '–'];

/// Whether it says something, in letters that the fonts have.
pub fn is_drawable(stored: &Stored, owner: &str) -> bool {
    let mut lines =
        stored.passages.iter().flat_map(|passage| [passage.place.as_str(), passage.text.as_str()]);
    !stored.passages.is_empty() && has(&stored.title) && has(owner) && lines.all(has)
}

/// `None` if it is not drawable.
pub fn document(stored: &Stored, owner: &str, is_sample: bool) -> Result<Option<Document>, PdfError> {
    if !is_drawable(stored, owner) {
        return Ok(None);
    }
    let mut sheet = Sheet::new()?;
    sheet.text(&stored.title, TITLE, 0.0);
    if is_sample {
        sheet.text("Sample data: this person is invented.", SMALL, 0.0);
    }
    let (mut part, mut place) = ("", "");
    for passage in &stored.passages {
        let begins = passage.place != place;
        place = &passage.place;
        let of = place.split(", ").next().unwrap_or_default();
        if of != part && !of.is_empty() {
            sheet.gap(13.0);
            sheet.keep(PART.line + 2.0 * TEXT.line);
            sheet.text(&of.to_uppercase(), PART, 0.0);
            sheet.rule();
        }
        part = of;
        written(&mut sheet, &passage.text, begins);
    }
    let mut document = Pdf::new();
    let about = Metadata::new().title(stored.title.clone()).authors(vec![owner.to_owned()]);
    document.set_metadata(about.language("en".to_owned()));
    sheet.print(&mut document, &stored.title)?;
    let bytes = document.finish().map_err(|error| PdfError::Written(format!("{error:?}")))?;
    Ok(Some(Document { name: NAME.to_owned(), media_type: "application/pdf", bytes }))
}

/// Line by line; what an entry is called stands out.
fn written(sheet: &mut Sheet, text: &str, begins: bool) {
    let lines = sentences(text);
    for (at, line) in lines.iter().enumerate() {
        let is_name = begins && at == 0 && lines.len() > 1 && !line.ends_with(['.', '!', '?']);
        if is_name {
            sheet.gap(7.0);
            sheet.keep(STRONG.line + TEXT.line);
            sheet.text(line, STRONG, 0.0);
            continue;
        }
        match line.strip_prefix(BULLETS) {
            Some(item) => sheet.row(&[
                Column::at(0.0, "•", Style { colour: GREY, ..TEXT }),
                Column::wrapped(INDENT, WIDTH, item.trim_start(), TEXT),
            ]),
            None => sheet.text(line, TEXT, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::document::{Document as Read, Section, SourceKind};

    fn resume(text: &str) -> Stored {
        let section = |place: &str, text: &str| Section { place: place.to_owned(), text: text.to_owned() };
        Stored::of(&Read {
            kind: SourceKind::Resume,
            key: "resume.json".to_owned(),
            title: "Résumé of Alex Sample".to_owned(),
            url: None,
            date: None,
            sections: vec![section("About", "Alex Sample, Berlin"), section("Work, Engineer", text)],
            claims: Vec::new(),
            keywords: String::new(),
        })
    }

    #[test]
    fn it_is_a_pdf_of_pages() {
        let made = |text: &str| document(&resume(text), "Alex Sample", true).unwrap().unwrap();
        let short = made("Engineer\nBuilt a ledger.");
        let long = made(&"Engineer, Ledgerlane\n- Led a rewrite of the ledger.\n".repeat(80));
        for one in [&short, &long] {
            assert!(one.bytes.starts_with(b"%PDF-") && one.media_type == "application/pdf");
        }
        assert!(long.bytes.len() > short.bytes.len() + 1000);
        let again = || document(&resume("Engineer"), "Alex Sample", false).unwrap().unwrap().bytes;
        assert_eq!(again(), again(), "the same is the same bytes");
    }

    #[test]
    fn what_cannot_be_drawn_is_none() {
        assert!(document(&resume("山田太郎"), "Alex Sample", false).unwrap().is_none());
        let mut empty = resume("x");
        empty.passages.clear();
        assert!(document(&empty, "Alex Sample", false).unwrap().is_none());
    }

    #[test]
    fn nothing_to_reach_somebody_by_is_in_it() {
        let stored = resume("Engineer\nPhone: +49 30 23125 042, alex@sample.example");
        assert!(stored.passages.iter().all(|passage| !passage.text.contains('@')), "{stored:?}");
        assert!(document(&stored, "Alex Sample", false).unwrap().is_some());
    }
}
