//! What the environment says, and what is simulated for lack of it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use twin::config::{
    CalendarAccounts, ConfigError, OpenAi, PublicUrls, Secret, Settings, Twilio, conversation_relay,
    live_model, phone_languages, retention, transcription,
};

use crate::stack::{Model, Options, Stack};

pub const DEFAULT_PORT: u16 = 8080;
pub const DEFAULT_DIRECTORY: &str = ".omnitwin";
const RUNNING_FILE: &str = "running.json";
const SECRETS_FILE: &str = "secrets.json";
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// How a simulated call is placed, in another terminal, at the system that keeps its data there.
pub fn a_call(directory: &Path) -> String {
    let data = match directory == Path::new(DEFAULT_DIRECTORY) {
        true => String::new(),
        false => format!("--data {} ", directory.display()),
    };
    format!("cargo run -- {data}call --scenario recruiter")
}

/// What a running system tells `omnitwin call` in another terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    pub base_url: String,
    /// What Twilio calls and signs.
    pub public_base_url: String,
    pub owner_token: String,
    pub account_sid: String,
    pub auth_token: String,
    pub phone_number: String,
}

/// Secrets of this laptop alone, made once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LocalSecrets {
    pub owner_token: String,
    pub ticket_secret: String,
    pub twilio_auth_token: String,
}

/// An account that Twilio never gave to anybody.
pub const SIMULATED_ACCOUNT: &str = "AC00000000000000000000000000000000";
pub const SIMULATED_NUMBER: &str = "+14155550100";

impl LocalSecrets {
    pub fn generate() -> Self {
        // A command line takes what begins with a dash for an option.
        let secret = || format!("t{}", twin::handoff::Secret::generate().reveal());
        Self { owner_token: secret(), ticket_secret: secret(), twilio_auth_token: secret() }
    }

    fn load_or_make(path: &Path) -> std::io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(std::io::Error::other),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secrets = Self::generate();
                write_private(path, &serde_json::to_vec_pretty(&secrets)?)?;
                Ok(secrets)
            }
            Err(error) => Err(error),
        }
    }
}

impl Running {
    pub fn of(stack: &Stack) -> Self {
        Self {
            base_url: format!("http://localhost:{}", stack.address.port()),
            public_base_url: stack.urls.base.clone(),
            owner_token: stack.secrets.owner_token.clone(),
            account_sid: stack.account.account_sid.clone(),
            auth_token: stack.account.auth_token.reveal().to_owned(),
            phone_number: stack.account.phone_number.as_str().to_owned(),
        }
    }

    /// The system that runs with this directory; what one that was killed left behind does not answer.
    pub async fn found(directory: &Path) -> Option<Self> {
        let running = Self::read(directory).ok()?;
        let asked = reqwest::Client::new().get(format!("{}/health", running.base_url));
        let answer = asked.timeout(ANSWERS_WITHIN).send().await.ok()?;
        answer.status().is_success().then_some(running)
    }

    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        write_private(&directory.join(RUNNING_FILE), &serde_json::to_vec_pretty(self)?)
    }

    pub fn read(directory: &Path) -> std::io::Result<Self> {
        let bytes = std::fs::read(directory.join(RUNNING_FILE))?;
        serde_json::from_slice(&bytes).map_err(std::io::Error::other)
    }

    pub fn remove(directory: &Path) -> std::io::Result<()> {
        std::fs::remove_file(directory.join(RUNNING_FILE))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("the directory {} cannot be used: {source}", path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be read; without it new secrets are made: {source}", path.display())]
    Secrets { path: PathBuf, source: std::io::Error },
    #[error("PORT is not a port: {0:?}")]
    Port(String),
    #[error(
        "PUBLIC_BASE_URL must say how Twilio and others reach this machine, for example through a tunnel: {0}"
    )]
    Unreachable(ConfigError),
}

/// Reads the settings of `omnitwin` from a lookup that `main` gives.
pub fn options(lookup: &dyn Fn(&str) -> Option<String>, directory: &Path) -> Result<Options, SettingsError> {
    let settings = Settings::new(lookup);
    let secrets = prepare(directory)?;
    let port = match settings.optional("PORT") {
        Some(text) => text.parse().map_err(|_| SettingsError::Port(text))?,
        None => DEFAULT_PORT,
    };
    let real_twilio = settings.optional("TWILIO_ACCOUNT_SID").is_some();
    let twilio = if real_twilio { Twilio::from(&settings)? } else { simulated_twilio(&secrets)? };
    let twilio = Twilio {
        conversation_relay: conversation_relay(&settings)?,
        transcription: transcription(&settings)?,
        languages: phone_languages(&settings)?,
        ..twilio
    };
    let base = settings.optional("PUBLIC_BASE_URL");
    // All is on one port: the relay is where the pages are, unless it is said to be elsewhere.
    let relay = base.as_ref().map(|base| base.replacen("http", "ws", 1));
    let reached = |name: &str| match settings.optional(name) {
        None if name == "RELAY_BASE_URL" => relay.clone(),
        said => said,
    };
    let urls = match (&base, real_twilio) {
        (None, false) => None,
        _ => Some(PublicUrls::from(&Settings::new(&reached)).map_err(SettingsError::Unreachable)?),
    };
    let model = match settings.optional("OPENAI_API_KEY") {
        Some(_) => Model::Real(OpenAi::from(&settings)?),
        None => Model::Simulated(sim::openai::Options::default()),
    };
    let key = Secret::new(secrets.ticket_secret.clone());
    let calendars = CalendarAccounts::from(&settings, Some(key))?;
    Ok(Options {
        port,
        directory: Some(directory.to_owned()),
        twilio,
        twilio_is_simulated: !real_twilio,
        urls,
        model,
        live_model: live_model(&settings)?,
        secrets,
        github_token: settings.optional("GITHUB_TOKEN"),
        oidc: mcp::oauth::Oidc::from(&settings)?,
        calendars,
        mcp_origins: settings.list("MCP_ALLOWED_ORIGINS"),
        retention: retention(&settings)?,
        call_logs: media_relay::call_logs(&settings),
        ..Options::default()
    })
}

pub fn simulated_twilio(secrets: &LocalSecrets) -> Result<Twilio, ConfigError> {
    let number = |_| ConfigError::Invalid { name: "TWILIO_PHONE_NUMBER", why: "not E.164" };
    Ok(Twilio {
        account_sid: SIMULATED_ACCOUNT.to_owned(),
        auth_token: Secret::new(secrets.twilio_auth_token.clone()),
        shared_keys: Vec::new(),
        phone_number: twin::identity::Phone::parse(SIMULATED_NUMBER).map_err(number)?,
        conversation_relay: false,
        transcription: None,
        languages: Vec::new(),
    })
}

fn prepare(directory: &Path) -> Result<LocalSecrets, SettingsError> {
    let failed = |source| SettingsError::Directory { path: directory.to_owned(), source };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let path = directory.join(SECRETS_FILE);
    LocalSecrets::load_or_make(&path).map_err(|source| SettingsError::Secrets { path, source })
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_placed_where_the_data_is() {
        assert_eq!(a_call(Path::new(DEFAULT_DIRECTORY)), "cargo run -- call --scenario recruiter");
        assert_eq!(a_call(Path::new(".mine")), "cargo run -- --data .mine call --scenario recruiter");
    }

    #[test]
    fn the_relay_is_where_the_pages_are_unless_it_is_said_to_be_elsewhere() {
        let directory = tempfile::tempdir().unwrap();
        let relay = |said: &[(&str, &str)]| {
            let lookup =
                |name: &str| said.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            options(&lookup, directory.path()).unwrap().urls.unwrap().relay
        };
        let base = ("PUBLIC_BASE_URL", "https://twin.example.com");
        assert_eq!(relay(&[base]), "wss://twin.example.com");
        assert_eq!(relay(&[base, ("RELAY_BASE_URL", "")]), "wss://twin.example.com");
        assert_eq!(relay(&[base, ("RELAY_BASE_URL", "wss://relay.example.com")]), "wss://relay.example.com");
    }
}
