//! The fixtures of the tests, and how their results are shown.

use std::path::PathBuf;

use twin::knowledge::document::Section;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/knowledge");

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(FOLDER).join(name)
}

pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).expect(name)
}

/// Sections as a snapshot shows them.
pub fn shown(sections: &[Section]) -> String {
    let shown = sections.iter().map(|section| format!("[{}]\n{}\n", section.place, section.text));
    shown.collect::<Vec<_>>().concat()
}
