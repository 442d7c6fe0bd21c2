//! A bound on what markup may cost: parsers compare each attribute of a tag with all before it.

use thiserror::Error;

/// Attributes of one tag, with room for what only looks like a tag: a comparison in a script.
const MAX_ATTRIBUTES: usize = 2000;

#[derive(Debug, Error)]
#[error("the tag in line {line} has more than {MAX_ATTRIBUTES} attributes")]
pub struct Overgrown {
    line: usize,
}

/// Refuses markup, HTML or XML, that has a tag with too many attributes.
pub fn check(text: &str) -> Result<(), Overgrown> {
    let mut place = Place::Text;
    let (mut attributes, mut line) = (0, 1);
    for byte in text.bytes() {
        line += usize::from(byte == b'\n');
        place = match (place, byte) {
            (Place::Text, b'<') => Place::Opened,
            (Place::Opened, letter) if letter.is_ascii_alphabetic() => {
                attributes = 0;
                Place::Tag
            }
            (Place::Text | Place::Opened, _) => Place::Text,
            (Place::Quoted(quote), end) if end == quote => Place::Tag,
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (Place::Tag | Place::Value, b'>') => Place::Text,
            (Place::Value, b'"' | b'\'') => {
                attributes += 1;
                Place::Quoted(byte)
            }
            (Place::Tag, b'=') => Place::Value,
            (Place::Value, space) if space.is_ascii_whitespace() => Place::Value,
            (Place::Tag | Place::Value, separator) => {
                attributes += usize::from(separator == b'/' || separator.is_ascii_whitespace());
                Place::Tag
            }
        };
        if attributes > MAX_ATTRIBUTES {
            return Err(Overgrown { line });
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Place {
    Text,
    /// After `<`.
    Opened,
    Tag,
    /// After `=`.
    Value,
    Quoted(u8),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_bounded_however_they_are_written() {
        for attribute in ["a ", "a/", "a='' ", "a=''", "a = \"b c\"", "a=b\n", "\"a\" "] {
            let tag = |count: usize| format!("<p {}>", attribute.repeat(count));
            assert!(check(&tag(MAX_ATTRIBUTES + 1)).is_err(), "{attribute}");
            assert!(check(&tag(MAX_ATTRIBUTES / 4).repeat(8)).is_ok(), "{attribute}");
        }
    }

    #[test]
    fn the_line_is_named() {
        let text = format!("<p>\n<p>\n<p {}>", "a ".repeat(MAX_ATTRIBUTES + 1));
        assert!(check(&text).unwrap_err().to_string().contains("in line 3 "));
    }

    #[test]
    fn values_and_texts_may_be_long() {
        let words = "word / ".repeat(MAX_ATTRIBUTES);
        assert!(check(&format!("<p title='{words}' alt=\"it's {words}\">{words} 1 < 2 {words}</p>")).is_ok());
    }
}
