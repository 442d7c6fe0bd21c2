//! `omnitwin mcp`: MCP over stdio, for hosts that start a program: each line is one message, passed on over HTTP.
//!
//! To a system that runs elsewhere, or to the one of this machine ([`here`]). Nothing but messages goes to standard
//! output. Source: MCP, "Transports", stdio.

mod here;

use std::{path::Path, time::Duration};

use reqwest::{Client, header};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use self::here::Here;
use super::{Outcome, owner::address};

const ANSWER_WITHIN: Duration = Duration::from_mins(5);
const INTERNAL_ERROR: i32 = -32603;
const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";

#[derive(clap::Args)]
pub struct Arguments {
    /// A system that runs elsewhere: `https://twin.example.com`. By default the one on this machine.
    #[arg(long, env = "OMNITWIN_URL", value_parser = address)]
    pub url: Option<String>,
    /// The owner's surface instead of the visitors'.
    #[arg(long)]
    pub owner: bool,
    /// The owner's token, which leads to the owner's surface; on this machine it is known.
    #[arg(long, env = "OMNITWIN_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// Where messages go.
struct Endpoint {
    url: String,
    token: Option<String>,
}

pub async fn run(
    arguments: &Arguments,
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &Path,
) -> Outcome {
    let token = arguments.token.clone().filter(|token| !token.is_empty());
    // Elsewhere a token is the owner's: visitors need none.
    let owner = arguments.owner || token.is_some();
    let path = if owner { mcp::oauth::OWNER_PATH } else { mcp::oauth::VISITOR_PATH };
    if let Some(url) = arguments.url.as_deref().filter(|url| !url.is_empty()) {
        let there = Endpoint { url: format!("{}{path}", url.trim_end_matches('/')), token };
        return bridge(there, None).await;
    }
    let mut here = Here { lookup, directory, path, owner, token, started: None };
    let endpoint = here.find().await?;
    let bridged = bridge(endpoint, Some(&mut here)).await;
    here.end().await?;
    bridged
}

/// Until the host closes our input.
async fn bridge(mut endpoint: Endpoint, mut here: Option<&mut Here<'_>>) -> Outcome {
    let http = twin::clients::http().timeout(ANSWER_WITHIN).build()?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let (mut version, mut host) = (None, None);
    while let Some(line) = lines.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let headers = headers(&message, version.as_deref());
        let line = host.as_ref().and_then(|host| introduced(&message, host)).unwrap_or(line);
        let mut sent = post(&http, &endpoint, &headers, line.clone()).await;
        // Whoever had started the system of this machine has ended: nothing was sent.
        if let (Err(error), Some(here)) = (&sent, here.as_deref_mut())
            && error.is_connect()
        {
            endpoint = here.find().await?;
            sent = post(&http, &endpoint, &headers, line).await;
        }
        let answer = match sent {
            Ok(answer) => said(&answer.text().await.unwrap_or_default(), &message),
            Err(error) => failed(&message, &format!("the twin is not reached: {error}")),
        };
        let Some(answer) = answer else { continue };
        if message["method"] == "initialize" {
            version = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
            host = Some(said_of_itself(&message["params"]["clientInfo"]));
        }
        output.write_all(format!("{answer}\n").as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

async fn post(
    http: &Client,
    endpoint: &Endpoint,
    headers: &[(&'static str, String)],
    line: String,
) -> reqwest::Result<reqwest::Response> {
    let mut request = http
        .post(&endpoint.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    if let Some(token) = &endpoint.token {
        request = request.bearer_auth(token);
    }
    request.body(line).send().await
}

/// What HTTP says beside the message: the revision, and since 2026-07-28 the method and the name.
fn headers(message: &Value, negotiated: Option<&str>) -> Vec<(&'static str, String)> {
    let params = &message["params"];
    let stated = params["_meta"][PROTOCOL_VERSION].as_str();
    let mut all = Vec::new();
    if message["method"] != "initialize" {
        all.extend(stated.or(negotiated).map(|version| ("mcp-protocol-version", version.to_owned())));
    }
    if stated.is_some() {
        all.extend(message["method"].as_str().map(|method| ("mcp-method", method.to_owned())));
        let name = params["name"].as_str().or(params["uri"].as_str());
        all.extend(name.map(|name| ("mcp-name", name.to_owned())));
    }
    all
}

/// What a host is called; not its icons, which may be longer than a message.
fn said_of_itself(info: &Value) -> Value {
    let told = ["name", "title", "version"].into_iter();
    Value::Object(told.filter_map(|key| Some((key.to_owned(), info.get(key)?.clone()))).collect())
}

/// A request with who asks in it, as hosts say it since 2026-07-28 with each. The others said it once, when they began, and
/// over HTTP each request stands alone. `None`: the message stays as it is.
fn introduced(message: &Value, host: &Value) -> Option<String> {
    message.get("id").and(message.get("method"))?;
    let mut message = message.clone();
    let params = message.as_object_mut()?.entry("params").or_insert_with(|| json!({}));
    let meta = params.as_object_mut()?.entry("_meta").or_insert_with(|| json!({}));
    meta.as_object_mut()?.entry(CLIENT_INFO).or_insert_with(|| host.clone());
    Some(message.to_string())
}

/// The answer to a message; none to a notification.
fn said(body: &str, message: &Value) -> Option<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    let mut answers =
        std::iter::once(body).chain(data).filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let answer = answers.rfind(|answer| answer["jsonrpc"] == "2.0");
    match answer {
        Some(answer) => Some(answer),
        None if message.get("id").is_none() => None,
        None => failed(message, &why(body)),
    }
}

/// What an answer of OAuth or a problem says of itself.
fn why(body: &str) -> String {
    let said: Value = serde_json::from_str(body).unwrap_or_default();
    let why = ["error_description", "detail", "title"].iter().find_map(|name| said[*name].as_str());
    why.unwrap_or(body).to_owned()
}

fn failed(message: &Value, why: &str) -> Option<Value> {
    let id = message.get("id")?;
    let error = json!({ "code": INTERNAL_ERROR, "message": why });
    Some(json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_follow_the_message() {
        let old = json!({ "id": 1, "method": "tools/call", "params": { "name": "ask" } });
        assert_eq!(headers(&old, None), []);
        assert_eq!(headers(&old, Some("2025-11-25")), [("mcp-protocol-version", "2025-11-25".to_owned())]);
        let new = json!({ "id": 1, "method": "resources/read", "params": {
            "uri": "twin://profile",
            "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" },
        } });
        let names: Vec<String> = headers(&new, None).into_iter().map(|(_, value)| value).collect();
        assert_eq!(names, ["2026-07-28", "resources/read", "twin://profile"]);
    }

    #[test]
    fn each_request_says_which_host_asks() {
        let info = json!({ "name": "claude-ai", "title": "Claude", "version": "1", "icons": ["data:,"] });
        let host = said_of_itself(&info);
        assert_eq!(host, json!({ "name": "claude-ai", "title": "Claude", "version": "1" }));
        let sent = |message: &Value| {
            introduced(message, &host).map(|line| serde_json::from_str::<Value>(&line).unwrap())
        };
        let call = json!({ "id": 1, "method": "tools/call",
            "params": { "name": "ask", "_meta": { "progressToken": 1 } } });
        let meta = json!({ "progressToken": 1, CLIENT_INFO: host });
        let params = json!({ "name": "ask", "_meta": meta });
        assert_eq!(sent(&call).unwrap()["params"], params);
        let bare = json!({ "id": 2, "method": "tools/list" });
        assert_eq!(sent(&bare).unwrap()["params"]["_meta"][CLIENT_INFO]["title"], "Claude");
        let own = json!({ "id": 3, "method": "tools/list",
            "params": { "_meta": { CLIENT_INFO: { "name": "another", "version": "1" } } } });
        assert_eq!(sent(&own), Some(own));
        for other in
            [json!({ "method": "notifications/initialized" }), json!({ "id": 1, "result": {} }), Value::Null]
        {
            assert_eq!(sent(&other), None, "{other}");
        }
    }

    #[test]
    fn answers_come_plain_or_as_events() {
        let call = json!({ "id": 7, "method": "ping" });
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": {} });
        assert_eq!(said(&answer.to_string(), &call), Some(answer.clone()));
        assert_eq!(said(&format!("event: message\ndata: {answer}\n\n"), &call), Some(answer));
        assert_eq!(said("", &json!({ "method": "notifications/initialized" })), None);
        assert_eq!(said("no", &call).unwrap()["error"]["message"], "no");
        let refused = r#"{"error":"invalid_token","error_description":"the token has ended"}"#;
        assert_eq!(said(refused, &call).unwrap()["error"]["message"], "the token has ended");
    }
}
