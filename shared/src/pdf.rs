//! Documents as PDF: A4, their letters embedded. What stands on the pages is said elsewhere.
//!
//! - `face`: which letters there are, and how wide they are
//! - `sheet`: lines on pages

pub mod face;
pub mod sheet;

#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("the fonts cannot be read")]
    Fonts,
    #[error("the PDF cannot be written: {0}")]
    Written(String),
}
