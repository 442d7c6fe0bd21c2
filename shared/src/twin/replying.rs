//! A message in writing and its answer: noted, answered once, told as it is made.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{
    mpsc::{self, Sender},
    watch,
};

use super::{
    Acted, Chatting, Entered, Session, Twin, asking,
    privacy::unless_erased,
    spending::{ANSWER, Paid},
};
use crate::{
    brain::{
        Brain, Talk, UserIntent, dialogue,
        dialogue::{Manner, Then, Wanted},
        meant, parts, reply,
        reply::{MEANT, is_for_the_owner},
        streamed::Streamed,
        talk,
    },
    chat::{Answer, Chat, Cited, Exchange, Exchanging, Expects, Progress},
    clients::{
        openai::{Call, Delta, Text, TextError},
        twilio::TwilioRest,
    },
    contact::Contact,
    error::Error,
    id::{CallSid, InteractionId, MessageId, PersonId},
    interaction::{Channel, Intent, Speaker, Turn},
    knowledge::library::Found,
    language::Language,
    persona::Persona,
    resume,
    routing::RouteKind,
    store::StoreError,
    tools::Tool,
};

/// Turns of the past that a model is told.
const TOLD_TURNS: usize = 24;
/// How often a model may ask for tools before it must answer.
const MAX_ROUNDS: usize = 4;
/// While an answer is written, the store is asked this often whether the person wants to read on.
const LOOK_FOR_STOP: Duration = Duration::from_millis(700);
/// Where a model ends a call without a word.
const GOODBYE: &str = "Thank you for calling. Goodbye.";
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
        let read = self.determine_intent(written.text, now).await?;
        let owner = persona.persona.core.name.as_str();
        let payers = if progress.phone.is_some() { Vec::new() } else { chatting.payers() };
        let by_model = matches!(self.brain, Brain::OpenAi(_));
        let asked = self.about((written.text, &read, owner), before, by_model, now).await?;
        let scene = Scene {
            payers: &payers,
            persona: &persona.persona,
            session,
            contact,
            said: written.text,
            asked: &asked.question,
            leans: asked.leans,
            read: &read,
            found: &asked.found,
            before,
        };
        let paid = self.paid(&payers, ANSWER, now).await?;
        let answer = match paid.brain.clone() {
            Brain::OpenAi(text) => {
                match self.written_by((&text, paid), &scene, written.id, progress, now).await {
                    Ok(answer) => answer,
                    Err(Unwritten::Twin(error)) => return Err(error),
                    // Whoever calls hears what is wrong, and leaves a message.
                    Err(Unwritten::Model(error)) if progress.phone.is_some() => {
                        return Err(Error::Upstream(Box::new(error)));
                    }
                    Err(Unwritten::Model(error)) => {
                        tracing::warn!(%error, "no model answered: the twin quotes");
                        self.plain(chatting, &scene, written.id, progress, now).await?
                    }
                }
            }
            Brain::Offline => self.plain(chatting, &scene, written.id, progress, now).await?,
        };
        if !answer.known
            && !asked.leans
            && let Err(error) = self.note_unknown(owner, (written.text, read.intent), now).await
        {
            tracing::warn!(%error, "a question without an answer was not noted");
        }
        Ok(answer)
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

    /// Without a model: does what is asked for plainly, or quotes.
    async fn plain(
        &self,
        chatting: &mut Chatting,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let read = &dialogue::meant(scene.said, scene.read, chatting.chat.expects.as_ref());
        let owner = &scene.persona.core.name;
        let manner = if progress.phone.is_some() { Manner::Spoken } else { Manner::Written };
        let expects = chatting.chat.expects.as_ref();
        let wanted = dialogue::wanted(scene.said, read, expects, scene.contact, owner, manner);
        let parts = self.parts(scene.said, now).await?;
        let of = |part: &asking::Part<'_>| part.wanted(scene.contact, owner, manner);
        let wanted = if wanted.is_empty() {
            parts.iter().map(of).find(|wanted| !wanted.is_empty()).unwrap_or_default()
        } else {
            wanted
        };
        let mut done = Vec::new();
        let may = |wanted: &Wanted| progress.phone.is_none_or(|spoken| Tool::may(spoken.route, wanted.name));
        for (number, wanted) in wanted.into_iter().filter(may).enumerate() {
            if progress.is_unwanted() {
                break;
            }
            let call = format!("{message}-{number}");
            let arguments = wanted.arguments.to_string();
            let acted = self.act_in(scene.session, &call, wanted.name, &arguments, progress, now).await?;
            let one = (wanted, acted.output);
            let then = dialogue::then(scene.said, read, chatting.chat.expects.as_ref(), &one);
            let other = match then {
                Then::Stands => {
                    done.push(one);
                    continue;
                }
                Then::Nothing => continue,
                Then::Also(other) => {
                    done.push(one);
                    other
                }
                Then::Instead(other) => other,
            };
            let (call, arguments) = (format!("{call}-then"), other.arguments.to_string());
            let acted = self.act_in(scene.session, &call, other.name, &arguments, progress, now).await?;
            done.push((other, acted.output));
        }
        let is_declined = dialogue::is_declined(scene.said, chatting.chat.expects.as_ref());
        let expects = dialogue::expected(scene.said, read, chatting.chat.expects.as_ref(), &done);
        let labels = done.iter().filter_map(|(wanted, output)| dialogue::label(wanted.name, output));
        let labels = labels.map(ToOwned::to_owned).collect();
        let answer = if done.is_empty() && is_declined {
            let text = dialogue::dropped(chatting.chat.expects.as_ref()).to_owned();
            Answer { text, known: true, ..Answer::default() }
        } else if done.is_empty() {
            self.said_plainly(chatting, scene, (read, parts.as_slice()), now).await?
        } else {
            let text = dialogue::told(scene.persona, scene.said, &done);
            let Scene { persona, found, said, session, .. } = scene;
            let besides = parts.iter().filter(|part| of(part).is_empty() && !part.found.is_empty());
            // What the owner has said of being available comes before the times at which they are free.
            let (text, citations) = match read.intent {
                Intent::Availability if !found.is_empty() => {
                    let stated = reply::reply(persona, found, said, read, session.channel);
                    (format!("{}\n\n{text}", stated.text), stated.citations)
                }
                // What else they asked is answered, too.
                _ => match asking::answered(persona, besides, session.channel) {
                    Some(besides) => (format!("{}\n\n{text}", besides.text), besides.citations),
                    None => (text, Vec::new()),
                },
            };
            Answer { text, citations, known: true, done: labels, ..Answer::default() }
        };
        // Whoever is told that it is not known is asked whether they want to leave a message.
        let open = expects.clone().filter(|expects| !matches!(expects, Expects::Booked { .. }));
        let expects = match (answer.known, Language::foreign(scene.said)) {
            (true, _) => expects,
            // Whoever is not understood is asked for the message itself.
            (false, Some(_)) => open.or(Some(Expects::Message)),
            (false, None) => open.or(Some(Expects::Offered)),
        };
        if chatting.chat.expects != expects {
            chatting.chat.expects.clone_from(&expects);
            let changed =
                self.store.change_chat(&chatting.place, |chat| chat.expects.clone_from(&expects)).await;
            match changed {
                // The browser has forgotten it meanwhile.
                Ok(_) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        tell(progress, Progress::Text(answer.text.clone())).await;
        Ok(answer)
    }

    /// What is said where nothing is to be done.
    async fn said_plainly(
        &self,
        chatting: &Chatting,
        scene: &Scene<'_>,
        (read, parts): (&UserIntent, &[asking::Part<'_>]),
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let Scene { persona, found, said, asked, leans, session, contact, before, .. } = *scene;
        let name = &persona.core.name;
        // A link is no use to whoever speaks.
        let is_written = session.channel == Channel::Chat;
        if is_written && meant::asks_for_the_resume(said) && self.has_resume(now).await? {
            let text = match chatting.chat.host {
                Some(_) => format!(
                    "{name}’s résumé is the resource `twin://resume.pdf`, and `twin://resume` as text."
                ),
                None => format!("Here it is: [{name}’s résumé (PDF)]({}).", resume::PATH),
            };
            return Ok(Answer { text, known: true, ..Answer::default() });
        }
        if let Some(reply) = asking::answered(persona, parts.iter(), session.channel) {
            let reply::Reply { text, citations, known } = reply;
            return Ok(Answer { text, citations, known, ..Answer::default() });
        }
        let reply = if leans && parts::wants_more(said) && found.is_empty() {
            let text = format!("That is all that I know of it. May I take a message for {name}?");
            reply::Reply { text, citations: Vec::new(), known: false }
        } else if leans && !found.is_empty() {
            let read = UserIntent { intent: Intent::Experience, confidence: MEANT, ..read.clone() };
            reply::reply(persona, found, asked, &read, session.channel)
        } else {
            let read = asking::said_by_now(read, before, contact, name);
            let mut reply = reply::reply(persona, found, said, &read, session.channel);
            if leans && !reply.known {
                // It says nothing by itself, so it is not noted.
                reply.text =
                    format!("I do not know that, and I will not guess. May I take a message for {name}?");
            }
            reply
        };
        Ok(Answer { text: reply.text, citations: reply.citations, known: reply.known, ..Answer::default() })
    }

    /// By a model, with tools, as it is written.
    async fn written_by<'a>(
        &self,
        (text, mut paid): (&Text, Paid<'a>),
        scene: &Scene<'a>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Unwritten> {
        let needs_source = reply::needs_support(scene.persona, scene.said, scene.read);
        let mut streamed = Streamed::new(scene.found.len(), needs_source);
        let mut calls: Vec<(Call, String)> = Vec::new();
        let mut done = Vec::new();
        let (mut stopped, mut ends) = (false, false);
        let before = &scene.before[scene.before.len().saturating_sub(TOLD_TURNS)..];
        let reminded =
            self.reminded((&scene.session.person, scene.session.standing()), scene.said, now).await;
        let instructions = scene.session.briefing.instructions.clone() + &reminded;
        let mut look = tokio::time::interval(LOOK_FOR_STOP);
        for round in 0..MAX_ROUNDS {
            stopped |= progress.is_unwanted();
            if stopped {
                if round == 0 {
                    self.came_to(&paid, Some(0), now).await;
                }
                break;
            }
            if round > 0 {
                paid = self.paid(scene.payers, ANSWER, now).await.map_err(Unwritten::Twin)?;
                let Brain::OpenAi(_) = paid.brain else { break };
            }
            let told = Talk {
                aloud: progress.phone.map(|spoken| spoken.route),
                instructions: &instructions,
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
                        Some(Ok(Delta::Done(usage))) => self.came_to(&paid, text.cost(&usage), now).await,
                        Some(Err(error)) => {
                            self.came_to(&paid, text.lost(&error), now).await;
                            if !streamed.is_begun() && calls.is_empty() {
                                return Err(Unwritten::Model(error));
                            }
                            // What was said and done stands, cut where it is.
                            tracing::warn!(%error, "a model broke off");
                            stopped = true;
                            break;
                        }
                        None => break,
                    },
                    () = progress.unwanted() => {
                        stopped = true;
                        break;
                    }
                    _ = look.tick(), if progress.phone.is_none() => {
                        stopped = self.is_stopping(scene.session, message).await;
                        if stopped { break }
                    }
                }
            }
            if stopped || asked.is_empty() {
                break;
            }
            for call in asked {
                stopped = self.is_called_off(scene.session, message, progress).await;
                if stopped {
                    break;
                }
                let acted = self
                    .act_in(scene.session, &call.call_id, &call.name, &call.arguments, progress, now)
                    .await
                    .map_err(Unwritten::Twin)?;
                ends |= acted.ends_call;
                done.extend(dialogue::label(&call.name, &acted.output).map(ToOwned::to_owned));
                calls.push((call, acted.output.to_string()));
            }
        }
        Ok(settled(scene, streamed, done, (stopped, ends)))
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

/// Why there is no answer: the model's fault, for which there is a remedy, or ours.
enum Unwritten {
    Model(TextError),
    Twin(Error),
}

/// What counts of what a model wrote.
fn settled(
    scene: &Scene<'_>,
    streamed: Streamed,
    done: Vec<String>,
    (stopped, ends): (bool, bool),
) -> Answer {
    let held = streamed.is_held();
    let (written, named) = streamed.finish();
    // What names no source is not said; what was done is.
    let text = if held || written.trim().is_empty() { done.join(" ") } else { written };
    if text.is_empty() && ends {
        return Answer { text: GOODBYE.to_owned(), known: true, ..Answer::default() };
    }
    if text.is_empty() && !stopped {
        let unknown = reply::unknown(scene.persona, scene.said, scene.read.intent);
        return Answer { text: unknown.text, ..Answer::default() };
    }
    let citations = named
        .into_iter()
        .filter_map(|number| scene.found.get(number - 1).map(|found| Cited::of(number, found)))
        .collect();
    Answer { text, citations, known: true, stopped, done }
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
