//! What the parts beside the body say: which styles are headings or lists, and where links go.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How a paragraph looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    pub level: Option<u8>,
    pub item: bool,
}

/// Looks by style. Ids are in the writer's language, the names in English: `berschrift1` is `heading 1`.
pub fn looks(xml: &str) -> Result<HashMap<String, Look>, quick_xml::Error> {
    let (mut looks, mut id) = (HashMap::new(), String::new());
    each(xml, |tag| match tag.local_name().as_ref() {
        "style" => id = attribute(tag, "styleId").unwrap_or_default(),
        "name" => {
            let name = attribute(tag, "val").unwrap_or_default().to_lowercase();
            let level = match name.strip_prefix("heading ") {
                Some(number) => number.parse().ok().map(|number: u8| number.saturating_add(1)),
                None => (name == "title").then_some(1),
            };
            looks.insert(id.clone(), Look { level, item: name.starts_with("list") && name != "list table" });
        }
        "outlineLvl" => {
            let level = outline(tag);
            looks.entry(id.clone()).and_modify(|look: &mut Look| look.level = look.level.or(level));
        }
        _ => {}
    })?;
    Ok(looks)
}

/// Level 0 of an outline is `heading 1`; 9 is body text (17.3.1.20).
pub fn outline(tag: &BytesStart<'_>) -> Option<u8> {
    attribute(tag, "val")?.parse().ok().filter(|level| *level < 9).map(|level: u8| level + 2)
}

/// Addresses outside the document, by relationship.
pub fn links(xml: &str) -> Result<HashMap<String, String>, quick_xml::Error> {
    let mut links = HashMap::new();
    each(xml, |tag| {
        let target = attribute(tag, "Target").filter(|target| {
            ["http://", "https://", "mailto:"].iter().any(|scheme| target.to_lowercase().starts_with(scheme))
        });
        if let (Some(id), Some(target)) = (attribute(tag, "Id"), target) {
            links.insert(id, target);
        }
    })?;
    Ok(links)
}

/// Whether anything has a colour behind it.
pub fn paints(xml: &str) -> bool {
    let mut painted = false;
    let read = each(xml, |tag| {
        let fill = attribute(tag, "fill").filter(|_| tag.local_name().as_ref() == "shd");
        painted |= fill.is_some_and(|fill| !["auto", "ffffff"].contains(&fill.to_lowercase().as_str()));
    });
    painted && read.is_ok()
}

/// By local name: prefixes are free to choose.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attributes = tag.attributes();
    let attribute = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(String::from)
}

fn each(xml: &str, mut read: impl FnMut(&BytesStart<'_>)) -> Result<(), quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) => read(&tag),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
