//! What the twin knows: imports, search, claims, gaps, and the answers that come of them.

mod sources;
mod gaps;
mod models;
mod flow;
mod introducing;
mod racing;

use std::{fs, io::Write as _, net::Ipv4Addr, path::PathBuf};

use axum::{Router, extract::Path, http::header, routing::get};
use jiff::{Timestamp, tz::TimeZone};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, options};
use tokio::net::TcpListener;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/knowledge").join(name)
}

async fn put(bench: &Bench, name: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let request = bench.as_owner(Method::PUT, &format!("/api/knowledge/files/{name}"));
    let answer = request.body(bytes).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn put_fixture(bench: &Bench, name: &str) -> (StatusCode, Value) {
    let file = name.rsplit('/').next().unwrap();
    put(bench, file, fs::read(fixture(name)).unwrap()).await
}

async fn post(bench: &Bench, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = bench.as_owner(Method::POST, path).json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// Whole years from a month until today.
fn years_since(year: i32, month: i32) -> i32 {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    ((i32::from(today.year()) - year) * 12 + i32::from(today.month()) - month) / 12
}

async fn version(bench: &Bench) -> u64 {
    bench.owner("/api/knowledge").await["version"].as_u64().unwrap()
}

fn linkedin() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for entry in fs::read_dir(fixture("linkedin")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&fs::read(path).unwrap()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn files_are_imported_once_and_contradictions_shown() {
    let bench = Bench::start().await;
    let (status, first) = put_fixture(&bench, "resume.pdf").await;
    assert_eq!((status, first["added"].as_array().unwrap().len()), (StatusCode::OK, 1));
    let (_, second) = put_fixture(&bench, "resume.pdf").await;
    assert_eq!(second, json!({ "added": [], "changed": [], "removed": [], "unchanged": 1 }));
    let (_, export) = put(&bench, "export.zip", linkedin()).await;
    assert_eq!(export["added"].as_array().unwrap().len(), 8, "{export}");
    let taken = json!({
        "total": 3, "created": 3, "changed": 0, "unchanged": 0, "broken": [], "brokenInAll": 0,
    });
    assert_eq!(export["connections"], taken, "they are contacts");

    let ledger = bench.owner("/api/knowledge/claims").await;
    assert_eq!(ledger["yearsOfExperience"], years_since(2014, 10), "from dates: sources state other numbers");
    let explained = ledger["contradictions"].to_string();
    for expected in ["Sample-Muster", "overlaps", "years of experience"] {
        assert!(explained.contains(expected), "{expected} in {explained}");
    }
    let removed =
        bench.as_owner(Method::DELETE, "/api/knowledge/sources?source=linkedin").send().await.unwrap();
    assert_eq!(removed.json::<Value>().await.unwrap()["removed"].as_array().unwrap().len(), 8);
    let before = version(&bench).await;
    let again =
        bench.as_owner(Method::DELETE, "/api/knowledge/sources?source=linkedin").send().await.unwrap();
    assert_eq!((again.status(), version(&bench).await), (StatusCode::NOT_FOUND, before));
    let ledger = bench.owner("/api/knowledge/claims").await;
    assert!(!ledger.to_string().contains("Sample-Muster"), "what is removed is forgotten at once");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_broken_file_is_named_and_changes_nothing() {
    let bench = Bench::start().await;
    let before = version(&bench).await;
    for entry in fs::read_dir(fixture("broken")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (status, problem) = put(&bench, &name, fs::read(&path).unwrap()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(&name) || detail.contains(".csv"), "it names the place: {problem}");
    }
    let (status, _) = put(&bench, "large.md", vec![b'x'; 4 * 1024 * 1024 + 1]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let long = "A sentence of a note that never ends. ".repeat(20_000);
    let (status, _) = put(&bench, "long.md", long.into_bytes()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "more than the table takes");
    assert_eq!(version(&bench).await, before, "nothing of any of them");
    bench.stack.stop().await.unwrap();
}

/// The sample pages, and GitHub, as the web would serve them.
async fn web() -> (String, Options) {
    let github = sim::github::GitHub::new(sim::github::Options::new(fixture("github")));
    let site = Router::new().route(
        "/site/{*path}",
        get(async |Path(path): Path<String>| {
            let kind = if path.ends_with("xml") { "application/xml" } else { "text/html" };
            let bytes = fs::read(fixture("site").join(path));
            bytes.map(|bytes| ([(header::CONTENT_TYPE, kind)], bytes)).map_err(|_| StatusCode::NOT_FOUND)
        }),
    );
    let router = site.merge(github.router());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let options = Options {
        github: base.clone(),
        github_token: Some("sim-token".to_owned()),
        local_hosts: vec!["127.0.0.1".to_owned()],
        ..options()
    };
    (base, options)
}

#[tokio::test]
async fn the_web_is_read_as_a_reader_sees_it() {
    let (base, options) = web().await;
    let bench = Bench::with(options).await;
    let sources = [
        json!({ "kind": "github", "login": "alex-sample" }),
        json!({ "kind": "page", "url": format!("{base}site/services.html") }),
        json!({ "kind": "page", "url": format!("{base}site/index.html") }),
        json!({ "kind": "page", "url": format!("{base}site/posts/tail-latency.html") }),
        json!({ "kind": "feed", "url": format!("{base}site/feed.xml") }),
        json!({ "kind": "feed", "url": format!("{base}site/atom.xml") }),
        json!({ "kind": "note", "title": "Parking", "text": "Visitors park in the yard." }),
    ];
    for source in &sources {
        let (status, changes) = post(&bench, "/api/knowledge/imports", source.clone()).await;
        assert_eq!(status, StatusCode::OK, "{source}: {changes}");
        assert!(!changes["added"].as_array().unwrap().is_empty(), "{source}: {changes}");
        let (_, again) = post(&bench, "/api/knowledge/imports", source.clone()).await;
        assert_eq!(
            (&again["added"], &again["changed"], &again["removed"]),
            (&json!([]), &json!([]), &json!([]))
        );
    }
    let questions: Value = serde_json::from_slice(&fs::read(fixture("questions-web.json")).unwrap()).unwrap();
    let right = right_answers(&bench, questions.as_array().unwrap()).await;
    assert!(right >= 7, "{right} of 10");
    let found =
        bench.owner("/api/knowledge/search?q=hidden+instructions+ignore+previous&k=50").await.to_string();
    assert!(!found.contains("HIDDEN"), "{found}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_public_web_is_asked() {
    let bench = Bench::start().await;
    let before = version(&bench).await;
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "file:///etc/passwd",
        "nonsense",
    ] {
        for kind in ["page", "feed"] {
            let (status, problem) =
                post(&bench, "/api/knowledge/imports", json!({ "kind": kind, "url": url })).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}: {problem}");
        }
    }
    assert_eq!(version(&bench).await, before);
    bench.stack.stop().await.unwrap();
}

/// How many are answered with what is expected, or are not answered where nothing is known.
async fn right_answers(bench: &Bench, questions: &[Value]) -> usize {
    let mut right = 0;
    for question in questions {
        let asked = json!({ "message": question["question"], "channel": question["channel"] });
        let (status, answer) = post(bench, "/api/conversation-flow/response", asked).await;
        assert_eq!(status, StatusCode::OK);
        let (text, known) = (answer["text"].as_str().unwrap().to_lowercase(), answer["known"] == true);
        let cited = !answer["citations"].as_array().unwrap().is_empty();
        let expected = question["expect"].as_array().unwrap();
        let says = expected.iter().any(|part| text.contains(&part.as_str().unwrap().to_lowercase()));
        let is_right = if question["answerable"] == false { !known } else { says && cited };
        right += usize::from(is_right);
        if !is_right {
            println!("{question}\n  {answer}");
        }
        if question["channel"] == "phone" {
            assert!(text.len() < 300 && !text.contains("http"), "for the ear: {text}");
        }
    }
    right
}

#[tokio::test]
async fn thirty_questions() {
    let bench = Bench::start().await;
    put_fixture(&bench, "resume.pdf").await;
    // Talks stand in this one alone.
    put_fixture(&bench, "resume.md").await;
    put(&bench, "export.zip", linkedin()).await;
    put_fixture(&bench, "injection-resume.pdf").await;
    let questions: Value = serde_json::from_slice(&fs::read(fixture("questions.json")).unwrap()).unwrap();
    let questions = questions.as_array().unwrap();
    let right = right_answers(&bench, questions).await;
    assert!(right >= 29, "{right} of {}", questions.len());
    let gaps = bench.owner("/api/knowledge/gaps").await.to_string();
    for question in questions.iter().filter(|question| question["answerable"] == false) {
        assert!(gaps.contains(question["question"].as_str().unwrap()), "{question} in {gaps}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_persona_is_saved_by_version() {
    let bench = Bench::start().await;
    let read = bench.owner("/api/persona").await;
    assert_eq!(read["version"], 1);
    let save = async |version: u64, persona: &Value| {
        let body = json!({ "version": version, "persona": persona });
        bench.as_owner(Method::PUT, "/api/persona").json(&body).send().await.unwrap()
    };
    let mut persona = read["persona"].clone();
    persona["core"]["title"] = json!("Principal engineer");
    let saved = save(1, &persona).await;
    assert_eq!((saved.status(), saved.headers()["etag"].to_str().unwrap()), (StatusCode::OK, "\"2\""));
    assert_eq!(save(1, &persona).await.status(), StatusCode::CONFLICT);
    persona["core"]["name"] = json!("");
    let refused = save(2, &persona).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("core.name"));
    let history = bench.owner("/api/persona/history").await;
    let titles: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|version| &version["version"]).collect();
    assert_eq!(titles, [1, 2]);
    let preview = bench.owner("/api/persona?channel=phone&preview=").await;
    let told = preview["instructions"].as_str().unwrap();
    assert!(told.contains("Principal engineer") && told.contains("You are on the phone"), "{told}");
    let saved = bench.owner("/api/persona").await["version"].as_u64().unwrap();
    let found = bench.owner("/api/knowledge/search?q=ledger&k=1").await;
    assert!(
        !found["results"].as_array().unwrap().is_empty(),
        "version {saved} knows what the one before knew"
    );
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_somebody_wants() {
    let bench = Bench::start().await;
    let said = "I'm a recruiter at Northgate Search with a staff engineer role, 150k a year. Mail dana@northgate.example";
    let (_, intent) = post(&bench, "/api/conversation-flow/intent", json!({ "message": said })).await;
    assert_eq!(intent["intent"], "job_opportunity");
    assert_eq!(intent["slots"]["company"], "Northgate Search");
    assert_eq!(intent["slots"]["money"], "150k a year");
    for (body, status) in [
        (json!({ "message": "" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "message": "x".repeat(4001) }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "message": 1 }), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(post(&bench, "/api/conversation-flow/intent", body).await.0, status);
    }
    let unknown = json!({ "person": "per_1", "interaction": "int_1" });
    assert_eq!(post(&bench, "/api/conversation-flow/follow-up", unknown).await.0, StatusCode::NOT_FOUND);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_owner_teaches() {
    let bench = Bench::start().await;
    let routes = [
        (Method::GET, "/api/knowledge"),
        (Method::GET, "/api/knowledge/claims"),
        (Method::GET, "/api/knowledge/search?q=x"),
        (Method::POST, "/api/knowledge/imports"),
        (Method::PUT, "/api/knowledge/files/a.md"),
        (Method::DELETE, "/api/knowledge/sources?source=resume.json"),
        (Method::GET, "/api/knowledge/gaps"),
        (Method::POST, "/api/knowledge/gaps/gap_1/answer"),
        (Method::GET, "/api/persona"),
        (Method::PUT, "/api/persona"),
        (Method::POST, "/api/conversation-flow/intent"),
        (Method::POST, "/api/conversation-flow/response"),
        (Method::POST, "/api/conversation-flow/follow-up"),
    ];
    for (method, path) in routes {
        let answer = bench.http.request(method.clone(), bench.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    bench.stack.stop().await.unwrap();
}
