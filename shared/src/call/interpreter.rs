//! GPT-Live in the words of a call.
//!
//! Its audio never ends, and its transcripts are pieces without an end either. Here a stretch of its speech becomes a
//! response, a stretch of the caller's a turn: each is over when nothing more of it came for [`GAP`]. What a call asks for
//! becomes what Live can be told. It interrupts itself, and remembers by itself what it had said.

mod telling;

pub(super) use self::telling::{TELL, knows};

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use super::responses::STALLED_AFTER;
use crate::wire::{
    live::{
        client,
        server::{self, Nested},
        session::{
            Audio, Backend, Delegation, LiveOptions, Message, Output, PCMU, SessionConfig, fitting, newest,
        },
    },
    realtime::{
        server::{ApiError, Response, ServerEvent},
        session::Session,
    },
};

/// A stretch of speech is over after so much silence.
pub const GAP: Duration = Duration::from_millis(800);
/// What it said before is over after so much silence, when it was told to say something else.
const PAUSE: Duration = Duration::from_millis(200);
/// From `session.start` to `session.started`.
pub const START_WITHIN: Duration = Duration::from_secs(5);
/// The same of a browser, which has to connect first.
const CONNECTED_WITHIN: Duration = Duration::from_secs(20);
/// A caller who speaks without a pause has said a turn after so many bytes.
const MAX_TURN: usize = 4000;
/// Silence in what it says is left out when so much waits to be played: the caller would hear all that follows later.
const MAX_AHEAD: Duration = Duration::from_millis(500);
/// What waits to be played is given up when it is so much, and the model has fallen silent for a caller who speaks.
const MUCH: Duration = Duration::from_secs(1);
/// Of what it was to say, in words: then these were the words.
const SAID: f32 = 0.5;
const NEARLY_ALL: f32 = 0.9;
/// What the model behind it does belongs to no stretch of speech.
pub const BEHIND: &str = "backend";

#[derive(Debug)]
pub struct Interpreter {
    options: LiveOptions,
    /// Its side plays what it says, and tells nobody how far: what it begins to say is heard.
    plays: bool,
    state: State,
    /// As it has them.
    instructions: String,
    stretches: u32,
    saying: Option<Stretch>,
    /// What it says is dropped until it pauses. When it last spoke.
    muted: Option<Duration>,
    hearing: Option<Stretch>,
    /// What it was told to say.
    wanted: Option<String>,
    /// The model behind it has outputs, and was not told to go on.
    waits: bool,
    /// The model behind it is at work, since then.
    works: Option<Duration>,
    /// What it learned, and nobody was told.
    news: Vec<String>,
    /// For the call.
    events: VecDeque<ServerEvent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Away,
    Starting(Duration),
    Started(Duration),
}

#[derive(Debug)]
struct Stretch {
    id: String,
    text: String,
    since: Duration,
    /// When more of it came.
    last: Duration,
}

/// What becomes of a piece of audio.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    /// It belongs to this stretch.
    Play(String),
    Drop,
    /// And so does all that waits to be played.
    GiveUp,
}

impl Interpreter {
    pub fn new(options: LiveOptions) -> Self {
        Self {
            options,
            plays: false,
            state: State::Away,
            instructions: String::new(),
            stretches: 0,
            saying: None,
            muted: None,
            hearing: None,
            wanted: None,
            waits: false,
            works: None,
            news: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// On the server's own line to a session in a browser.
    pub fn attached(options: LiveOptions) -> Self {
        Self { plays: true, ..Self::new(options) }
    }

    /// The session may have started before anybody listened.
    pub fn connects(&mut self, now: Duration) {
        self.state = State::Starting(now);
    }

    pub fn start(&mut self, session: &Session, history: Vec<Message>, now: Duration) -> client::ClientEvent {
        self.state = State::Starting(now);
        self.instructions.clone_from(&session.instructions);
        client::ClientEvent::Start {
            session: Box::new(SessionConfig {
                model: self.options.model.clone(),
                instructions: fitting(&session.instructions).into_owned(),
                audio: Audio {
                    format: Some(PCMU),
                    output: Output { voice: session.audio.output.voice.clone() },
                },
                input: newest(history),
                delegation: self.delegation(session.instructions.clone(), session.tools),
                client: None,
                safety_identifier: None,
            }),
        }
    }

    pub fn is_starting(&self) -> bool {
        matches!(self.state, State::Starting(_))
    }

    /// `false`: it had before.
    pub fn started(&mut self, now: Duration) -> bool {
        let begins = self.is_starting();
        if begins {
            self.state = State::Started(now);
        }
        begins
    }

    /// The socket is gone. What the caller had said of a turn is all of it.
    pub fn lost(&mut self) {
        if let Some(Stretch { id, text, .. }) = self.hearing.take() {
            self.events.push_back(ServerEvent::TranscriptionCompleted { item_id: id, transcript: text });
        }
        (self.state, self.saying, self.muted, self.wanted) = (State::Away, None, None, None);
        self.news.clear();
        (self.waits, self.works) = (false, None);
    }

    /// Whether the model behind it waits to be told to go on; it is told so now, and of all that is new.
    pub fn waits_behind(&mut self) -> bool {
        let waits = std::mem::take(&mut self.waits);
        if waits {
            self.news.clear();
        }
        waits
    }

    /// The model behind it may call more: it is told nothing before it is done.
    pub fn is_active(&self, response_id: &str) -> bool {
        response_id == BEHIND && self.works.is_some()
    }

    /// What the caller is saying: its item, and the words so far.
    pub fn unfinished(&mut self) -> Option<(String, String)> {
        self.hearing.take().map(|hearing| (hearing.id, hearing.text))
    }

    /// Nobody speaks, and nothing is worked at.
    pub fn is_quiet(&self) -> bool {
        matches!(self.state, State::Started(_))
            && self.saying.is_none()
            && self.hearing.is_none()
            && self.wanted.is_none()
            && self.works.is_none()
            && !self.waits
    }

    /// It has said all but the last of what it was told to say; nothing of it was left.
    pub fn has_said_it(&self) -> bool {
        match (&self.wanted, &self.saying) {
            (Some(wanted), Some(saying)) => share(wanted, &saying.text) >= NEARLY_ALL,
            _ => false,
        }
    }

    /// When the caller was heard last, as far as the model has come: once it answers, nothing more counts.
    pub fn heard_until(&self, words: &server::Words, now: Duration) -> Option<Duration> {
        self.at(words.end_ms).filter(|_| self.saying.is_none()).map(|at| at.min(now))
    }

    /// A moment of the session, as the call counts.
    fn at(&self, ms: f64) -> Option<Duration> {
        match self.state {
            State::Started(at) => {
                Duration::try_from_secs_f64(ms / 1000.0).ok().map(|since| at.saturating_add(since))
            }
            State::Away | State::Starting(_) => None,
        }
    }

    /// Since when the caller has been speaking, whenever that was told.
    pub fn hears_since(&self) -> Option<Duration> {
        self.hearing.as_ref().map(|hearing| hearing.since)
    }

    pub fn next(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    pub fn hear(&mut self, event: server::ServerEvent, now: Duration) {
        if matches!(event, server::ServerEvent::OutputTranscript(_)) {
            self.has_paused(now);
        }
        match event {
            server::ServerEvent::InputTranscript(words) => self.caller(&words, now),
            server::ServerEvent::OutputTranscript(words) if self.muted.is_none() => {
                let begins = self.saying.is_none();
                let item_id = self.speaks(now);
                if let Some(saying) = &mut self.saying {
                    saying.text.push_str(&words.delta);
                }
                let response_id = item_id.clone();
                let sounds = ServerEvent::PlaybackStarted { response_id: response_id.clone() };
                self.events.push_back(ServerEvent::TranscriptDelta {
                    response_id,
                    item_id,
                    delta: words.delta,
                });
                self.events.extend(Some(sounds).filter(|_| begins && self.plays));
            }
            server::ServerEvent::CommentaryAppended {} => self.muted = None,
            server::ServerEvent::Response { event: Nested::Created {} } => self.works = Some(now),
            server::ServerEvent::Response { event: Nested::Over {} } => self.works = None,
            server::ServerEvent::Response { event: Nested::ItemDone { item } } => {
                self.events.push_back(ServerEvent::OutputItemDone { response_id: BEHIND.to_owned(), item });
            }
            server::ServerEvent::Error { error, client_event_id } => {
                let error = ApiError {
                    kind: error.kind.unwrap_or_default(),
                    code: error.code,
                    message: String::new(),
                    event_id: error.client_event_id.or(client_event_id),
                };
                self.events.push_back(ServerEvent::Error { error });
            }
            server::ServerEvent::Started { .. }
            | server::ServerEvent::OutputTranscript(_)
            | server::ServerEvent::Response { event: Nested::Unknown }
            | server::ServerEvent::Closed { .. }
            | server::ServerEvent::Unknown => {}
        }
    }

    /// A piece of audio, which may begin a stretch.
    pub fn audio(&mut self, voiced: bool, now: Duration) {
        self.has_paused(now);
        match self.muted {
            Some(_) if voiced => self.muted = Some(now),
            Some(spoke) if spoke + PAUSE <= now => self.muted = None,
            Some(_) => {}
            None if voiced => drop(self.speaks(now)),
            None => {}
        }
    }

    /// Nothing came of what is dropped for longer than it pauses: what comes now is something else.
    fn has_paused(&mut self, now: Duration) {
        self.muted.take_if(|spoke| *spoke + PAUSE < now);
    }

    /// What it says from here on is for the caller.
    pub fn unmute(&mut self) {
        self.muted = None;
    }

    /// What becomes of it, with so much `ahead` that waits to be played.
    pub fn fate(&self, voiced: bool, ahead: Duration) -> Fate {
        let Some(saying) = self.saying.as_ref().filter(|_| self.muted.is_none()) else { return Fate::Drop };
        if !voiced && ahead >= MUCH && self.hearing.is_some() {
            Fate::GiveUp
        } else if !voiced && ahead >= MAX_AHEAD {
            Fate::Drop
        } else {
            Fate::Play(saying.id.clone())
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        let starting = match self.state {
            State::Starting(since) => Some(since + self.start_within()),
            State::Away | State::Started(_) => None,
        };
        let stretches = [&self.saying, &self.hearing].into_iter().flatten().map(|stretch| stretch.last + GAP);
        let works = self.works.map(|since| since + STALLED_AFTER);
        starting.into_iter().chain(stretches).chain(works).min()
    }

    /// `false`: it does not start.
    pub fn tick(&mut self, now: Duration) -> bool {
        if self.saying.as_ref().is_some_and(|saying| saying.last + GAP <= now) {
            self.has_spoken();
        }
        if self.hearing.as_ref().is_some_and(|hearing| hearing.last + GAP <= now) {
            self.caller_has_spoken();
        }
        self.works.take_if(|since| *since + STALLED_AFTER <= now);
        let is_late = matches!(self.state, State::Starting(since) if since + self.start_within() <= now);
        if is_late {
            self.state = State::Away;
        }
        !is_late
    }

    fn start_within(&self) -> Duration {
        if self.plays { CONNECTED_WITHIN } else { START_WITHIN }
    }

    fn caller(&mut self, words: &server::Words, now: Duration) {
        let is_long = |hearing: &Stretch| hearing.text.len() + words.delta.len() > MAX_TURN;
        if self.hearing.as_ref().is_some_and(is_long) {
            self.caller_has_spoken();
        }
        if self.hearing.is_none() {
            let id = self.name("caller");
            let since = self.at(words.start_ms).map_or(now, |at| at.min(now));
            self.events.push_back(ServerEvent::SpeechStarted { item_id: id.clone() });
            self.hearing = Some(Stretch { id, text: String::new(), since, last: now });
        }
        if let Some(hearing) = &mut self.hearing {
            hearing.text.push_str(&words.delta);
            hearing.last = now;
        }
    }

    fn caller_has_spoken(&mut self) {
        let Some(Stretch { id, text, .. }) = self.hearing.take() else { return };
        self.events.push_back(ServerEvent::SpeechStopped { item_id: id.clone() });
        self.events.push_back(ServerEvent::TranscriptionCompleted { item_id: id, transcript: text });
    }

    /// It speaks, on or anew: the stretch that this is part of.
    fn speaks(&mut self, now: Duration) -> String {
        if let Some(saying) = &mut self.saying {
            saying.last = now;
            return saying.id.clone();
        }
        let id = self.name("live");
        self.events.push_back(ServerEvent::ResponseCreated { response: response(&id, "in_progress") });
        self.saying = Some(Stretch { id: id.clone(), text: String::new(), since: now, last: now });
        id
    }

    /// A stretch is over. One that was to be something else is not complete.
    fn has_spoken(&mut self) {
        let Some(Stretch { id, text, .. }) = self.saying.take() else { return };
        let wanted = self.wanted.take();
        let is_it = wanted.is_none_or(|wanted| text.is_empty() || share(&wanted, &text) >= SAID);
        let item_id = id.clone();
        if is_it {
            let (response_id, item_id) = (id.clone(), id.clone());
            self.events.push_back(ServerEvent::OutputAudioDone { response_id, item_id });
        }
        let response_id = id.clone();
        self.events.push_back(ServerEvent::TranscriptDone { response_id, item_id, transcript: text });
        let status = if is_it { "completed" } else { "incomplete" };
        self.events.push_back(ServerEvent::ResponseDone { response: response(&id, status) });
        self.fell_silent(id);
    }

    fn fell_silent(&mut self, response_id: String) {
        if self.plays {
            self.events.push_back(ServerEvent::PlaybackStopped { response_id });
        }
    }

    fn delegation(
        &self,
        instructions: String,
        tools: &'static [crate::wire::realtime::session::FunctionTool],
    ) -> Delegation {
        let model = self.options.backend.clone();
        Delegation::Responses { responses: Backend { model, instructions, tools } }
    }

    fn name(&mut self, prefix: &str) -> String {
        self.stretches += 1;
        format!("{prefix}_{}", self.stretches)
    }
}

fn response(id: &str, status: &str) -> Response {
    Response { id: id.to_owned(), status: status.to_owned() }
}

/// How many of these words were said, from 0 to 1.
fn share(words: &str, said: &str) -> f32 {
    let of = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let said: HashSet<String> = of(said).into_iter().collect();
    let words = of(words);
    let found = words.iter().filter(|word| said.contains(*word)).count();
    #[expect(clippy::cast_precision_loss, reason = "words of a sentence")]
    let share = found as f32 / words.len().max(1) as f32;
    if words.is_empty() { 1.0 } else { share }
}
