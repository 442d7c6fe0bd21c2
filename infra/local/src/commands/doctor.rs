//! `omnitwin doctor`: what is configured, what is simulated, and what is wrong.

pub mod stack;

use std::path::Path;

use super::Outcome;
use crate::{
    settings::{DEFAULT_PORT, Running, SettingsError, options},
    stack::{Model, Options},
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
    configured(&options, directory);
    match running(directory).await {
        Some(base) => line("System", "running", &base),
        None => port(options.port).await?,
    }
    Ok(())
}

fn configured(options: &Options, directory: &Path) {
    line("Data", "ok", &directory.display().to_string());
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
        SettingsError::Directory { .. } => "choose another directory with --data".to_owned(),
        SettingsError::Config(_) | SettingsError::Unreachable(_) => {
            "set what is missing, or unset the rest to have it simulated".to_owned()
        }
    }
}

fn line(part: &str, state: &str, detail: &str) {
    println!("{part:<10} {state:<12} {detail}");
}
