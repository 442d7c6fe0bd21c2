//! Follow-ups carried out: an intent before the effect, its outcome after, and nothing twice.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Twin, scheduling::OUTDATED};
use crate::{
    audit::{Act, Actor, Line},
    clients::{
        mail::{Mailer, SendError},
        twilio::{RestError, TwilioRest},
    },
    contact::{Contact, Field},
    error::Error,
    follow_up::{
        Content, FollowUp, Medium, State,
        mail::{Envelope, compose, text_message},
    },
    handoff::{EMAILED_FOR, Handoff, Secret},
    id::PersonId,
    identity::{Assurance, Email, IdentityKey, Phone},
    interaction::Channel,
    policy::{PROVED, UNPROVED_LINK},
    store::StoreError,
};

/// A person gets at most this many mails and texts a day.
const MAX_MESSAGES_A_DAY: usize = 3;
/// A meeting that is moved or off is told of, too: a calendar that says otherwise is worse than one mail more.
const MAX_WITH_MEETINGS_A_DAY: usize = 6;

/// How follow-ups leave: the mail client, and the addresses of this deployment.
pub struct Post {
    pub mailer: Mailer,
    pub texts: TwilioRest,
    pub from: String,
    pub owner: String,
    pub public_base_url: String,
}

impl Twin {
    /// Leaves out what they said that they do not want.
    pub(super) async fn only_wanted(
        &self,
        person: &PersonId,
        planned: &mut Vec<FollowUp>,
    ) -> Result<(), Error> {
        for medium in [Medium::Mail, Medium::Text] {
            let Some(matter) = medium.matter() else { continue };
            if self.is_withdrawn(person, matter).await? {
                planned.retain(|planned| planned.content.medium() != medium);
            }
        }
        Ok(())
    }

    async fn unwanted(&self, planned: &FollowUp) -> Result<Option<&'static str>, Error> {
        let medium = planned.content.medium();
        let Some(matter) = medium.matter() else { return Ok(None) };
        let why = if medium == Medium::Text { "they do not want texts" } else { "they do not want mails" };
        Ok(self.is_withdrawn(&planned.person, matter).await?.then_some(why))
    }

    /// Where they are, if their number tells it; else where the owner is.
    async fn zone_of(&self, contact: &Contact) -> Result<TimeZone, Error> {
        let zones = contact.contact_methods.phone.as_ref().map(Phone::zones).unwrap_or_default();
        match <[TimeZone; 1]>::try_from(zones) {
            Ok([zone]) => Ok(zone),
            Err(_) => Ok(self.store().follow_up_settings().await?.settings.zone()),
        }
    }

    /// Intent before, outcome after. Whoever moves it to `Sending` sends it; nobody else does.
    pub(super) async fn execute(
        &self,
        mut planned: FollowUp,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        let to_person = planned.is_to_person();
        if let Some(unwanted) = self.unwanted(&planned).await? {
            planned.problem = Some(unwanted.to_owned());
            return self.move_to(planned, State::Approved, State::Cancelled, now).await;
        }
        if self.is_outdated(&planned).await? {
            planned.problem = Some(OUTDATED.to_owned());
            return self.move_to(planned, State::Approved, State::Cancelled, now).await;
        }
        let day_ago = now - SignedDuration::from_hours(24);
        let most = match planned.content {
            Content::Invitation { .. } => MAX_WITH_MEETINGS_A_DAY,
            _ => MAX_MESSAGES_A_DAY,
        };
        if to_person && self.store().messages_since(&planned.person, day_ago).await? >= most {
            planned.problem = Some("they heard enough from us today: it waits for your word".to_owned());
            return self.move_to(planned, State::Approved, State::AwaitingApproval, now).await;
        }
        let act = if planned.content.medium() == Medium::Text { Act::TextSent } else { Act::MailSent };
        let line = Line::new(Actor::Twin, act, now).about(&planned.person).within(&planned.id);
        self.audit(line).await?;
        planned.state = State::Sending;
        planned.updated_at = now;
        match self.store().move_follow_up(&planned, State::Approved).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let next = match self.send(&planned, post, now).await? {
            Ok(provider_id) => {
                planned.provider_id = Some(provider_id);
                State::Sent
            }
            Err(error) => {
                planned.problem = Some(error.to_string());
                match error {
                    SendError::Refused(_) => State::Failed,
                    SendError::NotSent(_) => State::Approved,
                    SendError::Unknown => State::Unknown,
                }
            }
        };
        let sent = (next == State::Sent).then(|| planned.clone());
        self.move_to(planned, State::Sending, next, now).await?;
        if let Some(sent) = sent
            && let Err(error) = self.kept(&sent, now).await
        {
            tracing::warn!(%error, "a promise that was kept still counts as open");
        }
        if next == State::Approved {
            let error = StoreError::Unavailable("mail was not accepted".to_owned());
            return Err(Error::Unavailable(error));
        }
        Ok(())
    }

    async fn send(
        &self,
        planned: &FollowUp,
        post: &Post,
        now: Timestamp,
    ) -> Result<Result<String, SendError>, Error> {
        let persona = self.persona().await?;
        let known = self.store().known(&planned.person).await?.ok_or(Error::NotFound)?;
        if let Content::MissedCallText { to } = &planned.content {
            let body = text_message(planned, &persona.persona, &post.public_base_url)
                .map_err(|error| Error::Internal(Box::new(error)))?;
            return Ok(post.texts.send_message(to, &body.unwrap_or_default()).await.map_err(not_texted));
        }
        let handoff_url = match &planned.content {
            Content::SummaryEmail { handoff: Some(id), .. } => {
                let secret = Secret::generate();
                let level = self.link_proves(planned).await?;
                let handoff = Handoff {
                    id: id.clone(),
                    person: planned.person.clone(),
                    from: planned.interaction.clone(),
                    to: Channel::Chat,
                    level,
                    secret_hash: secret.hash(),
                    created_at: now,
                    expires_at: now + EMAILED_FOR,
                };
                self.store().save_handoff(&handoff).await?;
                Some(format!("{}/chat?session={}", post.public_base_url, secret.reveal()))
            }
            _ => None,
        };
        let booking_url = match &planned.content {
            Content::Invitation { booking, .. } => {
                let secret = self.link_to(booking).await?;
                Some(format!("{}/book/{}", post.public_base_url, secret.reveal()))
            }
            _ => None,
        };
        let envelope = Envelope {
            from: &post.from,
            owner: &post.owner,
            public_base_url: &post.public_base_url,
            handoff_url: handoff_url.as_deref(),
            booking_url: booking_url.as_deref(),
            zone: self.zone_of(&known.contact).await?,
        };
        let contact = self.as_named_to(known.contact, planned).await?;
        let mail = compose(planned, &persona.persona, &contact, &envelope, now)
            .map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(post.mailer.send(&post.from, &mail.to, mail.mime).await)
    }

    /// What a mailed link proves: that whoever opens it has an address which is the person's by more than somebody's word.
    /// Whoever calls with another's number can name any address, in one call or in two: that proves nothing.
    async fn link_proves(&self, planned: &FollowUp) -> Result<Assurance, Error> {
        let Content::SummaryEmail { to, .. } = &planned.content else { return Ok(Assurance::Anonymous) };
        if self.is_reached_by(&planned.person, to).await? {
            return Ok(PROVED);
        }
        let held = self.store().interaction(&planned.person, &planned.interaction).await?;
        Ok(held.map_or(Assurance::Anonymous, |held| held.level).min(UNPROVED_LINK))
    }

    /// Whether an address is the person's by more than somebody's word.
    async fn is_reached_by(&self, person: &PersonId, address: &Email) -> Result<bool, Error> {
        match self.store().identity(&IdentityKey::Email(address.clone())).await? {
            Some(identity) if identity.is_tied() => self.is_one(&identity.person, person).await,
            _ => Ok(false),
        }
    }

    /// A contact as a mail to this address may name it: what was known before they named it is not for whoever has it.
    async fn as_named_to(&self, contact: Contact, planned: &FollowUp) -> Result<Contact, Error> {
        let Content::SummaryEmail { to, .. } = &planned.content else { return Ok(contact) };
        let said_here = |field| {
            let origin = contact.origins.get(&field).and_then(|origin| origin.interaction.as_ref());
            origin == Some(&planned.interaction)
        };
        if said_here(Field::Name) || self.is_reached_by(&planned.person, to).await? {
            return Ok(contact);
        }
        Ok(Contact { name: None, ..contact })
    }

    pub(super) async fn move_to(
        &self,
        mut follow_up: FollowUp,
        from: State,
        to: State,
        now: Timestamp,
    ) -> Result<(), Error> {
        follow_up.state = to;
        follow_up.updated_at = now;
        match self.store().move_follow_up(&follow_up, from).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a text came to that Twilio did not accept.
fn not_texted(error: RestError) -> SendError {
    match error {
        RestError::NotReached => SendError::NotSent("not reached".to_owned()),
        RestError::Refused(status @ (429 | 503)) => SendError::NotSent(format!("status {status}")),
        RestError::Refused(status) => SendError::Refused(format!("status {status}")),
        RestError::Gone | RestError::TooMany => SendError::Refused(error.to_string()),
        RestError::Transport(_) | RestError::Unreadable => SendError::Unknown,
    }
}
