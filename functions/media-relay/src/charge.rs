//! What a call takes of the day's budget: two minutes before it begins, each further one as it comes near, and what it
//! came to once it is over.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use twin::{
    error::Error,
    twin::{CALL, MINUTE, Twin},
};

/// Given back if no call comes of it.
pub struct Charge {
    twin: Twin,
    began: Timestamp,
    /// Micro-dollars that the store has taken.
    taken: Arc<AtomicU64>,
    used: bool,
}

impl Charge {
    /// Takes what a call may cost from the budget, which is `most`; `TooMany` if it is spent. Whoever hangs up meanwhile
    /// pays nothing: the store may have taken it all the same.
    pub async fn take(twin: Twin, most: u64, now: Timestamp) -> Result<Self, Error> {
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            let taken = twin.reserve_call(most, now).await;
            let charge = taken.map(|()| Self { twin, began: now, taken: Arc::new(CALL.into()), used: false });
            // With nobody there to hear of it, it is dropped.
            drop(tell.send(charge));
        });
        told.await.map_err(|error| Error::Internal(Box::new(error)))?
    }

    /// The call begins: what it took stays taken until it is over.
    pub fn begins(&mut self) {
        self.used = true;
    }

    /// One minute more; it counts as taken once the store has it.
    pub fn goes_on(&self) -> impl Future<Output = ()> + Send + use<> {
        let (twin, taken, began) = (self.twin.clone(), self.taken.clone(), self.began);
        async move {
            if twin.call_goes_on(began).await {
                taken.fetch_add(MINUTE, Ordering::Relaxed);
            }
        }
    }

    pub async fn is_over(mut self, lasted: SignedDuration) {
        self.used = true;
        let taken = self.taken.load(Ordering::Relaxed);
        self.twin.call_lasted(lasted, taken, self.began).await;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.used {
            return;
        }
        let (twin, taken, began) = (self.twin.clone(), self.taken.load(Ordering::Relaxed), self.began);
        tokio::spawn(async move { twin.call_lasted(SignedDuration::ZERO, taken, began).await });
    }
}
