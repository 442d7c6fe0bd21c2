//! A call in text, for when no realtime model can be had: Twilio hears and speaks (`ConversationRelay`), the text brain
//! answers. What to do is decided by [`Texted`]; here text moves, answers are made on the side, and turns are stored.

use std::{pin::Pin, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender},
        watch,
    },
    task::{AbortHandle, JoinSet},
    time::{Instant, Sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, protocol::frame::coding::CloseCode};
use twin::{
    call::{
        outbox,
        texted::{Input, Output, Texted},
    },
    chat::Progress,
    error::Error,
    id::{CallSid, MessageId},
    interaction::{Meter, Outcome, Speaker, Turn},
    routing::RouteKind,
    store::Redeemed,
    tools::PhoneEffect,
    transfer,
    twin::{Acted, Aloud, Chatting, OnCall, Rerouted, Session, Spoken, Written},
    wire::{
        ticket::Ticket,
        twilio::conversation::{Incoming, Outgoing, decode},
    },
};

use crate::{
    State, callee,
    either::poll,
    ending::{close_conversation, metered},
    handshake::{self, Refusal, START_WITHIN},
    opening::{arrival, greeting, is_worth_reading},
    owner,
    relay::{Detecting, Ringing},
    side::{Finished, SETTLE_WITHIN, alert, leaves, persist, unbroken},
    socket::{Socket, Transport},
};

/// An answer that is not whole by then never will be.
const ANSWERED_WITHIN: Duration = Duration::from_secs(40);
/// Bits of answers that wait to be sent.
const WAITING: usize = 64;
const FAR: Duration = Duration::from_hours(24);
/// What a model is told of an answer that was broken off.
const UNHEARD: &str = "Your last answer was interrupted before they could hear what it had done already; say so, and mend \
it if it is not what they want now:";

/// What becomes of an answer.
enum Told {
    Words(String),
    Whole(Box<Result<Aloud, Error>>),
}

/// With the number of the answer.
type Numbered = (u32, Told);

struct Conversation<S> {
    state: State,
    ticket: Ticket,
    twilio: Socket<S>,
    session: Arc<Session>,
    chatting: Chatting,
    texted: Texted,
    out: Vec<Output>,
    side: JoinSet<Finished>,
    /// Among them: it waits until the relay has to stop.
    leaving: AbortHandle,
    words: (Sender<Numbered>, Receiver<Numbered>),
    ringing: Option<Ringing>,
    detecting: Option<Detecting>,
    newest: u32,
    /// What a stranger said first was looked at.
    has_read: bool,
    /// The oldest first.
    said: Vec<Turn>,
    /// The answer under way: true, once it is not wanted any more.
    under_way: Option<watch::Sender<bool>>,
    /// Is answered as soon as what is under way has come to its end: what that does, this needs to know.
    next: Option<Asked>,
    /// What answers did that nobody heard of.
    unheard: Vec<String>,
    /// So that what is said comes after what was said in an engine that is gone.
    began: Instant,
    /// This engine.
    since: Instant,
    closing: CloseCode,
}

/// Carries one call from its first message to its last.
pub async fn serve<S: Transport>(state: State, ticket: Ticket, mut twilio: Socket<S>) {
    match Box::pin(admit(&state, &ticket, &mut twilio)).await {
        Ok(session) => {
            if let Some(conversation) = Box::pin(Conversation::begin(state, ticket, session, twilio)).await {
                conversation.run().await;
            }
        }
        Err(Refusal(code, reason)) => {
            tracing::warn!(call = %ticket.call, reason, "a conversation in text was refused");
            handshake::close(&mut twilio, code, reason).await;
        }
    }
}

/// `setup` within five seconds, for the ticket's call, which has lost its other engine, once.
async fn admit<S: Transport>(
    state: &State,
    ticket: &Ticket,
    twilio: &mut Socket<S>,
) -> Result<Session, Refusal> {
    let (account, call) = match tokio::time::timeout(START_WITHIN, setup(twilio)).await {
        Ok(setup) => setup?,
        Err(_) => return Err(Refusal(CloseCode::Policy, "no setup")),
    };
    if call != ticket.call || account != state.twilio.account_sid {
        return Err(Refusal(CloseCode::Policy, "the ticket is of another call"));
    }
    let now = Timestamp::now();
    let not_available = |error: String| {
        tracing::error!(call = %ticket.call, error, "a conversation in text does not begin");
        Refusal(CloseCode::Error, "not available")
    };
    match state.twin.store().redeem_fallback(&ticket.call, now).await {
        Ok(Redeemed::Now) => {}
        Ok(Redeemed::Before) => return Err(Refusal(CloseCode::Policy, "the ticket was used")),
        Err(error) => return Err(not_available(error.to_string())),
    }
    state.twin.open(&arrival(ticket), now).await.map_err(|error| not_available(error.to_string()))
}

async fn setup<S: Transport>(twilio: &mut Socket<S>) -> Result<(String, CallSid), Refusal> {
    while let Some(message) = twilio.next().await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Err(WsError::Capacity(_)) => return Err(Refusal(CloseCode::Size, "too large")),
            _ => break,
        };
        return match decode(&text) {
            Ok(Incoming::Setup { account_sid, call_sid }) => Ok((account_sid, call_sid)),
            _ => Err(Refusal(CloseCode::Policy, "not a setup")),
        };
    }
    Err(Refusal(CloseCode::Normal, "gone"))
}

impl<S: Transport> Conversation<S> {
    /// `None`: what was said before cannot be read, and the socket is closed.
    async fn begin(state: State, ticket: Ticket, session: Session, mut twilio: Socket<S>) -> Option<Self> {
        let turns = match state.twin.store().turns(&session.person, &session.interaction).await {
            Ok(turns) => turns,
            Err(error) => {
                tracing::error!(call = %ticket.call, %error, "what was said before is not read");
                handshake::close(&mut twilio, CloseCode::Error, "not available").await;
                return None;
            }
        };
        let placed = session.briefing.outbound.clone();
        // A screening service is nobody who was greeted.
        let to_a_machine = placed.as_ref().map(|words| words.screened.as_str());
        let mut said = turns.iter().filter(|turn| turn.speaker == Speaker::Twin);
        let greeted = said.any(|turn| Some(turn.text.as_str()) != to_a_machine);
        let theirs = turns.iter().filter(|turn| turn.speaker == Speaker::Person);
        let goes_on = session.briefing.spoken.clone().after(theirs.map(|turn| turn.text.as_str()));
        let (greeting, spoken) = if greeted {
            (goes_on.words().again.to_owned(), goes_on)
        } else {
            (greeting(&session, &ticket), session.briefing.spoken.clone())
        };
        // Whoever answered Twilio may not have known it.
        let out = vec![Output::Send(Outgoing::speaks(spoken.language))];
        let last = turns.iter().map(|turn| turn.sequence).max().unwrap_or(0);
        let mut texted = Texted::new(&greeting, spoken, last, state.limits);
        let chatting = state.twin.chatting_aloud(&session, Timestamp::now());
        let before = turns.iter().map(|turn| turn.offset_ms + 1).max().unwrap_or(0);
        let (before, session, now) = (Duration::from_millis(before), Arc::new(session), Instant::now());
        let awaited = placed.filter(|_| !greeted);
        let detecting: Option<Detecting> = match &awaited {
            Some(_) => Some(Box::pin(callee::detected(state.clone(), session.clone()))),
            None => None,
        };
        if let Some(words) = awaited {
            texted.placed(words, before);
        }
        let mut side = JoinSet::new();
        let leaving = side.spawn(leaves(state.slots.leaving()));
        Some(Self {
            state,
            ticket,
            twilio,
            session,
            chatting,
            texted,
            out,
            side,
            leaving,
            words: mpsc::channel(WAITING),
            ringing: None,
            detecting,
            newest: 0,
            has_read: turns.iter().any(is_worth_reading),
            said: turns,
            under_way: None,
            next: None,
            unheard: Vec::new(),
            began: now.checked_sub(before).unwrap_or(now),
            since: now,
            closing: CloseCode::Normal,
        })
    }

    async fn run(mut self) {
        tracing::info!(call = %self.ticket.call, interaction = %self.ticket.interaction, "a call goes on in text");
        let timer = sleep_until(self.began + FAR);
        tokio::pin!(timer);
        if self.detecting.is_none() {
            self.texted.greet(self.began.elapsed(), &mut self.out);
        }
        self.perform();
        while self.texted.outcome().is_none() {
            self.step(timer.as_mut()).await;
            self.perform();
        }
        self.finish().await;
    }

    async fn step(&mut self, mut timer: Pin<&mut Sleep>) {
        let due = self.began + self.texted.deadline().unwrap_or(FAR);
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        tokio::select! {
            biased;
            message = self.twilio.next() => self.on_twilio(message),
            Some((answer, told)) = self.words.1.recv() => self.on_answer(answer, told),
            state = poll(&mut self.ringing) => {
                self.ringing = None;
                if state != transfer::State::Accepted {
                    self.tell(Input::Told(state.told()));
                }
            }
            detected = poll(&mut self.detecting) => {
                self.detecting = None;
                self.tell(Input::Detected(detected));
            }
            Some(finished) = self.side.join_next() => match finished {
                Ok(Finished::Rerouted(rerouted)) => self.rerouted(rerouted),
                Ok(Finished::Leaves) => self.tell(Input::Leave),
                Ok(_) => {}
                Err(error) => {
                    let panicked = error.is_panic();
                    tracing::error!(call = %self.ticket.call, panicked, "a task on the side failed");
                }
            },
            () = timer.as_mut() => self.tell(Input::Tick),
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        self.texted.handle(input, self.began.elapsed(), &mut self.out);
    }

    fn on_twilio(&mut self, message: Option<Result<Message, WsError>>) {
        match message {
            Some(Ok(Message::Text(text))) => match decode(&text) {
                Ok(message) => {
                    if let Incoming::Error { .. } = message {
                        // Its words may quote what was said.
                        tracing::warn!(call = %self.ticket.call, "Twilio reports an error");
                    }
                    self.tell(Input::Twilio(message));
                }
                Err(_) => self.tell(Input::BadFrame),
            },
            Some(Ok(Message::Binary(_))) => self.tell(Input::BadFrame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => {
                if matches!(error, WsError::Capacity(_)) {
                    self.closing = CloseCode::Size;
                }
                self.tell(Input::Gone);
            }
            Some(Ok(Message::Close(_))) | None => self.tell(Input::Gone),
        }
    }

    fn on_answer(&mut self, answer: u32, told: Told) {
        match told {
            Told::Words(words) => self.tell(Input::Words { answer, words: &words }),
            Told::Whole(whole) => {
                let unwanted = self.under_way.take().is_some_and(|under_way| *under_way.borrow());
                match *whole {
                    Ok(aloud) => self.answered(answer, aloud, unwanted),
                    Err(error) => {
                        tracing::error!(alarm = "model_unavailable", call = %self.ticket.call, %error, "no answer");
                        self.tell(Input::Unanswered { answer });
                    }
                }
                if let Some(next) = self.next.take() {
                    self.answer(next);
                }
            }
        }
    }

    fn answered(&mut self, answer: u32, aloud: Aloud, unwanted: bool) {
        let Aloud { answer: whole, acted, expects } = aloud;
        let ends_call = acted.iter().any(|acted| acted.ends_call);
        for acted in acted {
            self.acted(acted);
        }
        if unwanted {
            self.unheard.extend(whole.done);
        } else {
            self.chatting.chat.expects = expects;
            self.tell(Input::Answered { answer, text: &whole.text, ends_call });
        }
    }

    /// What a tool did beside its answer.
    fn acted(&mut self, acted: Acted) {
        if let Some(PhoneEffect::RingOwner { .. }) = acted.effect {
            self.ringing = Some(Box::pin(owner::decides(self.state.clone(), self.session.clone())));
        }
        if let Some(rerouted) = acted.rerouted {
            self.rerouted(rerouted);
        }
    }

    fn rerouted(&mut self, Rerouted { route, instructions }: Rerouted) {
        self.ticket.route = route;
        Arc::make_mut(&mut self.session).briefing.instructions = instructions;
    }

    fn perform(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Send(message) => self.send(&message),
                Output::Ask { answer, said, note } => self.ask(answer, said, note),
                Output::Drop => self.drop_answer(),
                Output::Persist(turn) => {
                    self.said.push(turn.clone());
                    let is_first = !self.has_read && self.ticket.challenged && is_worth_reading(&turn);
                    self.has_read |= is_first;
                    self.side.spawn(persist(self.state.clone(), self.session.clone(), turn, is_first));
                }
                Output::Alert(said) => {
                    self.side.spawn(alert(self.state.clone(), self.session.clone(), said));
                }
                Output::Close(outbox::CloseCode::Policy) => self.closing = CloseCode::Policy,
                Output::Close(outbox::CloseCode::Normal) => {}
            }
        }
    }

    fn send(&mut self, message: &Outgoing) {
        // Plain data is always JSON.
        let text = serde_json::to_vec(message).unwrap_or_default().into();
        self.twilio.queue(outbox::Message { text, audio: false });
    }

    fn ask(&mut self, answer: u32, said: String, note: Option<&'static str>) {
        self.newest = answer;
        let mut before = self.said.clone();
        // What is answered was said now.
        before.pop_if(|last| last.speaker == Speaker::Person && last.text == said);
        let asked = Asked { answer, said, before, note };
        if self.under_way.is_some() {
            self.drop_answer();
            self.next = Some(asked);
        } else {
            self.answer(asked);
        }
    }

    fn drop_answer(&mut self) {
        self.next = None;
        if let Some(under_way) = &self.under_way {
            under_way.send_replace(true);
        }
    }

    fn answer(&mut self, asked: Asked) {
        let mut session = (*self.session).clone();
        if let Some(note) = asked.note {
            session.briefing.add(note);
        }
        if !self.unheard.is_empty() {
            session.briefing.add(&format!("{UNHEARD} {}", self.unheard.join(" ")));
            self.unheard.clear();
        }
        let (under_way, unwanted) = watch::channel(false);
        self.under_way = Some(under_way);
        let with = With { session, chatting: self.chatting.clone(), route: self.ticket.route, unwanted };
        let (state, call, to) = (self.state.clone(), self.ticket.call.clone(), self.words.0.clone());
        self.side.spawn(answered(state, call, asked, with, to));
    }

    async fn finish(mut self) {
        let elapsed = self.began.elapsed();
        let outcome = self.texted.finish(elapsed, &mut self.out);
        self.perform();
        // Nobody takes what answers still say.
        drop(self.words);
        self.leaving.abort();
        let settled = async { while self.side.join_next().await.is_some() {} };
        if tokio::time::timeout(SETTLE_WITHIN, settled).await.is_err() {
            tracing::error!(call = %self.ticket.call, "turns or tools were still under way at the end");
        }
        Box::pin(metered(&self.state, &self.ticket, Meter::Text, self.since.elapsed())).await;
        Box::pin(close_conversation(&self.state, &self.ticket, outcome)).await;
        handshake::close(&mut self.twilio, self.closing, reason(outcome)).await;
        tracing::info!(call = %self.ticket.call, ?outcome, seconds = elapsed.as_secs(), "a call in text ends");
    }
}

fn reason(outcome: Outcome) -> &'static str {
    if outcome == Outcome::Lost { "refused" } else { "over" }
}

/// What is to be answered.
struct Asked {
    answer: u32,
    said: String,
    before: Vec<Turn>,
    note: Option<&'static str>,
}

/// What it is answered with.
struct With {
    session: Session,
    chatting: Chatting,
    route: RouteKind,
    unwanted: watch::Receiver<bool>,
}

/// One answer, told as it is made. Whoever interrupts it stops hearing it; what it has done by then is done.
async fn answered(state: State, call: CallSid, asked: Asked, with: With, to: Sender<Numbered>) -> Finished {
    let Asked { answer, said, before, .. } = asked;
    let With { session, mut chatting, route, unwanted } = with;
    let (progress, mut told) = mpsc::channel(WAITING);
    let work = async {
        let id = MessageId::derived(&format!("{}-{answer}", session.interaction.suffix()));
        let id = id.map_err(|error| Error::Invalid(error.to_string()))?;
        let written = Written { id: &id, text: &said };
        let through = OnCall { telephony: &state.telephony, base: &state.urls.base, call: &call };
        let spoken = Spoken { written, before: &before, through, route, unwanted };
        let aloud = state.twin.answer_aloud(&mut chatting, &session, &spoken, &progress, Timestamp::now());
        let aloud = unbroken(Box::pin(aloud), || Err(Error::Internal("an answer panicked".into())));
        match tokio::time::timeout(ANSWERED_WITHIN, aloud).await {
            Ok(aloud) => aloud,
            Err(late) => Err(Error::Upstream(Box::new(late))),
        }
    };
    tokio::pin!(work);
    let whole = loop {
        tokio::select! {
            biased;
            Some(progress) = told.recv() => words(answer, progress, &to).await,
            whole = &mut work => break whole,
        }
    };
    while let Ok(progress) = told.try_recv() {
        words(answer, progress, &to).await;
    }
    if to.send((answer, Told::Whole(Box::new(whole)))).await.is_err() {
        tracing::debug!("nobody hears the rest of an answer");
    }
    Finished::Stored
}

async fn words(answer: u32, progress: Progress, to: &Sender<Numbered>) {
    if let Progress::Text(text) = progress
        && to.send((answer, Told::Words(text))).await.is_err()
    {
        tracing::debug!("nobody hears the rest of an answer");
    }
}
