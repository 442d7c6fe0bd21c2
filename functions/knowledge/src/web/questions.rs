//! The questions of the evaluation can be answered from what the importers read, each from its source alone.

use serde::Deserialize;
use url::Url;

use crate::web::{charset, feed, fixtures, markdown, page};
use twin::knowledge::document::Section;

const SITE: &str = "https://alex-sample.example/";
const PAGES: [&str; 4] = ["index.html", "services.html", "posts/idempotency.html", "posts/tail-latency.html"];
const FEEDS: [&str; 2] = ["feed.xml", "atom.xml"];
const REPOSITORIES: [&str; 5] = ["ledger", "settle-sim", "shale", "oncall-handbook", "lambda-cold"];

#[derive(Deserialize)]
struct Case {
    question: String,
    channel: String,
    expect: Vec<String>,
    source: String,
}

/// Where a text came from, and the text.
fn material() -> Vec<(String, String)> {
    let url = |path: &str| Url::parse(SITE).unwrap().join(path).unwrap();
    let file = |path: &str| fixtures::bytes(&format!("site/{path}"));
    let pages = PAGES.iter().map(|path| page::read(&url(path), &file(path), None).unwrap());
    let entries = FEEDS.iter().flat_map(|path| feed::read(&url(path), &file(path), None).unwrap());
    let written = pages.chain(entries).map(|document| (document.key, joined(&document.sections)));
    let readmes = REPOSITORIES.iter().map(|name| {
        let readme = fixtures::bytes(&format!("github/alex-sample/{name}/README.md"));
        let html = markdown::to_html(&charset::decode(&readme, None));
        (format!("alex-sample/{name}"), joined(&page::fragment(&html, "README", name).unwrap()))
    });
    written.chain(readmes).collect()
}

fn joined(sections: &[Section]) -> String {
    sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_question_has_its_answer_in_its_source_and_nowhere_else() {
    let questions: Vec<Case> = serde_json::from_slice(&fixtures::bytes("questions-web.json")).unwrap();
    let material = material();
    for Case { question, channel, expect, source } in questions {
        assert!(matches!(channel.as_str(), "chat" | "voice" | "phone"), "{question}");
        let answers =
            |text: &str| expect.iter().all(|part| text.to_lowercase().contains(&part.to_lowercase()));
        let holding: Vec<_> =
            material.iter().filter(|(_, text)| answers(text)).map(|(key, _)| key.as_str()).collect();
        assert_eq!(holding, [source.as_str()], "{question}");
    }
}
