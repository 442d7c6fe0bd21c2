//! `omnitwin dial`: has the twin of the running system call somebody, and watches.

use std::{collections::HashSet, path::Path, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::interval;

use super::{Outcome, call::Watcher};
use crate::settings::Running;

const LOOK_EVERY: Duration = Duration::from_millis(400);

#[derive(clap::Args)]
pub struct Arguments {
    /// Their number, in E.164: a contact has to have it.
    #[arg(long)]
    to: String,
    /// What it is about, as it is said to whoever picks up: "your interview on Tuesday".
    #[arg(long)]
    about: String,
    /// What the twin has to know and to find out.
    #[arg(long)]
    context: Option<String>,
    /// They have agreed to be called: in these words, which are noted.
    #[arg(long, value_name = "WORDS")]
    agreed: Option<String>,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    let running = Running::read(directory)
        .map_err(|_| "Omnitwin is not running here. Start it in another terminal with: cargo run")?;
    let owner = Owner { http: reqwest::Client::new(), running: &running };
    if let Some(words) = &arguments.agreed {
        let person = owner.person(&arguments.to).await?;
        let consent = json!({ "matter": "outbound_calls", "given": true, "quote": words });
        owner.ask(Method::POST, &format!("/api/people/{person}/consents"), Some(&consent)).await?;
    }
    let wanted = json!({ "to": arguments.to, "purpose": arguments.about, "context": arguments.context });
    let dial = owner.ask(Method::POST, phone_webhook::CALLS, Some(&wanted)).await?;
    watch(&owner, dial).await
}

/// Until it is over, or waits for a later time.
async fn watch(owner: &Owner<'_>, mut dial: Value) -> Outcome {
    let path = format!("{}/{}/{}", phone_webhook::CALLS, text(&dial["person"]), text(&dial["id"]));
    let (mut look, mut printed, mut state) = (interval(LOOK_EVERY), HashSet::new(), String::new());
    let mut watcher: Option<Watcher> = None;
    loop {
        if text(&dial["state"]) != state {
            text(&dial["state"]).clone_into(&mut state);
            println!("  [{}]", state.replace('_', " "));
        }
        let attempt = dial["attempts"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        if let (None, Some(call)) = (&watcher, attempt["call"].as_str()) {
            watcher = Some(Watcher::new(owner.running, call));
        }
        if let Some(watcher) = &watcher {
            watcher.print_new_turns(&mut printed).await?;
        }
        let waits = state == "planned" && (attempt["outcome"].is_string() || dial["problem"].is_string());
        if waits || !matches!(state.as_str(), "planned" | "dialling" | "ringing" | "answered") {
            break;
        }
        look.tick().await;
        dial = owner.ask(Method::GET, &path, None).await?;
        if state == "planned" && text(&dial["dueAt"]) > text(&dial["updatedAt"]) && watcher.is_none() {
            println!("It rings at {} at the earliest.", text(&dial["dueAt"]));
            return Ok(());
        }
    }
    if let Some(problem) = dial["problem"].as_str() {
        println!("\nNot placed: {problem}.");
    }
    if state == "planned" {
        println!("It is tried again at {}.", text(&dial["dueAt"]));
    }
    match watcher {
        Some(watcher) => watcher.what_came_of_it().await,
        None => Ok(()),
    }
}

/// The owner's API.
struct Owner<'a> {
    http: reqwest::Client,
    running: &'a Running,
}

impl Owner<'_> {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Box<dyn std::error::Error>> {
        let url = format!("{}{path}", self.running.base_url);
        let mut request = self.http.request(method, url).bearer_auth(&self.running.owner_token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let value: Value = answer.json().await?;
        match (status, value["detail"].as_str()) {
            (status, _) if status.is_success() => Ok(value),
            (StatusCode::CONFLICT, _) => Err("a call to them is under way, or planned".into()),
            (_, Some(detail)) => Err(detail.into()),
            (status, None) => Err(format!("the system answered {status}").into()),
        }
    }

    /// Who has this number.
    async fn person(&self, number: &str) -> Result<String, Box<dyn std::error::Error>> {
        let people = self.ask(Method::GET, "/api/omni-context", None).await?;
        let all = people["people"].as_array().into_iter().flatten();
        let found = all.filter(|person| person["phone"] == number).find_map(|person| person["id"].as_str());
        Ok(found.ok_or("no contact has this number: make one first")?.to_owned())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
