//! Finding one string field of a flat JSON object without parsing the rest: what the audio path needs.

use std::borrow::Cow;

use memchr::{memchr_iter, memchr2};

/// The value of the string field `key` (written with its quotes, as `"\"delta\""`), if it holds no escape.
///
/// A quoted key cannot occur inside a JSON string (its quotes would be escaped), so a hit is a key or a
/// whole string value; the colon behind it tells which.
pub fn string_field<'a>(text: &'a str, quoted_key: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let bytes = &text.as_bytes()[from..];
        let begins = |at: &usize| bytes[*at..].starts_with(quoted_key.as_bytes());
        from += memchr_iter(b'"', bytes).find(begins)? + quoted_key.len();
        let Some(value) = text.get(from..)?.trim_ascii_start().strip_prefix(':') else { continue };
        let value = value.trim_ascii_start().strip_prefix('"')?;
        let end = memchr2(b'"', b'\\', value.as_bytes())?;
        return value.get(..end).filter(|_| value.as_bytes()[end] == b'"');
    }
}

/// Whether `text` is padded standard base64 (RFC 4648 section 4).
pub fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let body = match bytes {
        [body @ .., b'=', b'='] | [body @ .., b'='] => body,
        body => body,
    };
    let belongs = |b: &u8| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/');
    // Not `all`, which stops at the first that does not: so many are looked at in one instruction.
    bytes.len().is_multiple_of(4) && body.iter().fold(true, |all, b| all & belongs(b))
}

/// How many bytes padded base64 stands for.
pub fn decoded_len(base64: &str) -> usize {
    let padding = base64.bytes().rev().take(2).filter(|b| *b == b'=').count();
    (base64.len() / 4 * 3).saturating_sub(padding)
}

/// `text` as a JSON string, quotes included.
pub fn quoted(text: &str) -> Cow<'_, str> {
    serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_only_keys() {
        let text = r#"{"type":"delta","item": "x", "delta" : "QUJD","n":1}"#;
        assert_eq!(string_field(text, "\"delta\""), Some("QUJD"));
        assert_eq!(string_field(text, "\"item\""), Some("x"));
        assert_eq!(string_field(text, "\"n\""), None);
        assert_eq!(string_field(text, "\"none\""), None);
        assert_eq!(string_field(r#"{"delta":"a\"b"}"#, "\"delta\""), None);
    }

    #[test]
    fn base64_as_in_rfc_4648() {
        for good in ["", "Zg==", "Zm8=", "Zm9v", "////", "AA+/"] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["Z", "Zg=", "Zm9", "Zm9-", "Z===", "Zm=v", "Zm9\n"] {
            assert!(!is_base64(bad), "{bad}");
        }
        assert_eq!([0, 1, 2, 3], ["", "Zg==", "Zm8=", "Zm9v"].map(decoded_len));
    }
}
