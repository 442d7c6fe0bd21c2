//! Admission: how many calls one relay carries, and waiting for them to end before it stops.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

#[derive(Clone)]
pub struct Slots {
    free: Arc<Semaphore>,
    total: u32,
    draining: Arc<AtomicBool>,
    changed: Arc<Notify>,
}

/// Held while a call lasts.
pub struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    changed: Arc<Notify>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.changed.notify_one();
    }
}

impl Slots {
    pub fn new(total: u32) -> Self {
        let free = Arc::new(Semaphore::new(total as usize));
        Self { free, total, draining: Arc::default(), changed: Arc::default() }
    }

    /// `None`: draining, or full.
    pub fn take(&self) -> Option<Slot> {
        if self.draining.load(Ordering::Acquire) {
            return None;
        }
        let permit = self.free.clone().try_acquire_owned().ok()?;
        self.changed.notify_one();
        Some(Slot { permit: Some(permit), changed: self.changed.clone() })
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
        (self.total as usize).saturating_sub(self.free.available_permits())
    }

    /// No new calls from now on; returns once the last one is over.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        if self.free.acquire_many(self.total).await.is_err() {
            tracing::debug!("the slots were closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
