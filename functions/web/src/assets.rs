//! Stylesheets and scripts, each under a name that changes with its text, so that browsers may keep it for good.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;
use sha2::{Digest, Sha256};
use twin::error::Error;

use crate::failure::Failure;

/// Of all pages, also of those that other functions serve: they need none of the others.
const STYLE: (&str, &str) = ("style.css", include_str!("../assets/style.css"));

/// A script comes after those that it imports.
const SOURCES: [(&str, &str); 61] = [
    STYLE,
    ("chat.css", include_str!("../assets/chat.css")),
    ("voice.css", include_str!("../assets/voice.css")),
    ("ask.js", include_str!("../assets/ask.js")),
    ("stream.js", include_str!("../assets/stream.js")),
    ("parts.js", include_str!("../assets/parts.js")),
    ("turns.js", include_str!("../assets/turns.js")),
    ("ways.js", include_str!("../assets/ways.js")),
    ("document.js", include_str!("../assets/document.js")),
    ("chat.js", include_str!("../assets/chat.js")),
    ("dashboard.css", include_str!("../assets/dashboard.css")),
    ("dom.js", include_str!("../assets/dom.js")),
    ("api.js", include_str!("../assets/api.js")),
    ("format.js", include_str!("../assets/format.js")),
    ("steady.js", include_str!("../assets/steady.js")),
    ("d3.js", include_str!("../assets/vendor/d3.js")),
    ("charts.js", include_str!("../assets/charts.js")),
    ("pictures.js", include_str!("../assets/pictures.js")),
    ("figure.js", include_str!("../assets/figure.js")),
    ("period.js", include_str!("../assets/period.js")),
    ("today.js", include_str!("../assets/today.js")),
    ("fields.js", include_str!("../assets/fields.js")),
    ("act.js", include_str!("../assets/act.js")),
    ("watch.js", include_str!("../assets/watch.js")),
    ("saved.js", include_str!("../assets/saved.js")),
    ("tasks.js", include_str!("../assets/tasks.js")),
    ("notes.js", include_str!("../assets/notes.js")),
    ("contact.js", include_str!("../assets/contact.js")),
    ("merging.js", include_str!("../assets/merging.js")),
    ("remembered.js", include_str!("../assets/remembered.js")),
    ("privacy.js", include_str!("../assets/privacy.js")),
    ("recording.js", include_str!("../assets/recording.js")),
    ("following.js", include_str!("../assets/following.js")),
    ("pieces.js", include_str!("../assets/pieces.js")),
    ("importing.js", include_str!("../assets/importing.js")),
    ("people.js", include_str!("../assets/people.js")),
    ("opportunities.js", include_str!("../assets/opportunities.js")),
    ("person.js", include_str!("../assets/person.js")),
    ("proposal.js", include_str!("../assets/proposal.js")),
    ("follow-ups.js", include_str!("../assets/follow-ups.js")),
    ("knowledge.js", include_str!("../assets/knowledge.js")),
    ("events.js", include_str!("../assets/events.js")),
    ("behind.js", include_str!("../assets/behind.js")),
    ("overview.js", include_str!("../assets/overview.js")),
    ("analytics.js", include_str!("../assets/analytics.js")),
    ("calendar.js", include_str!("../assets/calendar.js")),
    ("persona.js", include_str!("../assets/persona.js")),
    ("contents.js", include_str!("../assets/contents.js")),
    ("settings.js", include_str!("../assets/settings.js")),
    ("health.js", include_str!("../assets/health.js")),
    ("dashboard.js", include_str!("../assets/dashboard.js")),
    ("call.js", include_str!("../assets/call.js")),
    ("meter.js", include_str!("../assets/meter.js")),
    ("live.js", include_str!("../assets/live.js")),
    ("said.js", include_str!("../assets/said.js")),
    ("talk.js", include_str!("../assets/talk.js")),
    ("voice.js", include_str!("../assets/voice.js")),
    ("book.css", include_str!("../assets/book.css")),
    ("times.js", include_str!("../assets/times.js")),
    ("book.js", include_str!("../assets/book.js")),
    ("booked.js", include_str!("../assets/booked.js")),
];

struct Asset {
    source: &'static str,
    /// The name with a part of its text's hash: `chat-0a1b2c3d4e5f.js`.
    file: String,
    text: String,
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| Asset::new(STYLE.0, STYLE.1, &[]));
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    SOURCES.into_iter().fold(Vec::new(), |mut known, (source, text)| {
        known.push(Asset::new(source, text, &known));
        known
    })
});

impl Asset {
    /// What it imports is named in it as it is served.
    fn new(source: &'static str, text: &str, known: &[Self]) -> Self {
        let text = known.iter().fold(text.to_owned(), |text, asset| {
            text.replace(&format!("\"./{}\"", asset.source), &format!("\"./{}\"", asset.file))
        });
        let digest = Sha256::digest(&text);
        let hash = digest.iter().take(6).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let (stem, kind) = source.split_once('.').unwrap_or((source, ""));
        Self { source, file: format!("{stem}-{hash:012x}.{kind}"), text }
    }

    fn href(&self) -> String {
        format!("/assets/{}", self.file)
    }

    fn media_type(&self) -> &'static str {
        match self.source.split_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            _ => "text/css; charset=utf-8",
        }
    }
}

/// Where the stylesheet of all pages is.
pub fn stylesheet() -> String {
    STYLESHEET.href()
}

/// Where a file is, by the name that it has here.
pub fn href(source: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.source == source);
    asset.map_or_else(|| format!("/assets/{source}"), Asset::href)
}

pub async fn asset(Path(file): Path<String>) -> Result<Response, Failure> {
    let asset = ASSETS.iter().find(|asset| asset.file == file).ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text.as_str()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_imports_by_the_names_that_are_served() {
        for (source, least) in [("chat.js", 3), ("dashboard.js", 11), ("person.js", 10)] {
            let script = ASSETS.iter().find(|asset| asset.source == source).unwrap();
            let lines = script.text.lines().filter_map(|line| line.split(" from \"./").nth(1));
            let imported: Vec<&str> = lines.filter_map(|line| line.strip_suffix("\";")).collect();
            assert!(imported.len() >= least, "{source}: {imported:?}");
            for file in imported {
                assert!(ASSETS.iter().any(|asset| asset.file == file), "{file}");
            }
        }
    }

    /// Whoever gets a copy of what others wrote gets its licence with it.
    #[test]
    fn what_is_vendored_has_its_licence() {
        let licence = include_str!("../assets/vendor/d3.LICENSE");
        let script = ASSETS.iter().find(|asset| asset.source == "d3.js").unwrap();
        assert!(licence.contains("Copyright") && script.text.contains(licence));
        assert_eq!(script.media_type(), "text/javascript; charset=utf-8");
        let charts = ASSETS.iter().find(|asset| asset.source == "charts.js").unwrap();
        assert!(charts.text.contains(&format!("from \"./{}\"", script.file)));
    }

    #[test]
    fn facts_are_told_in_the_words_of_the_twin() {
        let script = include_str!("../assets/remembered.js");
        for predicate in twin::predicate::Predicate::all() {
            let line = format!("  {}: \"{}\",\n", predicate.label(), predicate.words());
            assert!(script.contains(&line), "{line}");
        }
    }

    #[test]
    fn how_long_ago_it_was_is_told_in_the_steps_of_the_twin() {
        let script = include_str!("../assets/format.js");
        let steps: Vec<String> =
            twin::elapsed::STEPS.iter().map(|(unit, length)| format!("[\"{unit}\", {length}]")).collect();
        assert!(script.contains(&format!("const STEPS = [{}];", steps.join(", "))), "{steps:?}");
    }

    #[test]
    fn a_name_changes_with_what_is_imported() {
        let imported = |text| Asset::new("stream.js", text, &[]);
        let name =
            |text| Asset::new("chat.js", "import { Answer } from \"./stream.js\";", &[imported(text)]).file;
        assert_ne!(name("1"), name("2"));
        assert_eq!(name("1"), name("1"));
        assert_eq!(stylesheet(), href("style.css"));
    }
}
