//! GPT-Live, `/v1/live/sessions`: one session as a value. Its audio never ends; it decides itself when it speaks, and falls
//! silent when somebody speaks over it; tools are called by the model behind it.
//!
//! What it says comes from the same scenarios. Strict where the API is: `session.start` comes first, a field that is not
//! known is refused, an item without its call, a `response.create` before all calls have outputs.

mod commands;
mod config;
mod speech;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::Options;
use super::faults::{Armed, Fault};
use super::microphone::{Microphone, Turn, VadConfig};
use super::mind::{Library, Mind};
use super::record::{Heard, Record};
use super::session::calendar::Calendar;
use super::wire::{ApiError, Output, Wire};
use crate::scenario::{Response, ToolCall};
use crate::speech::{SILENCE, duration_ms};
use speech::Mouth;

const LIFETIME_SECONDS: u64 = 3600;
/// µ-law bytes of an audio delta: 100 ms.
const DELTA: usize = 800;
const FRAME: usize = 160;
const SILENCE_MS: u32 = 500;
const VAD: VadConfig = VadConfig { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: SILENCE_MS };
/// A clock that is later than this leaves audio out.
const LAG: Duration = Duration::from_millis(400);
/// From a call to the end of it, for the model behind it to write it: one after the other.
const WRITES: Duration = Duration::from_millis(300);
/// From the last call to the end of its response.
const ENDS: Duration = Duration::from_millis(50);
/// When a transcript is late.
const LATE: Duration = Duration::from_millis(1500);
const BETWEEN_USAGE: Duration = Duration::from_secs(5);

/// How a session is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Socket,
    /// Audio goes as media.
    Call,
}

#[derive(Debug)]
pub struct Live {
    pub id: String,
    transport: Transport,
    options: Arc<Options>,
    opened: Instant,
    /// `session.started` was sent.
    began: Option<Instant>,
    wire: Wire,
    config: Value,
    microphone: Microphone,
    mind: Mind,
    mouth: Mouth,
    next_audio: Option<Instant>,
    /// A response of the model behind it is not over.
    is_at_work: bool,
    /// Calls without an output.
    open_calls: Vec<String>,
    /// All calls ever.
    calls: HashSet<String>,
    delegation: u32,
    responses: u32,
    calendar: Calendar<Later>,
    plans: Vec<Arc<Armed>>,
    scheduled: HashSet<u32>,
    record: Record,
    said: Vec<String>,
    closed: Option<&'static str>,
    ended: bool,
}

/// What happened in a session so far.
#[derive(Debug, Clone)]
pub struct LiveView {
    /// `live_…`.
    pub id: String,
    /// The whole effective session object; null before it started.
    pub session: Value,
    /// As [`SessionView::events`](super::SessionView::events).
    pub events: Vec<(Duration, Value)>,
    /// The caller's turns.
    pub heard: Vec<Heard>,
    /// What it began to say.
    pub said: Vec<String>,
    pub audio_bytes: u64,
    pub errors: Vec<Value>,
    pub calls_not_offered: Vec<String>,
    /// Why it ended, if it said so.
    pub closed: Option<&'static str>,
    pub ended: bool,
}

#[derive(Debug)]
enum Later {
    Fault(Arc<Armed>),
    /// What the caller said, and until when.
    Transcript {
        text: String,
        start_ms: u64,
        end_ms: u64,
    },
    Respond,
    Call(ToolCall, String),
    /// The response of the model behind it is over.
    Done(String),
    Usage,
}

impl Live {
    /// One that waits for its `session.start`.
    pub fn open(options: &Arc<Options>, library: &Arc<Library>, now: Instant) -> Self {
        let mut wire = Wire::new();
        let id = wire.id("live");
        let mut microphone = Microphone::default();
        microphone.configure(Some(VAD));
        Self {
            id,
            transport: Transport::Socket,
            options: Arc::clone(options),
            opened: now,
            began: None,
            wire,
            config: Value::Null,
            microphone,
            mind: Mind::new(Arc::clone(library)),
            mouth: Mouth::default(),
            next_audio: None,
            is_at_work: false,
            open_calls: Vec::new(),
            calls: HashSet::new(),
            delegation: 0,
            responses: 0,
            calendar: Calendar::default(),
            plans: Vec::new(),
            scheduled: HashSet::new(),
            record: Record::default(),
            said: Vec::new(),
            closed: None,
            ended: false,
        }
    }

    pub fn view(&self) -> LiveView {
        LiveView {
            id: self.id.clone(),
            session: self.config.clone(),
            events: self.record.events.clone(),
            heard: self.record.heard.clone(),
            said: self.said.clone(),
            audio_bytes: self.record.audio_bytes,
            errors: self.wire.errors.clone(),
            calls_not_offered: self.record.calls_not_offered.clone(),
            closed: self.closed,
            ended: self.ended,
        }
    }

    pub fn end(&mut self) {
        self.ended = true;
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.next_audio.into_iter().chain(self.calendar.next()).min()
    }

    pub fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        // Nobody hears what was not played while the line was not there.
        if self.transport == Transport::Call {
            let earliest = now.checked_sub(LAG).unwrap_or(now);
            self.next_audio = self.next_audio.map(|next| next.max(earliest));
        }
        while let Some(due) = self.deadline().filter(|due| *due <= now && self.closed.is_none()) {
            match self.calendar.take(due) {
                Some(later) => self.perform(later, due),
                None => self.sound(due),
            }
        }
        self.wire.drain(out);
    }

    pub fn plan(&mut self, plans: Vec<Arc<Armed>>, now: Instant) {
        self.plans = plans;
        for armed in &self.plans {
            let plan = &armed.plan;
            if plan.fault.is_of_a_moment() && plan.response.is_none() && self.scheduled.insert(armed.id) {
                let at = self.opened + plan.after.unwrap_or_default();
                self.calendar.add(at.max(now), Later::Fault(Arc::clone(armed)));
            }
        }
    }

    pub fn refuse_binary(&mut self, out: &mut Vec<Output>) {
        self.fail(&ApiError::invalid("invalid_event", "Binary frames are not supported."), None);
        self.wire.drain(out);
    }

    pub fn hear(&mut self, ulaw: &[u8], now: Instant, out: &mut Vec<Output>) {
        self.record.listen(ulaw.len());
        self.listen(ulaw, now);
        self.wire.drain(out);
    }

    /// A call that begins with these settings.
    pub fn open_call(
        settings: &Value,
        options: &Arc<Options>,
        library: &Arc<Library>,
        now: Instant,
        out: &mut Vec<Output>,
    ) -> Result<Self, ApiError> {
        config::check_start(settings, Transport::Call)?;
        let mut session = Self { transport: Transport::Call, ..Self::open(options, library, now) };
        session.begin(settings, None, now);
        session.wire.drain(out);
        Ok(session)
    }

    /// Begins with these settings, which were found good.
    fn begin(&mut self, settings: &Value, event_id: Option<&str>, now: Instant) {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.config = config::resource(settings, &self.id, unix + LIFETIME_SECONDS);
        for message in settings["input"].as_array().into_iter().flatten().filter(|one| one["role"] == "user")
        {
            self.mind.read(message["content"][0]["text"].as_str().unwrap_or_default());
        }
        self.began = Some(now);
        self.next_audio = Some(now);
        self.calendar.add(now + BETWEEN_USAGE, Later::Usage);
        let mut fields = json!({ "session": self.config });
        acknowledge(&mut fields, event_id);
        self.wire.send("session.started", fields);
    }

    /// Milliseconds since it began.
    fn clock(&self, now: Instant) -> u64 {
        let since = self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn listen(&mut self, ulaw: &[u8], now: Instant) {
        let mut turns = Vec::new();
        self.microphone.append(ulaw, &mut turns);
        for turn in turns {
            match turn {
                Turn::Started { .. } => self.mouth.shut(),
                Turn::Stopped { utterance, .. } => self.heard(&utterance, now),
            }
        }
    }

    /// Nobody says that it is a turn: its words come in pieces.
    fn heard(&mut self, utterance: &[u8], now: Instant) {
        let (text, coverage) = self.mind.hear(utterance);
        let audio_ms = duration_ms(utterance.len());
        let item_id = self.wire.id("turn");
        self.record.heard.push(Heard { item_id, text: text.clone(), coverage, audio_ms });
        let number = u32::try_from(self.record.heard.len()).unwrap_or(u32::MAX);
        let is_late = self.holds(number, now, &Fault::TranscriptionLate);
        let end_ms = self.clock(now).saturating_sub(u64::from(SILENCE_MS));
        let start_ms = end_ms.saturating_sub(audio_ms);
        let wait = if is_late { LATE } else { Duration::ZERO };
        self.calendar.add(now + wait, Later::Transcript { text, start_ms, end_ms });
        self.calendar.add(now + self.options.think, Later::Respond);
    }

    fn perform(&mut self, later: Later, now: Instant) {
        match later {
            Later::Transcript { text, start_ms, end_ms } => self.transcribe(&text, start_ms, end_ms),
            Later::Respond => {
                let response = self.mind.respond(None);
                self.respond(response, now);
            }
            Later::Call(call, delegation) => self.call(call, &delegation),
            Later::Done(delegation) => {
                self.is_at_work = false;
                self.behind(&delegation, json!({ "type": "response.completed", "sequence_number": 2 }));
            }
            Later::Usage => {
                let usage = json!({ "seconds": self.seconds(now) });
                self.wire.send("session.usage.updated", json!({ "usage": usage }));
                self.calendar.add(now + BETWEEN_USAGE, Later::Usage);
            }
            Later::Fault(armed) if armed.take() => self.strike(&armed.plan.fault, now),
            Later::Fault(_) => {}
        }
    }

    fn transcribe(&mut self, text: &str, start_ms: u64, end_ms: u64) {
        let pieces: Vec<&str> = text.split_inclusive(' ').collect();
        let length = end_ms - start_ms;
        for (n, piece) in (0..).zip(&pieces) {
            let at = |n: u64| start_ms + length * n / pieces.len() as u64;
            let fields = json!({ "delta": piece, "start_ms": at(n), "end_ms": at(n + 1) });
            self.wire.send("session.input_transcript.delta", fields);
        }
    }

    /// Words, and what the model behind it is to do.
    fn respond(&mut self, mut response: Response, now: Instant) {
        self.responses += 1;
        self.schedule_faults(now);
        self.without_unoffered(&mut response);
        if let Some(words) = response.say {
            self.say(words);
        }
        if response.call.is_empty() {
            return;
        }
        self.delegation += 1;
        let delegation = format!("{}_d{}", self.id, self.delegation);
        let created = json!({ "id": delegation, "type": "delegation", "target": "responses" });
        let fields = json!({ "delegation": created, "offset_ms": self.clock(now) });
        self.wire.send("session.delegation.created", fields);
        self.behind(&delegation, json!({ "type": "response.created", "sequence_number": 0 }));
        self.is_at_work = true;
        let mut at = now;
        for call in response.call {
            at += WRITES;
            self.calendar.add(at, Later::Call(call, delegation.clone()));
        }
        self.calendar.add(at + ENDS, Later::Done(delegation));
    }

    fn without_unoffered(&mut self, response: &mut Response) {
        let offered = self.config["delegation"]["responses"]["tools"].as_array().cloned().unwrap_or_default();
        let record = &mut self.record;
        response.call.retain(|call| {
            let is_offered = offered.iter().any(|tool| tool["name"] == call.tool.as_str());
            if !is_offered {
                record.calls_not_offered.push(call.tool.clone());
            }
            is_offered
        });
    }

    fn call(&mut self, call: ToolCall, delegation: &str) {
        let (item, call_id) = (self.wire.id("fc"), self.wire.id("call"));
        let item = json!({
            "id": item, "type": "function_call", "status": "completed", "name": call.tool, "call_id": call_id,
            "arguments": Value::Object(call.arguments).to_string(),
        });
        self.open_calls.push(call_id.clone());
        self.calls.insert(call_id);
        let done = json!({ "type": "response.output_item.done", "output_index": 0, "sequence_number": 1, "item": item });
        self.behind(delegation, done);
    }

    /// An event of the model behind it.
    fn behind(&mut self, delegation: &str, event: Value) {
        self.wire.send("response.event", json!({ "delegation_id": delegation, "event": event }));
    }

    fn say(&mut self, words: String) {
        self.mouth.say(&words);
        self.said.push(words);
    }

    /// The next 100 ms, whether it speaks or not.
    fn sound(&mut self, now: Instant) {
        let sizes = self.holding(self.responses, now, |fault| match fault {
            Fault::DeltaBytes(sizes) => sizes.first().copied(),
            _ => None,
        });
        let size = match self.transport {
            Transport::Socket => sizes.unwrap_or(DELTA).max(1),
            Transport::Call => FRAME,
        };
        let (mut audio, words) = self.mouth.next(size);
        audio.resize(size, SILENCE);
        let start_ms = self.clock(now);
        for piece in words {
            let fields =
                json!({ "delta": piece, "start_ms": start_ms, "end_ms": start_ms + duration_ms(size) });
            self.wire.send("session.output_transcript.delta", fields);
        }
        if self.holds(self.responses, now, &Fault::UnknownEvents) {
            self.wire.send("session.novelty", json!({ "n": start_ms }));
        }
        match self.transport {
            Transport::Socket => self.send_audio(&audio),
            Transport::Call => self.wire.push(Output::Play(audio)),
        }
        self.next_audio = Some(now + Duration::from_micros(125) * u32::try_from(size).unwrap_or(u32::MAX));
    }

    /// The one event without an id.
    fn send_audio(&mut self, audio: &[u8]) {
        use base64::Engine as _;
        let delta = base64::engine::general_purpose::STANDARD.encode(audio);
        let event = json!({ "type": "session.output_audio.delta", "delta": delta });
        self.wire.push(Output::Send(event.to_string()));
    }

    fn seconds(&self, now: Instant) -> f64 {
        self.began.map_or(0.0, |began| now.saturating_duration_since(began).as_secs_f64())
    }

    fn close(&mut self, reason: &'static str, event_id: Option<&str>, now: Instant) {
        self.closed = Some(reason);
        self.next_audio = None;
        let usage = json!({ "seconds": self.seconds(now) });
        let mut fields = json!({ "reason": reason, "session": self.config, "usage": usage });
        acknowledge(&mut fields, event_id);
        self.wire.send("session.closed", fields);
        self.wire.push(Output::Close { code: 1000, reason: "the session is closed" });
    }

    fn strike(&mut self, fault: &Fault, now: Instant) {
        match fault {
            Fault::SessionExpired => self.close("expired", None, now),
            Fault::Reset => self.wire.push(Output::Reset),
            Fault::MalformedFrame => self.wire.push(Output::Send(r#"{"type":"session.output"#.to_owned())),
            Fault::StopReading(pause) => self.wire.push(Output::StopReading(*pause)),
            _ => {}
        }
    }

    /// The faults of a moment in what it does now.
    fn schedule_faults(&mut self, now: Instant) {
        const AMID: Duration = Duration::from_millis(400);
        for armed in &self.plans {
            let plan = &armed.plan;
            if plan.fault.is_of_a_moment()
                && plan.response == Some(self.responses)
                && self.scheduled.insert(armed.id)
            {
                self.calendar.add(now + plan.after.unwrap_or(AMID), Later::Fault(armed.clone()));
            }
        }
    }

    /// What the first plan says that holds now for the nth response or turn.
    fn holding<T>(&self, number: u32, now: Instant, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.plans.iter().find_map(|armed| {
            let plan = &armed.plan;
            let holds = plan.response.is_none_or(|response| response == number)
                && now >= self.opened + plan.after.unwrap_or_default();
            let picked = pick(&plan.fault).filter(|_| holds)?;
            armed.take().then_some(picked)
        })
    }

    fn holds(&self, number: u32, now: Instant, fault: &Fault) -> bool {
        self.holding(number, now, |planned| (planned == fault).then_some(())).is_some()
    }

    /// Here it says itself which event of the client's it is about.
    fn fail(&mut self, error: &ApiError, event_id: Option<&str>) {
        const KEPT: usize = 256;
        let mut body = error.body();
        body["client_event_id"] = event_id.into();
        if self.wire.errors.len() < KEPT {
            self.wire.errors.push(body.clone());
        }
        let mut fields = json!({ "error": body });
        acknowledge(&mut fields, event_id);
        self.wire.send("error", fields);
    }
}

fn acknowledge(fields: &mut Value, event_id: Option<&str>) {
    if let Some(id) = event_id {
        fields["client_event_id"] = id.into();
    }
}
