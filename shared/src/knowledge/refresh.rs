//! What the nightly reading of all sources could not read, for the owner to see. Plain data.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of a reason that are kept.
const MAX_WHY: usize = 300;

/// A source that could not be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// As the manifest names it: `github:login`, a URL.
    pub source: String,
    pub why: String,
    /// The first time in a row.
    pub since: Timestamp,
}

/// What came of the last reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    pub unread: Vec<Unread>,
}

impl Refreshed {
    /// After all sources were read: what failed, and since when.
    pub fn after<'a>(&self, failed: impl Iterator<Item = (&'a str, String)>, now: Timestamp) -> Self {
        let since = |source: &str| self.of(source).map_or(now, |known| known.since);
        let unread = failed.map(|(source, mut why)| {
            why.truncate(why.floor_char_boundary(MAX_WHY));
            Unread { source: source.to_owned(), why, since: since(source) }
        });
        Self { unread: unread.collect() }
    }

    /// After one of them was read, or forgotten; `None`: nothing changes by that.
    pub fn without(&self, source: &str) -> Option<Self> {
        self.of(source)?;
        Some(Self { unread: self.unread.iter().filter(|known| known.source != source).cloned().collect() })
    }

    fn of(&self, source: &str) -> Option<&Unread> {
        self.unread.iter().find(|known| known.source == source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_since_when() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let first = Refreshed::default().after([("github:alex", "gone".to_owned())].into_iter(), at(1));
        let both = [("github:alex", "x".repeat(999)), ("https://alex.example/", "gone".to_owned())];
        let second = first.after(both.into_iter(), at(2));
        let since: Vec<Timestamp> = second.unread.iter().map(|one| one.since).collect();
        assert_eq!(since, [at(1), at(2)]);
        assert_eq!(second.unread[0].why.len(), MAX_WHY);
        assert_eq!(second.without("github:alex").unwrap().unread.len(), 1);
        assert_eq!(second.without("github:other"), None);
        assert_eq!(second.after(std::iter::empty(), at(3)), Refreshed::default());
    }
}
