//! `omnitwin follow-ups`: what waits, a stop for everything, and another try for what was given up; at the running
//! system or at a deployment.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::Outcome;
use crate::settings::Running;

#[derive(clap::Args)]
pub struct Arguments {
    /// A deployment's address; the system that runs here if there is none.
    #[arg(long, global = true, env = "OMNITWIN_URL")]
    url: Option<String>,
    /// The owner's token at that address.
    #[arg(long, global = true, env = "OWNER_TOKEN", hide_env_values = true)]
    token: Option<String>,
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
    let (url, token) = match (&arguments.url, &arguments.token) {
        (Some(url), Some(token)) => (url.trim_end_matches('/').to_owned(), token.clone()),
        (Some(_), None) => return Err("an address needs the owner's token, in OWNER_TOKEN".into()),
        (None, _) => {
            let running = Running::read(directory)
                .map_err(|_| "Omnitwin is not running here. Start it in another terminal with: cargo run")?;
            (running.base_url, running.owner_token)
        }
    };
    let ask = async |method: Method,
                     path: &str,
                     body: Option<Value>|
           -> Result<Value, Box<dyn std::error::Error>> {
        let request = reqwest::Client::new().request(method, format!("{url}/api/crm/follow-ups{path}"));
        let request = request.bearer_auth(&token);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        Ok(request.send().await?.error_for_status()?.json().await?)
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
