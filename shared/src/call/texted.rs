//! A phone call in text: Twilio hears and speaks, and a model writes the answers. A value, as [`Call`](super::Call) is.
//!
//! What was sent to be spoken was heard, unless Twilio says how far it came.

mod ending;
mod marks;
mod placed;
mod saying;

use std::{collections::VecDeque, time::Duration};

use self::{marks::Marks, saying::Saying};
use super::{
    Limits,
    care::{self, Care},
    keys::Keys,
    outbox::CloseCode,
    pickup::Pickup,
    telling::{ABUSIVE, MAX_ALERT},
    timers::{Due, Floor, Timers},
};
use crate::{
    interaction::{Outcome, Speaker, Turn},
    language::{self, Spoken},
    outbound::Detected,
    wire::twilio::conversation::{Incoming, Outgoing},
};

/// Longer than estimated, before a call ends behind a goodbye.
const MARGIN: Duration = Duration::from_millis(1500);
/// Messages that are none before the socket is closed.
const MAX_BAD_FRAMES: u32 = 10;
/// Bytes of one utterance.
const MAX_SAID: usize = 4000;
const MAX_TOLD: usize = 4;

#[derive(Debug)]
pub enum Input<'a> {
    Twilio(Incoming),
    /// A message that could not be read.
    BadFrame,
    /// The socket is gone.
    Gone,
    /// More of an answer.
    Words {
        answer: u32,
        words: &'a str,
    },
    /// The answer is whole: `text`, if nothing of it was told before.
    Answered {
        answer: u32,
        text: &'a str,
        ends_call: bool,
    },
    /// Nobody answers.
    Unanswered {
        answer: u32,
    },
    /// News, about which something is said.
    Told(&'a str),
    /// What Twilio takes whoever picked up for.
    Detected(Detected),
    /// Whoever carries the call has to stop.
    Leave,
    Tick,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    Send(Outgoing),
    /// Answer this under this number; what was asked before is not wanted any more.
    Ask {
        answer: u32,
        said: String,
        note: Option<&'static str>,
    },
    /// The answer under way is not wanted any more.
    Drop,
    Persist(Turn),
    Alert(String),
    Close(CloseCode),
}

pub struct Texted {
    limits: Limits,
    timers: Timers,
    care: Care,
    keys: Keys,
    /// Of a call that we placed, in which nobody was spoken to before.
    pickup: Option<Pickup>,
    spoken: Spoken,
    greeting: String,
    greetings: u32,
    sequence: u32,
    /// Parts of an utterance that goes on.
    parts: String,
    /// The newest one.
    answer: u32,
    answering: bool,
    marks: Marks,
    saying: Option<Saying>,
    /// What is being said is over by then.
    until: Duration,
    told: VecDeque<String>,
    note: Option<&'static str>,
    /// So often in a row the twin was interrupted, and nothing was said.
    wordless: u32,
    closing: Option<Outcome>,
    outcome: Option<Outcome>,
    bad_frames: u32,
}

impl Texted {
    /// `turns`: so many were kept before, in an engine that is gone.
    pub fn new(greeting: &str, spoken: Spoken, turns: u32, limits: Limits) -> Self {
        Self {
            limits,
            timers: Timers::new(limits),
            care: Care::default(),
            keys: Keys::default(),
            pickup: None,
            spoken,
            greeting: greeting.to_owned(),
            greetings: 0,
            sequence: turns,
            parts: String::new(),
            answer: 0,
            answering: false,
            marks: Marks::default(),
            saying: None,
            until: Duration::ZERO,
            told: VecDeque::new(),
            note: None,
            wordless: 0,
            closing: None,
            outcome: None,
            bad_frames: 0,
        }
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    fn words(&self) -> &'static language::Words {
        self.spoken.words()
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Duration> {
        if self.outcome.is_some() {
            return None;
        }
        let end = self.closing.map(|_| self.until + MARGIN);
        let timers = self.timers.deadline(self.floor());
        let pickup = self.pickup.as_ref().filter(|_| self.closing.is_none()).and_then(Pickup::deadline);
        [end, Some(timers), self.keys.deadline(), pickup].into_iter().flatten().min()
    }

    pub fn handle(&mut self, input: Input<'_>, now: Duration, out: &mut Vec<Output>) {
        if self.outcome.is_some() {
            return;
        }
        match input {
            Input::Twilio(message) => self.twilio(message, now, out),
            Input::BadFrame => {
                self.bad_frames += 1;
                if self.bad_frames >= MAX_BAD_FRAMES {
                    self.over(Outcome::Lost, CloseCode::Policy, out);
                }
            }
            Input::Gone => self.over(self.hung_up(), CloseCode::Normal, out),
            Input::Words { answer, words } if self.is_wanted(answer) => {
                let words = self.marks.without(words);
                self.add(&words, false, true, now, out);
            }
            Input::Answered { answer, text, ends_call } if self.is_wanted(answer) => {
                self.answered(text, ends_call, now, out);
            }
            Input::Unanswered { answer } if self.is_wanted(answer) => {
                self.end(Outcome::ModelUnavailable, now, out);
            }
            // Of an answer that was interrupted.
            Input::Words { .. } | Input::Answered { .. } | Input::Unanswered { .. } => {}
            Input::Told(news) => {
                if self.told.len() < MAX_TOLD {
                    self.told.push_back(news.to_owned());
                }
                self.tell(out);
            }
            Input::Detected(detected) => self.detected(detected, now, out),
            Input::Leave => self.leave(now, out),
            Input::Tick => self.tick(now, out),
        }
    }

    fn twilio(&mut self, message: Incoming, now: Duration, out: &mut Vec<Output>) {
        match message {
            Incoming::Setup { .. } => self.over(Outcome::Lost, CloseCode::Policy, out),
            Incoming::Prompt { voice_prompt, last } => {
                self.timers.caller_spoke(now);
                let said = joined(std::mem::take(&mut self.parts), &voice_prompt);
                if last {
                    self.said(said.trim(), now, out);
                } else {
                    self.parts = said;
                    self.they_speak();
                }
            }
            Incoming::Interrupt { utterance_until_interrupt } => {
                self.timers.caller_spoke(now);
                self.interrupted(utterance_until_interrupt.trim(), now, out);
                self.made_noise(now, out);
            }
            Incoming::Dtmf { digit } => {
                self.timers.caller_spoke(now);
                self.wordless = 0;
                if let Some(pressed) = self.keys.press(&digit, now) {
                    self.ask(pressed, out);
                }
            }
            Incoming::Error { .. } | Incoming::Unknown => {}
        }
    }

    /// The caller has said something, and is answered.
    fn said(&mut self, said: &str, now: Duration, out: &mut Vec<Output>) {
        if said.is_empty() {
            return;
        }
        self.wordless = 0;
        self.heard_whole(now, out);
        self.sequence += 1;
        let turn = Turn {
            offset_ms: milliseconds(now),
            sequence: self.sequence,
            speaker: Speaker::Person,
            text: said.to_owned(),
            interrupted: false,
            heard: None,
        };
        out.push(Output::Persist(turn));
        match self.closing {
            // Whoever speaks over the goodbye goes on.
            Some(Outcome::Completed | Outcome::Silence) | None => {
                self.closing = None;
                self.timers.closing(None, now);
            }
            Some(_) => return,
        }
        // What a box says is in nobody's language, and whoever picks up is greeted in that of the call's purpose.
        if self.picked_up(said, now, out) {
            return;
        }
        if self.spoken.hears(said) {
            out.push(Output::Send(Outgoing::speaks(self.spoken.language)));
        }
        match self.care.said(said) {
            // Twilio speaks what is spoken.
            care::Do::Advise(_) => {
                out.push(Output::Alert(said.chars().take(MAX_ALERT).collect()));
                self.say(self.words().in_danger, false, now, out);
            }
            care::Do::End => {
                self.say(self.words().enough, false, now, out);
                self.close(Outcome::Abuse, now);
            }
            care::Do::Warn => {
                self.note = Some(ABUSIVE);
                self.ask(said.to_owned(), out);
            }
            care::Do::Nothing => self.ask(said.to_owned(), out),
        }
    }

    fn ask(&mut self, said: String, out: &mut Vec<Output>) {
        self.answer += 1;
        self.answering = true;
        self.marks = Marks::default();
        out.push(Output::Ask { answer: self.answer, said, note: self.note.take() });
    }

    /// News wait until nothing else is being answered.
    fn tell(&mut self, out: &mut Vec<Output>) {
        if !self.answering
            && self.closing.is_none()
            && let Some(news) = self.told.pop_front()
        {
            self.ask(news, out);
        }
    }

    fn answered(&mut self, text: &str, ends_call: bool, now: Duration, out: &mut Vec<Output>) {
        let (rest, nothing) = (self.marks.rest(), !self.marks.any);
        let text = if nothing { Marks::default().all(text) } else { rest };
        self.add(&text, true, true, now, out);
        self.answering = false;
        if ends_call {
            self.close(Outcome::Completed, now);
        }
        self.tell(out);
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(outcome) = self.closing {
            if self.until + MARGIN <= now || self.timers.is_over(now) {
                self.end(outcome, now, out);
            }
            return;
        }
        if let Some(pressed) = self.keys.due(now) {
            self.ask(pressed, out);
        }
        match self.timers.due(self.floor(), now) {
            None => {}
            Some(Due::AskIfThere) => self.say(self.words().are_you_there, true, now, out),
            Some(Due::Warn) => self.say(self.words().one_minute, true, now, out),
            Some(Due::GiveUp) => {
                self.say(self.words().nobody_there, true, now, out);
                self.close(Outcome::Silence, now);
            }
            Some(Due::TimeIsUp) => {
                self.say(self.words().time_is_up, false, now, out);
                self.close(Outcome::DurationLimit, now);
            }
        }
        self.pickup_is_due(now, out);
    }

    fn is_wanted(&self, answer: u32) -> bool {
        self.answering && answer == self.answer
    }

    /// What is being said counts as heard until its end: silence is counted from there. An answer that is being made is not
    /// cut off to say how much time is left.
    fn floor(&self) -> Floor {
        if self.answering || self.is_before_the_greeting() { Floor::Caller } else { Floor::Nobody }
    }
}

fn milliseconds(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

/// Parts come as what is new, or as all so far.
fn joined(before: String, part: &str) -> String {
    let mut said = match before.trim() {
        "" => part.to_owned(),
        before if part.starts_with(before) => part.to_owned(),
        before => format!("{before} {}", part.trim()),
    };
    said.truncate(said.floor_char_boundary(MAX_SAID));
    said
}

#[cfg(test)]
mod tests;
