//! The three verbs that every channel is built around: open, act, close.

// The verbs.
mod opening;
mod acting;
mod closing;

// In writing and by voice: what somebody wants, and what they are answered.
mod chatting;
mod replying;
mod answering;
mod asking;
mod talking;
mod recalling;
mod handing;
mod unifying;
mod spending;

// Phone calls: those that come in, and those that the twin places.
mod phone;
mod recording;
mod transcribing;
mod transferring;
mod dialling;
mod placing;
mod ringing;

// Once a conversation is over: what follows, whether it goes out, and what comes back.
mod after;
mod sweeping;
mod analysing;
mod executing;
mod wording;
mod suppressing;
mod deciding;
mod nudging;
mod reminding;
mod proposals;
mod hearing_back;
mod guest_replies;
mod digesting;

// People.
mod contacts;
mod remembering;
mod settling;
mod duplicates;
mod merging;
mod proving;
mod signing_in;
mod privacy;

// Meetings, and calendars elsewhere.
mod scheduling;
mod inviting;
mod arranging;
mod outside;
mod connecting;
mod mirroring;

// What the twin is and knows, and how things go.
mod recent;
mod persona;
mod knowing;
mod counting;
mod behind;
mod health;

pub use self::{
    acting::{Acted, Rerouted},
    answering::{FollowUpPlan, Response},
    behind::{Behind, Found as Counted, Happening, Place, Slice, What},
    chatting::{Chatting, Entered, begin_handed_over, begin_handed_over_under},
    contacts::{Contacts, Listed},
    counting::Rebuilt,
    deciding::{Decided, Decision},
    dialling::{ANSWERED, DETECTED, PROGRESS, Through, Wanted},
    executing::{Post, TEXT_STATUS},
    handing::{Carried, CarriedTurn},
    health::Health,
    knowing::{Import, SharedLibrary},
    persona::Introduced,
    recording::{RECORDED, TRANSCRIBED},
    replying::{Aloud, Begun, OnCall, Spoken, Written},
    scheduling::{Booker, Free, OF_ALL, ToBook},
    signing_in::Account,
    spending::{CALL, MINUTE, ModelSpend},
    talking::Prepared,
    transcribing::LIVE_TRANSCRIPTION,
    transferring::{ENDED, OWNER, RINGS_FOR, TALKS_FOR},
    unifying::{CarriedOver, Handed, InteractionData, PersonaForChannel, Said, UserContext},
};

pub use crate::memory::Recalled;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::Mutex;

use self::recent::Recent;
use crate::{
    brain::Brain,
    clients::{calendars::Accounts, fetch, queue::Queue},
    error::Error,
    id::{CallSid, InteractionId, PersonId},
    identity::{Assurance, Phone},
    interaction::{Channel, Simulated, Turn},
    persona::{Briefing, Versioned},
    routing::{RouteKind, settings::PhoneSettings},
    scheduling::CalendarSettings,
    store::Store,
    wire::trace::Trace,
};

/// How often a write is tried when somebody else was first: more often than one person's conversations end at once.
const MAX_CONFLICTS: u32 = 12;
/// How long whoever holds a call has to close its conversation once it is over.
pub const CLOSED_WITHIN: SignedDuration = SignedDuration::from_secs(20);

#[derive(Clone)]
pub struct Twin {
    store: Store,
    queue: Queue,
    persona: Arc<Recent<Versioned>>,
    phone: Arc<Recent<PhoneSettings>>,
    calendar: Arc<Recent<CalendarSettings>>,
    library: Arc<knowing::Shelf>,
    /// Held while what is new is read, so that of all who ask at once one reads all contacts.
    directory: Arc<Mutex<contacts::Loaded>>,
    /// The same.
    roll: Arc<Mutex<duplicates::Called>>,
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

impl Twin {
    /// Without a model, a line and calendars elsewhere: it quotes, and places no calls.
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

    /// Jobs that it queues belong to this trace.
    pub fn traced(self, trace: Option<Trace>) -> Self {
        Self { queue: self.queue.traced(trace), ..self }
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

    /// What reads and answers: a model, or none.
    pub fn brain(&self) -> &Brain {
        &self.brain
    }

    /// The table that it works on.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The owner's persona. `NotSetUp` before one was imported or written.
    pub async fn persona(&self) -> Result<Arc<Versioned>, Error> {
        let read = async {
            let saved = self.store.persona().await?.ok_or(Error::NotSetUp)?;
            Ok::<_, Error>((saved.version, saved))
        };
        self.persona.or_read(read).await
    }

    /// The same; nothing before there is one.
    pub async fn introduced(&self) -> Result<Option<Arc<Versioned>>, Error> {
        match self.persona().await {
            Err(Error::NotSetUp) => Ok(None),
            persona => persona.map(Some),
        }
    }

    /// Stores a turn that ended.
    pub async fn heard(&self, session: &Session, turn: &Turn) -> Result<(), Error> {
        Ok(self.store.add_turn(&session.person, &session.interaction, turn).await?)
    }
}
