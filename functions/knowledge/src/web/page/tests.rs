use insta::assert_json_snapshot;

use super::*;
use crate::web::fixtures;

const SITE: &str = "https://alex-sample.example/";

fn page(path: &str) -> Document {
    let url = Url::parse(SITE).unwrap().join(path).unwrap();
    let file = if path.is_empty() { "index.html" } else { path };
    read(&url, &fixtures::bytes(&format!("site/{file}")), Some("text/html; charset=utf-8")).unwrap()
}

fn html(text: &str) -> Result<Document, ImportError> {
    read(&Url::parse("https://example.com/a#part").unwrap(), text.as_bytes(), None)
}

#[test]
fn the_front_page() {
    assert_json_snapshot!(page(""));
}

#[test]
fn a_page_with_a_table() {
    assert_json_snapshot!(page("services.html"));
}

#[test]
fn a_post() {
    assert_json_snapshot!(page("posts/idempotency.html"));
}

#[test]
fn a_page_that_hides_instructions() {
    let page = page("posts/tail-latency.html");
    let text = serde_json::to_string(&page).unwrap();
    assert!(!text.contains("HIDDEN"), "{text}");
    assert!(text.contains("Visible injection"));
    assert_json_snapshot!(page);
}

#[test]
fn dates_from_every_place() {
    for (markup, date) in [
        ("<meta property='article:published_time' content='2026-01-02T23:59:00-08:00'>", Some("2026-01-02")),
        ("<meta itemprop=datePublished content=2026-01-03>", Some("2026-01-03")),
        (
            "<script type='application/ld+json'>[{\"datePublished\": \"2026-01-04\"}]</script>",
            Some("2026-01-04"),
        ),
        ("<script type='application/ld+json'>{\"datePublished\": 7}</script>", None),
        ("<script type='application/ld+json'>{</script><time>2026-01-05</time>", Some("2026-01-05")),
        ("<time datetime=yesterday>x</time><time datetime='2026-01-06T10:00'>y</time>", Some("2026-01-06")),
        ("<meta name=date content='2026-13-40'>", None),
        ("<meta name=date content='2026-01-0é'>", None),
    ] {
        let page = html(&format!("{markup}<p>text")).unwrap();
        assert_eq!(page.date.map(|date| date.to_string()).as_deref(), date, "{markup}");
    }
}

#[test]
fn a_canonical_address_is_believed_on_its_own_host() {
    for (link, key) in [
        ("", "https://example.com/a"),
        ("<link rel=Canonical href='/b#x'>", "https://example.com/b"),
        ("<link rel=canonical href='https://example.com/c?d'>", "https://example.com/c?d"),
        ("<link rel=canonical href='https://evil.example/'>", "https://example.com/a"),
        ("<link rel=canonical href='http://example.com/'>", "https://example.com/a"),
        ("<link rel=canonical href='https://x@example.com/'>", "https://example.com/a"),
        ("<link rel=canonical href='javascript:alert(1)'>", "https://example.com/a"),
    ] {
        assert_eq!(html(&format!("{link}<p>text")).unwrap().key, key, "{link}");
    }
}

#[test]
fn the_main_content_is_found() {
    for (body, text) in [
        ("<p>a</p><main>b</main><article>c</article>", "b"),
        ("<p>a</p><div role=main>b</div>", "b"),
        ("<p>a</p><article>b</article>", "b"),
        ("<article>a</article><article>b</article>", "a\n\nb"),
        ("a", "a"),
    ] {
        assert_eq!(html(body).unwrap().sections[0].text, text, "{body}");
    }
}

#[test]
fn titles_fall_back() {
    for (markup, title) in [
        ("<title> A\n b </title><h1>C</h1>", "A b"),
        ("<header><h1>C <b>d</b></h1></header>", "C d"),
        ("", "https://example.com/a"),
    ] {
        assert_eq!(html(&format!("{markup}<p>text")).unwrap().title, title, "{markup}");
    }
}

#[test]
fn what_is_no_page_is_an_error_that_says_so() {
    let url = Url::parse("https://example.com/a").unwrap();
    let refused = |bytes: &[u8], kind| read(&url, bytes, kind).unwrap_err().to_string();
    let hidden = b"<body><div id=app></div><script>render()</script>";
    insta::assert_snapshot!(
        [
            refused(b"%PDF-1.7", Some("application/pdf")),
            refused(hidden, Some("text/html")),
            refused("<i>".repeat(10_000).as_bytes(), None),
            refused(format!("<p {}>", "a ".repeat(10_000)).as_bytes(), None),
        ]
        .join("\n")
    );
}
