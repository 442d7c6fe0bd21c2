//! The three verbs that every channel is built around: open, act, close.

mod after;
mod answering;
mod arranging;
mod attending;
mod chatting;
mod connecting;
mod contacts;
mod counting;
mod deciding;
mod handing;
mod health;
mod dialling;
mod digesting;
mod executing;
mod holding_back;
mod hearing_back;
mod keeping;
mod knowing;
mod merging;
mod mirroring;
mod nudging;
mod offering;
mod outside;
mod overhearing;
mod persona;
mod phone;
mod placing;
mod privacy;
mod proposing;
mod proving;
mod recalling;
mod remembering;
mod reminding;
mod replying;
mod ringing;
mod scheduling;
mod settling;
mod signing_in;
mod spending;
mod transferring;
mod talking;
mod unifying;

pub use self::{
    answering::{FollowUpPlan, Response},
    chatting::{Chatting, Entered, begin_handed_over, begin_handed_over_under},
    contacts::{Contacts, Listed},
    counting::{Behind, Found as Counted, Rebuilt},
    deciding::{Decided, Decision},
    dialling::{ANSWERED, DETECTED, PROGRESS, Through, Wanted},
    executing::{Post, TEXT_STATUS},
    handing::{Carried, CarriedTurn},
    health::Health,
    keeping::{NOT_IN_ENGLISH, RECORDED, TRANSCRIBED},
    knowing::{Import, SharedLibrary},
    overhearing::OVERHEARD,
    persona::Introduced,
    replying::{Aloud, Begun, OnCall, Spoken, Written},
    scheduling::{Booker, Free, OF_ALL, ToBook},
    signing_in::Account,
    spending::{CALL, MINUTE, ModelSpend},
    talking::Prepared,
    transferring::{ENDED, OWNER, RINGS_FOR, TALKS_FOR},
    unifying::{CarriedOver, Handed, InteractionData, PersonaForChannel, Said, UserContext},
};

pub use crate::memory::Recalled;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    audit::{Act, Actor, Line},
    brain::Brain,
    clients::{calendars::Accounts, fetch, queue::Queue},
    contact::{Detail, Origin},
    context::Ended,
    error::Error,
    id::{CallSid, InteractionId, PersonId},
    identity::{Assurance, Evidence, EvidenceSource, Identity, IdentityKey, Phone},
    interaction::{Action, Channel, Interaction, Outcome, Simulated, Speaker, Status, Turn},
    job::Job,
    outbound::Dial,
    persona::{Briefing, Persona, Versioned},
    policy::{self, Right, Standing},
    recording::Policy,
    routing::{Reach, RouteKind},
    store::{Call, Known, Store, StoreError},
    tools::{PhoneEffect, Private, Scene, Texts, Tool, ToolError, answer_question},
};

/// How often a write is tried again when somebody else was first.
const MAX_CONFLICTS: u32 = 5;
/// How long whoever holds a call has to close its conversation once it is over.
pub const CLOSED_WITHIN: SignedDuration = SignedDuration::from_secs(20);
/// How long a persona that was read is used without reading it again.
const PERSONA_FOR: Duration = Duration::from_mins(1);

/// The persona, and when it was read.
struct Cached(Instant, Arc<Versioned>);

#[derive(Clone)]
pub struct Twin {
    store: Store,
    queue: Queue,
    persona: Arc<Mutex<Option<Cached>>>,
    phone: Arc<Mutex<Option<phone::Read>>>,
    calendar: Arc<Mutex<Option<scheduling::Read>>>,
    library: Arc<Mutex<Option<knowing::Shelved>>>,
    directory: Arc<Mutex<Option<contacts::Loaded>>>,
    roll: Arc<Mutex<Option<proposing::Called>>>,
    /// What reads calendars elsewhere.
    elsewhere: Arc<outside::Elsewhere>,
    brain: Brain,
    /// The twin's own number, where it has one.
    line: Option<Phone>,
    simulated: Simulated,
}

/// Who arrives, on which channel, and how sure we are: settled before the conversation opens.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub channel: Channel,
    pub call_sid: Option<CallSid>,
    /// The MCP host, as it calls itself.
    pub host: Option<String>,
    pub route: RouteKind,
    pub level: Assurance,
}

/// A conversation that is going on. What may be read and done in it is bound to its person.
#[derive(Debug, Clone)]
pub struct Session {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub channel: Channel,
    pub level: Assurance,
    /// The conversations that this one goes on with, the oldest first.
    pub continues: Vec<InteractionId>,
    /// Where they are, as their browser says: an IANA name.
    pub time_zone: Option<String>,
    pub briefing: Briefing,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Acted {
    pub output: Value,
    pub ends_call: bool,
    /// The conversation is taken in another way from now on.
    pub rerouted: Option<Rerouted>,
    /// To be done now; the same call again does not bring it again.
    pub effect: Option<PhoneEffect>,
}

/// What a model is told when the route of a conversation changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rerouted {
    pub route: RouteKind,
    pub instructions: String,
}

impl Acted {
    pub fn says(output: Value, ends_call: bool) -> Self {
        Self { output, ends_call, rerouted: None, effect: None }
    }
}

impl Twin {
    pub fn new(store: Store, queue: Queue) -> Self {
        Self {
            store,
            queue,
            persona: Arc::default(),
            phone: Arc::default(),
            calendar: Arc::default(),
            library: Arc::default(),
            directory: Arc::default(),
            roll: Arc::default(),
            elsewhere: Arc::default(),
            brain: Brain::Offline,
            line: None,
            simulated: Simulated::default(),
        }
    }

    pub fn with_brain(self, brain: Brain) -> Self {
        Self { brain, ..self }
    }

    /// Which hosts may be asked for the owner's calendars (public ones unless it is said), and with which registrations
    /// providers are.
    pub fn with_accounts(self, policy: fetch::Policy, accounts: Option<Accounts>) -> Self {
        Self { elsewhere: Arc::new(outside::Elsewhere::new(policy, accounts)), ..self }
    }

    /// What it calls and texts from.
    pub fn with_line(self, line: Option<Phone>) -> Self {
        Self { line, ..self }
    }

    /// What is only played here, so that nobody takes its price for money spent.
    pub fn with_simulated(self, simulated: Simulated) -> Self {
        Self { simulated, ..self }
    }

    pub fn simulated(&self) -> Simulated {
        self.simulated
    }

    pub fn brain(&self) -> &Brain {
        &self.brain
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The owner's persona. `NotSetUp` before one was imported or written.
    pub async fn persona(&self) -> Result<Arc<Versioned>, Error> {
        self.introduced().await?.ok_or(Error::NotSetUp)
    }

    /// The same; nothing before there is one.
    pub async fn introduced(&self) -> Result<Option<Arc<Versioned>>, Error> {
        let mut cached = self.persona.lock().await;
        if let Some(Cached(read, persona)) = cached.as_ref()
            && read.elapsed() < PERSONA_FOR
        {
            return Ok(Some(persona.clone()));
        }
        let Some(persona) = self.store.persona().await?.map(Arc::new) else { return Ok(None) };
        *cached = Some(Cached(Instant::now(), persona.clone()));
        Ok(Some(persona))
    }

    /// Begins a conversation, or goes on with one that began: one query for the person.
    pub async fn open(&self, arrival: &Arrival, now: Timestamp) -> Result<Session, Error> {
        let (known, opened, call) = tokio::join!(
            self.store.known(&arrival.person),
            self.start(arrival, now),
            Box::pin(self.call_of(arrival))
        );
        let (dial, known, call) = (opened?, known?, call?);
        self.briefed(arrival, known.as_ref(), (dial.as_ref(), call), now).await
    }

    /// The row of the call that it is.
    async fn call_of(&self, arrival: &Arrival) -> Result<Option<Box<Call>>, Error> {
        match &arrival.call_sid {
            Some(sid) => Ok(self.store.call(sid).await?.map(Box::new)),
            None => Ok(None),
        }
    }

    /// The same with somebody who was looked up before.
    async fn open_known(&self, arrival: &Arrival, known: &Known, now: Timestamp) -> Result<Session, Error> {
        let dial = self.start(arrival, now).await?;
        self.briefed(arrival, Some(known), (dial.as_ref(), None), now).await
    }

    /// The call that the twin placed for it, if it did.
    async fn start(&self, arrival: &Arrival, now: Timestamp) -> Result<Option<Dial>, Error> {
        let dial = match arrival.channel {
            Channel::Phone => self.store.dial_of(&arrival.person, &arrival.interaction).await?,
            Channel::Chat | Channel::Voice => None,
        };
        let interaction = Interaction {
            id: arrival.interaction.clone(),
            person: arrival.person.clone(),
            channel: arrival.channel,
            call_sid: arrival.call_sid.clone(),
            dial: dial.as_ref().map(|dial| dial.id.clone()),
            host: arrival.host.clone(),
            route: arrival.route,
            level: arrival.level,
            status: Status::Open,
            started_at: now,
            ended_at: None,
            outcome: None,
            analysis: None,
            measured: None,
            words_read: 0,
            came_later: 0,
        };
        self.store.open_interaction(&interaction).await?;
        Ok(dial)
    }

    async fn briefed(
        &self,
        arrival: &Arrival,
        known: Option<&Known>,
        (dial, call): (Option<&Dial>, Option<Box<Call>>),
        now: Timestamp,
    ) -> Result<Session, Error> {
        let (channel, route, level) = (arrival.channel, arrival.route, arrival.level);
        // Whoever is known by one number may call from another: what counts is where this call comes from.
        let number = match (dial, call) {
            (Some(dial), _) => Some(dial.number.clone()),
            (None, Some(call)) => call.number,
            (None, None) => known.and_then(|known| known.contact.contact_methods.phone.clone()),
        };
        let told = known.filter(|_| Standing::new(channel, level).allows(Right::Past));
        let persona = self.persona().await?;
        let (briefing, ()) = tokio::join!(
            Box::pin(self.briefing(&persona.persona, (channel, route), (known, level), (dial, number), now)),
            self.audit_telling(told, arrival, now),
        );
        let briefing = briefing?;
        let (person, interaction) = (arrival.person.clone(), arrival.interaction.clone());
        let (channel, level) = (arrival.channel, arrival.level);
        let continues = dial.and_then(Dial::asked_in).into_iter().collect();
        Ok(Session { person, interaction, channel, level, continues, time_zone: None, briefing })
    }

    /// That a conversation is told of what was before.
    async fn audit_telling(&self, told: Option<&Known>, arrival: &Arrival, now: Timestamp) {
        let Some(known) = told else { return };
        let line = Line::new(Actor::Twin, Act::Briefed, now).about(&known.contact.id);
        self.audit_reading(line.on(arrival.channel).within(&arrival.interaction)).await;
    }

    async fn briefing(
        &self,
        persona: &Persona,
        (channel, route): (Channel, RouteKind),
        (known, level): (Option<&Known>, Assurance),
        (dial, number): (Option<&Dial>, Option<Phone>),
        now: Timestamp,
    ) -> Result<Briefing, Error> {
        let settings = match channel {
            Channel::Phone => Some(self.phone_settings().await?),
            Channel::Chat | Channel::Voice => None,
        };
        // The purpose of a call that the twin places is in the owner's words.
        let theirs = number.as_ref().filter(|_| dial.is_none());
        let last = theirs.and(known).and_then(|known| known.context.speaks());
        let spoken = settings.as_ref().map(|settings| settings.spoken_with(theirs, last)).unwrap_or_default();
        let mut briefing = persona.brief_in(spoken, channel, &route.route(), known, level, now);
        if let Some(settings) = settings {
            briefing.add(&settings.told(now));
            let ours = settings.owner_line.as_ref().or(self.line.as_ref());
            briefing.recording = settings.recording.among([number.as_ref(), ours]);
            if let Some(told) = briefing.recording.told() {
                briefing.add(told);
            }
            briefing.number = number;
        }
        if let (Some(dial), Some(known)) = (dial, known) {
            dial.briefing(&persona.core.name, &known.contact, &mut briefing);
            let from: Vec<InteractionId> = dial.asked_in().into_iter().collect();
            briefing
                .instructions
                .push_str(&self.carried_along(&dial.person, &from, Standing::new(channel, level)).await);
        }
        Ok(briefing)
    }

    /// Runs a tool within the session's rights. The same tool call again gives the same answer and does
    /// nothing twice.
    pub async fn act(
        &self,
        session: &Session,
        tool_call: &str,
        name: &str,
        arguments: &str,
        now: Timestamp,
    ) -> Result<Acted, Error> {
        let tool = match Tool::parse(name, arguments) {
            Ok(tool) => tool,
            Err(error @ (ToolError::Unknown | ToolError::Arguments(_))) => {
                return Ok(Acted::says(json!({ "error": error.to_string() }), false));
            }
        };
        let ends_call = matches!(tool, Tool::EndCall(_));
        let (person, interaction) = (&session.person, &session.interaction);
        let level = self.level_now(person, interaction, session.level).await?;
        let session = &Session { level, ..session.clone() };
        if let Some(output) = self.store.acted(person, interaction, tool_call).await? {
            return Ok(Acted::says(output, ends_call));
        }
        if let (Tool::Recall(_), Some(_)) = (&tool, session.standing().permit(Right::Recall)) {
            let line = Line::new(Actor::Twin, Act::Tool(name.to_owned()), now);
            self.audit_reading(line.about(person).on(session.channel).within(interaction)).await;
        }
        let found = match &tool {
            Tool::AnswerQuestion(asked) => {
                let intent = self.determine_intent(&asked.question, now).await?.intent;
                self.supported(&asked.question, intent, answer_question::MAX_PASSAGES, now).await?
            }
            _ => Vec::new(),
        };
        let recalled = match (&tool, session.standing().permit(Right::Recall)) {
            (Tool::Recall(asked), permit) => self.recalled(session, permit, &asked.about, now).await?,
            _ => None,
        };
        let channel = session.channel;
        let (reach, recording) = match channel {
            Channel::Phone => {
                let settings = self.phone_settings().await?;
                (settings.reach(now), settings.recording.max(session.briefing.recording))
            }
            Channel::Chat | Channel::Voice => (Reach::NoLine, Policy::Off),
        };
        let may_press = policy::presses_keys(channel, session.briefing.outbound.is_some());
        let offered = match &tool {
            Tool::FindTimes(asked) => Some(Box::pin(self.offer(asked, Some(session), now)).await?),
            _ => None,
        };
        // Booked before it is told: the same tool call again is the same booking.
        let arranged = match &tool {
            Tool::BookMeeting(asked) => Some(Box::pin(self.arrange(session, tool_call, asked, now)).await?),
            _ => None,
        };
        let changed = match &tool {
            Tool::ChangeMeeting(asked) => Some(Box::pin(self.change_meeting(session, asked, now)).await?),
            _ => None,
        };
        let texts = match &tool {
            Tool::SendHandoffLink(_) => self.texts_to(session, now).await?,
            Tool::GiveCode(asked) if asked.is_texted() => self.texts_to(session, now).await?,
            _ => Texts::default(),
        };
        let private = match &tool {
            Tool::ExportMyData(_) | Tool::ForgetMe(_) => self.private_of(session).await?,
            _ => Private::default(),
        };
        let mut audited = false;
        for _ in 0..MAX_CONFLICTS {
            let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
            let standing = session.standing_of(&known);
            let (recalled, contact) = (recalled.as_deref(), &known.contact);
            let (offered, arranged, changed) = (offered.as_ref(), arranged.as_ref(), changed.as_ref());
            let (found, texts) = (&found, &texts);
            let scene = Scene {
                found,
                recalled,
                contact,
                standing,
                reach,
                recording,
                may_press,
                offered,
                arranged,
                changed,
                texts,
                private: private.clone(),
            };
            let done = tool.clone().run(&scene);
            if let Some(proof) = done.proof {
                let output = Box::pin(self.proved(session, tool_call, proof, &known, now)).await?;
                return Ok(Acted::says(output, ends_call));
            }
            if done.erases {
                self.erase(person, Actor::Person, now).await?;
                return Ok(Acted::says(done.output, ends_call));
            }
            if done.action.is_some() && !std::mem::replace(&mut audited, true) {
                let line = Line::new(Actor::Twin, Act::Tool(name.to_owned()), now);
                self.audit(line.about(person).on(channel).within(interaction)).await?;
            }
            let action = done.action.clone();
            let unanswered = match &done.action {
                Some(Action::QuestionUnanswered { question }) => Some(question.clone()),
                _ => None,
            };
            let confirmed = matches!(done.action, Some(Action::ContactSaved { confirmed: true }));
            let email = done.learned.iter().find_map(|detail| match detail {
                Detail::Email(email) => email.clone(),
                _ => None,
            });
            let has_address = email.is_some() || known.contact.contact_methods.email.is_some();
            let mut contact = known.contact;
            let changes = contact.learn(done.learned, &Origin::conversation(interaction, now));
            let contact = (!changes.is_empty()).then_some(contact);
            // Before the action: whoever finds it stored, and does nothing twice, finds these, too.
            if let (true, true, Some(email)) = (confirmed, standing.allows(Right::TieAddress), email) {
                self.learn_key(session, IdentityKey::Email(email), now).await?;
            }
            if let Some(action) = &action {
                self.agreed(session, action, has_address, now).await?;
            }
            match self
                .store
                .act(person, interaction, tool_call, done.action, &done.output, contact, &changes, now)
                .await
            {
                Ok(()) => {
                    if let Some(question) = unanswered
                        && self.is_for_the_owner(&question).await.unwrap_or(true)
                        && let Err(error) = self.not_known(&question, now).await
                    {
                        tracing::warn!(%error, "a question without an answer was not noted");
                    }
                    let rerouted = self.rerouted(session, done.route, now).await;
                    let (ends_call, effect) = (done.ends_call, done.effect);
                    return Ok(Acted { output: done.output, ends_call, rerouted, effect });
                }
                Err(StoreError::Conflict) => {
                    if let Some(output) = self.store.acted(person, interaction, tool_call).await? {
                        return Ok(Acted::says(output, ends_call));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// Stores a turn that ended.
    pub async fn heard(&self, session: &Session, turn: &Turn) -> Result<(), Error> {
        Ok(self.store.add_turn(&session.person, &session.interaction, turn).await?)
    }

    /// Ends a conversation: interaction and context in one transaction, then one small message. Closing
    /// again changes nothing; if the message is lost, the sweep repeats it.
    pub async fn close(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let Some(mut closing) = self.store.interaction(person, interaction).await? else {
                return Err(Error::NotFound);
            };
            if closing.status != Status::Open {
                return Ok(());
            }
            let Some(Known { mut context, contact, .. }) = self.store.known(person).await? else {
                return Err(Error::NotFound);
            };
            self.disclosed(&closing).await?;
            let outcome = match closing.channel {
                Channel::Phone if self.is_taken_over(person, interaction).await? => Outcome::Transferred,
                _ => outcome,
            };
            let turns = match closing.channel {
                Channel::Phone => Vec::new(),
                Channel::Chat | Channel::Voice => self.store.turns(person, interaction).await?,
            };
            let talk = match closing.channel {
                Channel::Voice => self.store.talk(person, interaction).await?,
                Channel::Chat | Channel::Phone => None,
            };
            let at = Self::ended_at(&closing, outcome, &turns, now);
            closing.status = Status::Closed;
            closing.ended_at = Some(at);
            closing.outcome = Some(outcome);
            let ended = Ended {
                at,
                number: contact.contact_methods.phone,
                messages: turns.iter().filter(|turn| turn.speaker == Speaker::Person).count() as u64,
                talk: talk.as_ref().map(|talk| talk.kind).unwrap_or_default(),
            };
            context.conversation_ended(&closing, ended);
            match self.store.close_interaction(&closing, context).await {
                Ok(()) => {
                    if let Some(talk) = &talk {
                        self.give_back(talk, at.duration_since(closing.started_at), closing.started_at).await;
                    }
                    if let Err(error) = self.dial_over(&closing, now).await {
                        tracing::error!(%interaction, %error, "the sweep will settle this call of ours");
                    }
                    self.enqueue(person, interaction).await;
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    async fn enqueue(&self, person: &PersonId, interaction: &InteractionId) {
        let job = Job::InteractionClosed { person: person.clone(), interaction: interaction.clone() };
        if let Err(error) = self.queue.send(job).await {
            tracing::warn!(%interaction, %error, "the sweep will queue this job again");
        }
    }

    /// An address that was confirmed leads to this person from now on, unless it leads to another.
    async fn learn_key(&self, session: &Session, key: IdentityKey, now: Timestamp) -> Result<(), Error> {
        let interaction = Some(session.interaction.to_string());
        let evidence = Evidence::new(EvidenceSource::SpokenAndConfirmed, now, interaction);
        let identity = Identity::new(key, session.person.clone(), evidence);
        match self.store.add_identity(&identity).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict) => {
                let theirs = self.store.identity(&identity.key).await?;
                if theirs.is_some_and(|known| known.person != session.person) {
                    tracing::warn!(interaction = %session.interaction, "an address is another person's");
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
