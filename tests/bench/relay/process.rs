//! Processes on cores of their own, and what the kernel says of them.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::Outcome;

const START_WITHIN: Duration = Duration::from_secs(10);
const PAGE: u64 = 4096;

/// The core of what is measured, and the one of everything else.
#[derive(Debug, Clone)]
pub struct Cores {
    pub measured: String,
    pub other: String,
}

impl Cores {
    /// The first and the last core that this process may use; `None` if there is one alone.
    pub fn choose() -> Outcome<Option<Self>> {
        let status = fs::read_to_string("/proc/self/status")?;
        let allowed = field(&status, "Cpus_allowed_list:").unwrap_or_default();
        let first = allowed.split([',', '-']).next().unwrap_or_default().to_owned();
        let last = allowed.rsplit([',', '-']).next().unwrap_or_default().to_owned();
        Ok((first != last).then_some(Self { measured: first, other: last }))
    }
}

/// Keeps this process, and every thread that it starts from now on, on one core.
pub fn pin_self(core: &str) -> Outcome<()> {
    let this = std::process::id().to_string();
    let status = Command::new("taskset").args(["-pc", core, &this]).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err("taskset did not pin the load".into()) }
}

/// What is run, and with what.
#[derive(Debug, Default)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
}

impl Program {
    /// It, on a core of its own if there is one, and heard by nobody.
    pub fn command(&self, core: Option<&str>) -> Command {
        let mut command = match core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core]).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(&self.arguments).envs(environment).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// A child that listens on `address`; killed when dropped.
pub struct Relay {
    child: Child,
    pub address: SocketAddr,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub cpu: Duration,
    /// Ready to run, but others had the core.
    pub waited: Duration,
    pub rss: u64,
}

impl Relay {
    pub fn start(program: &Program, core: Option<&str>, address: SocketAddr, verbose: bool) -> Outcome<Self> {
        let logs = if verbose { Stdio::inherit() } else { Stdio::null() };
        let child = program.command(core).stderr(logs).spawn()?;
        let mut relay = Self { child, address };
        relay.wait_until_it_listens()?;
        Ok(relay)
    }

    fn wait_until_it_listens(&mut self) -> Outcome<()> {
        let began = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the relay ended at once ({status}): see it with --verbose").into());
            }
            if began.elapsed() > START_WITHIN {
                return Err("the relay does not listen".into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub fn usage(&self) -> Outcome<Usage> {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let mut usage = Usage::default();
        for thread in fs::read_dir(process.join("task"))? {
            let line = fs::read_to_string(thread?.path().join("schedstat"))?;
            let mut nanoseconds = line.split_whitespace().map(str::parse::<u64>);
            usage.cpu += Duration::from_nanos(nanoseconds.next().ok_or("no schedstat")??);
            usage.waited += Duration::from_nanos(nanoseconds.next().ok_or("no schedstat")??);
        }
        let pages = fs::read_to_string(process.join("statm"))?;
        usage.rss = pages.split_whitespace().nth(1).ok_or("no statm")?.parse::<u64>()? * PAGE;
        Ok(usage)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("the relay was not stopped: {error}");
        }
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Builds the relay's own binary as it is deployed, and says where it is.
pub fn build_relay() -> Outcome<PathBuf> {
    let arguments = ["build", "--release", "--package", "media-relay", "--bin", "media-relay"];
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(arguments).arg("--locked").status()?;
    if !status.success() {
        return Err("the relay cannot be built".into());
    }
    // This executable lies in …/release/deps, the relay in …/release.
    let here = std::env::current_exe()?;
    let directory = here.parent().and_then(Path::parent).ok_or("no target directory")?;
    Ok(directory.join("media-relay"))
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
