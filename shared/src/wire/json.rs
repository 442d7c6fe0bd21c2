//! Finding the strings of a JSON object without parsing the rest: what the audio path needs.

use std::borrow::Cow;

use memchr::memchr2;

/// The strings that an object has, and those of the objects in it, with their keys, in their order: up to one that holds an escape.
pub fn strings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Rest(text);
    std::iter::from_fn(move || {
        loop {
            let key = rest.string()?;
            if rest.begins_with(b':') && rest.0.as_bytes().first() == Some(&b'"') {
                return Some((key, rest.string()?));
            }
        }
    })
}

/// The first of them with that key.
pub fn string_field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    strings(text).find_map(|(found, value)| (found == key).then_some(value))
}

/// Where a string ends, or is escaped. Most are keys, and too short for a search that looks at many bytes at a time.
fn end(bytes: &[u8]) -> Option<usize> {
    const SHORT: usize = 16;
    let (short, long) = bytes.split_at(bytes.len().min(SHORT));
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\');
    short.iter().position(is_end).or_else(|| Some(short.len() + memchr2(b'"', b'\\', long)?))
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The next string, if it holds no escape.
    fn string(&mut self) -> Option<&'a str> {
        let begin = self.0.bytes().position(|byte| byte == b'"')? + 1;
        let end = begin + end(&self.0.as_bytes()[begin..])?;
        let string = self.0.get(begin..end).filter(|_| self.0.as_bytes()[end] == b'"')?;
        self.0 = &self.0[end + 1..];
        Some(string)
    }

    /// What comes next, and the space around it.
    fn begins_with(&mut self, byte: u8) -> bool {
        let rest = self.0.trim_ascii_start().strip_prefix(char::from(byte));
        self.0 = rest.map_or(self.0, str::trim_ascii_start);
        rest.is_some()
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
    fn strings_have_keys() {
        let text = r#"{"type":"delta","item": "x", "all":["y",{"z" :"1"}],"n":1,"delta" : "QUJD","no":null}"#;
        let found: Vec<_> = strings(text).collect();
        assert_eq!(found, [("type", "delta"), ("item", "x"), ("z", "1"), ("delta", "QUJD")]);
        assert_eq!(string_field(text, "delta"), Some("QUJD"));
        assert_eq!(string_field(text, "n"), None);
        assert_eq!(string_field(text, "none"), None);
    }

    #[test]
    fn what_is_escaped_is_not_guessed_at() {
        let text = r#"{"a":"1","delta":"a\"b","c":"\\\"","delta":"2"}"#;
        assert_eq!(strings(text).collect::<Vec<_>>(), [("a", "1")]);
        for broken in ["", "{", "\"", r#"{"a"#, r#"{"a":"#, r#"{"a":"b"#, r#""a" "b""#] {
            assert_eq!(strings(broken).next(), None, "{broken}");
        }
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
