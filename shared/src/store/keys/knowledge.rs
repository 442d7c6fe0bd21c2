//! Of what the twin knows.

use super::{Key, OWNER, key, part};
use crate::{id::GapId, knowledge::manifest::Hash};

pub const GAPS: &str = "GAP#";
/// The list of gaps by when they were found, or then filled.
pub const GAPS_BY_TIME: &str = "GAPS";

pub fn manifest() -> Key {
    key(OWNER.to_owned(), "MANIFEST")
}

pub fn refreshed() -> Key {
    key(OWNER.to_owned(), "REFRESHED")
}

pub fn manifest_part(hash: &Hash) -> Key {
    key(format!("MANIFEST#{}", hash.as_str()), "PART")
}

pub fn vectors(hash: &Hash) -> Key {
    key(format!("VECTORS#{}", hash.as_str()), "VECTORS")
}

pub fn validators(source: &str) -> Key {
    key(OWNER.to_owned(), format!("VALIDATORS#{}", part(source)))
}

pub fn gap(id: &GapId) -> Key {
    key(OWNER.to_owned(), format!("{GAPS}{id}"))
}

pub fn document(hash: &Hash) -> Key {
    key(format!("DOCUMENT#{}", hash.as_str()), "DOCUMENT")
}
