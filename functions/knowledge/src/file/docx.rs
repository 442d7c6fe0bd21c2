//! A résumé as DOCX (ECMA-376, WordprocessingML): paragraphs, heading styles, lists, tables, links.

mod styles;

use std::collections::HashMap;

use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::file::archive;
use crate::file::error::ImportError;
use crate::file::resume::{self, Line};
use crate::file::utf8::utf8;
use crate::file::visible::visible_line;
use styles::{Look, attribute};
use twin::knowledge::document::Document;

const BODY: &str = "word/document.xml";

pub fn is_document<'a>(mut paths: impl Iterator<Item = &'a str>) -> bool {
    paths.any(|path| path == BODY)
}

/// The paragraphs as a résumé. Deleted and hidden text is left out, and text in white unless something in the
/// document is painted behind text.
pub fn read(key: &str, bytes: &[u8]) -> Result<Document, ImportError> {
    let wanted = |path: &str| [BODY, "word/styles.xml", "word/_rels/document.xml.rels"].contains(&path);
    let entries = archive::entries(key, bytes, wanted)?;
    let part = |path: &str| {
        let bytes = entries.iter().find(|entry| entry.path == path).map_or(&[][..], |entry| &entry.bytes);
        utf8(&format!("{key}, {path}"), bytes)
    };
    let at = |path: &str| format!("{key}, {path}");
    let looks = styles::looks(part("word/styles.xml")?)
        .map_err(|error| ImportError::not_readable(at("word/styles.xml"), error))?;
    let links = styles::links(part("word/_rels/document.xml.rels")?)
        .map_err(|error| ImportError::not_readable(at("word/_rels/document.xml.rels"), error))?;
    let body = part(BODY)?;
    let mut body_reader = Body { white_is_hidden: !styles::paints(body), looks, links, ..Body::default() };
    let mut xml = XmlReader::from_str(body);
    loop {
        let event = xml.read_event().map_err(|error| {
            ImportError::not_readable(format!("{}, byte {}", at(BODY), xml.error_position()), error)
        })?;
        if matches!(event, Event::Eof) {
            break;
        }
        body_reader.take(&event);
    }
    resume::read(key, &body_reader.lines)
}

#[derive(Default)]
struct Body {
    lines: Vec<Line>,
    text: String,
    look: Look,
    white_is_hidden: bool,
    looks: HashMap<String, Look>,
    links: HashMap<String, String>,
    link: Option<String>,
    in_text: bool,
    run_hidden: bool,
    /// Of the outermost table: how deep in tables, and the cells of its open row.
    depth: usize,
    cells: Vec<Vec<Line>>,
}

impl Body {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag);
                self.end(tag.local_name().as_ref());
            }
            Event::End(tag) => self.end(tag.local_name().as_ref()),
            Event::Text(text) => self.push(&text.xml10_content()),
            Event::CData(text) => self.push(&text.xml10_content()),
            Event::GeneralRef(reference) => self.push(&character(reference)),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.in_text && !self.run_hidden {
            self.text.push_str(text);
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "p" => self.look = Look::default(),
            "pStyle" => {
                let style = attribute(tag, "val").and_then(|id| self.looks.get(&id));
                self.look = style.copied().unwrap_or_default();
            }
            "numPr" => self.look.item = true,
            "outlineLvl" => self.look.level = styles::outline(tag),
            "r" => self.run_hidden = false,
            "vanish" => self.run_hidden |= attribute(tag, "val").is_none_or(|on| on != "0" && on != "false"),
            "sz" => {
                let half_points: Option<u16> = attribute(tag, "val").and_then(|size| size.parse().ok());
                self.run_hidden |= half_points.is_some_and(|size| size < 4);
            }
            "color" => {
                let white = attribute(tag, "val").is_some_and(|color| color.eq_ignore_ascii_case("ffffff"));
                self.run_hidden |= white && self.white_is_hidden;
            }
            "t" => self.in_text = true,
            "tab" if !self.text.is_empty() => self.text.push_str(" | "),
            "br" | "cr" => self.end_line(),
            "noBreakHyphen" => self.text.push('-'),
            "hyperlink" => self.link = attribute(tag, "id").and_then(|id| self.links.get(&id).cloned()),
            "tbl" => self.depth += 1,
            "tr" if self.depth == 1 => self.cells.clear(),
            "tc" if self.depth == 1 => self.cells.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "p" => self.end_line(),
            "hyperlink" => self.end_link(),
            "tr" if self.depth == 1 => self.end_row(),
            "tbl" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some(url) = self.link.take() else { return };
        let address = url.strip_prefix("mailto:").unwrap_or(&url);
        if !self.text.contains(address.trim_end_matches('/')) {
            self.text.push_str(&format!(" ({address})"));
        }
    }

    fn end_line(&mut self) {
        let text = visible_line(std::mem::take(&mut self.text).trim_end_matches(" | "));
        let line = Line { level: self.look.level, item: self.look.item, ..Line::plain(text) };
        match self.cells.last_mut().filter(|_| self.depth > 0) {
            _ if line.text.is_empty() => {}
            Some(cell) => cell.push(line),
            None => self.lines.push(line),
        }
    }

    /// A row of single lines is one line; a row of longer cells is a layout, read cell by cell.
    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if cells.iter().all(|cell| cell.len() <= 1) {
            let texts: Vec<_> = cells.iter().flatten().map(|line| line.text.as_str()).collect();
            if let Some(first) = cells.iter().flatten().next() {
                self.lines.push(Line { text: texts.join(" | "), ..first.clone() });
            }
        } else {
            self.lines.extend(cells.into_iter().flatten());
        }
    }
}

/// `&amp;` and `&#8211;`; other entities do not exist in these files.
fn character(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => quick_xml::escape::resolve_xml_entity(reference.as_ref()).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests;
