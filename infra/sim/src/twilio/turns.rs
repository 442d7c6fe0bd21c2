//! When the caller speaks: turn-taking as a value, one [`tick`](Turns::tick) every 20 ms.
//!
//! A line is spoken once the twin has been heard and is then silent, or `barge_in` after the twin became
//! audible while it still speaks, or after a wait in which nothing was heard at all.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use crate::{
    scenario::Scenario,
    speech::{self, FRAME, SILENCE},
};

/// One thing that the caller says.
#[derive(Debug, Clone)]
pub struct Line {
    pub text: String,
    /// µ-law, 8 kHz.
    pub audio: Bytes,
    /// Speak this long after the twin became audible, over it.
    pub barge_in: Option<Duration>,
    /// Speak only once these keys were heard, the last of all.
    pub after_keys: Option<String>,
}

impl Line {
    /// The text as recorded, or as babble.
    pub fn spoken(text: &str) -> Self {
        let audio = match speech::speak(text) {
            std::borrow::Cow::Borrowed(recorded) => Bytes::from_static(recorded),
            std::borrow::Cow::Owned(babble) => Bytes::from(babble),
        };
        Self { text: text.to_owned(), audio, barge_in: None, after_keys: None }
    }

    /// What the caller says in a scenario.
    pub fn of(scenario: &Scenario) -> Vec<Self> {
        let line = |turn: &crate::scenario::Turn| Self {
            barge_in: turn.barge_in_ms.map(Duration::from_millis),
            after_keys: turn.after_keys.clone(),
            ..Self::spoken(&turn.caller)
        };
        scenario.turn.iter().map(line).collect()
    }
}

/// How patient the caller is.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// The silence after which the twin is taken to have finished. Default 400 ms.
    pub patience: Duration,
    /// Speaks anyway when nothing was heard for this long. Default 10 s.
    pub max_wait: Duration,
    /// Speaks first: this long after the stream began, whatever is heard. Default: never.
    pub says_hello: Option<Duration>,
    /// Hangs up when, after the last line, nothing was heard for this long. Default 8 s.
    pub grace: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            patience: Duration::from_millis(400),
            max_wait: Duration::from_secs(10),
            says_hello: None,
            grace: Duration::from_secs(8),
        }
    }
}

/// What the caller hears in this tick.
#[derive(Debug, Clone, Copy, Default)]
pub struct Twin {
    /// A voice.
    pub audible: bool,
    /// Audio is playing or waiting to be played.
    pub buffered: bool,
}

/// What changed in this tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cue {
    /// Line `line` (counted from one) began; `over`: while the twin was still speaking.
    Began {
        line: usize,
        text: String,
        over: bool,
    },
    Finished {
        line: usize,
    },
    HangUp,
}

#[derive(Debug)]
pub struct Turns {
    lines: VecDeque<Line>,
    manners: Manners,
    spoken: usize,
    /// Keys that the twin has pressed.
    pressed: String,
    speaking: Option<(Line, usize)>,
    /// Of the present wait: when it began, when the twin was first and last heard.
    since: Duration,
    first_heard: Option<Duration>,
    last_heard: Option<Duration>,
}

impl Turns {
    pub fn new(lines: Vec<Line>, manners: Manners) -> Self {
        Self {
            lines: lines.into(),
            manners,
            spoken: 0,
            pressed: String::new(),
            speaking: None,
            since: Duration::ZERO,
            first_heard: None,
            last_heard: None,
        }
    }

    /// Begins to listen: at the start of a stream, whose clock starts again.
    pub fn listen(&mut self, now: Duration) {
        (self.speaking, self.since, self.first_heard, self.last_heard) = (None, now, None, None);
    }

    /// How long the caller waits for a word; after the last line, before they hang up.
    pub fn patience(&self) -> Duration {
        if self.lines.is_empty() { self.manners.grace } else { self.manners.max_wait }
    }

    /// The next line is spoken over the twin.
    pub fn interrupts(&self) -> bool {
        self.lines.front().is_some_and(|line| line.barge_in.is_some())
    }

    /// A key of the twin's was heard.
    pub fn pressed(&mut self, key: char) {
        self.pressed.push(key);
    }

    pub fn is_speaking(&self) -> bool {
        self.speaking.is_some()
    }

    /// How many lines have been begun.
    pub fn line(&self) -> usize {
        self.spoken
    }

    /// The next line, outside a stream: what is said after the beep.
    pub fn next_line(&mut self) -> Option<Line> {
        self.spoken += usize::from(!self.lines.is_empty());
        self.lines.pop_front()
    }

    /// Fills `frame` with what the caller says in the next 20 ms, given what is heard meanwhile.
    pub fn tick(&mut self, now: Duration, twin: Twin, frame: &mut [u8; FRAME]) -> Option<Cue> {
        frame.fill(SILENCE);
        if self.speaking.is_some() {
            return self.speak(now, frame);
        }
        if twin.audible {
            self.first_heard.get_or_insert(now);
        }
        if twin.buffered && self.first_heard.is_some() {
            self.last_heard = Some(now);
        }
        if self.is_pressed_for_in_vain(now) {
            return Some(Cue::HangUp);
        }
        if !self.is_due(now, twin) {
            return None;
        }
        let Some(line) = self.next_line() else { return Some(Cue::HangUp) };
        let text = line.text.clone();
        self.speaking = Some((line, 0));
        // The first frame of a line goes out with its beginning; an empty line ends in the next tick.
        let _first = self.speak(now, frame);
        Some(Cue::Began { line: self.spoken, text, over: twin.buffered })
    }

    /// The keys that the next line waits for never came.
    fn is_pressed_for_in_vain(&self, now: Duration) -> bool {
        let waits = self.lines.front().and_then(|line| line.after_keys.as_ref());
        waits.is_some_and(|keys| !self.pressed.ends_with(keys)) && self.idle(now) >= self.manners.grace
    }

    fn idle(&self, now: Duration) -> Duration {
        now.saturating_sub(self.last_heard.unwrap_or(self.since))
    }

    fn is_due(&self, now: Duration, twin: Twin) -> bool {
        let idle = self.idle(now);
        let Some(line) = self.lines.front() else { return idle >= self.manners.grace };
        if let Some(keys) = &line.after_keys {
            return self.pressed.ends_with(keys) && !twin.buffered && idle >= self.manners.patience;
        }
        if let Some(after) = self.manners.says_hello.filter(|_| self.spoken == 0) {
            return now >= self.since + after;
        }
        let interrupts = |(heard, after)| twin.buffered && now >= heard + after;
        let finished = self.first_heard.is_some() && !twin.buffered && idle >= self.manners.patience;
        self.first_heard.zip(line.barge_in).is_some_and(interrupts)
            || finished
            || idle >= self.manners.max_wait
    }

    fn speak(&mut self, now: Duration, frame: &mut [u8; FRAME]) -> Option<Cue> {
        let (line, at) = self.speaking.as_mut()?;
        let rest = &line.audio[(*at).min(line.audio.len())..];
        let length = rest.len().min(FRAME);
        frame[..length].copy_from_slice(&rest[..length]);
        *at += length;
        if length > 0 {
            return None;
        }
        self.listen(now);
        Some(Cue::Finished { line: self.spoken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARD: Twin = Twin { audible: true, buffered: true };
    const QUIET: Twin = Twin { audible: false, buffered: false };

    fn line(text: &str, barge_in: Option<u64>) -> Line {
        let barge_in = barge_in.map(Duration::from_millis);
        Line { text: text.into(), audio: Bytes::from(vec![0x10; 2 * FRAME]), barge_in, after_keys: None }
    }

    /// Ticks from `from` to `to` ms; the first cue and its time.
    fn until_cue(turns: &mut Turns, from: u64, to: u64, twin: Twin) -> Option<(u64, Cue)> {
        let mut frame = [0; FRAME];
        (from..to)
            .step_by(20)
            .find_map(|ms| Some((ms, turns.tick(Duration::from_millis(ms), twin, &mut frame)?)))
    }

    fn began(line: usize, text: &str, over: bool) -> Cue {
        Cue::Began { line, text: text.into(), over }
    }

    #[test]
    fn a_line_waits_until_the_twin_was_heard_and_is_silent() {
        let mut turns = Turns::new(vec![line("hello", None)], Manners::default());
        assert_eq!(until_cue(&mut turns, 0, 2000, QUIET), None, "not before the twin was heard");
        assert_eq!(until_cue(&mut turns, 2000, 5000, HEARD), None);
        assert_eq!(until_cue(&mut turns, 5000, 9000, QUIET), Some((5380, began(1, "hello", false))));
        assert_eq!(until_cue(&mut turns, 5400, 9000, QUIET), Some((5420, Cue::Finished { line: 1 })));
    }

    #[test]
    fn a_short_gap_does_not_end_the_twins_turn() {
        let mut turns = Turns::new(vec![line("hello", None)], Manners::default());
        assert_eq!(until_cue(&mut turns, 0, 1000, HEARD), None);
        assert_eq!(until_cue(&mut turns, 1000, 1360, QUIET), None);
        assert_eq!(until_cue(&mut turns, 1360, 1500, HEARD), None);
        assert_eq!(until_cue(&mut turns, 1500, 1860, QUIET), None);
    }

    #[test]
    fn a_barge_in_speaks_over_the_twin() {
        let mut turns = Turns::new(vec![line("wait", Some(500))], Manners::default());
        assert_eq!(until_cue(&mut turns, 0, 300, QUIET), None);
        assert_eq!(until_cue(&mut turns, 300, 3000, HEARD), Some((800, began(1, "wait", true))));
    }

    #[test]
    fn a_silent_twin_is_spoken_to_after_the_longest_wait() {
        let mut turns = Turns::new(vec![line("anyone?", None)], Manners::default());
        assert_eq!(until_cue(&mut turns, 0, 20_000, QUIET), Some((10_000, began(1, "anyone?", false))));
    }

    #[test]
    fn a_machine_waits_for_its_key() {
        let waits = || {
            Turns::new(
                vec![Line { after_keys: Some("2".into()), ..line("ringing", None) }],
                Manners::default(),
            )
        };
        assert_eq!(until_cue(&mut waits(), 0, 20_000, QUIET), Some((8000, Cue::HangUp)));
        let mut turns = waits();
        turns.pressed('1');
        assert_eq!(until_cue(&mut turns, 0, 3000, QUIET), None, "the wrong one");
        turns.pressed('2');
        assert_eq!(until_cue(&mut turns, 3000, 4000, HEARD), None, "it is still heard");
        assert_eq!(until_cue(&mut turns, 4000, 9000, QUIET), Some((4380, began(1, "ringing", false))));
    }

    #[test]
    fn after_the_last_line_the_caller_listens_and_then_hangs_up() {
        let mut turns = Turns::new(vec![], Manners::default());
        assert_eq!(until_cue(&mut turns, 0, 7000, QUIET), None);
        assert_eq!(until_cue(&mut turns, 7000, 20_000, HEARD), None);
        assert_eq!(until_cue(&mut turns, 20_000, 40_000, QUIET), Some((27_980, Cue::HangUp)));
    }
}
