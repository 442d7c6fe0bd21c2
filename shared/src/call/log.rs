//! The wire log of a call, for bug reports: what it was told and what it did, line by line, and the same anew.
//!
//! A log is JSON, one [`Line`] a line: first how the call began, then each input with what came of it. Audio is told
//! by its length alone, for a call never looks into it. What is not typed does not get in: no ticket, no key, no
//! header. What was said and what the model was told do: a log is as private as a transcript.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Call, Input, Limits, Opening,
    outbox::{Effect, Message, Outbox},
};
use crate::{
    interaction::Outcome,
    outbound::{Detected, Words},
    spelled::is_card_number,
    tools::Tool,
    wire::{
        dtmf, json,
        realtime::{
            server::{self, AudioDelta, ServerEvent},
            session::{FunctionTool, Session, VoiceOptions},
        },
        twilio::media,
    },
};

/// Of the shape of a log: another is not read.
const VERSION: u32 = 1;

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
    #[serde(rename = "tick")]
    Tick,
    /// The stream is gone: what was heard is settled.
    #[serde(rename = "finish")]
    Finish,
    #[serde(rename = "twilio<")]
    ToTwilio(Value),
    #[serde(rename = "realtime<")]
    ToModel(Value),
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
    /// So many bytes of audio.
    Media(usize),
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
        let model = out.to_model.iter().skip(before.to_model).map(|message| Entry::ToModel(told(message)));
        let effects = out.effects.iter().skip(before.effects).map(does);
        twilio.chain(model).chain(effects).map(move |entry| Self { at, entry })
    }

    pub fn is_key(&self) -> bool {
        matches!(self.entry, Entry::FromTwilio(FromTwilio::Dtmf(_)))
    }

    /// Audio, the marks in it, and what a call does not know: most of a log.
    pub fn is_bulk(&self) -> bool {
        match &self.entry {
            Entry::ModelAudio { .. } | Entry::FromTwilio(FromTwilio::Media(_) | FromTwilio::Mark(_)) => true,
            Entry::FromModel(event) => *event == ServerEvent::Unknown,
            Entry::ToTwilio(message) => message["event"] == "media" || message["event"] == "mark",
            Entry::ToModel(message) => message["type"] == AUDIO_APPEND,
            _ => false,
        }
    }
}

/// Keys that were pressed in a row, and what came meanwhile: the number of a payment card is one of zeros, which has the
/// same length and passes for one, too. Keys that led to nothing are all zeros.
pub fn without_cards(lines: &mut [Line], led_to_nothing: bool) {
    let mut keys: Vec<&mut String> = lines
        .iter_mut()
        .filter_map(|line| match &mut line.entry {
            Entry::FromTwilio(FromTwilio::Dtmf(key)) if key != "#" => Some(key),
            _ => None,
        })
        .collect();
    let pressed: String = keys.iter().map(|key| key.as_str()).collect();
    if led_to_nothing || is_card_number(&pressed) {
        for key in &mut keys {
            "0".clone_into(key);
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
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let wrong = |why: String| LogError { line: index + 1, why };
        let Some(line) = line.strip_suffix('\n') else {
            return Err(wrong("the log breaks off in the middle of this line".to_owned()));
        };
        let line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
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
            Entry::ToTwilio(_) | Entry::ToModel(_) | Entry::Does(_) | Entry::Over(_) => continue,
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
    Ok(replayed)
}

/// The first line that is not as it was.
pub fn difference<'a>(recorded: &'a [Line], replayed: &'a [Line]) -> Option<Difference<'a>> {
    let longest = recorded.len().max(replayed.len());
    let index = (0..longest).find(|index| recorded.get(*index) != replayed.get(*index))?;
    Some(Difference { line: index + 1, recorded: recorded.get(index), replayed: replayed.get(index) })
}

impl Entry {
    fn of(input: &Input<'_>) -> Self {
        match input {
            Input::Twilio(message) => Self::FromTwilio(FromTwilio::of(message)),
            Input::BadFrame => Self::BadFrame,
            Input::TwilioGone => Self::TwilioGone,
            Input::Model(server::Incoming::Audio(audio)) => {
                Self::audio(audio.response_id, audio.item_id, audio.delta)
            }
            Input::Model(server::Incoming::Event(ServerEvent::OutputAudioDelta {
                response_id,
                item_id,
                delta,
            })) => Self::audio(response_id, item_id, delta),
            Input::Model(server::Incoming::Event(event)) => Self::FromModel(event.clone()),
            Input::ModelReady => Self::ModelReady,
            Input::ModelLost => Self::ModelLost,
            Input::ModelUnavailable => Self::ModelUnavailable,
            Input::ToolFinished { call_id, output, ends_call } => Self::ToolFinished {
                call_id: (*call_id).to_owned(),
                output: output.clone(),
                ends_call: *ends_call,
            },
            Input::Press(keys) => Self::Press(keys.as_str().to_owned()),
            Input::Told(news) => Self::Told((*news).to_owned()),
            Input::Rerouted(session) => Self::Rerouted(Taken::of(session)),
            Input::Detected(detected) => Self::Detected(*detected),
            Input::Tick => Self::Tick,
        }
    }

    fn audio(response_id: &str, item_id: &str, delta: &str) -> Self {
        Self::ModelAudio {
            response_id: response_id.to_owned(),
            item_id: item_id.to_owned(),
            bytes: json::is_base64(delta).then(|| json::decoded_len(delta)),
        }
    }

    /// The input that it was; an error if it is none.
    fn tell(&self, voice: &VoiceOptions, mut handle: impl FnMut(Input<'_>)) -> Result<(), String> {
        match self {
            Self::FromTwilio(message) => return message.tell(handle),
            Self::BadFrame => handle(Input::BadFrame),
            Self::TwilioGone => handle(Input::TwilioGone),
            Self::FromModel(event) => handle(Input::Model(server::Incoming::Event(event.clone()))),
            Self::ModelAudio { response_id, item_id, bytes } => {
                let delta = match bytes {
                    Some(bytes) => silence(*bytes)?,
                    None => NO_BASE64.to_owned(),
                };
                let audio = AudioDelta { response_id, item_id, delta: &delta };
                handle(Input::Model(server::Incoming::Audio(audio)));
            }
            Self::ModelReady => handle(Input::ModelReady),
            Self::ModelLost => handle(Input::ModelLost),
            Self::ModelUnavailable => handle(Input::ModelUnavailable),
            Self::ToolFinished { call_id, output, ends_call } => {
                handle(Input::ToolFinished { call_id, output: output.clone(), ends_call: *ends_call });
            }
            Self::Press(keys) => {
                let keys = dtmf::Keys::parse(keys).ok_or("these are no keys")?;
                handle(Input::Press(&keys));
            }
            Self::Told(news) => handle(Input::Told(news)),
            Self::Rerouted(taken) => handle(Input::Rerouted(taken.session(voice))),
            Self::Detected(detected) => handle(Input::Detected(*detected)),
            Self::Tick => handle(Input::Tick),
            _ => return Err("this is no input".to_owned()),
        }
        Ok(())
    }
}

impl FromTwilio {
    fn of(message: &media::Incoming<'_>) -> Self {
        match message {
            media::Incoming::Connected => Self::Connected,
            media::Incoming::Start(start) => Self::Start {
                stream: start.stream_sid.clone(),
                account: start.account_sid.clone(),
                call: start.call_sid.to_string(),
            },
            media::Incoming::Media(payload) => Self::Media(json::decoded_len(payload)),
            media::Incoming::Mark(name) => Self::Mark((*name).to_owned()),
            media::Incoming::Dtmf(key) => Self::Dtmf(key.clone()),
            media::Incoming::Stop => Self::Stop,
            media::Incoming::Unknown => Self::Unknown,
        }
    }

    fn tell(&self, mut handle: impl FnMut(Input<'_>)) -> Result<(), String> {
        let payload;
        let message = match self {
            Self::Connected => media::Incoming::Connected,
            Self::Start { stream, account, call } => media::Incoming::Start(Box::new(media::Start {
                stream_sid: stream.clone(),
                account_sid: account.clone(),
                call_sid: call.parse().map_err(|_| "not the SID of a call")?,
                custom_parameters: std::collections::HashMap::new(),
            })),
            Self::Media(bytes) => {
                payload = silence(*bytes)?;
                media::Incoming::Media(&payload)
            }
            Self::Mark(name) => media::Incoming::Mark(name),
            Self::Dtmf(key) => media::Incoming::Dtmf(key.clone()),
            Self::Stop => media::Incoming::Stop,
            Self::Unknown => media::Incoming::Unknown,
        };
        handle(Input::Twilio(message));
        Ok(())
    }
}

impl Taken {
    fn of(session: &Session) -> Self {
        Self { instructions: session.instructions.clone(), tools: names(session.tools) }
    }

    /// With the tools that this version has under these names; all of them, if it has not: then what the model is
    /// told differs, and that is shown.
    fn session(&self, voice: &VoiceOptions) -> Session {
        let sets = Tool::sets_on_the_phone();
        let tools = sets.into_iter().find(|set| names(set) == self.tools).unwrap_or(Tool::for_realtime());
        Session::for_phone(self.instructions.clone(), tools, voice)
    }
}

impl Opened {
    fn opening(&self, voice: &VoiceOptions) -> Opening {
        Opening {
            session: self.taken.session(voice),
            greeting: self.greeting.clone(),
            outbound: self.outbound.clone(),
        }
    }
}

const AUDIO_APPEND: &str = "input_audio_buffer.append";
const NO_BASE64: &str = "%";
/// More audio than a message can hold.
const MAX_AUDIO: usize = 16 * 1024 * 1024;

fn names(tools: &[FunctionTool]) -> Vec<String> {
    tools.iter().map(|tool| tool.name.clone()).collect()
}

/// Base64 of so many bytes.
fn silence(bytes: usize) -> Result<String, String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    if bytes > MAX_AUDIO {
        return Err(format!("{bytes} bytes of audio are more than a message holds"));
    }
    Ok(STANDARD.encode(vec![media::SILENCE; bytes]))
}

/// A message as it is sent, with the lengths of audio and the names of tools.
fn told(message: &Message) -> Value {
    let mut told: Value = serde_json::from_slice(&message.text).unwrap_or_default();
    for at in ["/media/payload", "/audio"] {
        if let Some(audio) = told.pointer_mut(at)
            && let Some(base64) = audio.as_str()
        {
            *audio = json!({ "bytes": json::decoded_len(base64) });
        }
    }
    if let Some(tools) = told.pointer_mut("/session/tools")
        && let Some(list) = tools.as_array()
    {
        *tools = list.iter().map(|tool| tool["name"].clone()).collect();
    }
    told
}

fn does(effect: &Effect) -> Entry {
    Entry::Does(serde_json::to_value(effect).unwrap_or_default())
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
mod tests {
    use super::*;

    /// What a relay would write of a call that is told this.
    fn log(inputs: &[(u64, &str)]) -> String {
        let mut lines = vec![Line::began("MZ1", Limits::default(), &VoiceOptions::default())];
        let session =
            Session::for_phone("Be brief.".to_owned(), Tool::for_realtime(), &VoiceOptions::default());
        let opening = Opening { session, greeting: "Hello, this is an AI.".to_owned(), outbound: None };
        lines.push(Line::opened(&opening, Duration::ZERO));
        for (ms, entry) in inputs {
            let at = Duration::from_millis(*ms);
            lines.push(Line { at, entry: serde_json::from_str(entry).unwrap() });
        }
        let replayed = replay(&lines).unwrap();
        replayed.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect()
    }

    /// It is greeted, interrupts, asks for a tool, presses keys, and hangs up.
    fn a_call() -> String {
        log(&[
            (10, r#"{"is":"twilio>","what":{"media":160}}"#),
            (20, r#"{"is":"model ready"}"#),
            (30, r#"{"is":"twilio>","what":{"media":160}}"#),
            (40, r#"{"is":"realtime>","what":{"type":"response.created","response":{"id":"r1"}}}"#),
            (50, r#"{"is":"realtime> audio","what":{"response_id":"r1","item_id":"i1","bytes":1600}}"#),
            (51, r#"{"is":"realtime> audio","what":{"response_id":"r1","item_id":"i1","bytes":null}}"#),
            (
                52,
                r#"{"is":"realtime>","what":{"type":"response.output_audio_transcript.delta","response_id":"r1","item_id":"i1","delta":"Hello"}}"#,
            ),
            (
                60,
                r#"{"is":"realtime>","what":{"type":"response.output_audio.done","response_id":"r1","item_id":"i1"}}"#,
            ),
            (
                61,
                r#"{"is":"realtime>","what":{"type":"response.done","response":{"id":"r1","status":"completed"}}}"#,
            ),
            (70, r#"{"is":"twilio>","what":{"mark":"0.1.0"}}"#),
            (260, r#"{"is":"twilio>","what":{"mark":"0.1.1600"}}"#),
            (900, r#"{"is":"twilio>","what":{"dtmf":"1"}}"#),
            (20_000, r#"{"is":"tick"}"#),
            (20_100, r#"{"is":"twilio>","what":"stop"}"#),
            (20_200, r#"{"is":"finish"}"#),
        ])
    }

    #[test]
    fn the_same_log_is_the_same_call() {
        let text = a_call();
        let lines = read(&text).unwrap();
        let (first, second) = (replay(&lines).unwrap(), replay(&lines).unwrap());
        assert_eq!(first, second);
        assert_eq!(difference(&lines, &first), None);
        let audio = lines.iter().filter(|line| line.is_bulk()).count();
        assert!(audio >= 8 && lines.len() > audio + 10, "{text}");
        assert!(matches!(lines.last().unwrap().entry, Entry::Over(Outcome::HungUp)), "{text}");
        assert!(text.contains(r#"{"bytes":1600}"#) && !text.contains("payload\":\""), "{text}");
    }

    #[test]
    fn the_first_difference_is_named() {
        let text = a_call().replacen("Say exactly this", "Say something like this", 1);
        let lines = read(&text).unwrap();
        let replayed = replay(&lines).unwrap();
        let found = difference(&lines, &replayed).unwrap();
        let shown = found.recorded.unwrap().to_string();
        assert!(shown.contains("realtime<") && shown.contains("Say something like this"), "{shown}");
        assert!(found.replayed.unwrap().to_string().contains("Say exactly this"));
        assert_eq!(lines[found.line - 1], *found.recorded.unwrap());
    }

    #[test]
    fn what_a_call_did_beyond_its_log_is_a_difference() {
        let text = a_call();
        let lines = read(&text).unwrap();
        let cut = &lines[..lines.len() - 1];
        let replayed = replay(cut).unwrap();
        let found = difference(cut, &replayed).unwrap();
        assert_eq!((found.line, found.recorded), (lines.len(), None));
    }

    #[test]
    fn numbers_of_cards_are_not_in_it() {
        let pressed = |keys: &str, led_to_nothing| {
            let key = |key: char| Entry::FromTwilio(FromTwilio::Dtmf(key.to_string()));
            let line = |entry| Line { at: Duration::ZERO, entry };
            let mut lines: Vec<Line> =
                keys.chars().map(|k| line(key(k))).chain([line(Entry::Tick)]).collect();
            without_cards(&mut lines, led_to_nothing);
            let key = |line: &Line| match &line.entry {
                Entry::FromTwilio(FromTwilio::Dtmf(key)) => key.clone(),
                _ => String::new(),
            };
            lines.iter().map(key).collect::<String>()
        };
        assert_eq!(pressed("4111111111111111#", false), "0000000000000000#");
        assert!(is_card_number("0000000000000000"), "so that it is taken for one again");
        assert_eq!(pressed("12345#", false), "12345#");
        assert_eq!(pressed("411111", true), "000000", "the rest of it never came");
    }

    #[test]
    fn a_broken_log_names_its_line() {
        let text = a_call();
        let refused = |text: &str| read(text).unwrap_err();
        assert_eq!(refused("").line, 1);
        let cut = refused(&text[..text.len() - 9]);
        assert_eq!(cut.line, text.lines().count());
        assert!(cut.to_string().contains("breaks off"), "{cut}");
        let mut lines: Vec<&str> = text.lines().collect();
        lines[3] = r#"{"ns":9000000,"is":"sneeze"}"#;
        assert_eq!(refused(&(lines.join("\n") + "\n")).line, 4);
        lines[3] = r#"{"ns":99000000000,"is":"tick"}"#;
        let back = refused(&(lines.join("\n") + "\n"));
        assert_eq!((back.line, back.why.as_str()), (5, "time does not go back"));
        let headless: String = text.split_inclusive('\n').skip(1).collect();
        assert_eq!(refused(&headless).line, 1);
        let other = refused(&text.replacen(r#""version":1"#, r#""version":2"#, 1));
        assert!(other.why.contains("version 2"), "{other}");
        let huge = text.replacen(r#"{"media":160}"#, r#"{"media":99999999999}"#, 1);
        assert_eq!(replay(&read(&huge).unwrap()).unwrap_err().line, 3);
    }
}
