//! Calls that the twin places: asked for, placed with a stored intent when their time has come, and settled by how the
//! conversation ended.

use jiff::{SignedDuration, Timestamp};

use super::{Arrival, MAX_CONFLICTS, TALKS_FOR, Twin, privacy::unless_erased};
use crate::{
    audit::{Act, Actor, Line},
    clients::twilio::{NewCall, RestError, TwilioRest},
    consent::{self, Matter},
    error::Error,
    follow_up::{Content, FollowUp, News, State as FollowUpState},
    id::{CallSid, DialId, InteractionId, PersonId},
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Action, Channel, Interaction, Outcome, Status},
    outbound::{
        self, Attempt, By, Callee, Detected, Dial, MAX_CONTEXT, MAX_PURPOSE, Next, Policy, Refusal, State,
        Words, unanswered,
    },
    routing::RouteKind,
    store::{Known, Limit, StoreError},
    wire::twilio::webhook::CallStatus,
};

/// Where Twilio asks what a call that was answered hears, and tells how it goes: below the public URL.
pub const ANSWERED: &str = "/api/phone/calls/answered";
pub const PROGRESS: &str = "/api/phone/calls/status";
pub const DETECTED: &str = "/api/phone/amd";

/// In seconds: less than most boxes take to answer would reach nobody, more would bother them.
const RINGS_FOR: u32 = 30;
/// In seconds: the relay ends a talk with the twin long before, and the owner may have taken it over then.
const LASTS_FOR: u32 = 45 * 60 + TALKS_FOR;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What could not be looked up, or was refused for now, is tried again after this.
const LATER: SignedDuration = SignedDuration::from_mins(15);
/// As it goes on "…, calling about".
const CALL_BACK: &str = "your wish to be called back";
/// Whoever names no time has put the telephone away by then.
const CALLED_BACK_AFTER: SignedDuration = SignedDuration::from_mins(5);
const ENOUGH: &str = "there were enough calls today";
const NOT_LOOKED_UP: &str = "it could not be looked up whether the number is still theirs";

/// What a call is about, and to whom.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// One of both is needed; with both, the number is theirs.
    pub person: Option<PersonId>,
    pub number: Option<Phone>,
    pub purpose: String,
    pub context: Option<String>,
    /// Not before.
    pub at: Option<Timestamp>,
    pub by: By,
    /// The same id again is the same call.
    pub id: Option<DialId>,
}

/// Twilio, and where we are reached.
pub type Through<'a> = (&'a TwilioRest, &'a str);

impl Twin {
    /// Stores a call, which is placed when it may be. `Invalid` says why somebody is not called, `Conflict` that a call to
    /// them is under way or planned: then nothing is stored.
    pub async fn call(&self, wanted: Wanted, own: &Phone, who: Actor, now: Timestamp) -> Result<Dial, Error> {
        let purpose = said(&wanted.purpose, MAX_PURPOSE)
            .filter(|purpose| !purpose.contains(char::is_control))
            .ok_or_else(|| Error::Invalid(format!("purpose: 1 to {MAX_PURPOSE} characters on one line")))?;
        let context = match wanted.context.as_deref().map(str::trim).filter(|context| !context.is_empty()) {
            Some(context) => Some(
                said(context, MAX_CONTEXT)
                    .ok_or_else(|| Error::Invalid(format!("context: at most {MAX_CONTEXT} characters")))?,
            ),
            None => None,
        };
        let (person, number) = self.callee(wanted.person, wanted.number).await?;
        let from = wanted.at.map_or(now, |at| at.max(now));
        let due_at = match self.earliest(&person, &number, own, from).await? {
            Ok(at) => at,
            Err(refusal) => return Err(Error::Invalid(refusal.to_string())),
        };
        if self.store.dials_of(&person).await?.iter().any(|dial| !dial.state.is_final()) {
            return Err(Error::Conflict);
        }
        let dial = Dial {
            id: wanted.id.unwrap_or_else(|| DialId::generate(now)),
            person,
            number,
            purpose,
            context,
            asked_by: wanted.by,
            state: State::Planned,
            due_at,
            attempts: Vec::new(),
            problem: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        self.audit(Line::new(who, Act::CallAsked, now).about(&dial.person).within(&dial.id)).await?;
        self.store.add_dial(&dial).await?;
        if due_at <= now {
            self.queue_dial(&dial).await;
        }
        Ok(dial)
    }

    /// After a conversation in which somebody asked to be called back: the twin calls, where the owner lets it, if they
    /// said when or at once, and only on a number that they have called from or that was proved to be theirs. All else is
    /// the owner's, who was told. Again, it plans nothing twice.
    pub async fn call_back(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        own: &Phone,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.phone_settings().await?.outbound.call_backs {
            return Ok(());
        }
        let Some(held) = self.store.conversation(person, interaction).await? else { return Ok(()) };
        let wish = held.actions.iter().rev().find_map(|action| match action {
            Action::CallbackRequested { phone, when, at } => Some((phone, when, *at)),
            _ => None,
        });
        let Some((phone, when, at)) = wish else { return Ok(()) };
        if (when.is_some() && at.is_none()) || !self.is_surely_theirs(&held.interaction, phone, now).await? {
            return Ok(());
        }
        let id = DialId::derived(interaction.suffix()).map_err(|error| Error::Internal(Box::new(error)))?;
        if self.store.dial(person, &id).await?.is_some() {
            return Ok(());
        }
        let ended = held.interaction.ended_at.unwrap_or(now);
        let wanted = Wanted {
            person: Some(person.clone()),
            number: Some(phone.clone()),
            purpose: CALL_BACK.to_owned(),
            context: None,
            at: Some(at.unwrap_or(ended + CALLED_BACK_AFTER)),
            by: By::Person,
            id: Some(id),
        };
        match self.call(wanted, own, Actor::Twin, now).await {
            Ok(dial) => tracing::info!(dial = %dial.id, %interaction, "somebody is called back"),
            // The owner knows of the wish.
            Err(error @ (Error::Invalid(_) | Error::Conflict)) => {
                tracing::info!(%interaction, %error, "somebody is not called back");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Not only said to be: they call from it, or have, or it was proved.
    async fn is_surely_theirs(
        &self,
        held: &Interaction,
        phone: &Phone,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let identity = self.store.identity(&IdentityKey::Phone(phone.clone())).await?;
        let Some(known) = identity.filter(|known| known.person == held.person) else { return Ok(false) };
        let called_before = |evidence: &Evidence| evidence.source == EvidenceSource::CallerId;
        let call = match &held.call_sid {
            Some(sid) => self.store.call(sid).await?,
            None => None,
        };
        let calls_from_it = call.is_some_and(|call| call.number.as_ref() == Some(phone));
        Ok(calls_from_it || known.is_verified(now) || known.evidence.iter().any(called_before))
    }

    /// Places a call whose time has come. Again, or too early, it changes nothing.
    pub async fn place(
        &self,
        person: &PersonId,
        id: &DialId,
        through: Through<'_>,
        now: Timestamp,
    ) -> Result<Dial, Error> {
        let dial = self.store.dial(person, id).await?.ok_or(Error::NotFound)?;
        if dial.state != State::Planned || dial.due_at > now || self.is_stopped().await? {
            return Ok(dial);
        }
        let mut dial = match self.permitted(dial, through.0, now).await? {
            Ok(dial) => dial,
            Err(not_now) => return self.moved(not_now, now).await,
        };
        let line = Line::new(Actor::Twin, Act::CallPlaced, now).about(&dial.person).within(&dial.id);
        self.audit(line).await?;
        let interaction = InteractionId::generate(now);
        dial.attempts.push(Attempt {
            interaction: interaction.clone(),
            at: now,
            call: None,
            detected: None,
            outcome: None,
        });
        dial.state = State::Dialling;
        dial.problem = None;
        let dial = match self.store.save_dial(dial, now).await {
            // Somebody else places it.
            Err(StoreError::Conflict) => return self.store.dial(person, id).await?.ok_or(Error::NotFound),
            saved => saved?,
        };
        let of = format!("attempt={interaction}&dial={}&person={}", dial.id, dial.person);
        let (telephony, base) = through;
        let placed = telephony
            .create_call(&NewCall {
                to: &dial.number,
                url: &format!("{base}{ANSWERED}?{of}"),
                status_callback: &format!("{base}{PROGRESS}?{of}"),
                detected: Some(&format!("{base}{DETECTED}?{of}")),
                rings_for: RINGS_FOR,
                lasts_for: LASTS_FOR,
            })
            .await;
        match placed {
            Ok(call) => {
                let rings = |dial: &mut Dial| rings(dial, &interaction, &call);
                Ok(self.change(person, id, now, rings).await?.unwrap_or(dial))
            }
            Err(error) => self.not_placed(dial, &interaction, &error, now).await,
        }
    }

    /// Twilio has not taken it, or did not say so: what may have been placed is not placed again.
    async fn not_placed(
        &self,
        dial: Dial,
        interaction: &InteractionId,
        error: &RestError,
        now: Timestamp,
    ) -> Result<Dial, Error> {
        tracing::error!(dial = %dial.id, %error, "a call is not placed");
        let (outcome, next) = match error {
            RestError::NotReached | RestError::Refused(429 | 500..) => {
                (Some(Outcome::NotReached), State::Planned)
            }
            RestError::Refused(_) | RestError::Gone => (Some(Outcome::NotReached), State::Refused),
            _ => (None, State::Unknown),
        };
        let problem = error.to_string();
        let change = |dial: &mut Dial| {
            // What is heard of it meanwhile is more than this.
            let Some(attempt) = dial.under_way(interaction).filter(|attempt| attempt.call.is_none()) else {
                return false;
            };
            attempt.outcome = outcome;
            dial.problem = Some(problem.clone());
            dial.state = match outbound::after(Outcome::NotReached, dial.attempts.len()) {
                Next::Again(wait) if next == State::Planned => {
                    dial.due_at = now + wait;
                    next
                }
                _ if next == State::Planned => State::GivenUp,
                _ => next,
            };
            true
        };
        Ok(self.change(&dial.person, &dial.id, now, change).await?.unwrap_or(dial))
    }

    /// The outer error: it cannot be told now. The inner one: it is not placed now, and why.
    async fn permitted(
        &self,
        mut dial: Dial,
        telephony: &TwilioRest,
        now: Timestamp,
    ) -> Result<Result<Dial, Dial>, Error> {
        let later = |dial: &mut Dial, at: Timestamp, problem: Option<&str>| {
            dial.due_at = at;
            dial.problem = problem.map(ToOwned::to_owned);
        };
        match self.earliest(&dial.person, &dial.number, telephony.number(), now).await? {
            Ok(at) if at <= now => {}
            Ok(at) => {
                later(&mut dial, at, None);
                return Ok(Err(dial));
            }
            Err(refusal) => {
                (dial.state, dial.problem) = (State::Refused, Some(refusal.to_string()));
                return Ok(Err(dial));
            }
        }
        match self.is_reassigned(&dial, telephony, now).await? {
            Some(false) => {}
            Some(true) => {
                (dial.state, dial.problem) = (State::Refused, Some(Refusal::Reassigned.to_string()));
                return Ok(Err(dial));
            }
            None => {
                later(&mut dial, now + LATER, Some(NOT_LOOKED_UP));
                return Ok(Err(dial));
            }
        }
        if let Some(until) = self.enough(&dial.person, &self.phone_settings().await?.outbound, now).await? {
            later(&mut dial, until, Some(ENOUGH));
            return Ok(Err(dial));
        }
        Ok(Ok(dial))
    }

    /// Takes one of the day's calls; if there is none left, until when.
    async fn enough(
        &self,
        person: &PersonId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let each = Limit { name: "calls_to_one", most: policy.a_day_each.into(), window: DAY };
        let all = calls_of_all(policy);
        if let Err(until) = self.store.take(&each, person.as_str(), 1, now).await? {
            return Ok(Some(until));
        }
        let taken = self.store.take(&all, "owner", 1, now).await?;
        if taken.is_err() {
            // They are not called, so it is none of theirs.
            self.store.correct(&each, person.as_str(), -1, now).await?;
        }
        Ok(taken.err())
    }

    /// `None`: Twilio does not say.
    async fn is_reassigned(
        &self,
        dial: &Dial,
        telephony: &TwilioRest,
        now: Timestamp,
    ) -> Result<Option<bool>, Error> {
        let consents = self.store.contact_consents(&dial.person).await?;
        let consent = consent::standing(&consents, Matter::OutboundCalls).map(|it| (it.given, it.at));
        let callee = Callee { number: &dial.number, own: telephony.number(), blocked: false, consent };
        let Some((_, since)) = consent.filter(|_| outbound::may_be_reassigned(&callee, now)) else {
            return Ok(Some(false));
        };
        match telephony.is_reassigned(&dial.number, since).await {
            Ok(reassigned) => Ok(Some(reassigned)),
            Err(error) => {
                tracing::warn!(dial = %dial.id, %error, "a number is not looked up");
                Ok(None)
            }
        }
    }

    /// Who has this number, and which number somebody has.
    async fn callee(
        &self,
        person: Option<PersonId>,
        number: Option<Phone>,
    ) -> Result<(PersonId, Phone), Error> {
        let nobody = || Error::Invalid("no contact has this number: make one first".to_owned());
        let led = match &number {
            Some(number) => self.store.identity(&IdentityKey::Phone(number.clone())).await?,
            None => None,
        };
        let led = led.map(|identity| identity.person);
        let named = match person {
            Some(person) => person,
            None => led.clone().ok_or_else(nobody)?,
        };
        let Known { contact, .. } = self.store.known(&named).await?.ok_or(Error::NotFound)?;
        let theirs = contact.contact_methods.phone.clone();
        match number {
            None => {
                let missing = || Error::Invalid("there is no number of this contact".to_owned());
                Ok((named, theirs.ok_or_else(missing)?))
            }
            Some(number) if led.as_ref() == Some(&named) || theirs.as_ref() == Some(&number) => {
                Ok((named, number))
            }
            Some(_) => Err(Error::Invalid("the number is not of this contact".to_owned())),
        }
    }

    async fn earliest(
        &self,
        person: &PersonId,
        number: &Phone,
        own: &Phone,
        now: Timestamp,
    ) -> Result<Result<Timestamp, Refusal>, Error> {
        let settings = self.phone_settings().await?;
        let consents = self.store.contact_consents(person).await?;
        let consent = consent::standing(&consents, Matter::OutboundCalls).map(|it| (it.given, it.at));
        let blocked = settings.blocked.contains(number);
        let callee = Callee { number, own, blocked, consent };
        Ok(outbound::earliest(&callee, &settings.outbound, now))
    }

    /// Somebody, or something, has picked up. `None`: it is not under way any more, and the call is to end.
    pub async fn picked_up(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        call: &CallSid,
        now: Timestamp,
    ) -> Result<Option<(Dial, RouteKind)>, Error> {
        let mut is_under_way = false;
        let answered = |dial: &mut Dial| {
            let Some(attempt) = dial.under_way(interaction) else { return false };
            attempt.call = Some(call.clone());
            is_under_way = true;
            dial.state = State::Answered;
            true
        };
        let dial = self.change(person, id, now, answered).await?;
        let Some(dial) = dial.filter(|_| is_under_way) else { return Ok(None) };
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        Ok(Some((dial, route(&known))))
    }

    /// What Twilio takes whoever picked up for: the relay, which speaks with them, looks for it.
    pub async fn detected(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        detected: Detected,
        now: Timestamp,
    ) -> Result<(), Error> {
        let note = |dial: &mut Dial| match dial.under_way(interaction) {
            Some(attempt) if attempt.detected.is_none() => {
                attempt.detected = Some(detected);
                true
            }
            _ => false,
        };
        self.change(person, id, now, note).await?;
        Ok(())
    }

    /// How a call goes, as Twilio tells it. One that nobody answered is a conversation that did not come about.
    pub async fn progressed(
        &self,
        (person, id): (&PersonId, &DialId),
        interaction: &InteractionId,
        (call, status): (&CallSid, CallStatus),
        now: Timestamp,
    ) -> Result<(), Error> {
        let rings = |dial: &mut Dial| rings(dial, interaction, call);
        let Some(mut dial) = self.change(person, id, now, rings).await? else { return Ok(()) };
        let Some(outcome) = unanswered(status).filter(|_| dial.under_way(interaction).is_some()) else {
            return Ok(());
        };
        match self.store.interaction(person, interaction).await? {
            Some(open) if open.status == Status::Open => {
                self.store.hasten_close(person, interaction, now + super::CLOSED_WITHIN).await?;
            }
            Some(_) => {}
            None => {
                let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
                let arrival = Arrival {
                    person: person.clone(),
                    interaction: interaction.clone(),
                    channel: Channel::Phone,
                    call_sid: Some(call.clone()),
                    host: None,
                    route: route(&known),
                    level: Assurance::Claimed,
                };
                self.open(&arrival, now).await?;
                self.close(person, interaction, outcome, now).await?;
            }
        }
        Ok(())
    }

    /// What a call of ours is about, in the words for whoever cannot be talked with. `None` if it is not ours.
    pub async fn calls_about(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
    ) -> Result<Option<Words>, Error> {
        let (dial, known) =
            tokio::try_join!(self.store.dial_of(person, interaction), self.store.known(person))?;
        let (Some(dial), Some(known)) = (dial, known) else { return Ok(None) };
        let spoken = self.phone_settings().await?.spoken_with(None);
        let owner = self.persona().await?;
        Ok(Some(dial.words(&owner.persona.core.name, &known.contact, spoken.words()).1))
    }

    /// A conversation that was a call of ours is over: what follows.
    pub(super) async fn dial_over(&self, closed: &Interaction, now: Timestamp) -> Result<(), Error> {
        let (Some(id), Some(outcome)) = (&closed.dial, closed.outcome) else { return Ok(()) };
        let over = |dial: &mut Dial| {
            let Some(attempt) = dial.under_way(&closed.id) else { return false };
            attempt.outcome = Some(outcome);
            dial.state = match outbound::after(outcome, dial.attempts.len()) {
                Next::Done => State::Done,
                Next::GiveUp => State::GivenUp,
                Next::Again(wait) => {
                    dial.due_at = now + wait;
                    State::Planned
                }
            };
            true
        };
        let Some(dial) = self.change(&closed.person, id, now, over).await? else { return Ok(()) };
        tracing::info!(dial = %dial.id, state = dial.state.words(), ?outcome, "a call of ours is over");
        if dial.state == State::Done && dial.asked_by == By::Person {
            self.settled_by_call(&closed.person, &dial.number, now).await;
        }
        if dial.state != State::GivenUp {
            return Ok(());
        }
        let tries = dial.attempts.len();
        let message = format!("I could not reach them about {} (calls: {tries}).", dial.purpose);
        let (content, reason) =
            (Content::news(News::Unreached, message), "a call did not reach them".to_owned());
        let told = FollowUp::new(closed, "call-given-up", content, FollowUpState::Approved, reason, now);
        match told {
            Some(told) => unless_erased(self.store.add_follow_up(&told).await),
            None => Ok(()),
        }
    }

    /// `Conflict` if it is not planned any more.
    pub async fn cancel_call(&self, person: &PersonId, id: &DialId, now: Timestamp) -> Result<Dial, Error> {
        let mut was_planned = false;
        let cancel = |dial: &mut Dial| {
            was_planned = dial.state == State::Planned;
            if was_planned {
                dial.state = State::Cancelled;
            }
            was_planned
        };
        let dial = self.change(person, id, now, cancel).await?.ok_or(Error::NotFound)?;
        if was_planned { Ok(dial) } else { Err(Error::Conflict) }
    }

    /// What the sweep does about one that is due.
    pub(super) async fn swept_dial(&self, dial: Dial, now: Timestamp) -> Result<(), Error> {
        let Some(attempt) = dial.attempts.last().filter(|_| dial.state != State::Planned) else {
            self.queue_dial(&dial).await;
            return Ok(());
        };
        let held = self.store.interaction(&dial.person, &attempt.interaction).await?;
        if let Some(closed) = held.filter(|held| held.outcome.is_some()) {
            return self.dial_over(&closed, now).await;
        }
        tracing::warn!(dial = %dial.id, "a call never told how it ended");
        self.moved(Dial { state: State::Unknown, ..dial }, now).await?;
        Ok(())
    }

    async fn queue_dial(&self, dial: &Dial) {
        let job = crate::job::Job::PlaceCall { person: dial.person.clone(), dial: dial.id.clone() };
        if let Err(error) = self.queue.send(job).await {
            tracing::warn!(dial = %dial.id, %error, "the sweep will queue this call again");
        }
    }

    async fn moved(&self, dial: Dial, now: Timestamp) -> Result<Dial, Error> {
        match self.store.save_dial(dial.clone(), now).await {
            // It has moved on meanwhile.
            Err(StoreError::Conflict) => Ok(dial),
            saved => Ok(saved?),
        }
    }

    /// Changes a call under its version; `change` says whether there is anything to write. `None`: there is no such call.
    async fn change(
        &self,
        person: &PersonId,
        id: &DialId,
        now: Timestamp,
        mut change: impl FnMut(&mut Dial) -> bool,
    ) -> Result<Option<Dial>, Error> {
        for _ in 0..MAX_CONFLICTS {
            let Some(mut dial) = self.store.dial(person, id).await? else { return Ok(None) };
            if !change(&mut dial) {
                return Ok(Some(dial));
            }
            match self.store.save_dial(dial, now).await {
                Ok(saved) => return Ok(Some(saved)),
                Err(StoreError::Conflict) => {}
                Err(StoreError::Erased) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }
}

/// Twilio has it: also when its answer to that got lost.
fn rings(dial: &mut Dial, interaction: &InteractionId, call: &CallSid) -> bool {
    let Some(attempt) = dial.under_way(interaction).filter(|attempt| attempt.call.is_none()) else {
        return false;
    };
    attempt.call = Some(call.clone());
    if matches!(dial.state, State::Dialling | State::Unknown) {
        dial.state = State::Ringing;
    }
    true
}

/// How such a call is taken: by what is known of whoever is called.
fn route(known: &Known) -> RouteKind {
    RouteKind::of(known.contact.relationship.kind).unwrap_or(RouteKind::KnownPerson)
}

fn said(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= max && !text.contains('\0');
    fits.then(|| text.to_owned())
}
/// The calls of one day.
pub(super) fn calls_of_all(policy: &Policy) -> Limit {
    Limit { name: "calls_placed", most: policy.a_day.into(), window: DAY }
}
