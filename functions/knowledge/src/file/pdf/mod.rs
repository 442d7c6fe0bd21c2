//! A résumé as PDF (ISO 32000-2): what a reader sees on its pages, in reading order.
//!
//! Parsing, fonts and encodings are `hayro`'s; the order of reading is ours. A hostile file must end as an error:
//! streams are measured before they are unpacked (`budget`), drawing stops at a limit by unwinding with the error,
//! and panics are caught by `crate::file::read`.

mod budget;
mod glyphs;
mod layout;

use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::file::error::ImportError;
use crate::file::resume;
use glyphs::Glyph;
use twin::knowledge::document::Document;

const MOST_PAGES: usize = 200;

/// The text of the pages as a résumé. A scan has no text and is an error; a page that draws without end too.
pub fn read(key: &str, bytes: &[u8]) -> Result<Document, ImportError> {
    budget::check(key, bytes)?;
    let pages = pages(key, bytes)?;
    let lines = layout::lines(pages);
    if lines.iter().all(|line| line.text.is_empty()) {
        return Err(ImportError::empty(key, "no text: a scan? Run text recognition (OCR) on it first"));
    }
    resume::read(key, &lines)
}

fn pages(key: &str, bytes: &[u8]) -> Result<Vec<Vec<Glyph>>, ImportError> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            ImportError::Encrypted { place: key.to_owned() }
        }
        LoadPdfError::Decryption(_) => ImportError::not_readable(key, "encrypted in a way that is not known"),
        LoadPdfError::Invalid => ImportError::not_readable(key, "the PDF is damaged or cut off"),
    })?;
    budget::check_filters(key, &pdf)?;
    match pdf.pages().len() {
        0 => Err(ImportError::not_readable(key, "the PDF has no pages")),
        count if count > MOST_PAGES => Err(ImportError::too_large(key, format!("{MOST_PAGES} pages"))),
        _ => Ok(glyphs::of(key, &pdf)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
