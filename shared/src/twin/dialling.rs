//! Calls that the twin places, as they are asked for: by the owner, or by who wants to be called back.

use jiff::{SignedDuration, Timestamp};

use super::{MAX_CONFLICTS, Twin};
use crate::{
    audit::{Act, Actor, Line},
    clients::twilio::TwilioRest,
    consent::{self, Matter},
    error::Error,
    id::{DialId, InteractionId, PersonId},
    identity::{Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Action, Interaction},
    outbound::{self, By, Callee, Dial, MAX_CONTEXT, MAX_PURPOSE, Refusal, State},
    store::{Known, StoreError},
};

/// Where Twilio asks what a call that was answered hears, and tells how it goes: below the public URL.
pub const ANSWERED: &str = "/api/phone/calls/answered";
pub const PROGRESS: &str = "/api/phone/calls/status";
pub const DETECTED: &str = "/api/phone/amd";

/// As it goes on "…, calling about".
const CALL_BACK: &str = "your wish to be called back";
/// Whoever names no time has put the telephone away by then.
const CALLED_BACK_AFTER: SignedDuration = SignedDuration::from_mins(5);

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
        self.ask_for(&dial, who, now).await?;
        if due_at <= now {
            self.queue_dial(&dial).await;
        }
        Ok(dial)
    }

    /// Of those who ask at once one is first; each of the others looks again, and sees it.
    async fn ask_for(&self, dial: &Dial, who: Actor, now: Timestamp) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let asked = self.store.calls_asked(&dial.person).await?;
            if self.is_called(&dial.person).await? {
                return Err(Error::Conflict);
            }
            self.audit(Line::new(who, Act::CallAsked, now).about(&dial.person).within(&dial.id)).await?;
            match self.store.add_dial(dial, asked).await {
                Err(StoreError::Conflict) => {}
                added => return Ok(added?),
            }
        }
        Err(Error::Conflict)
    }

    /// Whether a call to them is under way or planned.
    async fn is_called(&self, person: &PersonId) -> Result<bool, Error> {
        Ok(self.store.dials_of(person).await?.iter().any(|dial| !dial.state.is_final()))
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

    pub(super) async fn earliest(
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

    pub(super) async fn queue_dial(&self, dial: &Dial) {
        let job = crate::job::Job::PlaceCall { person: dial.person.clone(), dial: dial.id.clone() };
        if let Err(error) = self.queue.send(job).await {
            tracing::warn!(dial = %dial.id, %error, "the sweep will queue this call again");
        }
    }
}

fn said(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= max && !text.contains('\0');
    fits.then(|| text.to_owned())
}
