//! One response at a time: what the model is saying, and what it is to say next.

use std::{collections::VecDeque, time::Duration};

use super::outbox::Outbox;
use crate::wire::realtime::client::{ClientEvent, ResponseOptions};

/// A response that shows no sign of life for this long is taken to be over.
pub const STALLED_AFTER: Duration = Duration::from_secs(15);
const MAX_WAITING: usize = 4;
const MAX_SILENCED: usize = 4;

#[derive(Debug, Default)]
pub struct Responses {
    state: State,
    waiting: VecDeque<Option<ResponseOptions>>,
    /// Responses that the caller interrupted: whatever still comes of them is dropped.
    silenced: VecDeque<String>,
    last_sign: Duration,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// Asked for, by us or by the end of the caller's speech; its id is not known yet.
    Requested,
    Active(String),
}

impl Responses {
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    pub fn is_active(&self, response_id: &str) -> bool {
        matches!(&self.state, State::Active(id) if id == response_id)
    }

    pub fn is_silenced(&self, response_id: &str) -> bool {
        self.silenced.iter().any(|id| id == response_id)
    }

    /// Asks for a response now, or once the present one is over.
    pub fn request(&mut self, options: Option<ResponseOptions>, now: Duration, out: &mut Outbox) {
        if self.is_idle() {
            out.model(&ClientEvent::ResponseCreate { response: options });
            self.expect(now);
        } else if self.waiting.len() < MAX_WAITING && !self.waiting.contains(&options) {
            self.waiting.push_back(options);
        }
    }

    /// The model answers by itself: the caller stopped speaking.
    pub fn expect(&mut self, now: Duration) {
        if self.is_idle() {
            self.state = State::Requested;
            self.last_sign = now;
        }
    }

    pub fn created(&mut self, response_id: &str, now: Duration) {
        self.state = State::Active(response_id.to_owned());
        self.last_sign = now;
    }

    pub fn sign_of_life(&mut self, now: Duration) {
        self.last_sign = now;
    }

    /// A response is over; the next one that waits is asked for. `false`: it was not the active one.
    pub fn done(&mut self, response_id: &str, now: Duration, out: &mut Outbox) -> bool {
        let was_active = self.is_active(response_id);
        if was_active {
            self.over(now, out);
        }
        was_active
    }

    /// What the model says of a request that it refused: another response is active, or none is.
    pub fn refused(&mut self, another_is_active: bool, now: Duration, out: &mut Outbox) {
        if !another_is_active {
            self.over(now, out);
        } else if self.state == State::Requested {
            // The one that is active announces its end; ours is asked for then.
            self.waiting.push_front(None);
            self.waiting.truncate(MAX_WAITING);
        }
    }

    /// The caller speaks: cancels what is active, forgets what waits, and drops what still comes of it.
    pub fn interrupt(&mut self, out: &mut Outbox) {
        self.waiting.clear();
        if let State::Active(id) = &self.state {
            if self.silenced.contains(id) {
                return;
            }
            out.model(&ClientEvent::ResponseCancel { response_id: Some(id.clone()) });
            self.silenced.push_back(id.clone());
            if self.silenced.len() > MAX_SILENCED {
                self.silenced.pop_front();
            }
        }
    }

    /// A new model socket knows of no response.
    pub fn reset(&mut self) {
        self.state = State::Idle;
        self.waiting.clear();
    }

    pub fn deadline(&self) -> Option<Duration> {
        (!self.is_idle()).then(|| self.last_sign + STALLED_AFTER)
    }

    pub fn tick(&mut self, now: Duration, out: &mut Outbox) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.over(now, out);
        }
    }

    fn over(&mut self, now: Duration, out: &mut Outbox) {
        self.state = State::Idle;
        if let Some(options) = self.waiting.pop_front() {
            self.request(options, now, out);
        }
    }
}
