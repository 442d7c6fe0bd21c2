//! Misbehaviour on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// Something that goes wrong.
///
/// Faults of a moment happen once a session. With [`Plan::on_response`] they are counted from the creation
/// of that response, and without [`Plan::after`] they happen just after its second audio delta; otherwise from
/// the start of the session, and without `after` at once. The other faults hold while they are planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refuse to connect with this HTTP status: 401, 429, or any other.
    Refuse(u16),
    /// Take a connection to the model, and never answer it.
    Hang,

    /// A moment: `error` with code `session_expired`, then close 1001.
    SessionExpired,
    /// A moment: the TCP connection ends without a close frame.
    Reset,
    /// A moment: a text frame that is not JSON.
    MalformedFrame,
    /// A moment: nothing is read from the socket for so long.
    StopReading(Duration),

    /// After a cancelled response is done, so many more of its audio deltas arrive.
    LateDeltas(usize),
    /// `response.done` never comes.
    NoResponseDone,
    /// Audio deltas of these many bytes of µ-law, in turns.
    DeltaBytes(Vec<usize>),
    /// A delta without audio among the others.
    EmptyDelta,
    /// Events of a type that nobody knows, sprinkled in.
    UnknownEvents,
    /// `conversation.item.input_audio_transcription.failed` in place of `.completed`.
    TranscriptionFailed,
    /// The transcription comes after the response to it is done.
    TranscriptionLate,
}

impl Fault {
    pub fn on_response(self, number: u32) -> Plan {
        Plan::from(self).on_response(number)
    }

    pub fn after(self, delay: Duration) -> Plan {
        Plan::from(self).after(delay)
    }

    pub fn times(self, times: u32) -> Plan {
        Plan::from(self).times(times)
    }

    pub(super) fn is_of_a_moment(&self) -> bool {
        matches!(self, Self::SessionExpired | Self::Reset | Self::MalformedFrame | Self::StopReading(_))
    }
}

/// A fault, and when it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(super) fault: Fault,
    pub(super) response: Option<u32>,
    pub(super) after: Option<Duration>,
    times: Option<u32>,
}

impl Plan {
    /// Only on the nth response of a session, from 1. For transcriptions: on the nth turn of the caller.
    pub fn on_response(self, number: u32) -> Self {
        Self { response: Some(number), ..self }
    }

    /// Not before so much time has passed.
    pub fn after(self, delay: Duration) -> Self {
        Self { after: Some(delay), ..self }
    }

    /// So often in all sessions together: `Fault::Reset.times(1)` spares the session that reconnects.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

impl From<Fault> for Plan {
    fn from(fault: Fault) -> Self {
        Self { fault, response: None, after: None, times: None }
    }
}

/// A plan that is in force, shared by all sessions.
#[derive(Debug)]
pub(super) struct Armed {
    pub id: u32,
    pub plan: Plan,
    left: Option<AtomicU32>,
}

impl Armed {
    /// Whether it may happen (once more).
    pub fn take(&self) -> bool {
        self.left.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        })
    }
}

/// What is planned; sessions watch it.
#[derive(Debug)]
pub(super) struct Faults {
    plans: watch::Sender<Vec<Arc<Armed>>>,
    next: AtomicU32,
}

impl Faults {
    pub fn new() -> Self {
        Self { plans: watch::Sender::new(Vec::new()), next: AtomicU32::new(0) }
    }

    pub fn add(&self, plan: Plan) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let left = plan.times.map(AtomicU32::new);
        self.plans.send_modify(|plans| plans.push(Arc::new(Armed { id, plan, left })));
    }

    pub fn clear(&self) {
        self.plans.send_modify(Vec::clear);
    }

    pub fn watch(&self) -> watch::Receiver<Vec<Arc<Armed>>> {
        self.plans.subscribe()
    }

    /// A connection is left without an answer.
    pub fn hangs(&self) -> bool {
        self.plans.borrow().iter().any(|armed| armed.plan.fault == Fault::Hang && armed.take())
    }

    /// The HTTP status with which to refuse a connection.
    pub fn refusal(&self) -> Option<u16> {
        self.plans.borrow().iter().find_map(|armed| match armed.plan.fault {
            Fault::Refuse(status) if armed.take() => Some(status),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_ends_when_it_is_used_up_or_cleared() {
        let faults = Faults::new();
        faults.add(Fault::Refuse(429).times(2));
        assert_eq!([faults.refusal(), faults.refusal(), faults.refusal()], [Some(429), Some(429), None]);
        faults.add(Fault::Refuse(401).into());
        assert_eq!(faults.refusal(), Some(401));
        faults.clear();
        assert_eq!(faults.refusal(), None);
        faults.add(Fault::Hang.times(1));
        assert_eq!(([faults.hangs(), faults.hangs()], faults.refusal()), ([true, false], None));
    }
}
