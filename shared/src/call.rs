//! A phone call as a value: no socket, no clock, no task.
//!
//! `handle(input, now, &mut out)` takes what came from Twilio, the model, a tool or the clock, and fills the
//! caller's [`Outbox`] with messages to send and effects to perform. `now` is the time since the call began.
//! Each concern owns its state: [`playback`] what was heard, [`transcript`] what was said, [`responses`] whose
//! turn it is, [`pickup`] who has picked up a call of ours, [`greeting`] whether they know that this is an AI, [`tools`] what runs on the side, [`comfort`] what is heard while a model is replaced, [`rolling_over`] when it is before its time, [`backlog`]
//! what the model has missed, [`timers`] when it is enough. This file dispatches; `ending` hangs up; `model` says
//! what the model's events and the loss of its socket do, `telling` what it is told besides; [`log`] has it all happen again.

mod answered;
pub mod attended;
mod backlog;
mod care;
mod comfort;
mod ending;
mod greeting;
mod interpreter;
mod keys;
pub mod latency;
mod limits;
mod live;
pub mod log;
mod model;
pub mod outbox;
mod pickup;
pub mod playback;
mod pressing;
pub mod responses;
mod rolling_over;
mod telling;
pub mod texted;
pub mod timers;
pub mod tools;
#[cfg(test)]
mod traces;
pub mod transcript;

pub use self::limits::Limits;

use std::time::Duration;

use serde_json::{Value, json};

use self::{
    backlog::Backlog,
    care::Care,
    comfort::Comfort,
    ending::Closing,
    greeting::Greeting,
    interpreter::Interpreter,
    keys::Keys,
    latency::Latency,
    outbox::{CloseCode, Outbox},
    pickup::Pickup,
    playback::Playback,
    pressing::Pressing,
    responses::{Ask, Responses},
    rolling_over::Lifetime,
    timers::{Due, Floor, Timers},
    tools::Tools,
    transcript::Transcript,
};
use crate::{
    interaction::Outcome,
    language::{self, Spoken},
    outbound::{Detected, Words},
    wire::{
        dtmf,
        live::{server as live_server, session::LiveOptions},
        realtime::{server, session::Session},
        twilio::media::{self, Encoder},
    },
};

/// Frames with a payload that is not base64 before the stream is closed.
const MAX_BAD_FRAMES: u32 = 10;

pub enum Input<'a> {
    Twilio(media::Incoming<'a>),
    /// A message from Twilio that could not be read.
    BadFrame,
    /// The stream ended without a word.
    TwilioGone,
    Model(server::Incoming<'a>),
    /// Where the model is GPT-Live.
    Live(live_server::Incoming<'a>),
    /// A model socket is open: the first, or one that replaces a lost one.
    ModelReady,
    ModelLost,
    /// No model can be had.
    ModelUnavailable,
    ToolFinished {
        call_id: &'a str,
        output: Value,
        ends_call: bool,
    },
    /// Keys that we press.
    Press(&'a dtmf::Keys),
    /// News for the model, which says something about it.
    Told(&'a str),
    /// The conversation is taken in another way from now on.
    Rerouted(Session),
    /// What Twilio takes whoever picked up for.
    Detected(Detected),
    /// Whoever carries the call has to stop.
    Leave,
    /// The deadline has come.
    Tick,
}

impl Input<'_> {
    /// Audio of either side. It is passed on: nothing else comes of it, and nothing is due sooner.
    pub fn is_audio(&self) -> bool {
        matches!(self, Input::Twilio(media::Incoming::Media(_)) | Input::Model(server::Incoming::Audio(_)))
    }
}

pub struct Call {
    encoder: Encoder,
    playback: Playback,
    transcript: Transcript,
    responses: Responses,
    greeting: Greeting,
    tools: Tools,
    timers: Timers,
    opening: Option<Opening>,
    spoken: Spoken,
    /// What GPT-Live says and is told goes through it.
    live: Option<Interpreter>,
    /// Of a call that we placed.
    pickup: Option<Pickup>,
    care: Care,
    comfort: Comfort,
    lifetime: Lifetime,
    keys: Keys,
    pressing: Pressing,
    latency: Latency,
    limits: Limits,
    model_ready: bool,
    backlog: Backlog,
    bad_frames: u32,
    caller_speaking: bool,
    /// So many turns of the caller's in a row had no words, and no key was pressed.
    wordless: u32,
    closing: Option<Closing>,
    outcome: Option<Outcome>,
}

/// What the model is told at the start, and again when its socket is replaced.
#[derive(Debug, Clone)]
pub struct Opening {
    pub session: Session,
    pub greeting: String,
    /// Of a call that we placed: then it is found out first who has picked up.
    pub outbound: Option<Words>,
    /// The model is GPT-Live. Not in a call that we placed: whoever picks up is only listened to at first, and Live cannot
    /// be told to say nothing.
    pub live: Option<LiveOptions>,
    pub spoken: Spoken,
}

impl Call {
    pub fn new(stream_sid: &str, limits: Limits) -> Self {
        Self {
            encoder: Encoder::new(stream_sid),
            playback: Playback::default(),
            transcript: Transcript::default(),
            responses: Responses::default(),
            greeting: Greeting::default(),
            tools: Tools::new(limits.tool_timeout, limits.filler_after),
            timers: Timers::new(limits),
            opening: None,
            spoken: Spoken::default(),
            live: None,
            pickup: None,
            care: Care::default(),
            comfort: Comfort::default(),
            lifetime: Lifetime::default(),
            keys: Keys::default(),
            pressing: Pressing::default(),
            latency: Latency::default(),
            limits,
            model_ready: false,
            backlog: Backlog::default(),
            bad_frames: 0,
            caller_speaking: false,
            wordless: 0,
            closing: None,
            outcome: None,
        }
    }

    /// What the model will be told; known before its socket is ready.
    pub fn opened(&mut self, opening: Opening) {
        self.pickup = opening.outbound.clone().map(Pickup::new);
        self.live = opening.live.clone().map(Interpreter::new);
        self.spoken = opening.spoken.clone();
        self.opening = Some(opening);
    }

    /// What is said in these words.
    fn words(&self) -> &'static language::Words {
        self.spoken.words()
    }

    /// The call is over for us, and how.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Frames of audio that were dropped because the model's socket was not there.
    pub fn dropped_frames(&self) -> u64 {
        self.backlog.dropped()
    }

    /// A model is there, and has begun.
    pub fn has_model(&self) -> bool {
        self.model_ready
    }

    /// How long the caller waited, turn by turn.
    pub fn waits(&self) -> &[latency::Wait] {
        self.latency.turns()
    }

    /// Keys were pressed of which it is not known yet what they are.
    pub fn awaits_keys(&self) -> bool {
        self.keys.are_waiting()
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Duration> {
        if self.outcome.is_some() {
            return None;
        }
        let timers = Some(self.timers.deadline(self.floor()));
        let pickup = self.pickup.as_ref().filter(|_| self.model_ready && self.closing.is_none());
        let pickup = pickup.and_then(Pickup::deadline);
        let live = self.live.as_ref().and_then(Interpreter::deadline);
        let due = [
            timers,
            self.responses.deadline(),
            self.tools.deadline(),
            pickup,
            self.keys.deadline(),
            self.comfort.deadline(),
            self.lifetime.deadline(),
            live,
        ];
        due.into_iter().flatten().min()
    }

    pub fn handle(&mut self, input: Input<'_>, now: Duration, out: &mut Outbox) {
        if self.outcome.is_some() {
            return;
        }
        out.prepare(self.is_live());
        match input {
            Input::Twilio(media::Incoming::Media(payload)) => return self.media(payload, now, out),
            Input::Model(server::Incoming::Audio(audio)) => return self.model_audio(audio, now, out),
            Input::Twilio(message) => self.twilio(&message, now, out),
            Input::BadFrame => {
                self.bad_frames += 1;
                if self.bad_frames >= MAX_BAD_FRAMES {
                    self.end(Outcome::Lost, CloseCode::Policy, out);
                }
            }
            Input::TwilioGone => self.end(self.hung_up(), CloseCode::Normal, out),
            Input::Model(_) if !self.model_ready => {}
            Input::Model(server::Incoming::Event(event)) => self.model(event, now, out),
            Input::Live(incoming) => self.live(incoming, now, out),
            Input::ModelReady if self.is_live() => self.live_starts(now, out),
            Input::ModelReady => self.model_is_ready(now, out),
            Input::ModelLost => self.model_is_lost(now, out),
            Input::ModelUnavailable => self.without_model(out),
            Input::ToolFinished { call_id, output, ends_call } => {
                self.tool_finished(call_id, output, ends_call, now, out);
            }
            Input::Press(keys) => self.pressing.wanted(keys),
            Input::Told(news) => self.told(news, now, out),
            Input::Rerouted(session) => self.rerouted(session, out),
            Input::Detected(detected) => self.detected(detected, now, out),
            Input::Leave => self.leave(now, out),
            Input::Tick => self.tick(now, out),
        }
        self.interpret(now, out);
        self.press(now, out);
        self.hang_up_when_said(now, out);
        self.interpret(now, out);
    }

    /// The stream is gone: what was being said is settled as far as it was heard.
    pub fn finish(&mut self, now: Duration, out: &mut Outbox) -> Outcome {
        for heard in self.playback.stop(now) {
            self.transcript.twin_heard(heard, now, out);
        }
        self.live_ends(now, out);
        self.transcript.finish(out);
        *self.outcome.get_or_insert(Outcome::Lost)
    }

    fn media(&mut self, payload: &str, now: Duration, out: &mut Outbox) {
        match self.model_ready {
            _ if self.is_deaf() => {}
            true => self.caller_audio(payload, now, out),
            false => self.backlog.keep(payload),
        }
    }

    fn twilio(&mut self, message: &media::Incoming<'_>, now: Duration, out: &mut Outbox) {
        match message {
            media::Incoming::Mark(name) => {
                if let Some(item_id) = self.playback.returned(name, now) {
                    self.latency.audible(item_id, now);
                    self.transcript.twin_audible(item_id, now);
                }
                self.heard(now, out);
            }
            media::Incoming::Start(_) => self.end(Outcome::Lost, CloseCode::Policy, out),
            media::Incoming::Stop => self.end(self.hung_up(), CloseCode::Normal, out),
            media::Incoming::Dtmf(key) => {
                self.timers.caller_spoke(now);
                self.wordless = 0;
                let pressed = self.keys.press(key, now);
                self.pressed(pressed, now, out);
            }
            media::Incoming::Media(_) | media::Incoming::Connected | media::Incoming::Unknown => {}
        }
    }

    /// What was played to its end.
    fn heard(&mut self, now: Duration, out: &mut Outbox) {
        while let Some(heard) = self.playback.finished() {
            self.timers.heard(heard.at);
            if let Some(pickup) = &mut self.pickup {
                pickup.we_were_heard(heard.at);
            }
            let may_interrupt = self.greeting.heard() && self.caller_speaking && !self.is_live();
            self.transcript.twin_heard(heard, now, out);
            if may_interrupt {
                self.break_off(now, out);
            }
        }
    }

    fn tool_finished(
        &mut self,
        call_id: &str,
        output: Value,
        ends_call: bool,
        now: Duration,
        out: &mut Outbox,
    ) {
        let Some(response_id) = self.tools.response_of(call_id) else { return };
        if !ends_call {
            self.tools.finished(call_id, output, true);
        } else if (self.caller_speaking && !self.is_live()) || self.responses.is_silenced(response_id) {
            let output = json!({ "error": "the caller interrupted the goodbye: the call goes on" });
            self.tools.finished(call_id, output, false);
        } else {
            self.tools.finished(call_id, output, false);
            self.close(Closing { outcome: Outcome::Completed, asked: false, since: now }, now);
        }
        self.after_tools(now, out);
    }

    fn pressed(&mut self, pressed: Option<String>, now: Duration, out: &mut Outbox) {
        if let Some(pressed) = pressed {
            self.told(&pressed, now, out);
        }
    }

    fn after_tools(&mut self, now: Duration, out: &mut Outbox) {
        if !self.model_ready {
            return;
        }
        let responses = &self.responses;
        let live = self.live.as_ref();
        let is_active = |response: &str| {
            responses.is_active(response) || live.is_some_and(|live| live.is_active(response))
        };
        let all_done = self.tools.hand_over(is_active, out);
        if self.is_live() {
            // What another session called is plain knowledge to this one, which nobody asks about.
            if all_done && self.closing.is_none() && !self.goes_on(now, out) {
                self.responses.request(Ask::GoOn, now, out);
            }
            return;
        }
        // While the caller speaks, the answer to what they say will know the results too.
        // And to a machine nothing is said.
        if all_done && self.closing.is_none() && !self.caller_speaking && !self.only_listens() {
            self.responses.request(Ask::GoOn, now, out);
        }
    }

    fn tick(&mut self, now: Duration, out: &mut Outbox) {
        if let Some(closing) = self.closing.filter(|_| self.timers.is_over(now)) {
            self.end(closing.outcome, CloseCode::Normal, out);
            return;
        }
        self.live_is_due(now, out);
        let ended = self.responses.tick(now, out);
        self.response_ended(ended, false, now, out);
        let quiet =
            self.playback.is_idle() && self.responses.is_idle() && !self.caller_speaking && !self.is_live();
        let takes_a_moment = self.tools.tick(quiet && self.closing.is_none(), now);
        self.after_tools(now, out);
        if takes_a_moment {
            self.say(self.words().one_moment, now, out);
        }
        self.pickup_is_due(now, out);
        self.comfort(now, out);
        self.lives_on(now, out);
        let pressed = self.keys.due(now);
        self.pressed(pressed, now, out);
        self.caller_speaking &= !self.timers.was_noise(now);
        match self.timers.due(self.floor(), now) {
            None => {}
            Some(Due::AskIfThere) => self.say(self.words().are_you_there, now, out),
            Some(Due::Warn) => self.say(self.words().one_minute, now, out),
            Some(Due::GiveUp) => self.say_goodbye(Outcome::Silence, self.words().nobody_there, now, out),
            Some(Due::TimeIsUp) => {
                self.break_off(now, out);
                self.say_goodbye(Outcome::DurationLimit, self.words().time_is_up, now, out);
            }
        }
    }

    fn say(&mut self, words: &str, now: Duration, out: &mut Outbox) {
        self.responses.request(Ask::Say(words.to_owned()), now, out);
    }

    fn floor(&self) -> Floor {
        if self.pickup.as_ref().is_some_and(Pickup::is_before_the_greeting) {
            return Floor::Caller;
        }
        let twin = !self.playback.is_idle() || !self.responses.is_idle() || self.tools.is_running();
        match (self.caller_speaking, twin || !self.model_ready) {
            (true, _) => Floor::Caller,
            (false, true) => Floor::Twin,
            (false, false) => Floor::Nobody,
        }
    }
}
