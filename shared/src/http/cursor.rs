//! Cursors: where a page ended, bound to what was asked. Opaque to whoever carries them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// Bytes of a cursor; names are bounded.
const MAX: usize = 4096;

/// A place in the answer to this question.
pub fn write(question: &str, place: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(&(fingerprint(question), place));
    Ok(URL_SAFE_NO_PAD.encode(json.map_err(|error| Error::Internal(Box::new(error)))?))
}

/// The place that a cursor is; it has to be one of the same question.
pub fn read<T: DeserializeOwned>(question: &str, cursor: &str) -> Result<T, Error> {
    let place: Option<(String, T)> = Some(cursor)
        .filter(|cursor| cursor.len() <= MAX)
        .and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok())
        .and_then(|json| serde_json::from_slice(&json).ok());
    match place {
        Some((of, place)) if fingerprint(question) == of => Ok(place),
        _ => Err(Error::Invalid("the cursor is not one of this list".to_owned())),
    }
}

fn fingerprint(question: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(question)[..9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_question() {
        let cursor = write("all", &(1, "Dana")).unwrap();
        assert_eq!(read::<(i32, String)>("all", &cursor).unwrap(), (1, "Dana".to_owned()));
        let long = "A".repeat(MAX + 1);
        for (question, cursor) in [("some", cursor.as_str()), ("all", ""), ("all", "%%"), ("all", &long)] {
            assert!(matches!(read::<(i32, String)>(question, cursor), Err(Error::Invalid(_))));
        }
    }
}
