use super::*;
use crate::file::archive::tests::zip;

fn lines(body: &str) -> Vec<String> {
    let xml = format!("<w:document xmlns:w='w' xmlns:r='r'><w:body>{body}</w:body></w:document>");
    let styles =
        "<w:styles><w:style w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style></w:styles>";
    let links = "<Relationships><Relationship Id='rId1' Target='https://alex.example' TargetMode='External'/></Relationships>";
    let files = [(BODY, xml.as_str()), ("word/styles.xml", styles), ("word/_rels/document.xml.rels", links)];
    let bytes = zip(&files.map(|(path, xml)| (path, xml.as_bytes())));
    let document = read("a.docx", &bytes).unwrap();
    let section =
        |section: twin::knowledge::document::Section| [format!("# {}", section.place), section.text];
    document.sections.into_iter().flat_map(section).collect()
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn entities_breaks_and_links() {
    let body = "<w:p><w:r><w:t>R&amp;D &#8211; </w:t></w:r><w:hyperlink r:id='rId1'><w:r><w:t>me</w:t></w:r></w:hyperlink>\
                <w:r><w:br/><w:t>next</w:t></w:r></w:p>";
    assert_eq!(lines(body), ["# top", "R&D – me (https://alex.example)\nnext"]);
}

#[test]
fn headings_are_told_by_the_name_of_their_style() {
    let heading = "<w:p><w:pPr><w:pStyle w:val='berschrift1'/></w:pPr><w:r><w:t>Skills</w:t></w:r></w:p>";
    let talks = heading.replace("Skills", "Mentoring");
    let body = [heading, &paragraph("Rust"), &talks, &paragraph("Five engineers")].concat();
    assert_eq!(lines(&body), ["# Skills", "Rust", "# Mentoring", "Five engineers"]);
}

#[test]
fn rows_of_tables_are_lines_and_layouts_are_read_by_cell() {
    let cell = |content: &str| format!("<w:tc>{content}</w:tc>");
    let row = |cells: [String; 2]| format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", cells.concat());
    let short = row([cell(&paragraph("a")), cell(&paragraph("b"))]);
    let long = row([cell(&(paragraph("c") + &paragraph("d"))), cell(&(paragraph("e") + &paragraph("f")))]);
    assert_eq!(lines(&(short + &long)), ["# top", "a | b\nc\nd\ne\nf"]);
}

#[test]
fn deleted_hidden_and_white_text_is_left_out() {
    let run = |look: &str| format!("<w:r><w:rPr>{look}</w:rPr><w:t>hidden</w:t></w:r>");
    let deleted = "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>";
    let hidden = [run("<w:vanish/>"), run("<w:color w:val='FFFFFF'/>"), run("<w:sz w:val='2'/>")].concat();
    let body = format!("<w:p>{deleted}{hidden}<w:r><w:t>seen</w:t></w:r></w:p>");
    assert_eq!(lines(&body), ["# top", "seen"]);
    let painted = "<w:p><w:r><w:rPr><w:color w:val='FFFFFF'/><w:shd w:fill='1F3547'/></w:rPr><w:t>light</w:t></w:r></w:p>";
    assert_eq!(lines(painted), ["# top", "light"]);
}

#[test]
fn damaged_xml_names_the_part_and_the_byte() {
    let bytes = zip(&[(BODY, b"<w:document><w:p></w:r>")]);
    let error = read("a.docx", &bytes).unwrap_err().to_string();
    assert!(error.starts_with("a.docx, word/document.xml, byte 17: "), "{error}");
}
