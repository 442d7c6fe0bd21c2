//! Amazon SQS in memory: standard queues that `aws-sdk-sqs` talks to over HTTP and that the poller and
//! tests talk to directly.
//!
//! [`queue`] holds the rules, [`wire`] the protocol; this file adds the lock, the clock and the waiting.
//! Not emulated: FIFO queues, message attributes but the trace, retention, policies. A queue does not outlive the
//! process, so whoever needs a job after a restart plans it in the table first.

pub mod error;
pub mod queue;
pub mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::aws::ACCOUNT;
pub use error::Error;
use queue::{Counts, Message, NotAReceipt, NotInFlight, Queue, Receipt, Received, Sent, Settings};

/// What a queue takes at most: 1 MiB for a message, and for the messages of a batch together.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A way in which one send goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refused with `RequestThrottled`.
    Throttle,
    /// Refused with status 500.
    Fail,
    /// Accepted, but answered with status 500: the sender cannot know and sends again.
    LoseAnswer,
    /// Delivered twice, as an at-least-once queue may.
    Duplicate,
}

/// All queues of the account.
#[derive(Debug)]
pub struct Sqs {
    endpoint: String,
    region: String,
    state: Mutex<State>,
    /// Marked at every change of a queue. Its value: whether [`Sqs::close`] was called.
    changes: watch::Sender<bool>,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    queues: BTreeMap<String, Queue>,
    faults: VecDeque<Fault>,
}

impl Sqs {
    /// `endpoint` is the URL that clients reach [`wire`] under; queue URLs start with it. A dead-letter
    /// queue that a redrive policy names need not be listed.
    pub fn new(
        endpoint: impl Into<String>,
        region: impl Into<String>,
        queues: impl IntoIterator<Item = (String, Settings)>,
    ) -> Self {
        let mut queues: BTreeMap<_, _> =
            queues.into_iter().map(|(name, settings)| (name, Queue::new(settings))).collect();
        let dead: Vec<_> = queues.values().filter_map(|queue| queue.settings().redrive.clone()).collect();
        for redrive in dead {
            queues.entry(redrive.queue).or_default();
        }
        Self {
            endpoint: endpoint.into(),
            region: region.into(),
            state: Mutex::new(State { queues, faults: VecDeque::new() }),
            changes: watch::Sender::new(false),
            clock: Clock::started(),
        }
    }

    /// `GetQueueUrl`.
    pub fn queue_url(&self, queue: &str) -> Result<String, Error> {
        self.with(queue, |_, _| format!("{}/{ACCOUNT}/{queue}", self.endpoint))
    }

    /// The `QueueArn` of a queue of this name.
    pub fn queue_arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:{ACCOUNT}:{queue}", self.region)
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn settings(&self, queue: &str) -> Result<Settings, Error> {
        self.with(queue, |queue, _| queue.settings().clone())
    }

    /// `SendMessage`: the message's ID.
    pub fn send(&self, queue: &str, sent: impl Into<Sent>, delay: Duration) -> Result<String, Error> {
        let sent = sent.into();
        check_body(&sent.body)?;
        let id = super::random_uuid();
        let fault = self.with_state(queue, |queue, faults, now| {
            let fault = faults.pop_front();
            let copies = match fault {
                Some(Fault::Throttle | Fault::Fail) => 0,
                Some(Fault::Duplicate) => 2,
                Some(Fault::LoseAnswer) | None => 1,
            };
            for _ in 0..copies {
                queue.send(id.clone(), sent.clone(), delay, now);
            }
            fault
        })?;
        self.changed();
        match fault {
            Some(Fault::Throttle) => Err(Error::RequestThrottled),
            Some(Fault::Fail | Fault::LoseAnswer) => Err(Error::InternalError),
            Some(Fault::Duplicate) | None => Ok(id),
        }
    }

    /// `ReceiveMessage`: what is there, or else the first that comes within `wait` (the long poll).
    pub async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Option<Duration>,
        wait: Duration,
    ) -> Result<Vec<Received>, Error> {
        let deadline = Instant::now() + wait;
        let mut changes = self.changes.subscribe();
        loop {
            let closed = *changes.borrow_and_update();
            let received = self.receive_now(queue, max, visibility)?;
            let next = self.with(queue, |queue, now| queue.next_visible(now))?;
            if closed || !received.is_empty() || Instant::now() >= deadline {
                return Ok(received);
            }
            let wake = next.map_or(deadline, |at| deadline.min(self.clock.instant(at)));
            tokio::select! {
                // The sender lives as long as `self`, so this never fails; if it did, the sleep remains.
                Ok(()) = changes.changed() => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    fn receive_now(
        &self,
        name: &str,
        max: usize,
        visibility: Option<Duration>,
    ) -> Result<Vec<Received>, Error> {
        let now = self.clock.now();
        let mut state = self.lock();
        let queue = state.queues.get_mut(name).ok_or(Error::QueueDoesNotExist)?;
        let batch = queue.receive(max, visibility, now);
        let redrive = queue.settings().redrive.clone();
        let moved = !batch.dead.is_empty();
        if let Some(dead) = redrive.and_then(|redrive| state.queues.get_mut(&redrive.queue)) {
            for message in batch.dead {
                dead.adopt(message, now);
            }
        }
        drop(state);
        if moved {
            self.changed();
        }
        Ok(batch.received)
    }

    /// `DeleteMessage`. Success does not say that anything was deleted; see [`Queue::delete`].
    pub fn delete(&self, queue: &str, receipt: &str) -> Result<(), Error> {
        let receipt = parse_receipt(receipt)?;
        self.with(queue, |queue, _| queue.delete(receipt))?;
        self.changed();
        Ok(())
    }

    /// `ChangeMessageVisibility`.
    pub fn change_visibility(&self, queue: &str, receipt: &str, visibility: Duration) -> Result<(), Error> {
        let receipt = parse_receipt(receipt)?;
        self.with(queue, |queue, now| queue.change_visibility(receipt, visibility, now))?
            .map_err(|NotInFlight| Error::MessageNotInflight)?;
        self.changed();
        Ok(())
    }

    /// `PurgeQueue`.
    pub fn purge(&self, queue: &str) -> Result<(), Error> {
        self.with(queue, |queue, _| queue.purge())?;
        self.changed();
        Ok(())
    }

    pub fn counts(&self, queue: &str) -> Result<Counts, Error> {
        self.with(queue, |queue, now| queue.counts(now))
    }

    /// Every message of a queue, received or not, without receiving it.
    pub fn messages(&self, queue: &str) -> Result<Vec<Message>, Error> {
        self.with(queue, |queue, _| queue.messages().cloned().collect())
    }

    /// The messages that this queue gave up on, in its dead-letter queue; none if it has no such queue.
    pub fn dead_letters(&self, queue: &str) -> Result<Vec<Message>, Error> {
        match self.settings(queue)?.redrive {
            Some(redrive) => self.messages(&redrive.queue),
            None => Ok(Vec::new()),
        }
    }

    /// Waits until the queue is empty: every message done with, by being deleted or by being dead.
    pub async fn drained(&self, queue: &str) -> Result<Counts, Error> {
        let mut changes = self.changes.subscribe();
        loop {
            let closed = *changes.borrow_and_update();
            let counts = self.counts(queue)?;
            if counts.pending() == 0 || closed || changes.changed().await.is_err() {
                return Ok(counts);
            }
        }
    }

    /// Lets the next `times` sends go wrong, after those that were already told to.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.lock().faults.extend(std::iter::repeat_n(fault, times));
    }

    /// Ends all waiting, now and from now on: a long poll then answers at once.
    pub fn close(&self) {
        self.changes.send_replace(true);
    }

    pub fn is_closed(&self) -> bool {
        *self.changes.borrow()
    }

    fn changed(&self) {
        self.changes.send_modify(|_| {});
    }

    fn with<T>(&self, queue: &str, act: impl FnOnce(&mut Queue, Timestamp) -> T) -> Result<T, Error> {
        self.with_state(queue, |queue, _, now| act(queue, now))
    }

    fn with_state<T>(
        &self,
        queue: &str,
        act: impl FnOnce(&mut Queue, &mut VecDeque<Fault>, Timestamp) -> T,
    ) -> Result<T, Error> {
        let now = self.clock.now();
        let mut state = self.lock();
        let State { queues, faults } = &mut *state;
        let queue = queues.get_mut(queue).ok_or(Error::QueueDoesNotExist)?;
        Ok(act(queue, faults, now))
    }

    /// Nothing that runs under the lock can leave a queue half changed, so poison means nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wall clock at the start, moved on by the runtime's clock: it never jumps, and it stands still
/// where a test has paused the runtime's.
#[derive(Debug)]
struct Clock {
    wall: Timestamp,
    started: Instant,
}

impl Clock {
    fn started() -> Self {
        Self { wall: Timestamp::now(), started: Instant::now() }
    }

    fn now(&self) -> Timestamp {
        self.wall + self.started.elapsed()
    }

    fn instant(&self, at: Timestamp) -> Instant {
        self.started + at.duration_since(self.wall).try_into().unwrap_or(Duration::ZERO)
    }
}

fn parse_receipt(text: &str) -> Result<Receipt, Error> {
    text.parse().map_err(|NotAReceipt| Error::ReceiptHandleIsInvalid(text.into()))
}

/// `SendMessage`'s rules for a body: present, at most 1 MiB, and only characters that XML knows.
fn check_body(body: &str) -> Result<(), Error> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    if body.is_empty() {
        return Err(Error::MissingParameter("MessageBody"));
    }
    if body.len() > MAX_BYTES {
        return Err(Error::invalid(
            "MessageBody",
            format!("Message must be shorter than {MAX_BYTES} bytes."),
        ));
    }
    if !body.chars().all(allowed) {
        return Err(Error::InvalidMessageContents);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
