//! Text files.

use crate::file::error::ImportError;

/// The text without its byte order mark. An error names the line: `Positions.csv line 3`.
pub fn utf8<'a>(place: &str, bytes: &'a [u8]) -> Result<&'a str, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let line = valid.matches('\n').count() + 1;
        ImportError::not_readable(
            format!("{place} line {line}"),
            "not UTF-8 text; save it as UTF-8 and import it again",
        )
    })?;
    Ok(text.trim_start_matches('\u{feff}'))
}
