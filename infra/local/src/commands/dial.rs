//! `omnitwin dial`: has the twin call somebody, and watches; at the running system or at a deployment.

use std::{collections::HashSet, path::Path, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::interval;

use super::{
    Outcome,
    call::Watcher,
    owner::{At, Owner},
};

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
    #[command(flatten)]
    at: At,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    let owner = arguments.at.owner(directory)?;
    if let Some(words) = &arguments.agreed {
        let person =
            owner.person(&arguments.to).await?.ok_or("no contact has this number: make one first")?;
        agreed(&owner, &person, words).await?;
    }
    let wanted = json!({ "to": arguments.to, "purpose": arguments.about, "context": arguments.context });
    dial(&owner, &wanted).await
}

/// Notes that they want to be called.
pub async fn agreed(owner: &Owner, person: &str, words: &str) -> Outcome {
    let consent = json!({ "matter": "outbound_calls", "given": true, "quote": words });
    owner.ask(Method::POST, &format!("/api/people/{person}/consents"), Some(&consent)).await?;
    Ok(())
}

/// Asks for a call, and prints what comes of it.
pub async fn dial(owner: &Owner, wanted: &Value) -> Outcome {
    match owner.ask(Method::POST, phone_webhook::CALLS, Some(wanted)).await {
        Ok(dial) => watch(owner, dial).await,
        Err(error) if error.status() == Some(409) => Err("a call to them is under way, or planned".into()),
        Err(error) => Err(error.into()),
    }
}

/// Until it is over, or waits for a later time.
async fn watch(owner: &Owner, mut dial: Value) -> Outcome {
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
            watcher = Some(Watcher::new(owner, call));
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
            println!("Nobody is called there at this hour: your hours for calls are in the settings.");
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

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
