//! A message in writing and its answer: noted, answered once, told as it is made.

mod by_model;
mod plainly;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{
    mpsc::{self, Sender},
    watch,
};

use self::by_model::Unwritten;
use super::{Acted, Chatting, Entered, Session, Twin, privacy::unless_erased, spending::ANSWER};
use crate::{
    brain::{Brain, UserIntent, dialogue::Manner, meant::asks_for_the_resume_alone, reply::is_for_the_owner},
    chat::{Answer, Chat, Exchange, Exchanging, Expects, Progress},
    clients::twilio::TwilioRest,
    contact::Contact,
    error::Error,
    id::{CallSid, InteractionId, MessageId, PersonId},
    interaction::{Intent, Speaker, Turn},
    knowledge::library::Found,
    persona::Persona,
    routing::RouteKind,
};

/// What never ended by then never will.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(3);
/// Whoever does not read for so long is gone, and comes back by the message's id.
const READ_WITHIN: Duration = Duration::from_secs(3);

/// A message, under the id that its sender gave it.
pub struct Written<'a> {
    pub id: &'a MessageId,
    pub text: &'a str,
}

/// What is to be answered in a call.
pub struct Spoken<'a> {
    pub written: Written<'a>,
    /// What was said before it, the oldest first.
    pub before: &'a [Turn],
    pub through: OnCall<'a>,
    /// As which the call is taken by now.
    pub route: RouteKind,
    /// True once the answer is not wanted any more: what it is doing it brings to its end, and does nothing else.
    pub unwanted: watch::Receiver<bool>,
}

/// A message that is being answered.
pub struct Begun {
    session: Session,
    contact: Contact,
    exchange: Exchange,
    before: Vec<Turn>,
}

/// An answer on the telephone, and what came of it beside its words.
pub struct Aloud {
    pub answer: Answer,
    pub acted: Vec<Acted>,
    /// What is likely to be said next, where no model keeps that in mind.
    pub expects: Option<Expects>,
}

/// The telephone, for what a tool does with it.
#[derive(Clone, Copy)]
pub struct OnCall<'a> {
    pub telephony: &'a TwilioRest,
    /// Where Twilio reaches us.
    pub base: &'a str,
    pub call: &'a CallSid,
}

/// What is settled before an answer is made.
struct Scene<'a> {
    /// Who has a share of the day's budget for models, and uses it; nobody on the phone, where a call was paid for.
    payers: &'a [String],
    persona: &'a Persona,
    session: &'a Session,
    contact: &'a Contact,
    written: &'a str,
    /// As it is understood: without slips of the keyboard, and without the courtesies around a question.
    said: &'a str,
    /// As it is looked up, with what was asked before if it says too little by itself.
    asked: &'a str,
    leans: bool,
    read: &'a UserIntent,
    found: &'a [Found],
    before: &'a [Turn],
}

impl Twin {
    /// Answers a message as a whole. The same message again gets the same answer; one that is still being answered is
    /// a conflict.
    pub async fn answer(
        &self,
        chatting: &mut Chatting,
        written: &Written<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        // Nobody reads along.
        let (progress, _) = mpsc::channel(1);
        match self.take_up(chatting, written, now).await {
            Ok(begun) => Box::pin(self.complete(chatting, begun, written, &progress, now)).await,
            Err(Error::Conflict) => {
                let Chat { person, interaction, .. } = &chatting.chat;
                self.answered(person, interaction, written.id, now).await
            }
            Err(error) => Err(error),
        }
    }

    /// Answers what was said in a call, by a model that writes; `Upstream` if there is one and it does not. Turns are for
    /// whoever knows what was heard.
    pub async fn answer_aloud(
        &self,
        chatting: &mut Chatting,
        session: &Session,
        spoken: &Spoken<'_>,
        progress: &Sender<Progress>,
        now: Timestamp,
    ) -> Result<Aloud, Error> {
        let known = self.store.known(&session.person).await?.ok_or(Error::NotFound)?;
        let told = &Told { phone: Some(spoken), ..Told::to(progress) };
        let Spoken { written, before, .. } = spoken;
        let answer = self.made(chatting, (session, &known.contact), written, before, told, now).await?;
        let acted = std::mem::take(&mut *told.acted.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Aloud { answer, acted, expects: chatting.chat.expects.clone() })
    }

    /// Notes that a message is being answered. A conflict: it was sent before.
    pub async fn take_up(
        &self,
        chatting: &mut Chatting,
        written: &Written<'_>,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let Entered { session, started_at, contact } = self.enter(chatting, now).await?;
        let before = self.store.turns(&session.person, &session.interaction).await?;
        // Clocks differ: what is said now comes after what was said.
        let last = before.last().map_or(0, |turn| turn.offset_ms + 1);
        let offset_ms = offset(started_at, now).max(last);
        let exchange = Exchange {
            id: written.id.clone(),
            state: Exchanging::Running,
            offset_ms,
            began_at: now,
            answer: Answer::default(),
        };
        if before.is_empty() {
            self.pays_for(chatting, started_at).await?;
        }
        self.store.begin_exchange(&session.person, &session.interaction, &exchange).await?;
        if before.is_empty() && chatting.chat.host.is_none() {
            self.shown(&session, now).await?;
        }
        Ok(Begun { session, contact, exchange, before })
    }

    /// Makes the answer to a message that was taken up, telling how it goes on.
    pub async fn complete(
        &self,
        chatting: &mut Chatting,
        begun: Begun,
        written: &Written<'_>,
        progress: &Sender<Progress>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let (person, id) = (begun.session.person.clone(), begun.session.interaction.clone());
        let completed = Box::pin(self.completed(chatting, begun, written, progress, now)).await;
        if completed.is_err()
            && let Err(error) = self.store.drop_exchange(&person, &id, written.id).await
        {
            tracing::warn!(%error, "a message that was not answered cannot be sent again");
        }
        completed
    }

    async fn completed(
        &self,
        chatting: &mut Chatting,
        begun: Begun,
        written: &Written<'_>,
        progress: &Sender<Progress>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let Begun { session, contact, mut exchange, before } = begun;
        let (person, id) = (session.person.clone(), session.interaction.clone());
        let offset_ms = exchange.offset_ms;
        let progress = &Told::to(progress);
        self.heard(&session, &turn(offset_ms, 0, Speaker::Person, written.text)).await?;
        let answer = self.made(chatting, (&session, &contact), written, &before, progress, now).await?;
        let mut spoken = turn(offset_ms, 1, Speaker::Twin, &answer.text);
        spoken.interrupted = answer.stopped;
        // Whoever had themselves erased by this very message still gets its answer.
        unless_erased(self.store.add_turn(&person, &id, &spoken).await)?;
        exchange.state = Exchanging::Done;
        exchange.answer = answer.clone();
        unless_erased(self.store.end_exchange(&person, &id, &exchange).await)?;
        Ok(answer)
    }

    /// What a message was answered. A conflict: it is being answered still.
    pub async fn answered(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        message: &MessageId,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let exchange = self.store.exchange(person, interaction, message).await?.ok_or(Error::NotFound)?;
        match exchange.state {
            Exchanging::Done => Ok(exchange.answer),
            _ if now.duration_since(exchange.began_at) > GIVEN_UP => Err(Error::NotFound),
            _ => Err(Error::Conflict),
        }
    }

    async fn made(
        &self,
        chatting: &mut Chatting,
        (session, contact): (&Session, &Contact),
        written: &Written<'_>,
        before: &[Turn],
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let persona = self.persona().await?;
        let owner = persona.persona.core.name.as_str();
        let expects = chatting.chat.expects.as_ref();
        let understood = self.understood(owner, written.text, expects, progress.manner(), now).await?;
        let said = understood.as_ref();
        let read = self.determine_intent(said, now).await?;
        let payers = if progress.phone.is_some() { Vec::new() } else { chatting.payers() };
        let by_model = matches!(self.brain, Brain::OpenAi(_));
        let asked = self.about((said, &read, owner), before, by_model, now).await?;
        let scene = Scene {
            payers: &payers,
            persona: &persona.persona,
            session,
            contact,
            written: written.text,
            said,
            asked: &asked.question,
            leans: asked.leans,
            read: &read,
            found: &asked.found,
            before,
        };
        let answer = Box::pin(self.answered_in(chatting, &scene, written.id, progress, now)).await?;
        if !answer.known
            && !asked.leans
            && let Err(error) = self.note_unknown(owner, (said, read.intent), now).await
        {
            tracing::warn!(%error, "a question without an answer was not noted");
        }
        Ok(answer)
    }

    /// By a model if there is one and it answers; what is clear without one is not asked of it.
    async fn answered_in(
        &self,
        chatting: &mut Chatting,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let asks_one_thing = scene.read.slots.email.is_none()
            && asks_for_the_resume_alone(&scene.persona.core.name, scene.said);
        if matches!(self.brain, Brain::OpenAi(_))
            && asks_one_thing
            && let Some(given) = self.resume_given(chatting, scene, now).await?
        {
            tell(progress, Progress::Text(given.text.clone())).await;
            return Ok(given);
        }
        let paid = self.paid(scene.payers, ANSWER, now).await?;
        let Brain::OpenAi(text) = paid.brain.clone() else {
            return self.plain(chatting, scene, message, progress, now).await;
        };
        match self.written_by((&text, paid), scene, message, progress, now).await {
            Ok(answer) => Ok(answer),
            Err(Unwritten::Twin(error)) => Err(error),
            // Whoever calls hears what is wrong, and leaves a message.
            Err(Unwritten::Model(error)) if progress.phone.is_some() => Err(Error::Upstream(Box::new(error))),
            Err(Unwritten::Model(error)) => {
                tracing::warn!(%error, "no model answered: the twin quotes");
                self.plain(chatting, scene, message, progress, now).await
            }
        }
    }

    /// Notes what was not answered for the owner: of several questions, those that nothing supports.
    async fn note_unknown(
        &self,
        owner: &str,
        (said, intent): (&str, Intent),
        now: Timestamp,
    ) -> Result<(), Error> {
        let parts = self.parts(said, now).await?;
        let mut all: Vec<(&str, Intent)> = parts
            .iter()
            .filter(|part| part.found.is_empty())
            .map(|part| (part.said, part.read.intent))
            .collect();
        let is_whole = all.len() == parts.len();
        all.retain(|(said, intent)| is_for_the_owner(owner, said, *intent));
        // Parts that say too little each are one question together.
        if all.is_empty() && is_whole && is_for_the_owner(owner, said, intent) {
            all.push((said, intent));
        }
        for (said, _) in all {
            self.not_known(said, now).await?;
        }
        Ok(())
    }

    async fn act_in(
        &self,
        session: &Session,
        call: &str,
        name: &str,
        arguments: &str,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Acted, Error> {
        tell(progress, Progress::Activity { tool: name.to_owned(), running: true }).await;
        let acted = self.act(session, call, name, arguments, now).await;
        let acted = match (acted, progress.phone) {
            (Ok(acted), Some(spoken)) => {
                let acted = Box::pin(self.brought_about(session, spoken.through, acted, now)).await;
                progress.acted.lock().unwrap_or_else(PoisonError::into_inner).push(acted.clone());
                Ok(acted)
            }
            // A call goes on.
            (Err(error), Some(_)) => {
                tracing::error!(interaction = %session.interaction, tool = name, %error, "a tool failed");
                let output =
                    json!({ "error": "this did not work: say so, and offer to take a message later" });
                Ok(Acted::says(output, false))
            }
            (acted, _) => acted,
        };
        tell(progress, Progress::Activity { tool: name.to_owned(), running: false }).await;
        acted
    }

    /// Whether nobody wants the answer any more: then nothing else is done, either.
    async fn is_called_off(&self, session: &Session, message: &MessageId, progress: &Told<'_>) -> bool {
        match progress.phone {
            Some(_) => progress.is_unwanted(),
            None => self.is_stopping(session, message).await,
        }
    }

    /// A store that does not answer stops nothing.
    async fn is_stopping(&self, session: &Session, message: &MessageId) -> bool {
        let found = self.store.exchange(&session.person, &session.interaction, message).await;
        found.ok().flatten().is_some_and(|exchange| exchange.state == Exchanging::Stopping)
    }
}

fn offset(started_at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(started_at).as_millis()).unwrap_or(0)
}

fn turn(offset_ms: u64, sequence: u32, speaker: Speaker, text: &str) -> Turn {
    Turn { offset_ms, sequence, speaker, text: text.to_owned(), interrupted: false, heard: None }
}

/// Whoever reads along.
struct Told<'a> {
    to: &'a Sender<Progress>,
    gone: AtomicBool,
    /// Of a call, and what its tools did.
    phone: Option<&'a Spoken<'a>>,
    acted: Mutex<Vec<Acted>>,
}

impl<'a> Told<'a> {
    fn to(to: &'a Sender<Progress>) -> Self {
        Self { to, gone: AtomicBool::new(false), phone: None, acted: Mutex::default() }
    }

    fn manner(&self) -> Manner {
        if self.phone.is_some() { Manner::Spoken } else { Manner::Written }
    }

    /// Whoever was answered in a call has interrupted it.
    fn is_unwanted(&self) -> bool {
        self.phone.is_some_and(|spoken| *spoken.unwanted.borrow())
    }

    /// Waits until it is so.
    async fn unwanted(&self) {
        if let Some(spoken) = self.phone
            && spoken.unwanted.clone().wait_for(|unwanted| *unwanted).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Nobody who reads on is no error: the answer is stored. After something that was not read nothing more is told, so
/// that what was told is the beginning of it.
async fn tell(progress: &Told<'_>, what: Progress) {
    if progress.gone.load(Ordering::Relaxed) {
        return;
    }
    if progress.to.send_timeout(what, READ_WITHIN).await.is_err() {
        progress.gone.store(true, Ordering::Relaxed);
        tracing::debug!("nobody reads on");
    }
}
