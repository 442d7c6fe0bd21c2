use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::file::{ImportError, Read, read};

/// A PDF of one page with this content stream, filters and all, and a cross-reference table that readers rebuild.
pub(crate) fn pdf(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
        2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n\
        3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>> endobj\n\
        5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>> endobj\n"
        .to_vec();
    file.extend(format!("4 0 obj <<{dictionary}/Length {}>> stream\n", content.len()).bytes());
    file.extend(content);
    file.extend(b"\nendstream endobj\n");
    file.extend(b"trailer <</Root 1 0 R/Size 20>>\n%%EOF");
    file
}

/// Forms that each draw the next one ten times, eight levels deep.
fn forms(leaf: &str) -> Vec<u8> {
    let form = |number: usize| {
        let content = if number < 14 { "/X Do ".repeat(10) } else { leaf.to_owned() };
        format!(
            "{number} 0 obj <</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {} 0 R>>>>/Length {}>> \
             stream\n{content}\nendstream endobj\n",
            number + 1,
            content.len()
        )
    };
    let file = String::from_utf8(pdf("", b"/X Do")).unwrap();
    file.replace("trailer", &format!("{}trailer", (6..=14).map(form).collect::<String>())).into_bytes()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn text(read: Result<Read, ImportError>) -> String {
    let document = read.unwrap().documents.remove(0);
    document.sections.into_iter().map(|section| section.text).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_drawn_is_read() {
    let content = b"BT /F 20 Tf 50 800 Td (Alex Sample) Tj /F 10 Tf 0 -30 Td (caf\xe9 \x93quoted\x94) Tj ET";
    assert_eq!(text(read("a.pdf", &pdf("", content))), "Alex Sample\ncafé “quoted”");
}

#[test]
fn what_cannot_be_seen_is_not_read() {
    let content =
        b"BT /F 10 Tf 50 800 Td (Seen) Tj 3 Tr 0 -20 Td (invisible) Tj 0 Tr 1 g 0 -20 Td (white) Tj \
        0 g /F 1 Tf 0 -20 Td (tiny) Tj /F 10 Tf 900 0 Td (off the page) Tj ET";
    assert_eq!(text(read("a.pdf", &pdf("", content))), "Seen");
}

#[test]
fn white_on_a_dark_panel_is_read_and_black_on_black_is_not() {
    let content = b"0 g 0 0 200 842 re f BT /F 10 Tf 1 g 50 800 Td (Harbour) Tj 0 g 0 -20 Td (hidden) Tj ET";
    assert_eq!(text(read("a.pdf", &pdf("", content))), "Harbour");
}

#[test]
fn bold_by_printing_twice_is_read_once() {
    let content = b"BT /F 10 Tf 2 Tr 50 800 Td (Ferries) Tj ET BT /F 10 Tf 0 Tr 50 700 Td (Go) Tj ET";
    assert_eq!(text(read("a.pdf", &pdf("", content))), "Ferries\nGo");
}

#[test]
fn a_stream_that_unpacks_without_end_is_an_error() {
    let bomb = deflated(&vec![b' '; 40 << 20]);
    let error = read("bomb.pdf", &pdf("/Filter/FlateDecode", &bomb)).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");

    let twice = deflated(&bomb);
    let error = read("bomb.pdf", &pdf("/Filter[/FlateDecode/FlateDecode]", &twice)).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");

    let hex = twice.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let dictionary = "/Filter[/ASCIIHexDecode/FlateDecode/FlateDecode]";
    let error = read("bomb.pdf", &pdf(dictionary, hex.as_bytes())).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
}

#[test]
fn drawing_without_end_is_an_error() {
    for leaf in ["0 0 1 1 re f", ""] {
        let error = read("forms.pdf", &forms(leaf)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "forms.pdf, page 1: larger than the limit of 500000 drawn glyphs and shapes"
        );
    }
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    for (open, close) in [("[", "]"), ("<<", ">>"), ("<</A", ""), ("(", ")")] {
        let content = format!("BT {} {} Tj", open.repeat(200_000), close.repeat(200_000));
        assert!(read("deep.pdf", &pdf("", content.as_bytes())).is_err());
        let objects = format!(
            "%PDF-1.4\n1 0 obj {}{} endobj\ntrailer <</Root 1 0 R>>",
            open.repeat(200_000),
            close.repeat(200_000)
        );
        assert!(read("deep.pdf", objects.as_bytes()).is_err());
    }
}

#[test]
fn columns_are_read_one_after_the_other() {
    let mut content =
        String::from("BT /F 20 Tf 50 800 Td (Alex Sample of Berlin and a header across both columns) Tj ET ");
    for row in 0..10 {
        let y = 700 - row * 14;
        content.push_str(&format!("BT /F 10 Tf 50 {y} Td (left words {row}) Tj ET BT /F 10 Tf 300 {y} Td (right side words {row}) Tj ET "));
    }
    let text = text(read("a.pdf", &pdf("", content.as_bytes())));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[1], lines[10], lines[11]), ("left words 0", "left words 9", "right side words 0"));
}

#[test]
fn dates_at_the_right_margin_are_no_column() {
    let mut content = String::new();
    for row in 0..10 {
        let (y, year) = (700 - row * 14, 2010 + row);
        content.push_str(&format!("BT /F 10 Tf 50 {y} Td (Engineer of ferries {row}) Tj ET BT /F 10 Tf 400 {y} Td ({year} - {year}) Tj ET "));
    }
    let text = text(read("a.pdf", &pdf("", content.as_bytes())));
    assert!(text.starts_with("Engineer of ferries 0 | 2010 - 2010\nEngineer of ferries 1 | 2011"), "{text}");
}

#[test]
fn a_page_without_text_is_an_error() {
    let error = read("scan.pdf", &pdf("", b"0 0 100 100 re f")).unwrap_err();
    assert_eq!(error.to_string(), "scan.pdf: no text: a scan? Run text recognition (OCR) on it first");
}
