//! A conversation in a browser, attended on the server's own line to the model's call. From then on the browser is
//! believed nothing: tools and turns are taken from the line, and the end is ours.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::extract::{Path, State as Extract};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, protocol::frame::coding::CloseCode};
use twin::{
    call::{
        attended::Attended,
        outbox::{Effect, Outbox},
    },
    clients::realtime::CallId,
    error::Error,
    interaction::{Channel, Outcome},
    language::Spoken,
    persona::Briefing,
    store::{Store, StoreError},
    talk::{ATTENDED_FOR, Attending, GONE_AFTER},
    tools::Tool,
    twin::{Acted, Session},
    wire::{
        live::server as live_server,
        realtime::server::{self, Incoming},
        ticket::Attendance,
    },
};

use crate::{
    State, handshake, live,
    losses::Losses,
    model::{ModelError, ModelSocket},
    side::{Finished, SETTLE_WITHIN, ToolCall, act, alert, did_not_work, leaves, persist, unbroken},
};

/// How often it is told that both are still there: the browser to the sweep, and the relay to whoever may take over.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// `POST /media/browser/{ticket}`: 204 once the line is ours, and nobody else's.
pub async fn attend(Extract(state): Extract<State>, Path(ticket): Path<String>) -> Result<StatusCode, Error> {
    let ticket: Attendance = state.tickets.verify(&ticket, Timestamp::now()).map_err(|_| Error::Forbidden)?;
    let call = CallId::parse(&ticket.call).ok_or(Error::Forbidden)?;
    let Some(slot) = state.slots.take() else {
        tracing::warn!(interaction = %ticket.interaction, "no slot is free");
        return Ok(StatusCode::SERVICE_UNAVAILABLE);
    };
    let line = state.model.attend(&call).await.map_err(|error| Error::Upstream(Box::new(error)))?;
    // Whoever asks may not wait for the answer: what is taken over is attended all the same.
    let taken = tokio::spawn(async move {
        let now = Timestamp::now();
        let until = now + ATTENDED_FOR;
        let (person, interaction) = (&ticket.person, &ticket.interaction);
        let spoken = state.twin.spoken_by_voice(person, interaction).await?;
        state.twin.store().take_over(person, interaction, call.as_str(), until, now).await?;
        tokio::spawn(async move {
            let _slot = slot;
            Box::pin(Attendant::new(state, ticket, (call, line), spoken, until).run()).await;
        });
        Ok::<_, Error>(StatusCode::NO_CONTENT)
    });
    taken.await.map_err(|error| Error::Internal(Box::new(error)))?
}

struct Attendant {
    state: State,
    session: Arc<Session>,
    call: CallId,
    line: ModelSocket,
    losses: Losses,
    attended: Attended,
    out: Outbox,
    side: JoinSet<Finished>,
    /// Among them: it waits until the relay has to stop.
    leaving: AbortHandle,
    /// Tools run one after the other: what one saves, the next may need.
    tools: VecDeque<ToolCall>,
    tool_is_running: bool,
    /// It is ours until then, as the others know.
    attending: Attending,
    /// The sign of life that is being given, while all else goes on.
    signs: JoinSet<Life>,
    began: Instant,
}

/// What a sign of life has come to.
enum Life {
    /// It is ours until then.
    Ours(Attending),
    /// Its browser has ended it.
    Over,
    /// Another relay's.
    Anothers,
}

/// What came over the line.
enum Line {
    Event,
    /// The call is over.
    Over,
    Broken,
}

async fn alive(state: State, session: Arc<Session>, mut attending: Attending) -> Life {
    let Session { person, interaction, .. } = &*session;
    let (store, now) = (state.twin.store(), Timestamp::now());
    match attend_on(store, &session, &mut attending, now + ATTENDED_FOR).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => return Life::Anothers,
        Err(error) => tracing::warn!(%interaction, %error, "nobody was told that it is attended"),
    }
    match store.keep_open(person, interaction, now + GONE_AFTER).await {
        Ok(true) => {}
        Ok(false) => return Life::Over,
        Err(error) => tracing::warn!(%interaction, %error, "the sweep was not told that somebody is there"),
    }
    Life::Ours(attending)
}

async fn attend_on(
    store: &Store,
    session: &Session,
    attending: &mut Attending,
    until: Timestamp,
) -> Result<(), StoreError> {
    loop {
        let (before, asked) = attending.ask(until);
        store.attend_on(&session.person, &session.interaction, before, asked).await?;
        attending.is_kept();
        if asked == until {
            return Ok(());
        }
    }
}

impl Attendant {
    fn new(
        state: State,
        ticket: Attendance,
        (call, line): (CallId, ModelSocket),
        spoken: Spoken,
        until: Timestamp,
    ) -> Self {
        let ago = Timestamp::now().duration_since(ticket.began).unsigned_abs();
        let attended = match state.model.live().filter(|_| call.is_live()) {
            Some(options) => Attended::of_live(options, ticket.greeting.clone(), ago),
            None => Attended::default(),
        };
        let attended = attended.speaking(spoken);
        let session = Session {
            person: ticket.person,
            interaction: ticket.interaction,
            channel: Channel::Voice,
            level: ticket.level,
            continues: Vec::new(),
            time_zone: ticket.time_zone,
            // The model was told when it began.
            briefing: Briefing::default(),
        };
        let mut side = JoinSet::new();
        let leaving = side.spawn(leaves(state.slots.leaving()));
        Self {
            state,
            session: Arc::new(session),
            call,
            line,
            losses: Losses::default(),
            attended,
            out: Outbox::default(),
            side,
            leaving,
            tools: VecDeque::new(),
            tool_is_running: false,
            attending: Attending::until(until),
            signs: JoinSet::new(),
            began: Instant::now().checked_sub(ago).unwrap_or_else(Instant::now),
        }
    }

    async fn run(mut self) {
        tracing::info!(interaction = %self.session.interaction, "a browser's conversation is attended");
        let mut life = interval(SIGN_OF_LIFE);
        life.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.attended.outcome().is_none() {
            let due = self.began + self.attended.deadline();
            tokio::select! {
                message = self.line.next() => match self.heard(message) {
                    Line::Event => {}
                    Line::Over => break,
                    Line::Broken => match self.attend_again().await {
                        Ok(()) => {}
                        Err(ModelError::Refused(404)) => break,
                        Err(error) => {
                            tracing::error!(interaction = %self.session.interaction, %error, "the line is lost");
                            Box::pin(self.finish(Outcome::ModelUnavailable)).await;
                            return;
                        }
                    },
                },
                Some(finished) = self.side.join_next() => match finished {
                    Ok(finished) => self.finished(finished),
                    Err(error) => {
                        let panicked = error.is_panic();
                        tracing::error!(interaction = %self.session.interaction, panicked, "a task failed");
                    }
                },
                () = sleep_until(due) => self.attended.tick(self.began.elapsed(), &mut self.out),
                // One after the other: each goes by what the last has come to.
                _ = life.tick(), if self.signs.is_empty() => {
                    self.signs.spawn(alive(self.state.clone(), self.session.clone(), self.attending));
                }
                Some(sign) = self.signs.join_next() => match sign {
                    Ok(Life::Ours(attending)) => self.attending = attending,
                    Ok(Life::Over) => self.attended.over(Outcome::HungUp),
                    Ok(Life::Anothers) => {
                        tracing::warn!(interaction = %self.session.interaction, "another relay attends it");
                        return;
                    }
                    Err(error) => {
                        let panicked = error.is_panic();
                        tracing::error!(interaction = %self.session.interaction, panicked, "a sign of life failed");
                    }
                },
            }
            self.perform();
        }
        let outcome = self.attended.outcome().unwrap_or(Outcome::HungUp);
        Box::pin(self.finish(outcome)).await;
    }

    /// Not for ever, if each line is lost at once.
    async fn attend_again(&mut self) -> Result<(), ModelError> {
        if !self.losses.lost(Instant::now()) {
            return Err(ModelError::Unreachable("lost again and again".to_owned()));
        }
        self.line = self.state.model.attend(&self.call).await?;
        self.losses.healed(Instant::now());
        Ok(())
    }

    fn heard(&mut self, message: Option<Result<Message, WsError>>) -> Line {
        match message {
            Some(Ok(Message::Text(text))) if self.call.is_live() => {
                match live_server::decode(&text) {
                    Ok(live_server::Incoming::Audio(_)) => {}
                    Ok(live_server::Incoming::Event(event)) => {
                        self.attended.live(event, self.began.elapsed(), &mut self.out);
                    }
                    Err(error) => {
                        tracing::warn!(interaction = %self.session.interaction, %error, "no event");
                    }
                }
                Line::Event
            }
            Some(Ok(Message::Text(text))) => {
                match server::decode(&text) {
                    // Audio goes between the browser and the model.
                    Ok(Incoming::Audio(_)) => {}
                    Ok(Incoming::Event(event)) => {
                        self.attended.event(event, self.began.elapsed(), &mut self.out);
                    }
                    Err(error) => {
                        tracing::warn!(interaction = %self.session.interaction, %error, "no event");
                    }
                }
                Line::Event
            }
            Some(Ok(Message::Close(_))) => Line::Over,
            Some(Ok(_)) => Line::Event,
            Some(Err(_)) | None => Line::Broken,
        }
    }

    fn finished(&mut self, finished: Finished) {
        let now = self.began.elapsed();
        match finished {
            Finished::Tool { call_id, acted } => {
                self.tool_is_running = false;
                self.attended.tool_finished(&call_id, acted.output, acted.ends_call, now, &mut self.out);
            }
            Finished::Leaves => self.attended.leave(now, &mut self.out),
            Finished::Stored | Finished::Rerouted(_) => {}
        }
    }

    fn perform(&mut self) {
        for message in self.out.to_model.drain(..) {
            self.line.queue(message);
        }
        for effect in self.out.effects.drain(..) {
            match effect {
                Effect::Persist(turn) => {
                    self.side.spawn(persist(self.state.clone(), self.session.clone(), turn, false));
                }
                Effect::RunTool { call_id, name, arguments } => {
                    self.tools.push_back(ToolCall { call_id, name, arguments });
                }
                Effect::Alert(said) => {
                    self.side.spawn(alert(self.state.clone(), self.session.clone(), said));
                }
                Effect::Close(_) | Effect::AnotherModel => {}
            }
        }
        self.next_tool();
    }

    fn next_tool(&mut self) {
        if self.tool_is_running {
            return;
        }
        if let Some(call) = self.tools.pop_front() {
            self.tool_is_running = true;
            let (state, session) = (self.state.clone(), self.session.clone());
            self.side.spawn(async move {
                // A browser may have offered the model more than we did.
                let acted = if Tool::in_the_browser().iter().any(|offered| offered.name == call.name) {
                    unbroken(Box::pin(act(&state, &session, &call)), did_not_work).await
                } else {
                    Acted::says(json!({ "error": "there is no such tool" }), false)
                };
                Finished::Tool { call_id: call.call_id, acted }
            });
        }
    }

    async fn settle(&mut self) {
        while let Some(finished) = self.side.join_next().await {
            if let Ok(Finished::Tool { .. }) = finished {
                self.tool_is_running = false;
            }
            self.next_tool();
        }
    }

    /// Hangs up, stores what is left and closes the conversation. A line that is over does not mean that the call is.
    async fn finish(mut self, outcome: Outcome) {
        if self.call.is_live() {
            live::say_goodbye(&mut self.line).await;
        }
        if let Err(error) = self.state.realtime.hang_up(&self.call).await {
            tracing::error!(interaction = %self.session.interaction, %error, "a call was not hung up");
        }
        self.attended.finish(self.began.elapsed(), &mut self.out);
        self.perform();
        self.leaving.abort();
        if tokio::time::timeout(SETTLE_WITHIN, self.settle()).await.is_err() {
            tracing::error!(interaction = %self.session.interaction, "turns or tools were still under way");
        }
        let Session { person, interaction, .. } = &*self.session;
        match self.state.twin.close(person, interaction, outcome, Timestamp::now()).await {
            Ok(()) => tracing::info!(%interaction, ?outcome, "a browser's conversation ends"),
            Err(Error::NotFound) => tracing::info!(%interaction, "whoever spoke was erased meanwhile"),
            Err(error) => {
                tracing::error!(%interaction, %error, "the sweep will close this conversation");
            }
        }
        handshake::close(&mut self.line, CloseCode::Normal, "over").await;
    }
}
