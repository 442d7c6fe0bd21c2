//! What people may ask for: all that is kept of them, or that nothing is. What they agreed to. And who did what,
//! written down before it is done.

use jiff::Timestamp;

use super::{Session, Twin};
use crate::{
    audit::{Act, Actor, Line},
    clients::{twilio::TwilioRest, vault::Vault},
    consent::{self, Consent, Matter},
    contact::Contact,
    error::Error,
    export::{self, For, MAX_PART, Part},
    id::{CallSid, PersonId},
    identity::{Email, IdentityKey},
    interaction::{
        Action, Channel, Interaction, Speaker,
        erasure::{Erasure, erasure},
    },
    job::Job,
    policy::{Permit, Right, Standing},
    store::{Conversation, DueWork, Removal, Removing, StoreError, Wiped},
    tools::{Copies, Private},
};

/// What came of their wish to be erased.
pub(super) enum Erasing {
    Done,
    /// They are still there; what the owner is told of it, if they spoke of it.
    Left(Option<String>),
}

impl Twin {
    /// Adds a line to the audit log. An effect whose line cannot be written does not take place.
    pub async fn audit(&self, line: Line) -> Result<(), Error> {
        Ok(self.store.append(&line).await?)
    }

    /// The same for what is only read: it is read all the same.
    pub async fn audit_reading(&self, line: Line) {
        if let Err(error) = self.audit(line).await {
            tracing::error!(alarm = "audit", %error, "an access was not written down");
        }
    }

    /// Erases somebody: all that is kept of them here, and their recordings at Twilio. Again, it deletes what is left.
    /// `NotFound` if nothing is or was kept.
    pub async fn erase(&self, person: &PersonId, who: Actor, now: Timestamp) -> Result<Wiped, Error> {
        if !self.store.holds(person).await? {
            return Err(Error::NotFound);
        }
        self.audit(Line::new(who, Act::Erased, now).about(person)).await?;
        let wiped = self.wiped(person, now).await?;
        tracing::info!(items = wiped.items, calls = wiped.calls.len(), "somebody was erased");
        Ok(wiped)
    }

    /// Whatever breaks off on the way, the sweep takes up again by the tombstones. Who is one with somebody goes with
    /// them: that is looked for once the tombstone keeps anybody else from becoming one with them.
    pub(super) async fn wiped(&self, person: &PersonId, now: Timestamp) -> Result<Wiped, Error> {
        self.store.bury(person, now).await?;
        let whole = self.store.partitions(person).await?;
        for one in whole.iter().filter(|one| *one != person) {
            self.store.bury(one, now).await?;
        }
        let mut wiped = Wiped::default();
        for one in &whole {
            let Wiped { items, calls } = self.store.wipe(one, now).await?;
            wiped.items += items;
            wiped.calls.extend(calls);
            self.store.rest(one, now).await?;
        }
        for call in &wiped.calls {
            self.queue_removal(call).await;
        }
        Ok(wiped)
    }

    /// Everything about somebody as a document, in parts if it is large: the one after a place that a part named, else the
    /// first. `NotFound` if nothing is kept; `Invalid`: there is no such place any more.
    pub async fn export(
        &self,
        _: Permit,
        person: &PersonId,
        (whose, who): (For, Actor),
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Part, Error> {
        if self.store.known(person).await?.is_none() {
            return Err(Error::NotFound);
        }
        self.audit(Line::new(who, Act::Exported, now).about(person)).await?;
        let kept = self.store.everything(person).await?;
        let (kept, next) = export::part(kept, after, MAX_PART).ok_or_else(|| {
            Error::Invalid("this part is not there any more: begin with the first".to_owned())
        })?;
        let audit = match after {
            None => self.store.audited_about(person).await?,
            Some(_) => Vec::new(),
        };
        Ok(Part { document: export::document(person, kept, &audit, whose, now), next })
    }

    /// What it takes to have their data, or to have it erased, as far as this conversation has it.
    pub(super) async fn private_of(&self, session: &Session) -> Result<Private, Error> {
        let (person, interaction) = (&session.person, &session.interaction);
        let (contact, actions, turns) = tokio::try_join!(
            self.store.contact(person),
            self.store.actions(person, interaction),
            self.store.turns(person, interaction),
        )?;
        let was_asked = actions.iter().any(|action| matches!(action, Action::ErasureAsked { .. }));
        let last_ms = turns.iter().map(|turn| turn.offset_ms).max().unwrap_or_default();
        let email = contact.and_then(|contact| contact.contact_methods.email);
        Ok(Private { copies: self.copies_of(person, email).await?, was_asked, last_ms })
    }

    async fn copies_of(&self, person: &PersonId, email: Option<Email>) -> Result<Copies, Error> {
        let Some(email) = email else { return Ok(Copies::Nowhere) };
        if !self.is_reached_by(person, &IdentityKey::Email(email.clone())).await? {
            return Ok(Copies::Nowhere);
        }
        let is_unwanted = self.is_withdrawn(person, Matter::Mails).await?;
        Ok(match is_unwanted || self.store.suppressed(&email).await?.is_some() {
            true => Copies::Unwanted,
            false => Copies::To(email),
        })
    }

    /// Erases whoever asked for it in a conversation that is over, and said yes: if they may have all of it erased as it is
    /// now, for meanwhile it may have become one with what is kept of somebody.
    pub(super) async fn erased_as_wished(
        &self,
        held: &Conversation,
        contact: &Contact,
        now: Timestamp,
    ) -> Result<Erasing, Error> {
        match erasure(&held.actions, &held.turns) {
            Erasure::Unwanted => return Ok(Erasing::Left(None)),
            Erasure::Unsure { promised, said } => {
                let told = if promised { " They were told that it will be done." } else { "" };
                return Ok(Erasing::Left(Some(format!(
                    "They spoke of having all that is kept of them erased, but no clear yes was heard: nothing was \
                     erased.{told} They said: “{said}”."
                ))));
            }
            Erasure::Agreed => {}
        }
        let Interaction { person, channel, level, .. } = &held.interaction;
        let alone = contact.forget_at.is_some() && self.store.partitions(person).await?.len() == 1;
        if !(Standing { channel: *channel, level: *level, alone }).allows(Right::Erase) {
            let why = "They asked that all that is kept of them be erased, and were told that it will be done. But more is \
                       kept than came out of this conversation, and it is not sure that it is theirs: nothing was erased.";
            return Ok(Erasing::Left(Some(why.to_owned())));
        }
        match self.erase(person, Actor::Person, now).await {
            Ok(_) | Err(Error::NotFound) => Ok(Erasing::Done),
            Err(error) => Err(error),
        }
    }

    /// Notes what the owner was told elsewhere.
    pub async fn note_consent(
        &self,
        person: &PersonId,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.store.known(person).await?.ok_or(Error::NotFound)?;
        self.audit(Line::new(Actor::Owner, Act::ConsentNoted, now).about(person)).await?;
        self.store.add_consent(person, consent).await?;
        if consent.matter == Matter::Mails && consent.given {
            self.mails_again(person, consent::By::Owner).await?;
        }
        Ok(())
    }

    /// What was agreed to by something that was done in a conversation, with the last words that were said in it.
    pub(super) async fn agreed(
        &self,
        session: &Session,
        action: &Action,
        has_address: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let matters = consent::of_action(action, has_address);
        if matters.is_empty() {
            return Ok(());
        }
        let (person, interaction) = (&session.person, &session.interaction);
        let turns = self.store.turns(person, interaction).await?;
        let said = turns.iter().rfind(|turn| turn.speaker == Speaker::Person);
        let quote = said.map(|turn| turn.text.as_str());
        let may_take_back = session.standing().allows(Right::CalledAgain);
        for (matter, given) in matters {
            if given
                && matter == Matter::OutboundCalls
                && !may_take_back
                && self.is_withdrawn(person, matter).await?
            {
                continue;
            }
            let record = Consent::said(matter, given, interaction, session.channel, quote, now);
            self.store.add_consent(person, &record).await?;
            if matter == Matter::Mails && given {
                self.mails_again(person, consent::By::Person).await?;
            }
        }
        Ok(())
    }

    /// The first words of a conversation that is spoken say that it is an AI: they were heard.
    pub(super) async fn disclosed(&self, held: &Interaction) -> Result<(), Error> {
        if held.channel == Channel::Chat {
            return Ok(());
        }
        let turns = self.store.turns(&held.person, &held.id).await?;
        let Some(first) = turns.iter().find(|turn| turn.speaker == Speaker::Twin) else { return Ok(()) };
        let at = held.started_at + first.offset();
        let record = Consent::said(Matter::AiDisclosure, true, &held.id, held.channel, Some(&first.text), at);
        Ok(self.store.add_consent(&held.person, &record).await?)
    }

    /// In writing it stands above the conversation.
    pub(super) async fn shown(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let quote = Some(session.briefing.greeting.as_str());
        let record =
            Consent::said(Matter::AiDisclosure, true, &session.interaction, session.channel, quote, now);
        Ok(self.store.add_consent(&session.person, &record).await?)
    }

    /// They do not want to hear from us in this way.
    pub(super) async fn is_withdrawn(&self, person: &PersonId, matter: Matter) -> Result<bool, Error> {
        Ok(consent::is_withdrawn(&self.store.contact_consents(person).await?, matter))
    }

    /// A job for somebody who is gone. That one was erased is written down.
    pub(super) async fn dropped(
        &self,
        person: &PersonId,
        job: impl ToString,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.store.erased(person).await?.is_none() {
            return Ok(());
        }
        self.audit(Line::new(Actor::System, Act::JobDropped, now).about(person).within(job)).await
    }

    /// A recording came of a call whose person was erased: it is removed, too.
    pub async fn silence(&self, call: &CallSid, now: Timestamp) -> Result<(), Error> {
        self.store.remove_recordings(call, now, now).await?;
        self.queue_removal(call).await;
        Ok(())
    }

    /// What a `RemoveRecordings` job asks for. What is not due any more, or not yet, is left alone.
    pub async fn remove_recordings(
        &self,
        call: &CallSid,
        (telephony, vault): (&TwilioRest, &Vault),
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(planned) = self.store.removal(call).await? else { return Ok(()) };
        if planned.state == Removing::Done {
            return Ok(());
        }
        self.audit(Line::new(Actor::System, Act::RecordingsRemoved, now).within(call)).await?;
        let came = removed(&planned, telephony, vault).await;
        if let Err(error) = &came {
            tracing::warn!(%call, error, "recordings were not removed: the sweep tries again");
        }
        Ok(self.store.save_removal(&planned.tried(came, now)).await?)
    }

    /// What is due about people and their recordings.
    pub(super) async fn swept_private(&self, work: DueWork, now: Timestamp) -> Result<(), Error> {
        match work {
            DueWork::Forget(person) => self.forgotten(&person, now).await,
            DueWork::Quote(partition, fact) => Ok(self.store.end_quote(&partition, &fact, now).await?),
            DueWork::Stated(person, held) => Ok(self.store.end_stated(&person, &held, now).await?),
            DueWork::Erasure(person) => self.wiped(&person, now).await.map(drop),
            DueWork::Recordings(removal) => self.requeue_removal(*removal, now).await,
            DueWork::Interaction(_)
            | DueWork::FollowUp(_)
            | DueWork::Task(_)
            | DueWork::Mirror(_)
            | DueWork::Remnant(_)
            | DueWork::Dial(_) => Ok(()),
        }
    }

    /// Unless somebody had them kept since the work was listed.
    async fn forgotten(&self, person: &PersonId, now: Timestamp) -> Result<(), Error> {
        let stands = self.store.contact(person).await?;
        if stands.is_some_and(|contact| contact.forget_at.is_none_or(|at| at > now)) {
            return Ok(());
        }
        match self.erase(person, Actor::System, now).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn requeue_removal(&self, removal: Removal, now: Timestamp) -> Result<(), Error> {
        let removal = removal.queued(now);
        self.store.save_removal(&removal).await?;
        self.queue_removal(&removal.call).await;
        Ok(())
    }

    async fn queue_removal(&self, call: &CallSid) {
        if let Err(error) = self.queue.send(Job::RemoveRecordings { call: call.clone() }).await {
            tracing::warn!(%call, %error, "the sweep will queue this job again");
        }
    }
}

/// From Twilio and from our own store; how many there were.
async fn removed(planned: &Removal, telephony: &TwilioRest, vault: &Vault) -> Result<u32, String> {
    let mut removed = telephony.remove_recordings(&planned.call).await.map_err(|error| error.to_string())?;
    for name in &planned.kept {
        removed += u32::from(vault.remove(name).await.map_err(|error| error.to_string())?);
    }
    Ok(removed)
}

/// Of somebody who was erased meanwhile nothing is stored, and that is no error.
pub(super) fn unless_erased(stored: Result<(), StoreError>) -> Result<(), Error> {
    match stored {
        Ok(()) | Err(StoreError::Erased) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
