//! How much the relay carries on one core, beside the least that carries the same.
//!
//! `cargo bench --bench relay -- [--quick] [--throughput] [--tls] [--peers] [--long] [--verbose]`; see `README.md`
//! beside this directory.

mod allocated;
mod backend;
mod connection;
mod ends;
mod floor;
mod frames;
mod load;
mod measure;
mod peers;
mod process;
mod report;
mod tls;

use std::process::ExitCode;

use crate::{
    backend::Backend,
    measure::{Bench, Kind},
    peers::Peer,
    process::Cores,
    tls::Identity,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the benchmark did not run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no frame was lost where none may be.
fn run(arguments: &[String]) -> Outcome<bool> {
    if let [mode, port, model] = arguments
        && mode == measure::FLOOR
    {
        floor::run(port.parse()?, model.parse()?)?;
        return Ok(true);
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let cores = Cores::choose()?;
    match &cores {
        Some(cores) => process::pin_self(&cores.other)?,
        None => eprintln!("there is one core only: nothing is pinned, and the figures say little"),
    }
    // Another build of it can be given, to compare.
    let relay = match std::env::var_os("RELAY_BINARY") {
        Some(path) => path.into(),
        None => process::build_relay()?,
    };
    let mut besides = Vec::new();
    if has("--tls") {
        besides.push(Kind::Tls);
    }
    if has("--peers") {
        besides.extend(Peer::installed().into_iter().map(Kind::Peer));
    }
    let backend = Backend::start()?;
    let bench = Bench {
        backend,
        relay,
        cores,
        quick: has("--quick"),
        verbose: has("--verbose"),
        only_throughput: has("--throughput"),
        besides,
        identity: Identity::generate()?,
    };
    if has("--long") {
        return bench.ten_minutes();
    }
    let report = bench.run()?;
    println!("{report}");
    Ok(bench.only_throughput || report.lost_none())
}
