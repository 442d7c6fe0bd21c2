//! The protocol and its door: both eras, what is refused before a tool runs.

use omnitwin::stack::Options;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Bench, is_problem, options};
use twin::config::PublicUrls;

use super::{NEW, OWNER, VISITOR, call, legacy, modern};

/// Somebody outside may get a mail, a text message or a call by them.
const REACH_OUT: [&str; 6] =
    ["ask", "book_meeting", "change_meeting", "verify_me", "decide_follow_up", "place_call"];

#[tokio::test]
async fn tools_say_what_they_take_and_give() {
    let bench = Bench::start().await;
    for (path, expected) in [(VISITOR, 12), (OWNER, 12)] {
        let listed = legacy(&bench, path, "tools/list", json!({})).await;
        let tools = listed["result"]["tools"].as_array().unwrap().clone();
        assert_eq!(tools.len(), expected, "{path}");
        for tool in &tools {
            let name = tool["name"].as_str().unwrap();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(tool["title"].is_string() && tool["description"].is_string(), "{name}");
            for schema in ["inputSchema", "outputSchema"] {
                assert_eq!(tool[schema]["type"], "object", "{name}");
                assert!(
                    !tool[schema].to_string().contains("\"null\""),
                    "{name}: strict hosts warn: {}",
                    tool[schema]
                );
            }
            assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{name}");
            assert!(tool["annotations"]["destructiveHint"].is_boolean(), "{name}");
            let reaches_out = &tool["annotations"]["openWorldHint"];
            assert_eq!(*reaches_out, json!(REACH_OUT.contains(&name)), "{name}");
            assert!(tool["inputSchema"].get("title").is_none(), "{name}: the name of a type says nothing");
            assert!(
                tool["inputSchema"]["properties"].get("person").is_none(),
                "{name}: the person is who asks"
            );
        }
    }
}

#[tokio::test]
async fn what_is_refused_before_the_protocol() {
    let bench = Bench::start().await;
    let post = |path: &str, body: String| {
        bench
            .http
            .post(bench.url(path))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body)
    };
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let rows =
        [("{no".to_owned(), -32700), (format!("[{ping}]"), -32600), (format!("\u{feff}{ping}"), -32700)];
    for (body, code) in rows {
        let answer = post(VISITOR, body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], code, "{body}");
    }
    let unknown = legacy(&bench, VISITOR, "tools/dance", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601);
    let unknown = legacy(&bench, VISITOR, "tools/call", json!({ "name": "dance" })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let odd = legacy(&bench, VISITOR, "tools/call", json!({ "name": 5 })).await;
    assert_eq!(odd["error"]["code"], -32602);
    for arguments in [
        json!({}),
        json!({ "question": 5 }),
        json!({ "question": "hi", "person": "per_1" }),
        json!({ "question": "" }),
    ] {
        let wrong = call(&bench, VISITOR, "ask", arguments.clone()).await;
        assert_eq!(wrong["isError"], true, "{arguments}");
    }
    let mismatch =
        modern(&bench, "tools/call", "other", json!({ "name": "get_profile" })).send().await.unwrap();
    assert_eq!(mismatch.status(), StatusCode::BAD_REQUEST);
    assert_eq!(mismatch.json::<Value>().await.unwrap()["error"]["code"], -32020);
    let version =
        post(VISITOR, ping.clone()).header("mcp-protocol-version", "2099-01-01").send().await.unwrap();
    assert_eq!(version.status(), StatusCode::BAD_REQUEST);
    assert_eq!(version.json::<Value>().await.unwrap()["error"]["code"], -32022);
    for method in [Method::GET, Method::DELETE] {
        let answer = bench.http.request(method, bench.url(VISITOR)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    let evil =
        post(VISITOR, ping.clone()).header(header::ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    let evil = post(VISITOR, ping.clone()).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    let large = post(VISITOR, format!("{ping}{}", " ".repeat(256 * 1024))).send().await.unwrap();
    is_problem(large, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    let plain = |path: &str| bench.http.post(bench.url(path)).body(ping.clone()).send();
    let kind = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    is_problem(plain(VISITOR).await.unwrap(), kind, "unsupported_media_type").await;
    assert_eq!(
        plain(OWNER).await.unwrap().status(),
        StatusCode::UNAUTHORIZED,
        "a host looks where to sign in"
    );
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]), "nothing is written");
}

/// With an address on the internet, too, programs on the same machine ask here; pages elsewhere do not.
#[tokio::test]
async fn a_program_on_this_machine_asks_by_its_name() {
    let base = "https://twin.example.com".to_owned();
    let urls = PublicUrls { base, relay: "wss://twin.example.com".to_owned() };
    let mcp_origins = vec!["https://host.example".to_owned(), "http://localhost:6274".to_owned()];
    let bench = Bench::with(Options { urls: Some(urls), mcp_origins, ..options() }).await;
    let url = format!("http://localhost:{}{VISITOR}", bench.stack.address.port());
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for (host, origin, status) in [
        (None, None, StatusCode::OK),
        (Some("twin.example.com"), Some("https://twin.example.com"), StatusCode::OK),
        (Some("evil.example"), None, StatusCode::FORBIDDEN),
        (None, Some("http://localhost:3000"), StatusCode::FORBIDDEN),
        (None, Some("https://evil.example"), StatusCode::FORBIDDEN),
        (None, Some("https://host.example"), StatusCode::OK),
        (None, Some("http://localhost:6274"), StatusCode::OK),
        // Another port, or another scheme, is another page.
        (None, Some("https://twin.example.com:8443"), StatusCode::FORBIDDEN),
        (None, Some("http://twin.example.com"), StatusCode::FORBIDDEN),
        (None, Some("https://host.example:8443"), StatusCode::FORBIDDEN),
        (None, Some("http://host.example"), StatusCode::FORBIDDEN),
        (None, Some("http://localhost"), StatusCode::FORBIDDEN),
    ] {
        let mut request = bench.http.post(&url).json(&body).header("mcp-protocol-version", "2025-11-25");
        request = request.header(header::ACCEPT, "application/json, text/event-stream");
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{host:?}, {origin:?}");
    }
}

#[tokio::test]
async fn the_owners_surface_wants_a_token() {
    let bench = Bench::start().await;
    let ask = |token: Option<&str>, path: &str| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let request = bench.http.post(bench.url(path)).json(&body);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    let none = ask(None, OWNER).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
    let challenge = none.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    assert!(challenge.contains("resource_metadata=") && challenge.contains("owner:read"), "{challenge}");
    for path in [OWNER, VISITOR] {
        let wrong = ask(Some("eyJhbGciOiJub25lIn0.e30."), path).send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let owner = ask(Some(&bench.stack.secrets.owner_token), OWNER).send().await.unwrap();
    assert_eq!(owner.status(), StatusCode::OK);
}

#[tokio::test]
async fn both_eras_are_told_who_this_is() {
    let bench =
        Bench::with(Options { mcp_origins: vec!["http://localhost:6274".to_owned()], ..options() }).await;
    let begin = json!({
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "old", "version": "1" },
    });
    let begun = legacy(&bench, VISITOR, "initialize", begin).await;
    assert_eq!(begun["result"]["protocolVersion"], "2025-06-18");
    assert!(begun["result"]["instructions"].as_str().unwrap().contains("AI"));
    let found = modern(&bench, "server/discover", "", json!({})).send().await.unwrap();
    let found: Value = found.json().await.unwrap();
    assert!(found["result"]["supportedVersions"].to_string().contains(NEW), "{found}");
    assert!(found["result"]["capabilities"]["extensions"]["io.modelcontextprotocol/ui"].is_object());
    let listed = modern(&bench, "tools/list", "", json!({})).send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    assert!(listed["result"]["ttlMs"].is_number() && listed["result"]["cacheScope"] == "public", "{listed}");
    let page = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let browser = bench.http.post(bench.url(VISITOR)).header(header::ORIGIN, "http://localhost:6274");
    assert_eq!(browser.json(&page).send().await.unwrap().status(), StatusCode::OK);
}

/// Over HTTP each request of before 2026-07-28 stands alone: a host is who the request says, or else its program.
#[tokio::test]
async fn a_conversation_tells_which_host_it_is_held_in() {
    let bench = Bench::start().await;
    let ask = |meta: Value| {
        let params = json!({ "name": "ask", "arguments": { "question": "What has Alex done with Rust?" }, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = bench.http.post(bench.url(VISITOR)).header("mcp-protocol-version", "2025-11-25");
        request.header(header::USER_AGENT, "Program/1.0 (a library)").json(&body)
    };
    let info = json!({ "name": "claude-ai", "title": "Claude Desktop", "version": "1" });
    for meta in [json!({ "io.modelcontextprotocol/clientInfo": info }), json!({})] {
        assert_eq!(ask(meta).send().await.unwrap().status(), StatusCode::OK);
    }
    let held = bench.owner("/api/analytics/today").await.to_string();
    for host in ["Claude Desktop", "Program"] {
        assert!(held.contains(&format!(r#""host":"{host}""#)), "{host}: {held}");
    }
    assert!(!held.contains("rmcp"), "{held}");
}
