//! What a call may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::interaction::Outcome;

/// What a call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub max_duration: Duration,
    /// How long a model's session may last, before another takes its place in a moment in which nobody speaks. It ends by
    /// itself after an hour.
    pub session: Duration,
    /// This long before the end the caller is told.
    pub warning: Duration,
    /// How long a goodbye may take.
    pub goodbye: Duration,
    /// And a message for a box.
    pub message: Duration,
    pub silence: Duration,
    /// How often a silent caller is asked whether they are there.
    pub silence_prompts: u32,
    /// Nobody speaks for so long without a pause: that is noise, and counts as silence.
    pub speech: Duration,
    pub tool_timeout: Duration,
    /// A tool that takes longer gets a spoken filler.
    pub filler_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_duration: Duration::from_mins(30),
            session: Duration::from_mins(55),
            warning: Duration::from_mins(1),
            goodbye: Duration::from_secs(15),
            message: Duration::from_secs(45),
            silence: Duration::from_secs(12),
            silence_prompts: 2,
            speech: Duration::from_mins(2),
            tool_timeout: Duration::from_secs(10),
            filler_after: Duration::from_millis(1500),
        }
    }
}

impl Limits {
    /// How long the last words may take.
    pub(super) fn closing(&self, outcome: Outcome) -> Duration {
        match outcome {
            Outcome::MessageLeft => self.message,
            _ => self.goodbye,
        }
    }
}
