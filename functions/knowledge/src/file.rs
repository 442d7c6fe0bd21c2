//! Importers of the owner's own files: bytes in, documents and claims out. Pure: the same bytes give the same
//! documents in the same order.

mod archive;
mod claim;
mod code;
mod docx;
mod error;
mod json_resume;
mod linkedin;
mod markdown;
mod note;
mod pdf;
mod resume;
mod utf8;
mod visible;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use error::ImportError;
pub use linkedin::Connections;
use twin::knowledge::{
    document::Document,
    source_code::{Language, one_block},
};
use utf8::utf8;

const LIMIT: usize = 16 << 20;

/// What a file holds. Connections are kept apart, since they are not to be quoted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    pub documents: Vec<Document>,
    pub connections: Connections,
}

/// Reads a file of up to 16 MiB. `name` is its file name, which becomes the key of a document and the place in an
/// error; the format is told by content first. Nothing panics: what a parser does to a hostile file is an error.
pub fn read(name: &str, bytes: &[u8]) -> Result<Read, ImportError> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    if bytes.len() > LIMIT {
        return Err(ImportError::too_large(name, format!("{} MiB", LIMIT >> 20)));
    }
    catch_unwind(AssertUnwindSafe(|| by_format(name, bytes))).unwrap_or_else(|panic| {
        // A limit that is reached inside a parser unwinds with its error.
        Err(match panic.downcast::<ImportError>() {
            Ok(limit) => *limit,
            Err(_) => ImportError::not_readable(name, "the file is damaged"),
        })
    })
}

fn by_format(name: &str, bytes: &[u8]) -> Result<Read, ImportError> {
    let unsupported = || ImportError::Unsupported { place: name.to_owned() };
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return one(pdf::read(name, bytes));
    }
    match bytes {
        [] => Err(ImportError::empty(name, "the file is empty")),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => archived(name, bytes),
        // OLE: a DOC, or a DOCX with a password.
        [0xd0, 0xcf, 0x11, 0xe0, ..] if contains_utf16(bytes, "EncryptedPackage") => {
            Err(ImportError::Encrypted { place: name.to_owned() })
        }
        _ if bytes.contains(&0) => Err(unsupported()),
        _ => text(name, bytes),
    }
}

fn archived(name: &str, bytes: &[u8]) -> Result<Read, ImportError> {
    let paths = archive::paths(name, bytes)?;
    let paths = || paths.iter().map(String::as_str);
    if docx::is_document(paths()) {
        return one(docx::read(name, bytes));
    }
    if !linkedin::is_export(paths()) {
        return Err(ImportError::Unsupported { place: name.to_owned() });
    }
    let (documents, connections) = linkedin::read(name, bytes)?;
    Ok(Read { documents, connections })
}

/// A snippet of code as a file under a title: a text that is one fenced block of Markdown and nothing else. `None`: it is
/// something else.
pub fn snippet(title: &str, text: &str) -> Option<Result<Read, ImportError>> {
    let (language, code) = one_block(text)?;
    Some(one(code::read(&language.file(title), language, code)))
}

/// Source code is told by the file's name. JSON is a JSON Resume; Markdown and plain text are a résumé when their headings
/// say so, else a note, and the examples of code in it.
fn text(name: &str, bytes: &[u8]) -> Result<Read, ImportError> {
    let text = utf8(name, bytes)?;
    if let Some(language) = Language::of(name) {
        return one(code::read(name, language, text));
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
    let markdown = ["md", "markdown"].contains(&extension.as_str());
    if extension == "json" || (text.trim_start().starts_with('{') && text.contains("\"basics\"")) {
        return one(json_resume::read(name, text));
    }
    if !markdown && !["", "txt", "text"].contains(&extension.as_str()) {
        return Err(ImportError::Unsupported { place: name.to_owned() });
    }
    let lines = if markdown { markdown::lines(text) } else { resume::lines_of_text(text) };
    if resume::is_one(name, &lines) {
        return one(resume::read(name, &lines));
    }
    let (examples, prose) = if markdown { code::examples(name, text) } else { (Vec::new(), text.to_owned()) };
    let mut read = match one(note::read(name, &prose)) {
        // It shows code and says nothing of it.
        Err(ImportError::Empty { .. }) if !examples.is_empty() => Read::default(),
        read => read?,
    };
    read.documents.extend(examples);
    Ok(read)
}

fn one(document: Result<Document, ImportError>) -> Result<Read, ImportError> {
    document.map(|document| Read { documents: vec![document], ..Read::default() })
}

fn contains_utf16(bytes: &[u8], text: &str) -> bool {
    let wanted: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests;
