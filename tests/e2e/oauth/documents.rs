//! Hosts whose id is the address of a document.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing::get};
use mcp::oauth::Resource;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tests::options;
use tokio::net::TcpListener;

use super::{Host, REDIRECT};

/// A site with documents of clients, and how often it was asked.
async fn site() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let document = |path: &str, changes: Value| {
        let mut document = json!({
            "client_id": format!("{base}{path}"),
            "client_name": "Claude",
            "redirect_uris": [REDIRECT, "http://localhost/callback"],
            "token_endpoint_auth_method": "none",
        });
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        document.to_string()
    };
    let answer = |text: String| {
        let asked = Arc::clone(&asked);
        get(move || {
            asked.fetch_add(1, Ordering::Relaxed);
            async move { ([("content-type", "application/json")], text) }
        })
    };
    let moved = get(async || axum::response::Redirect::to("/client.json"));
    let router = Router::new()
        .route("/client.json", answer(document("/client.json", json!({}))))
        .route("/other.json", answer(document("/client.json", json!({}))))
        .route(
            "/secret.json",
            answer(document("/secret.json", json!({ "token_endpoint_auth_method": "client_secret_post" }))),
        )
        .route(
            "/plain.json",
            answer(document("/plain.json", json!({ "redirect_uris": ["http://claude.ai/cb"] }))),
        )
        .route("/large.json", answer(document("/large.json", json!({ "padding": "a".repeat(20_000) }))))
        .route("/text.json", answer("hello".to_owned()))
        .route("/moved.json", moved);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, asked)
}

async fn start() -> Host {
    let mut host =
        Host::with(omnitwin::stack::Options { local_hosts: vec!["127.0.0.1".to_owned()], ..options() }).await;
    host.sign_in_as_owner().await;
    host
}

#[tokio::test]
async fn a_host_is_known_by_its_document() {
    let (base, asked) = site().await;
    let mut host = start().await;
    host.client = format!("{base}/client.json");
    let page = host.authorize(&host.request()).await.text().await.unwrap();
    assert!(page.contains("Published by <strong>127.0.0.1</strong>"), "{page}");
    let code = host.code(&host.request()).await;
    let (access, refresh) = host.tokens(&host.redemption(&code)).await;
    let principal = host.check(Some(&access), Resource::Owner).await.unwrap().unwrap();
    assert_eq!(principal.client, host.client);
    host.tokens(&host.rotation(&refresh)).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1, "what was read counts for a while");
    let elsewhere =
        host.authorize(&host.request_with(&[("redirect_uri", Some("https://evil.example/cb"))])).await;
    assert_eq!(elsewhere.status(), StatusCode::BAD_REQUEST);
    host.stop().await;
}

#[tokio::test]
async fn other_documents_and_addresses_are_nobodys() {
    let (base, asked) = site().await;
    let mut host = start().await;
    let on_the_site = ["other", "secret", "plain", "large", "text", "moved", "missing"];
    let mut ids: Vec<String> = on_the_site.iter().map(|name| format!("{base}/{name}.json")).collect();
    let at = |path: &str| format!("{base}{path}");
    ids.extend([at("/"), at("/a/../client.json"), at("/client.json#part")]);
    let before = asked.load(Ordering::Relaxed);
    for id in &ids {
        host.client.clone_from(id);
        let answer = host.authorize(&host.request()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{id}");
        assert!(!answer.headers().contains_key(header::LOCATION), "{id}");
    }
    assert_eq!(asked.load(Ordering::Relaxed) - before, 5, "what is no document's address is not asked for");
    host.stop().await;
}

/// What a stranger names is not to reach what only we can reach.
#[tokio::test]
async fn addresses_within_are_not_asked() {
    let (base, asked) = site().await;
    let mut host = Host::start().await;
    let port = base.rsplit(':').next().unwrap();
    let mut ids = [
        "https://127.0.0.1/client.json",
        "https://localhost/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:169.254.169.254]/client.json",
        "https://[::1]/client.json",
        "https://10.0.0.1/client.json",
        "http://example.com/client.json",
        "https://github.com@evil.example/client.json",
        "file:///etc/passwd",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.extend([
        format!("http://127.0.0.1:{port}/client.json"),
        format!("http://localhost:{port}/client.json"),
    ]);
    for id in ids {
        host.client.clone_from(&id);
        let answer = host.authorize(&host.request()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{id}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    host.stop().await;
}
