//! `omnitwin follow-ups`: what waits, a stop for everything, and another try for what was given up; at the running
//! system or at a deployment.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Outcome, owner::At};

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
    /// Send nothing more, to nobody, from now on.
    Stop {
        /// Why, for the digest.
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
            let queue = ask(Method::GET, "", None).await?;
            let waiting = queue["followUps"].as_array().cloned().unwrap_or_default();
            if waiting.is_empty() {
                println!("Nothing needs your word.");
            }
            for one in waiting {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                println!(
                    "{}  {} ({})",
                    text(&one["id"]),
                    text(&one["letter"]["subject"]),
                    text(&one["reason"])
                );
            }
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
