//! Which documents the twin knows: a list that an import replaces in one write. Documents, and the parts of the list
//! itself, are kept under the hash of what they say, so an import that fails half-way leaves the list, and with it
//! the answers, as they were.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::{Document, SourceKind};

/// What is stored of a document depends on this, too: with another number it is another document.
const FORMAT: u8 = 2;
pub const MAX_DOCUMENTS: usize = 25_000;
/// A part of the list ends with the entry that reaches so many bytes: an item of the table takes 400 KB.
const PART: usize = 256 * 1024;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Counts what was saved.
    pub version: u64,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DocumentEntry")]
pub struct Entry {
    /// What an import replaces as a whole: `resume.pdf`, `linkedin`, `github:login`, a URL.
    pub source: String,
    pub kind: SourceKind,
    pub key: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub hash: Hash,
    pub read_at: Timestamp,
}

/// SHA-256 of a document or of a part of the list, in hexadecimal, shortened to 128 bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Hash(String);

impl Hash {
    pub fn of(document: &Document) -> Self {
        // Plain data does not fail to be written to memory.
        Self::of_bytes(&serde_json::to_vec(&(FORMAT, document)).unwrap_or_default())
    }

    pub fn of_bytes(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let half = digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        Self(format!("{half:032x}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What becomes of the documents of a source that an import does not bring again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    Remove,
    /// A feed names only its newest entries.
    Keep,
    /// Those with these keys have not changed, and were not read again.
    Unchanged(BTreeSet<String>),
}

/// What a source was last asked with (`ETag`s and the like), as its importer wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub source: String,
    /// JSON.
    pub content: String,
}

/// What an import changes, by title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DocumentChanges")]
pub struct Changes {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: usize,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the twin would know more than {MAX_DOCUMENTS} documents")]
pub struct TooMany;

impl Manifest {
    /// The documents that count.
    pub fn named(&self) -> HashSet<&Hash> {
        self.entries.iter().map(|entry| &entry.hash).collect()
    }

    /// The list in parts, a line of JSON an entry.
    pub fn parts(&self) -> serde_json::Result<Vec<Vec<u8>>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for entry in &self.entries {
            if parts.last().is_none_or(|part| part.len() >= PART) {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.last_mut() {
                serde_json::to_writer(&mut *part, entry)?;
                part.push(b'\n');
            }
        }
        Ok(parts)
    }

    /// The list that was taken apart so.
    pub fn of_parts<'a>(version: u64, parts: impl Iterator<Item = &'a [u8]>) -> serde_json::Result<Self> {
        let entries = parts.flat_map(|part| serde_json::Deserializer::from_slice(part).into_iter());
        Ok(Self { version, entries: entries.collect::<serde_json::Result<_>>()? })
    }

    /// The list once `documents` are what `source` says.
    pub fn replace(
        &self,
        source: &str,
        documents: &[Document],
        missing: &Missing,
        now: Timestamp,
    ) -> Result<(Self, Changes), TooMany> {
        let mut changes = Changes::default();
        let is_theirs = |entry: &&Entry| entry.source == source;
        let mut known: HashMap<(SourceKind, &str), &Entry> = self
            .entries
            .iter()
            .filter(is_theirs)
            .map(|entry| ((entry.kind, entry.key.as_str()), entry))
            .collect();
        let mut entries: Vec<Entry> =
            self.entries.iter().filter(|entry| !is_theirs(entry)).cloned().collect();
        for document in documents {
            let read = Entry::new(source, document, now);
            match known.remove(&(document.kind, document.key.as_str())) {
                Some(before) if before.hash == read.hash => {
                    changes.unchanged += 1;
                    entries.push(before.clone());
                    continue;
                }
                Some(_) => changes.changed.push(document.title.clone()),
                None => changes.added.push(document.title.clone()),
            }
            entries.push(read);
        }
        let mut left: Vec<&Entry> = known.into_values().collect();
        left.sort_by_key(|entry| &entry.key);
        for entry in left {
            let stays = match missing {
                Missing::Remove => false,
                Missing::Keep => true,
                Missing::Unchanged(keys) => keys.contains(&entry.key),
            };
            if stays {
                changes.unchanged += usize::from(matches!(missing, Missing::Unchanged(_)));
                entries.push(entry.clone());
            } else {
                changes.removed.push(entry.title.clone());
            }
        }
        if entries.len() > MAX_DOCUMENTS {
            return Err(TooMany);
        }
        let version = self.version + 1;
        Ok((Self { version, entries }, changes))
    }
}

impl Entry {
    fn new(source: &str, document: &Document, now: Timestamp) -> Self {
        Self {
            source: source.to_owned(),
            kind: document.kind,
            key: document.key.clone(),
            title: document.title.clone(),
            date: document.date,
            hash: Hash::of(document),
            read_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::document::Section;

    fn document(key: &str, text: &str) -> Document {
        Document {
            kind: SourceKind::Page,
            key: key.to_owned(),
            title: format!("The page {key}"),
            url: None,
            date: None,
            sections: vec![Section { place: "all".to_owned(), text: text.to_owned() }],
            claims: Vec::new(),
            keywords: String::new(),
        }
    }

    fn replace(
        manifest: &Manifest,
        source: &str,
        documents: &[Document],
        missing: Missing,
    ) -> (Manifest, Changes) {
        manifest.replace(source, documents, &missing, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn an_import_changes_only_what_changed() {
        let (one, two) = (document("1", "a"), document("2", "b"));
        let (first, changes) =
            replace(&Manifest::default(), "site", &[one.clone(), two.clone()], Missing::Remove);
        assert_eq!((changes.added.len(), first.version, first.entries.len()), (2, 1, 2));

        let (again, changes) = replace(&first, "site", &[one.clone(), two], Missing::Remove);
        assert_eq!((changes.is_empty(), changes.unchanged), (true, 2));
        assert_eq!(again.entries, first.entries);

        let other = document("3", "c");
        let (next, changes) = replace(&again, "site", &[document("1", "A"), other.clone()], Missing::Remove);
        assert_eq!(changes.changed, ["The page 1"]);
        assert_eq!(
            (changes.added, changes.removed),
            (vec!["The page 3".to_owned()], vec!["The page 2".to_owned()])
        );

        let (kept, changes) = replace(&next, "site", &[other], Missing::Keep);
        assert_eq!((kept.entries.len(), changes.is_empty()), (2, true));
        let unchanged = Missing::Unchanged(BTreeSet::from(["1".to_owned()]));
        let (same, changes) = replace(&kept, "site", &[], unchanged);
        assert_eq!((same.entries.len(), changes.unchanged, changes.removed.len()), (1, 1, 1));
        let (both, _) = replace(&kept, "feed", &[one], Missing::Keep);
        assert_eq!(both.entries.len(), 3, "one source leaves the other's alone");
    }

    #[test]
    fn many_documents_fit_and_there_is_a_limit() {
        let address =
            |number: usize| format!("https://blog.alex-sample.example/posts/of-some-length/{number}");
        let mut many: Vec<Document> =
            (0..MAX_DOCUMENTS).map(|number| document(&address(number), "")).collect();
        let (manifest, _) = replace(&Manifest::default(), "https://feed.example", &many, Missing::Remove);
        let parts = manifest.parts().unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() < PART + 1024), "{}", parts.len());
        assert_eq!(Manifest::of_parts(1, parts.iter().map(Vec::as_slice)).unwrap(), manifest);
        assert_eq!(Manifest::of_parts(0, std::iter::empty()).unwrap(), Manifest::default());
        many.push(document("one more", ""));
        let refused = Manifest::default().replace("site", &many, &Missing::Remove, Timestamp::UNIX_EPOCH);
        assert_eq!(refused, Err(TooMany));
    }
}
