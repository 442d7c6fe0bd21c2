//! DynamoDB on a `SQLite` file or in memory: `dynoxide`, on a thread of its own.
//!
//! `SQLite` writes ahead (WAL) and syncs at every commit, so an acknowledged write survives the process
//! being killed. Those syncs block; on a thread of their own they hold up no audio.

use std::fs::{File, TryLockError};
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use dynoxide::{Database, DynoxideError, server};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::aws::private;

/// How long to wait at start for another program to let go of the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a stop waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(2);

/// Where the tables live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    Memory,
    /// This file, and beside it those that `SQLite` makes and a lock.
    File(PathBuf),
    /// In another emulator, at this endpoint.
    Elsewhere(String),
}

/// Why DynamoDB does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the data file {} is in use by another process: end that process, or choose another file",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "the data file {} is damaged or not a database ({reason}): put a backup in its place, or move it \
         away to start with no data",
        file.display()
    )]
    Damaged { file: PathBuf, reason: String },
    #[error(
        "the data file {} cannot be opened ({reason}): check that it and its directory may be read and \
         written, or choose another file",
        file.display()
    )]
    Unusable { file: PathBuf, reason: String },
    #[error("the data is kept by another emulator, at {0}: nothing is served here")]
    NotHere(String),
    #[error("the database failed: {0}")]
    Database(#[from] DynoxideError),
    #[error("the database's HTTP server failed: {0}")]
    Server(String),
}

/// A running DynamoDB.
#[derive(Debug)]
pub struct Dynamodb {
    address: SocketAddr,
    ended: oneshot::Receiver<Result<(), Error>>,
}

impl Dynamodb {
    /// Serves `data` on `listener` until `shutdown`, and deletes expired items every `sweep` (which AWS
    /// does within days, so no reader may rely on it).
    pub async fn start(
        listener: TcpListener,
        data: Data,
        sweep: Duration,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(server_error)?;
        let listener = listener.into_std().map_err(server_error)?;
        let opened =
            tokio::task::spawn_blocking(move || Opened::open(data)).await.map_err(server_error)??;
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("dynamodb".into())
            .spawn(move || {
                let result = opened.serve(listener, sweep, shutdown);
                if let Err(Err(error)) = end.send(result) {
                    tracing::error!(%error, "DynamoDB ended and nobody was waiting for it");
                }
            })
            .map_err(server_error)?;
        Ok(Self { address, ended })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the shutdown is over: all requests answered, the file closed and its lock free.
    pub async fn stopped(self) -> Result<(), Error> {
        self.ended.await.unwrap_or_else(|_| Err(Error::Server("its thread panicked".into())))
    }
}

struct Opened {
    database: Database,
    file: Option<PathBuf>,
    /// Held for as long as the database is open. Dropped after it.
    _lock: Option<File>,
}

impl Opened {
    fn open(data: Data) -> Result<Self, Error> {
        let file = match data {
            Data::File(file) => file,
            Data::Memory => return Ok(Self { database: Database::memory()?, file: None, _lock: None }),
            Data::Elsewhere(endpoint) => return Err(Error::NotHere(endpoint)),
        };
        let lock = lock(&file)?;
        check(&file, PATIENCE).map_err(|error| sqlite_error(&file, &error))??;
        let path = file.to_str().ok_or_else(|| unusable(&file, "its path is not UTF-8"))?;
        let database = Database::new(path).map_err(|error| match error {
            DynoxideError::SqliteError(error) => sqlite_error(&file, &error),
            error => unusable(&file, error),
        })?;
        Ok(Self { database, file: Some(file), _lock: Some(lock) })
    }

    fn serve(
        self,
        listener: StdTcpListener,
        sweep: Duration,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(server_error)?;
        let served = runtime.block_on(async {
            let listener = TcpListener::from_std(listener).map_err(server_error)?;
            let (signal, signalled) = oneshot::channel::<()>();
            let graceful = async move {
                shutdown.await;
                drop(signal);
            };
            let overdue = async {
                signalled.await.ok();
                sleep(GRACE).await;
            };
            tokio::select! {
                result = server::serve_with_shutdown(listener, self.database.clone(), graceful) => {
                    result.map_err(Error::Server)
                }
                () = sweep_forever(self.database.clone(), sweep) => Ok(()),
                () = overdue => Ok(()),
            }
        });
        // With whatever connection is still open.
        drop((runtime, self.database));
        if let Some(Err(error)) = self.file.as_deref().map(rewritten) {
            tracing::warn!(%error, "the data file is as it was: what was deleted may still stand between the rest");
        }
        served
    }
}

/// `SQLite` leaves what is deleted where it stood until the room is needed: who was erased is in the file until it is
/// written anew.
fn rewritten(file: &Path) -> rusqlite::Result<()> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?.execute_batch("VACUUM")
}

/// Deletes expired items as time goes by.
async fn sweep_forever(database: Database, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::debug!(items, "expired items deleted"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items cannot be deleted"),
            Err(error) => tracing::warn!(%error, "the sweep of expired items did not end"),
        }
    }
}

/// Sees to it that no second process opens the file, which `SQLite` would allow though each would keep its
/// own idea of the tables, and makes the file if need be. The lock is on a file beside it, and taken first:
/// closing a handle of a data file that this process has open would drop `SQLite`'s own locks (sqlite.org,
/// "How To Corrupt An `SQLite` Database File", 2.2).
fn lock(file: &Path) -> Result<File, Error> {
    let unusable = |error| unusable(file, error);
    if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        private::create_dir(directory).map_err(unusable)?;
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(".lock");
    let lock = private::open(Path::new(&beside)).map_err(unusable)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::InUse(file.into()),
        TryLockError::Error(error) => unusable(error),
    })?;
    private::open(file).map_err(unusable)?;
    Ok(lock)
}

/// Whether the data file, if there is one, can be used. Nothing is made; who uses it is not kept from it.
pub fn examine(file: &Path) -> Result<bool, Error> {
    if !file.try_exists().map_err(|error| unusable(file, error))? {
        return Ok(false);
    }
    check(file, PATIENCE).map_err(|error| sqlite_error(file, &error))??;
    Ok(true)
}

/// Whether the file is a sound database that nobody else is writing to.
fn check(file: &Path, patience: Duration) -> rusqlite::Result<Result<(), Error>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(patience)?;
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(Error::Damaged { file: file.into(), reason: verdict }),
    })
}

fn sqlite_error(file: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::Damaged { file: file.into(), reason: error.to_string() }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::InUse(file.into()),
        _ => unusable(file, error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are passed as they come")]
fn unusable(file: &Path, reason: impl ToString) -> Error {
    Error::Unusable { file: file.into(), reason: reason.to_string() }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are passed as they come")]
fn server_error(error: impl ToString) -> Error {
    Error::Server(error.to_string())
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
