//! The owner's API, of the system that runs here or of a deployment.

use std::path::Path;

use axum::body::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::{
    BEHIND_ITS_OWN,
    setup::aws::{Aws, Stack},
};
use crate::settings::Running;

/// A page of everybody, as large as there is.
const PEOPLE: &str = "/api/omni-context?limit=200";

/// Which system is meant.
#[derive(clap::Args)]
pub struct At {
    /// A deployment's address; the system that runs here if there is none.
    #[arg(long, global = true, env = "OMNITWIN_URL", value_parser = address, display_order = BEHIND_ITS_OWN)]
    url: Option<String>,
    /// The owner's token at that address.
    #[arg(
        long,
        global = true,
        env = "OMNITWIN_TOKEN",
        hide_env_values = true,
        display_order = BEHIND_ITS_OWN
    )]
    token: Option<String>,
}

pub struct Owner {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error("an address needs the owner's token: --token, or OMNITWIN_TOKEN")]
    NoToken,
    #[error(
        "Omnitwin is not running here: start it in another terminal with `cargo run`, or name its directory with --data"
    )]
    NotRunning,
    #[error("Omnitwin does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// The answer's status, and the `detail` of the problem.
    #[error("{detail}")]
    Refused { status: u16, detail: String },
}

impl OwnerError {
    pub fn status(&self) -> Option<u16> {
        if let Self::Refused { status, .. } = self { Some(*status) } else { None }
    }
}

/// A deployment's address. An empty one is none: hosts pass what was not filled in.
pub fn address(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text);
    let is_address = url.is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match is_address || text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err("an address is written like https://twin.example.com".to_owned()),
    }
}

impl At {
    /// `directory`: where the system that runs here keeps its data.
    pub fn owner(&self, directory: &Path) -> Result<Owner, OwnerError> {
        match (self.url.as_deref().filter(|url| !url.is_empty()), &self.token) {
            (Some(url), Some(token)) => Ok(Owner::new(url, token)),
            (Some(_), None) => Err(OwnerError::NoToken),
            (None, _) => {
                let running = Running::read(directory).map_err(|_| OwnerError::NotRunning)?;
                Ok(Owner::new(&running.base_url, &running.owner_token))
            }
        }
    }
}

impl Owner {
    pub fn new(url: &str, token: &str) -> Self {
        let base_url = url.trim_end_matches('/').to_owned();
        Self { http: reqwest::Client::new(), base_url, token: token.to_owned() }
    }

    /// Of a deployment, with the token that its secret holds.
    pub fn deployed(stack: &Stack, aws: &Aws) -> Result<Self, Box<dyn std::error::Error>> {
        let base = stack.output("PublicBaseUrl").ok_or("the stack says no address")?;
        let secret = stack.output("OwnerToken").ok_or("the stack names no owner's token")?;
        let said = aws.ask(&["secretsmanager", "get-secret-value", "--secret-id", secret])?;
        Ok(Self::new(base, said["SecretString"].as_str().unwrap_or_default()))
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The answer's JSON; null if it has none.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, OwnerError> {
        Ok(serde_json::from_slice(&self.bytes(method, path, body).await?).unwrap_or_default())
    }

    /// An answer that is no JSON.
    pub async fn text(&self, path: &str) -> Result<String, OwnerError> {
        Ok(String::from_utf8_lossy(&self.bytes(Method::GET, path, None).await?).into_owned())
    }

    async fn bytes(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Bytes, OwnerError> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if status.is_success() {
            return Ok(bytes);
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let detail = value["detail"].as_str().map(str::to_owned);
        let detail = detail.unwrap_or_else(|| format!("the system answered {status}"));
        Err(OwnerError::Refused { status: status.as_u16(), detail })
    }

    pub async fn get(&self, path: &str) -> Result<Option<Value>, OwnerError> {
        match self.ask(Method::GET, path, None).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Who has this number.
    pub async fn person(&self, number: &str) -> Result<Option<String>, OwnerError> {
        let mut path = PEOPLE.to_owned();
        loop {
            let page = self.ask(Method::GET, &path, None).await?;
            let mut people = page["people"].as_array().into_iter().flatten();
            let found = people.find(|person| person["phone"] == number);
            if let Some(id) = found.and_then(|person| person["id"].as_str()) {
                return Ok(Some(id.to_owned()));
            }
            let Some(next) = page["nextCursor"].as_str() else { return Ok(None) };
            path = format!("{PEOPLE}&cursor={next}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_the_web() {
        for given in ["https://twin.example.com", "http://localhost:8080/", ""] {
            assert_eq!(address(given).as_deref(), Ok(given));
        }
        for given in ["nonsense", "twin.example.com", "localhost:8080", "ftp://twin.example.com", "https://"]
        {
            assert!(address(given).is_err(), "{given}");
        }
    }
}
