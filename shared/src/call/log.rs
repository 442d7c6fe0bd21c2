//! The wire log of a call, for bug reports: what it was told and what it did, line by line, and the same anew.
//!
//! A log is JSON, one [`Line`] a line: first how the call began, then each input with what came of it. Audio is told
//! by its length, and whether somebody speaks in it: a call looks no deeper into it. What is not typed does not get in: no ticket, no key, no
//! header; what is somebody's alone is blanked ([`Secrets`]). What was said and what the model was told do get in: a log
//! is as private as a transcript.

mod secrets;
mod told;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::secrets::{Secrets, without_cards};
use self::told::{does, told};
use super::{Call, Input, Limits, Opening, outbox::Outbox};
use crate::{
    interaction::Outcome,
    language::Spoken,
    outbound::{Detected, Words},
    wire::{
        live,
        realtime::{server::ServerEvent, session::VoiceOptions},
    },
};

/// Of the shape of a log: another is not read.
const VERSION: u32 = 3;
const AUDIO_APPEND: &str = "input_audio_buffer.append";
const LIVE_AUDIO_APPEND: &str = "session.input_audio.append";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Nanoseconds since the call began: a deadline is met or missed by one.
    #[serde(rename = "ns", with = "nanoseconds")]
    pub at: Duration,
    #[serde(flatten)]
    pub entry: Entry,
}

/// What a call is told (`>`), and what it does (`<`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "what")]
pub enum Entry {
    #[serde(rename = "call")]
    Began(Began),
    #[serde(rename = "opened")]
    Opened(Opened),
    #[serde(rename = "twilio>")]
    FromTwilio(FromTwilio),
    #[serde(rename = "twilio> bad")]
    BadFrame,
    #[serde(rename = "twilio> gone")]
    TwilioGone,
    #[serde(rename = "realtime>")]
    FromModel(ServerEvent),
    /// Base64 of so many bytes; `None`: it was no base64.
    #[serde(rename = "realtime> audio")]
    ModelAudio { response_id: String, item_id: String, bytes: Option<usize> },
    #[serde(rename = "live>")]
    FromLive(live::server::ServerEvent),
    /// As above, and whether somebody speaks in it.
    #[serde(rename = "live> audio")]
    LiveAudio { bytes: Option<usize>, voiced: bool },
    #[serde(rename = "model ready")]
    ModelReady,
    #[serde(rename = "model lost")]
    ModelLost,
    #[serde(rename = "model unavailable")]
    ModelUnavailable,
    #[serde(rename = "tool>")]
    ToolFinished { call_id: String, output: Value, ends_call: bool },
    #[serde(rename = "press")]
    Press(String),
    #[serde(rename = "told")]
    Told(String),
    #[serde(rename = "rerouted")]
    Rerouted(Taken),
    #[serde(rename = "detected")]
    Detected(Detected),
    #[serde(rename = "leave")]
    Leave,
    #[serde(rename = "tick")]
    Tick,
    /// The stream is gone: what was heard is settled.
    #[serde(rename = "finish")]
    Finish,
    #[serde(rename = "twilio<")]
    ToTwilio(Value),
    #[serde(rename = "realtime<")]
    ToModel(Value),
    #[serde(rename = "live<")]
    ToLive(Value),
    #[serde(rename = "effect<")]
    Does(Value),
    /// The last line of a log that is whole.
    #[serde(rename = "over")]
    Over(Outcome),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Began {
    version: u32,
    stream: String,
    limits: Limits,
    voice: VoiceOptions,
}

/// How a call is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    instructions: String,
    /// By name.
    tools: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    taken: Taken,
    greeting: String,
    outbound: Option<Words>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live: Option<live::session::LiveOptions>,
    #[serde(default)]
    spoken: Spoken,
}

/// A message of Twilio's, as far as a call looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FromTwilio {
    Connected,
    Start {
        stream: String,
        account: String,
        call: String,
    },
    /// So many bytes of audio in which nobody speaks.
    Media(usize),
    /// And in which somebody does.
    Voice(usize),
    Mark(String),
    Dtmf(String),
    Stop,
    Unknown,
}

/// What is wrong with a log, and in which line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct LogError {
    /// From 1.
    pub line: usize,
    pub why: String,
}

/// Where a call does not do what it did when it was recorded.
#[derive(Debug, PartialEq)]
pub struct Difference<'a> {
    /// From 1.
    pub line: usize,
    pub recorded: Option<&'a Line>,
    pub replayed: Option<&'a Line>,
}

impl Line {
    pub fn began(stream: &str, limits: Limits, voice: &VoiceOptions) -> Self {
        let voice = voice.clone();
        let began = Began { version: VERSION, stream: stream.to_owned(), limits, voice };
        Self { at: Duration::ZERO, entry: Entry::Began(began) }
    }

    pub fn opened(opening: &Opening, at: Duration) -> Self {
        let opened = Opened {
            taken: Taken::of(&opening.session),
            greeting: opening.greeting.clone(),
            outbound: opening.outbound.clone(),
            live: opening.live.clone(),
            spoken: opening.spoken.clone(),
        };
        Self { at, entry: Entry::Opened(opened) }
    }

    pub fn input(input: &Input<'_>, at: Duration) -> Self {
        Self { at, entry: Entry::of(input) }
    }

    /// What came of it: what is in the outbox behind what was `before` in it.
    pub fn outputs(out: &Outbox, before: Filled, at: Duration) -> impl Iterator<Item = Self> {
        let twilio =
            out.to_twilio.iter().skip(before.to_twilio).map(|message| Entry::ToTwilio(told(message)));
        let to_model = if out.is_live() { Entry::ToLive } else { Entry::ToModel };
        let model = out.to_model.iter().skip(before.to_model).map(move |message| to_model(told(message)));
        let effects = out.effects.iter().skip(before.effects).map(does);
        twilio.chain(model).chain(effects).map(move |entry| Self { at, entry })
    }

    pub fn is_key(&self) -> bool {
        matches!(self.entry, Entry::FromTwilio(FromTwilio::Dtmf(_)))
    }

    /// Audio, the marks in it, and what a call does not know: most of a log.
    pub fn is_bulk(&self) -> bool {
        match &self.entry {
            Entry::ModelAudio { .. }
            | Entry::LiveAudio { .. }
            | Entry::FromTwilio(FromTwilio::Media(_) | FromTwilio::Voice(_) | FromTwilio::Mark(_)) => true,
            Entry::FromModel(event) => *event == ServerEvent::Unknown,
            Entry::FromLive(event) => *event == live::server::ServerEvent::Unknown,
            Entry::ToTwilio(message) => message["event"] == "media" || message["event"] == "mark",
            Entry::ToModel(message) => message["type"] == AUDIO_APPEND,
            Entry::ToLive(message) => message["type"] == LIVE_AUDIO_APPEND,
            _ => false,
        }
    }
}

/// How much an outbox holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filled {
    to_twilio: usize,
    to_model: usize,
    effects: usize,
}

impl Filled {
    pub fn of(out: &Outbox) -> Self {
        Self { to_twilio: out.to_twilio.len(), to_model: out.to_model.len(), effects: out.effects.len() }
    }
}

/// Seconds, and what it is as JSON.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Plain data with string keys is always JSON.
        let entry = serde_json::to_value(&self.entry).unwrap_or_default();
        let is = entry["is"].as_str().unwrap_or_default();
        write!(f, "{:>10.3} {is:<16}", self.at.as_secs_f64())?;
        match entry.get("what") {
            Some(Value::String(what)) => write!(f, " {what}"),
            Some(what) => write!(f, " {what}"),
            None => Ok(()),
        }
    }
}

/// Reads a log, whose last line may be any: a process that died wrote no more.
pub fn read(text: &str) -> Result<Vec<Line>, LogError> {
    let mut lines = Vec::new();
    let mut secrets = Secrets::default();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let wrong = |why: String| LogError { line: index + 1, why };
        let Some(line) = line.strip_suffix('\n') else {
            return Err(wrong("the log breaks off in the middle of this line".to_owned()));
        };
        let mut line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        if !secrets.blank(&mut line) {
            continue;
        }
        match (&line.entry, index) {
            (Entry::Began(began), 0) if began.version != VERSION => {
                return Err(wrong(format!("a log of version {}, and not {VERSION}", began.version)));
            }
            (Entry::Began(_), 0) => {}
            (Entry::Began(_), _) => return Err(wrong("a call begins once".to_owned())),
            (_, 0) => return Err(wrong("a log begins with its call".to_owned())),
            _ => {}
        }
        if lines.last().is_some_and(|before: &Line| before.at > line.at) {
            return Err(wrong("time does not go back".to_owned()));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(LogError { line: 1, why: "there is nothing in this log".to_owned() });
    }
    Ok(lines)
}

/// Has a new call be told the same at the same times: its log.
pub fn replay(recorded: &[Line]) -> Result<Vec<Line>, LogError> {
    let Some((Line { entry: Entry::Began(began), .. }, rest)) = recorded.split_first() else {
        return Err(LogError { line: 1, why: "a log begins with its call".to_owned() });
    };
    let mut call = Call::new(&began.stream, began.limits);
    let mut out = Outbox::default();
    let mut replayed = vec![recorded[0].clone()];
    for (index, line) in rest.iter().enumerate() {
        let Line { at, entry } = line;
        match entry {
            Entry::Began(_) => {
                return Err(LogError { line: index + 2, why: "a call begins once".to_owned() });
            }
            Entry::ToTwilio(_) | Entry::ToModel(_) | Entry::ToLive(_) | Entry::Does(_) | Entry::Over(_) => {
                continue;
            }
            Entry::Opened(opened) => {
                replayed.push(line.clone());
                call.opened(opened.opening(&began.voice));
            }
            Entry::Finish => {
                replayed.push(line.clone());
                let outcome = call.finish(*at, &mut out);
                replayed.extend(Line::outputs(&out, Filled::default(), *at));
                replayed.push(Line { at: *at, entry: Entry::Over(outcome) });
            }
            entry => {
                replayed.push(line.clone());
                let told = entry.tell(&began.voice, |input| call.handle(input, *at, &mut out));
                told.map_err(|why| LogError { line: index + 2, why })?;
                replayed.extend(Line::outputs(&out, Filled::default(), *at));
            }
        }
        out.to_twilio.clear();
        out.to_model.clear();
        out.effects.clear();
    }
    let mut secrets = Secrets::default();
    replayed.retain_mut(|line| secrets.blank(line));
    Ok(replayed)
}

/// The first line that is not as it was.
pub fn difference<'a>(recorded: &'a [Line], replayed: &'a [Line]) -> Option<Difference<'a>> {
    let longest = recorded.len().max(replayed.len());
    let index = (0..longest).find(|index| recorded.get(*index) != replayed.get(*index))?;
    Some(Difference { line: index + 1, recorded: recorded.get(index), replayed: replayed.get(index) })
}

mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        u64::try_from(at.as_nanos()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests;
