//! How long the caller waits for an answer: from the end of what they said to the model's first audio, and until they hear
//! it.

use std::time::Duration;

/// Of a call, so many turns are kept: more say no more.
const MAX_TURNS: usize = 500;

#[derive(Debug, Default)]
pub struct Latency {
    waiting: Option<Waiting>,
    turns: Vec<Wait>,
}

#[derive(Debug)]
struct Waiting {
    stopped: Duration,
    /// The item of the first audio, and when it came: it was sent on in the same moment.
    audio: Option<(String, Duration)>,
}

/// One turn, in milliseconds since the caller stopped speaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The model's first audio came, and was sent on.
    pub first_audio: u64,
    /// Twilio began to play it.
    pub heard: u64,
}

/// Of all turns of a call, in milliseconds: half are not longer than `p50`, 95 of 100 not longer than `p95`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    pub p50: u64,
    pub p95: u64,
}

impl Latency {
    /// The caller speaks: whatever they waited for, they do not wait for it any more.
    pub fn speaks(&mut self) {
        self.waiting = None;
    }

    pub fn stopped(&mut self, now: Duration) {
        self.waiting = Some(Waiting { stopped: now, audio: None });
    }

    pub fn audio(&mut self, item_id: &str, now: Duration) {
        if let Some(Waiting { audio: audio @ None, .. }) = &mut self.waiting {
            *audio = Some((item_id.to_owned(), now));
        }
    }

    /// An item begins to be heard.
    pub fn audible(&mut self, item_id: &str, now: Duration) {
        let Some(Waiting { stopped, audio: Some((item, came)) }) = &self.waiting else { return };
        if item != item_id {
            return;
        }
        let since = |at: Duration| u64::try_from(at.saturating_sub(*stopped).as_millis()).unwrap_or(u64::MAX);
        let wait = Wait { first_audio: since(*came), heard: since(now) };
        self.waiting = None;
        if self.turns.len() < MAX_TURNS {
            self.turns.push(wait);
        }
    }

    pub fn turns(&self) -> &[Wait] {
        &self.turns
    }
}

impl Percentiles {
    /// By nearest rank. `None` of nothing.
    pub fn of(values: impl Iterator<Item = u64>) -> Option<Self> {
        let mut sorted: Vec<u64> = values.collect();
        sorted.sort_unstable();
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { p50: rank(50)?, p95: rank(95)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_turn_is_timed_from_the_end_of_speech_until_it_is_heard() {
        let mut latency = Latency::default();
        latency.audio("greeting", ms(10));
        latency.audible("greeting", ms(20));
        latency.stopped(ms(1000));
        latency.audio("a", ms(1400));
        latency.audio("a", ms(1450));
        latency.audible("greeting", ms(1460));
        latency.audible("a", ms(1520));
        latency.audible("a", ms(1600));
        assert_eq!(latency.turns(), [Wait { first_audio: 400, heard: 520 }]);
        latency.stopped(ms(3000));
        latency.audio("b", ms(3300));
        latency.speaks();
        latency.audible("b", ms(3400));
        assert_eq!(latency.turns().len(), 1, "they spoke on before they heard anything");
    }

    #[test]
    fn percentiles_are_values_that_there_were() {
        assert_eq!(Percentiles::of([].into_iter()), None);
        assert_eq!(Percentiles::of([7].into_iter()), Some(Percentiles { p50: 7, p95: 7 }));
        assert_eq!(Percentiles::of((1..=100).rev()), Some(Percentiles { p50: 50, p95: 95 }));
        assert_eq!(Percentiles::of([900, 100, 200].into_iter()), Some(Percentiles { p50: 200, p95: 900 }));
    }
}
