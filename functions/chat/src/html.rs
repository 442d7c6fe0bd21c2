//! Markdown to HTML that is safe to put into a page: no HTML of its own, links to the web and to mail only.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

/// Where the twin sends somebody on its own pages.
const OURS: [&str; 2] = [twin::tools::export_my_data::PATH, twin::resume::PATH];

/// HTML of what the twin wrote, as it stands in a conversation.
pub fn said(markdown: &str) -> String {
    html(markdown, HeadingLevel::H2)
}

/// HTML whose highest headings are of a level, whatever they were: those of the page are above them.
pub fn html(markdown: &str, top: HeadingLevel) -> String {
    let parser = || Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let levels = parser().filter_map(|event| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(level),
        _ => None,
    });
    let highest = levels.min().unwrap_or(top);
    let moved = |level: HeadingLevel| {
        let level = level as usize + top as usize - highest as usize;
        HeadingLevel::try_from(level).unwrap_or(HeadingLevel::H6)
    };
    let events = parser().map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: moved(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(moved(level))),
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: safe(dest_url), title, id })
        }
        // An image would be fetched from wherever it is.
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: safe(dest_url), title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    });
    let mut html = String::with_capacity(markdown.len() * 2);
    push_html(&mut html, events);
    html
}

fn safe(url: CowStr<'_>) -> CowStr<'_> {
    let lower = url.trim().to_ascii_lowercase();
    let is_ours = OURS.contains(&&*url);
    if is_ours || ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)) {
        url
    } else {
        CowStr::Borrowed("#")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        assert_eq!(
            said("**Rust** [1]\n\n```rust\nlet a = 1 < 2;\n```"),
            "<p><strong>Rust</strong> [1]</p>\n<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n</code></pre>\n"
        );
    }

    /// A link to one's own data is none to the top of the page.
    #[test]
    fn our_own_pages_are_linked() {
        for path in OURS {
            assert_eq!(said(&format!("[it]({path})")), format!("<p><a href=\"{path}\">it</a></p>\n"));
        }
        assert_eq!(said("[it](/owner)"), "<p><a href=\"#\">it</a></p>\n");
    }

    #[test]
    fn headings_begin_below_those_of_the_page() {
        for written in ["# Work\n\n## Ledger", "## Work\n\n### Ledger"] {
            assert_eq!(html(written, HeadingLevel::H3), "<h3>Work</h3>\n<h4>Ledger</h4>\n");
        }
        assert_eq!(said("###### Last"), "<h2>Last</h2>\n");
        let deep = html("# One\n\n###### Six", HeadingLevel::H3);
        assert_eq!(deep, "<h3>One</h3>\n<h6>Six</h6>\n");
    }

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        let hostile = [
            "<img src=x onerror=alert(1)>",
            "<script>alert(1)</script>",
            "[a](javascript:alert(1))",
            "[a](  JaVaScRiPt:alert(1))",
            "[a](data:text/html;base64,xx)",
            "![a](https://evil.example/pixel.png)",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[a]: javascript:alert(1)\n\n[a]",
            "[a](https://ok.example/\"onmouseover=\"alert)",
        ];
        for text in hostile {
            let html = said(text);
            let lower = html.to_lowercase();
            for bad in [
                "<img",
                "<script",
                "<a href=\"javascript",
                "<a href=\"data",
                "\"onmouseover=\"",
                "<svg",
                "<iframe",
            ] {
                assert!(!lower.contains(bad), "{text} became {html}");
            }
        }
    }
}
