//! All sources together, as each channel tells of them; what a command takes over; and what cannot be read again.

use std::{fs, path::Path};

use jiff::Timestamp;
use knowledge::import::Importer;
use omnitwin::{commands::import, settings::Running};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::Bench;
use twin::clients::fetch::Policy;

use super::{fixture, linkedin, post, put, put_fixture, right_answers, web};

/// What a reader of the channel bears, in bytes.
const LONGEST: [(&str, usize); 3] = [("chat", 3000), ("voice", 800), ("phone", 300)];

/// All imports together, and each question in the style of each channel.
#[tokio::test]
async fn every_source_and_every_channel() {
    let (base, options) = web().await;
    let bench = Bench::with(options).await;
    for name in ["resume.pdf", "resume.json", "resume.md"] {
        put_fixture(&bench, name).await;
    }
    put(&bench, "export.zip", linkedin()).await;
    for source in [
        json!({ "kind": "github", "login": "alex-sample" }),
        json!({ "kind": "page", "url": format!("{base}site/services.html") }),
        json!({ "kind": "page", "url": format!("{base}site/index.html") }),
        json!({ "kind": "page", "url": format!("{base}site/posts/tail-latency.html") }),
        json!({ "kind": "feed", "url": format!("{base}site/feed.xml") }),
        json!({ "kind": "feed", "url": format!("{base}site/atom.xml") }),
    ] {
        let (status, changes) = post(&bench, "/api/knowledge/imports", source).await;
        assert_eq!(status, StatusCode::OK, "{changes}");
    }
    let read =
        |name: &str| -> Vec<Value> { serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap() };
    let mut questions = read("questions.json");
    questions.extend(read("questions-web.json"));
    for (channel, longest) in LONGEST {
        for question in &mut questions {
            question["channel"] = json!(channel);
        }
        let right = right_answers(&bench, &questions).await;
        // What is heard is short: fewer sentences tell less.
        let least = match channel {
            "chat" => questions.len() * 9 / 10,
            "voice" => questions.len() * 3 / 4,
            _ => questions.len() * 13 / 20,
        };
        assert!(right >= least, "{channel}: {right} of {}", questions.len());
        for question in &questions {
            let asked = json!({ "message": question["question"], "channel": channel });
            let (_, answer) = post(&bench, "/api/conversation-flow/response", asked).await;
            let length = answer["text"].as_str().unwrap().len();
            assert!(length <= longest, "{channel}, {length}: {answer}");
        }
    }
}

/// The command takes LinkedIn's connections over, too, and says before it sends what is too much.
#[tokio::test]
async fn an_export_brings_its_connections() {
    let home = tempfile::tempdir().unwrap();
    let (export, large) = (home.path().join("export.zip"), home.path().join("large.md"));
    fs::write(&export, linkedin()).unwrap();
    fs::write(&large, vec![b'x'; knowledge::MAX_FILE + 1]).unwrap();
    let bench = Bench::start().await;
    let directory = home.path().join("data");
    fs::create_dir(&directory).unwrap();
    Running::of(&bench.stack).write(&directory).unwrap();
    let import = async |file: &Path| {
        let arguments = import::Arguments::of(vec![file.to_str().unwrap().to_owned()], None);
        import::run(&arguments, &|_| None, &directory).await.map_err(|error| error.to_string())
    };
    for _ in 0..2 {
        import(&export).await.unwrap();
        let contacts = bench.owner("/api/crm/contacts?tag=linkedin").await;
        assert_eq!(contacts["total"], 3, "{contacts}");
    }
    assert!(import(&large).await.unwrap_err().contains("1 of 1"), "it is not sent");
}

/// A page that is gone is told to the owner, until it is there again or is forgotten.
#[tokio::test]
async fn what_cannot_be_read_again_is_told() {
    let (base, options) = web().await;
    let bench = Bench::with(options).await;
    let url = format!("{base}site/services.html");
    post(&bench, "/api/knowledge/imports", json!({ "kind": "page", "url": url })).await;
    let importer =
        |policy: Policy| Importer::new(bench.stack.twin.clone(), policy, &base, Some("sim-token")).unwrap();
    assert_eq!(bench.owner("/api/knowledge").await["unread"], json!([]));
    let mut since: Option<Value> = None;
    for _ in 0..2 {
        // Only the public web: this host is none of it.
        importer(Policy::public()).refresh(Timestamp::now()).await.unwrap();
        let unread = &bench.owner("/api/knowledge").await["unread"];
        assert_eq!((unread.as_array().unwrap().len(), &unread[0]["source"]), (1, &json!(url)), "{unread}");
        assert!(!unread[0]["why"].as_str().unwrap().is_empty(), "{unread}");
        assert!(unread[0]["since"].is_string(), "{unread}");
        let first = since.get_or_insert_with(|| unread[0]["since"].clone());
        assert_eq!(unread[0]["since"], *first, "since the first time");
    }
    post(&bench, "/api/knowledge/imports", json!({ "kind": "page", "url": url })).await;
    assert_eq!(bench.owner("/api/knowledge").await["unread"], json!([]), "it was read by hand");
}
