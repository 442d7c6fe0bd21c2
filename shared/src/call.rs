//! A phone call as a value: no socket, no clock, no task.
//!
//! `handle(input, now, &mut out)` takes what came from Twilio, the model, a tool or the clock, and fills the
//! caller's [`Outbox`] with messages to send and effects to perform. `now` is the time since the call began.
//! Each concern owns its state: [`playback`] what was heard, [`transcript`] what was said, [`responses`] whose
//! turn it is, [`tools`] what runs on the side, [`timers`] when it is enough. This file only dispatches.

pub mod outbox;
pub mod playback;
pub mod responses;
pub mod timers;
pub mod tools;
pub mod transcript;

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;

use self::{
    outbox::{CloseCode, Effect, Outbox},
    playback::{Playback, Progress},
    responses::Responses,
    timers::{Due, Timers},
    tools::Tools,
    transcript::Transcript,
};
use crate::{
    interaction::{Outcome, Speaker},
    wire::{
        realtime::{
            client::{self, ClientEvent, Item, ResponseOptions, Role},
            server::{self, ServerEvent},
            session::Session,
        },
        twilio::media::{self, Encoder},
    },
};

/// What a call may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_duration: Duration,
    /// This long before the end the caller is told.
    pub warning: Duration,
    /// How long a goodbye may take.
    pub goodbye: Duration,
    pub silence: Duration,
    /// How often a silent caller is asked whether they are there.
    pub silence_prompts: u32,
    pub tool_timeout: Duration,
    /// A tool that takes longer gets a spoken filler.
    pub filler_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_duration: Duration::from_secs(30 * 60),
            warning: Duration::from_secs(60),
            goodbye: Duration::from_secs(15),
            silence: Duration::from_secs(12),
            silence_prompts: 2,
            tool_timeout: Duration::from_secs(10),
            filler_after: Duration::from_millis(1500),
        }
    }
}

/// Frames of the caller's audio that wait for the model's socket: two seconds.
const MAX_BACKLOG: usize = 100;
/// Frames with a payload that is not base64 before the stream is closed.
const MAX_BAD_FRAMES: u32 = 10;

pub enum Input<'a> {
    Twilio(media::Incoming<'a>),
    /// A message from Twilio that could not be read.
    BadFrame,
    /// The stream ended without a word.
    TwilioGone,
    Model(server::Incoming<'a>),
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
    /// The deadline has come.
    Tick,
}

pub struct Call {
    encoder: Encoder,
    playback: Playback,
    transcript: Transcript,
    responses: Responses,
    tools: Tools,
    timers: Timers,
    session: Option<Opening>,
    model_ready: bool,
    backlog: VecDeque<String>,
    dropped_frames: u64,
    bad_frames: u32,
    caller_speaking: bool,
    /// The first words say that this is an AI: they are not interrupted.
    disclosed: bool,
    closing: Option<Outcome>,
    outcome: Option<Outcome>,
}

/// What the model is told at the start, and again when its socket is replaced.
#[derive(Debug, Clone)]
pub struct Opening {
    pub session: Session,
    pub greeting: String,
}

impl Call {
    pub fn new(stream_sid: &str, limits: Limits) -> Self {
        Self {
            encoder: Encoder::new(stream_sid),
            playback: Playback::default(),
            transcript: Transcript::default(),
            responses: Responses::default(),
            tools: Tools::new(limits.tool_timeout, limits.filler_after),
            timers: Timers::new(limits),
            session: None,
            model_ready: false,
            backlog: VecDeque::new(),
            dropped_frames: 0,
            bad_frames: 0,
            caller_speaking: false,
            disclosed: false,
            closing: None,
            outcome: None,
        }
    }

    /// What the model will be told; known before its socket is ready.
    pub fn opened(&mut self, opening: Opening) {
        self.session = Some(opening);
    }

    /// The call is over for us, and how.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Frames of audio that were dropped because the model's socket was not there.
    pub fn dropped_frames(&self) -> u64 {
        self.dropped_frames
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Duration> {
        if self.outcome.is_some() {
            return None;
        }
        let timers = Some(self.timers.deadline(self.is_talking()));
        [timers, self.responses.deadline(), self.tools.deadline()].into_iter().flatten().min()
    }

    pub fn handle(&mut self, input: Input<'_>, now: Duration, out: &mut Outbox) {
        if self.outcome.is_some() {
            return;
        }
        match input {
            Input::Twilio(message) => self.twilio(message, now, out),
            Input::BadFrame => {
                self.bad_frames += 1;
                if self.bad_frames >= MAX_BAD_FRAMES {
                    self.end(Outcome::Lost, CloseCode::Policy, out);
                }
            }
            Input::TwilioGone => self.end(Outcome::HungUp, CloseCode::Normal, out),
            Input::Model(server::Incoming::Audio(audio)) => self.model_audio(audio, now, out),
            Input::Model(server::Incoming::Event(event)) => self.model(event, now, out),
            Input::ModelReady => self.model_is_ready(now, out),
            Input::ModelLost => self.model_ready = false,
            Input::ModelUnavailable => self.end(Outcome::ModelUnavailable, CloseCode::Normal, out),
            Input::ToolFinished { call_id, output, ends_call } => {
                self.tools.finished(call_id, output);
                if ends_call {
                    self.close(Outcome::Completed, now);
                }
                self.after_tools(now, out);
            }
            Input::Tick => self.tick(now, out),
        }
        self.hang_up_when_said(now, out);
    }

    /// The stream is gone: what was being said is settled as far as it was heard.
    pub fn finish(&mut self, now: Duration, out: &mut Outbox) -> Outcome {
        for heard in self.playback.stop(now) {
            self.transcript.twin_heard(heard, now, out);
        }
        self.transcript.finish(out);
        *self.outcome.get_or_insert(Outcome::Lost)
    }

    fn twilio(&mut self, message: media::Incoming<'_>, now: Duration, out: &mut Outbox) {
        match message {
            media::Incoming::Media(payload) if self.model_ready => {
                out.model_audio(&client::audio_append(payload));
            }
            media::Incoming::Media(payload) => {
                if self.backlog.len() == MAX_BACKLOG {
                    self.backlog.pop_front();
                    self.dropped_frames += 1;
                }
                self.backlog.push_back(payload.to_owned());
            }
            media::Incoming::Mark(name) => {
                let progress = self.playback.returned(name, now);
                self.played(progress, now, out);
            }
            media::Incoming::Start(_) => self.end(Outcome::Lost, CloseCode::Policy, out),
            media::Incoming::Stop => self.end(Outcome::HungUp, CloseCode::Normal, out),
            media::Incoming::Connected | media::Incoming::Dtmf(_) | media::Incoming::Unknown => {}
        }
    }

    fn model_audio(&mut self, audio: server::AudioDelta<'_>, now: Duration, out: &mut Outbox) {
        if self.responses.is_silenced(audio.response_id) {
            return;
        }
        self.responses.sign_of_life(now);
        self.playback.piece(audio.item_id, audio.delta, &self.encoder, out);
    }

    fn model(&mut self, event: ServerEvent, now: Duration, out: &mut Outbox) {
        match event {
            ServerEvent::SpeechStarted { item_id } => self.caller_began(&item_id, now, out),
            ServerEvent::SpeechStopped { .. } => {
                self.caller_speaking = false;
                self.timers.caller_spoke(now);
                self.responses.expect(now);
            }
            ServerEvent::TranscriptionCompleted { item_id, transcript } => {
                self.transcript.caller_said(&item_id, Some(&transcript), now, out);
            }
            ServerEvent::TranscriptionFailed { item_id } => {
                self.transcript.caller_said(&item_id, None, now, out);
            }
            ServerEvent::ResponseCreated { response } => {
                self.responses.created(&response.id, now);
                if self.caller_speaking && self.disclosed {
                    self.responses.interrupt(out);
                }
            }
            ServerEvent::OutputAudioDelta { response_id, item_id, delta } => {
                let audio =
                    server::AudioDelta { response_id: &response_id, item_id: &item_id, delta: &delta };
                self.model_audio(audio, now, out);
            }
            ServerEvent::OutputAudioDone { response_id, item_id } => {
                if !self.responses.is_silenced(&response_id) {
                    let progress = self.playback.complete(&item_id, &self.encoder, out);
                    self.played(progress, now, out);
                }
            }
            ServerEvent::TranscriptDelta { response_id, item_id, delta } => {
                if !self.responses.is_silenced(&response_id) {
                    self.responses.sign_of_life(now);
                    self.transcript.twin_words(&item_id, &delta, now);
                }
            }
            ServerEvent::TranscriptDone { response_id, item_id, transcript } => {
                if !self.responses.is_silenced(&response_id) {
                    self.transcript.twin_final(&item_id, &transcript, now, out);
                }
            }
            ServerEvent::OutputItemDone { response_id, item } if item.kind == "function_call" => {
                if !self.responses.is_silenced(&response_id) {
                    self.tools.called(response_id, item, now, out);
                }
            }
            ServerEvent::ResponseDone { response } => self.response_done(&response.id, now, out),
            ServerEvent::Error { error } => self.model_error(&error, now, out),
            ServerEvent::OutputItemDone { .. }
            | ServerEvent::SessionCreated {}
            | ServerEvent::SessionUpdated {}
            | ServerEvent::Unknown => {}
        }
    }

    /// Barge-in: what is not heard yet is dropped, at the player and in the model's memory.
    fn caller_began(&mut self, item_id: &str, now: Duration, out: &mut Outbox) {
        self.caller_speaking = true;
        self.timers.caller_spoke(now);
        self.transcript.caller_began(item_id, now);
        if !self.disclosed {
            return;
        }
        if self.closing.take().is_some() {
            self.timers.closing(false, now);
        }
        for heard in self.playback.interrupt(now, &self.encoder, out) {
            let item_id = heard.item_id.clone();
            out.model(&match heard.played_ms {
                0 => ClientEvent::ItemDelete { item_id },
                audio_end_ms => ClientEvent::ItemTruncate { item_id, content_index: 0, audio_end_ms },
            });
            self.transcript.twin_heard(heard, now, out);
        }
        self.responses.interrupt(out);
    }

    fn response_done(&mut self, response_id: &str, now: Duration, out: &mut Outbox) {
        if self.playback.is_idle() {
            // A first response without audio leaves nothing to protect.
            self.disclosed = true;
        }
        if self.responses.done(response_id, now, out) {
            self.timers.heard(now);
            self.after_tools(now, out);
        }
    }

    fn model_error(&mut self, error: &server::ApiError, now: Duration, out: &mut Outbox) {
        match error.code.as_deref() {
            Some(server::ALREADY_ACTIVE) => self.responses.refused(true, now, out),
            Some(server::CANCEL_NOT_ACTIVE) => self.responses.refused(false, now, out),
            _ => {}
        }
    }

    fn after_tools(&mut self, now: Duration, out: &mut Outbox) {
        if !self.model_ready {
            return;
        }
        let responses = &self.responses;
        let all_done = self.tools.hand_over(|response| responses.is_active(response), out);
        // While the caller speaks, the answer to what they say will know the results too.
        if all_done && self.closing.is_none() && !self.caller_speaking {
            self.responses.request(None, now, out);
        }
    }

    fn played(&mut self, progress: Progress, now: Duration, out: &mut Outbox) {
        match progress {
            Progress::Nothing => {}
            Progress::Started(item_id) => self.transcript.twin_audible(&item_id, now),
            Progress::Finished(heard) => {
                self.timers.heard(now);
                self.disclosed = true;
                self.transcript.twin_heard(heard, now, out);
            }
        }
    }

    fn model_is_ready(&mut self, now: Duration, out: &mut Outbox) {
        let Some(opening) = &self.session else { return };
        self.model_ready = true;
        let again = self.transcript.recent().next().is_some();
        out.model(&ClientEvent::SessionUpdate { session: Box::new(opening.session.clone()) });
        if again {
            self.responses.reset();
            self.caller_speaking = false;
            self.replay(out);
        } else {
            let greeting = ResponseOptions::say(&opening.greeting);
            self.responses.reset();
            self.responses.request(Some(greeting), now, out);
        }
        for payload in self.backlog.drain(..) {
            out.model_audio(&client::audio_append(&payload));
        }
        if again && self.playback.is_idle() && self.closing.is_none() {
            self.responses.request(None, now, out);
        }
    }

    /// Tells a new model socket what was said, as text, and what tools found: nothing is run again.
    fn replay(&mut self, out: &mut Outbox) {
        let note = "The connection was replaced in the middle of a call. What follows was said before; go on \
                    from there without greeting again.";
        out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, note) });
        for turn in self.transcript.recent() {
            let role = match turn.speaker {
                Speaker::Person => Role::User,
                Speaker::Twin => Role::Assistant,
            };
            out.model(&ClientEvent::ItemCreate { item: Item::said(role, turn.text.as_str()) });
        }
        for result in self.tools.carry_over() {
            let text = format!("The result of a tool: {result}");
            out.model(&ClientEvent::ItemCreate { item: Item::said(Role::System, text) });
        }
    }

    fn tick(&mut self, now: Duration, out: &mut Outbox) {
        self.responses.tick(now, out);
        let takes_a_moment = self.tools.tick(now);
        self.after_tools(now, out);
        if takes_a_moment && self.playback.is_idle() && self.responses.is_idle() && !self.caller_speaking {
            self.responses.request(Some(ResponseOptions::say(FILLER)), now, out);
        }
        match self.timers.due(self.is_talking(), now) {
            None => {}
            Some(Due::AskIfThere) => {
                self.responses.request(Some(ResponseOptions::say(ARE_YOU_THERE)), now, out);
            }
            Some(Due::Warn) => self.responses.request(Some(ResponseOptions::say(ONE_MINUTE)), now, out),
            Some(Due::GiveUp) => self.say_goodbye(Outcome::Silence, NOBODY_THERE, now, out),
            Some(Due::TimeIsUp) => self.say_goodbye(Outcome::DurationLimit, TIME_IS_UP, now, out),
            Some(Due::HangUp) => {
                let outcome = self.closing.unwrap_or(Outcome::DurationLimit);
                self.end(outcome, CloseCode::Normal, out);
            }
        }
    }

    fn say_goodbye(&mut self, outcome: Outcome, words: &str, now: Duration, out: &mut Outbox) {
        self.responses.request(Some(ResponseOptions::say(words)), now, out);
        self.close(outcome, now);
    }

    fn close(&mut self, outcome: Outcome, now: Duration) {
        self.closing = Some(outcome);
        self.timers.closing(true, now);
    }

    fn hang_up_when_said(&mut self, now: Duration, out: &mut Outbox) {
        let Some(outcome) = self.closing else { return };
        if self.outcome.is_none()
            && self.playback.is_idle()
            && self.responses.is_idle()
            && !self.tools.is_running()
        {
            self.timers.heard(now);
            self.end(outcome, CloseCode::Normal, out);
        }
    }

    fn end(&mut self, outcome: Outcome, code: CloseCode, out: &mut Outbox) {
        if self.outcome.is_none() {
            self.outcome = Some(outcome);
            out.effects.push(Effect::Close(code));
        }
    }

    fn is_talking(&self) -> bool {
        self.caller_speaking
            || !self.playback.is_idle()
            || !self.responses.is_idle()
            || self.tools.is_running()
            || !self.model_ready
    }
}

const FILLER: &str = "One moment, please.";
const ARE_YOU_THERE: &str = "Are you still there?";
const NOBODY_THERE: &str = "I cannot hear you, so I will hang up now. Please call again any time. Goodbye.";
const ONE_MINUTE: &str = "We have about one minute left on this call.";
const TIME_IS_UP: &str = "Our time is up. Thank you for calling, you will be able to continue later. Goodbye.";
