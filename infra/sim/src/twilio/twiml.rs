//! TwiML, read strictly: what Twilio's schema does not know fails the call instead of being skipped.

mod grammar;

use std::time::Duration;

use roxmltree::{Document, Node};

use super::report::Fault;
use grammar::invalid;

/// The longest document that Twilio reads, in bytes.
const LONGEST: usize = 64 * 1024;

/// A follow-up request: a URL, possibly relative to the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub url: String,
    pub get: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    Say {
        text: String,
    },
    Play {
        url: String,
        digits: String,
    },
    Pause(Duration),
    Connect {
        action: Option<Target>,
        stream: Stream,
    },
    /// `<Connect><ConversationRelay>`
    Converse {
        action: Option<Target>,
        url: String,
        parameters: Vec<(String, String)>,
    },
    Redirect(Target),
    Dial(Dial),
    Record(Record),
    Gather(Gather),
    Hangup,
    Reject {
        busy: bool,
    },
    StartRecording {
        dual: bool,
        callback: Option<Target>,
    },
    StartStream(Stream),
    StartTranscription(Transcription),
    /// By name.
    StopTranscription(String),
    Stop,
}

/// `<Start><Transcription>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcription {
    pub name: String,
    /// `inbound_track`, `outbound_track`, or both.
    pub tracks: Vec<&'static str>,
    pub language: String,
    pub callback: Option<Target>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub url: String,
    pub name: String,
    pub parameters: Vec<(String, String)>,
    pub status_callback: Option<Target>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    pub action: Option<Target>,
    /// Numbers, client identities or a conference, as written.
    pub to: Vec<String>,
    /// What the number's side hears before both are joined.
    pub whisper: Option<Target>,
    pub is_conference: bool,
    /// Told when this side is in the conference.
    pub joined: Option<Target>,
    pub timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Without it Twilio asks the URL of the document again.
    pub action: Option<Target>,
    pub callback: Option<Target>,
    /// Told what was said.
    pub transcribed: Option<Target>,
    /// Silence that ends the recording.
    pub timeout: Duration,
    pub max_length: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    pub action: Option<Target>,
    pub dtmf: bool,
    pub speech: bool,
    pub timeout: Duration,
    pub num_digits: Option<usize>,
    pub finish_on_key: String,
    pub action_on_empty: bool,
    /// `Say`, `Play` and `Pause`.
    pub prompt: Vec<Verb>,
}

impl Verb {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say { .. } => "Say",
            Self::Play { .. } => "Play",
            Self::Pause(_) => "Pause",
            Self::Connect { .. } | Self::Converse { .. } => "Connect",
            Self::Redirect(_) => "Redirect",
            Self::Dial(_) => "Dial",
            Self::Record(_) => "Record",
            Self::Gather(_) => "Gather",
            Self::Hangup => "Hangup",
            Self::Reject { .. } => "Reject",
            Self::StartRecording { .. } | Self::StartStream(_) | Self::StartTranscription(_) => "Start",
            Self::Stop | Self::StopTranscription(_) => "Stop",
        }
    }
}

/// The verbs of a document, in order.
///
/// 12100: not XML or not a `Response`. 11750: over 64 KiB. 12200: unknown verb, attribute, child or value.
pub fn parse(text: &str) -> Result<Vec<Verb>, Fault> {
    if text.len() > LONGEST {
        return Err(Fault::new(11750, format!("TwiML of {} bytes", text.len())));
    }
    let document = Document::parse(text).map_err(|why| Fault::new(12100, format!("TwiML: {why}")))?;
    let root = document.root_element();
    if root.tag_name().name() != "Response" || root.attributes().len() > 0 {
        return Err(Fault::new(12100, "TwiML: the root must be a bare <Response>"));
    }
    grammar::check(root)?;
    let mut verbs = Vec::new();
    for element in root.children().filter(Node::is_element) {
        verb(element, &mut verbs)?;
    }
    Ok(verbs)
}

fn verb(element: Node, verbs: &mut Vec<Verb>) -> Result<(), Fault> {
    verbs.push(match element.tag_name().name() {
        "Say" => Verb::Say { text: required_text(element)? },
        "Play" => play(element)?,
        "Pause" => Verb::Pause(seconds(element, "length", 1)?),
        "Connect" => connect(element)?,
        "Redirect" => {
            Verb::Redirect(Target { url: required_text(element)?, get: is_get(element, "method")? })
        }
        "Dial" => Verb::Dial(dial(element)?),
        "Record" => Verb::Record(record(element)?),
        "Gather" => Verb::Gather(gather(element)?),
        "Hangup" => Verb::Hangup,
        "Reject" => Verb::Reject { busy: choice(element, "reason", &["rejected", "busy"])? == "busy" },
        "Stop" => stop(element)?,
        "Start" => return start(element, verbs),
        other => return Err(invalid(element, format!("<{other}> cannot be performed"))),
    });
    Ok(())
}

fn play(element: Node) -> Result<Verb, Fault> {
    let digits = element.attribute("digits").unwrap_or_default().to_owned();
    if digits.chars().any(|c| !"0123456789*#wWABCD".contains(c)) {
        return Err(invalid(element, format!("digits {digits:?}")));
    }
    let url = if digits.is_empty() { required_text(element)? } else { String::new() };
    Ok(Verb::Play { url, digits })
}

fn connect(element: Node) -> Result<Verb, Fault> {
    let mut nouns = element.children().filter(Node::is_element);
    let (Some(noun), None) = (nouns.next(), nouns.next()) else {
        return Err(invalid(element, "<Connect> has exactly one noun"));
    };
    let action = target(element, "action", "method")?;
    if noun.has_tag_name("ConversationRelay") {
        let url = required(noun, "url")?;
        return Ok(Verb::Converse { action, url, parameters: parameters(noun)? });
    }
    Ok(Verb::Connect { action, stream: stream(noun)? })
}

fn start(element: Node, verbs: &mut Vec<Verb>) -> Result<(), Fault> {
    for noun in element.children().filter(Node::is_element) {
        verbs.push(if noun.has_tag_name("Stream") {
            Verb::StartStream(stream(noun)?)
        } else if noun.has_tag_name("Transcription") {
            Verb::StartTranscription(transcription(noun)?)
        } else {
            Verb::StartRecording {
                dual: choice(noun, "channels", &["dual", "mono"])? == "dual",
                callback: target(noun, "recordingStatusCallback", "recordingStatusCallbackMethod")?,
            }
        });
    }
    Ok(())
}

fn stop(element: Node) -> Result<Verb, Fault> {
    match element.children().find(|child| child.has_tag_name("Transcription")) {
        Some(noun) => Ok(Verb::StopTranscription(required(noun, "name")?)),
        None => Ok(Verb::Stop),
    }
}

fn transcription(element: Node) -> Result<Transcription, Fault> {
    let (inbound, outbound) = ("inbound_track", "outbound_track");
    let tracks = match choice(element, "track", &["both_tracks", inbound, outbound])? {
        "inbound_track" => vec![inbound],
        "outbound_track" => vec![outbound],
        _ => vec![inbound, outbound],
    };
    Ok(Transcription {
        name: element.attribute("name").unwrap_or_default().to_owned(),
        tracks,
        language: element.attribute("languageCode").unwrap_or("en-US").to_owned(),
        callback: target(element, "statusCallbackUrl", "statusCallbackMethod")?,
    })
}

fn parameters(element: Node) -> Result<Vec<(String, String)>, Fault> {
    let mut parameters = Vec::new();
    for parameter in element.children().filter(Node::is_element) {
        let (name, value) = (required(parameter, "name")?, required(parameter, "value")?);
        if name.len() + value.len() >= 500 {
            return Err(invalid(parameter, "name and value of <Parameter> reach 500 characters"));
        }
        parameters.push((name, value));
    }
    Ok(parameters)
}

fn stream(element: Node) -> Result<Stream, Fault> {
    choice(element, "track", &["inbound_track", "outbound_track", "both_tracks"])?;
    Ok(Stream {
        url: required(element, "url")?,
        name: element.attribute("name").unwrap_or_default().to_owned(),
        parameters: parameters(element)?,
        status_callback: target(element, "statusCallback", "statusCallbackMethod")?,
    })
}

fn dial(element: Node) -> Result<Dial, Fault> {
    let mut to = Vec::new();
    let (mut whisper, mut is_conference, mut joined) = (None, false, None);
    for noun in element.children().filter(Node::is_element) {
        let identity = noun.children().find(|child| child.has_tag_name("Identity"));
        to.push(required_text(identity.unwrap_or(noun))?);
        whisper = whisper.or(target(noun, "url", "method")?);
        if noun.has_tag_name("Conference") {
            is_conference = true;
            let events = noun.attribute("statusCallbackEvent").unwrap_or_default();
            let wanted = events.split_whitespace().any(|event| event == "join");
            joined = target(noun, "statusCallback", "statusCallbackMethod")?.filter(|_| wanted);
        }
    }
    if to.is_empty() {
        to.push(required_text(element)?);
    }
    Ok(Dial {
        action: target(element, "action", "method")?,
        to,
        whisper,
        is_conference,
        joined,
        timeout: seconds(element, "timeout", 30)?,
    })
}

fn record(element: Node) -> Result<Record, Fault> {
    Ok(Record {
        action: target(element, "action", "method")?,
        callback: target(element, "recordingStatusCallback", "recordingStatusCallbackMethod")?,
        transcribed: target(element, "transcribeCallback", "method")?,
        timeout: seconds(element, "timeout", 5)?,
        max_length: seconds(element, "maxLength", 3600)?,
    })
}

fn gather(element: Node) -> Result<Gather, Fault> {
    let input = choice(element, "input", &["dtmf", "speech", "dtmf speech", "speech dtmf"])?;
    let mut prompt = Vec::new();
    for nested in element.children().filter(Node::is_element) {
        verb(nested, &mut prompt)?;
    }
    Ok(Gather {
        action: target(element, "action", "method")?,
        dtmf: input.contains("dtmf"),
        speech: input.contains("speech"),
        timeout: seconds(element, "timeout", 5)?,
        num_digits: number(element, "numDigits")?.and_then(|n| usize::try_from(n).ok()),
        finish_on_key: element.attribute("finishOnKey").unwrap_or("#").to_owned(),
        action_on_empty: choice(element, "actionOnEmptyResult", &["false", "true"])? == "true",
        prompt,
    })
}

/// The attribute's value, one of `allowed`; the first of them is the default.
fn choice<'a>(element: Node<'a, '_>, name: &str, allowed: &[&'a str]) -> Result<&'a str, Fault> {
    let Some(value) = element.attribute(name) else { return Ok(allowed[0]) };
    if allowed.contains(&value) { Ok(value) } else { Err(invalid(element, format!("{name} {value:?}"))) }
}

fn is_get(element: Node, name: &str) -> Result<bool, Fault> {
    Ok(choice(element, name, &["POST", "GET", "post", "get"])?.eq_ignore_ascii_case("GET"))
}

fn target(element: Node, url: &str, method: &str) -> Result<Option<Target>, Fault> {
    let get = is_get(element, method)?;
    let url = element.attribute(url).filter(|url| !url.is_empty());
    Ok(url.map(|url| Target { url: url.to_owned(), get }))
}

fn number(element: Node, name: &str) -> Result<Option<u64>, Fault> {
    let Some(value) = element.attribute(name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| invalid(element, format!("{name} {value:?} is not a number")))
}

fn seconds(element: Node, name: &str, default: u64) -> Result<Duration, Fault> {
    Ok(Duration::from_secs(number(element, name)?.unwrap_or(default)))
}

fn required(element: Node, name: &str) -> Result<String, Fault> {
    let missing = || invalid(element, format!("<{}> needs {name:?}", element.tag_name().name()));
    element.attribute(name).map(str::to_owned).ok_or_else(missing)
}

/// All text inside an element, SSML included.
fn required_text(element: Node) -> Result<String, Fault> {
    let all: String = element.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    let text = all.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(invalid(element, format!("<{}> needs text", element.tag_name().name())));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
