//! Wire logs of calls, for bug reports: one file a call, written on the side, for as long as they may be kept.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel, error::TryRecvError},
    task::JoinHandle,
};
use twin::{
    call::{
        log::{Entry, Filled, Line, Secrets, without_cards},
        outbox::Outbox,
    },
    clients::vault::{Vault, VaultError},
    id::CallSid,
    interaction::Outcome,
};

/// A log that grows beyond this, in bytes, is written no further: some two hours.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Lines that wait for a slow disk before a log is written no further.
const MAX_WAITING: usize = 20_000;
/// What was said is in them: they do not stay.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// The newest ones.
const MAX_LOGS: usize = 200;
const SUFFIX: &str = ".call.log";
/// Also where nobody calls any more, no log stays for longer.
pub const PRUNED_EVERY: Duration = Duration::from_hours(1);

/// Removes logs as they grow old, from now on.
pub async fn keep_pruned(directory: Arc<Path>) {
    let mut due = tokio::time::interval(PRUNED_EVERY);
    loop {
        due.tick().await;
        prune_logs(directory.clone()).await;
    }
}

/// Removes logs that may not stay.
pub async fn prune_logs(directory: Arc<Path>) {
    let pruned = tokio::task::spawn_blocking(move || prune(&directory, SystemTime::now())).await;
    match pruned.map_err(io::Error::other).flatten() {
        Ok(()) => {}
        // None was written yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::error!(%error, "wire logs of calls are not removed"),
    }
}

/// Where wire logs of calls go: into a folder, and from there into a bucket, where the folder goes with its task.
#[derive(Clone)]
pub struct CallLogs {
    pub directory: Arc<Path>,
    pub bucket: Option<Vault>,
}

impl CallLogs {
    pub fn in_folder(directory: Arc<Path>) -> Self {
        Self { directory, bucket: None }
    }

    /// One that is whole leaves the folder.
    async fn hand_over(directory: Arc<Path>, bucket: Vault, name: String) {
        let path = directory.join(&name);
        let handed_over = async {
            let contents = tokio::fs::read(&path).await?;
            bucket.put(&kept_as(&name), contents.into()).await?;
            Ok::<(), VaultError>(tokio::fs::remove_file(&path).await?)
        };
        if let Err(error) = handed_over.await {
            tracing::error!(log = name, %error, "the wire log of a call is not in the bucket");
        }
    }
}

/// What it is called in the bucket, whose lifecycle removes it.
fn kept_as(name: &str) -> String {
    format!("logs/{}", name.replace('-', "."))
}

pub struct WireLog {
    logs: CallLogs,
    name: String,
    /// None once it is written no further.
    lines: Option<Sender<Vec<u8>>>,
    left: usize,
    /// From the first of some keys to the last: then it is known whether they are the number of a card.
    held: Vec<Line>,
    secrets: Secrets,
    writer: JoinHandle<()>,
}

impl WireLog {
    /// A call goes on whether its log can be written or not.
    pub fn begin(logs: CallLogs, call: &CallSid, began: Line) -> Self {
        let (lines, waiting) = channel(MAX_WAITING);
        let name = format!("{}-{call}{SUFFIX}", Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ"));
        let (directory, file) = (logs.directory.clone(), name.clone());
        let writer = tokio::task::spawn_blocking(move || {
            if let Err(error) = keep(&directory, &file, waiting) {
                tracing::error!(%error, "the wire log of a call is not written");
            }
        });
        let (lines, secrets) = (Some(lines), Secrets::default());
        let mut log = Self { logs, name, lines, left: MAX_BYTES, held: Vec::new(), secrets, writer };
        log.append(began);
        log
    }

    pub fn write(&mut self, line: Line) {
        if line.is_key() || !self.held.is_empty() {
            self.held.push(line);
        } else {
            self.append(line);
        }
    }

    /// An input was handled: whether more keys may come.
    pub fn handled(&mut self, awaits_keys: bool) {
        if !awaits_keys {
            self.release(false);
        }
    }

    fn release(&mut self, led_to_nothing: bool) {
        let mut held = std::mem::take(&mut self.held);
        without_cards(&mut held, led_to_nothing);
        for line in held {
            self.append(line);
        }
    }

    fn append(&mut self, mut line: Line) {
        let Some(lines) = &self.lines else { return };
        if !self.secrets.blank(&mut line) {
            return;
        }
        // Plain data with string keys is always JSON.
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        if text.len() > self.left || lines.try_send(text.clone()).is_err() {
            tracing::warn!("the wire log of a call is written no further");
            self.lines = None;
        } else {
            self.left -= text.len();
        }
    }

    /// What came last, and how it ended; returns once all is written. It is handed over on the side: nobody who calls waits
    /// for that.
    pub async fn end(mut self, out: &Outbox, outcome: Outcome, at: Duration) -> Option<JoinHandle<()>> {
        self.release(true);
        self.append(Line { at, entry: Entry::Finish });
        Line::outputs(out, Filled::default(), at).for_each(|line| self.append(line));
        self.append(Line { at, entry: Entry::Over(outcome) });
        self.lines = None;
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the wire log of a call broke off");
        }
        let CallLogs { directory, bucket } = self.logs;
        bucket.map(|bucket| tokio::spawn(CallLogs::hand_over(directory, bucket, self.name)))
    }
}

/// Writes what comes, and all of it is on the disk whenever nothing more is there.
fn keep(directory: &Path, name: &str, mut waiting: Receiver<Vec<u8>>) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    prune(directory, SystemTime::now())?;
    let mut file = BufWriter::new(private(&directory.join(name))?);
    loop {
        let line = match waiting.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Empty) => {
                file.flush()?;
                match waiting.blocking_recv() {
                    Some(line) => line,
                    None => return Ok(()),
                }
            }
            Err(TryRecvError::Disconnected) => return file.flush(),
        };
        file.write_all(&line)?;
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Removes logs that are too old, and the oldest where there are too many.
fn prune(directory: &Path, now: SystemTime) -> io::Result<()> {
    let mut logs: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
            match entry.metadata().and_then(|known| known.modified()) {
                Ok(modified) => logs.push((modified, entry.path())),
                // Removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    logs.sort_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    for (index, (modified, path)) in logs.iter().enumerate() {
        // One that is of tomorrow by its clock is young.
        let age = now.duration_since(*modified).unwrap_or_default();
        if index + 1 >= MAX_LOGS || age > KEPT_FOR {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_that_is_whole_is_put_where_it_stays() {
        let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let bucket = Vault::folder(kept.path());
        let logs = CallLogs { directory: folder.path().into(), bucket: Some(bucket.clone()) };
        let call = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
        let at = Duration::from_secs(1);
        let log = WireLog::begin(logs, &call, Line { at, entry: Entry::ModelLost });
        let name = kept_as(&log.name);
        let handed_over = log.end(&Outbox::default(), Outcome::Completed, at).await;
        handed_over.expect("there is a bucket").await.unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it has left the folder");
        assert!(name.starts_with("logs/") && name.contains(call.as_str()), "{name}");
        let text = bucket.get(&name).await.unwrap().expect("it is in the bucket");
        let text = std::str::from_utf8(&text).unwrap();
        assert_eq!(text.lines().count(), 3, "how it began, that it finished, and how: {text}");
    }

    #[tokio::test]
    async fn logs_do_not_stay_and_nothing_else_goes() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["old.call.log", "new.call.log", "old.txt"] {
            fs::write(at(name), "x").unwrap();
        }
        let now = SystemTime::now();
        let long_ago = now - KEPT_FOR - Duration::from_mins(1);
        for name in ["old.call.log", "old.txt"] {
            File::options().write(true).open(at(name)).unwrap().set_modified(long_ago).unwrap();
        }
        prune_logs(directory.path().into()).await;
        let left = ["old.call.log", "new.call.log", "old.txt"].map(|name| at(name).exists());
        assert_eq!(left, [false, true, true]);
        for number in 0..MAX_LOGS + 3 {
            fs::write(at(&format!("{number}.call.log")), "x").unwrap();
        }
        prune(directory.path(), now).unwrap();
        let logs = fs::read_dir(directory.path()).unwrap().count() - 1;
        assert_eq!(logs, MAX_LOGS - 1, "there is room for the next one");
    }
}
