//! `omnitwin replay`: a call happens again, from its wire log.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::Args;
use twin::call::log::{self, Entry, Line};

use super::Outcome;

#[derive(Args)]
pub struct Arguments {
    /// A log that the relay wrote, into the folder that `CALL_LOGS` names.
    pub file: PathBuf,
    /// Print each piece of audio with its length, too, the marks, and what the call does not know.
    #[arg(long)]
    pub audio: bool,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let file = arguments.file.display();
    let named = |error: &dyn std::fmt::Display| format!("{file}: {error}");
    let text = std::fs::read_to_string(&arguments.file).map_err(|error| named(&error))?;
    if !text.starts_with('{') {
        return Err(format!("{file}: this is no log of a call, as CALL_LOGS has them written").into());
    }
    let recorded = log::read(&text).map_err(|error| named(&error))?;
    let replayed = log::replay(&recorded).map_err(|error| named(&error))?;
    print(&replayed, arguments.audio)?;
    let ends = |lines: &[Line]| matches!(lines.last().map(|line| &line.entry), Some(Entry::Over(_)));
    if let Some(found) = log::difference(&recorded, &replayed) {
        let line = |line: Option<&Line>| line.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let (was, is) = (line(found.recorded), line(found.replayed));
        return Err(format!("{file}: line {} differs\nrecorded {was}\nreplayed {is}", found.line).into());
    }
    if !ends(&recorded) {
        return Err(format!("{file}: the log ends with line {}, before the call does", recorded.len()).into());
    }
    println!("{} lines, and all as recorded.", recorded.len());
    Ok(())
}

fn print(lines: &[Line], audio: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines.iter().filter(|line| audio || !line.is_bulk()) {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
