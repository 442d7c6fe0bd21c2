use serde::Deserialize;

use super::{Entry, Text};
use crate::web::page::iso_date;

/// JSON Feed 1.1, <https://www.jsonfeed.org/version/1.1/>.
#[derive(Deserialize)]
struct Feed {
    version: String,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: Option<String>,
    url: Option<String>,
    title: Option<String>,
    content_html: Option<String>,
    content_text: Option<String>,
    summary: Option<String>,
    date_published: Option<String>,
}

pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let feed: Feed = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !feed.version.starts_with("https://jsonfeed.org/version/") {
        return Err(format!("{:?} is no version of JSON Feed", feed.version));
    }
    Ok(feed.items.into_iter().map(entry).collect())
}

fn entry(item: Item) -> Entry {
    let content = item.content_html.map(Text::Html).or(item.content_text.map(Text::Plain));
    Entry {
        id: item.id,
        title: item.title.map(Text::Plain),
        link: item.url,
        date: item.date_published.as_deref().and_then(iso_date),
        body: content.or(item.summary.map(Text::Plain)),
    }
}
