//! Logs: one line an event, JSON in AWS and plain text on a laptop. No line holds a phone number, an
//! address, a name, a transcript or a secret; such fields are not logged at all.

use tracing_subscriber::{EnvFilter, fmt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Text,
}

const DEFAULT_FILTER: &str = "info,aws_config=warn,hyper=warn,rmcp=warn";

/// Starts logging to standard error. `filter` as in `RUST_LOG`. Called once, by `main`; later calls do
/// nothing.
pub fn start(format: Format, filter: Option<&str>) {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let logs =
        fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).with_target(false);
    let started = match format {
        Format::Json => logs.json().flatten_event(true).try_init(),
        Format::Text => logs.compact().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
