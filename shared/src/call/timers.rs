//! How long a call may last, and how long it may be silent.

use std::time::Duration;

#[derive(Debug)]
pub struct Timers {
    limits: super::Limits,
    last_heard: Duration,
    prompts: u32,
    /// Since when the caller speaks, where a pause would be told of.
    speech: Option<Duration>,
    warned: bool,
    /// Goodbye is being said, and may take so long.
    closing: Option<Duration>,
}

/// Who speaks, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    Nobody,
    Twin,
    Caller,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// Nobody has spoken for a while.
    AskIfThere,
    GiveUp,
    /// A minute is left.
    Warn,
    TimeIsUp,
}

impl Timers {
    pub fn new(limits: super::Limits) -> Self {
        Self { limits, last_heard: Duration::ZERO, prompts: 0, speech: None, warned: false, closing: None }
    }

    /// Somebody was speaking until now.
    pub fn heard(&mut self, now: Duration) {
        self.last_heard = self.last_heard.max(now);
    }

    /// The caller spoke: they are there.
    pub fn caller_spoke(&mut self, now: Duration) {
        self.prompts = 0;
        self.heard(now);
    }

    /// The caller speaks since then; `None`: no longer.
    pub fn caller_speaks(&mut self, since: Option<Duration>) {
        self.speech = since;
    }

    /// What was taken for speech has gone on for longer than anybody speaks. It is told once.
    pub fn was_noise(&mut self, now: Duration) -> bool {
        let longest = self.limits.speech;
        self.speech.take_if(|since| *since + longest <= now).is_some()
    }

    /// It may last no longer.
    pub fn ends(&mut self, now: Duration) {
        self.limits.max_duration = self.limits.max_duration.min(now);
    }

    /// Goodbye is being said; `None`: no longer.
    pub fn closing(&mut self, within: Option<Duration>, now: Duration) {
        self.closing = within;
        self.heard(now);
    }

    /// Silence counts when nobody has the floor; a caller who speaks is not warned, only stopped.
    pub fn deadline(&self, floor: Floor) -> Duration {
        let hard_end = self.limits.max_duration + self.limits.goodbye;
        if let Some(within) = self.closing {
            return hard_end.min(self.last_heard + within);
        }
        let warned = self.warned || floor == Floor::Caller;
        let limit = if warned { self.limits.max_duration } else { self.warning_at() };
        let limit = self.speech.map_or(limit, |since| limit.min(since + self.limits.speech));
        if floor == Floor::Nobody { limit.min(self.last_heard + self.limits.silence) } else { limit }
    }

    /// Goodbye was said long enough ago.
    pub fn is_over(&self, now: Duration) -> bool {
        self.closing.is_some() && self.deadline(Floor::Twin) <= now
    }

    pub fn due(&mut self, floor: Floor, now: Duration) -> Option<Due> {
        if self.closing.is_some() || now < self.deadline(floor) {
            return None;
        }
        if now >= self.limits.max_duration {
            return Some(Due::TimeIsUp);
        }
        if !self.warned && now >= self.warning_at() {
            self.warned = true;
            return Some(Due::Warn);
        }
        self.last_heard = now;
        self.prompts += 1;
        Some(if self.prompts > self.limits.silence_prompts { Due::GiveUp } else { Due::AskIfThere })
    }

    fn warning_at(&self) -> Duration {
        self.limits.max_duration.saturating_sub(self.limits.warning)
    }
}
