//! The recorded lines, embedded.

use std::collections::HashMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

static FIXTURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// Text to µ-law, by `fixtures/manifest.tsv`.
static LINES: LazyLock<HashMap<&'static str, &'static [u8]>> = LazyLock::new(|| {
    let manifest =
        FIXTURES.get_file("manifest.tsv").and_then(|file| file.contents_utf8()).unwrap_or_default();
    manifest
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(path, text)| Some((text, FIXTURES.get_file(path)?.contents())))
        .collect()
});

/// The recording of exactly this text.
pub fn line(text: &str) -> Option<&'static [u8]> {
    LINES.get(text).copied()
}

/// All recorded texts, in no order.
pub fn lines() -> impl Iterator<Item = &'static str> {
    LINES.keys().copied()
}
