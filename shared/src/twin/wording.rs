//! How a follow-up reads: on whose clock, and naming them by what whoever has the address may know; shown before it goes out
//! as it would.

use jiff::{Timestamp, tz::TimeZone};

use super::{Twin, executing::unwritten};
use crate::{
    contact::{Contact, Field},
    error::Error,
    follow_up::{
        Content, FollowUp, Kind,
        due::zones,
        mail::{Envelope, Letter, MailError, letter, text_message},
        settings::FollowUpSettings,
    },
    handoff::hash,
    id::{InteractionId, PersonId},
    identity::{Email, IdentityKey, Phone},
};

impl Twin {
    /// The owner's, for what the owner is told; else where they are, if their number tells it.
    pub(super) async fn clock_of(
        &self,
        planned: &FollowUp,
        contact: &Contact,
        settings: &FollowUpSettings,
    ) -> Result<TimeZone, Error> {
        Ok(match planned.content {
            Content::MeetingNotification { .. } => self.calendar().await?.zone(),
            _ if planned.is_to_person() => Self::their_clock(contact, settings),
            _ => settings.zone(),
        })
    }

    /// Where somebody is, if their number tells it; else where the owner is.
    pub(super) fn their_clock(contact: &Contact, settings: &FollowUpSettings) -> TimeZone {
        match <[TimeZone; 1]>::try_from(zones(contact, settings)) {
            Ok([zone]) => zone,
            Err(_) => settings.zone(),
        }
    }

    /// What a follow-up would say if it was sent now; links that only hold for whoever gets it are left out. `None` for
    /// what is no letter.
    pub async fn preview(
        &self,
        planned: &FollowUp,
        public_base_url: &str,
        now: Timestamp,
    ) -> Result<Option<Letter>, Error> {
        let persona = self.persona().await?;
        let Some(known) = self.store().known(&planned.person).await? else { return Ok(None) };
        if let Some(text) =
            text_message(planned, &persona.persona, public_base_url, None).map_err(unwritten)?
        {
            let to = planned.content.texted_to().map(Phone::written).unwrap_or_default();
            let body = Some(text.clone());
            return Ok(Some(Letter { to, subject: String::new(), text, html: None, body }));
        }
        let settings = self.store().follow_up_settings().await?.settings;
        let continues = self.continued(planned).await?;
        let envelope = Envelope {
            from: "",
            owner: "you",
            public_base_url,
            reply_to: "",
            unsubscribe_url: None,
            continues: continues.as_ref(),
            handoff_url: None,
            booking_url: None,
            answers: None,
            decide_url: None,
            document: None,
            zone: self.clock_of(planned, &known.contact, &settings).await?,
            now,
        };
        let contact = self.as_named_to(known.contact, planned).await?;
        match letter(planned, &persona.persona, &contact, &envelope) {
            Ok(letter) => Ok(Some(letter)),
            Err(MailError::NotMail) => Ok(None),
            Err(error) => Err(unwritten(error)),
        }
    }

    /// The mail whose thread it goes on with.
    pub(super) async fn continued(&self, planned: &FollowUp) -> Result<Option<FollowUp>, Error> {
        match &planned.content {
            Content::Nudge { about, .. } => Ok(self.store().follow_up(&planned.person, about).await?),
            _ => Ok(None),
        }
    }

    /// A hash of how it reads, for whom: without links that only hold for whoever gets it, and whatever the time is.
    pub(super) async fn reads(&self, planned: &FollowUp) -> Result<Option<String>, Error> {
        let letter = Box::pin(self.preview(planned, "", planned.planned_at)).await?;
        Ok(letter.map(|letter| hash(&[letter.to, letter.subject, letter.text].join("\n"))))
    }

    /// A contact as a mail to this address may name it: what was known before they named it is not for whoever has it.
    pub(super) async fn as_named_to(&self, contact: Contact, planned: &FollowUp) -> Result<Contact, Error> {
        let Some(to) = planned.content.to().filter(|_| planned.content.kind() != Kind::Invitation) else {
            return Ok(contact);
        };
        let of = (&planned.person, &planned.interaction);
        self.as_said_in(contact, of, to).await
    }

    /// The same of what was said in a conversation.
    pub(super) async fn as_said_in(
        &self,
        mut contact: Contact,
        (person, interaction): (&PersonId, &InteractionId),
        to: &Email,
    ) -> Result<Contact, Error> {
        if self.is_reached_by(person, &IdentityKey::Email(to.clone())).await? {
            return Ok(contact);
        }
        let said_here = |field| {
            let origin = contact.origins.get(&field).and_then(|origin| origin.interaction.as_ref());
            origin == Some(interaction)
        };
        let (name, company) = (said_here(Field::Name), said_here(Field::Company));
        contact.name = contact.name.filter(|_| name);
        contact.company = contact.company.filter(|_| company);
        Ok(contact)
    }
}
