use insta::{assert_json_snapshot, assert_snapshot};

use super::*;
use crate::web::fixtures;

fn feed(text: &str) -> Result<Vec<Document>, ImportError> {
    read(&Url::parse("https://alex-sample.example/feed").unwrap(), text.as_bytes(), None)
}

fn rss(items: &str) -> Vec<Document> {
    feed(&format!("<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>")).unwrap()
}

fn keys(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.key.as_str()).collect()
}

#[test]
fn rss_with_full_content_summaries_and_a_note() {
    let url = Url::parse("https://alex-sample.example/feed.xml").unwrap();
    let documents = read(&url, &fixtures::bytes("site/feed.xml"), Some("application/rss+xml")).unwrap();
    assert!(!format!("{documents:?}").contains("HIDDEN"));
    assert_json_snapshot!(documents);
}

#[test]
fn atom_with_xhtml_and_html() {
    let url = Url::parse("https://alex-sample.example/atom.xml").unwrap();
    assert_json_snapshot!(read(&url, &fixtures::bytes("site/atom.xml"), None).unwrap());
}

#[test]
fn json_feed() {
    let documents = feed(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [
            {"id": "1", "content_text": "Plain\n\ntext", "date_published": "2026-01-01T10:00:00Z"},
            {"id": "2", "url": "/two", "title": "Two", "content_html": "<p>Two<script>x</script>", "date_published": "2026-02-01"}
        ]}"#,
    );
    assert_json_snapshot!(documents.unwrap());
}

#[test]
fn rss_1_has_its_items_beside_the_channel() {
    let documents = feed(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
         <channel><title>Feed</title></channel><item><title>One</title><link>https://a.example/1</link></item></rdf:RDF>",
    );
    assert_eq!(keys(&documents.unwrap()), ["https://a.example/1"]);
}

#[test]
fn newest_come_first_and_undated_last() {
    let documents = rss("<item><guid isPermaLink='false'>none</guid></item>\
         <item><guid isPermaLink='false'>old</guid><pubDate>Mon, 6 Jan 2020 10:00:00 GMT</pubDate></item>\
         <item><guid isPermaLink='false'>odd</guid><pubDate>soon</pubDate></item>\
         <item><guid isPermaLink='false'>new</guid><pubDate>Fri, 31 Jan 2025 10:00:00 +0000</pubDate></item>");
    assert_eq!(keys(&documents), ["new", "old", "none", "odd"]);
}

#[test]
fn an_entry_is_known_by_its_address_its_id_or_its_title() {
    let documents = rss("<item><title>A</title><link>https://a.example/1</link><guid>x</guid></item>\
         <item><title>B</title><guid>https://a.example/2</guid></item>\
         <item><title>C</title><link>javascript:alert(1)</link><guid>c</guid></item>\
         <item><title>D</title></item><item/><item><title>again</title><link>https://a.example/1</link></item>");
    assert_eq!(
        keys(&documents),
        [
            "https://a.example/1",
            "https://a.example/2",
            "c",
            "https://alex-sample.example/feed#D",
            "https://alex-sample.example/feed#Untitled",
        ]
    );
    assert_eq!(documents[2].url, None);
}

#[test]
fn entries_are_capped() {
    let items = (0..MAX_ENTRIES + 5).map(|number| format!("<item><guid>{number}</guid></item>"));
    assert_eq!(rss(&items.collect::<Vec<_>>().concat()).len(), MAX_ENTRIES);
}

#[test]
fn what_is_no_feed_is_an_error_that_says_so() {
    let refused = |text: &str| feed(text).unwrap_err().to_string();
    assert_snapshot!(
        [
            refused(""),
            refused("<html></html>"),
            refused("<rss><channel><item></channel></rss>"),
            refused("<rss><channel>&nbsp;</channel></rss>"),
            refused("<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss>&b;</rss>"),
            refused(&format!("<rss {}/>", "a='' ".repeat(10_000))),
            refused(&format!("<rss>{}", "<a xmlns='b'>".repeat(10_000))),
            refused(&format!("<rss>{}</rss>", "<a/>".repeat(200_000))),
            refused("{\"version\": \"2\"}"),
            refused("{\"items\": []}"),
            refused("{"),
        ]
        .join("\n")
    );
}

#[test]
fn an_entry_that_cannot_be_read_is_named() {
    let deep = "&lt;div&gt;".repeat(10_000);
    let text = format!(
        "<rss><channel><item><link>https://a.example/1</link></item>\
         <item><link>https://a.example/2</link><description>{deep}</description></item></channel></rss>"
    );
    let error = feed(&text).unwrap_err().to_string();
    assert!(
        error.starts_with("https://alex-sample.example/feed, entry https://a.example/2 is malformed: "),
        "{error}"
    );
}

#[test]
fn deep_markup_exhausts_no_stack() {
    let deep = 40_000;
    let text = format!("<rss><channel>{}{}</channel></rss>", "<item>".repeat(deep), "</item>".repeat(deep));
    assert_eq!(feed(&text).unwrap().len(), 1);
}
