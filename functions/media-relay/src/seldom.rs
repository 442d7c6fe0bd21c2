//! What seldom happens beside what happens all the time: looked at when it may have happened, instead of each time that
//! anything has.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

pub(crate) struct Seldom {
    flag: Arc<Flag>,
    waker: Waker,
    /// Nothing had happened when they were looked at, and they are still the same.
    is_pending: bool,
}

#[derive(Default)]
struct Flag {
    is_woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // What others noted before they woke it goes with it.
        self.is_woken.swap(true, Ordering::AcqRel);
        self.task.wake();
    }
}

impl Seldom {
    pub fn new() -> Self {
        let flag = Arc::<Flag>::default();
        Self { waker: Waker::from(flag.clone()), flag, is_pending: false }
    }

    /// What is looked at may be something else from now on.
    pub fn changes(&mut self) {
        self.is_pending = false;
    }

    pub fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// Polls `events` unless nothing has woken them since, and they are still the same. They lose nothing when they are
    /// dropped.
    pub fn poll<T>(&mut self, events: Pin<&mut impl Future<Output = T>>, cx: &mut Context<'_>) -> Poll<T> {
        // Each time: to be woken takes it away, also where nothing came of that.
        self.flag.task.register(cx.waker());
        if self.is_pending && !self.flag.is_woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        self.flag.is_woken.swap(false, Ordering::AcqRel);
        let event = events.poll(&mut Context::from_waker(&self.waker));
        self.is_pending = event.is_pending();
        event
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use futures_util::task::noop_waker;
    use tokio::sync::Notify;

    use super::*;

    /// Polls it once more, and counts when it looks.
    fn poll(seldom: &mut Seldom, mut event: Pin<&mut impl Future<Output = ()>>) -> (Poll<()>, u32) {
        let mut looked = 0;
        let counted = poll_fn(|cx| {
            looked += 1;
            event.as_mut().poll(cx)
        });
        let polled = seldom.poll(pin!(counted), &mut Context::from_waker(&noop_waker()));
        (polled, looked)
    }

    #[test]
    fn it_is_looked_at_when_it_was_woken_or_has_other_parts_or_happened() {
        let (notify, mut seldom) = (Notify::new(), Seldom::new());
        let mut notified = pin!(notify.notified());
        assert_eq!(poll(&mut seldom, notified.as_mut()), (Poll::Pending, 1), "for the first time");
        assert_eq!(poll(&mut seldom, notified.as_mut()), (Poll::Pending, 0), "nothing has happened");
        seldom.changes();
        assert_eq!(poll(&mut seldom, notified.as_mut()), (Poll::Pending, 1), "there is one more");
        notify.notify_one();
        assert_eq!(poll(&mut seldom, notified.as_mut()), (Poll::Ready(()), 1), "it was woken");
        let mut again = pin!(notify.notified());
        assert_eq!(poll(&mut seldom, again.as_mut()), (Poll::Pending, 1), "the rest was not looked at");
        assert_eq!(poll(&mut seldom, again.as_mut()), (Poll::Pending, 0), "nothing has happened");
    }

    /// The task that polls it is woken, too.
    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let (notify, mut seldom) = (Arc::new(Notify::new()), Seldom::new());
        let notifies = tokio::spawn({
            let notify = notify.clone();
            async move { notify.notify_one() }
        });
        let mut notified = pin!(notify.notified());
        poll_fn(|cx| seldom.poll(notified.as_mut(), cx)).await;
        assert!(notifies.await.is_ok());
    }

    #[test]
    fn whoever_looked_last_is_woken_also_if_they_did_not_look_closely() {
        let (notify, mut seldom) = (Notify::new(), Seldom::new());
        let mut notified = pin!(notify.notified());
        let tasks = [Arc::<Flag>::default(), Arc::default()];
        for task in &tasks {
            let waker = Waker::from(task.clone());
            let polled = seldom.poll(notified.as_mut(), &mut Context::from_waker(&waker));
            assert_eq!(polled, Poll::Pending);
        }
        notify.notify_one();
        assert_eq!(tasks.map(|task| task.is_woken.load(Ordering::Acquire)), [false, true]);
    }
}
