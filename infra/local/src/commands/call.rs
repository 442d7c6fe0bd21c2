//! `omnitwin call`: a simulated caller with recorded speech, through the real webhook and the real relay.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use sim::{
    scenario::Scenario,
    twilio::{
        caller::{Call, CallConfig, CallHandle},
        report::CallerEvent,
        turns::Line,
    },
};
use tokio::time::{Instant, interval};
use twin::identity::Phone;

use super::{
    Outcome,
    owner::{Owner, OwnerError},
};
use crate::{settings::Running, stack::SIMULATED_TWILIO};

const LOOK_EVERY: Duration = Duration::from_millis(400);
/// What stands in place of a number that is not told.
const WITHHELD: &str = "anonymous";
/// How long the worker may take to follow a call up.
const FOLLOW_UP_WITHIN: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub struct Arguments {
    /// Which conversation: recruiter, networking or consultation.
    #[arg(long, default_value = "recruiter")]
    scenario: String,
    /// The caller's number, in E.164; or "anonymous".
    #[arg(long)]
    from: Option<String>,
    /// What the caller says instead: a WAV file, 8 kHz mono.
    #[arg(long)]
    audio: Option<PathBuf>,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    let running = Running::found(directory).await.ok_or(OwnerError::NotRunning)?;
    let scenario = Scenario::built_in(&arguments.scenario)?;
    let config = config(arguments, &scenario, &running)?;
    let title = arguments.audio.as_ref().map_or(scenario.title.as_str(), |_| "A voice of yours");
    println!("{title}: {} calls {}\n", config.from, running.phone_number);
    let handle = Call::place(config)?;
    let owner = Owner::new(&running.base_url, &running.owner_token);
    let watcher = Watcher::new(&owner, handle.sid());
    let report = watcher.watch(handle).await?;
    println!("\nThe call is over: {}, {} s.", report.status, report.duration.as_secs());
    for fault in &report.faults {
        println!("  problem: {fault}");
    }
    watcher.what_came_of_it().await
}

fn config(
    arguments: &Arguments,
    scenario: &Scenario,
    running: &Running,
) -> Result<CallConfig, Box<dyn std::error::Error>> {
    let at = |path: &str| format!("{}{path}", running.public_base_url);
    let to = &running.phone_number;
    let config =
        CallConfig::new(&at(phone_webhook::INCOMING), &running.account_sid, &running.auth_token, "", to);
    let mut config = config.playing(scenario);
    config.fallback = Some(at(phone_webhook::FALLBACK));
    config.status_callback = Some(at(phone_webhook::STATUS));
    config.heard_at = Some(format!("{}{SIMULATED_TWILIO}", running.base_url));
    if let Some(from) = &arguments.from {
        if from != WITHHELD {
            Phone::parse(from).map_err(|error| format!("--from {from}: {error}"))?;
        }
        config.from.clone_from(from);
    }
    if let Some(path) = &arguments.audio {
        let wav = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let audio = sim::speech::from_wav(&wav).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = format!("(plays {})", path.display());
        config.lines = vec![Line { text, audio: audio.into(), barge_in: None, after_keys: None }];
    }
    Ok(config)
}

/// Reads along in the owner's API what the system made of the call.
pub(super) struct Watcher<'a> {
    owner: &'a Owner,
    call: String,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(owner: &'a Owner, call: &str) -> Self {
        Self { owner, call: call.to_owned() }
    }

    /// Prints each turn as it was heard, until the caller hangs up or is hung up on.
    async fn watch(
        &self,
        mut handle: CallHandle,
    ) -> Result<sim::twilio::report::Report, Box<dyn std::error::Error>> {
        let mut printed = HashSet::new();
        let mut look = interval(LOOK_EVERY);
        loop {
            tokio::select! {
                event = handle.events.recv() => match event {
                    None | Some(CallerEvent::Ended(_)) => break,
                    Some(CallerEvent::Heard(words)) => println!("    (voice) {words}"),
                    Some(CallerEvent::Interrupted) => println!("            (the caller interrupts)"),
                    Some(_) => {}
                },
                _ = look.tick() => self.print_new_turns(&mut printed).await?,
            }
        }
        let report = handle.report().await?;
        self.print_new_turns(&mut printed).await?;
        Ok(report)
    }

    pub(super) async fn print_new_turns(&self, printed: &mut HashSet<u64>) -> Outcome {
        let Some(call) = self.get(&format!("calls/{}", self.call)).await? else { return Ok(()) };
        for turn in call["turns"].as_array().into_iter().flatten() {
            if printed.insert(turn["sequence"].as_u64().unwrap_or_default()) {
                let who = if turn["speaker"] == "twin" { "twin" } else { "caller" };
                let cut = if turn["interrupted"] == true { " —" } else { "" };
                println!("{who:>10}  {}{cut}", turn["text"].as_str().unwrap_or_default());
            }
        }
        Ok(())
    }

    pub(super) async fn what_came_of_it(&self) -> Outcome {
        let deadline = Instant::now() + FOLLOW_UP_WITHIN;
        let mut look = interval(LOOK_EVERY);
        let (call, timeline) = loop {
            look.tick().await;
            let Some(call) = self.get(&format!("calls/{}", self.call)).await? else {
                println!("The system kept nothing of this call.");
                return Ok(());
            };
            let person = call["person"].as_str().unwrap_or_default();
            let timeline = self.get(&format!("{person}/timeline")).await?.unwrap_or_default();
            let of_this = |one: &&Value| one["interaction"] == call["id"];
            let mut mine = timeline["followUps"].as_array().into_iter().flatten().filter(of_this);
            let busy = mine.any(|one| matches!(one["state"].as_str(), Some("approved" | "sending")));
            if (call["status"] == "analysed" && !busy) || Instant::now() > deadline {
                break (call, timeline);
            }
        };
        let person = call["person"].as_str().unwrap_or_default();
        let known = self.get(person).await?.unwrap_or_default();
        print_result(&call, &known, &timeline);
        let base = self.owner.base_url();
        println!("\nRead more: {base}/people/{person}");
        for line in where_it_went(&call, &timeline, base) {
            println!("{line}");
        }
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Option<Value>, OwnerError> {
        self.owner.get(&format!("/api/omni-context/{path}")).await
    }
}

fn print_result(call: &Value, known: &Value, timeline: &Value) {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).unwrap_or("—").to_owned();
    let (contact, context) = (&known["contact"], &known["context"]);
    // Names of the API are words with something between them.
    let words = |value: &Value| text(value).replace('_', " ");
    println!("\nWhat came of it");
    println!("  Ended        {}", words(&call["outcome"]));
    println!("  Person       {}", text(&contact["name"]));
    println!("  Company      {}", text(&contact["company"]));
    println!("  E-mail       {}", text(&contact["contactMethods"]["email"]));
    println!("  Relationship {}", words(&contact["relationship"]["type"]));
    println!("  Importance   {}", words(&context["professionalContext"]["importance"]));
    println!("  Topic        {}", text(&context["conversationState"]["currentTopic"]));
    println!("  Intent       {}", words(&context["conversationState"]["userIntent"]));
    for action in context["conversationState"]["nextActions"].as_array().into_iter().flatten() {
        println!("  Next         {}", text(action));
    }
    println!("  Calls        {}", context["metadata"]["totalInteractions"]);
    for one in follow_ups(call, timeline) {
        println!("  Follow-up    {}: {}", words(&one["content"]["kind"]), words(&one["state"]));
    }
}

/// What follows from this call.
fn follow_ups<'a>(call: &'a Value, timeline: &'a Value) -> impl Iterator<Item = &'a Value> {
    let all = timeline["followUps"].as_array().into_iter().flatten();
    all.filter(move |one| one["interaction"] == call["id"])
}

/// Where mails and texts are read that left, and those that do not leave by themselves.
fn where_it_went(call: &Value, timeline: &Value, base: &str) -> Vec<String> {
    let any = |state: &str| follow_ups(call, timeline).any(|one| one["state"] == state);
    let mut lines = Vec::new();
    if any("sent") {
        lines.push(format!("It sent:   {base}/outbox"));
    }
    if any("awaiting_approval") {
        lines.push(format!("Your word: {base}/dashboard/follow-ups"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_waits_is_not_looked_for_in_the_outbox() {
        let call = json!({ "id": "int_1" });
        let of = |interaction: &str, state: &str| json!({ "interaction": interaction, "state": state });
        let rows = [
            (json!([]), vec![]),
            (json!([of("int_1", "sent"), of("int_2", "awaiting_approval")]), vec!["/outbox"]),
            (json!([of("int_1", "awaiting_approval"), of("int_2", "sent")]), vec!["/dashboard/follow-ups"]),
            (
                json!([of("int_1", "sent"), of("int_1", "awaiting_approval")]),
                vec!["/outbox", "/dashboard/follow-ups"],
            ),
        ];
        for (all, ends) in rows {
            let lines = where_it_went(&call, &json!({ "followUps": all }), "http://localhost");
            assert_eq!(lines.len(), ends.len(), "{lines:?}");
            assert!(lines.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{lines:?}");
        }
    }
}
