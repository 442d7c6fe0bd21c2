//! Conversations in writing: begun by a first message or by a handoff, gone on with by whoever has the secret.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{self, Sender};

use super::{Acted, Arrival, Session, Twin};
use crate::{
    brain::{Brain, PASSAGES, Talk, UserIntent, needs_support, plainly, reply, streamed::Streamed, talk},
    chat::{Answer, CHAT_FOR, Chat, Cited, Exchange, Exchanging, Progress},
    clients::openai::{Call, Delta, Text, TextError},
    contact::Contact,
    error::Error,
    handoff::{Handoff, SHOWN_FOR, Secret},
    id::{HandoffId, InteractionId, MessageId, PersonId},
    identity::Assurance,
    interaction::{Channel, Intent, Interaction, Speaker, Turn},
    knowledge::library::Found,
    persona::Persona,
    routing::RouteKind,
    store::{Limit, Place, Store, StoreError},
};

/// A chat in which nothing was written for so long is over: the sweep closes it.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A chat that is used lives on; that is written down once in so long.
const EXTENDED: SignedDuration = SignedDuration::from_hours(24);
/// A question that is less surely a courtesy is taken for one about the owner.
const SURE: f32 = 0.5;
/// Turns of the past that a model is told.
const TOLD_TURNS: usize = 24;
/// How often a model may ask for tools before it must answer.
const MAX_ROUNDS: usize = 4;
/// While an answer is written, the store is asked this often whether the person wants to read on.
const LOOK_FOR_STOP: Duration = Duration::from_millis(700);
/// What never ended by then never will.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(3);
/// What one answer of a model is taken to cost until it is known, and if it never is.
const RESERVED: u64 = 4_000;
/// Whoever does not read for so long is gone, and comes back by the message's id.
const READ_WITHIN: Duration = Duration::from_secs(3);
/// What models may cost in a day, in micro-dollars. Then the twin quotes by itself.
pub const MODEL_SPEND: Limit =
    Limit { name: "model-spend", most: 5_000_000, window: SignedDuration::from_hours(24) };

/// A chat, and where it is kept.
#[derive(Debug, Clone)]
pub struct Chatting {
    pub place: Place,
    pub chat: Chat,
}

/// A message, under the id that its sender gave it.
pub struct Written<'a> {
    pub id: &'a MessageId,
    pub text: &'a str,
}

/// A message that is being answered.
pub struct Begun {
    session: Session,
    exchange: Exchange,
    before: Vec<Turn>,
}

/// What is settled before an answer is made.
struct Scene<'a> {
    persona: &'a Persona,
    session: &'a Session,
    contact: &'a Contact,
    said: &'a str,
    read: &'a UserIntent,
    found: &'a [Found],
    before: &'a [Turn],
}

impl Twin {
    /// Begins a chat with somebody of whom nothing is known, under a new secret.
    pub async fn begin_chat(
        &self,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<(Secret, Chatting), Error> {
        let secret = Secret::generate();
        let chatting = self.begin_chat_under(&secret, host, now).await?;
        Ok((secret, chatting))
    }

    /// Begins a chat with somebody of whom nothing is known.
    pub async fn begin_chat_under(
        &self,
        secret: &Secret,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Chatting, Error> {
        let person = PersonId::generate(now);
        self.store.create_ephemeral(person.clone(), now).await?;
        let place = Place::Secret(secret.reveal().to_owned());
        let chat = new_chat(person, Assurance::Anonymous, None, host, now);
        self.store.save_chat(&place, &chat).await?;
        Ok(Chatting { place, chat })
    }

    /// The chat of a person who is signed in.
    pub async fn chat_of(
        &self,
        person: &PersonId,
        level: Assurance,
        host: Option<String>,
        now: Timestamp,
    ) -> Result<Chatting, Error> {
        let place = Place::Person(person.clone());
        if let Some(chat) = self.store.chat(&place, now).await? {
            return Ok(Chatting { place, chat: Chat { level, ..chat } });
        }
        let chat = new_chat(person.clone(), level, None, host, now);
        self.store.save_chat(&place, &chat).await?;
        Ok(Chatting { place, chat })
    }

    /// The chat under a secret, if there is one, and its person is not forgotten.
    pub async fn chat(&self, secret: &str, now: Timestamp) -> Result<Option<Chatting>, Error> {
        let place = Place::Secret(secret.to_owned());
        let Some(chat) = self.store.chat(&place, now).await? else { return Ok(None) };
        let known = self.store.known(&chat.person).await?;
        Ok(known.map(|_| Chatting { place, chat }))
    }

    /// A link with which a conversation goes on in a chat elsewhere, shown to whoever is in it.
    pub async fn hand_over(&self, session: &Session, now: Timestamp) -> Result<Secret, Error> {
        let secret = Secret::generate();
        let handoff = Handoff {
            id: HandoffId::generate(now),
            person: session.person.clone(),
            from: session.interaction.clone(),
            to: Channel::Chat,
            level: session.level,
            secret_hash: secret.hash(),
            created_at: now,
            expires_at: now + SHOWN_FOR,
        };
        self.store.save_handoff(&handoff).await?;
        Ok(secret)
    }

    /// Opens the conversation that a chat is in; a new one if the last is over.
    pub async fn enter(
        &self,
        chatting: &mut Chatting,
        now: Timestamp,
    ) -> Result<(Session, Interaction), Error> {
        let chat = &mut chatting.chat;
        let known = self.store.interaction(&chat.person, &chat.interaction).await?;
        // From here on nobody closes it, unless it is closed already.
        let over =
            known.is_some() && !self.store.keep_open(&chat.person, &chat.interaction, now + IDLE).await?;
        if over {
            chat.continues = Some(std::mem::replace(&mut chat.interaction, InteractionId::generate(now)));
            chat.expects = None;
        }
        if over || chat.expires_at.duration_since(now) < CHAT_FOR - EXTENDED {
            chat.expires_at = now + CHAT_FOR;
            self.store.update_chat(&chatting.place, &chatting.chat).await?;
        }
        let chat = &chatting.chat;
        let contact = self.store.known(&chat.person).await?.ok_or(Error::NotFound)?.contact;
        let route = RouteKind::of(contact.relationship.kind).unwrap_or_default();
        let arrival = Arrival {
            person: chat.person.clone(),
            interaction: chat.interaction.clone(),
            channel: Channel::Chat,
            call_sid: None,
            host: chat.host.clone(),
            route,
            level: chat.level,
        };
        let session = self.open(&arrival, now).await?;
        let interaction = self.store.interaction(&chat.person, &chat.interaction).await?;
        Ok((session, interaction.ok_or(Error::NotFound)?))
    }

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
            Ok(begun) => self.complete(chatting, begun, written, &progress, now).await,
            Err(Error::Conflict) => {
                let Chat { person, interaction, .. } = &chatting.chat;
                self.answered(person, interaction, written.id, now).await
            }
            Err(error) => Err(error),
        }
    }

    /// Notes that a message is being answered. A conflict: it was sent before.
    pub async fn take_up(
        &self,
        chatting: &mut Chatting,
        written: &Written<'_>,
        now: Timestamp,
    ) -> Result<Begun, Error> {
        let (session, interaction) = self.enter(chatting, now).await?;
        let before = self.store.turns(&session.person, &session.interaction).await?;
        // Clocks differ: what is said now comes after what was said.
        let last = before.last().map_or(0, |turn| turn.offset_ms + 1);
        let offset_ms = offset(&interaction, now).max(last);
        let exchange = Exchange {
            id: written.id.clone(),
            state: Exchanging::Running,
            offset_ms,
            began_at: now,
            answer: Answer::default(),
        };
        self.store.begin_exchange(&session.person, &session.interaction, &exchange).await?;
        Ok(Begun { session, exchange, before })
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
        let completed = self.completed(chatting, begun, written, progress, now).await;
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
        let Begun { session, mut exchange, before } = begun;
        let (person, id) = (session.person.clone(), session.interaction.clone());
        let offset_ms = exchange.offset_ms;
        let progress = &Told { to: progress, gone: AtomicBool::new(false) };
        self.heard(&session, &turn(offset_ms, 0, Speaker::Person, written.text)).await?;
        let answer = self.made(chatting, &session, written, &before, progress, now).await?;
        let mut spoken = turn(offset_ms, 1, Speaker::Twin, &answer.text);
        spoken.interrupted = answer.stopped;
        self.heard(&session, &spoken).await?;
        exchange.state = Exchanging::Done;
        exchange.answer = answer.clone();
        self.store.end_exchange(&person, &id, &exchange).await?;
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
        session: &Session,
        written: &Written<'_>,
        before: &[Turn],
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let persona = self.persona().await?;
        let contact = self.store.known(&session.person).await?.ok_or(Error::NotFound)?.contact;
        let read = self.determine_intent(written.text);
        let found = self.about(written.text, before, now).await?;
        let scene = Scene {
            persona: &persona.persona,
            session,
            contact: &contact,
            said: written.text,
            read: &read,
            found: &found,
            before,
        };
        let answer = match self.brain() {
            Brain::OpenAi(text) if self.reserve(now).await? => {
                match self.written_by(text, &scene, written.id, progress, now).await {
                    Ok(answer) => answer,
                    Err(Unwritten::Twin(error)) => return Err(error),
                    Err(Unwritten::Model(error)) => {
                        tracing::warn!(%error, "no model answered: the twin quotes");
                        self.plain(chatting, &scene, written.id, progress, now).await?
                    }
                }
            }
            _ => self.plain(chatting, &scene, written.id, progress, now).await?,
        };
        if !answer.known
            && !matches!(read.intent, Intent::Unknown)
            && let Err(error) = self.not_known(written.text, now).await
        {
            tracing::warn!(%error, "a question without an answer was not noted");
        }
        Ok(answer)
    }

    /// What supports an answer; a question that says too little by itself is looked up with the one before it.
    async fn about(&self, said: &str, before: &[Turn], now: Timestamp) -> Result<Vec<Found>, Error> {
        let found = self.consult(said, PASSAGES, now).await?;
        let last = before.iter().rev().find(|turn| turn.speaker == Speaker::Person);
        match last {
            Some(last) if found.is_empty() => {
                self.consult(&format!("{} {said}", last.text), PASSAGES, now).await
            }
            _ => Ok(found),
        }
    }

    /// Without a model: does what is asked for plainly, or quotes.
    async fn plain(
        &self,
        chatting: &mut Chatting,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let wanted = plainly::wanted(scene.said, scene.read, chatting.chat.expects.as_ref(), scene.contact);
        let mut done = Vec::new();
        for (number, wanted) in wanted.into_iter().enumerate() {
            let call = format!("{message}-{number}");
            let arguments = wanted.arguments.to_string();
            let acted = self.act_in(scene.session, &call, wanted.name, &arguments, progress, now).await?;
            done.push((wanted, acted.output));
        }
        let expects = plainly::expected(scene.said, scene.read, &done);
        if chatting.chat.expects != expects {
            chatting.chat.expects = expects;
            match self.store.update_chat(&chatting.place, &chatting.chat).await {
                // The browser has forgotten it meanwhile.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let labels = done.iter().filter_map(|(wanted, output)| plainly::label(wanted.name, output));
        let labels = labels.map(ToOwned::to_owned).collect();
        let answer = if done.is_empty() {
            let Scene { persona, found, said, read, .. } = scene;
            let reply = reply::reply(persona, found, said, read.intent, Channel::Chat);
            Answer { text: reply.text, citations: reply.citations, known: reply.known, ..Answer::default() }
        } else {
            let text = plainly::told(scene.persona, &done);
            Answer { text, known: true, done: labels, ..Answer::default() }
        };
        tell(progress, Progress::Text(answer.text.clone())).await;
        Ok(answer)
    }

    /// By a model, with tools, as it is written.
    async fn written_by(
        &self,
        text: &Text,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Unwritten> {
        let unsure = scene.read.confidence < SURE && scene.said.contains('?');
        let needs_source = unsure || needs_support(scene.read.intent);
        let mut streamed = Streamed::new(scene.found.len(), needs_source);
        let mut calls: Vec<(Call, String)> = Vec::new();
        let mut done = Vec::new();
        let mut stopped = false;
        let before = &scene.before[scene.before.len().saturating_sub(TOLD_TURNS)..];
        let mut look = tokio::time::interval(LOOK_FOR_STOP);
        for round in 0..MAX_ROUNDS {
            if round > 0 && !self.reserve(now).await.map_err(Unwritten::Twin)? {
                break;
            }
            let told = Talk {
                instructions: &scene.session.briefing.instructions,
                said: scene.said,
                found: scene.found,
                before,
                calls: &calls,
            };
            let mut steps = talk(text, &told);
            let mut asked = Vec::new();
            loop {
                tokio::select! {
                    step = steps.next() => match step {
                        Some(Ok(Delta::Text(written))) => {
                            if let Some(shown) = streamed.push(&written) {
                                tell(progress, Progress::Text(shown)).await;
                            }
                        }
                        Some(Ok(Delta::Call(call))) => asked.push(call),
                        Some(Ok(Delta::Done(usage))) => self.spent(text.cost(&usage), now).await,
                        // What was said and done stands, cut where it is.
                        Some(Err(error)) if streamed.is_begun() || !calls.is_empty() => {
                            tracing::warn!(%error, "a model broke off");
                            stopped = true;
                            break;
                        }
                        Some(Err(error)) => return Err(Unwritten::Model(error)),
                        None => break,
                    },
                    _ = look.tick() => {
                        stopped = self.is_stopping(scene.session, message).await;
                        if stopped { break }
                    }
                }
            }
            if stopped || asked.is_empty() {
                break;
            }
            for call in asked {
                let acted = self
                    .act_in(scene.session, &call.call_id, &call.name, &call.arguments, progress, now)
                    .await
                    .map_err(Unwritten::Twin)?;
                done.extend(plainly::label(&call.name, &acted.output).map(ToOwned::to_owned));
                calls.push((call, acted.output.to_string()));
            }
        }
        Ok(settled(scene, streamed, done, stopped))
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
        tell(progress, Progress::Activity { tool: name.to_owned(), running: false }).await;
        acted
    }

    /// A store that does not answer stops nothing.
    async fn is_stopping(&self, session: &Session, message: &MessageId) -> bool {
        let found = self.store.exchange(&session.person, &session.interaction, message).await;
        found.ok().flatten().is_some_and(|exchange| exchange.state == Exchanging::Stopping)
    }

    /// Takes what an answer may cost from the day's budget. `false`: it is spent, and the twin quotes by itself.
    async fn reserve(&self, now: Timestamp) -> Result<bool, Error> {
        Ok(self.store.take(&MODEL_SPEND, "", RESERVED, now).await?.is_ok())
    }

    /// What is not corrected stays as it was reserved.
    async fn spent(&self, micro_dollars: Option<u64>, now: Timestamp) {
        let Some(spent) = micro_dollars.and_then(|spent| i64::try_from(spent).ok()) else { return };
        let more = spent.saturating_sub_unsigned(RESERVED);
        if let Err(error) = self.store.correct(&MODEL_SPEND, "", more, now).await {
            tracing::warn!(%error, spent, "what a model cost was not counted");
        }
    }
}

/// Uses a handoff up and begins the chat that it leads to. Expired, used and unknown ones are all `NotFound`.
pub async fn begin_handed_over(
    store: &Store,
    handoff: &str,
    host: Option<String>,
    now: Timestamp,
) -> Result<(Secret, Chatting), Error> {
    let handoff = store.redeem_handoff(handoff, now).await?;
    let secret = Secret::generate();
    let place = Place::Secret(secret.reveal().to_owned());
    let chat = new_chat(handoff.person, handoff.level, Some(handoff.from), host, now);
    store.save_chat(&place, &chat).await?;
    Ok((secret, Chatting { place, chat }))
}

/// Why there is no answer: the model's fault, for which there is a remedy, or ours.
enum Unwritten {
    Model(TextError),
    Twin(Error),
}

/// What counts of what a model wrote.
fn settled(scene: &Scene<'_>, streamed: Streamed, done: Vec<String>, stopped: bool) -> Answer {
    if (streamed.is_held() && done.is_empty()) && !stopped {
        let unknown = reply::unknown(scene.persona, scene.read.intent);
        return Answer { text: unknown.text, ..Answer::default() };
    }
    let held = streamed.is_held();
    let (written, named) = streamed.finish();
    // What names no source is not said; what was done is.
    let text = if held || written.trim().is_empty() { done.join(" ") } else { written };
    if text.is_empty() && !stopped {
        let unknown = reply::unknown(scene.persona, scene.read.intent);
        return Answer { text: unknown.text, ..Answer::default() };
    }
    let citations = named
        .into_iter()
        .filter_map(|number| scene.found.get(number - 1).map(|found| Cited::of(number, found)))
        .collect();
    Answer { text, citations, known: true, stopped, done }
}

fn new_chat(
    person: PersonId,
    level: Assurance,
    continues: Option<InteractionId>,
    host: Option<String>,
    now: Timestamp,
) -> Chat {
    let interaction = InteractionId::generate(now);
    Chat { person, interaction, level, continues, host, expects: None, expires_at: now + CHAT_FOR }
}

fn offset(interaction: &Interaction, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(interaction.started_at).as_millis()).unwrap_or(0)
}

fn turn(offset_ms: u64, sequence: u32, speaker: Speaker, text: &str) -> Turn {
    Turn { offset_ms, sequence, speaker, text: text.to_owned(), interrupted: false }
}

/// Whoever reads along.
struct Told<'a> {
    to: &'a Sender<Progress>,
    gone: AtomicBool,
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
