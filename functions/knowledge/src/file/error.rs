//! Why a file could not be read. Every variant names the place, as its owner would look it up.

/// `place` is the file, or the file and where in it: `resume.pdf, page 3`, `resume.json, work[0].startDate`,
/// `Positions.csv row 4`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("{place}: {reason}")]
    NotReadable { place: String, reason: String },
    #[error("{place}: larger than the limit of {limit}")]
    TooLarge { place: String, limit: String },
    #[error("{place}: protected by a password; save it without one and import it again")]
    Encrypted { place: String },
    #[error(
        "{place}: not a format that can be imported; expected PDF, DOCX, Markdown, plain text, \
         source code, JSON Resume or a LinkedIn export (ZIP)"
    )]
    Unsupported { place: String },
    #[error("{place}: {reason}")]
    Empty { place: String, reason: String },
}

impl ImportError {
    pub(crate) fn not_readable(place: impl Into<String>, reason: impl ToString) -> Self {
        Self::NotReadable { place: place.into(), reason: reason.to_string() }
    }

    pub(crate) fn too_large(place: impl Into<String>, limit: impl Into<String>) -> Self {
        Self::TooLarge { place: place.into(), limit: limit.into() }
    }

    pub(crate) fn empty(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Empty { place: place.into(), reason: reason.into() }
    }
}
