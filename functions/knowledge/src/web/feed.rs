//! Feeds (RSS 2.0 and 1.0, Atom, JSON Feed) as one document an entry.

mod json;
mod xml;

use std::collections::BTreeSet;

use jiff::civil::Date;
use url::Url;

use crate::web::charset;
use crate::web::error::ImportError;
use crate::web::html::{self, Dom};
use crate::web::page;
use crate::web::text::{line, visible};
use twin::knowledge::document::{Document, Section, SourceKind};

/// Entries of one feed, the newest first.
const MAX_ENTRIES: usize = 100;
/// Where the text of an entry stands that is under no heading.
const ROOT: &str = "post";

/// An entry as its format has it.
#[derive(Debug)]
struct Entry {
    id: Option<String>,
    title: Option<Text>,
    link: Option<String>,
    date: Option<Date>,
    /// The full content, else the summary.
    body: Option<Text>,
}

#[derive(Debug)]
enum Text {
    Plain(String),
    Html(String),
}

/// Reads a feed that was fetched from `url`: newest entries first, undated ones last.
///
/// The key of an entry is its address, else its id.
pub fn read(url: &Url, bytes: &[u8], content_type: Option<&str>) -> Result<Vec<Document>, ImportError> {
    let text = charset::decode(bytes, content_type);
    let is_json = text.trim_start().starts_with('{');
    let entries = if is_json { json::entries(&text) } else { xml::entries(&text) };
    let mut entries = entries.map_err(|why| ImportError::malformed(url.as_str(), why))?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.date));
    let mut seen = BTreeSet::new();
    let documents = entries.into_iter().map(|entry| document(entry, url));
    let novel = |read: &Result<Document, _>| read.as_ref().map_or(true, |read| seen.insert(read.key.clone()));
    documents.filter(novel).take(MAX_ENTRIES).collect()
}

fn document(entry: Entry, feed: &Url) -> Result<Document, ImportError> {
    let address = entry.link.and_then(|link| web_address(&link, feed));
    let id = entry.id.map(|id| line(&id)).filter(|id| !id.is_empty());
    let place = match address.as_ref().or(id.as_ref()) {
        Some(entry) => format!("{feed}, entry {entry}"),
        None => feed.to_string(),
    };
    let titled = entry.title.map(|title| title.plain(&place)).transpose()?.filter(|title| !title.is_empty());
    let title = titled.unwrap_or_else(|| "Untitled".into());
    let key = address.clone().or(id).unwrap_or_else(|| format!("{feed}#{title}"));
    let mut sections = entry.body.map_or(Ok(Vec::new()), |body| body.sections(&place))?;
    if sections.is_empty() {
        sections.push(Section { place: ROOT.into(), text: title.clone() });
    }
    let (url, date) = (address, entry.date);
    Ok(Document {
        kind: SourceKind::Feed,
        key,
        title,
        url,
        date,
        sections,
        claims: Vec::new(),
        keywords: String::new(),
    })
}

fn web_address(link: &str, feed: &Url) -> Option<String> {
    let target = feed.join(link.trim()).ok()?;
    matches!(target.scheme(), "http" | "https").then(|| target.into())
}

impl Text {
    fn plain(&self, place: &str) -> Result<String, ImportError> {
        match self {
            Self::Plain(text) => Ok(line(text)),
            Self::Html(html) => {
                let dom = html::parse(html).map_err(|error| ImportError::malformed(place, error))?;
                Ok(html::plain(&dom, Dom::ROOT))
            }
        }
    }

    fn sections(&self, place: &str) -> Result<Vec<Section>, ImportError> {
        match self {
            Self::Plain(text) => {
                let text = visible(text).trim().to_owned();
                let section = Section { place: ROOT.into(), text };
                Ok(Some(section).filter(|section| !section.text.is_empty()).into_iter().collect())
            }
            Self::Html(html) => page::fragment(html, ROOT, place),
        }
    }
}

#[cfg(test)]
mod tests;
