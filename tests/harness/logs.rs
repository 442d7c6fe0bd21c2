//! What the whole test process logs, to be searched.

use std::{
    io,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt};

/// Everything of ours, and of others what the product lets through.
const FILTER: &str = "info,aws_config=warn,hyper=warn,twin=trace,phone_webhook=trace,media_relay=trace,\
                      follow_up=trace,context=trace,web=trace,omnitwin=trace";

static TEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        text().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on, by all tests of this process.
pub fn keep() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let logs = fmt().json().flatten_event(true).with_env_filter(EnvFilter::new(FILTER));
        logs.with_writer(|| Log).init();
    });
}

/// The lines that were kept and hold this text.
pub fn lines_with(part: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&text()).to_lowercase();
    let part = part.to_lowercase();
    text.lines().filter(|line| line.contains(&part)).map(str::to_owned).collect()
}

fn text() -> MutexGuard<'static, Vec<u8>> {
    TEXT.lock().unwrap_or_else(PoisonError::into_inner)
}
