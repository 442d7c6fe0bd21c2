//! The résumé as a file.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::Bench;

use super::Browser;

/// For anybody to keep; none where the owner keeps it back.
#[tokio::test]
async fn the_resume_is_a_file() {
    let bench = Bench::start().await;
    let file = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.headers()[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(file.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"resume.pdf\"");
    // It says what is known, as a reader finds it.
    let read = knowledge::file::read("resume.pdf", &file.bytes().await.unwrap()).unwrap();
    let sections = read.documents[0].sections.iter();
    let words: Vec<&str> = sections.flat_map(|section| section.text.split_whitespace()).collect();
    let text = words.join(" ");
    assert!(text.contains("40 million transfers a day") && !text.contains('@'), "{text}");
    let home = bench.http.get(bench.url("/")).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("href=\"/resume.pdf\""), "{home}");
    let saved = bench.owner("/api/persona").await;
    let mut persona = saved["persona"].clone();
    persona["contextIntegration"]["resume"] = json!(false);
    let kept_back = json!({ "version": saved["version"], "persona": persona });
    let saved = bench.as_owner(Method::PUT, "/api/persona").json(&kept_back).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let gone = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap().status();
    assert_eq!(gone, StatusCode::NOT_FOUND);
}

/// A link that leads nowhere is not shown.
#[tokio::test]
async fn a_resume_that_cannot_be_drawn_is_no_file() {
    let bench = Bench::start().await;
    let basics = json!({ "name": "山田太郎", "label": "技術者", "summary": "決済台帳を書き直した。" });
    let resume = bench.as_owner(Method::PUT, "/api/knowledge/files/resume.json");
    let imported = resume.body(json!({ "basics": basics }).to_string()).send().await.unwrap();
    assert_eq!(imported.status(), StatusCode::OK);
    let file = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::NOT_FOUND);
    let home = bench.http.get(bench.url("/")).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("山田太郎") && !home.contains("/resume.pdf"), "{home}");
    assert_eq!(Browser::new(&bench).history().await["resume"], Value::Null);
}

/// Whoever asks for nothing else has the link at once, with a model, too, which is not asked for it.
#[tokio::test]
async fn who_asks_for_the_resume_gets_the_link() {
    for options in [super::options(), super::with_model()] {
        let bench = Bench::with(options).await;
        let mut browser = Browser::new(&bench);
        let given = browser.say("send me his cv please").await;
        assert_eq!(given.text(), "Here it is: [Alex Sample’s résumé (PDF)](/resume.pdf).");
        assert_eq!((given.streamed().as_str(), &given.done()["known"]), (given.text(), &json!(true)));
        bench.stack.stop().await.unwrap();
    }
}
