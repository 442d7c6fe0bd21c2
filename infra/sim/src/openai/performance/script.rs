//! What a response consists of, and in which time.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::openai::format::Format;
use crate::scenario::{Response, ToolCall};
use crate::speech::{BYTES_PER_MS, speak};

const ARGUMENTS_PER_DELTA: usize = 24;
const BETWEEN_ARGUMENTS: Duration = Duration::from_millis(10);

/// How a response is given.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "faults, independent of each other")]
pub struct Manner {
    /// Words as audio with a transcript; otherwise as text.
    pub audio: bool,
    pub format: Format,
    pub think: Duration,
    pub speed: f32,
    /// µ-law bytes.
    pub delta_bytes: Vec<usize>,
    pub empty_delta: bool,
    pub unknown_events: bool,
    pub no_done: bool,
}

/// One thing to do.
#[derive(Debug)]
pub enum Step {
    OpenMessage,
    Words(String),
    /// µ-law.
    Audio(Bytes),
    OpenCall(String),
    Arguments(String),
    Close,
    Unknown,
}

/// The steps of a response, each with the wait before it.
pub fn script(response: Response, manner: &Manner) -> VecDeque<(Duration, Step)> {
    let mut script = VecDeque::new();
    if let Some(text) = response.say {
        script.push_back((Duration::ZERO, Step::OpenMessage));
        if manner.audio {
            say(&text, manner, &mut script);
        } else {
            script.extend(pieces(&text).map(|piece| (Duration::ZERO, Step::Words(piece.to_owned()))));
        }
        script.push_back((Duration::ZERO, Step::Close));
    }
    for ToolCall { tool, arguments } in response.call {
        script.push_back((Duration::ZERO, Step::OpenCall(tool)));
        let arguments = Value::Object(arguments).to_string().chars().collect::<Vec<_>>();
        let deltas = arguments.chunks(ARGUMENTS_PER_DELTA).map(|delta| delta.iter().collect());
        script.extend(deltas.map(|delta| (BETWEEN_ARGUMENTS, Step::Arguments(delta))));
        script.push_back((Duration::ZERO, Step::Close));
    }
    script
}

/// Audio, and words in proportion and a little ahead of it.
fn say(text: &str, manner: &Manner, script: &mut VecDeque<(Duration, Step)>) {
    let audio = match speak(text) {
        Cow::Borrowed(recorded) => Bytes::from_static(recorded),
        Cow::Owned(babbled) => Bytes::from(babbled),
    };
    let mut pieces = pieces(text);
    let (mut sent, mut written) = (0, 0);
    let mut sizes = manner.delta_bytes.iter().map(|size| (*size).max(1)).cycle();
    while sent < audio.len() {
        let from = sent;
        sent = audio.len().min(sent + sizes.next().unwrap_or(usize::MAX - sent));
        while written * audio.len() < sent * text.len() {
            let Some(piece) = pieces.next() else { break };
            written += piece.len();
            script.push_back((Duration::ZERO, Step::Words(piece.to_owned())));
        }
        if manner.unknown_events {
            script.push_back((Duration::ZERO, Step::Unknown));
        }
        let wait = generation_time(sent - from, manner.speed);
        script.push_back((wait, Step::Audio(audio.slice(from..sent))));
        if manner.empty_delta && from == 0 {
            script.push_back((Duration::ZERO, Step::Audio(Bytes::new())));
        }
    }
}

/// How long it takes to generate so much µ-law.
pub fn generation_time(bytes: usize, speed: f32) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "bytes of a delta")]
    let seconds = bytes as f32 / (1000 * BYTES_PER_MS) as f32;
    Duration::try_from_secs_f32(seconds / speed).unwrap_or_default()
}

/// Words, each with the space before it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = rest.char_indices().skip(1).find(|(_, c)| *c == ' ').map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece).filter(|piece| !piece.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::duration_ms;

    fn manner(delta_bytes: Vec<usize>) -> Manner {
        Manner {
            audio: true,
            format: Format::Pcmu,
            think: Duration::ZERO,
            speed: 4.0,
            delta_bytes,
            empty_delta: false,
            unknown_events: false,
            no_done: false,
        }
    }

    fn script_of(text: &str, manner: &Manner) -> Vec<(Duration, Step)> {
        script(Response { say: Some(text.to_owned()), ..Response::default() }, manner).into()
    }

    #[test]
    fn words_and_audio_come_whole_and_in_proportion() {
        const TEXT: &str = "I've noted Tuesday afternoon, and you will get an e-mail with a summary.";
        let (mut words, mut audio, mut time) = (String::new(), Vec::new(), Duration::ZERO);
        let whole = speak(TEXT);
        for (wait, step) in script_of(TEXT, &manner(vec![777, 2399])) {
            time += wait;
            match step {
                Step::Words(piece) => words += &piece,
                Step::Audio(delta) => {
                    audio.extend_from_slice(&delta);
                    let (said, heard) = (words.len() * whole.len(), audio.len() * TEXT.len());
                    assert!(said >= heard && said < heard + 16 * whole.len(), "{words:?}");
                }
                _ => {}
            }
        }
        assert_eq!((words.as_str(), &*audio), (TEXT, &*whole));
        assert!(time.as_millis().abs_diff(u128::from(duration_ms(whole.len()) / 4)) <= 1);
    }

    #[test]
    fn pieces_keep_every_character() {
        for text in ["", " ", "one", "one two  three ", "ä ö"] {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
        assert_eq!(pieces("one two").collect::<Vec<_>>(), ["one", " two"]);
    }
}
