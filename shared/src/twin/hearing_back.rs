//! What comes back after a mail left: what became of it, that they want no more, and what they answer.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{MAX_CONFLICTS, Twin, guest_replies::Attended};
use crate::{
    audit::{Act, Actor, Line},
    clients::twilio::OPTED_OUT,
    consent::{By, Consent, Matter, stands},
    error::Error,
    follow_up::{
        Content, FollowUp, Medium, News, State,
        feedback::{Became, Feedback, Suppressed},
        reply::{Read, Received, ReplyAddress},
    },
    id::{FollowUpId, MailId, PersonId},
    identity::{Email, IdentityKey},
    store::{Limit, StoreError},
    wire::twilio::webhook::TextStatus,
};

/// Bytes of an answer that the owner is told at once; all of it is in the timeline.
const MAX_TOLD: usize = 4000;
/// Of so many answers a day to one mail the owner is told; the others are in the timeline.
const TOLD: Limit = Limit { name: "answers-told", most: 20, window: SignedDuration::from_hours(24) };
/// Bytes of a hash by which answers to one conversation are told apart.
const KEY: usize = 8;

/// One answer: to what, and the key of what the owner is told of it.
#[derive(Clone, Copy)]
pub(super) struct Answered<'a> {
    to: &'a ReplyAddress,
    key: &'a str,
}

fn hash(message: &str) -> String {
    let digest = Sha256::digest(message);
    let first = digest.iter().take(KEY).fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
    format!("{first:016x}")
}

impl Twin {
    /// Takes in what SES says became of a mail. The same again, in whatever order, comes to the same.
    pub async fn fed_back(&self, feedback: &Feedback, now: Timestamp) -> Result<(), Error> {
        if let Some((addresses, why)) = feedback.became.suppresses() {
            // What is no address is none that we would write to.
            for address in addresses.iter().filter_map(|address| Email::parse(address).ok()) {
                self.store.suppress(&address, why).await?;
            }
        }
        let Some((person, follow_up)) = &feedback.of else { return Ok(()) };
        let of = (person, follow_up);
        let moved = self.moved_by(of, (false, feedback.message.as_deref()), &feedback.became, now).await?;
        if matches!(feedback.became, Became::Delivered | Became::Left) {
            return Ok(());
        }
        match self.as_moved(of, moved).await? {
            Some(lost) => self.tell_of_lost_letter(&lost, now).await,
            None => Ok(()),
        }
    }

    /// What was moved, or, if somebody moved it before and may have died since, what it is now.
    async fn as_moved(
        &self,
        (person, id): (&PersonId, &FollowUpId),
        moved: Option<FollowUp>,
    ) -> Result<Option<FollowUp>, Error> {
        match moved {
            Some(moved) => Ok(Some(moved)),
            None => match self.store.follow_up(person, id).await {
                Err(StoreError::Erased) => Ok(None),
                found => Ok(found?),
            },
        }
    }

    /// The owner is told, once, of what did not arrive, or was called spam.
    pub(super) async fn tell_of_lost_letter(&self, lost: &FollowUp, now: Timestamp) -> Result<(), Error> {
        let what = match lost.content.medium() {
            Medium::Mail => "mail",
            Medium::Text => "text",
            Medium::Owner => return Ok(()),
        };
        let message = match lost.state {
            State::Complained => format!("They called a {what} from you spam: nothing more goes there."),
            State::Bounced | State::Failed => {
                let problem = lost.problem.as_deref().unwrap_or_default();
                format!("A {what} to them did not arrive: {problem}.")
            }
            _ => return Ok(()),
        };
        let reason = format!("a {what} of yours did not arrive");
        let content = Content::news(News::Undelivered, message);
        let of = (lost.person.clone(), lost.interaction.clone());
        let key = format!("{}-undelivered", lost.key());
        if let Some(told) = FollowUp::of(of, &key, content, State::Approved, reason, now) {
            self.store.add_follow_up(&told).await?;
            self.enqueue(&told.person, &told.interaction).await;
        }
        Ok(())
    }

    /// Takes in what Twilio says became of a text. The same again, in whatever order, comes to the same. What did not
    /// arrive the owner is told of.
    pub async fn text_fed_back(
        &self,
        (person, id): (&PersonId, &FollowUpId),
        text: &TextStatus,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(became) = Became::of_text(text.status, text.error) else { return Ok(()) };
        let moved = self.moved_by((person, id), (true, Some(text.id.as_str())), &became, now).await?;
        let of = self.as_moved((person, id), moved).await?;
        // The owner's own STOP says nothing of whom they were told of.
        if text.error == Some(OPTED_OUT) && of.as_ref().is_none_or(FollowUp::is_to_person) {
            match self.texts_wanted(person, false, "STOP", now).await {
                // They are erased: nobody writes to them any more.
                Err(Error::NotFound) => {}
                noted => noted?,
            }
        }
        let of_this = |one: &FollowUp| one.provider_id.as_deref() == Some(text.id.as_str());
        match of.filter(of_this) {
            Some(lost) => self.tell_of_lost_letter(&lost, now).await,
            None => Ok(()),
        }
    }

    /// Moves what was sent to what became of it; what it is then, if it moved. `message`: what SES calls a mail, or Twilio a
    /// text, which tells of a follow-up once.
    async fn moved_by(
        &self,
        (person, id): (&PersonId, &FollowUpId),
        (is_text, message): (bool, Option<&str>),
        became: &Became,
        now: Timestamp,
    ) -> Result<Option<FollowUp>, Error> {
        for _ in 0..MAX_CONFLICTS {
            let found = match self.store.follow_up(person, id).await {
                Err(StoreError::Erased) => return Ok(None),
                found => found?,
            };
            let Some(mut follow_up) = found else { return Ok(None) };
            let is_another = follow_up.provider_id.as_deref().is_some_and(|known| Some(known) != message);
            // What SES tells of a mail that was sent anew counts, whichever it is about.
            if follow_up.content.texted_to().is_some() != is_text || (is_text && is_another) {
                return Ok(None);
            }
            // Whoever sent it may not have stored yet what it is called.
            follow_up.provider_id = follow_up.provider_id.or_else(|| message.map(ToOwned::to_owned));
            let from = follow_up.state;
            let Some(next) = became.after(from) else { return Ok(None) };
            follow_up.state = next;
            follow_up.updated_at = now;
            follow_up.problem = became.problem();
            match self.store.move_follow_up(&follow_up, from).await {
                Err(StoreError::Conflict) => {}
                moved => return Ok(moved.map(|()| Some(follow_up))?),
            }
        }
        Err(Error::Conflict)
    }

    /// They want no more mails, and at this address nobody does. Again, it changes nothing.
    pub async fn no_more_mails(
        &self,
        person: &PersonId,
        address_hash: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(hash) = address_hash {
            self.store.suppress_left(hash, now).await?;
        }
        self.store.contact(person).await?.ok_or(Error::NotFound)?;
        if self.is_withdrawn(person, Matter::Mails).await? {
            return Ok(());
        }
        self.audit(Line::new(Actor::Person, Act::ConsentNoted, now).about(person)).await?;
        let record = Consent::left(Matter::Mails, now);
        Ok(self.store.add_consent(person, &record).await?)
    }

    /// They want mails again. Whoever else named the address cannot say so for whoever wanted no more there: only by the
    /// same record, the owner's word, or a proof that it is theirs.
    pub(super) async fn mails_again(&self, person: &PersonId, by: By) -> Result<(), Error> {
        let contact = self.store.contact(person).await?;
        let Some(address) = contact.and_then(|contact| contact.contact_methods.email) else { return Ok(()) };
        if self.store.suppressed(&address).await? != Some(Suppressed::Left) {
            return Ok(());
        }
        let left = |record: &Consent| record.matter == Matter::Mails && !record.given && record.is_by_link();
        let may_say = by == By::Owner
            || self.store.contact_consents(person).await?.iter().any(left)
            || self.is_reached_by(person, &IdentityKey::Email(address.clone())).await?;
        if may_say {
            self.store.no_more_left(&address).await?;
        }
        Ok(())
    }

    /// They answered STOP to a text message, or START. Again, it changes nothing.
    pub async fn texts_wanted(
        &self,
        person: &PersonId,
        wanted: bool,
        word: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.store.contact(person).await?.ok_or(Error::NotFound)?;
        if stands(&self.store.contact_consents(person).await?, Matter::TextMessages) == Some(wanted) {
            return Ok(());
        }
        self.audit(Line::new(Actor::Person, Act::ConsentNoted, now).about(person)).await?;
        Ok(self.store.add_consent(person, &Consent::texted(wanted, word, now)).await?)
    }

    /// An answer to a mail: into the timeline and to the owner, once; what would have reminded them is not needed.
    /// `message` is SES's id of it. `proved`: its domain vouches for its sender.
    pub async fn wrote_back(
        &self,
        answers: &ReplyAddress,
        message: &str,
        read: Read,
        proved: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (person, id) = (&answers.person, &answers.follow_up);
        let follow_up = match self.store.follow_up(person, id).await {
            Err(StoreError::Erased) => return Ok(()),
            found => found?,
        };
        let Some(follow_up) = follow_up else { return Ok(()) };
        let Read { from, subject, written, attachments, is_automatic, calendar } = read;
        let written_to = follow_up.content.to().map(|to| to.address().to_lowercase());
        let from = from.map(|from| from.to_lowercase());
        let hash = hash(message);
        let answer = Answered { to: answers, key: &format!("answer-{hash}") };
        let mail = Received {
            id: MailId::derived(&format!("{}-{hash}", answers.interaction.suffix()))
                .map_err(|error| Error::Internal(Box::new(error)))?,
            person: person.clone(),
            interaction: answers.interaction.clone(),
            follow_up: id.clone(),
            is_from_them: proved && from.is_some() && from == written_to,
            subject,
            written,
            attachments,
            at: now,
        };
        // A calendar answers by itself once its owner has chosen.
        let attended = match calendar.filter(|_| mail.is_from_them) {
            Some(calendar) => self.guest_answered(&follow_up, answer, &calendar, now).await?,
            None => Attended::Nothing,
        };
        let (message, is_answer) = match attended {
            Attended::Nothing if is_automatic => (None, false),
            Attended::Nothing => (Some(told(&mail)), true),
            Attended::Outdated(message) => (message, true),
            Attended::Noted => (None, true),
        };
        self.take_in(&mail, answer, message, now).await?;
        if is_answer {
            // Whoever dies before this leaves it to the reminder, which looks for answers itself.
            self.cancel_nudges(person, None, now).await?;
            self.enqueue(person, &answers.interaction).await;
        }
        Ok(())
    }

    /// Stores a mail with what the owner is told of it: nothing rests on its coming again. Again, nothing is told twice.
    async fn take_in(
        &self,
        mail: &Received,
        answer: Answered<'_>,
        message: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.store.has_mail(&mail.person, &mail.id).await? {
            return Ok(());
        }
        let told = match message {
            Some(message) => self.news_of(answer, message, now).await?,
            None => None,
        };
        Ok(self.store.add_mail(mail, told.as_ref()).await?)
    }

    pub(super) async fn is_told_of(&self, Answered { to, key }: Answered<'_>) -> Result<bool, Error> {
        let Some(id) = FollowUp::id_of(&to.interaction, key) else { return Ok(false) };
        Ok(self.store.follow_up(&to.person, &id).await?.is_some())
    }

    /// What the owner is told of an answer, unless they were told of enough today.
    pub(super) async fn news_of(
        &self,
        Answered { to, key }: Answered<'_>,
        message: String,
        now: Timestamp,
    ) -> Result<Option<FollowUp>, Error> {
        if self.store.take(&TOLD, to.follow_up.as_str(), 1, now).await?.is_err() {
            return Ok(None);
        }
        let held = self.store.interaction(&to.person, &to.interaction).await?;
        let channel = held.as_ref().map(|held| held.channel);
        let relationship = held.map(|held| held.relationship()).unwrap_or_default();
        let of = (to.person.clone(), to.interaction.clone());
        let (content, reason) = (Content::news(News::Answer, message), "they answered your mail".to_owned());
        let planned = FollowUp::of(of, key, content, State::Approved, reason, now);
        Ok(planned.map(|planned| FollowUp { channel, relationship, ..planned }))
    }
}

fn told(mail: &Received) -> String {
    let text = &mail.written.text;
    let end = text.floor_char_boundary(MAX_TOLD);
    let more = if end < text.len() { "\n…" } else { "" };
    let who = if mail.is_from_them {
        "They answered your mail"
    } else {
        "An answer that is not surely from their own address came to your mail"
    };
    let files = match mail.attachments {
        0 => String::new(),
        files => format!("\n({files} files came with it. They are not kept.)"),
    };
    format!("{who} (“{}”):\n\n{}{more}{files}", mail.subject, text.get(..end).unwrap_or_default())
}
