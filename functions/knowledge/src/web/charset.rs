//! Bytes of a page or feed to text, in the charset that they are in.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How far a document is searched for its own statement (HTML Standard §13.2.3.2).
const PRESCAN: usize = 1024;

/// Decodes by the byte order mark, else the header's charset, else the document's own statement, else as UTF-8
/// if that fits, else as windows-1252. What cannot be decoded becomes U+FFFD.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    let stated = content_type
        .and_then(|header| label(header.as_bytes(), b"charset="))
        .or_else(|| own_statement(bytes.get(..PRESCAN).unwrap_or(bytes)));
    let encoding = stated.unwrap_or_else(|| match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => WINDOWS_1252,
    });
    // Removes a byte order mark, and obeys it.
    encoding.decode(bytes).0.into_owned()
}

/// `<meta charset=…>`, `<meta http-equiv content="…; charset=…">` or `<?xml encoding="…"?>`.
fn own_statement(head: &[u8]) -> Option<&'static Encoding> {
    let named = label(head, b"charset=").or_else(|| label(head, b"encoding="))?;
    // What has just been read as ASCII is not UTF-16, whatever it says.
    Some(named.output_encoding())
}

fn label(text: &[u8], key: &[u8]) -> Option<&'static Encoding> {
    let start = text.windows(key.len()).position(|window| window.eq_ignore_ascii_case(key))? + key.len();
    let value = text.get(start..)?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|byte| b"\"'; \t\r\n/>?".contains(byte)).unwrap_or(value.len());
    Encoding::for_label(value.get(..end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_wins_then_the_header_then_the_document_then_a_guess() {
        let cases: [(&[u8], Option<&str>, &str); 9] = [
            ("\u{FEFF}é".as_bytes(), Some("text/html; charset=iso-8859-1"), "é"),
            (b"\xFF\xFEe\0", None, "e"),
            (b"\xE9", Some("text/html; Charset=\"ISO-8859-1\""), "é"),
            (b"<meta charset=windows-1251>\xE9", None, "<meta charset=windows-1251>й"),
            (b"<?xml encoding='koi8-r'?>\xC1", None, "<?xml encoding='koi8-r'?>а"),
            ("<meta charset='utf-16'>é".as_bytes(), None, "<meta charset='utf-16'>é"),
            ("é".as_bytes(), None, "é"),
            (b"caf\xE9", None, "café"),
            ("é".as_bytes(), Some("text/html; charset=no-such"), "é"),
        ];
        for (bytes, header, text) in cases {
            assert_eq!(decode(bytes, header), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_replaced() {
        assert_eq!(decode(b"a\xFFb", Some("text/html; charset=utf-8")), "a\u{FFFD}b");
    }
}
