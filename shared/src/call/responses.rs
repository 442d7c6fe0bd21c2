//! One response at a time: what the model is saying, and what it is to say next.

use std::{collections::VecDeque, time::Duration};

use super::outbox::Outbox;
use crate::wire::realtime::{
    client::{ClientEvent, ResponseOptions},
    server::{self, ApiError},
};

/// A response that shows no sign of life for this long is taken to be over.
pub const STALLED_AFTER: Duration = Duration::from_secs(15);
/// The model answers by itself when the caller stops. If it has not begun by then, it is asked to.
pub const EXPECTED_WITHIN: Duration = Duration::from_secs(4);
/// So many responses in a row without a word: there is no model to speak of.
const MAX_FAILURES: u32 = 3;
const MAX_WAITING: usize = 8;
const MAX_SILENCED: usize = 4;

/// Why a response is wanted. Of the first three, one serves for all that wait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// The caller has spoken. Any response that knows of it will do.
    Answer,
    /// There is news, such as what tools found.
    GoOn,
    /// The model's socket was replaced in the middle of an answer. No tool: it may have run already.
    Resume,
    /// No word, but a tool: the way through this menu.
    Choose(String),
    /// These very words.
    Say(String),
}

#[derive(Debug, Default)]
pub struct Responses {
    state: State,
    waiting: VecDeque<Ask>,
    /// Responses that the caller interrupted: whatever still comes of them is dropped.
    silenced: VecDeque<String>,
    last_sign: Duration,
    /// The newest response has said something.
    spoke: bool,
    failures: u32,
    asked: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// There is no model.
    #[default]
    Away,
    Idle,
    /// The caller stopped speaking: the model answers by itself.
    Expected,
    /// We asked.
    Requested(Ask),
    /// Ours was refused: one that we do not know of is active.
    Blocked,
    Active {
        id: String,
        /// Ours that may have begun it, unless an error still says otherwise.
        asked: Option<Ask>,
    },
}

/// How a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was not the present one.
    Unknown,
    Over,
    /// It came to nothing, and is asked for again.
    Failed,
    /// It came to nothing once too often.
    GivenUp,
}

impl Responses {
    /// Nothing is said, nothing is about to be said.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle | State::Away) && self.waiting.is_empty()
    }

    pub fn is_active(&self, response_id: &str) -> bool {
        matches!(&self.state, State::Active { id, .. } if id == response_id)
    }

    pub fn is_silenced(&self, response_id: &str) -> bool {
        self.silenced.iter().any(|id| id == response_id)
    }

    /// Whether the newest response has said something.
    pub fn spoke(&self) -> bool {
        self.spoke
    }

    /// What was said before was no answer to what they say.
    pub fn caller_speaks(&mut self) {
        self.spoke = false;
    }

    /// Asks for a response now, or once the present one is over.
    pub fn request(&mut self, ask: Ask, now: Duration, out: &mut Outbox) {
        self.wait(ask);
        self.next(now, out);
    }

    /// The caller stopped speaking. While another response is active the model cannot answer by itself.
    pub fn expect(&mut self, now: Duration) {
        match self.state {
            State::Idle => {
                self.state = State::Expected;
                self.last_sign = now;
            }
            State::Active { .. } | State::Blocked => self.wait(Ask::Answer),
            State::Away | State::Expected | State::Requested(_) => {}
        }
    }

    /// `false`: nobody here asked for it.
    pub fn created(&mut self, response_id: &str, now: Duration) -> bool {
        let asked = match std::mem::take(&mut self.state) {
            State::Requested(ask) => Some(ask),
            _ => None,
        };
        let ours = asked.is_some();
        self.state = State::Active { id: response_id.to_owned(), asked };
        self.last_sign = now;
        self.spoke = false;
        ours
    }

    /// The response says something.
    pub fn sign_of_life(&mut self, now: Duration) {
        self.last_sign = now;
        self.spoke = true;
    }

    /// A response is over. What waits is asked for by [`next`](Self::next).
    pub fn done(&mut self, response_id: &str, status: &str) -> Ended {
        match std::mem::take(&mut self.state) {
            State::Active { id, asked } if id == response_id => {
                self.state = State::Idle;
                let silent = !self.spoke && !self.is_silenced(response_id);
                if silent && matches!(status, "failed" | "incomplete" | "cancelled") {
                    return self.failed(asked.unwrap_or(Ask::Answer));
                }
                self.failures = 0;
                Ended::Over
            }
            State::Blocked => {
                self.state = State::Idle;
                Ended::Over
            }
            state => {
                self.state = state;
                Ended::Unknown
            }
        }
    }

    /// What the model complains of.
    pub fn error(&mut self, error: &ApiError, now: Duration) -> Ended {
        let ours = error.event_id.as_ref().is_some_and(|id| *id == self.event_id());
        match error.code.as_deref() {
            Some(server::ALREADY_ACTIVE) => {
                if ours || error.event_id.is_none() {
                    self.refused(now);
                }
                Ended::Unknown
            }
            Some(server::CANCEL_NOT_ACTIVE) => self.cancelled_too_late(),
            _ if ours => match std::mem::take(&mut self.state) {
                State::Requested(ask) => {
                    self.state = State::Idle;
                    self.failed(ask)
                }
                state => {
                    self.state = state;
                    Ended::Unknown
                }
            },
            _ => Ended::Unknown,
        }
    }

    /// Asks for what waits, if the model is free.
    pub fn next(&mut self, now: Duration, out: &mut Outbox) {
        if self.state != State::Idle {
            return;
        }
        let Some(ask) = self.waiting.pop_front() else { return };
        self.asked += 1;
        out.model(&ClientEvent::ResponseCreate { event_id: Some(self.event_id()), response: ask.options() });
        self.state = State::Requested(ask);
        self.last_sign = now;
    }

    /// The caller speaks: cancels what is active, and forgets what waits.
    pub fn interrupt(&mut self, out: &mut Outbox) {
        self.waiting.clear();
        if let State::Requested(ask) = &mut self.state {
            // Whatever it was for, what the caller says now is to be answered.
            *ask = Ask::Answer;
        }
        self.silence(out);
    }

    /// Cancels what is active, and drops what still comes of it.
    pub fn silence(&mut self, out: &mut Outbox) {
        if let State::Active { id, asked } = &mut self.state {
            *asked = None;
            let id = id.clone();
            if !self.is_silenced(&id) {
                self.cancel(id, out);
            }
        }
    }

    /// What was wanted is wanted no longer.
    pub fn forget(&mut self) {
        self.waiting.clear();
    }

    /// The model is gone. What it was about to say is asked for again; half an answer is resumed.
    pub fn lost(&mut self) {
        let owed = match std::mem::take(&mut self.state) {
            State::Requested(ask @ Ask::Say(_)) => Some(ask),
            State::Active { asked: Some(ask @ Ask::Say(_)), .. } => Some(ask).filter(|_| !self.spoke),
            State::Active { id, .. } if self.is_silenced(&id) => None,
            State::Away | State::Idle | State::Blocked => None,
            State::Expected | State::Requested(_) | State::Active { .. } => Some(Ask::Resume),
        };
        let waited = std::mem::take(&mut self.waiting);
        for ask in owed.into_iter().chain(waited) {
            self.wait(match ask {
                Ask::Answer | Ask::GoOn => Ask::Resume,
                ask => ask,
            });
        }
        self.silenced.clear();
    }

    /// A model is there; nothing was asked of it yet.
    pub fn ready(&mut self) {
        self.state = State::Idle;
    }

    /// Whether these words are still to be asked for.
    pub fn is_to_say(&self, words: &str) -> bool {
        self.waiting.iter().any(|ask| matches!(ask, Ask::Say(waiting) if waiting == words))
    }

    /// What is to be said before anything else.
    pub fn first(&mut self, ask: Ask) {
        let ask = self.take_like(&ask).map_or(ask.clone(), |waiting| waiting.max(ask));
        self.waiting.push_front(ask);
    }

    /// What was asked for came to nothing: it is asked for again, but not for ever.
    pub fn failed(&mut self, ask: Ask) -> Ended {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            return Ended::GivenUp;
        }
        self.first(ask);
        Ended::Failed
    }

    pub fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Away | State::Idle => None,
            State::Expected => Some(self.last_sign + EXPECTED_WITHIN),
            State::Requested(_) | State::Blocked | State::Active { .. } => {
                Some(self.last_sign + STALLED_AFTER)
            }
        }
    }

    /// Gives up what has shown no sign of life.
    pub fn tick(&mut self, now: Duration, out: &mut Outbox) -> Ended {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ended::Unknown;
        }
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Expected => self.wait(Ask::Answer),
            State::Requested(ask) => return self.failed(ask),
            State::Active { id, asked } => {
                if !self.is_silenced(&id) {
                    self.cancel(id, out);
                    if !self.spoke {
                        return self.failed(asked.unwrap_or(Ask::Answer));
                    }
                }
            }
            State::Away | State::Idle | State::Blocked => {}
        }
        Ended::Over
    }

    /// Another response is active. Of one that we know, any answer to the caller is good enough.
    fn refused(&mut self, now: Duration) {
        match std::mem::take(&mut self.state) {
            State::Requested(ask) => {
                self.first(ask);
                self.state = State::Blocked;
                self.last_sign = now;
            }
            State::Expected => {
                self.wait(Ask::Answer);
                self.state = State::Blocked;
                self.last_sign = now;
            }
            State::Active { id, asked } => {
                if let Some(ask) = asked.filter(|ask| *ask != Ask::Answer) {
                    self.first(ask);
                }
                self.state = State::Active { id, asked: None };
            }
            state => self.state = state,
        }
    }

    /// What we cancelled was over already, and its end was not announced.
    fn cancelled_too_late(&mut self) -> Ended {
        match &self.state {
            State::Active { id, .. } if self.is_silenced(id) => {
                self.state = State::Idle;
                Ended::Over
            }
            _ => Ended::Unknown,
        }
    }

    fn cancel(&mut self, id: String, out: &mut Outbox) {
        out.model(&ClientEvent::ResponseCancel { response_id: Some(id.clone()) });
        self.silenced.push_back(id);
        if self.silenced.len() > MAX_SILENCED {
            self.silenced.pop_front();
        }
    }

    fn wait(&mut self, ask: Ask) {
        if let Some(index) = self.waiting.iter().position(|waiting| waiting.is_like(&ask)) {
            if self.waiting[index] < ask {
                self.waiting[index] = ask;
            }
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(ask);
        }
    }

    fn take_like(&mut self, ask: &Ask) -> Option<Ask> {
        let index = self.waiting.iter().position(|waiting| waiting.is_like(ask))?;
        self.waiting.remove(index)
    }

    /// Names our newest request, so that an error can be told to be about it.
    fn event_id(&self) -> String {
        format!("ask_{}", self.asked)
    }
}

impl Ask {
    /// One response would do for both.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Say(words), Self::Say(others)) => words == others,
            (Self::Choose(_), Self::Choose(_)) => true,
            (Self::Say(_) | Self::Choose(_), _) | (_, Self::Say(_) | Self::Choose(_)) => false,
            _ => true,
        }
    }

    fn options(&self) -> Option<ResponseOptions> {
        match self {
            Self::Answer | Self::GoOn => None,
            Self::Resume => Some(ResponseOptions::without_tools()),
            Self::Choose(menu) => Some(ResponseOptions::choose(menu)),
            Self::Say(words) => Some(ResponseOptions::say(words)),
        }
    }
}
