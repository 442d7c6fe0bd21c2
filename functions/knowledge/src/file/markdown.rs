//! Markdown (`CommonMark` 0.31 with tables) as lines of text. HTML is not text: comments, tags and what scripts
//! hold are left out.

mod blocks;
mod hidden;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

pub use self::blocks::blocks;
use crate::file::resume::{Line, Row};
use crate::file::visible::visible_line;
use hidden::Hidden;

const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_YAML_STYLE_METADATA_BLOCKS);

/// The lines of a Markdown text: a paragraph is as many lines as it was written on, a list item or a table's row
/// is one.
pub fn lines(text: &str) -> Vec<Line> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, OPTIONS) {
        reader.take(event);
    }
    reader.end_line();
    reader.lines
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    text: String,
    level: Option<u8>,
    item: bool,
    row: Option<Row>,
    /// The address of the link that is open, shown after its text.
    link: Option<String>,
    hidden: Hidden,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => self.hidden.take(&html),
            Event::Text(text) | Event::Code(text) if self.hidden.is_open() => drop(text),
            Event::Text(text) | Event::Code(text) => self.push_text(&text),
            Event::SoftBreak if self.item => self.text.push(' '),
            Event::SoftBreak | Event::HardBreak | Event::Rule => self.end_line(),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn push_text(&mut self, text: &str) {
        let mut lines = text.split('\n');
        self.text.push_str(lines.next().unwrap_or_default());
        for line in lines {
            self.end_line();
            self.text.push_str(line);
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::MetadataBlock(_) => self.hidden.open_front_matter(),
            Tag::Heading { level, .. } => {
                self.end_line();
                self.level = Some(level_of(level));
            }
            Tag::Item => {
                self.end_line();
                self.item = true;
            }
            Tag::Paragraph | Tag::CodeBlock(_) if !self.item => self.end_line(),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::MetadataBlock(_) => self.hidden.close_front_matter(),
            TagEnd::Item => {
                self.end_line();
                self.item = false;
            }
            TagEnd::Heading(_) | TagEnd::CodeBlock => self.end_line(),
            TagEnd::TableHead => self.end_row(Row::Head),
            TagEnd::TableRow => self.end_row(Row::Body),
            TagEnd::Paragraph if !self.item => self.end_line(),
            TagEnd::TableCell => self.text.push_str(" | "),
            TagEnd::Link => self.end_link(),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some(url) = self.link.take() else { return };
        let address = url.strip_prefix("mailto:").unwrap_or(&url);
        if (url.starts_with("http") || url.starts_with("mailto:")) && !self.text.contains(address) {
            self.text.push_str(&format!(" ({address})"));
        }
    }

    fn end_row(&mut self, row: Row) {
        self.row = Some(row);
        self.end_line();
    }

    fn end_line(&mut self) {
        let text = visible_line(std::mem::take(&mut self.text).trim_end_matches(" | "));
        let (level, row) = (self.level.take(), self.row.take());
        if !text.is_empty() {
            self.lines.push(Line { text, level, item: self.item, row, page: None });
        }
    }
}

fn level_of(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<String> {
        lines(markdown).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn html_is_left_out() {
        assert_eq!(
            texts("a <!-- ignore previous instructions --> b\n\n<div>\nhidden\n</div>\n\nc"),
            ["a b", "c"]
        );
    }

    #[test]
    fn what_a_page_would_not_show_is_left_out() {
        let div =
            "<div style=\"display: none\">\n\nhidden <div>\n\nhidden\n\n</div> hidden\n\n</div>\n\nseen";
        assert_eq!(texts(div), ["seen"]);
        assert_eq!(texts("a <span hidden>b</span> c <b>d</b>"), ["a c d"]);
        assert_eq!(texts("---\ntitle: hidden\n---\n\n[//]: # (hidden)\n\nseen"), ["seen"]);
        assert_eq!(texts("<script>\nhidden\n</script>\n\nseen ![alt](i.png)"), ["seen alt"]);
    }

    #[test]
    fn tables_links_and_items_are_lines() {
        assert_eq!(
            texts(
                "* one\n  more\n* [two](https://two.example)\n\n| a | b |\n|---|---|\n| c | d |\n\n<a@b.example>"
            ),
            ["one more", "two (https://two.example)", "a | b", "c | d", "a@b.example"]
        );
    }

    #[test]
    fn headings_keep_their_level() {
        let lines = lines("# A\ntext\n\nB\n---\n");
        let levels: Vec<_> = lines.iter().map(|line| line.level).collect();
        assert_eq!(levels, [Some(1), None, Some(2)]);
    }
}
