//! A web page as a document: what its readers see of its main content.

use jiff::civil::Date;
use serde_json::Value;
use url::Url;

use crate::web::charset;
use crate::web::error::ImportError;
use crate::web::html::{self, Dom, Element, NodeId};
use crate::web::text::some_line;
use twin::knowledge::document::{Document, Section, SourceKind};

/// Where the text of a page stands that is under no heading.
const ROOT: &str = "page";

/// Reads a page that was fetched from `url`.
///
/// Its key is the canonical address if that is on the same host, else the one that it was fetched from.
pub fn read(url: &Url, bytes: &[u8], content_type: Option<&str>) -> Result<Document, ImportError> {
    if let Some(other) = content_type.filter(|stated| !is_html(stated)) {
        return Err(ImportError::malformed(url.as_str(), format!("it is {other}, not a page")));
    }
    let dom = html::parse(&charset::decode(bytes, content_type))
        .map_err(|error| ImportError::malformed(url.as_str(), error))?;
    let main = main_content(&dom);
    let sections = html::sections(&dom, main, ROOT);
    if sections.is_empty() {
        return Err(ImportError::malformed(url.as_str(), "it shows no text without scripts"));
    }
    let address = canonical(&dom, url).unwrap_or_else(|| without_fragment(url));
    Ok(Document {
        kind: SourceKind::Page,
        key: address.clone(),
        title: title(&dom).unwrap_or_else(|| address.clone()),
        url: Some(address),
        date: date(&dom, main),
        sections,
        claims: Vec::new(),
        keywords: String::new(),
    })
}

/// A fragment of HTML, such as a feed's entry or a README, cut at its headings.
pub(crate) fn fragment(html: &str, root: &str, place: &str) -> Result<Vec<Section>, ImportError> {
    let dom = html::parse(html).map_err(|error| ImportError::malformed(place, error))?;
    Ok(html::sections(&dom, Dom::ROOT, root))
}

/// The calendar date at the start of an ISO 8601 date or time, in its own offset.
pub(crate) fn iso_date(text: &str) -> Option<Date> {
    const LENGTH: usize = "2026-01-31".len();
    text.trim().get(..LENGTH)?.parse().ok()
}

fn is_html(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|html| media_type.eq_ignore_ascii_case(html))
}

/// `<main>`, else the only `<article>`, else the body.
fn main_content(dom: &Dom) -> NodeId {
    let found = |wanted: fn(&Element) -> bool| {
        let mut matching = dom.elements().filter(move |(_, element)| wanted(element)).map(|(id, _)| id);
        matching.next().map(|first| (first, matching.next().is_none()))
    };
    let main = found(|element| element.name() == "main" || element.attribute("role") == Some("main"));
    let article = found(|element| element.name() == "article");
    match (main, article) {
        (Some((main, _)), _) => main,
        (None, Some((article, true))) => article,
        _ => found(|element| element.name() == "body").map_or(Dom::ROOT, |(body, _)| body),
    }
}

/// `og:title`, `<title>` or the first heading.
fn title(dom: &Dom) -> Option<String> {
    let named = |name: &'static str| dom.elements().find(move |(_, element)| element.name() == name);
    meta(dom, &["og:title"])
        .and_then(some_line)
        .or_else(|| some_line(&dom.own_text(named("title")?.0)))
        .or_else(|| Some(html::plain(dom, named("h1")?.0)).filter(|heading| !heading.is_empty()))
}

/// The content of the first `<meta>` that has one of the names, as `name`, `property` or `itemprop`.
fn meta<'a>(dom: &'a Dom, names: &[&str]) -> Option<&'a str> {
    let is_named = |element: &Element| {
        let own = ["property", "name", "itemprop"].into_iter().filter_map(|kind| element.attribute(kind));
        own.into_iter().any(|own| names.iter().any(|name| own.trim().eq_ignore_ascii_case(name)))
    };
    dom.elements()
        .filter(|(_, element)| element.name() == "meta" && is_named(element))
        .find_map(|(_, element)| element.attribute("content"))
}

fn canonical(dom: &Dom, url: &Url) -> Option<String> {
    let relation = |element: &Element| element.attribute("rel").map(str::to_ascii_lowercase);
    let mut links = dom.elements().filter(|(_, element)| element.name() == "link");
    let (_, link) = links.find(|(_, element)| relation(element).as_deref() == Some("canonical"))?;
    let target = url.join(link.attribute("href")?.trim()).ok()?;
    let own = target.host() == url.host() && target.port() == url.port() && target.scheme() == url.scheme();
    (own && target.username().is_empty() && target.password().is_none()).then(|| without_fragment(&target))
}

fn without_fragment(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    bare.into()
}

/// When it was published: as its metadata says, else as its first `<time>` does.
fn date(dom: &Dom, main: NodeId) -> Option<Date> {
    meta(dom, &["article:published_time", "datePublished", "dc.date", "date"])
        .and_then(iso_date)
        .or_else(|| linked_data(dom))
        .or_else(|| first_time(dom, main))
}

/// `datePublished` of the page's JSON-LD.
fn linked_data(dom: &Dom) -> Option<Date> {
    dom.elements()
        .filter(|(_, element)| element.name() == "script")
        .filter(|(_, element)| element.attribute("type") == Some("application/ld+json"))
        .find_map(|(id, _)| date_published(&serde_json::from_str(&dom.own_text(id)).ok()?))
}

/// Looks into lists and `@graph`, not into what the page merely mentions.
fn date_published(data: &Value) -> Option<Date> {
    match data {
        Value::Array(items) => items.iter().find_map(date_published),
        Value::Object(fields) => {
            let own = fields.get("datePublished").and_then(Value::as_str).and_then(iso_date);
            own.or_else(|| date_published(fields.get("@graph")?))
        }
        _ => None,
    }
}

fn first_time(dom: &Dom, main: NodeId) -> Option<Date> {
    dom.within(main).filter(|(_, element)| element.name() == "time").find_map(|(id, element)| {
        match element.attribute("datetime") {
            Some(stated) => iso_date(stated),
            None => iso_date(&html::plain(dom, id)),
        }
    })
}

#[cfg(test)]
mod tests;
