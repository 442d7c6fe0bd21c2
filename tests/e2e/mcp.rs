//! MCP over HTTP, as hosts of both eras speak it.

mod conversations;
mod material;
mod meetings;
mod owner;
mod protocol;

use reqwest::header;
use serde_json::{Value, json};
use tests::Bench;

const VISITOR: &str = "/api/mcp";
const OWNER: &str = "/api/mcp/owner";
const NEW: &str = "2026-07-28";

/// A request of 2025-11-25, without a session.
async fn legacy(bench: &Bench, path: &str, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = bench.http.post(bench.url(path));
    if method != "initialize" {
        request = request.header("mcp-protocol-version", "2025-11-25");
    }
    if path == OWNER {
        request = request.bearer_auth(&bench.stack.secrets.owner_token);
    }
    let answer = request
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&body)
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

async fn call(bench: &Bench, path: &str, tool: &str, arguments: Value) -> Value {
    let answer = legacy(bench, path, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
    answer.get("result").cloned().unwrap_or_else(|| panic!("{answer}"))
}

/// What a tool gave; it did not fail.
async fn gave(bench: &Bench, path: &str, tool: &str, arguments: Value) -> Value {
    let result = call(bench, path, tool, arguments).await;
    assert_ne!(result["isError"], true, "{tool}: {result}");
    result["structuredContent"].clone()
}

/// What a tool refused to do, and why: text, because hosts hold structure against the tool's schema.
fn refusal(result: &Value) -> Value {
    assert_eq!((&result["isError"], result.get("structuredContent")), (&json!(true), None), "{result}");
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

/// A request of 2026-07-28.
fn modern(bench: &Bench, method: &str, name: &str, mut params: Value) -> reqwest::RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientInfo": { "name": "a host", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    bench
        .http
        .post(bench.url(VISITOR))
        .header("mcp-protocol-version", NEW)
        .header("mcp-method", method)
        .header("mcp-name", name)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&body)
}

async fn modern_call(bench: &Bench, tool: &str, extra: Value) -> Value {
    let mut params = json!({ "name": tool });
    for (key, value) in extra.as_object().unwrap() {
        params[key] = value.clone();
    }
    modern(bench, "tools/call", tool, params).send().await.unwrap().json().await.unwrap()
}
