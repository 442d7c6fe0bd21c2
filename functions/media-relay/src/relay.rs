//! One call: both sockets, the tools and the clock around [`Call`].

mod finish;
mod sessions;

use std::{
    collections::VecDeque,
    future::poll_fn,
    ops::Range,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, Interval, MissedTickBehavior, Sleep, interval_at, sleep_until},
};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use twin::{
    call::{
        Call, Input,
        log::{Filled, Line},
        outbox::{self, Effect, Outbox},
    },
    outbound::Detected,
    tools::PhoneEffect,
    transfer,
    twin::{Acted, Rerouted, Session},
    wire::{
        live::server as live_server,
        realtime::server,
        ticket::Ticket,
        trace::Trace,
        twilio::media::{self, Start},
    },
};

use self::sessions::connection;
use crate::{
    Slots, State,
    charge::Charge,
    either::{Heard, lost, poll, poll_heard},
    live,
    losses::Losses,
    model::ModelSocket,
    opening::{Connected, Connecting, Failure, first_connection, is_worth_reading, realtime},
    owner,
    seldom::Seldom,
    side::{Finished, ToolCall, alert, persist, run_tool},
    socket::{Socket, Transport},
    wire_log::WireLog,
};

const FAR: Duration = Duration::from_hours(24);
/// Each is paid for before it comes.
const MINUTE: Duration = Duration::from_mins(1);
/// The part of a minute after which the third is paid for, so that calls which began together do not all pay at once.
const FIRST_MINUTE: Range<f64> = 0.5..1.0;

pub(crate) type Ringing = Pin<Box<dyn Future<Output = transfer::State> + Send>>;
pub(crate) type Detecting = Pin<Box<dyn Future<Output = Detected> + Send>>;

/// What a call waits for. What is seldom is in boxes: it is moved for each frame.
enum Event {
    Heard(Heard),
    Connected(Box<Result<Connected, Failure>>),
    NextLost,
    Rung(transfer::State),
    Detected(Detected),
    Finished(Box<Result<Finished, JoinError>>),
    Retired(Option<f64>),
    Minute,
    Time,
}

pub struct Relay<S> {
    state: State,
    ticket: Ticket,
    twilio: Socket<S>,
    model: Option<ModelSocket>,
    /// Takes over from it as soon as nobody speaks.
    next: Option<Box<ModelSocket>>,
    /// The model is GPT-Live: seconds that its sessions so far say are to be paid for.
    live: Option<f64>,
    connecting: Option<Connecting>,
    /// The owner's telephone rings.
    ringing: Option<Ringing>,
    /// Twilio listens who has picked up a call of ours.
    detecting: Option<Detecting>,
    losses: Losses,
    /// Why there was no model.
    failure: Option<Failure>,
    session: Option<Arc<Session>>,
    charge: Option<Charge>,
    minutes: Interval,
    call: Call,
    /// For bug reports, where it is wanted.
    log: Option<WireLog>,
    out: Outbox,
    side: JoinSet<Finished>,
    /// Sessions that another took over from, until they have ended: seconds that are paid for, of GPT-Live. Nothing waits for
    /// them.
    retired: JoinSet<Option<f64>>,
    /// Tools run one after the other: what one saves, the next may need.
    tools: VecDeque<ToolCall>,
    tool_is_running: bool,
    seldom: Seldom,
    /// What a stranger said first was looked at.
    has_read: bool,
    /// Messages that were read since anything was sent.
    unsent_for: u32,
    began: Instant,
    closing: Option<outbox::CloseCode>,
    too_large: bool,
    /// They say when the relay has to stop. `None`: the call knows.
    leaving: Option<Slots>,
}

impl<S: Transport> Relay<S> {
    pub fn new(state: State, ticket: Ticket, start: Start, twilio: Socket<S>) -> Self {
        let call = Call::new(&start.stream_sid, state.limits);
        let began = || Line::began(&start.stream_sid, state.limits, &state.voice);
        let directory = state.call_logs.clone();
        let log = directory.map(|directory| WireLog::begin(directory, &ticket.call, began()));
        let connecting = Some(first_connection(state.clone(), &ticket));
        let leaving = Some(state.slots.clone());
        Self {
            state,
            ticket,
            twilio,
            model: None,
            next: None,
            live: None,
            connecting,
            ringing: None,
            detecting: None,
            losses: Losses::default(),
            failure: None,
            session: None,
            charge: None,
            minutes: minutes(),
            call,
            log,
            out: Outbox::default(),
            side: JoinSet::new(),
            retired: JoinSet::new(),
            tools: VecDeque::new(),
            tool_is_running: false,
            seldom: Seldom::new(),
            has_read: false,
            unsent_for: 0,
            began: Instant::now(),
            closing: None,
            too_large: false,
            leaving,
        }
    }

    /// On the heap: a future keeps room for each place that a value was moved to.
    pub async fn run(mut self: Box<Self>) {
        let trace = self.ticket.trace.as_ref().map(Trace::root);
        tracing::info!(call = %self.ticket.call, interaction = %self.ticket.interaction, trace, "a call begins");
        let timer = sleep_until(self.began + FAR);
        tokio::pin!(timer);
        while self.call.outcome().is_none() {
            self.step(timer.as_mut()).await;
            // Looked for instead of waited for: something is heard of a call fifty times a second.
            if self.leaving.as_ref().is_some_and(Slots::is_leaving) {
                self.leaving = None;
                self.tell(Input::Leave);
            }
            self.perform();
            if self.next.is_some() && self.call.is_quiet(self.began.elapsed()) {
                self.roll_over();
                self.perform();
            }
        }
        self.finish().await;
    }

    /// Waits for one thing to happen and tells the call.
    async fn step(&mut self, mut timer: Pin<&mut Sleep>) {
        if !self.seldom.is_pending() {
            let due = self.began + self.call.deadline().unwrap_or(FAR);
            // Only ever earlier: what becomes due later, as with each word, is looked at again when the timer ends.
            if due < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
        }
        match self.event(timer).await {
            Event::Heard(Heard::Twilio(message)) => self.on_twilio(message),
            Event::Heard(Heard::Model(message)) => self.on_model(message),
            Event::Connected(connected) => self.connected(*connected),
            Event::NextLost => self.next = None,
            Event::Rung(state) => self.rung(state),
            Event::Detected(detected) => {
                self.detecting = None;
                self.tell(Input::Detected(detected));
            }
            Event::Finished(finished) => self.finished(*finished),
            Event::Retired(seconds) => self.paid(seconds),
            Event::Minute => self.pay(),
            Event::Time if self.call.deadline().is_some_and(|due| due <= self.began.elapsed()) => {
                self.tell(Input::Tick);
            }
            Event::Time => {}
        }
    }

    async fn event(&mut self, mut timer: Pin<&mut Sleep>) -> Event {
        let mut seldom = pin!(async {
            tokio::select! {
                biased;
                connected = poll(&mut self.connecting) => Event::Connected(Box::new(connected)),
                () = lost(&mut self.next) => Event::NextLost,
                state = poll(&mut self.ringing) => Event::Rung(state),
                detected = poll(&mut self.detecting) => Event::Detected(detected),
                Some(finished) = self.side.join_next() => Event::Finished(Box::new(finished)),
                Some(retired) = self.retired.join_next() => Event::Retired(retired.ok().flatten()),
                _ = self.minutes.tick(), if self.charge.is_some() => Event::Minute,
                () = timer.as_mut() => Event::Time,
            }
        });
        poll_fn(|cx: &mut Context<'_>| {
            if let Poll::Ready(heard) =
                poll_heard(&mut self.twilio, &mut self.model, &mut self.unsent_for, cx)
            {
                return Poll::Ready(Event::Heard(heard));
            }
            self.seldom.poll(seldom.as_mut(), cx)
        })
        .await
    }

    fn pay(&mut self) {
        let another = self.charge.as_ref().map(Charge::goes_on);
        self.side.spawn(async move {
            if let Some(another) = another {
                another.await;
            }
            Finished::Stored
        });
    }

    fn tell(&mut self, input: Input<'_>) {
        if !input.is_audio() {
            self.seldom.changes();
        }
        let now = self.began.elapsed();
        let Some(log) = &mut self.log else { return self.call.handle(input, now, &mut self.out) };
        // Before it is handled: what a call stumbles over is in its log.
        log.write(Line::input(&input, now));
        let before = Filled::of(&self.out);
        self.call.handle(input, now, &mut self.out);
        Line::outputs(&self.out, before, now).for_each(|line| log.write(line));
        log.handled(self.call.awaits_keys());
    }

    fn on_twilio(&mut self, message: Option<Result<Message, WsError>>) {
        match message {
            Some(Ok(Message::Text(text))) => match media::decode(&text) {
                Ok(message) => self.tell(Input::Twilio(message)),
                Err(_) => self.tell(Input::BadFrame),
            },
            Some(Ok(Message::Binary(_))) => self.tell(Input::BadFrame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(_))) | None => self.tell(Input::TwilioGone),
            Some(Err(error)) => {
                self.too_large = matches!(error, WsError::Capacity(_));
                self.tell(Input::TwilioGone);
            }
        }
    }

    fn on_model(&mut self, message: Option<Result<Message, WsError>>) {
        match message {
            Some(Ok(Message::Text(text))) if self.live.is_some() => self.on_live(&text),
            Some(Ok(Message::Text(text))) => match server::decode(&text) {
                Ok(message) => {
                    self.note(&message);
                    self.tell(Input::Model(message));
                }
                Err(error) => tracing::warn!(call = %self.ticket.call, %error, "the model sent no event"),
            },
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.model_lost(),
            Some(Ok(_)) => {}
        }
    }

    fn on_live(&mut self, text: &str) {
        let message = match live_server::decode(text) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(call = %self.ticket.call, %error, "the model sent no event");
                return;
            }
        };
        live::note(&self.ticket.call, &message);
        let closed = live::closed(&message);
        self.tell(Input::Live(message));
        // Nothing follows, whenever the socket closes.
        if let Some(seconds) = closed {
            *self.live.get_or_insert(0.0) += seconds;
            self.model_lost();
        }
    }

    /// The model's complaints, by code: their text may quote what was said.
    fn note(&self, message: &server::Incoming<'_>) {
        if let server::Incoming::Event(server::ServerEvent::Error { error }) = message {
            let code = error.code.as_deref().unwrap_or("none");
            tracing::warn!(call = %self.ticket.call, code, kind = %error.kind, "the model reports an error");
        }
    }

    /// The owner has decided, or did not answer.
    fn rung(&mut self, state: transfer::State) {
        self.ringing = None;
        if state != transfer::State::Accepted {
            self.tell(Input::Told(state.told()));
        }
    }

    /// The twin placed this call.
    fn is_ours(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.briefing.outbound.is_some())
    }

    fn finished(&mut self, finished: Result<Finished, JoinError>) {
        match finished {
            // A call looks for itself.
            Ok(Finished::Stored | Finished::Leaves) => {}
            Ok(Finished::Rerouted(rerouted)) => self.rerouted(rerouted),
            Ok(Finished::Tool { call_id, acted }) => self.acted(&call_id, acted),
            Err(error) => {
                let panicked = error.is_panic();
                tracing::error!(call = %self.ticket.call, panicked, "a task on the side failed");
            }
        }
    }

    fn rerouted(&mut self, Rerouted { route, instructions }: Rerouted) {
        self.tell(Input::Rerouted(realtime(&self.state, instructions, route, self.is_ours())));
    }

    fn acted(&mut self, call_id: &str, acted: Acted) {
        self.tool_is_running = false;
        match (&acted.effect, &self.session) {
            (Some(PhoneEffect::RingOwner { .. }), Some(session)) => {
                self.ringing = Some(Box::pin(owner::decides(self.state.clone(), session.clone())));
            }
            (Some(PhoneEffect::Press(keys)), _) => self.tell(Input::Press(keys)),
            _ => {}
        }
        if let Some(rerouted) = acted.rerouted {
            self.rerouted(rerouted);
        }
        self.tell(Input::ToolFinished { call_id, output: acted.output, ends_call: acted.ends_call });
    }

    /// Does what the call wants done.
    fn perform(&mut self) {
        for message in self.out.to_twilio.drain(..) {
            self.twilio.queue(message);
        }
        for message in self.out.to_model.drain(..) {
            if let Some(model) = &mut self.model {
                model.queue(message);
            }
        }
        for effect in self.out.effects.drain(..) {
            match effect {
                Effect::Close(code) => self.closing = Some(code),
                Effect::AnotherModel if self.next.is_none() && self.connecting.is_none() => {
                    self.connecting = Some(connection(self.state.model.clone(), self.live.is_some()));
                }
                // It is there, or on its way.
                Effect::AnotherModel => {}
                Effect::Persist(turn) => {
                    if let Some(session) = &self.session {
                        let is_first = !self.has_read && self.ticket.challenged && is_worth_reading(&turn);
                        self.has_read |= is_first;
                        self.side.spawn(persist(self.state.clone(), session.clone(), turn, is_first));
                    }
                }
                Effect::Alert(said) => {
                    if let Some(session) = &self.session {
                        self.side.spawn(alert(self.state.clone(), session.clone(), said));
                    }
                }
                Effect::RunTool { call_id, name, arguments } => {
                    self.tools.push_back(ToolCall { call_id, name, arguments });
                }
            }
        }
        self.next_tool();
    }

    fn next_tool(&mut self) {
        if self.tool_is_running {
            return;
        }
        if let (Some(session), Some(call)) = (&self.session, self.tools.pop_front()) {
            self.tool_is_running = true;
            let call_sid = self.ticket.call.clone();
            self.side.spawn(run_tool(self.state.clone(), session.clone(), call_sid, call));
        }
    }
}

fn minutes() -> Interval {
    let first = MINUTE.mul_f64(rand::random_range(FIRST_MINUTE));
    let mut minutes = interval_at(Instant::now() + first, MINUTE);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    minutes
}
