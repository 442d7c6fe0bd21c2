//! What a system is started with.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use twin::{
    call::Limits,
    config::{CalendarAccounts, DAILY_BUDGET, OpenAi, PublicUrls, Twilio},
    retention::Retention,
};

use crate::settings::{LocalSecrets, simulated_twilio};

const VISIBILITY: Duration = Duration::from_secs(30);

pub enum Model {
    Real(OpenAi),
    Simulated(sim::openai::Options),
}

pub struct Options {
    /// 0: any free one.
    pub port: u16,
    /// Where data, mails and secrets are kept; in memory only when `None`.
    pub directory: Option<PathBuf>,
    /// Whether the sample professional moves in where nobody is.
    pub sample: bool,
    /// Another emulator of DynamoDB, in place of the embedded one: for tests.
    pub dynamodb: Option<String>,
    pub twilio: Twilio,
    pub twilio_is_simulated: bool,
    /// How the system is reached from outside; by its own port when `None`.
    pub urls: Option<PublicUrls>,
    pub model: Model,
    /// As [`OpenAi::live_model`], where the model is simulated.
    pub live_model: Option<String>,
    pub secrets: LocalSecrets,
    pub limits: Limits,
    pub slots: u32,
    /// Where wire logs of calls go, if anywhere.
    pub call_logs: Option<Arc<Path>>,
    /// The simulated model answers in text, too; else the twin reads and quotes by itself.
    pub text_is_simulated: bool,
    /// As [`OpenAi::daily_budget`], of a simulated model.
    pub daily_budget: u64,
    /// Hosts of this machine that may be asked for what strangers name, and over plain HTTP: for tests.
    pub local_hosts: Vec<String>,
    /// GitHub's REST API, or a simulator of it.
    pub github: String,
    pub github_token: Option<String>,
    /// Signs visitors in, and the owner.
    pub oidc: Option<mcp::oauth::Oidc>,
    /// Providers whose calendars the owner can connect.
    pub calendars: Option<CalendarAccounts>,
    /// Web pages, beside our own, whose scripts may speak MCP with us.
    pub mcp_origins: Vec<String>,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// Where answers to mails are received; they go to the owner if there is none.
    pub reply_domain: Option<String>,
    /// How long a job that failed stays hidden.
    pub visibility: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let secrets = LocalSecrets::generate();
        let twilio =
            simulated_twilio(&secrets).unwrap_or_else(|_| unreachable!("the sample number is valid"));
        Self {
            port: 0,
            directory: None,
            sample: true,
            dynamodb: None,
            twilio,
            twilio_is_simulated: true,
            urls: None,
            model: Model::Simulated(sim::openai::Options::default()),
            live_model: None,
            secrets,
            limits: Limits::default(),
            slots: 100,
            call_logs: None,
            text_is_simulated: false,
            daily_budget: DAILY_BUDGET,
            local_hosts: Vec::new(),
            github: knowledge::web::github::BASE.to_owned(),
            github_token: None,
            oidc: None,
            calendars: None,
            mcp_origins: Vec::new(),
            retention: Retention::default(),
            reply_domain: None,
            visibility: VISIBILITY,
        }
    }
}
