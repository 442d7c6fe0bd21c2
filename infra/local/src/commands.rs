//! The command line: what a person starts.

pub mod analytics;
pub mod call;
pub mod contacts;
pub mod cost;
pub mod demo;
pub mod dial;
pub mod doctor;
pub mod eval;
pub mod follow_ups;
pub mod import;
pub mod mcp;
pub mod openapi;
pub mod owner;
pub mod replay;
pub mod serve;
pub mod setup;
pub mod sign_in;
mod table;

use std::{
    fmt,
    io::{ErrorKind, Write as _, stdout},
    path::PathBuf,
};

use clap::{Parser, Subcommand};

use crate::settings::DEFAULT_DIRECTORY;

/// Where `--help` lists what is common to commands: behind what is a command's own.
pub(crate) const BEHIND_ITS_OWN: usize = 900;

/// Says something to whoever started the command. That they read no more, as `head` does, ends nothing.
pub(crate) fn told(said: fmt::Arguments<'_>) {
    if let Err(error) = stdout().write_fmt(said)
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("omnitwin: standard output: {error}");
    }
}

/// Omnitwin on this machine: a professional's AI twin on the phone, on the web and in MCP hosts. What is not configured is
/// simulated.
#[derive(Parser)]
#[command(name = "omnitwin", version, about)]
pub struct Arguments {
    /// Where data, mails and local secrets are kept.
    #[arg(long, global = true, default_value = DEFAULT_DIRECTORY, display_order = BEHIND_ITS_OWN)]
    pub data: PathBuf,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Start everything on one port (the default).
    Serve,
    /// Place a simulated call to the running system and watch it.
    Call(call::Arguments),
    /// Print another link that signs a browser in as the owner; of a deployment with --stack.
    SignIn(sign_in::Arguments),
    /// Have a call happen again from its wire log, and say whether it goes as it went.
    Replay(replay::Arguments),
    /// Have the twin of the running system call somebody who agreed to it, and watch.
    Dial(dial::Arguments),
    /// Say what is configured, what is simulated, and what is wrong; of a deployment with --stack.
    Doctor(doctor::stack::Arguments),
    /// Set up what a deployment needs: secret, number, mail, knowledge; each step once, and taken back with --undo.
    Setup(setup::Arguments),
    /// Teach the twin what its owner has done: résumé, LinkedIn, GitHub, pages, feeds, notes.
    Import(import::Arguments),
    /// How things go: a summary, or all counts made anew.
    #[command(subcommand)]
    Analytics(analytics::Arguments),
    /// Fill an empty twin with a made-up history, to see what it is like after a while.
    Demo(demo::Arguments),
    /// Contacts from files, and into files.
    #[command(subcommand)]
    Contacts(contacts::Arguments),
    /// Say what a month costs, on AWS, at Twilio and at OpenAI.
    Cost(cost::Arguments),
    /// What needs your word, a stop for everything, another try for what was given up.
    FollowUps(follow_ups::Arguments),
    /// Speak MCP over standard input and output, for hosts such as Claude Desktop.
    Mcp(mcp::Arguments),
    /// Print the OpenAPI document of the JSON API, as `/openapi.json` serves it.
    Openapi,
    /// Measure how well the twin finds and understands, on labelled data.
    #[command(subcommand)]
    Eval(eval::Arguments),
}

/// What a command came to: its error is for a person to read.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;
