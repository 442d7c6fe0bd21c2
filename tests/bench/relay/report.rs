//! The table: ours, the floor, and ours over the floor; then whatever else was measured, a row each.

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
    /// Ours, the floor, and what was asked for besides.
    pub measured: Vec<(Kind, Measured)>,
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
            "{kind}: {:5} calls  p50 {:6.2} ms  p99 {:6.2} ms  lost {lost}  closed {closed}  {:5.1} µs/frame  \
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
    /// The most calls that went well.
    fn carried(&self) -> usize {
        self.at(usize::MAX).map_or(0, |step| step.calls)
    }

    /// What went well with the most calls up to so many.
    fn at(&self, calls: usize) -> Option<&Step> {
        self.steps.iter().rfind(|step| !step.failed && step.calls <= calls)
    }

    /// Above the median of a call alone, at half of what is carried.
    fn added_at_half(&self) -> f64 {
        let half = self.at(self.carried() / 2);
        half.zip(self.steps.first())
            .map_or(0.0, |(half, alone)| millis(half.seen.p99) - millis(alone.seen.p50))
    }

    /// KiB, at the most calls that were carried.
    fn rss_a_call(&self) -> f64 {
        self.at(self.carried()).map_or(0.0, |step| step.rss_a_call(self.empty))
    }

    fn row(&self, kind: Kind, floor: &Self) -> String {
        let Rate { frames_a_second, cpu_a_frame } = self.throughput.single;
        format!(
            "{kind:44}{frames_a_second:12.0}{cpu_a_frame:12.2}{:12.2}{:12}{:12.2}{:12.1}",
            cpu_a_frame / floor.throughput.single.cpu_a_frame,
            self.carried(),
            self.added_at_half(),
            self.rss_a_call(),
        )
    }
}

impl Report {
    /// Whether the calls that must be carried were, without a lost frame.
    pub fn lost_none(&self) -> bool {
        self.measured
            .first()
            .is_some_and(|(_, ours)| ours.at(MUST_CARRY).is_some_and(|step| step.calls == MUST_CARRY))
    }

    fn side_by_side(&self, f: &mut fmt::Formatter<'_>, floor: &Measured) -> fmt::Result {
        let heads = ["frames/s", "µs a frame", "÷ floor's", "calls", "p99 added", "KiB a call"];
        let heads = heads.map(|head| format!("{head:>12}")).concat();
        writeln!(f, "\n{:44}{heads}", "64 calls, then calls on one core")?;
        self.measured.iter().try_for_each(|(kind, measured)| writeln!(f, "{}", measured.row(*kind, floor)))
    }
}

/// What TLS towards the model adds, with the same calls.
fn of_tls(f: &mut fmt::Formatter<'_>, plain: &Measured, tls: &Measured) -> fmt::Result {
    let cpu = tls.throughput.single.cpu_a_frame - plain.throughput.single.cpu_a_frame;
    write!(f, "TLS towards the model adds {cpu:.2} µs a frame")?;
    let calls = MUST_CARRY.min(plain.carried()).min(tls.carried());
    let kib = |measured: &Measured| measured.at(calls).map(|step| step.rss_a_call(measured.empty));
    match kib(tls).zip(kib(plain)) {
        Some((tls, plain)) => writeln!(f, " and {:.1} KiB a call at {calls} calls", tls - plain),
        None => writeln!(f),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(_, ours), (_, floor), besides @ ..] = self.measured.as_slice() else { return Ok(()) };
        let paced = |measured: &Measured| measured.at(MUST_CARRY).map_or(0.0, Step::cpu_a_frame);
        let second = |measured: &Measured| measured.at(MUST_CARRY).map_or(0.0, Step::cpu_a_call_second);
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
        row("KiB of RSS a call", &Measured::rss_a_call, "ours < 64")?;
        let name = "allocations a frame, WebSocket library included";
        writeln!(f, "{name:44}{:12.4}", self.allocations)?;
        if !besides.is_empty() {
            self.side_by_side(f, floor)?;
        }
        if let Some((_, tls)) = besides.iter().find(|(kind, _)| *kind == Kind::Tls) {
            of_tls(f, ours, tls)?;
        }
        if ours.steps.is_empty() {
            return Ok(());
        }
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
