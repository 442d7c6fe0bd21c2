//! Becoming surer who speaks: a one-time code goes to what leads to the person already, and whoever tells it is they. Where
//! nothing leads to them yet, what they prove does from then on; where it leads to somebody, they are that person.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{MAX_CONFLICTS, Post, Session, Twin, executing::not_texted};
use crate::{
    audit::{Act, Actor, Line},
    clients::{mail::SendError, twilio::TwilioRest},
    code::{Code, Destination, Digits, Sending, WORKS_FOR, destination, letter},
    contact::{Detail, Origin},
    error::Error,
    follow_up::feedback::Suppressed,
    id::{InteractionId, PersonId},
    identity::{Assurance, By, Evidence, EvidenceSource, Identity, IdentityKey},
    interaction::{Action, Channel},
    job::Job,
    memory::Known,
    merging::By as MergedBy,
    persona::Persona,
    policy::{PROVED, Right, Standing, proved_alike},
    store::{Beside, Limit, StoreError},
    tools::Proof,
};

const NOT_NOW: &str = "That does not work right now. Please try again in a moment.";
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// Codes that one person has sent, that one address gets, and of all.
const OF_PERSON: Limit = Limit { name: "code-person-day", most: 6, window: A_DAY };
const TO_ADDRESS: Limit = Limit { name: "code-address-day", most: 4, window: A_DAY };
const OF_ALL: Limit = Limit { name: "code-day", most: 300, window: A_DAY };
/// Facts that are written anew with somebody who is not to be forgotten any more: more do not fit into one transaction.
pub(super) const MAX_FACTS: usize = 80;

/// What a tool answered, and what is noted of it.
type Outcome = (Value, Option<Action>);

impl Session {
    pub fn standing(&self) -> Standing {
        Standing::new(self.channel, self.level)
    }

    /// The same with whether anything but this conversation leads to the person.
    pub(super) fn standing_of(&self, known: &Known) -> Standing {
        Standing { alone: known.contact.forget_at.is_some(), ..self.standing() }
    }
}

impl Twin {
    /// How sure it is by now who speaks: a code may have come back since the conversation was opened.
    pub(super) async fn level_now(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        level: Assurance,
    ) -> Result<Assurance, Error> {
        let held = self.store.interaction(person, interaction).await?;
        Ok(held.map_or(level, |held| held.level.max(level)))
    }

    pub(super) async fn proved(
        &self,
        session: &Session,
        tool_call: &str,
        proof: Proof,
        known: &Known,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let standing = session.standing_of(known);
        let (output, action) = match proof {
            Proof::Send(asked) => self.code_asked(session, asked, standing, now).await?,
            Proof::Confirm(digits) => self.code_told(session, &digits, standing, now).await?,
            Proof::HandOver => (self.code_given(session, now).await?, None),
            Proof::TakeOver(code) => (self.taken_over(session, (tool_call, &code), now).await?, None),
        };
        let (person, interaction) = (&session.person, &session.interaction);
        // What opens a conversation is kept nowhere.
        let given = json!({ "given": true });
        let kept = if output.get("code").is_some() { &given } else { &output };
        match self.store.act(person, interaction, tool_call, action, kept, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(output),
            Err(error) => Err(error.into()),
        }
    }

    /// The intent is stored, and the worker makes the digits and sends them: no conversation ever holds them. What is
    /// answered about an address that is not theirs is what is answered about one that is.
    async fn code_asked(
        &self,
        session: &Session,
        asked: Option<IdentityKey>,
        standing: Standing,
        now: Timestamp,
    ) -> Result<Outcome, Error> {
        let tied = self.tied(&session.person, session.channel, now).await?;
        let has_called = match &asked {
            Some(key @ IdentityKey::Phone(_)) => self
                .store
                .identity(key)
                .await?
                .is_some_and(|identity| identity.has_called() || identity.is_tied()),
            _ => false,
        };
        let goes = destination(asked.as_ref(), &tied, has_called, standing);
        let Some(by) =
            asked.as_ref().or(tied.first().map(|first| &first.key)).and_then(IdentityKey::reached_by)
        else {
            let say = "To which e-mail address of yours shall the code go?";
            return Ok((json!({ "sent": false, "say": say }), None));
        };
        if self.is_stopped().await? {
            return Ok((json!({ "sent": false, "say": NOT_NOW }), None));
        }
        for (limit, who) in [(&OF_PERSON, session.person.as_str()), (&OF_ALL, "")] {
            if self.store.take(limit, who, 1, now).await?.is_err() {
                let say = "There were too many codes today. Please try again tomorrow, or leave a message.";
                return Ok((json!({ "sent": false, "say": say }), None));
            }
        }
        let sure = asked.is_none() || (by == By::Email && standing.allows(Right::ProveAny));
        if let Destination::To(key) = goes
            && self.store.take(&TO_ADDRESS, &format!("{}:{}", key.kind(), key.value()), 1, now).await?.is_ok()
        {
            let code = Code::planned(session.person.clone(), session.interaction.clone(), key, now);
            self.store.plan_code(&code).await?;
            let job =
                Job::SendCode { person: session.person.clone(), interaction: session.interaction.clone() };
            if let Err(error) = self.queue.send(job).await {
                tracing::error!(interaction = %session.interaction, %error, "a code was not sent");
                return Ok((json!({ "sent": false, "say": NOT_NOW }), None));
            }
        }
        let how = by.words();
        let say = if sure {
            format!(
                "A code of six digits is on its way to you {how}. It works for ten minutes: please tell me the digits."
            )
        } else {
            format!(
                "If that is yours and known here, a code of six digits is on its way to you {how}. It works for ten \
                 minutes: please tell me the digits."
            )
        };
        Ok((json!({ "sent": true, "by": by, "say": say }), Some(Action::CodeAsked { by })))
    }

    /// What leads to a person by more than somebody's word, and can be reached: what is nearest first. On the phone that
    /// is the number that they call from.
    pub(super) async fn tied(
        &self,
        person: &PersonId,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Vec<Identity>, Error> {
        let mut tied = Vec::new();
        let others = self.store.partitions(person).await?;
        for partition in std::iter::once(person).chain(others.iter().filter(|other| *other != person)) {
            let keys = self.store.keys_of(partition).await?;
            let mut found: Vec<Identity> = self.store.identities(&keys).await?.into_values().collect();
            found.retain(|identity| {
                identity.is_tied() && !identity.rested_until(now) && identity.key.reached_by().is_some()
            });
            let first = if channel == Channel::Phone { By::Sms } else { By::Email };
            found.sort_by_key(|identity| {
                (identity.key.reached_by() != Some(first), identity.key.value().into_owned())
            });
            tied.extend(found);
        }
        Ok(tied)
    }

    /// What a `SendCode` job asks for: once, unless it is sure that nothing left.
    pub async fn send_code(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        (post, telephony): (&Post, &TwilioRest),
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(planned) = self.store.code(person, interaction, now).await? else { return Ok(()) };
        // What is not sent now works no more when everything goes on: they ask for another.
        if planned.state != Sending::Planned || self.is_stopped().await? {
            return Ok(());
        }
        if self.takes_no_mail(&planned.to).await? {
            tracing::warn!(%interaction, "a code is not sent to an address that takes no mail");
            let failed = Code { state: Sending::Failed, ..planned };
            return match self.store.move_code(&failed, Sending::Planned).await {
                Ok(()) | Err(StoreError::Conflict) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
        let persona = self.persona().await?;
        self.audit(Line::new(Actor::Twin, Act::CodeSent, now).about(person).within(interaction)).await?;
        let digits = Digits::generate();
        let sending = planned.with(&digits);
        match self.store.move_code(&sending, Sending::Planned).await {
            Ok(()) => {}
            // Another took its place, or somebody else sends it.
            Err(StoreError::Conflict) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let (next, unsent) = match sent(&sending, &digits, &persona.persona, (post, telephony), now).await {
            Ok(()) => (Code { state: Sending::Sent, ..sending }, None),
            Err(SendError::Refused(why)) => {
                tracing::warn!(%interaction, why, "a code was refused");
                (Code { state: Sending::Failed, ..sending }, None)
            }
            Err(SendError::NotSent(why)) => {
                (Code { state: Sending::Planned, digits_hash: None, ..sending }, Some(why))
            }
            // It may have arrived, and then it works.
            Err(SendError::Unknown) => return Ok(()),
        };
        match self.store.move_code(&next, Sending::Sending).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        unsent.map_or(Ok(()), |why| Err(Error::Upstream(why.into())))
    }

    /// It came back from there, or was called spam. Who wants no mails may ask for a code all the same.
    async fn takes_no_mail(&self, to: &IdentityKey) -> Result<bool, Error> {
        let IdentityKey::Email(address) = to else { return Ok(false) };
        let why = self.store.suppressed(address).await?;
        Ok(matches!(why, Some(Suppressed::Bounced | Suppressed::Complained)))
    }

    async fn code_told(
        &self,
        session: &Session,
        digits: &Digits,
        standing: Standing,
        now: Timestamp,
    ) -> Result<Outcome, Error> {
        let say = "That is not the code, or it works no more. I can send a new one.";
        let wrong = || Ok((json!({ "confirmed": false, "say": say }), None));
        let (person, interaction) = (&session.person, &session.interaction);
        let code = match self.store.try_code(person, interaction, now).await {
            Ok(code) => code,
            Err(StoreError::NotFound) => return wrong(),
            Err(error) => return Err(error.into()),
        };
        let Some(by) = code.to.reached_by().filter(|_| code.is(digits)) else { return wrong() };
        match self.store.use_code(&code, now).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return wrong(),
            Err(error) => return Err(error.into()),
        }
        if !self.is_theirs(session, &code.to, standing, now).await? {
            let say = "Thank you. But that leads to somebody whom I cannot take you for. If that is wrong, please leave \
                       a message.";
            return Ok((json!({ "confirmed": false, "say": say }), None));
        }
        let line = Line::new(Actor::Person, Act::Proved, now).about(person).on(session.channel);
        self.audit(line.within(interaction)).await?;
        let level = session.level.max(PROVED);
        self.store.raise(person, interaction, level).await?;
        self.proved_in_its_browser(session, level, now).await?;
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let standing = Standing { level, ..standing };
        let output = json!({
            "confirmed": true,
            "level": level,
            "say": "Thank you: now I know for sure that it is you.",
            "brief": Persona::told_of(&known, standing, now),
        });
        Ok((output, Some(Action::Proved { by })))
    }

    /// Whoever proved by voice who they are holds the chat of the same browser, too: it is the one whose cookie the
    /// conversation was begun with, and no other.
    async fn proved_in_its_browser(
        &self,
        session: &Session,
        level: Assurance,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(level) = proved_alike(session.channel, level) else { return Ok(()) };
        let talk = self.store.talk(&session.person, &session.interaction).await?;
        let Some(chat) = talk.and_then(|talk| talk.chat) else { return Ok(()) };
        Ok(self.store.raise_chat(&chat, &session.person, level, now).await?)
    }

    /// What was proved leads to them from now on, or they are whom it leads to. `false`: they are not.
    async fn is_theirs(
        &self,
        session: &Session,
        key: &IdentityKey,
        standing: Standing,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let person = &session.person;
        let evidence = Evidence::new(EvidenceSource::OneTimeCode, now, Some(session.interaction.to_string()));
        for _ in 0..MAX_CONFLICTS {
            let Some(identity) = self.store.identity(key).await? else {
                if !standing.allows(Right::ProveAny) {
                    return Ok(false);
                }
                let identity = Identity::new(key.clone(), person.clone(), evidence.clone());
                match self.becomes_known(session, &identity, now).await {
                    Err(Error::Conflict) => continue,
                    other => return other.map(|()| true),
                }
            };
            let is_own = self.is_one(&identity.person, person).await?;
            let is_tied = identity.is_tied() && !identity.rested_until(now);
            if !is_own && !is_tied {
                // Somebody else said that it was theirs, or had it before: the owner finds both in the proposals.
                self.becomes_known_by(session, key, now).await?;
                return Ok(standing.allows(Right::ProveAny));
            }
            // Whoever has a number that rested is its holder, and needs not be who had it before.
            if is_own && !is_tied && !standing.allows(Right::ProveAny) {
                return Ok(false);
            }
            let is_theirs = is_own
                || (standing.allows(Right::ProveAny) && self.made_one_with(person, &identity, now).await?);
            if !is_theirs {
                return Ok(false);
            }
            self.store.record(key, &evidence).await?;
            return Ok(true);
        }
        Err(Error::Conflict)
    }

    /// They have a first key, or a further one.
    async fn becomes_known(
        &self,
        session: &Session,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut known = self.store.known(&session.person).await?.ok_or(Error::NotFound)?;
        let facts = self.store.facts(&session.person).await?;
        let origin = Origin::conversation(&session.interaction, now);
        let changes = known.contact.learn(detail(&identity.key), &origin);
        known.contact.updated_at = now;
        let facts = &facts[facts.len().saturating_sub(MAX_FACTS)..];
        self.store.identified(identity, known, &changes, facts).await?;
        self.look_for_others(std::slice::from_ref(&session.person), now).await;
        Ok(())
    }

    /// The address stands in their contact, and leads to nobody.
    async fn becomes_known_by(
        &self,
        session: &Session,
        key: &IdentityKey,
        now: Timestamp,
    ) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let mut contact = self.store.contact(&session.person).await?.ok_or(Error::NotFound)?;
            let changes = contact.learn(detail(key), &Origin::conversation(&session.interaction, now));
            let saved = match changes.is_empty() {
                true => Ok(()),
                false => self.store.save_contact(contact, &Beside { changes, ..Beside::default() }).await,
            };
            match saved {
                Ok(()) => {
                    self.look_for_others(std::slice::from_ref(&session.person), now).await;
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// They are whoever has this key. `false`: they have different accounts, or the owner said that they are two.
    async fn made_one_with(
        &self,
        person: &PersonId,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let other = &identity.person;
        if self.are_two(person, other).await? {
            return Ok(false);
        }
        let (Some(ours), Some(theirs)) =
            (self.store.contact(person).await?, self.store.contact(other).await?)
        else {
            return Ok(false);
        };
        let theirs_stays = ours.forget_at.is_some() || theirs.created_at <= ours.created_at;
        let (survivor, absorbed) = if theirs_stays { (&theirs.id, &ours.id) } else { (&ours.id, &theirs.id) };
        let kind = identity.key.kind();
        let why = (MergedBy::Twin, vec![format!("a code that was sent to the other's {kind} came back")]);
        match Box::pin(self.merge(survivor, absorbed, why, now)).await {
            Ok(_) => Ok(true),
            Err(Error::Invalid(why)) => {
                tracing::warn!(why, "whoever proved an address is not taken for its person");
                self.propose_proved((&ours, &theirs), kind, now).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

fn detail(key: &IdentityKey) -> Option<Detail> {
    match key {
        IdentityKey::Email(email) => Some(Detail::Email(Some(email.clone()))),
        IdentityKey::Phone(phone) => Some(Detail::Phone(Some(phone.clone()))),
        _ => None,
    }
}

async fn sent(
    code: &Code,
    digits: &Digits,
    persona: &Persona,
    (post, telephony): (&Post, &TwilioRest),
    now: Timestamp,
) -> Result<(), SendError> {
    match &code.to {
        IdentityKey::Email(to) => {
            let mime = letter::mail(digits, to, persona, (&post.from, &code.salt), now)
                .map_err(|error| SendError::NotSent(error.to_string()))?;
            post.mailer.send(&post.from, to.address(), mime).await.map(drop)
        }
        IdentityKey::Phone(to) => {
            let text = letter::text(digits, persona);
            let came = telephony.send_message(to, &text, Some(WORKS_FOR), None).await;
            came.map(drop).map_err(not_texted)
        }
        _ => Err(SendError::Refused("nothing can be sent there".to_owned())),
    }
}
