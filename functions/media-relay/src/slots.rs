//! Admission: how many calls one relay carries, and waiting for them to end before it stops.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

/// What a goodbye takes, and what is left to be stored behind it.
pub const GOODBYES_WITHIN: Duration = Duration::from_secs(22);

#[derive(Clone)]
pub struct Slots {
    free: Arc<Semaphore>,
    total: u32,
    /// Whoever waits for the last call holds free ones.
    taken: Arc<AtomicUsize>,
    draining: Arc<AtomicBool>,
    changed: Arc<Notify>,
    /// Whoever still talks is told goodbye.
    leaving: watch::Sender<bool>,
}

/// Held while a call lasts.
pub struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    taken: Arc<AtomicUsize>,
    changed: Arc<Notify>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
        drop(self.permit.take());
        self.changed.notify_one();
    }
}

impl Slots {
    pub fn new(total: u32) -> Self {
        let free = Arc::new(Semaphore::new(total as usize));
        let (leaving, _) = watch::channel(false);
        let (taken, draining, changed) = (Arc::default(), Arc::default(), Arc::default());
        Self { free, total, taken, draining, changed, leaving }
    }

    /// `None`: draining, or full.
    pub fn take(&self) -> Option<Slot> {
        if self.draining.load(Ordering::Acquire) {
            return None;
        }
        let permit = self.free.clone().try_acquire_owned().ok()?;
        self.taken.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
        Some(Slot { permit: Some(permit), taken: self.taken.clone(), changed: self.changed.clone() })
    }

    /// Until a slot is taken or free again; one that waits is told, of what came before it waited, too.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn total(&self) -> usize {
        self.total as usize
    }

    pub fn accepts(&self) -> bool {
        !self.draining.load(Ordering::Acquire) && self.free.available_permits() > 0
    }

    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// No new calls from now on; returns once the last one is over.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        if self.free.acquire_many(self.total).await.is_err() {
            tracing::debug!("the slots were closed");
        }
    }

    /// Calls that go on are to end.
    pub fn say_goodbye(&self) {
        self.leaving.send_replace(true);
    }

    pub fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    /// Until they are.
    pub fn leaving(&self) -> impl Future<Output = ()> + use<> {
        let mut leaving = self.leaving.subscribe();
        async move {
            let is_for_ever = leaving.wait_for(|leaving| *leaving).await.is_err();
            if is_for_ever {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn goodbye_is_said_once_and_holds_for_whoever_asks_later() {
        let slots = Slots::new(1);
        let before = slots.clone().leaving();
        tokio::pin!(before);
        assert_eq!(before.as_mut().now_or_never(), None);
        slots.say_goodbye();
        assert_eq!(before.now_or_never(), Some(()));
        assert_eq!(slots.leaving().now_or_never(), Some(()));
    }

    /// Else a relay that drains counts as full, and another is started for it.
    #[tokio::test]
    async fn whoever_waits_for_the_last_call_takes_no_slot() {
        let slots = Slots::new(3);
        let slot = slots.take();
        let mut drained = Box::pin(slots.drain());
        assert!(drained.as_mut().now_or_never().is_none());
        assert_eq!(slots.taken(), 1);
        drop(slot);
        drained.await;
        assert_eq!(slots.taken(), 0);
    }

    #[tokio::test]
    async fn full_then_free_then_draining() {
        let slots = Slots::new(1);
        let slot = slots.take();
        assert!(slot.is_some() && slots.take().is_none() && !slots.accepts());
        drop(slot);
        assert!(slots.accepts() && slots.taken() == 0);
        slots.drain().await;
        assert!(!slots.accepts() && slots.take().is_none());
    }
}
