//! Admission: how many calls one relay carries, and waiting for them to end before it stops.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Clone)]
pub struct Slots {
    free: Arc<Semaphore>,
    total: u32,
    draining: Arc<AtomicBool>,
}

/// Held while a call lasts.
pub struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub fn new(total: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(total as usize)), total, draining: Arc::default() }
    }

    /// `None`: draining, or full.
    pub fn take(&self) -> Option<Slot> {
        if self.draining.load(Ordering::Acquire) {
            return None;
        }
        self.free.clone().try_acquire_owned().ok().map(|permit| Slot { _permit: permit })
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
