//! Whatever the network sends, parsers answer with a document or an error: no panic, no endless text.

use proptest::collection::vec;
use proptest::prelude::*;
use url::Url;

use crate::web::{charset, feed, html, markdown, page};

const MARKUP: [&str; 40] = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href=x>",
    "</a>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<div hidden>",
    "</div>",
    "<h1>",
    "<h2>",
    "</h2>",
    "<ul>",
    "<ol>",
    "<li>",
    "</ul>",
    "<pre>",
    "</pre>",
    "<svg>",
    "<math>",
    "<template>",
    "</template>",
    "<select>",
    "<option>",
    "<form>",
    "</body>",
    "<html lang=x>",
    "<!-- ",
    " -->",
    "<script>",
    "</script>",
    "<br/>",
    "&amp;",
    "\u{202E}x",
    "text ",
    "<frameset>",
    "\0",
];
const FEED: [&str; 24] = [
    "<rss>",
    "</rss>",
    "<channel>",
    "</channel>",
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<link/>",
    "<guid>",
    "</guid>",
    "<pubDate>",
    "</pubDate>",
    "Mon, 6 Jan 2020",
    "2020-01-01",
    "<![CDATA[",
    "]]>",
    "<description>",
    "</description>",
    "&lt;",
    "text",
    "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<entry>",
    "</entry>",
];
const MARKDOWN: [&str; 20] = [
    "# ",
    "## ",
    "- ",
    "1. ",
    "> ",
    "```\n",
    "`",
    "**",
    "[a](",
    ")",
    "[^1]",
    "[^1]: ",
    "| a | b |\n|---|---|\n",
    "---\n",
    "\n",
    "\n\n",
    "<div hidden>",
    "</div>",
    "    ",
    "text ",
];

fn soup(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(prop::sample::select(words), 0..200).prop_map(|words| words.concat())
}

fn url() -> Url {
    Url::parse("https://example.com/").unwrap()
}

proptest! {
    #[test]
    fn tag_soup_is_read(soup in soup(&MARKUP)) {
        drop(page::read(&url(), soup.as_bytes(), None));
    }

    #[test]
    fn feed_soup_is_read(soup in soup(&FEED)) {
        drop(feed::read(&url(), soup.as_bytes(), None));
        drop(feed::read(&url(), format!("<rss><channel><item>{soup}</item></channel></rss>").as_bytes(), None));
    }

    #[test]
    fn markdown_soup_is_read(soup in soup(&MARKDOWN)) {
        drop(page::fragment(&markdown::to_html(&soup), "README", "a README"));
    }

    #[test]
    fn bytes_are_read(bytes in vec(any::<u8>(), 0..300), kind in proptest::option::of(".{0,40}")) {
        charset::decode(&bytes, kind.as_deref());
        drop(page::read(&url(), &bytes, None));
        drop(feed::read(&url(), &bytes, kind.as_deref()));
    }
}

#[test]
fn the_deepest_page_fits_on_a_small_stack() {
    const STACK: usize = 1024 * 1024;
    let deepest = || {
        let page = format!("{}x{}", "<ul><li>".repeat(250), "</li></ul>".repeat(250));
        page::read(&url(), page.as_bytes(), None).unwrap().sections.len()
    };
    assert_eq!(std::thread::Builder::new().stack_size(STACK).spawn(deepest).unwrap().join().unwrap(), 1);
}

#[test]
fn markdown_does_not_unfold() {
    for hostile in [
        "> ".repeat(50_000),
        "- ".repeat(50_000),
        "[".repeat(100_000),
        "*a ".repeat(50_000),
        "`".repeat(100_000),
    ] {
        let html = markdown::to_html(&hostile);
        drop(html::parse(&html));
        assert!(html.len() < 32 * hostile.len());
    }
}
