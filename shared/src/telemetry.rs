//! Logs: one line an event, JSON in AWS and plain text on a laptop. No line holds a phone number, an
//! address, a name, a transcript or a secret; such fields are not logged at all.

use std::panic::{self, PanicHookInfo};

use tracing::Level;
use tracing_subscriber::{
    filter::{LevelFilter, ParseError, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Text,
}

const DEFAULT_FILTER: &str = "info";
/// What tells an operator nothing, unless the filter names it: `rmcp` quotes what a client sent, and of each try that failed
/// the SDK says, as an error, that our transport captures no connection.
const QUIET: [(&str, LevelFilter); 6] = [
    ("aws_config", LevelFilter::WARN),
    ("hyper", LevelFilter::WARN),
    ("rmcp", LevelFilter::ERROR),
    ("dynoxide", LevelFilter::ERROR),
    ("rlibphonenumber", LevelFilter::ERROR),
    ("aws_smithy_runtime::client::http::connection_poisoning", LevelFilter::OFF),
];

/// Starts logging to standard error. `filter` is levels, by module, as in `RUST_LOG`; one that cannot be read is
/// told of, and the default holds. Called once, by `main`; later calls do
/// nothing.
pub fn start(format: Format, filter: Option<&str>) {
    let wanted = targets(filter.unwrap_or(DEFAULT_FILTER));
    let misread = wanted.as_ref().err().map(ToString::to_string);
    let filter = wanted.or_else(|_| targets(DEFAULT_FILTER)).unwrap_or_default();
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false);
    let logs = tracing_subscriber::registry().with(filter);
    let started = match format {
        Format::Json => logs.with(lines.json().flatten_event(true)).try_init(),
        Format::Text => logs.with(lines.compact()).try_init(),
    };
    if format == Format::Json {
        panic::set_hook(Box::new(panicked));
    }
    if started.is_err() {
        tracing::debug!("logging was started before");
    } else if let Some(why) = misread {
        tracing::warn!(why, "LOG is no filter, so logs are as without it");
    }
}

/// What the filter names is as it says; of what is quiet else, no more is heard than of the rest.
fn targets(filter: &str) -> Result<Targets, ParseError> {
    let wanted: Targets = filter.parse()?;
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    let unnamed = QUIET.into_iter().filter(|(module, _)| wanted.iter().all(|(named, _)| named != *module));
    let quiet = unnamed.map(|(module, most)| {
        let heard = levels.into_iter().find(|level| wanted.would_enable(module, level));
        (module, heard.map_or(LevelFilter::OFF, LevelFilter::from_level).min(most))
    });
    let quiet: Vec<(&str, LevelFilter)> = quiet.collect();
    Ok(wanted.with_targets(quiet))
}

/// Wherever code panics, in a request, a call's task or a job, one line says where. What it says may quote what was said.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
    tracing::error!(alarm = "panic", place, "code panicked");
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex, PoisonError},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_logged_unless_told_otherwise_can_be_read() {
        let filter = targets(DEFAULT_FILTER).unwrap();
        assert!(filter.would_enable("twin::call", &tracing::Level::INFO));
        assert!(!filter.would_enable("hyper::client", &tracing::Level::INFO));
        assert!(!filter.would_enable("rmcp::service", &tracing::Level::WARN), "it quotes what a client sent");
        let of_the_sdk = |module: &str| format!("aws_smithy_runtime::client::{module}");
        assert!(!filter.would_enable(&of_the_sdk("http::connection_poisoning"), &tracing::Level::ERROR));
        assert!(filter.would_enable(&of_the_sdk("retries"), &tracing::Level::ERROR));
        let told = targets("warn,rmcp=info").unwrap();
        assert!(told.would_enable("rmcp::service", &tracing::Level::INFO), "who names a module has it");
        assert!(!told.would_enable("twin::call", &tracing::Level::INFO));
        assert!(targets("twin=loud").is_err());
        let off = targets("off").unwrap();
        for (module, _) in QUIET.into_iter().chain([("twin::call", LevelFilter::OFF)]) {
            assert!(!off.would_enable(module, &Level::ERROR), "{module}");
        }
        let one = targets("off,hyper=debug").unwrap();
        assert!(
            one.would_enable("hyper::client", &Level::DEBUG)
                && !one.would_enable("aws_config", &Level::ERROR)
        );
    }

    #[test]
    fn a_panic_is_a_line_of_the_log_without_its_words() {
        let written = Written::default();
        let to = written.clone();
        let logs = fmt().with_writer(move || to.clone()).json().flatten_event(true).finish();
        let before = panic::take_hook();
        panic::set_hook(Box::new(panicked));
        let came = tracing::subscriber::with_default(logs, || panic::catch_unwind(|| panic!("Dana said so")));
        panic::set_hook(before);
        assert!(came.is_err());
        let lines = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(lines.contains(r#""alarm":"panic""#) && lines.contains("telemetry.rs:"), "{lines}");
        assert!(!lines.contains("Dana"), "{lines}");
    }
}
