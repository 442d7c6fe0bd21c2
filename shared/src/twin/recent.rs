//! What each conversation needs and the owner seldom changes: read once a minute at most.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long what was read is used without reading it again.
const USED_FOR: Duration = Duration::from_mins(1);

/// Nobody waits here for somebody else who reads: while the table does not answer, all would wait one after the other.
pub(super) struct Recent<T>(Mutex<Option<Known<T>>>);

struct Known<T> {
    since: Instant,
    version: u64,
    value: Arc<T>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Recent<T> {
    /// As it was a minute ago at most, else as `read` finds it, with its version.
    pub async fn or_read<E>(&self, read: impl Future<Output = Result<(u64, T), E>>) -> Result<Arc<T>, E> {
        if let Some(value) = self.known() {
            return Ok(value);
        }
        let since = Instant::now();
        let (version, value) = read.await?;
        Ok(self.keep(since, version, value))
    }

    fn known(&self) -> Option<Arc<T>> {
        let known = self.lock();
        known.as_ref().filter(|known| known.since.elapsed() < USED_FOR).map(|known| known.value.clone())
    }

    /// It was changed to this.
    pub fn put(&self, version: u64, value: T) {
        self.keep(Instant::now(), version, value);
    }

    /// Whoever knows of a later version knows better, for a minute: two who save, or save and read, need not come here in the
    /// order of the table. After that the table does, whatever it was restored from.
    fn keep(&self, since: Instant, version: u64, value: T) -> Arc<T> {
        let mut known = self.lock();
        let is_later = |known: &&Known<T>| known.version > version && known.since.elapsed() < USED_FOR;
        if let Some(later) = known.as_ref().filter(is_later) {
            return later.value.clone();
        }
        let value = Arc::new(value);
        *known = Some(Known { since, version, value: value.clone() });
        value
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(recent: &Recent<u8>, found: Result<(u64, u8), ()>) -> Result<u8, ()> {
        recent.or_read(async { found }).await.map(|known| *known)
    }

    #[tokio::test]
    async fn what_was_read_is_used_and_what_was_not_is_read() {
        let recent = Recent::default();
        assert_eq!(read(&recent, Err(())).await, Err(()));
        assert_eq!(read(&recent, Ok((1, 10))).await, Ok(10));
        assert_eq!(read(&recent, Ok((2, 20))).await, Ok(10));
        recent.put(3, 30);
        assert_eq!(read(&recent, Err(())).await, Ok(30));
    }

    #[tokio::test]
    async fn what_is_changed_while_somebody_reads_stays() {
        let recent = Recent::default();
        let reading = async {
            recent.put(2, 20);
            Ok::<(u64, u8), ()>((1, 10))
        };
        assert_eq!(recent.or_read(reading).await.map(|known| *known), Ok(20));
        assert_eq!(read(&recent, Err(())).await, Ok(20));
    }

    #[tokio::test]
    async fn of_two_who_save_the_later_version_stays_whoever_says_so_last() {
        let recent = Recent::default();
        recent.put(2, 20);
        recent.put(1, 10);
        assert_eq!(read(&recent, Err(())).await, Ok(20));
        recent.put(3, 30);
        assert_eq!(read(&recent, Err(())).await, Ok(30));
    }

    #[tokio::test]
    async fn what_was_known_a_minute_ago_gives_way_to_the_table() {
        let recent = Recent::default();
        recent.put(2, 20);
        recent.lock().as_mut().unwrap().since -= USED_FOR;
        assert_eq!(read(&recent, Ok((1, 10))).await, Ok(10));
    }

    #[tokio::test]
    async fn nobody_waits_for_somebody_else_who_reads() {
        let recent = Recent::default();
        let mut stuck = Box::pin(recent.or_read(std::future::pending::<Result<(u64, u8), ()>>()));
        let first = std::future::poll_fn(|cx| std::task::Poll::Ready(stuck.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        assert_eq!(read(&recent, Ok((1, 10))).await, Ok(10));
    }
}
