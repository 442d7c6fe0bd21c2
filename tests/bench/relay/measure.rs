//! What is measured, in which order.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use crate::{
    Outcome,
    allocated::Counted,
    backend::Backend,
    load::{Admission, Load, Pace, Seen},
    process::{Cores, Relay, Usage, free_port},
    report::{Measured, Report, Step, Throughput},
};

/// The first argument of the child that is the floor.
pub const FLOOR: &str = "floor";
const SOCKETS: usize = 64;
/// Calls of the long run.
const LONG_CALLS: usize = 50;
/// Frames in flight a call when they come in bursts.
const BURST: u64 = 4;
/// A step fails when p99 is this far above the median of a call alone.
const TOO_LATE: Duration = Duration::from_millis(20);
const MOST_CALLS: usize = 1400;
/// A step that failed is tried so often: others may have had the cores.
const TRIES: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Floor,
}

pub struct Bench {
    pub backend: Backend,
    pub relay: PathBuf,
    pub cores: Option<Cores>,
    pub quick: bool,
    pub verbose: bool,
    pub only_throughput: bool,
}

/// A relay that runs, and its callers.
struct Running {
    kind: Kind,
    relay: Relay,
    load: Load,
}

impl Bench {
    pub fn run(&self) -> Outcome<Report> {
        let [ours, floor] = self.throughput()?;
        if self.only_throughput {
            let [ours, floor] =
                [ours, floor].map(|throughput| Measured { throughput, ..Measured::default() });
            return Ok(Report { ours, floor, allocations: 0.0 });
        }
        let ours = Measured { throughput: ours, ..self.climb(Kind::Ours)? };
        let floor = Measured { throughput: floor, ..self.climb(Kind::Floor)? };
        Ok(Report { ours, floor, allocations: self.allocations()? })
    }

    /// The same calls for ten minutes: RSS a call after each, and whether no frame was lost.
    pub fn ten_minutes(&self) -> Outcome<bool> {
        let mut running = self.start(Kind::Ours)?;
        let empty = running.relay.usage()?.rss;
        self.grow(&mut running, LONG_CALLS)?;
        let mut lost = 0;
        for minute in 1..=10 {
            let step = running.measure(Pace::RealTime, Duration::from_mins(1))?;
            lost += step.seen.lost + step.seen.closed as u64;
            let kib = step.used.rss.saturating_sub(empty) / 1024 / LONG_CALLS as u64;
            println!("minute {minute:2}: {kib} KiB of RSS a call, {lost} frames lost");
        }
        Ok(lost == 0)
    }

    /// Of the whole relay, a frame.
    fn allocations(&self) -> Outcome<f64> {
        const CALLS: u32 = 16;
        let model = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let relay = Counted::start(&self.backend, model.local_addr()?)?;
        let mut load = Load::new(relay.address, model)?;
        for _ in 0..CALLS {
            load.call(&self.backend.admit(relay.address)?)?;
        }
        load.run(Pace::RealTime, Duration::from_secs(2))?;
        let before = relay.allocations();
        let seen = load.run(Pace::RealTime, self.seconds(4.0))?;
        let counted = u32::try_from(relay.allocations() - before)?;
        Ok(f64::from(counted) / f64::from(u32::try_from(seen.returned.max(1))?))
    }

    /// Both in turns, so that what else the machine does falls on both; the best turn of each counts.
    fn throughput(&self) -> Outcome<[Throughput; 2]> {
        let mut both = [self.start(Kind::Ours)?, self.start(Kind::Floor)?];
        for running in &mut both {
            self.grow(running, SOCKETS)?;
        }
        let mut best = [Throughput::default(), Throughput::default()];
        let turns = if self.quick { 3 } else { 6 };
        for _ in 0..turns {
            for (running, best) in both.iter_mut().zip(&mut best) {
                best.single.take(&self.turn(running, Pace::Unpaced(1))?);
                best.bursts.take(&self.turn(running, Pace::Unpaced(BURST))?);
            }
        }
        Ok(best)
    }

    fn turn(&self, running: &mut Running, pace: Pace) -> Outcome<Step> {
        running.load.run(pace, Duration::from_millis(100))?;
        let step = running.measure(pace, self.seconds(1.5))?;
        if step.seen.closed > 0 || step.seen.lost > 0 {
            eprintln!("{}", step.line(running.kind));
        }
        // What is in flight comes back before others take the core.
        running.load.run(Pace::Unpaced(0), Duration::from_millis(20))?;
        Ok(step)
    }

    /// More and more calls until frames are lost or late.
    fn climb(&self, kind: Kind) -> Outcome<Measured> {
        let mut running = self.start(kind)?;
        let empty = running.relay.usage()?.rss;
        let mut measured = Measured { empty, ..Measured::default() };
        for calls in self.steps() {
            self.grow(&mut running, calls)?;
            let alone = measured.steps.first().map(|step: &Step| step.seen.p50);
            let step = self.step(&mut running, alone)?;
            let failed = step.failed;
            eprintln!("{}", step.line(kind));
            measured.steps.push(step);
            if failed {
                break;
            }
        }
        Ok(measured)
    }

    fn step(&self, running: &mut Running, alone: Option<Duration>) -> Outcome<Step> {
        let mut tries = 0;
        loop {
            tries += 1;
            running.load.run(Pace::RealTime, self.seconds(1.0))?;
            let mut step = running.measure(Pace::RealTime, self.seconds(4.0))?;
            let late = alone.is_some_and(|alone| step.seen.p99 > alone + TOO_LATE);
            step.failed = late || step.seen.lost > 0 || step.seen.closed > 0;
            if !step.failed || tries == TRIES || step.seen.closed > 0 {
                return Ok(step);
            }
        }
    }

    fn steps(&self) -> impl Iterator<Item = usize> + use<> {
        let stride = if self.quick { 200 } else { 50 };
        [1, 10, 50, 100, 200].into_iter().chain((200 + stride..=MOST_CALLS).step_by(stride))
    }

    fn seconds(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(if self.quick { seconds / 2.5 } else { seconds })
    }

    fn start(&self, kind: Kind) -> Outcome<Running> {
        let model = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let to_model = model.local_addr()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let core = self.cores.as_ref().map(|cores| cores.measured.as_str());
        let relay = match kind {
            Kind::Ours => {
                let environment = self.backend.environment(address, to_model)?;
                Relay::start(&self.relay, &[], &environment, core, address, self.verbose)?
            }
            Kind::Floor => {
                let arguments = [FLOOR.to_owned(), address.port().to_string(), to_model.to_string()];
                let this = std::env::current_exe()?;
                Relay::start(&this, &arguments, &[], core, address, self.verbose)?
            }
        };
        Ok(Running { kind, relay, load: Load::new(address, model)? })
    }

    fn grow(&self, running: &mut Running, calls: usize) -> Outcome<()> {
        while running.load.calls < calls {
            let admission = self.admit(running)?;
            running.load.call(&admission)?;
            if running.load.calls.is_multiple_of(10) {
                running.load.run(Pace::RealTime, Duration::from_millis(40))?;
            }
        }
        running.load.run(Pace::RealTime, Duration::from_millis(500))?;
        Ok(())
    }

    fn admit(&self, running: &Running) -> Outcome<Admission> {
        match running.kind {
            Kind::Ours => self.backend.admit(running.relay.address),
            Kind::Floor => Ok(Admission {
                path: "/media/floor".to_owned(),
                signature: String::new(),
                account_sid: "AC".to_owned(),
                call_sid: "CA".to_owned(),
            }),
        }
    }
}

impl Running {
    fn measure(&mut self, pace: Pace, duration: Duration) -> Outcome<Step> {
        let before = self.relay.usage()?;
        let seen: Seen = self.load.run(pace, duration)?;
        let after = self.relay.usage()?;
        let used = Usage {
            cpu: after.cpu.saturating_sub(before.cpu),
            waited: after.waited.saturating_sub(before.waited),
            rss: after.rss,
        };
        Ok(Step { calls: self.load.calls, seen, used, failed: false })
    }
}
