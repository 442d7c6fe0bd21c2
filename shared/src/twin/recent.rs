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
    value: Arc<T>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Recent<T> {
    /// As it was a minute ago at most, else as `read` finds it.
    pub async fn or_read<E>(&self, read: impl Future<Output = Result<T, E>>) -> Result<Arc<T>, E> {
        if let Some(value) = self.known() {
            return Ok(value);
        }
        let since = Instant::now();
        Ok(self.keep(since, read.await?))
    }

    fn known(&self) -> Option<Arc<T>> {
        let known = self.lock();
        known.as_ref().filter(|known| known.since.elapsed() < USED_FOR).map(|known| known.value.clone())
    }

    /// Whoever changed it since it began to be read knows better.
    fn keep(&self, since: Instant, value: T) -> Arc<T> {
        let mut known = self.lock();
        if let Some(newer) = known.as_ref().filter(|newer| newer.since > since) {
            return newer.value.clone();
        }
        let value = Arc::new(value);
        *known = Some(Known { since, value: value.clone() });
        value
    }

    /// It was changed to this.
    pub fn put(&self, value: T) {
        *self.lock() = Some(Known { since: Instant::now(), value: Arc::new(value) });
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(recent: &Recent<u8>, value: Result<u8, ()>) -> Result<u8, ()> {
        recent.or_read(async { value }).await.map(|known| *known)
    }

    #[tokio::test]
    async fn what_was_read_is_used_and_what_was_not_is_read() {
        let recent = Recent::default();
        assert_eq!(read(&recent, Err(())).await, Err(()));
        assert_eq!(read(&recent, Ok(1)).await, Ok(1));
        assert_eq!(read(&recent, Ok(2)).await, Ok(1));
        recent.put(3);
        assert_eq!(read(&recent, Err(())).await, Ok(3));
    }

    #[tokio::test]
    async fn what_is_changed_while_somebody_reads_stays() {
        let recent = Recent::default();
        let reading = async {
            let before = Instant::now();
            while before.elapsed().is_zero() {
                tokio::task::yield_now().await;
            }
            recent.put(2);
            Ok::<u8, ()>(1)
        };
        assert_eq!(recent.or_read(reading).await.map(|known| *known), Ok(2));
        assert_eq!(read(&recent, Err(())).await, Ok(2));
    }

    #[tokio::test]
    async fn nobody_waits_for_somebody_else_who_reads() {
        let recent = Recent::default();
        let mut stuck = Box::pin(recent.or_read(std::future::pending::<Result<u8, ()>>()));
        let first = std::future::poll_fn(|cx| std::task::Poll::Ready(stuck.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        assert_eq!(read(&recent, Ok(1)).await, Ok(1));
    }
}
