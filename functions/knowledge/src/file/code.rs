//! A file of source code, as the owner wrote it.

use twin::knowledge::{
    document::{Document, Section, SourceKind},
    source_code::Language,
};

use crate::file::{error::ImportError, markdown, visible::visible_code};

/// Bytes of a file, and of a line of it: more is no example that anybody reads.
const LARGEST: usize = 256 << 10;
const LONGEST_LINE: usize = 2000;
/// Fewer lines in a text are a part of it: a command, a name.
const LEAST_LINES: usize = 3;

/// One document with one section. No claims: that somebody wrote a line of a language says little of how well.
pub fn read(key: &str, language: Language, text: &str) -> Result<Document, ImportError> {
    let text = visible_code(text);
    if text.is_empty() {
        return Err(ImportError::empty(key, "the file has no text"));
    }
    if text.len() > LARGEST {
        return Err(ImportError::too_large(key, format!("{} KiB for source code", LARGEST >> 10)));
    }
    if let Some(at) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        let place = format!("{key} line {}", at + 1);
        let reason = format!("longer than {LONGEST_LINE} bytes; import the source that it was made of");
        return Err(ImportError::not_readable(place, reason));
    }
    Ok(Document {
        kind: SourceKind::Code,
        key: key.to_owned(),
        title: key.to_owned(),
        url: None,
        date: None,
        sections: vec![Section { place: String::new(), text }],
        claims: Vec::new(),
        keywords: format!("{} source code example snippet", language.name),
    })
}

/// The examples of code in a Markdown text, each under the heading above it, and the text without them: else they would be
/// found twice, and told as prose. What is no example stays in the text.
pub fn examples(name: &str, text: &str) -> (Vec<Document>, String) {
    let named = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut documents: Vec<Document> = Vec::new();
    let (mut rest, mut from) = (String::new(), 0);
    for block in markdown::blocks(text) {
        let about = if block.heading.is_empty() { named } else { &block.heading };
        let mut title = block.language.file(about);
        if documents.iter().any(|known| known.title == title) {
            title = block.language.file(&format!("{about} {}", documents.len() + 1));
        }
        let key = format!("{name}#{}", documents.len() + 1);
        let read = read(&title, block.language, &block.code).ok();
        let example =
            read.filter(|read| read.sections.iter().any(|one| one.text.lines().count() >= LEAST_LINES));
        if let Some(read) = example {
            documents.push(Document { key, ..read });
            rest.push_str(&text[from..block.at.start]);
            // What stood around it stays apart.
            rest.push('\n');
            from = block.at.end;
        }
    }
    rest.push_str(&text[from..]);
    (documents, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(text: &str) -> Result<Document, ImportError> {
        read("a.rs", Language::of("a.rs").expect("Rust"), text)
    }

    #[test]
    fn code_stays_as_it_was_written() {
        let read =
            rust("\u{feff}\r\n\r\nfn a() {\r\n\tlet b = \"ﬁ\u{202e}\";   \r\n\r\n\r\n}\r\n\r\n").unwrap();
        assert_eq!(read.sections[0].text, "fn a() {\n\tlet b = \"ﬁ\";\n\n\n}");
        assert_eq!((read.kind, read.title.as_str()), (SourceKind::Code, "a.rs"));
    }

    #[test]
    fn a_text_has_its_examples() {
        let block = |tag: &str, code: &str| format!("```{tag}\n{code}\n```\n");
        let one = "fn a() {\n    b();\n}";
        let text = [
            block("rust", one),
            "## Retries\n".to_owned(),
            block("rust", "short();"),
            block("rust", &format!("{one}\n{}", "x".repeat(2001))),
            block("rust", one),
            block("py", "def a():\n    b()\n    c()"),
            block("rust", one),
        ];
        let (found, prose) = examples("On node.js.md", &text.concat());
        let titles: Vec<&str> = found.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["On node.js.rs", "Retries.rs", "Retries.py", "Retries 4.rs"]);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["On node.js.md#1", "On node.js.md#2", "On node.js.md#3", "On node.js.md#4"]);
        assert!(found.iter().all(|found| found.kind == SourceKind::Code));
        assert_eq!(found[1].sections[0].text, one);
        assert!(prose.contains("## Retries") && prose.contains("short();"), "{prose}");
        assert_eq!(prose.matches("fn a()").count(), 1, "in the one that is no example: {prose}");
    }

    #[test]
    fn what_stands_around_an_example_stays_apart() {
        let (found, prose) = examples("a.md", "Like this:\n```sql\na\nb\nc\n```\nIt works.\n");
        assert_eq!(found.len(), 1);
        assert!(prose.starts_with("Like this:\n\n") && prose.ends_with("\nIt works.\n"), "{prose:?}");
        assert!(!prose.contains('`'), "{prose:?}");
    }

    #[test]
    fn what_nobody_reads_is_no_example() {
        let told = |text: &str| rust(text).unwrap_err().to_string();
        assert_eq!(told(" \n\u{200b}\n"), "a.rs: the file has no text");
        assert!(told(&format!("a\n{}", "x".repeat(2001))).starts_with("a.rs line 2: longer than 2000 bytes"));
        assert_eq!(told(&"a\n".repeat(200_000)), "a.rs: larger than the limit of 256 KiB for source code");
    }
}
