//! `omnitwin dial`: has the twin call somebody, and watches; at the running system or at a deployment.

use std::{collections::HashSet, path::Path, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::interval;
use twin::identity::Phone;

use super::{
    Outcome,
    call::Watcher,
    owner::{At, Owner},
};

const LOOK_EVERY: Duration = Duration::from_millis(400);

#[derive(clap::Args)]
pub struct Arguments {
    /// Their number, in E.164, such as +14155550123: a contact has to have it.
    #[arg(long, value_parser = number)]
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

fn number(text: &str) -> Result<String, String> {
    Phone::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
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
        if state == "planned" && is_too_early(&dial) && watcher.is_none() {
            println!("{}", too_early(&dial, Timestamp::now()));
            return Ok(());
        }
    }
    if let Some(problem) = dial["problem"].as_str() {
        println!("\nNot placed: {problem}.");
    }
    if state == "planned" {
        println!("It is tried again {}.", moment(&dial).unwrap_or_default());
    }
    match watcher {
        Some(watcher) => watcher.what_came_of_it().await,
        None => Ok(()),
    }
}

/// It waits for its hours, and for nothing else.
fn is_too_early(dial: &Value) -> bool {
    text(&dial["dueAt"]) > text(&dial["updatedAt"]) && dial["problem"].is_null()
}

/// Why it does not ring now, and when it does.
fn too_early(dial: &Value, now: Timestamp) -> String {
    let zone = clock_of(dial);
    let (now, place) = (now.to_zoned(zone.clone()).strftime("%A, %H:%M"), place(&zone));
    let earliest = moment(dial).map(|at| format!(" It rings {at} at the earliest.")).unwrap_or_default();
    format!(
        "It is {now} in {place}, and nobody is called there then: your hours for calls are in the settings.{earliest}"
    )
}

/// When it is due, on their clock.
fn moment(dial: &Value) -> Option<String> {
    let zone = clock_of(dial);
    let at: Timestamp = text(&dial["dueAt"]).parse().ok()?;
    let at = at.to_zoned(zone.clone()).strftime("on %A, %-d %B at %H:%M");
    Some(format!("{at} ({} time)", place(&zone)))
}

/// Where they are, if their number tells it.
fn clock_of(dial: &Value) -> TimeZone {
    let zones = Phone::parse(text(&dial["number"])).map(|phone| phone.zones()).unwrap_or_default();
    <[TimeZone; 1]>::try_from(zones).map_or(TimeZone::UTC, |[zone]| zone)
}

fn place(zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    name.rsplit('/').next().unwrap_or(name).replace('_', " ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the clock of whoever is called; a number that may be anywhere is told of in UTC.
    #[test]
    fn why_it_does_not_ring_now() {
        let now = "2026-11-29T21:40:00Z".parse().unwrap();
        let dial = |number: &str| json!({ "number": number, "dueAt": "2026-11-30T17:00:00Z" });
        let there = too_early(&dial("+14155550123"), now);
        assert!(there.starts_with("It is Sunday, 13:40 in Los Angeles"), "{there}");
        assert!(
            there.ends_with("on Monday, 30 November at 09:00 (Los Angeles time) at the earliest."),
            "{there}"
        );
        let mut waits = dial("+14155550123");
        waits["updatedAt"] = json!("2026-11-29T21:40:00Z");
        assert!(is_too_early(&waits));
        waits["problem"] = json!("there were enough calls today");
        assert!(!is_too_early(&waits), "it is said why");
        let anywhere = too_early(&dial("+18005550123"), now);
        assert!(anywhere.contains("Sunday, 21:40 in UTC"), "{anywhere}");
    }
}
