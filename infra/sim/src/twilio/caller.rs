//! A person with a phone: dials a webhook, follows the TwiML, talks, listens, and reports.

mod config;
mod form;
mod notices;
mod verbs;

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    Control, Live,
    faults::Callbacks,
    new_sid,
    report::{CallerEvent, Fault, Report},
    transcription::Transcribing,
    turns::Turns,
    twiml::{self, Target, Verb},
    web::{self, Params, Web},
};
pub use config::{CallConfig, Detection, DialOutcome, Pickup};
pub(super) use form::{Form, pair};
use notices::Notices;
pub(super) use notices::Sender;

/// No call reads more documents than this: a redirect to itself ends.
const MOST_DOCUMENTS: usize = 50;
/// Faults of one call that are kept.
const MOST_FAULTS: usize = 100;

/// A call that was placed.
#[derive(Debug)]
pub struct CallHandle {
    pub live: Arc<Live>,
    /// What happens, as it happens; ends with [`CallerEvent::Ended`]. Need not be read.
    pub events: mpsc::UnboundedReceiver<CallerEvent>,
    task: JoinHandle<Report>,
}

impl CallHandle {
    pub fn sid(&self) -> &str {
        &self.live.sid
    }

    /// The caller puts the phone down.
    pub fn hang_up(&self) {
        self.live.control(Control::HangUp);
    }

    /// Waits until the call is over and its callbacks are delivered. Fails if its task panicked.
    pub async fn report(self) -> Result<Report, tokio::task::JoinError> {
        self.task.await
    }
}

pub struct Call;

impl Call {
    /// Dials, in a task of its own. Fails only if no HTTP client can be made (11200).
    pub fn place(mut config: CallConfig) -> Result<CallHandle, Fault> {
        let http = match config.http.take() {
            Some(http) => http,
            None => web::http_client()?,
        };
        let sid = config.call_sid.clone().unwrap_or_else(|| new_sid("CA"));
        let parties = [config.from.clone(), config.to.clone()];
        let (live, controls) = Live::new(sid, parties, config.direction, config.caller_name.clone());
        let live = Arc::new(live);
        let (tell, events) = mpsc::unbounded_channel();
        let web = Web::new(http, &config.auth_token, config.faults.clone());
        let report = Report { call_sid: live.sid.clone(), ..Report::default() };
        let session = Session {
            turns: Turns::new(std::mem::take(&mut config.lines), config.manners),
            digits: std::mem::take(&mut config.digits).into(),
            form: Form::of(&config, &live.sid),
            notices: Notices::start(web.clone(), config.faults.callbacks),
            live: Arc::clone(&live),
            sink: Sink { events: tell, report, transcribing: None },
            sequence: 0,
            later: Vec::new(),
            config,
            controls,
            web,
        };
        Ok(CallHandle { live, events, task: tokio::spawn(session.run()) })
    }
}

/// Where a running call puts what it notices.
#[derive(Debug)]
pub struct Sink {
    events: mpsc::UnboundedSender<CallerEvent>,
    pub report: Report,
    /// Twilio writes down what it hears.
    pub transcribing: Option<Transcribing>,
}

impl Sink {
    pub fn tell(&mut self, event: CallerEvent) {
        if let Some(transcribing) = &mut self.transcribing {
            transcribing.notice(&event);
        }
        match &event {
            CallerEvent::Verb(name) => self.report.verbs.push(name.clone()),
            CallerEvent::Heard(text) => self.report.heard.push(text.clone()),
            CallerEvent::CallerSaid(text) => self.report.said.push(text.clone()),
            _ => {}
        }
        // Nobody need listen.
        let _heard = self.events.send(event);
    }

    pub fn fault(&mut self, fault: Fault) {
        if self.report.faults.len() < MOST_FAULTS {
            self.report.faults.push(fault.clone());
            self.tell(CallerEvent::Fault(fault));
        }
    }
}

/// What follows a verb.
#[derive(Debug)]
enum Flow {
    Next,
    Fetch(Fetch),
    Document { text: String, base: String },
    End(&'static str),
}

/// A request for the next document.
#[derive(Debug)]
struct Fetch {
    purpose: &'static str,
    target: Target,
    params: Params,
}

impl Fetch {
    fn new(purpose: &'static str, target: Target, params: Params) -> Self {
        Self { purpose, target, params }
    }
}

struct Session {
    config: CallConfig,
    live: Arc<Live>,
    controls: mpsc::UnboundedReceiver<Control>,
    sink: Sink,
    web: Web,
    form: Form,
    notices: Notices,
    turns: Turns,
    digits: std::collections::VecDeque<String>,
    /// Of status callbacks.
    sequence: u32,
    /// What was said in voicemails is told when the call is over.
    later: Vec<(Target, Params)>,
}

impl Session {
    async fn run(mut self) -> Report {
        let began = Instant::now();
        let limit = tokio::spawn({
            let (live, limit) = (Arc::downgrade(&self.live), self.config.limit);
            async move {
                sleep(limit).await;
                live.upgrade().map(|live| live.control(Control::HangUp))
            }
        });
        self.sink.tell(CallerEvent::Dialing);
        self.live.ring();
        self.notify_status("ringing");
        self.sink.tell(CallerEvent::Ringing);
        let status = match self.picked_up().await {
            Ok(status) => status,
            Err(fault) => {
                self.sink.fault(fault);
                "failed"
            }
        };
        self.live.end(status);
        limit.abort();
        self.finish_recordings();
        self.stop_transcribing();
        self.notify_status(status);
        for (callback, params) in std::mem::take(&mut self.later) {
            self.notices.send("transcription", callback, params);
        }
        self.notices.finish().await;
        self.sink.tell(CallerEvent::Ended(status));
        let mut report = self.sink.report;
        report.exchanges = self.web.exchanges();
        report.recordings = self.live.recordings(|all| all.iter().map(|one| one.sid.clone()).collect());
        (report.status, report.duration) = (status, began.elapsed());
        report
    }

    /// A call that somebody else placed is answered first, or not.
    async fn picked_up(&mut self) -> Result<&'static str, Fault> {
        if self.config.direction == "outbound-api" {
            match self.config.picks_up {
                Pickup::Answers => {
                    self.answer();
                    self.detect();
                }
                Pickup::NoAnswer => return Ok("no-answer"),
                Pickup::Busy => return Ok("busy"),
            }
        }
        self.follow().await
    }

    /// Document after document; the final status.
    async fn follow(&mut self) -> Result<&'static str, Fault> {
        let url = self.config.webhook.clone();
        let mut flow = match self.config.twiml.take() {
            Some(text) => Flow::Document { text, base: url },
            None => Flow::Fetch(Fetch::new("voice", Target { url, get: false }, Params::new())),
        };
        while self.sink.report.documents.len() < MOST_DOCUMENTS {
            let (verbs, base) = match flow {
                Flow::Next => return Ok("completed"),
                Flow::End(status) => return Ok(status),
                Flow::Fetch(fetch) => self.fetch(fetch).await?,
                Flow::Document { text, base } => (self.read(text)?, base),
            };
            flow = self.perform(verbs, &base).await?;
        }
        Err(Fault::new(11205, format!("more than {MOST_DOCUMENTS} documents")))
    }

    /// The verbs at `fetch` and their URL; those of the fallback, if that fails.
    async fn fetch(&mut self, fetch: Fetch) -> Result<(Vec<Verb>, String), Fault> {
        let fault = match self.ask(&fetch).await {
            Ok(verbs) => return Ok((verbs, fetch.target.url)),
            Err(fault) => fault,
        };
        let Some(url) = self.config.fallback.clone() else { return Err(fault) };
        let params = [("ErrorCode", fault.code.to_string()), ("ErrorUrl", fetch.target.url)];
        let params = params.map(|(name, value)| (name.to_owned(), value)).to_vec();
        self.sink.fault(fault);
        let fallback = Fetch::new("fallback", Target { url, get: false }, params);
        Ok((self.ask(&fallback).await?, fallback.target.url))
    }

    async fn ask(&mut self, fetch: &Fetch) -> Result<Vec<Verb>, Fault> {
        let params = self.form.with(self.live.progress().status, &fetch.params);
        let text = self.web.twiml(fetch.purpose, &fetch.target, &params).await?;
        self.read(text)
    }

    fn read(&mut self, text: String) -> Result<Vec<Verb>, Fault> {
        let verbs = twiml::parse(&text);
        self.sink.report.documents.push(text);
        verbs
    }

    fn answer(&mut self) {
        if self.live.progress().started.is_none() {
            self.live.answer();
            self.sink.tell(CallerEvent::Answered);
            self.notify_status("in-progress");
        }
    }

    /// Tells in its own time who has picked up, if the call is not over by then.
    fn detect(&mut self) {
        let Some(Detection { callback, after, answered_by }) = self.config.detects.take() else { return };
        let milliseconds = after.as_millis().to_string();
        let params = [pair("AnsweredBy", answered_by), pair("MachineDetectionDuration", &milliseconds)];
        let (web, params, live) = (self.web.clone(), self.form.callback(&params), Arc::clone(&self.live));
        tokio::spawn(async move {
            sleep(after).await;
            if !live.is_over() {
                web.notify("amd", &callback, params).await;
            }
        });
    }

    fn notify_status(&mut self, status: &'static str) {
        let sequence = self.sequence;
        self.sequence += 1;
        let Some(url) = self.config.status_callback.clone() else { return };
        let is_last = !matches!(status, "ringing" | "in-progress");
        let all = self.config.progress || self.config.faults.callbacks == Callbacks::Reversed;
        if is_last || all {
            let duration = is_last.then(|| self.live.progress().duration().as_secs());
            let params = self.form.status(status, sequence, duration);
            self.notices.send("status", Target { url, get: false }, params);
        }
    }

    /// Tells of the recordings that are complete.
    fn finish_recordings(&mut self) {
        let sid = &self.config.account_sid;
        let base = format!("{}/2010-04-01/Accounts/{sid}/Recordings/", self.config.api_base);
        let complete = self.live.recordings(|all| {
            let complete = all.iter_mut().filter(|recording| !recording.is_open());
            let told = complete.filter_map(|recording| {
                let callback = recording.callback.take()?;
                Some((callback, recording.callback_params(&format!("{base}{}", recording.sid))))
            });
            told.collect::<Vec<_>>()
        });
        for (callback, params) in complete {
            self.notices.send("recording", callback, self.form.callback(&params));
        }
    }
}

#[cfg(test)]
mod tests;
