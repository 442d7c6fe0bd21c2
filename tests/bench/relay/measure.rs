//! What is measured, in which order.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use crate::{
    Outcome,
    allocated::Counted,
    backend::Backend,
    load::{Admission, Load, Pace, Seen},
    peers::Peer,
    process::{Cores, Program, Relay, Usage, free_port},
    report::{Measured, Report, Step, Throughput},
    tls::Identity,
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
const MOST_CALLS: usize = 3000;
/// A step that failed is tried so often: others may have had the cores.
const TRIES: usize = 3;
/// So many steps in a row that failed end the climb: what is late for longer than the tries of one is late in the next.
const FAILURES: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Floor,
    /// Ours, with TLS towards the model.
    Tls,
    Peer(Peer),
}

pub struct Bench {
    pub backend: Backend,
    pub relay: PathBuf,
    pub cores: Option<Cores>,
    pub quick: bool,
    pub verbose: bool,
    pub only_throughput: bool,
    /// What is measured beside ours and the floor.
    pub besides: Vec<Kind>,
    pub identity: Identity,
}

/// A relay that runs, and its callers.
struct Running {
    kind: Kind,
    relay: Relay,
    load: Load,
}

impl Bench {
    pub fn run(&self) -> Outcome<Report> {
        let mut measured = self.throughput()?;
        if self.only_throughput {
            return Ok(Report { measured, allocations: 0.0 });
        }
        for (kind, measured) in &mut measured {
            *measured = Measured { throughput: measured.throughput, ..self.climb(*kind)? };
        }
        Ok(Report { measured, allocations: self.allocations()? })
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
        let mut load = Load::new(relay.address, model, None)?;
        for _ in 0..CALLS {
            load.call(&self.backend.admit(relay.address)?)?;
        }
        load.run(Pace::RealTime, Duration::from_secs(2))?;
        let before = relay.allocations();
        let seen = load.run(Pace::RealTime, self.seconds(4.0))?;
        let counted = u32::try_from(relay.allocations() - before)?;
        Ok(f64::from(counted) / f64::from(u32::try_from(seen.returned.max(1))?))
    }

    /// All in turns, so that what else the machine does falls on all; the best turn of each counts.
    fn throughput(&self) -> Outcome<Vec<(Kind, Measured)>> {
        let kinds = [Kind::Ours, Kind::Floor].into_iter().chain(self.besides.iter().copied());
        let mut all = kinds.map(|kind| self.start(kind)).collect::<Outcome<Vec<Running>>>()?;
        for running in &mut all {
            self.grow(running, SOCKETS)?;
        }
        let mut best = vec![Throughput::default(); all.len()];
        let turns = if self.quick { 3 } else { 6 };
        for _ in 0..turns {
            for (running, best) in all.iter_mut().zip(&mut best) {
                best.single.take(&self.turn(running, Pace::Unpaced(1))?);
                best.bursts.take(&self.turn(running, Pace::Unpaced(BURST))?);
            }
        }
        let measured = |throughput| Measured { throughput, ..Measured::default() };
        Ok(all.iter().map(|running| running.kind).zip(best.into_iter().map(measured)).collect())
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
        let mut failures = 0;
        for calls in self.steps(kind) {
            self.grow(&mut running, calls)?;
            let alone = measured.steps.first().map(|step: &Step| step.seen.p50);
            let step = self.step(&mut running, alone)?;
            failures = if step.failed { failures + 1 } else { 0 };
            let closed = step.seen.closed > 0;
            eprintln!("{}", step.line(kind));
            measured.steps.push(step);
            if closed || failures == FAILURES {
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

    /// Peers carry less, so their steps are small.
    fn steps(&self, kind: Kind) -> impl Iterator<Item = usize> + use<> {
        let (first, stride): (&[usize], usize) = match (kind, self.quick) {
            (Kind::Peer(_), true) => (&[1, 10, 20], 40),
            (Kind::Peer(_), false) => (&[1, 10, 20], 10),
            (_, true) => (&[1, 10, 50, 100, 200], 200),
            (_, false) => (&[1, 10, 50, 100, 200], 50),
        };
        let last = first.last().copied().unwrap_or_default();
        first.iter().copied().chain((last + stride..=MOST_CALLS).step_by(stride))
    }

    fn seconds(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(if self.quick { seconds / 2.5 } else { seconds })
    }

    fn start(&self, kind: Kind) -> Outcome<Running> {
        let model = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let to_model = model.local_addr()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let core = self.cores.as_ref().map(|cores| cores.measured.as_str());
        let relay = Relay::start(&self.program(kind, address, to_model)?, core, address, self.verbose)?;
        let tls = (kind == Kind::Tls).then(|| self.identity.config.clone());
        Ok(Running { kind, relay, load: Load::new(address, model, tls)? })
    }

    fn program(&self, kind: Kind, address: SocketAddr, model: SocketAddr) -> Outcome<Program> {
        let ours = |scheme: &str| {
            let environment = self.backend.environment(address, &format!("{scheme}://{model}"))?;
            Outcome::Ok(Program { path: self.relay.clone(), environment, ..Program::default() })
        };
        match kind {
            Kind::Ours => ours("http"),
            Kind::Tls => {
                let mut program = ours("https")?;
                let certificate = self.identity.certificate.display().to_string();
                program.environment.push(("SSL_CERT_FILE", certificate));
                Ok(program)
            }
            Kind::Floor => Ok(Program {
                path: std::env::current_exe()?,
                arguments: vec![FLOOR.to_owned(), address.port().to_string(), model.to_string()],
                ..Program::default()
            }),
            Kind::Peer(peer) => Ok(peer.program(address.port(), model)),
        }
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
            Kind::Ours | Kind::Tls => self.backend.admit(running.relay.address),
            Kind::Floor | Kind::Peer(_) => Ok(Admission {
                path: "/media/any".to_owned(),
                signature: String::new(),
                account_sid: "AC".to_owned(),
                call_sid: "CA".to_owned(),
            }),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => f.pad("ours"),
            Self::Floor => f.pad("floor"),
            Self::Tls => f.pad("ours, TLS to the model"),
            Self::Peer(peer) => peer.fmt(f),
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
