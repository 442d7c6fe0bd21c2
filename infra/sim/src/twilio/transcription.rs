//! Live transcription: what each side said, told once it is whole. Source: Twilio, "`<Transcription>`".

use std::time::Duration;

use tokio::time::sleep;

use super::{
    caller::{Form, Sender, pair},
    new_sid,
    report::CallerEvent,
    twiml::{Target, Transcription},
    web::Params,
};
use crate::speech::{duration_ms, is_voiced, recognise, speak};

/// As Twilio would say how sure it is.
const CONFIDENCE: &str = "0.9";
/// Of a line, this share was heard: the rest of one that was broken off is not told.
const WHOLE: f32 = 0.8;
/// Bytes of what is heard of one utterance.
const MOST_HEARD: usize = 8000 * 60;

/// A transcription that runs.
#[derive(Debug)]
pub struct Transcribing {
    pub name: String,
    sid: String,
    tracks: Vec<&'static str>,
    language: String,
    callback: Target,
    form: Form,
    sender: Sender,
    sequence: u32,
    /// Of the twin, since it became audible.
    heard: Vec<u8>,
}

impl Transcribing {
    pub fn start(verb: Transcription, callback: Target, form: Form, sender: Sender) -> Self {
        let Transcription { name, tracks, language, .. } = verb;
        let sid = new_sid("GT");
        let mut new =
            Self { name, sid, tracks, language, callback, form, sender, sequence: 0, heard: Vec::new() };
        new.tell(Duration::ZERO, "transcription-started", Params::new());
        new
    }

    pub fn stop(mut self) {
        self.tell(Duration::ZERO, "transcription-stopped", Params::new());
    }

    /// 20 ms of the twin.
    pub fn hear(&mut self, frame: &[u8]) {
        if self.heard.len() < MOST_HEARD && (is_voiced(frame) || !self.heard.is_empty()) {
            self.heard.extend_from_slice(frame);
        }
    }

    /// A line of the caller's is whole once it has been spoken; what the twin says, once it is silent.
    pub fn notice(&mut self, event: &CallerEvent) {
        match event {
            CallerEvent::CallerSaid(text) => {
                let lasts = Duration::from_millis(duration_ms(speak(text).len()));
                self.said("inbound_track", text, lasts);
            }
            CallerEvent::Heard(text) => self.said("outbound_track", text, Duration::ZERO),
            CallerEvent::TwinSilent => {
                let heard = std::mem::take(&mut self.heard);
                if let Some(line) = recognise(&heard).filter(|line| line.coverage >= WHOLE) {
                    self.said("outbound_track", &line.text, Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn said(&mut self, track: &'static str, text: &str, after: Duration) {
        if !self.tracks.contains(&track) {
            return;
        }
        let data = format!(r#"{{"transcript":{},"confidence":{CONFIDENCE}}}"#, serde_json::json!(text));
        let further = vec![
            pair("LanguageCode", &self.language),
            pair("Track", track),
            pair("TranscriptionData", &data),
            pair("Final", "true"),
        ];
        self.tell(after, "transcription-content", further);
    }

    fn tell(&mut self, after: Duration, event: &str, further: Params) {
        self.sequence += 1;
        let (sid, sequence) = (self.sid.clone(), self.sequence.to_string());
        let event = event.to_owned();
        let (form, sender, callback) = (self.form.clone(), self.sender.clone(), self.callback.clone());
        let send = move || {
            let now = jiff::Timestamp::now().to_string();
            let mut params = vec![
                pair("TranscriptionSid", &sid),
                pair("TranscriptionEvent", &event),
                pair("SequenceId", &sequence),
                pair("Timestamp", &now),
            ];
            params.extend(further);
            // The queue is read until all who write to it are gone.
            let _queued = sender.send(("live-transcription", callback, form.callback(&params)));
        };
        if after.is_zero() {
            send();
        } else {
            tokio::spawn(async move {
                sleep(after).await;
                send();
            });
        }
    }
}
