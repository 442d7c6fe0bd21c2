//! Who calls whom, what is said, and what goes wrong.

use std::time::Duration;

use crate::{
    scenario::Scenario,
    twilio::{
        faults::Faults,
        turns::{Line, Manners},
        twiml::Target,
    },
};

/// What happens on `<Dial>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DialOutcome {
    /// Somebody answers and talks for this long.
    Answered(Duration),
    /// Nobody does for the `timeout` of the verb.
    #[default]
    NoAnswer,
    Busy,
    Failed,
}

/// What becomes of a call that the REST API placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pickup {
    #[default]
    Answers,
    NoAnswer,
    Busy,
}

/// Answering machine detection beside the call.
#[derive(Debug, Clone)]
pub struct Detection {
    pub callback: Target,
    /// Since it was answered.
    pub after: Duration,
    pub answered_by: &'static str,
}

/// One call, before it is placed.
#[derive(Debug, Clone)]
pub struct CallConfig {
    /// The number's voice URL exactly as configured: it is signed as it stands here.
    pub webhook: String,
    /// Asked once after a document could not be had or read.
    pub fallback: Option<String>,
    /// The number's status callback: `completed` (or how else it ended).
    pub status_callback: Option<String>,
    /// Also `ringing` and `in-progress` to the status callback.
    pub progress: bool,
    pub account_sid: String,
    pub auth_token: String,
    /// As in the form: E.164, or what a hidden caller has (`anonymous`, `+266696687`, empty).
    pub from: String,
    pub to: String,
    pub stir_verstat: Option<String>,
    pub caller_name: Option<String>,
    /// Default: a new one. The same one again is a replay.
    pub call_sid: Option<String>,
    /// `inbound`, or `outbound-api` for a call that the REST API placed.
    pub direction: &'static str,
    /// Runs instead of asking the webhook.
    pub twiml: Option<String>,
    /// What the caller says, in order.
    pub lines: Vec<Line>,
    pub manners: Manners,
    /// Keys pressed in a stream, at a time since its start.
    pub dtmf: Vec<(Duration, char)>,
    /// What is keyed in at each `<Gather>`, in order.
    pub digits: Vec<String>,
    pub dial: DialOutcome,
    /// What whoever is dialled keys in while they hear what only they hear.
    pub dialled_digits: Vec<String>,
    /// Whether a call that the REST API placed is answered.
    pub picks_up: Pickup,
    pub detects: Option<Detection>,
    /// 1: `<Say>`, `<Pause>`, `<Record>` and `<Dial>` last as long as in life; 0: no time. Media streams are
    /// always in real time.
    pub tempo: f64,
    /// How much of the twin's audio is kept for the report.
    pub keep_audio: Duration,
    /// The caller hangs up at the latest after this.
    pub limit: Duration,
    /// Prefix of recording URLs, without `/2010-04-01`.
    pub api_base: String,
    /// Where the account is of which the product asks for what is recorded, if it is in another process.
    pub heard_at: Option<String>,
    /// Shared by many calls; default: an own one.
    pub http: Option<reqwest::Client>,
    pub faults: Faults,
}

impl CallConfig {
    /// An ordinary inbound call of somebody who says nothing.
    pub fn new(webhook: &str, account_sid: &str, auth_token: &str, from: &str, to: &str) -> Self {
        let [webhook, account_sid, auth_token, from, to] =
            [webhook, account_sid, auth_token, from, to].map(str::to_owned);
        Self {
            webhook,
            fallback: None,
            status_callback: None,
            progress: false,
            account_sid,
            auth_token,
            from,
            to,
            stir_verstat: None,
            caller_name: None,
            call_sid: None,
            direction: "inbound",
            twiml: None,
            lines: Vec::new(),
            manners: Manners::default(),
            dtmf: Vec::new(),
            digits: Vec::new(),
            dial: DialOutcome::default(),
            dialled_digits: Vec::new(),
            picks_up: Pickup::default(),
            detects: None,
            tempo: 1.0,
            keep_audio: Duration::from_mins(1),
            limit: Duration::from_mins(15),
            api_base: "https://api.twilio.com".to_owned(),
            heard_at: None,
            http: None,
            faults: Faults::default(),
        }
    }

    /// The caller of a scenario: number, attestation and lines.
    pub fn playing(self, scenario: &Scenario) -> Self {
        let (from, stir_verstat) = (scenario.from.clone(), scenario.stir_verstat.clone());
        Self { from, stir_verstat, lines: Line::of(scenario), ..self }
    }
}
