//! One SQS standard queue as a plain value: no clock, no lock, no socket.
//!
//! What it keeps of the service: a received message is hidden for the visibility timeout and comes
//! back unless deleted; every receive gives a new receipt handle and only the newest one deletes; a
//! message received `max_receives` times leaves for the dead-letter queue at its next receive.
//! (Amazon SQS Developer Guide: visibility timeout, dead-letter queues, delay queues.)

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// The attributes of a queue that matter here (`CreateQueue`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `VisibilityTimeout`: for how long a received message stays hidden.
    pub visibility: Duration,
    /// `RedrivePolicy`: where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// `RedrivePolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The name of the dead-letter queue.
    pub queue: String,
    /// `maxReceiveCount`.
    pub max_receives: u32,
}

impl Default for Settings {
    /// The service's own default: thirty seconds and no dead-letter queue.
    fn default() -> Self {
        Self { visibility: Duration::from_secs(30), redrive: None }
    }
}

/// What a sender gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub body: String,
    /// `AWSTraceHeader`.
    pub trace: Option<String>,
}

impl From<&str> for Sent {
    fn from(body: &str) -> Self {
        Self { body: body.to_owned(), trace: None }
    }
}

/// A message, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// `AWSTraceHeader`.
    pub trace: Option<String>,
    /// `SentTimestamp`.
    pub sent: Timestamp,
    /// `ApproximateFirstReceiveTimestamp`.
    pub first_received: Option<Timestamp>,
    /// `ApproximateReceiveCount`.
    pub receives: u32,
}

/// A message handed to a consumer, and what it needs to delete it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub message: Message,
    pub receipt: Receipt,
}

/// What one receive yields.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub received: Vec<Received>,
    /// Messages that were received too often and now belong in the dead-letter queue.
    pub dead: Vec<Message>,
}

/// A receipt handle: which delivery of which copy of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    serial: u64,
    receives: u32,
}

/// What a queue holds and has seen. Always `sent == deleted + moved + pending()`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// `ApproximateNumberOfMessages`.
    pub visible: usize,
    /// `ApproximateNumberOfMessagesNotVisible`.
    pub in_flight: usize,
    /// `ApproximateNumberOfMessagesDelayed`.
    pub delayed: usize,
    /// Messages ever put in.
    pub sent: usize,
    /// Messages deleted or purged.
    pub deleted: usize,
    /// Messages moved to the dead-letter queue.
    pub moved: usize,
}

impl Counts {
    /// Messages that still wait for someone to be done with them.
    pub fn pending(&self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

/// The text is no receipt handle of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAReceipt;

/// The message is not in flight under this receipt handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInFlight;

/// A standard queue.
#[derive(Debug, Default)]
pub struct Queue {
    settings: Settings,
    /// In the order of arrival, which is the order of delivery.
    slots: BTreeMap<u64, Slot>,
    next_serial: u64,
    deleted: usize,
    moved: usize,
}

#[derive(Debug)]
struct Slot {
    message: Message,
    visible_at: Timestamp,
}

impl Queue {
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// `SendMessage`: the message can be received once `delay` is over.
    pub fn send(&mut self, id: String, sent: Sent, delay: Duration, now: Timestamp) {
        let Sent { body, trace } = sent;
        let message = Message { id, body, trace, sent: now, first_received: None, receives: 0 };
        self.put(message, now + delay);
    }

    /// Takes in a message that another queue gave up on.
    pub fn adopt(&mut self, message: Message, now: Timestamp) {
        self.put(message, now);
    }

    fn put(&mut self, message: Message, visible_at: Timestamp) {
        self.slots.insert(self.next_serial, Slot { message, visible_at });
        self.next_serial += 1;
    }

    /// `ReceiveMessage`: up to `max` visible messages, oldest first, hidden for `visibility` (the queue's
    /// own when `None`).
    pub fn receive(&mut self, max: usize, visibility: Option<Duration>, now: Timestamp) -> Batch {
        let visible_again = now + visibility.unwrap_or(self.settings.visibility);
        let limit = self.settings.redrive.as_ref().map_or(u32::MAX, |redrive| redrive.max_receives);
        let mut batch = Batch::default();
        let mut spent = Vec::new();
        for (&serial, slot) in self.slots.iter_mut().filter(|(_, slot)| slot.visible_at <= now) {
            if slot.message.receives >= limit {
                spent.push(serial);
            } else if batch.received.len() < max {
                batch.received.push(slot.deliver(serial, visible_again, now));
            } else {
                break;
            }
        }
        self.moved += spent.len();
        batch.dead = spent.iter().filter_map(|serial| self.slots.remove(serial)).map(|s| s.message).collect();
        batch
    }

    /// `DeleteMessage`: whether anything was deleted. The service answers success either way: a stale
    /// receipt handle leaves the message alone, a repeated delete finds nothing.
    pub fn delete(&mut self, receipt: Receipt) -> bool {
        let current = self.slots.get(&receipt.serial).is_some_and(|s| s.message.receives == receipt.receives);
        if current {
            self.slots.remove(&receipt.serial);
            self.deleted += 1;
        }
        current
    }

    /// `ChangeMessageVisibility`: counts from now; zero gives the message back at once.
    pub fn change_visibility(
        &mut self,
        receipt: Receipt,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<(), NotInFlight> {
        let slot = self.slots.get_mut(&receipt.serial).ok_or(NotInFlight)?;
        if slot.message.receives != receipt.receives || slot.visible_at <= now {
            return Err(NotInFlight);
        }
        slot.visible_at = now + visibility;
        Ok(())
    }

    /// `PurgeQueue`.
    pub fn purge(&mut self) {
        self.deleted += self.slots.len();
        self.slots.clear();
    }

    pub fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts { deleted: self.deleted, moved: self.moved, ..Counts::default() };
        counts.sent = self.deleted + self.moved + self.slots.len();
        for slot in self.slots.values() {
            match (slot.visible_at <= now, slot.message.receives) {
                (true, _) => counts.visible += 1,
                (false, 0) => counts.delayed += 1,
                (false, _) => counts.in_flight += 1,
            }
        }
        counts
    }

    /// When a hidden message next shows itself, if there is one: how long a long poll may sleep.
    pub fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.slots.values().map(|slot| slot.visible_at).filter(|at| *at > now).min()
    }

    /// All messages, whether visible or not, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.slots.values().map(|slot| &slot.message)
    }
}

impl Slot {
    fn deliver(&mut self, serial: u64, visible_again: Timestamp, now: Timestamp) -> Received {
        self.visible_at = visible_again;
        self.message.receives += 1;
        self.message.first_received.get_or_insert(now);
        let receipt = Receipt { serial, receives: self.message.receives };
        Received { message: self.message.clone(), receipt }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AQEB-{:x}-{:x}", self.serial, self.receives)
    }
}

impl FromStr for Receipt {
    type Err = NotAReceipt;

    fn from_str(text: &str) -> Result<Self, NotAReceipt> {
        let (serial, receives) =
            text.strip_prefix("AQEB-").and_then(|rest| rest.split_once('-')).ok_or(NotAReceipt)?;
        Ok(Self {
            serial: u64::from_str_radix(serial, 16).map_err(|_| NotAReceipt)?,
            receives: u32::from_str_radix(receives, 16).map_err(|_| NotAReceipt)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_DELAY: Duration = Duration::ZERO;

    /// The moment `seconds` into the test.
    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Thirty seconds of visibility and two receives before a message counts as dead.
    fn queue(bodies: &[&str]) -> Queue {
        let redrive = Some(Redrive { queue: "dead".into(), max_receives: 2 });
        let mut queue = Queue::new(Settings { redrive, ..Settings::default() });
        for body in bodies {
            queue.send(format!("id-{body}"), (*body).into(), NO_DELAY, at(0));
        }
        queue
    }

    fn bodies(batch: &Batch) -> Vec<&str> {
        batch.received.iter().map(|received| received.message.body.as_str()).collect()
    }

    #[test]
    fn messages_come_in_the_order_of_sending_and_only_once() {
        let mut queue = queue(&["a", "b", "c"]);
        assert_eq!(bodies(&queue.receive(2, None, at(0))), ["a", "b"]);
        assert_eq!(bodies(&queue.receive(2, None, at(0))), ["c"]);
        assert_eq!(bodies(&queue.receive(2, None, at(29))), [""; 0]);
    }

    #[test]
    fn what_is_not_deleted_comes_back_after_the_visibility_timeout() {
        let mut queue = queue(&["a", "b"]);
        let first = queue.receive(10, None, at(0));
        assert!(queue.delete(first.received[1].receipt));
        let again = queue.receive(10, None, at(30));
        assert_eq!(bodies(&again), ["a"]);
        assert_eq!(again.received[0].message.receives, 2);
        assert_eq!(again.received[0].message.first_received, Some(at(0)));
    }

    #[test]
    fn a_stale_receipt_deletes_nothing() {
        let mut queue = queue(&["a"]);
        let first = queue.receive(1, None, at(0)).received[0].receipt;
        let second = queue.receive(1, None, at(30)).received[0].receipt;
        assert!(!queue.delete(first));
        assert!(queue.delete(second));
        assert!(!queue.delete(second));
    }

    #[test]
    fn a_message_received_too_often_is_dead_at_its_next_receive() {
        let mut queue = queue(&["poison", "good"]);
        let first = queue.receive(10, None, at(0));
        assert!(queue.delete(first.received[1].receipt));
        assert_eq!(bodies(&queue.receive(10, None, at(30))), ["poison"]);
        let third = queue.receive(10, None, at(60));
        assert!(third.received.is_empty());
        assert_eq!(third.dead.len(), 1);
        assert_eq!((third.dead[0].id.as_str(), third.dead[0].receives), ("id-poison", 2));
        assert_eq!(queue.counts(at(60)), Counts { sent: 2, deleted: 1, moved: 1, ..Counts::default() });
    }

    #[test]
    fn a_dead_message_does_not_use_up_the_batch() {
        let mut queue = queue(&["poison", "good"]);
        queue.receive(1, Some(NO_DELAY), at(0));
        queue.receive(1, Some(NO_DELAY), at(0));
        assert_eq!(bodies(&queue.receive(1, None, at(0))), ["good"]);
    }

    #[test]
    fn a_delayed_message_waits() {
        let mut queue = queue(&[]);
        queue.send("id".into(), "later".into(), Duration::from_secs(5), at(0));
        assert_eq!(queue.counts(at(4)).delayed, 1);
        assert_eq!(queue.next_visible(at(4)), Some(at(5)));
        assert!(queue.receive(1, None, at(4)).received.is_empty());
        assert_eq!(bodies(&queue.receive(1, None, at(5))), ["later"]);
    }

    #[test]
    fn visibility_can_be_changed_while_in_flight_only() {
        let mut queue = queue(&["a"]);
        let receipt = queue.receive(1, None, at(0)).received[0].receipt;
        assert_eq!(queue.change_visibility(receipt, Duration::from_secs(100), at(10)), Ok(()));
        assert_eq!(queue.next_visible(at(10)), Some(at(110)));
        assert_eq!(queue.change_visibility(receipt, NO_DELAY, at(20)), Ok(()));
        assert_eq!(queue.counts(at(20)).visible, 1);
        assert_eq!(queue.change_visibility(receipt, NO_DELAY, at(20)), Err(NotInFlight));
    }

    #[test]
    fn every_message_is_accounted_for() {
        let mut queue = queue(&["a", "b", "c", "d"]);
        queue.send("id-e".into(), "e".into(), Duration::from_secs(500), at(0));
        let batch = queue.receive(2, None, at(0));
        queue.delete(batch.received[0].receipt);
        let counts = queue.counts(at(1));
        assert_eq!((counts.visible, counts.in_flight, counts.delayed), (2, 1, 1));
        assert_eq!(counts.sent, counts.deleted + counts.moved + counts.pending());
        queue.purge();
        assert_eq!(queue.counts(at(1)), Counts { sent: 5, deleted: 5, ..Counts::default() });
    }

    #[test]
    fn a_receipt_survives_its_text() {
        let receipt = Receipt { serial: 300, receives: 4 };
        assert_eq!(receipt.to_string().parse(), Ok(receipt));
        for text in ["", "AQEB", "AQEB-1", "AQEB-x-1", "1-1"] {
            assert_eq!(text.parse::<Receipt>(), Err(NotAReceipt), "{text}");
        }
    }
}
