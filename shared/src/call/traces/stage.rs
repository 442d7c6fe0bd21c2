//! A call, its clock and its player.

use std::time::Duration;

use super::{player::Player, score::Score, script, witness::Witness};
use crate::{
    call::{Call, Input, Limits, Opening, outbox::Outbox},
    language::{Language, Spoken},
    wire::{
        dtmf::Keys,
        live,
        realtime::{
            server,
            session::{Session, VoiceOptions},
        },
        twilio::media,
    },
};

/// More inputs in one moment than anything needs.
const MAX_AT_ONCE: u32 = 1000;

/// How much audio Live sends at once.
const PIECE_MS: u64 = 200;

pub struct Stage {
    call: Call,
    out: Outbox,
    now: Duration,
    player: Player,
    score: Score,
    witness: Witness,
}

impl Default for Stage {
    fn default() -> Self {
        Self::with(Limits::default())
    }
}

impl Stage {
    pub fn with(limits: Limits) -> Self {
        Self::of(None, limits)
    }

    pub fn live() -> Self {
        Self::live_with(Limits::default())
    }

    pub fn live_with(limits: Limits) -> Self {
        let (model, backend) = ("gpt-live-1".to_owned(), "gpt-6-luna".to_owned());
        Self::of(Some(live::session::LiveOptions { model, backend }), limits)
    }

    fn of(live: Option<live::session::LiveOptions>, limits: Limits) -> Self {
        let mut call = Call::new("MZ1", limits);
        let session = Session::for_phone("Be brief.".to_owned(), &[], &VoiceOptions::default());
        let (greeting, spoken) =
            ("Hello, this is an AI.".to_owned(), Spoken::with(None, None, &[Language::En, Language::De]));
        call.opened(Opening { session, greeting, outbound: None, live, spoken });
        Self {
            call,
            out: Outbox::default(),
            now: Duration::ZERO,
            player: Player::default(),
            score: Score::default(),
            witness: Witness::default(),
        }
    }
}

impl Stage {
    /// What was before is not written down.
    pub fn begin_score(&mut self) {
        self.score = Score::starting(self.now);
    }

    pub fn is_quiet(&self) -> bool {
        self.call.is_quiet(self.now)
    }

    pub fn score(&self) -> String {
        self.score.to_string()
    }

    pub fn run(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (wait, line) = match line.strip_prefix('+') {
                Some(line) => line.split_once(' ').unwrap(),
                None => ("0", line),
            };
            self.wait(Duration::from_millis(wait.parse().unwrap()));
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let words = script::words(line);
        let label = Some(line);
        match words[..] {
            ["wait"] => {}
            ["tick"] => self.input(label, Input::Tick),
            ["model", "ready"] if self.witness.has_model() => {}
            ["model", "lost"] if !self.witness.has_model() => {}
            ["model", "ready"] => self.input(label, Input::ModelReady),
            ["model", "lost"] => self.input(label, Input::ModelLost),
            ["model", "unavailable"] => self.input(label, Input::ModelUnavailable),
            ["twilio>", "gone"] => self.input(label, Input::TwilioGone),
            ["finish"] => {
                let outcome = self.call.finish(self.now, &mut self.out);
                self.witness.finish(&self.out);
                self.score.input(label, self.now, &mut self.out);
                self.score.note(&format!("over      {outcome:?}"));
            }
            ["tool>", call_id, ref rest @ .., output] => {
                let output = serde_json::from_str(output).unwrap();
                self.input(label, Input::ToolFinished { call_id, output, ends_call: rest == ["ends_call"] });
            }
            ["press", keys] => self.input(label, Input::Press(&Keys::parse(keys).unwrap())),
            ["leave"] => self.input(label, Input::Leave),
            ["told", news] => self.input(label, Input::Told(news)),
            ["rerouted", instructions] => {
                let session = Session::for_phone(instructions.to_owned(), &[], &VoiceOptions::default());
                self.input(label, Input::Rerouted(session));
            }
            ["live>", "speaks", ms, text] => self.speaks(ms.parse().unwrap(), text, label),
            ["live>", ref words @ ..] => self.live_event(&script::live(words), label),
            ["realtime>", ref words @ ..] => self.realtime(words, label),
            ["twilio>", ref words @ ..] => self.twilio(words, label),
            _ => panic!("{line}"),
        }
        self.settle();
    }

    fn live_event(&mut self, event: &serde_json::Value, label: Option<&str>) {
        let text = event.to_string();
        self.input(label, Input::Live(live::server::decode(&text).unwrap()));
    }

    /// Words, and their audio at the pace of speech.
    fn speaks(&mut self, ms: u64, text: &str, mut label: Option<&str>) {
        self.live_event(&script::live(&["words", text]), label.take());
        for _ in 0..ms / PIECE_MS {
            self.live_event(&script::live(&["audio", &PIECE_MS.to_string()]), None);
            self.wait(Duration::from_millis(PIECE_MS));
        }
    }

    /// The first of its events carries the line.
    fn realtime(&mut self, words: &[&str], mut label: Option<&str>) {
        for event in script::realtime(words) {
            let text = event.to_string();
            self.input(label.take(), Input::Model(server::decode(&text).unwrap()));
        }
    }

    /// `media 100`: so many of them. A `shout` is louder.
    fn twilio(&mut self, words: &[&str], mut label: Option<&str>) {
        let (words, times) = match words {
            ["media" | "shout" | "bad", times] => (&words[..1], times.parse().unwrap()),
            words => (words, 1),
        };
        for _ in 0..times {
            let text = script::twilio(words).to_string();
            let bad = words == ["bad"];
            let input = if bad { Input::BadFrame } else { Input::Twilio(media::decode(&text).unwrap()) };
            self.input(label.take(), input);
        }
    }

    /// Time passes, with all that it brings.
    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.due().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn due(&self) -> Option<Duration> {
        self.player.due().into_iter().chain(self.call.deadline()).min()
    }

    /// What is due now: it has to come to an end.
    fn settle(&mut self) {
        for _ in 0..MAX_AT_ONCE {
            if self.player.due().is_some_and(|due| due <= self.now) {
                let name = self.player.mark().unwrap();
                self.input(None, Input::Twilio(media::Incoming::Mark(&name)));
            } else if self.call.deadline().is_some_and(|due| due <= self.now) {
                self.input(None, Input::Tick);
            } else {
                return;
            }
        }
        panic!("no end of ticks at {:?}", self.now);
    }

    /// One input. Without a label it is written down only if it had an effect.
    fn input(&mut self, label: Option<&str>, input: Input<'_>) {
        self.witness.input(&input, self.now);
        self.call.handle(input, self.now, &mut self.out);
        self.witness.output(&self.out, self.now);
        for message in &self.out.to_twilio {
            self.player.receive(&serde_json::from_slice(&message.text).unwrap(), self.now);
        }
        self.score.input(label, self.now, &mut self.out);
    }
}
