//! `omnitwin doctor`: what is configured, what is simulated, and what is wrong.

pub mod stack;

use std::path::Path;

use super::Outcome;
use crate::{
    aws::dynamodb::examine,
    settings::{DEFAULT_PORT, Running, SettingsError, options},
    stack::{DATA_FILE, Model, Options},
};

/// Prints a line a part; fails if something needs attention.
pub async fn run(lookup: &dyn Fn(&str) -> Option<String>, directory: &Path) -> Outcome {
    let options = match options(lookup, directory) {
        Ok(options) => options,
        Err(error) => {
            line("Settings", "problem", &error.to_string());
            return Err(advice(&error).into());
        }
    };
    let running = running(directory).await;
    let data = data(directory, running.is_some()).await;
    configured(&options);
    match running {
        Some(base) => line("System", "running", &base),
        None => port(options.port).await?,
    }
    data
}

/// Opens the data, unless the system that runs has done so.
async fn data(directory: &Path, is_running: bool) -> Outcome {
    let place = directory.display().to_string();
    let file = directory.join(DATA_FILE);
    let opened =
        if is_running { Ok(true) } else { tokio::task::spawn_blocking(move || examine(&file)).await? };
    match opened {
        Ok(true) => line("Data", "ok", &place),
        Ok(false) => line("Data", "none yet", &place),
        Err(error) => {
            line("Data", "problem", &error.to_string());
            return Err(error.into());
        }
    }
    Ok(())
}

fn configured(options: &Options) {
    match &options.model {
        Model::Real(openai) => line("OpenAI", "configured", &openai.base_url),
        Model::Simulated(_) => line("OpenAI", "simulated", "set OPENAI_API_KEY to use the real model"),
    }
    if options.twilio_is_simulated {
        line("Twilio", "simulated", "set TWILIO_ACCOUNT_SID and the others to take real calls");
    } else {
        line("Twilio", "configured", options.twilio.phone_number.as_str());
    }
    match &options.urls {
        Some(urls) => line("Addresses", "configured", &format!("{}, {}", urls.base, urls.relay)),
        None => line("Addresses", "local", &format!("http://localhost:{}", options.port)),
    }
    line("AWS", "simulated", "DynamoDB, SQS and SES run inside this process");
}

async fn running(directory: &Path) -> Option<String> {
    let running = Running::read(directory).ok()?;
    let answer = reqwest::get(format!("{}/health", running.base_url)).await.ok()?;
    answer.status().is_success().then_some(running.base_url)
}

async fn port(port: u16) -> Outcome {
    match tokio::net::TcpListener::bind(("127.0.0.1", port)).await {
        Ok(_) => {
            line("System", "not running", "start it with: cargo run");
            Ok(())
        }
        Err(error) => {
            line("Port", "problem", &format!("{port}: {error}"));
            Err(format!("something else uses port {port}: stop it, or set PORT").into())
        }
    }
}

fn advice(error: &SettingsError) -> String {
    match error {
        SettingsError::Port(_) => format!("set PORT to a number, or leave it out for {DEFAULT_PORT}"),
        SettingsError::Secrets { .. } => "mend it, or move it away".to_owned(),
        SettingsError::Directory { .. } => "choose another directory with --data".to_owned(),
        SettingsError::Config(_) | SettingsError::Unreachable(_) => {
            "set what is missing, or unset the rest to have it simulated".to_owned()
        }
    }
}

fn line(part: &str, state: &str, detail: &str) {
    println!("{part:<10} {state:<12} {detail}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn damaged_data_is_said_to_be() {
        let directory = tempfile::tempdir().unwrap();
        let lookup = |name: &str| (name == "PORT").then(|| "0".to_owned());
        run(&lookup, directory.path()).await.unwrap();
        assert!(!directory.path().join(DATA_FILE).exists(), "to look makes nothing");
        std::fs::write(
            directory.path().join(DATA_FILE),
            "this is no database, and long enough to be read as one",
        )
        .unwrap();
        let error = run(&lookup, directory.path()).await.unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
