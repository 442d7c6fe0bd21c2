//! Follow-ups carried out: an intent before the effect, its outcome after, and nothing twice.

use jiff::{SignedDuration, Timestamp};

use super::{
    Twin,
    digesting::{is_digest, tap_url},
    inviting::INVITATION,
    suppressing::Enough,
};
use crate::{
    audit::{Act, Actor, Line},
    clients::{
        mail::{Mailer, SendError},
        twilio::{RestError, TwilioRest},
    },
    contact::Contact,
    error::Error,
    follow_up::{
        Content, FollowUp, Kind, Medium, State,
        mail::{Envelope, MailError, compose, text_message},
        reply::ReplyAddress,
        settings::FollowUpSettings,
    },
    handoff::{EMAILED_FOR, Handoff, SPOKEN_FOR, Secret, TEXTED_FOR, hash},
    id::{HandoffId, PersonId},
    identity::{Assurance, IdentityKey, Phone},
    interaction::Channel,
    persona::Persona,
    policy::{PROVED, UNPROVED_LINK},
    proposal::Document,
    store::{LocalDay, StoreError},
    wire::ticket::{Leave, TicketKey},
};

/// A link that ends mails holds for longer than anybody keeps one.
const LEAVE_FOR: SignedDuration = SignedDuration::from_hours(24 * 800);
/// What was tried so often without leaving is given up.
const MAX_ATTEMPTS: u32 = 8;
/// Where Twilio tells what becomes of a text.
pub const TEXT_STATUS: &str = "/api/phone/texts/status";

/// How follow-ups leave: the clients, and the addresses of this deployment.
pub struct Post {
    pub mailer: Mailer,
    pub texts: TwilioRest,
    pub from: String,
    pub owner: String,
    pub public_base_url: String,
    /// Signs links in mails.
    pub links: TicketKey,
    /// Where answers are received, if they are: they go to an address of their own there, else to the owner.
    pub reply_domain: Option<String>,
}

impl Twin {
    /// Intent before, outcome after. Whoever moves it to `Sending` sends it, as they read it; nobody else does.
    pub(super) async fn execute(
        &self,
        mut planned: FollowUp,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        let settings = self.store().follow_up_settings().await?.settings;
        if settings.stopped.is_some() {
            tracing::warn!(follow_up = %planned.id, "the owner stopped everything: nothing is sent");
            return Ok(());
        }
        if let Some(state) = self.prevented(&mut planned, &settings, now).await? {
            return self.move_to(planned, State::Approved, state, now).await;
        }
        let day = LocalDay::of(now, &settings.zone());
        let counted = match self.within_caps(&planned, &settings.caps, day).await? {
            Ok(counted) => counted,
            Err(Enough(why)) if planned.is_to_person() => {
                planned.problem = Some(why.to_owned());
                return self.move_to(planned, State::Approved, State::AwaitingApproval, now).await;
            }
            Err(_) => return self.left_for_digest(planned, &settings, day, now).await,
        };
        let act = if planned.content.texted_to().is_some() { Act::TextSent } else { Act::MailSent };
        let line = Line::new(Actor::Twin, act, now).about(&planned.person).within(&planned.id);
        self.audit(line).await?;
        planned.state = State::Sending;
        let read_at = std::mem::replace(&mut planned.updated_at, now);
        planned.receives_answers = Some(answered_at(&planned, post).is_some());
        match self.store().replace_follow_up(&planned, State::Approved, read_at).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return self.uncounted(&counted, day).await,
            Err(error) => return Err(error.into()),
        }
        // What could not be written did not leave.
        let sent = Box::pin(self.send(&planned, &settings, post, now)).await;
        let sent = sent.unwrap_or_else(|error| {
            tracing::warn!(follow_up = %planned.id, %error, "a follow-up could not be written");
            Err(SendError::NotSent(error.outward()))
        });
        let next = came_to(&mut planned, sent);
        let (tried, is_noted) = self.sending_came_to(planned, next, now).await?;
        let noted = match next {
            State::Sent if !is_digest(&tried.person) => self.settled_by(&tried, now).await,
            // Else it is somebody else's by now, who may have sent it.
            State::Failed if is_noted => self.tell_of_lost_letter(&tried, now).await,
            _ => Ok(()),
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "what was sent still counts as open, or the owner does not know that it was not");
        }
        if next == State::Approved {
            return Err(Error::Upstream(tried.problem.unwrap_or_default().into()));
        }
        Ok(())
    }

    async fn send(
        &self,
        planned: &FollowUp,
        settings: &FollowUpSettings,
        post: &Post,
        now: Timestamp,
    ) -> Result<Result<String, SendError>, Error> {
        let persona = self.persona().await?;
        if let Content::Digest { since } = &planned.content {
            let mail = Box::pin(self.digest(planned, *since, settings, post, now)).await?;
            return Ok(post.mailer.send(&post.from, &mail.to, mail.mime).await);
        }
        if let (Content::OwnerNotification { message, .. }, true) =
            (&planned.content, is_digest(&planned.person))
        {
            let mail = self.of_the_house(planned, message, post, now).await?;
            return Ok(post.mailer.send(&post.from, &mail.to, mail.mime).await);
        }
        let contact = self.store().known(&planned.person).await?.ok_or(Error::NotFound)?.contact;
        if let Some(to) = planned.content.texted_to() {
            return self.send_text(planned, to, &persona.persona, post, now).await;
        }
        Box::pin(self.send_mail(planned, (&persona.persona, contact), settings, post, now)).await
    }

    async fn send_mail(
        &self,
        planned: &FollowUp,
        (persona, contact): (&Persona, Contact),
        settings: &FollowUpSettings,
        post: &Post,
        now: Timestamp,
    ) -> Result<Result<String, SendError>, Error> {
        let handoff_url = match &planned.content {
            Content::SummaryEmail { handoff: Some(id), .. } => {
                Some(self.way_over(planned, id, EMAILED_FOR, post, now).await?)
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
        let answers = match (&planned.content, post.reply_domain.as_deref()) {
            (Content::Invitation { booking, .. }, Some(domain)) => {
                self.answers_lead_back(std::slice::from_ref(planned)).await?;
                Some(ReplyAddress::organizer(booking, domain))
            }
            _ => None,
        };
        let waits = self.waits_for_the_owner(planned, post, now).await?;
        let reply_to = self.reply_to(planned, post).await?;
        let unsubscribe_url = unsubscribe_url(planned, post, now)?;
        let continues = self.continued(planned).await?;
        let envelope = Envelope {
            from: &post.from,
            owner: &post.owner,
            public_base_url: &post.public_base_url,
            reply_to: &reply_to,
            unsubscribe_url: unsubscribe_url.as_deref(),
            continues: continues.as_ref(),
            handoff_url: handoff_url.as_deref(),
            booking_url: booking_url.as_deref(),
            answers: answers.as_deref(),
            decide_url: waits.as_ref().map(|waits| waits.url.as_str()),
            document: waits.as_ref().and_then(|waits| waits.document.as_ref()),
            zone: self.clock_of(planned, &contact, settings).await?,
            now,
        };
        let contact = self.as_named_to(contact, planned).await?;
        let told = waits.as_ref().map_or(planned, |waits| &waits.told);
        let mail = compose(told, persona, &contact, &envelope).map_err(unwritten)?;
        Ok(post.mailer.send(&post.from, &mail.to, mail.mime).await)
    }

    async fn send_text(
        &self,
        planned: &FollowUp,
        to: &Phone,
        persona: &Persona,
        post: &Post,
        now: Timestamp,
    ) -> Result<Result<String, SendError>, Error> {
        let (way, valid_for) = match &planned.content {
            Content::HandoffText { handoff, code: true, .. } => {
                (Some(self.code_over(planned, handoff, now).await?), Some(SPOKEN_FOR))
            }
            Content::HandoffText { handoff, .. } => {
                (Some(self.way_over(planned, handoff, TEXTED_FOR, post, now).await?), Some(TEXTED_FOR))
            }
            _ => (None, None),
        };
        let body = text_message(planned, persona, &post.public_base_url, way.as_deref());
        let body = body.map_err(unwritten)?.unwrap_or_default();
        let base = &post.public_base_url;
        let callback = format!("{base}{TEXT_STATUS}?followUp={}&person={}", planned.id, planned.person);
        let sent = post.texts.send_message(to, &body, valid_for, Some(&callback)).await;
        if matches!(sent, Err(RestError::OptedOut)) && planned.is_to_person() {
            // Whoever told Twilio told us.
            self.texts_wanted(&planned.person, false, "STOP", now).await?;
        }
        Ok(sent.map_err(not_texted))
    }

    /// What waits for the owner's word and is told of in a mail: as it is now, because a proposal may have been written anew
    /// since the mail was planned, and an invitation decided on.
    async fn waits_for_the_owner(
        &self,
        planned: &FollowUp,
        post: &Post,
        now: Timestamp,
    ) -> Result<Option<Waits>, Error> {
        let about = match &planned.content {
            Content::OwnerNotification { about, .. } => about.clone(),
            Content::MeetingNotification { .. } => FollowUp::id_of(&planned.interaction, INVITATION),
            _ => None,
        };
        let Some(about) = about else { return Ok(None) };
        let waiting = self.store().follow_up(&planned.person, &about).await?;
        let Some(waiting) = waiting.filter(FollowUp::needs_a_word) else { return Ok(None) };
        let url = tap_url(&waiting, post, now)?;
        Ok(match (&waiting.content, &planned.content) {
            (Content::Proposal { proposal, .. }, Content::OwnerNotification { news, .. }) => {
                let document = proposal.document().map_err(|error| unwritten(error.into()))?;
                let (news, message) = (*news, proposal.waits_in_words());
                let content = Content::OwnerNotification { news, message, about: Some(about) };
                let told = FollowUp { content, ..planned.clone() };
                Some(Waits { url, document: Some(document), told })
            }
            (Content::Invitation { .. }, _) => Some(Waits { url, document: None, told: planned.clone() }),
            _ => None,
        })
    }

    /// The link with which a conversation goes on in the chat: made as it leaves, because its secret is stored nowhere.
    async fn way_over(
        &self,
        planned: &FollowUp,
        id: &HandoffId,
        works_for: SignedDuration,
        post: &Post,
        now: Timestamp,
    ) -> Result<String, Error> {
        let (secret, level) = (Secret::generate(), self.link_proves(planned).await?);
        let handoff = handoff_of(planned, id, &secret, (level, works_for), now);
        self.store().save_handoff(&handoff).await?;
        Ok(format!("{}{}", post.public_base_url, handoff.to.handed_over_at(&secret)))
    }

    /// The same as a code, which is short enough to be guessed: so it opens that conversation alone.
    async fn code_over(&self, planned: &FollowUp, id: &HandoffId, now: Timestamp) -> Result<String, Error> {
        let (secret, level) = (Secret::spoken(), self.link_proves(planned).await?.min(UNPROVED_LINK));
        self.store().save_handoff(&handoff_of(planned, id, &secret, (level, SPOKEN_FOR), now)).await?;
        Ok(secret.written())
    }

    /// Answers go to an address that leads back to the mail, where they are received; else to the owner.
    async fn reply_to(&self, planned: &FollowUp, post: &Post) -> Result<String, Error> {
        let Some(domain) = answered_at(planned, post) else { return Ok(post.owner.clone()) };
        let address = ReplyAddress::new(planned);
        self.store().save_reply_address(&address).await?;
        Ok(format!("{}@{domain}", address.local_part()))
    }

    /// What a link proves that was sent: that whoever opens it has an address, or a number, which is the person's by more
    /// than somebody's word. Whoever calls with another's number can name any address, in one call or in two: that proves
    /// nothing. A text goes to whoever has the number, not to who showed it.
    async fn link_proves(&self, planned: &FollowUp) -> Result<Assurance, Error> {
        let key = match &planned.content {
            Content::SummaryEmail { to, .. } => IdentityKey::Email(to.clone()),
            Content::HandoffText { to, .. } => IdentityKey::Phone(to.clone()),
            _ => return Ok(Assurance::Anonymous),
        };
        if self.is_reached_by(&planned.person, &key).await? {
            return Ok(PROVED);
        }
        let held = self.store().interaction(&planned.person, &planned.interaction).await?;
        Ok(held.map_or(Assurance::Anonymous, |held| held.level).min(UNPROVED_LINK))
    }

    /// Whether an address or a number is the person's by more than somebody's word.
    pub(super) async fn is_reached_by(&self, person: &PersonId, key: &IdentityKey) -> Result<bool, Error> {
        match self.store().identity(key).await? {
            Some(identity) if identity.is_tied() => self.is_one(&identity.person, person).await,
            _ => Ok(false),
        }
    }

    /// How one try ended; it is no other's end: `tried` is as it was when it was moved to `Sending`, and whoever tries it anew
    /// has moved it there at another time.
    pub(super) async fn sending_came_to(
        &self,
        mut tried: FollowUp,
        to: State,
        now: Timestamp,
    ) -> Result<(FollowUp, bool), Error> {
        let began = std::mem::replace(&mut tried.updated_at, now);
        tried.state = to;
        match self.store().replace_follow_up(&tried, State::Sending, began).await {
            Ok(()) => Ok((tried, true)),
            Err(StoreError::Conflict) => Ok((tried, false)),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves what was read in state `from`, as it was read otherwise. Whoever wrote it meanwhile has the last word: then it
    /// stays as they wrote it.
    pub(super) async fn move_to(
        &self,
        mut follow_up: FollowUp,
        from: State,
        to: State,
        now: Timestamp,
    ) -> Result<(), Error> {
        follow_up.state = to;
        let read_at = std::mem::replace(&mut follow_up.updated_at, now);
        match self.store().replace_follow_up(&follow_up, from, read_at).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What waits for the owner's word: where it is given, what is attached, and what the owner is told of it.
struct Waits {
    url: String,
    document: Option<Document>,
    told: FollowUp,
}

/// Where the conversation of what is sent goes on, for whoever shows the secret.
fn handoff_of(
    planned: &FollowUp,
    id: &HandoffId,
    secret: &Secret,
    (level, works_for): (Assurance, SignedDuration),
    now: Timestamp,
) -> Handoff {
    Handoff {
        id: id.clone(),
        person: planned.person.clone(),
        from: planned.interaction.clone(),
        to: Channel::Chat,
        level,
        secret_hash: secret.hash(),
        created_at: now,
        expires_at: now + works_for,
    }
}

/// What it is once it was tried to send it.
fn came_to(planned: &mut FollowUp, sent: Result<String, SendError>) -> State {
    match sent {
        Ok(provider_id) => {
            planned.provider_id = Some(provider_id);
            planned.problem = None;
            State::Sent
        }
        Err(error) => {
            planned.problem = Some(error.to_string());
            planned.attempts += 1;
            match error {
                SendError::Refused(_) => State::Failed,
                SendError::NotSent(_) if planned.attempts >= MAX_ATTEMPTS => State::Dead,
                SendError::NotSent(_) => State::Approved,
                SendError::Unknown => State::Unknown,
            }
        }
    }
}

/// Where answers to it are received, if they are. Calendars answer the organizer.
fn answered_at<'a>(planned: &FollowUp, post: &'a Post) -> Option<&'a str> {
    let is_mail = planned.content.medium() == Medium::Mail && planned.content.kind() != Kind::Invitation;
    post.reply_domain.as_deref().filter(|_| is_mail)
}

pub(super) fn unwritten(error: MailError) -> Error {
    Error::Internal(Box::new(error))
}

fn unsubscribe_url(planned: &FollowUp, post: &Post, now: Timestamp) -> Result<Option<String>, Error> {
    if planned.content.medium() != Medium::Mail {
        return Ok(None);
    }
    let address_hash = planned.content.to().map(|to| hash(&to.key()));
    let leave = Leave { person: planned.person.clone(), address_hash, expires: now + LEAVE_FOR };
    let token = post.links.sign(&leave).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(Some(format!("{}/unsubscribe?token={token}", post.public_base_url)))
}

/// What a text came to that Twilio did not accept.
pub(super) fn not_texted(error: RestError) -> SendError {
    match error {
        RestError::NotReached => SendError::NotSent("not reached".to_owned()),
        RestError::Refused(status @ (429 | 503)) => SendError::NotSent(format!("status {status}")),
        RestError::Refused(status) => SendError::Refused(format!("status {status}")),
        RestError::Gone | RestError::TooMany | RestError::OptedOut => SendError::Refused(error.to_string()),
        RestError::Transport(_) | RestError::Unreadable => SendError::Unknown,
    }
}
