//! The table: ours, the floor, and ours over the floor.

use std::{fmt, time::Duration};

use crate::{load::Seen, measure::Kind, process::Usage};

/// So many calls must lose nothing.
const MUST_CARRY: usize = 200;

/// So many calls for a while.
#[derive(Debug, Clone)]
pub struct Step {
    pub calls: usize,
    pub seen: Seen,
    pub used: Usage,
    pub failed: bool,
}

/// As much as goes, with one frame in flight a call, and with several.
#[derive(Debug, Default, Clone, Copy)]
pub struct Throughput {
    pub single: Rate,
    pub bursts: Rate,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Rate {
    pub frames_a_second: f64,
    /// Microseconds.
    pub cpu_a_frame: f64,
}

#[derive(Debug, Default)]
pub struct Measured {
    pub throughput: Throughput,
    /// RSS without a call.
    pub empty: u64,
    pub steps: Vec<Step>,
}

pub struct Report {
    pub ours: Measured,
    pub floor: Measured,
    /// Of our whole relay, a frame.
    pub allocations: f64,
}

#[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
impl Step {
    pub fn cpu_a_frame(&self) -> f64 {
        micros(self.used.cpu) / self.seen.returned.max(1) as f64
    }

    fn cpu_a_call_second(&self) -> f64 {
        self.used.cpu.as_secs_f64() * 1000.0 / self.calls as f64 / self.seen.lasted.as_secs_f64()
    }

    fn frames_a_second(&self) -> f64 {
        self.seen.returned as f64 / self.seen.lasted.as_secs_f64()
    }

    fn rss_a_call(&self, empty: u64) -> f64 {
        self.used.rss.saturating_sub(empty) as f64 / 1024.0 / self.calls as f64
    }

    pub fn line(&self, kind: Kind) -> String {
        let Seen { p50, p99, lost, closed, busy, lasted, .. } = &self.seen;
        format!(
            "{kind:?}: {:5} calls  p50 {:6.2} ms  p99 {:6.2} ms  lost {lost}  closed {closed}  {:5.1} µs/frame  \
             relay {:3.0} % busy, {:3.0} % waiting; load {:3.0} % busy{}",
            self.calls,
            millis(*p50),
            millis(*p99),
            self.cpu_a_frame(),
            100.0 * self.used.cpu.as_secs_f64() / lasted.as_secs_f64(),
            100.0 * self.used.waited.as_secs_f64() / lasted.as_secs_f64(),
            100.0 * busy,
            if self.failed { "  FAILED" } else { "" },
        )
    }
}

impl Rate {
    /// The least CPU and the most frames of any turn: what else ran can only make it worse.
    pub fn take(&mut self, step: &Step) {
        if self.cpu_a_frame == 0.0 || step.cpu_a_frame() < self.cpu_a_frame {
            self.cpu_a_frame = step.cpu_a_frame();
        }
        self.frames_a_second = self.frames_a_second.max(step.frames_a_second());
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
impl Measured {
    /// The most calls that went well, with all that were fewer.
    fn carried(&self) -> usize {
        self.steps.iter().take_while(|step| !step.failed).last().map_or(0, |step| step.calls)
    }

    fn at(&self, calls: usize) -> Option<&Step> {
        self.steps.iter().rfind(|step| step.calls <= calls)
    }

    /// Above the median of a call alone, at half of what is carried.
    fn added_at_half(&self) -> f64 {
        let half = self.at(self.carried() / 2);
        half.zip(self.steps.first())
            .map_or(0.0, |(half, alone)| millis(half.seen.p99) - millis(alone.seen.p50))
    }

    fn carried_step<T>(&self, of: impl Fn(&Step) -> T) -> Option<T> {
        self.at(self.carried()).map(of)
    }
}

impl Report {
    /// Whether the calls that must be carried were, without a lost frame.
    pub fn lost_none(&self) -> bool {
        self.ours.carried() >= MUST_CARRY
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ours, floor) = (&self.ours, &self.floor);
        let paced = |measured: &Measured| measured.at(MUST_CARRY).map_or(0.0, Step::cpu_a_frame);
        let second = |measured: &Measured| measured.at(MUST_CARRY).map_or(0.0, Step::cpu_a_call_second);
        let rss = |measured: &Measured| {
            measured.carried_step(|step| step.rss_a_call(measured.empty)).unwrap_or_default()
        };
        let calls = |measured: &Measured| f64::from(u32::try_from(measured.carried()).unwrap_or(u32::MAX));
        writeln!(f, "\n{:44}{:>12}{:>12}{:>14}   wanted", "", "ours", "floor", "ours/floor")?;
        let mut row = |name: &str, of: &dyn Fn(&Measured) -> f64, wanted: &str| {
            let (ours, floor) = (of(ours), of(floor));
            writeln!(f, "{name:44}{ours:12.2}{floor:12.2}{:14.2}   {wanted}", ours / floor)
        };
        row("frames a second, 64 calls", &|m| m.throughput.single.frames_a_second, "")?;
        row("µs of CPU a frame, 64 calls", &|m| m.throughput.single.cpu_a_frame, "ratio ≤ 1.5")?;
        row("frames a second, 64 calls, in bursts", &|m| m.throughput.bursts.frames_a_second, "")?;
        row("µs of CPU a frame, 64 calls, in bursts", &|m| m.throughput.bursts.cpu_a_frame, "")?;
        row("µs of CPU a frame, 200 calls in real time", &paced, "")?;
        row("ms of CPU a call and second, 200 calls", &second, "")?;
        row("calls on one core", &calls, "ratio ≥ 0.7")?;
        row("p99 added at half of that, ms", &Measured::added_at_half, "ours < 5")?;
        row("KiB of RSS a call", &rss, "ours < 64")?;
        let name = "allocations a frame, WebSocket library included";
        writeln!(f, "{name:44}{:12.4}", self.allocations)?;
        let verdict = if self.lost_none() { "lost no frame" } else { "LOST OR LATE FRAMES" };
        write!(f, "{MUST_CARRY} calls on one relay: {verdict}")
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}
