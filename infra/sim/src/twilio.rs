//! Twilio, simulated: callers who dial a webhook, and the REST API.
//!
//! Shapes follow Twilio's published protocol (webhook forms, TwiML, Media Streams, REST of 2010-04-01) and
//! are checked against its official SDK in `tests/peers/twilio_sdk.py`.
//!
//! - [`caller`]: a person with a phone; [`caller::Call::place`] dials and gives a [`report::Report`]
//! - [`faults`]: how a call may misbehave
//! - [`rest`]: the API that the product calls
//! - [`signature`][]: `X-Twilio-Signature`
//! - [`twiml`]: documents, read strictly
//! - `transcription`: what Twilio hears, told while the call goes on
//! - [`playback`], [`turns`], [`frames`]: what is heard, who speaks, and the messages; without sockets or clocks

pub mod caller;
mod conversation;
mod dtmf;
pub mod faults;
pub mod frames;
mod live;
mod media;
pub mod playback;
pub mod recording;
pub mod report;
pub mod rest;
pub mod signature;
mod stream;
mod transcription;
pub mod turns;
pub mod twiml;
mod web;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use caller::{Call, CallConfig, CallHandle, Pickup};
use faults::Faults;
use live::held;
pub use live::{Control, Live, Progress};
use recording::Recording;
use report::Fault;
use rest::{Logged, LookedUp, Message, RestError};
use turns::{Line, Manners};
use web::Web;

use crate::scenario::Scenario;

/// One Twilio account: its live calls, its outbox, and what the REST API was asked.
#[derive(Debug)]
pub struct Twilio {
    pub account_sid: String,
    pub auth_token: String,
    /// Where [`rest::app`] is reached, without `/2010-04-01`; recordings are announced below it.
    pub api_base: String,
    http: reqwest::Client,
    calls: Mutex<Vec<Arc<Live>>>,
    outbox: Mutex<Vec<Message>>,
    requests: Mutex<Vec<Logged>>,
    opted_out: Mutex<HashSet<String>>,
    undeliverable: Mutex<HashMap<String, u32>>,
    failures: Mutex<VecDeque<RestError>>,
    lines: Mutex<HashMap<String, LookedUp>>,
    /// Resources of numbers, as the API gives them.
    numbers: Mutex<Vec<serde_json::Value>>,
    callee: Mutex<Option<Callee>>,
    callees: Mutex<HashMap<String, Callee>>,
    answered: Mutex<Vec<CallHandle>>,
    web: Web,
}

impl Twilio {
    /// Fails only if no HTTP client can be made (11200).
    pub fn new(account_sid: &str, auth_token: &str, api_base: &str) -> Result<Self, Fault> {
        let http = web::http_client()?;
        Ok(Self {
            web: Web::new(http.clone(), auth_token, Faults::default()),
            http,
            account_sid: account_sid.to_owned(),
            auth_token: auth_token.to_owned(),
            api_base: api_base.trim_end_matches('/').to_owned(),
            calls: Mutex::default(),
            outbox: Mutex::default(),
            requests: Mutex::default(),
            opted_out: Mutex::default(),
            undeliverable: Mutex::default(),
            failures: Mutex::default(),
            lines: Mutex::default(),
            numbers: Mutex::default(),
            callee: Mutex::default(),
            callees: Mutex::default(),
            answered: Mutex::default(),
        })
    }

    /// A call of this account to `webhook`, to be changed at will and placed.
    pub fn call(&self, webhook: &str, from: &str, to: &str) -> CallConfig {
        CallConfig {
            api_base: self.api_base.clone(),
            http: Some(self.http.clone()),
            ..CallConfig::new(webhook, &self.account_sid, &self.auth_token, from, to)
        }
    }

    /// Dials; the REST API knows the call from now on.
    pub fn place(&self, config: CallConfig) -> Result<CallHandle, Fault> {
        let handle = Call::place(config)?;
        held(&self.calls).push(Arc::clone(&handle.live));
        Ok(handle)
    }

    /// A call of another process, and what was recorded of it.
    fn heard(&self, call: String, recording: Recording) {
        let (live, _) = Live::new(call, [String::new(), String::new()], "inbound", None);
        live.record(recording);
        live.end("completed");
        held(&self.calls).push(Arc::new(live));
    }

    /// Every call, the oldest first.
    pub fn calls(&self) -> Vec<Arc<Live>> {
        held(&self.calls).clone()
    }

    /// Every message that was accepted.
    pub fn outbox(&self) -> Vec<Message> {
        held(&self.outbox).clone()
    }

    /// Every request to the REST API, with the status of its answer.
    pub fn requests(&self) -> Vec<Logged> {
        held(&self.requests).clone()
    }

    /// This number answered STOP: messages to it fail with 21610.
    pub fn opt_out(&self, number: &str) {
        held(&self.opted_out).insert(number.to_owned());
    }

    /// Messages to this number are accepted, and come back with this error: 30003 to 30008.
    pub fn lose(&self, number: &str, error: u32) {
        held(&self.undeliverable).insert(number.to_owned(), error);
    }

    /// What Lookup says of a number; otherwise it is a mobile telephone that has not changed hands.
    pub fn know(&self, number: &str, line: LookedUp) {
        held(&self.lines).insert(number.to_owned(), line);
    }

    /// The next REST request with right credentials fails so.
    pub fn fail_next(&self, error: RestError) {
        held(&self.failures).push_back(error);
    }

    /// Calls created over REST are answered by somebody who says this; without it they stay `queued`.
    pub fn answer_with(&self, lines: Vec<Line>) {
        self.answer_as(Callee { lines, tempo: 1.0, ..Callee::default() });
    }

    /// The same by somebody who may press keys, or not answer at all.
    pub fn answer_as(&self, callee: Callee) {
        *held(&self.callee) = Some(callee);
    }

    /// Only at this number.
    pub fn answer_at(&self, number: &str, callee: Callee) {
        held(&self.callees).insert(number.to_owned(), callee);
    }

    /// Takes the calls that were created over REST and rang somewhere.
    pub fn rung(&self) -> Vec<CallHandle> {
        std::mem::take(&mut *held(&self.answered))
    }
}

/// Who is called over REST.
#[derive(Debug, Clone, Default)]
pub struct Callee {
    pub lines: Vec<Line>,
    pub manners: Manners,
    /// At each `<Gather>`.
    pub digits: Vec<String>,
    pub picks_up: Pickup,
    /// What answering machine detection says, and how long after it was answered; if it is asked for.
    pub detected: Option<(Duration, &'static str)>,
    pub tempo: f64,
    pub faults: Faults,
}

impl Callee {
    /// Who speaks first, as people and boxes do who are called. A box has a tone, which is told at its end.
    pub fn playing(scenario: &Scenario, is_box: bool) -> Self {
        let lines = Line::of(scenario);
        let hello = Duration::from_millis(300);
        let spoken: u64 = lines.iter().map(|line| crate::speech::duration_ms(line.audio.len())).sum();
        let tone = hello + Duration::from_millis(spoken + 600);
        Self {
            manners: Manners { says_hello: Some(hello), ..Manners::default() },
            detected: is_box.then_some((tone, "machine_end_beep")),
            lines,
            tempo: 1.0,
            ..Self::default()
        }
    }
}

/// Twilio's ids: two letters and 32 hexadecimal digits.
pub fn new_sid(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

/// `Tue, 18 Aug 2015 16:00:00 +0000`
fn rfc2822(time: jiff::Timestamp) -> String {
    jiff::fmt::rfc2822::to_string(&time.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
}
