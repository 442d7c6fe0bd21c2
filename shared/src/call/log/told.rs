//! What a call is told and what it does, as entries of a log, and back.

use serde_json::{Value, json};

use super::{Entry, FromTwilio, Opened, Taken};
use crate::{
    call::{
        Input, Opening,
        outbox::{Effect, Message},
    },
    tools::Tool,
    wire::{
        dtmf, json, live,
        loudness::is_voiced,
        realtime::{
            server::{self, AudioDelta, ServerEvent},
            session::{FunctionTool, Session, VoiceOptions},
        },
        twilio::media,
    },
};

impl Entry {
    pub(super) fn of(input: &Input<'_>) -> Self {
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
            Input::Live(live::server::Incoming::Audio(audio)) => {
                Self::LiveAudio { bytes: length(audio.delta), voiced: audio.voiced }
            }
            Input::Live(live::server::Incoming::Event(event)) => Self::FromLive(event.clone()),
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
            Input::Leave => Self::Leave,
            Input::Tick => Self::Tick,
        }
    }

    fn audio(response_id: &str, item_id: &str, delta: &str) -> Self {
        Self::ModelAudio {
            response_id: response_id.to_owned(),
            item_id: item_id.to_owned(),
            bytes: length(delta),
        }
    }

    /// The input that it was; an error if it is none.
    pub(super) fn tell(&self, voice: &VoiceOptions, mut handle: impl FnMut(Input<'_>)) -> Result<(), String> {
        match self {
            Self::FromTwilio(message) => return message.tell(handle),
            Self::BadFrame => handle(Input::BadFrame),
            Self::TwilioGone => handle(Input::TwilioGone),
            Self::FromModel(event) => handle(Input::Model(server::Incoming::Event(event.clone()))),
            Self::ModelAudio { response_id, item_id, bytes } => {
                let delta = of_length(*bytes)?;
                let audio = AudioDelta { response_id, item_id, delta: &delta };
                handle(Input::Model(server::Incoming::Audio(audio)));
            }
            Self::FromLive(event) => handle(Input::Live(live::server::Incoming::Event(event.clone()))),
            Self::LiveAudio { bytes, voiced } => {
                let delta = of_length(*bytes)?;
                let audio = live::server::AudioDelta { delta: &delta, voiced: *voiced };
                handle(Input::Live(live::server::Incoming::Audio(audio)));
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
            Self::Leave => handle(Input::Leave),
            Self::Tick => handle(Input::Tick),
            _ => return Err("this is no input".to_owned()),
        }
        Ok(())
    }
}

impl FromTwilio {
    pub(super) fn of(message: &media::Incoming<'_>) -> Self {
        match message {
            media::Incoming::Connected => Self::Connected,
            media::Incoming::Start(start) => Self::Start {
                stream: start.stream_sid.clone(),
                account: start.account_sid.clone(),
                call: start.call_sid.to_string(),
            },
            media::Incoming::Media(payload) if is_voiced(payload) => Self::Voice(json::decoded_len(payload)),
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
            Self::Voice(bytes) => {
                payload = audio(*bytes, LOUDEST)?;
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
    pub(super) fn of(session: &Session) -> Self {
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
    pub(super) fn opening(&self, voice: &VoiceOptions) -> Opening {
        Opening {
            session: self.taken.session(voice),
            greeting: self.greeting.clone(),
            outbound: self.outbound.clone(),
            live: self.live.clone(),
            spoken: self.spoken.clone(),
        }
    }
}

const NO_BASE64: &str = "%";
/// Of µ-law.
const LOUDEST: u8 = 0;
/// More audio than a message can hold.
const MAX_AUDIO: usize = 16 * 1024 * 1024;

fn names(tools: &[FunctionTool]) -> Vec<String> {
    tools.iter().map(|tool| tool.name.clone()).collect()
}

/// Of the bytes that this base64 stands for; none if it is none.
fn length(base64: &str) -> Option<usize> {
    json::is_base64(base64).then(|| json::decoded_len(base64))
}

/// Audio of that length.
fn of_length(bytes: Option<usize>) -> Result<String, String> {
    bytes.map_or_else(|| Ok(NO_BASE64.to_owned()), silence)
}

fn silence(bytes: usize) -> Result<String, String> {
    audio(bytes, media::SILENCE)
}

/// Base64 of so many of this byte.
fn audio(bytes: usize, byte: u8) -> Result<String, String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    if bytes > MAX_AUDIO {
        return Err(format!("{bytes} bytes of audio are more than a message holds"));
    }
    Ok(STANDARD.encode(vec![byte; bytes]))
}

/// A message as it is sent, with the lengths of audio and the names of tools.
pub(super) fn told(message: &Message) -> Value {
    let mut told: Value = serde_json::from_slice(&message.text).unwrap_or_default();
    for at in ["/media/payload", "/audio"] {
        if let Some(audio) = told.pointer_mut(at)
            && let Some(base64) = audio.as_str()
        {
            *audio = json!({ "bytes": json::decoded_len(base64) });
        }
    }
    for at in ["/session/tools", "/session/delegation/responses/tools"] {
        if let Some(tools) = told.pointer_mut(at)
            && let Some(list) = tools.as_array()
        {
            *tools = list.iter().map(|tool| tool["name"].clone()).collect();
        }
    }
    told
}

pub(super) fn does(effect: &Effect) -> Entry {
    Entry::Does(serde_json::to_value(effect).unwrap_or_default())
}
