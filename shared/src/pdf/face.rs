//! The fonts of documents: which letters they have, and how wide they are.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider as _,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

static REGULAR: LazyLock<Option<Face>> =
    LazyLock::new(|| Face::read(include_bytes!("../../fonts/NotoSans-Regular.ttf")));
static BOLD: LazyLock<Option<Face>> =
    LazyLock::new(|| Face::read(include_bytes!("../../fonts/NotoSans-SemiBold.ttf")));

pub struct Face {
    pub font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    units: f32,
}

impl Face {
    /// `None` if the file is no font.
    pub fn get(bold: bool) -> Option<&'static Self> {
        if bold { BOLD.as_ref() } else { REGULAR.as_ref() }
    }

    fn read(file: &'static [u8]) -> Option<Self> {
        let read = FontRef::new(file).ok()?;
        let font = Font::new(file.into(), 0)?;
        let units = font.units_per_em();
        let widths = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        Some(Self { letters: read.charmap(), widths, units, font })
    }

    /// Of a text that [`drawable`] gave, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = self.letters.map(c).unwrap_or_default();
            let id = GlyphId::new(id.to_u32());
            KrillaGlyph::new(id, self.advance(c), 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// Of the size of the font.
    fn advance(&self, c: char) -> f32 {
        let id = self.letters.map(c).unwrap_or_default();
        self.widths.advance_width(id).unwrap_or_default() / self.units
    }

    fn has(&self, c: char) -> bool {
        self.letters.map(c).is_some()
    }
}

/// Whether the fonts have all letters of a text.
pub fn has(text: &str) -> bool {
    let Some(face) = Face::get(false) else { return false };
    text.nfc().all(|c| !is_combining_mark(c) && (face.has(c) || !c.is_alphanumeric()))
}

/// A text without signs that the fonts lack, accents within their letters, and spaces for what is no sign.
pub fn drawable(text: &str) -> String {
    let Some(face) = Face::get(false) else { return String::new() };
    let seen = text.nfc().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c });
    seen.filter(|c| face.has(*c)).collect()
}
