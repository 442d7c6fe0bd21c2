//! `omnitwin doctor`: what is configured, what is simulated, and what is wrong.

pub mod persona;
pub mod sending;
pub mod stack;

use std::{io::Write as _, path::Path, time::Duration};

use http::StatusCode;
use tempfile::TempDir;
use twin::{
    config::Secret,
    store::{Store, StoreError},
};

use super::{Outcome, owner::Owner, table::kept};
use crate::{
    aws::dynamodb::examine,
    settings::{DEFAULT_PORT, Running, SettingsError, options},
    stack::{DATA_FILE, Model, Options},
};

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// As much as a short conversation needs.
const ROOM: usize = 256 * 1024;

/// Prints a line a part; fails if something needs attention.
pub async fn run(lookup: &dyn Fn(&str) -> Option<String>, directory: &Path) -> Outcome {
    // Nothing is made where a directory was mistyped.
    let elsewhere = if directory.exists() { None } else { Some(tempfile::tempdir()?) };
    let options = match options(lookup, elsewhere.as_ref().map_or(directory, TempDir::path)) {
        Ok(options) => options,
        Err(error) => {
            line("Settings", "problem", &error.to_string());
            return Err(advice(&error).into());
        }
    };
    let running = Running::found(directory).await;
    let data = data(directory, running.is_some()).await;
    if data.is_ok() {
        persona(directory, running.as_ref()).await;
        sending(directory, running.as_ref()).await;
    }
    let model = model(&options.model).await;
    configured(&options, running.is_some());
    match running {
        Some(running) => line("System", "running", &running.base_url),
        None => port(options.port).await?,
    }
    data.and(model)
}

/// Opens the data, unless the system that runs has done so.
async fn data(directory: &Path, is_running: bool) -> Outcome {
    let place = directory.display().to_string();
    let file = directory.join(DATA_FILE);
    let opened =
        if is_running { Ok(true) } else { tokio::task::spawn_blocking(move || examine(&file)).await? };
    if let (Ok(_), Err(error)) = (&opened, room(there(directory))) {
        line("Data", "problem", &format!("nothing can be written to {place}: {error}"));
        return Err(format!("make room in {place}, or allow this user to write there").into());
    }
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

/// For whom the twin speaks. Where there is no data, nobody has been named.
async fn persona(directory: &Path, running: Option<&Running>) {
    let history = match running {
        Some(running) => persona::history(&Owner::new(&running.base_url, &running.owner_token)).await,
        None if directory.join(DATA_FILE).exists() => persona::stored(directory).await,
        None => return,
    };
    match history.map(|history| persona::speaks_for(&history)) {
        Ok(Some(words)) => line("Persona", "ok", &words),
        Ok(None) => line("Persona", "none yet", "import a résumé; until then callers leave a message"),
        Err(error) => line("Persona", "unknown", &error.to_string()),
    }
}

/// Whether what is due goes out. Where there is no data, nothing is.
async fn sending(directory: &Path, running: Option<&Running>) {
    let stopped = match running {
        Some(running) => sending::stopped(&Owner::new(&running.base_url, &running.owner_token)).await,
        None if directory.join(DATA_FILE).exists() => sending::stopped_in(directory).await,
        None => return,
    };
    match stopped {
        Ok(Some(words)) => line("Sending", "stopped", &words),
        Ok(None) => line("Sending", "ok", "nothing is stopped"),
        Err(error) => line("Sending", "unknown", &error.to_string()),
    }
}

/// What is read of data that no system runs with.
async fn at_rest<T>(
    directory: &Path,
    read: impl AsyncFnOnce(&Store) -> Result<T, StoreError>,
) -> Result<T, Box<dyn std::error::Error>> {
    let (twin, aws) = kept(None, directory).await?;
    let read = read(twin.store()).await;
    if let Some(aws) = aws {
        aws.stop().await?;
    }
    Ok(read?)
}

/// The directory, or the one in which it would be made.
fn there(directory: &Path) -> &Path {
    directory.ancestors().find(|place| place.is_dir()).unwrap_or_else(|| Path::new("."))
}

/// Whether there is room for what is said next. What is written for it is gone at once.
fn room(directory: &Path) -> std::io::Result<()> {
    let mut file = tempfile::tempfile_in(directory)?;
    file.write_all(&vec![0; ROOM])?;
    file.sync_all()
}

async fn model(model: &Model) -> Outcome {
    let openai = match model {
        Model::Real(openai) => openai,
        Model::Simulated(_) => {
            line("OpenAI", "simulated", "set OPENAI_API_KEY to use the real model");
            return Ok(());
        }
    };
    let outcome = accepted(&openai.base_url, &openai.api_key).await;
    match &outcome {
        Ok(()) => line("OpenAI", "ok", &openai.base_url),
        Err(why) => line("OpenAI", "problem", why),
    }
    outcome.map_err(Into::into)
}

/// Asks for what costs nothing. That a key may not do so says that it is one.
async fn accepted(base_url: &str, key: &Secret) -> Result<(), String> {
    let http = twin::clients::http().timeout(ANSWERS_WITHIN).build().map_err(|error| error.to_string())?;
    let asked = http.get(format!("{base_url}/models")).bearer_auth(key.reveal());
    match asked.send().await {
        Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
            Err(format!("{base_url} refuses the key: look at OPENAI_API_KEY"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{base_url} is not reached: {}", error.without_url())),
    }
}

fn configured(options: &Options, is_running: bool) {
    if options.twilio_is_simulated {
        line("Twilio", "simulated", "set TWILIO_ACCOUNT_SID and the others to take real calls");
    } else {
        line("Twilio", "configured", options.twilio.phone_number.as_str());
    }
    match &options.urls {
        Some(urls) => line("Addresses", "configured", &format!("{}, {}", urls.base, urls.relay)),
        // What runs may have been started with another PORT.
        None if is_running => {}
        None => line("Addresses", "local", &format!("http://localhost:{}", options.port)),
    }
    line("AWS", "simulated", "DynamoDB, SQS and SES run inside this process");
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
    async fn a_key_that_is_refused_is_said_to_be() {
        let directory = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let refuses = |headers: http::HeaderMap| async move {
            match headers["authorization"] == "Bearer sk-right" {
                true => StatusCode::OK,
                false => StatusCode::UNAUTHORIZED,
            }
        };
        let router = axum::Router::new().route("/v1/models", axum::routing::get(refuses));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        for (key, is_refused) in [("sk-wrong", true), ("sk-right", false)] {
            let lookup = |name: &str| match name {
                "PORT" => Some("0".to_owned()),
                "OPENAI_API_KEY" => Some(key.to_owned()),
                "OPENAI_BASE_URL" => Some(base.clone()),
                _ => None,
            };
            let looked = run(&lookup, directory.path()).await.map_err(|error| error.to_string());
            assert_eq!(looked.is_err(), is_refused, "{key}: {looked:?}");
        }
        server.abort();
    }

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
