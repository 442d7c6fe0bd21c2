//! `omnitwin mcp`: MCP over stdio, for hosts that start a program: each line is one message, passed on over HTTP.
//!
//! To a system that runs here or elsewhere; if none does, one is started for as long as the host wants it. Nothing
//! but messages goes to standard output. Source: MCP, "Transports", stdio.

use std::{path::Path, time::Duration};

use reqwest::{Client, header};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use twin::telemetry;

use super::Outcome;
use crate::{
    settings::{Running, options},
    stack::Stack,
};

const ANSWER_WITHIN: Duration = Duration::from_mins(5);
const LOOK_FOR: Duration = Duration::from_secs(2);
const INTERNAL_ERROR: i32 = -32603;

#[derive(clap::Args)]
pub struct Arguments {
    /// A system that runs elsewhere: `https://twin.example.com`. By default the one on this machine.
    #[arg(long, env = "OMNITWIN_URL")]
    pub url: Option<String>,
    /// The owner's surface instead of the visitors'.
    #[arg(long)]
    pub owner: bool,
    /// The owner's token, which leads to the owner's surface; on this machine it is known.
    #[arg(long, env = "OMNITWIN_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

pub async fn run(
    arguments: &Arguments,
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &Path,
) -> Outcome {
    let given = arguments.token.clone().filter(|token| !token.is_empty());
    // Elsewhere a token is the owner's: visitors need none.
    let owner = arguments.owner || given.is_some();
    let path = if owner { mcp::oauth::OWNER_PATH } else { mcp::oauth::VISITOR_PATH };
    let token = |known: String| given.clone().or(owner.then_some(known));
    if let Some(url) = arguments.url.as_deref().filter(|url| !url.is_empty()) {
        return bridge(&format!("{}{path}", url.trim_end_matches('/')), given.clone()).await;
    }
    if let Ok(running) = Running::read(directory)
        && answers(&running.base_url).await
    {
        return bridge(&format!("{}{path}", running.base_url), token(running.owner_token)).await;
    }
    telemetry::start(telemetry::Format::Text, lookup("LOG").as_deref().or(Some("warn")));
    let mut options = options(lookup, directory)?;
    options.port = 0;
    let stack = Stack::start(options).await?;
    let url = format!("http://localhost:{}{path}", stack.address.port());
    let bridged = bridge(&url, token(stack.secrets.owner_token.clone())).await;
    stack.stop().await?;
    bridged
}

/// What was left behind by one that was killed does not.
async fn answers(base_url: &str) -> bool {
    let asked = Client::new().get(format!("{base_url}/health")).timeout(LOOK_FOR).send().await;
    asked.is_ok_and(|answer| answer.status().is_success())
}

/// Until the host closes our input.
async fn bridge(url: &str, token: Option<String>) -> Outcome {
    let http = Client::builder().timeout(ANSWER_WITHIN).build()?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let mut version = None;
    while let Some(line) = lines.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let mut request = http
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        for (name, value) in headers(&message, version.as_deref()) {
            request = request.header(name, value);
        }
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        let answer = match request.body(line).send().await {
            Ok(answer) => said(&answer.text().await.unwrap_or_default(), &message),
            Err(error) => failed(&message, &format!("the twin is not reached: {error}")),
        };
        let Some(answer) = answer else { continue };
        if message["method"] == "initialize" {
            version = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
        }
        output.write_all(format!("{answer}\n").as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

/// What HTTP says beside the message: the revision, and since 2026-07-28 the method and the name.
fn headers(message: &Value, negotiated: Option<&str>) -> Vec<(&'static str, String)> {
    let params = &message["params"];
    let stated = params["_meta"]["io.modelcontextprotocol/protocolVersion"].as_str();
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

/// The answer to a message; none to a notification.
fn said(body: &str, message: &Value) -> Option<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    let mut answers =
        std::iter::once(body).chain(data).filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let answer = answers.rfind(|answer| answer["jsonrpc"] == "2.0");
    match answer {
        Some(answer) => Some(answer),
        None if message.get("id").is_none() => None,
        None => failed(message, body),
    }
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
    fn answers_come_plain_or_as_events() {
        let call = json!({ "id": 7, "method": "ping" });
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": {} });
        assert_eq!(said(&answer.to_string(), &call), Some(answer.clone()));
        assert_eq!(said(&format!("event: message\ndata: {answer}\n\n"), &call), Some(answer));
        assert_eq!(said("", &json!({ "method": "notifications/initialized" })), None);
        assert_eq!(said("no", &call).unwrap()["error"]["message"], "no");
    }
}
