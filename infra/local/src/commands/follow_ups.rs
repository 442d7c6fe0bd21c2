//! `omnitwin follow-ups`: what waits, your word on it, a stop for everything, and another try for what was given up; at the running
//! system or at a deployment.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Outcome,
    owner::{At, Owner},
};

type Failure = Box<dyn std::error::Error>;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What needs your word.
    List,
    /// What one of them would say, and the fingerprint that a word on it names.
    Show {
        /// As `list` shows it.
        id: String,
    },
    /// Send it, as it was shown.
    Approve {
        /// As `list` shows it.
        id: String,
        /// As `show` says it: of exactly what was shown.
        fingerprint: String,
        /// Added to a mail after a conversation, in your words.
        #[arg(long)]
        note: Option<String>,
        /// What is like this goes out by itself from now on.
        #[arg(long)]
        always: bool,
    },
    /// Do not send it.
    Reject {
        /// As `list` shows it.
        id: String,
        /// As `show` says it: of exactly what was shown.
        fingerprint: String,
    },
    /// Send nothing more, to nobody, from now on.
    Stop {
        /// Why, for the dashboard to show.
        #[arg(default_value = "")]
        why: String,
    },
    /// Send again, and what waited meanwhile.
    GoOn,
    /// Try again what was given up, and jobs that died.
    Redrive,
}

pub async fn run(arguments: &Arguments, directory: &Path) -> Outcome {
    let owner = arguments.at.owner(directory)?;
    let ask = async |method: Method, path: &str, body: Option<Value>| {
        owner.ask(method, &format!("/api/crm/follow-ups{path}"), body.as_ref()).await
    };
    match &arguments.what {
        What::List => {
            let waiting = waiting(&owner).await?;
            if waiting.is_empty() {
                println!("Nothing needs your word.");
            }
            for one in waiting {
                println!("{}", listed(&one));
            }
        }
        What::Show { id } => println!("{}", shown(&found(&owner, id).await?)),
        What::Approve { id, fingerprint, note, always } => {
            let mut word = json!({ "decision": "approve", "fingerprint": fingerprint, "always": always });
            if let Some(note) = note {
                word["note"] = json!(note);
            }
            decide(&owner, id, word).await?;
            println!("It goes out now, or when its time comes.");
        }
        What::Reject { id, fingerprint } => {
            decide(&owner, id, json!({ "decision": "reject", "fingerprint": fingerprint })).await?;
            println!("It is not sent.");
        }
        What::Stop { why } => {
            ask(Method::POST, "/stop", Some(json!({ "why": why }))).await?;
            println!("Nothing is sent any more. To send again: omnitwin follow-ups go-on");
        }
        What::GoOn => {
            ask(Method::POST, "/go-on", None).await?;
            println!("What waited goes out within two minutes.");
        }
        What::Redrive => {
            let done = ask(Method::POST, "/redrive", None).await?;
            println!("Tried again: {} follow-ups, {} jobs.", done["redriven"], done["jobs"]);
        }
    }
    Ok(())
}

async fn waiting(owner: &Owner) -> Result<Vec<Value>, Failure> {
    let queue = owner.ask(Method::GET, "/api/crm/follow-ups", None).await?;
    Ok(queue["followUps"].as_array().cloned().unwrap_or_default())
}

async fn found(owner: &Owner, id: &str) -> Result<Value, Failure> {
    let one = waiting(owner).await?.into_iter().find(|one| one["id"] == id);
    Ok(one.ok_or_else(|| format!("nothing of this id needs your word: {id}"))?)
}

async fn decide(owner: &Owner, id: &str, word: Value) -> Outcome {
    let person = text(&found(owner, id).await?["person"]).to_owned();
    let path = format!("/api/crm/contacts/{person}/follow-ups/{id}");
    match owner.ask(Method::POST, &path, Some(&word)).await {
        Err(error) if error.status() == Some(409) => {
            Err(format!("it is not as it was shown: look again with omnitwin follow-ups show {id}").into())
        }
        done => Ok(done.map(drop)?),
    }
}

/// Its id, whom it is for, what it would say in short, and why.
fn listed(one: &Value) -> String {
    let letter = &one["letter"];
    let first_line = text(&letter["text"]).lines().next().unwrap_or_default();
    let says = [text(&letter["subject"]), first_line].into_iter().find(|says| !says.is_empty());
    let (id, to, reason) = (text(&one["id"]), text(&letter["to"]), text(&one["reason"]));
    format!("{id}  to {to}: {} ({reason})", says.unwrap_or_default())
}

/// What it would say, to whom and why, and how to decide on exactly this.
fn shown(one: &Value) -> String {
    let letter = &one["letter"];
    let head = [
        ("To", &letter["to"]),
        ("Subject", &letter["subject"]),
        ("Because", &one["reason"]),
        ("Before", &one["problem"]),
    ];
    let head = head.iter().filter(|(_, value)| !text(value).is_empty());
    let head: Vec<String> = head.map(|(name, value)| format!("{name}: {}", text(value))).collect();
    let (id, print) = (text(&one["id"]), text(&one["fingerprint"]));
    let decide = |word: &str| format!("omnitwin follow-ups {word} {id} {print}");
    format!("{}\n\n{}\n\n{}\n{}", head.join("\n"), text(&letter["text"]), decide("approve"), decide("reject"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_listed_with_whom_it_is_for() {
        let mail = json!({ "id": "fup_1", "reason": "they asked",
            "letter": { "to": "sam@sample.example", "subject": "Thank you", "text": "Hi Sam,\n\nyou called." } });
        assert_eq!(listed(&mail), "fup_1  to sam@sample.example: Thank you (they asked)");
        let texted = json!({ "id": "fup_2", "reason": "they called, and nothing was said",
            "letter": { "to": "+1 415-555-0100", "subject": "", "text": "Hello, you called.\nReply STOP." } });
        let expected = "fup_2  to +1 415-555-0100: Hello, you called. (they called, and nothing was said)";
        assert_eq!(listed(&texted), expected);
    }

    #[test]
    fn what_is_shown_says_how_to_decide_on_it() {
        let one = json!({
            "id": "fup_1", "reason": "they asked", "fingerprint": "abc",
            "letter": { "to": "sam@sample.example", "subject": "Thank you", "text": "Hi Sam," }
        });
        let expected = "To: sam@sample.example\nSubject: Thank you\nBecause: they asked\n\nHi Sam,\n\n\
                        omnitwin follow-ups approve fup_1 abc\nomnitwin follow-ups reject fup_1 abc";
        assert_eq!(shown(&one), expected);
    }
}
