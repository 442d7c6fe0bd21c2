//! Callbacks of live transcription. Source: Twilio, "`<Transcription>`: status callback".

use jiff::Timestamp;
use serde::Deserialize;

use super::webhook::{Form, FormError};
use crate::interaction::{Speaker, second_transcript::MAX_LINES};

/// Characters of an utterance.
const MAX_TEXT: usize = 4000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Started,
    Said(Utterance),
    /// More of it comes.
    Partial,
    Stopped,
    /// Twilio's code: 32650 to 32655.
    Failed(Option<u32>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// `SequenceId`: in order for each side.
    pub sequence: u32,
    pub speaker: Speaker,
    pub text: String,
    /// In percent.
    pub confidence: Option<u8>,
    pub at: Option<Timestamp>,
}

/// `TranscriptionData`
#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    confidence: Option<f64>,
}

impl Event {
    pub fn from_form(form: &Form) -> Result<Self, FormError> {
        Ok(match form.required("TranscriptionEvent")? {
            "transcription-started" => Self::Started,
            "transcription-content" if form.get("Final") == Some("false") => Self::Partial,
            "transcription-content" => Self::Said(Utterance::from_form(form)?),
            "transcription-stopped" => Self::Stopped,
            "transcription-error" => {
                Self::Failed(form.get("TranscriptionErrorCode").and_then(|code| code.parse().ok()))
            }
            _ => return Err(FormError::Malformed("TranscriptionEvent")),
        })
    }
}

impl Utterance {
    /// Inbound is what Twilio receives from the telephone, whoever dialled.
    fn from_form(form: &Form) -> Result<Self, FormError> {
        let speaker = match form.required("Track")? {
            "inbound_track" => Speaker::Person,
            "outbound_track" => Speaker::Twin,
            _ => return Err(FormError::Malformed("Track")),
        };
        let sequence = form.required("SequenceId")?.parse().ok().filter(|id| *id < MAX_LINES);
        let sequence = sequence.ok_or(FormError::Malformed("SequenceId"))?;
        let data = form.required("TranscriptionData")?;
        let data: Data = serde_json::from_str(data).map_err(|_| FormError::Malformed("TranscriptionData"))?;
        let percent = data.confidence.filter(|share| (0.0..=1.0).contains(share)).map(|share| share * 100.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let confidence = percent.map(|percent| percent.round() as u8);
        Ok(Self {
            sequence,
            speaker,
            text: data.transcript.trim().chars().take(MAX_TEXT).collect(),
            confidence,
            at: form.get("Timestamp").and_then(|at| at.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<Event, FormError> {
        let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Event::from_form(&Form::new(pairs.collect()).unwrap())
    }

    fn content<'a>(track: &'a str, sequence: &'a str, data: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("TranscriptionEvent", "transcription-content"),
            ("Track", track),
            ("SequenceId", sequence),
            ("TranscriptionData", data),
            ("Timestamp", "2026-11-20T10:00:00.125Z"),
        ]
    }

    #[test]
    fn what_twilio_heard() {
        let fields = content("inbound_track", "7", r#"{"transcript":" Hello there. ","confidence":0.876}"#);
        let expected = Utterance {
            sequence: 7,
            speaker: Speaker::Person,
            text: "Hello there.".to_owned(),
            confidence: Some(88),
            at: Some("2026-11-20T10:00:00.125Z".parse().unwrap()),
        };
        assert_eq!(read(&fields), Ok(Event::Said(expected)));
        let partial = [fields.as_slice(), &[("Final", "false")]].concat();
        assert_eq!(read(&partial), Ok(Event::Partial));
        let Ok(Event::Said(twins)) = read(&content("outbound_track", "1", r#"{"transcript":"Hi"}"#)) else {
            panic!("an utterance")
        };
        assert_eq!((twins.speaker, twins.confidence), (Speaker::Twin, None));
        let failed = [("TranscriptionEvent", "transcription-error"), ("TranscriptionErrorCode", "32650")];
        assert_eq!(read(&failed), Ok(Event::Failed(Some(32650))));
    }

    #[test]
    fn what_is_no_callback_of_it() {
        let data = r#"{"transcript":"Hi","confidence":7}"#;
        assert!(matches!(
            read(&content("inbound_track", "1", data)),
            Ok(Event::Said(Utterance { confidence: None, .. }))
        ));
        for fields in [
            content("both_tracks", "1", data),
            content("inbound_track", "-1", data),
            content("inbound_track", "200000", data),
            content("inbound_track", "1", "Hi"),
            vec![("TranscriptionEvent", "transcription-sung")],
            vec![("Track", "inbound_track")],
        ] {
            assert!(read(&fields).is_err(), "{fields:?}");
        }
    }
}
