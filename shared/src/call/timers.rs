//! How long a call may last, and how long it may be silent.

use std::time::Duration;

#[derive(Debug)]
pub struct Timers {
    limits: super::Limits,
    last_heard: Duration,
    prompts: u32,
    warned: bool,
    closing: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// Nobody has spoken for a while.
    AskIfThere,
    GiveUp,
    /// A minute is left.
    Warn,
    TimeIsUp,
    /// Goodbye was said long enough ago.
    HangUp,
}

impl Timers {
    pub fn new(limits: super::Limits) -> Self {
        Self { limits, last_heard: Duration::ZERO, prompts: 0, warned: false, closing: false }
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

    /// Goodbye is being said.
    pub fn closing(&mut self, closing: bool, now: Duration) {
        self.closing = closing;
        self.heard(now);
    }

    /// `talking`: somebody speaks or is about to, so silence is not counted.
    pub fn deadline(&self, talking: bool) -> Duration {
        let hard_end = self.limits.max_duration + self.limits.goodbye;
        if self.closing {
            return hard_end.min(self.last_heard + self.limits.goodbye);
        }
        let limit = if self.warned { self.limits.max_duration } else { self.warning_at() };
        if talking { limit } else { limit.min(self.last_heard + self.limits.silence) }
    }

    pub fn due(&mut self, talking: bool, now: Duration) -> Option<Due> {
        if now < self.deadline(talking) {
            return None;
        }
        if self.closing {
            return Some(Due::HangUp);
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
