//! `<Connect><ConversationRelay>`: Twilio hears and speaks, and text goes over the WebSocket.
//!
//! Nobody listens here: the simulated caller knows what they say, so it arrives as text, and what is to be spoken is heard
//! as it is written. Times shrink with the tempo of the call.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame, protocol::frame::coding::CloseCode};

use super::{
    caller::Sink,
    faults::{Faults, Prompts},
    live::Control,
    report::{CallerEvent, ConversationReport, Ending, Fault},
    stream::Socket,
    turns::{Line, Turns},
};

/// The pace of the voice.
const PER_CHARACTER: Duration = Duration::from_millis(60);
/// An utterance is interrupted behind so many of its words.
const WORDS_HEARD: usize = 2;

/// A running conversation.
pub struct Conversation<'a> {
    pub socket: Socket,
    pub report: ConversationReport,
    pub setup: Value,
    pub turns: &'a mut Turns,
    pub controls: &'a mut mpsc::UnboundedReceiver<Control>,
    pub sink: &'a mut Sink,
    pub faults: &'a Faults,
    pub tempo: f64,
}

/// What a message of the server leads to.
enum Said {
    More,
    Whole,
    Interrupted(Line),
    End,
}

impl Conversation<'_> {
    /// Until one side ends it. What came from outside, if that was the reason.
    pub async fn run(mut self) -> (ConversationReport, Option<Control>) {
        for number in 0..self.faults.malformed_texts {
            self.send(format!("{{\"type\":\"prompt\", {number}")).await;
        }
        let setup = self.setup.to_string();
        self.send(setup).await;
        let mut until = Instant::now() + self.turns.patience();
        let mut utterance = String::new();
        loop {
            tokio::select! {
                biased;
                control = self.controls.recv() => {
                    self.leave().await;
                    self.report.ending = Ending::Redirected;
                    return (self.report, Some(control.unwrap_or(Control::HangUp)));
                }
                message = self.socket.next() => {
                    let text = match message {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Close(frame))) => {
                            self.report.close_code = frame.map(|frame| u16::from(frame.code));
                            self.report.ending = Ending::ServerClosed;
                            return (self.report, None);
                        }
                        Some(Ok(_)) => continue,
                        Some(Err(_)) | None => {
                            self.report.ending = Ending::Broken;
                            return (self.report, None);
                        }
                    };
                    match self.take(&text, &mut utterance) {
                        Err(fault) => self.sink.fault(fault),
                        Ok(Said::More) => until = Instant::now() + self.turns.patience(),
                        Ok(Said::Interrupted(line)) => {
                            let heard = std::mem::take(&mut utterance);
                            self.interrupt(&heard, line).await;
                            until = Instant::now() + self.turns.patience();
                        }
                        Ok(Said::Whole) => {
                            let spoken = std::mem::take(&mut utterance);
                            self.speak(spoken).await;
                            if self.faults.leaves_after == Some(self.report.spoken.len()) {
                                // Nothing more is said, not even that it ends.
                                self.report.ending = Ending::Broken;
                                return (self.report, None);
                            }
                            if let Some(line) = self.turns.next_line() {
                                self.prompt(&line.text).await;
                            }
                            until = Instant::now() + self.turns.patience();
                        }
                        Ok(Said::End) => {
                            self.leave().await;
                            self.report.ending = Ending::ServerClosed;
                            return (self.report, None);
                        }
                    }
                }
                () = sleep_until(until) => {
                    if let Some(line) = self.turns.next_line() {
                        self.prompt(&line.text).await;
                        until = Instant::now() + self.turns.patience();
                    } else {
                        self.leave().await;
                        self.report.ending = Ending::CallerHungUp;
                        return (self.report, Some(Control::HangUp));
                    }
                }
            }
        }
    }

    /// One message, read strictly.
    fn take(&mut self, text: &str, utterance: &mut String) -> Result<Said, Fault> {
        let bad = |why: &str| Fault::new(MALFORMED, format!("{why}: {text}"));
        let message: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| bad(&error.to_string()))?;
        let known = |fields: &[&str]| match message.keys().find(|key| !fields.contains(&key.as_str())) {
            Some(key) => Err(bad(&format!("unknown field {key:?}"))),
            None => Ok(()),
        };
        match message.get("type").and_then(Value::as_str) {
            Some("text") => {
                known(&["type", "token", "last", "lang", "interruptible", "preemptible"])?;
                let token = message.get("token").and_then(Value::as_str).ok_or_else(|| bad("no token"))?;
                let last = message.get("last").and_then(Value::as_bool).ok_or_else(|| bad("no last"))?;
                let interruptible = message.get("interruptible").and_then(Value::as_bool).unwrap_or(true);
                if utterance.is_empty() {
                    self.report.interruptible.push(interruptible);
                }
                utterance.push_str(token);
                let heard = utterance.split_whitespace().count() > WORDS_HEARD;
                if interruptible && heard && self.turns.interrupts() {
                    return Ok(self.turns.next_line().map_or(Said::More, Said::Interrupted));
                }
                Ok(if last { Said::Whole } else { Said::More })
            }
            Some("language") => {
                known(&["type", "ttsLanguage", "transcriptionLanguage"])?;
                let language = |name: &str| message.get(name).and_then(Value::as_str);
                let spoken = language("ttsLanguage").ok_or_else(|| bad("ttsLanguage is no text"))?;
                language("transcriptionLanguage").ok_or_else(|| bad("transcriptionLanguage is no text"))?;
                self.report.languages.push(spoken.to_owned());
                Ok(Said::More)
            }
            Some("end") => {
                known(&["type", "handoffData"])?;
                let handoff = message.get("handoffData").and_then(Value::as_str);
                self.report.handoff = Some(handoff.ok_or_else(|| bad("handoffData is no text"))?.to_owned());
                Ok(Said::End)
            }
            _ => Err(bad("no message that is known")),
        }
    }

    async fn speak(&mut self, spoken: String) {
        if spoken.trim().is_empty() {
            return;
        }
        let characters = u32::try_from(spoken.chars().count()).unwrap_or(u32::MAX);
        sleep((PER_CHARACTER * characters).mul_f64(self.tempo.max(0.0))).await;
        self.sink.tell(CallerEvent::Heard(spoken.clone()));
        self.report.spoken.push(spoken);
    }

    async fn interrupt(&mut self, utterance: &str, line: Line) {
        let heard: Vec<&str> = utterance.split_whitespace().take(WORDS_HEARD).collect();
        let heard = heard.join(" ");
        self.sink.tell(CallerEvent::Interrupted);
        self.report.interrupted.push(heard.clone());
        let interrupt = json!({
            "type": "interrupt", "utteranceUntilInterrupt": heard, "durationUntilInterruptMs": 700,
        });
        self.send(interrupt.to_string()).await;
        self.prompt(&line.text).await;
    }

    async fn prompt(&mut self, text: &str) {
        self.sink.tell(CallerEvent::CallerSaid(text.to_owned()));
        let prompt = |text: &str, last| {
            json!({ "type": "prompt", "voicePrompt": text, "lang": "en-US", "last": last }).to_string()
        };
        if self.faults.prompts == Prompts::InParts {
            let words: Vec<&str> = text.split_whitespace().collect();
            for count in 1..words.len() {
                self.send(prompt(&words[..count].join(" "), false)).await;
            }
        }
        self.send(prompt(text, true)).await;
    }

    /// A socket that broke is noticed by whoever reads it.
    async fn send(&mut self, text: String) {
        let _sent = self.socket.send(Message::text(text)).await;
    }

    async fn leave(&mut self) {
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let _closed = self.socket.close(Some(normal)).await;
        let read = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ended = tokio::time::timeout(Duration::from_secs(1), read).await;
    }
}

/// A message that is none.
const MALFORMED: u32 = 64107;
