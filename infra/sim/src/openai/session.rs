//! One session as a value: client events and time in, outputs and a deadline out.

pub(super) mod calendar;
mod call;
mod client;
#[cfg(test)]
mod tests;
mod transcription;
mod turns;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::Options;
use super::config::{Config, DEFAULT_MODEL};
use super::conversation::Conversation;
use super::faults::{Armed, Fault};
use super::microphone::Microphone;
use super::mind::{Library, Mind};
use super::performance::{Performance, Stage};
use super::playback::Playback;
use super::record::{Record, SessionView};
use super::wire::{ApiError, Output, Wire};
use calendar::Calendar;
use transcription::Transcription;

const LIFETIME_SECONDS: u64 = 3600;
const BETWEEN_LATE_DELTAS: Duration = Duration::from_millis(20);

/// A client's session.
#[derive(Debug)]
pub struct Session {
    id: String,
    model: String,
    options: Arc<Options>,
    started: Instant,
    wire: Wire,
    config: Config,
    microphone: Microphone,
    /// The item that the speech in progress will be.
    speech: Option<String>,
    turns: u32,
    conversation: Conversation,
    mind: Mind,
    /// Of a call.
    playback: Option<Playback>,
    /// At most one is not aside.
    performances: Vec<Performance>,
    responses: u32,
    calendar: Calendar<Later>,
    /// Transcriptions that wait for the end of a response.
    held: Vec<Transcription>,
    plans: Vec<Arc<Armed>>,
    /// Faults of a moment whose moment is set.
    scheduled: HashSet<u32>,
    record: Record,
    ended: bool,
}

/// What happens at a time of its own.
#[derive(Debug)]
enum Later {
    Fault(Arc<Armed>),
    Transcription(Transcription),
    /// An event of a response that is already cancelled.
    LateDelta(String),
}

impl Session {
    /// Sends `session.created`.
    pub fn open(
        model: &str,
        options: &Arc<Options>,
        library: &Arc<Library>,
        now: Instant,
        out: &mut Vec<Output>,
    ) -> Self {
        let mut session = Self::silent(Some(model), options, library, now);
        session.wire.send("session.created", json!({ "session": session.config.value() }));
        session.wire.drain(out);
        session
    }

    /// One that has said nothing yet; without a model, of the default one.
    fn silent(model: Option<&str>, options: &Arc<Options>, library: &Arc<Library>, now: Instant) -> Self {
        let mut wire = Wire::new();
        let id = wire.id("sess");
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let model = model.unwrap_or(DEFAULT_MODEL);
        let config = Config::new(&id, model, unix + LIFETIME_SECONDS);
        let conversation = Conversation::new(wire.id("conv"));
        let mut session = Self {
            id,
            model: model.to_owned(),
            options: Arc::clone(options),
            started: now,
            wire,
            config,
            microphone: Microphone::default(),
            speech: None,
            turns: 0,
            conversation,
            mind: Mind::new(Arc::clone(library)),
            playback: None,
            performances: Vec::new(),
            responses: 0,
            calendar: Calendar::default(),
            held: Vec::new(),
            plans: Vec::new(),
            scheduled: HashSet::new(),
            record: Record::default(),
            ended: false,
        };
        session.microphone.configure(session.config.vad());
        session
    }

    /// When [`Session::tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let played = self.playback.as_ref().and_then(Playback::due);
        self.performances.iter().map(Performance::due).chain(self.calendar.next()).chain(played).min()
    }

    /// Does all that is due, in the order of time.
    pub fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        while let Some(due) = self.deadline().filter(|due| *due <= now) {
            match self.calendar.take(due) {
                Some(later) => self.perform_later(later),
                None if self.plays_at(due) => self.play(),
                None => self.perform(due),
            }
        }
        self.wire.drain(out);
    }

    /// The faults that are planned from now on.
    pub fn plan(&mut self, plans: Vec<Arc<Armed>>, now: Instant) {
        self.plans = plans;
        for armed in &self.plans {
            if armed.plan.fault.is_of_a_moment()
                && armed.plan.response.is_none()
                && self.scheduled.insert(armed.id)
            {
                let at = self.started + armed.plan.after.unwrap_or_default();
                self.calendar.add(at.max(now), Later::Fault(Arc::clone(armed)));
            }
        }
    }

    /// The socket is closed.
    pub fn end(&mut self) {
        self.ended = true;
        self.performances = Vec::new();
        self.playback = None;
        self.microphone = Microphone::default();
        self.calendar = Calendar::default();
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    pub fn view(&self) -> SessionView {
        let session = self.config.value().clone();
        SessionView {
            id: self.id.clone(),
            model: self.model.clone(),
            instructions: session["instructions"].as_str().unwrap_or_default().to_owned(),
            tools: session["tools"].as_array().cloned().unwrap_or_default(),
            session,
            events: self.record.events.clone(),
            events_dropped: self.record.events_dropped,
            heard: self.record.heard.clone(),
            audio_bytes: self.record.audio_bytes,
            audio_frames: self.record.audio_frames,
            truncations: self.record.truncations.clone(),
            errors: self.wire.errors.clone(),
            calls_not_offered: self.record.calls_not_offered.clone(),
            conversation: self.conversation.items().to_vec(),
            responses: self.responses,
            ended: self.ended,
        }
    }

    /// One step of the response that is due.
    fn perform(&mut self, due: Instant) {
        let Some(index) = self.performances.iter().position(|performance| performance.due() == due) else {
            return;
        };
        let mut stage = Stage {
            wire: &mut self.wire,
            conversation: &mut self.conversation,
            playback: self.playback.as_mut(),
        };
        if self.performances[index].step(&mut stage) {
            self.performances.remove(index);
            self.release_transcriptions();
            self.rest();
        }
    }

    /// Cancels the response with this id, or the one in the conversation; false if there is none.
    fn cancel(&mut self, id: Option<&str>, reason: &str, now: Instant) -> bool {
        let wanted = |performance: &Performance| id.map_or(!performance.aside, |id| performance.id == id);
        let Some(index) = self.performances.iter().position(wanted) else { return false };
        let performance = self.performances.remove(index);
        let late = self.holding(performance.number, now, |fault| match fault {
            Fault::LateDeltas(deltas) => Some(*deltas),
            _ => None,
        });
        let mut stage = Stage {
            wire: &mut self.wire,
            conversation: &mut self.conversation,
            playback: self.playback.as_mut(),
        };
        let deltas = performance.cancel(reason, late.unwrap_or_default(), &mut stage);
        for (delta, n) in deltas.into_iter().zip(1..) {
            self.calendar.add(now + n * BETWEEN_LATE_DELTAS, Later::LateDelta(delta));
        }
        self.release_transcriptions();
        true
    }

    fn perform_later(&mut self, later: Later) {
        match later {
            Later::Transcription(transcription) => self.transcribe(&transcription),
            Later::LateDelta(event) => self.wire.push(Output::Send(event)),
            Later::Fault(armed) if armed.take() => self.strike(&armed.plan.fault),
            Later::Fault(_) => {}
        }
    }

    /// A fault of a moment.
    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::SessionExpired => {
                let message = "Your session hit the maximum duration of 60 minutes.";
                self.wire.fail(&ApiError::invalid("session_expired", message), None);
                self.wire.push(Output::Close { code: 1001, reason: "session expired" });
            }
            Fault::Reset => self.wire.push(Output::Reset),
            Fault::MalformedFrame => {
                self.wire.push(Output::Send(r#"{"type":"response.output_audio.delta","delta":"#.to_owned()));
            }
            Fault::StopReading(pause) => self.wire.push(Output::StopReading(*pause)),
            _ => {}
        }
    }

    /// What the first plan says that holds now for the nth response or turn.
    fn holding<T>(&self, number: u32, now: Instant, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.plans.iter().find_map(|armed| {
            let plan = &armed.plan;
            let holds = plan.response.is_none_or(|response| response == number)
                && now >= self.started + plan.after.unwrap_or_default();
            let picked = pick(&plan.fault).filter(|_| holds)?;
            armed.take().then_some(picked)
        })
    }

    fn holds(&self, number: u32, now: Instant, fault: &Fault) -> bool {
        self.holding(number, now, |planned| (planned == fault).then_some(())).is_some()
    }
}

/// A text for a user's message: all of its text parts.
fn text_of(item: &Value) -> Option<String> {
    let parts = item["content"].as_array()?;
    let texts = parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>();
    (item["role"] == "user" && !texts.is_empty()).then(|| texts.join(" "))
}
