//! Fenced blocks of code in a Markdown text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use twin::knowledge::source_code::Language;

use super::{OPTIONS, hidden::Hidden};

/// A block in a language that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// That stands above it; empty if none does.
    pub heading: String,
    pub language: Language,
    pub code: String,
    /// Where it stands in the text, with its fences.
    pub at: Range<usize>,
}

/// All that a page would show, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut hidden = Hidden::default();
    let (mut heading, mut is_heading) = (String::new(), false);
    let mut open: Option<Block> = None;
    for (event, at) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => hidden.take(&html),
            Event::Start(Tag::MetadataBlock(_)) => hidden.open_front_matter(),
            Event::End(TagEnd::MetadataBlock(_)) => hidden.close_front_matter(),
            Event::Start(Tag::Heading { .. }) => {
                heading.clear();
                is_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(tag))) if !hidden.is_open() => {
                let begun = |language| Block { heading: heading.clone(), language, code: String::new(), at };
                open = Language::tagged(&tag).map(begun);
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            Event::Text(text) | Event::Code(text) => match &mut open {
                Some(block) => block.code.push_str(&text),
                None if is_heading && !hidden.is_open() => heading.push_str(&text),
                None => {}
            },
            _ => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_under_their_headings_as_they_were_written() {
        let text = "```rust\nfirst();\n```\n# Backing `off`\nwords\n```py title\ndef a():\n\n    b\n```\n```text\nnot code\n```\n\
                    <div hidden>\n\n```rust\nhidden();\n```\n\n</div>\n\n    indented();\n";
        let found: Vec<(String, &str, String)> =
            blocks(text).into_iter().map(|one| (one.heading, one.language.name, one.code)).collect();
        let expected = [("", "Rust", "first();\n"), ("Backing off", "Python", "def a():\n\n    b\n")];
        assert_eq!(found, expected.map(|(heading, name, code)| (heading.to_owned(), name, code.to_owned())));
    }
}
