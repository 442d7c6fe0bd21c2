//! Markdown to HTML, so that what it hides is hidden by one set of rules: comments, hidden elements, badges
//! (images), link definitions that no reader sees.

use pulldown_cmark::{Options, Parser, html};

/// GitHub's dialect, and the metadata block of static sites, which is left out.
const DIALECT: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_YAML_STYLE_METADATA_BLOCKS);

pub fn to_html(markdown: &str) -> String {
    let mut page = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut page, Parser::new_ext(markdown, DIALECT));
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::fixtures::shown;
    use crate::web::page::fragment;

    fn read(markdown: &str) -> String {
        shown(&fragment(&to_html(markdown), "README", "a README").unwrap())
    }

    #[test]
    fn a_readme_reads_as_on_its_page() {
        insta::assert_snapshot!(read(
            "---\ntitle: X\n---\n# Tool\n[![build](https://x/badge.svg)](https://ci)\n\nDoes *one* thing.[^1]\n\n\
             ## Usage\n\n```sh\ntool --fast\n```\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1]: A note.\n"
        ));
    }

    #[test]
    fn what_its_page_does_not_show_is_not_read() {
        for hidden in [
            "<!-- X -->",
            "text <!-- X --> text",
            "[//]: # (X)",
            "[comment]: <> \"X\"",
            "![X](https://x)",
            "<div style=\"display:none\">\n\n**X**\n\n</div>",
            "<p hidden>\nX\n</p>",
            "a <span style='font-size:0'>X</span> b",
            "<picture><source><img alt=\"X\"></picture>",
        ] {
            assert!(!read(&format!("seen\n\n{hidden}\n\nseen")).contains('X'), "{hidden}");
        }
    }
}
