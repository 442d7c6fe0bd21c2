//! Other relays, to be measured beside ours: the architecture of Twilio's public samples, in `peers/`.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::process::Program;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/relay/peers");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Node,
    Python,
}

impl Peer {
    /// Those whose packages are there; of the others it says what installs them.
    pub fn installed() -> Vec<Self> {
        [Self::Node, Self::Python].into_iter().filter(|peer| peer.is_installed()).collect()
    }

    fn is_installed(self) -> bool {
        let imports = match self {
            Self::Node => ["-e", "require('fastify'); require('@fastify/websocket'); require('ws')"],
            Self::Python => ["-c", "import fastapi, uvicorn, websockets"],
        };
        let mut command = self.program_with(&imports).command(None);
        let works = command.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !works {
            eprintln!(
                "{self} is left out: it, or a package of it, is not there. This installs it:\n{}",
                self.install()
            );
        }
        works
    }

    fn install(self) -> String {
        let directory = directory().display().to_string();
        match self {
            Self::Node => format!(
                "    mkdir -p {directory} && cp {SCRIPTS}/package*.json {directory} && \
                 npm ci --prefix {directory} --ignore-scripts --no-audit --no-fund"
            ),
            Self::Python => format!(
                "    python3 -m venv {directory}/venv && \
                 {directory}/venv/bin/pip install -r {SCRIPTS}/requirements.txt"
            ),
        }
    }

    /// A relay on `port` that reaches the model at `model`.
    pub fn program(self, port: u16, model: SocketAddr) -> Program {
        let script = match self {
            Self::Node => "node.mjs",
            Self::Python => "python.py",
        };
        let model = format!("ws://{model}/v1/realtime?model=m");
        self.program_with(&[&format!("{SCRIPTS}/{script}"), &port.to_string(), &model])
    }

    fn program_with(self, arguments: &[&str]) -> Program {
        let modules = directory().join("node_modules").display().to_string();
        let (path, environment) = match self {
            Self::Node => ("node".into(), vec![("NODE_PATH", modules)]),
            Self::Python => (directory().join("venv/bin/python"), Vec::new()),
        };
        Program { path, arguments: arguments.iter().map(ToString::to_string).collect(), environment }
    }
}

/// Where the packages are installed: beside what is built.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("relay-peers")
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Node => "Fastify + ws, Node",
            Self::Python => "FastAPI + websockets, Python",
        })
    }
}
