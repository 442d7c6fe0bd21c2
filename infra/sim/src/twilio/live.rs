//! A call as the REST API and the caller both see it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{recording::Recording, twiml::Target};

/// What may happen to a call from outside while it runs.
#[derive(Debug)]
pub enum Control {
    /// The caller or the REST API hangs up.
    HangUp,
    /// New TwiML replaces the running document.
    Document(String),
    /// New TwiML is fetched, by POST unless `get`.
    Fetch(Target),
}

#[derive(Debug)]
pub struct Live {
    pub sid: String,
    pub from: String,
    pub to: String,
    /// `inbound` or `outbound-api`.
    pub direction: &'static str,
    pub caller_name: Option<String>,
    pub created: Timestamp,
    progress: Mutex<Progress>,
    recordings: Mutex<Vec<Recording>>,
    is_recorded: AtomicBool,
    control: mpsc::UnboundedSender<Control>,
}

#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// `queued`, `ringing`, `in-progress`, `completed`, `busy`, `no-answer`, `canceled` or `failed`.
    pub status: &'static str,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
}

impl Progress {
    /// Since it was answered; zero before.
    pub fn duration(&self) -> Duration {
        let (Some(started), ended) = (self.started, self.ended.unwrap_or_else(Timestamp::now)) else {
            return Duration::ZERO;
        };
        Duration::try_from(ended.duration_since(started)).unwrap_or_default()
    }
}

impl Live {
    pub(super) fn new(
        sid: String,
        [from, to]: [String; 2],
        direction: &'static str,
        caller_name: Option<String>,
    ) -> (Self, mpsc::UnboundedReceiver<Control>) {
        let (control, controls) = mpsc::unbounded_channel();
        let progress = Progress { status: "queued", started: None, ended: None };
        let live = Self {
            sid,
            from,
            to,
            direction,
            caller_name,
            created: Timestamp::now(),
            progress: Mutex::new(progress),
            recordings: Mutex::default(),
            is_recorded: AtomicBool::new(false),
            control,
        };
        (live, controls)
    }

    /// False when the call is already over.
    pub fn control(&self, control: Control) -> bool {
        !self.is_over() && self.control.send(control).is_ok()
    }

    pub fn progress(&self) -> Progress {
        *held(&self.progress)
    }

    pub fn is_over(&self) -> bool {
        self.progress().ended.is_some()
    }

    /// Starts a recording; its sid.
    pub fn record(&self, recording: Recording) -> String {
        let sid = recording.sid.clone();
        held(&self.recordings).push(recording);
        self.is_recorded.store(true, Ordering::Release);
        sid
    }

    /// Reads or changes the recordings.
    pub fn recordings<T>(&self, look: impl FnOnce(&mut Vec<Recording>) -> T) -> T {
        look(&mut held(&self.recordings))
    }

    /// The same stretch of time of both sides, for the recordings that run.
    pub(super) fn hear(&self, caller: &[u8], twin: &[u8]) {
        if self.is_recorded.load(Ordering::Acquire) {
            held(&self.recordings).iter_mut().for_each(|recording| recording.push(caller, twin));
        }
    }

    pub(super) fn answer(&self) {
        let mut progress = held(&self.progress);
        progress.status = "in-progress";
        progress.started.get_or_insert_with(Timestamp::now);
    }

    pub(super) fn ring(&self) {
        held(&self.progress).status = "ringing";
    }

    pub(super) fn end(&self, status: &'static str) {
        let mut progress = held(&self.progress);
        (progress.status, progress.ended) = (status, Some(Timestamp::now()));
        drop(progress);
        let complete = |recording: &mut Recording| recording.status = "completed";
        held(&self.recordings).iter_mut().for_each(complete);
    }
}

/// The value, also when another holder panicked: nothing here is left half changed.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
