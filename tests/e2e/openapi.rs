//! `/openapi.json`: what the routes say of themselves.

use std::{collections::HashSet, fs, path::Path};

use omnitwin::openapi::{LEFT_OUT, openapi};
use reqwest::header;
use serde_json::Value;
use tests::Bench;

#[tokio::test]
async fn the_document_is_that_of_the_routes() {
    let bench = Bench::start().await;
    let answer = bench.http.get(bench.url("/openapi.json")).send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    let served: Value = answer.json().await.unwrap();
    let current = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
    fs::write(&current, serde_json::to_string_pretty(&openapi()).unwrap() + "\n").unwrap();
    assert!(served == openapi(), "cp {} functions/web/openapi.json", current.display());
    assert_eq!(served["openapi"], "3.1.0");
    bench.stack.stop().await.unwrap();
}

#[test]
fn each_route_is_described_or_named_with_a_reason() {
    let document = openapi();
    let (mut left_out, mut names) = (Vec::new(), HashSet::new());
    for (method, path) in super::invariants::all_routes() {
        if document["paths"][&path][method.to_lowercase()].is_object() {
            continue;
        }
        let reason = LEFT_OUT.iter().find(|(begins, _)| path.starts_with(begins) || path == "/");
        assert!(reason.is_some(), "{method} {path} is not described");
        left_out.extend(reason.map(|(begins, _)| *begins));
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(names.insert(&operation["operationId"]), "{method} {path} has a name of its own");
            let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
            assert!(statuses.iter().any(|status| status.starts_with('2')), "{method} {path} succeeds");
            for place in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let named = operation["parameters"].as_array().unwrap();
                assert!(
                    named.iter().any(|one| one["name"] == place),
                    "{method} {path} tells what {place} is"
                );
            }
        }
    }
    assert!(document["paths"].as_object().unwrap().keys().all(|path| !path.starts_with("/chat")));
    for (begins, why) in LEFT_OUT {
        assert!(left_out.contains(&begins), "{begins} ({why}) is left out, and there is no such route");
    }
}

/// What is JSON for the owner is described, whichever function answers it.
#[test]
fn what_the_owner_asks_is_described() {
    let document = openapi();
    for (method, path) in [
        ("get", "/api/knowledge"),
        ("post", "/api/knowledge/imports"),
        ("put", "/api/knowledge/files/{name}"),
        ("delete", "/api/knowledge/sources"),
        ("post", "/api/knowledge/gaps/{gap}/answer"),
        ("put", "/api/phone/settings"),
        ("post", "/api/phone/calls"),
        ("delete", "/api/phone/calls/{person}/{dial}"),
        ("post", "/api/phone/screened/{call}/allow"),
    ] {
        let operation = &document["paths"][path][method];
        assert_eq!(operation["security"], serde_json::json!([{ "owner": [] }]), "{method} {path}");
    }
}
