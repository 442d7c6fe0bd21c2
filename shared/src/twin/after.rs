//! After a conversation: analysis, follow-ups, and the sweep that makes up for whatever got lost.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Arrival, MAX_CONFLICTS, Session, Twin,
    reminding::is_reminder,
    scheduling::{OUTDATED, is_of_booking},
};
use crate::{
    audit::{Act, Actor, Line},
    brain::{Brain, Held},
    chat::{Exchange, Exchanging},
    clients::mail::{Mailer, SendError},
    consent::{Consent, Matter},
    contact::{Contact, Field, InteractionRecord, Opportunity, Origin},
    error::Error,
    follow_up::{
        self, Content, FollowUp, State,
        mail::{Envelope, compose},
    },
    handoff::{EMAILED_FOR, Handoff, Secret},
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, IdentityKey},
    interaction::{Action, Answered, Channel, Intent, Interaction, Measured, Outcome, Status},
    policy::{PROVED, UNPROVED_LINK},
    store::{DueWork, Learned, StoreError, keys},
};

/// A person gets at most this many mails a day.
const MAX_MAILS_A_DAY: usize = 3;
/// A meeting that is moved or off is told of, too: a calendar that says otherwise is worse than one mail more.
const MAX_MAILS_OF_MEETINGS_A_DAY: usize = 6;

/// A job that does not come to its end is queued again this often.
const REQUEUE_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// What whoever leaves a voicemail was asked to do.
pub const VOICEMAIL_ASKED: &str = "Please leave a message after the tone.";

/// How follow-ups leave: the mail client, and the addresses of this deployment.
pub struct Post {
    pub mailer: Mailer,
    pub from: String,
    pub owner: String,
    pub public_base_url: String,
}

impl Twin {
    /// What an `InteractionClosed` job asks for. Doing it again does only what is left to do.
    pub async fn follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        // What is urgent is sent while the conversation goes on.
        let is_conversation = !is_reminder(interaction) && !is_of_booking(interaction);
        if is_conversation && self.analyse(person, interaction, now).await? {
            self.look_for_others(std::slice::from_ref(person), now).await;
        }
        for planned in self.store().follow_ups(person).await? {
            if planned.interaction == *interaction && planned.state == State::Approved {
                self.execute(planned, post, now).await?;
            }
        }
        Ok(())
    }

    /// A voicemail was left in a call: kept in its timeline, and the owner is told. It may come long after
    /// the conversation was closed and analysed.
    pub async fn voicemail(
        &self,
        arrival: &Arrival,
        recording_url: &str,
        seconds: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.open(arrival, now).await?;
        let (person, interaction) = (&arrival.person, &arrival.interaction);
        let action = Action::VoicemailLeft { recording_url: recording_url.to_owned(), seconds };
        let output = json!({ "recorded": true });
        match self.store().act(person, interaction, "voicemail", Some(action), &output, None, &[], now).await
        {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let left_in = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let quote = Some(VOICEMAIL_ASKED);
        let record = Consent::said(Matter::Recording, true, interaction, Channel::Phone, quote, now);
        self.store().add_consent(person, &record).await?;
        let message = format!("A voicemail of {seconds} seconds. You can listen to it in their timeline.");
        let content = Content::OwnerNotification { message };
        let reason = "they left a voicemail".to_owned();
        // What was said comes a little later, and goes with it; if it does not come, the sweep sends it as it is.
        if let Some(planned) = FollowUp::new(&left_in, "voicemail", content, State::Planned, reason, now) {
            self.store().add_follow_up(&planned).await?;
        }
        if left_in.status == Status::Open {
            return self.close(person, interaction, Outcome::Voicemail, now).await;
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// Words of danger were heard: noted, and the owner is told while the call goes on. Again, nothing is told twice.
    pub async fn alarmed(&self, session: &Session, said: &str, now: Timestamp) -> Result<(), Error> {
        let (person, interaction) = (&session.person, &session.interaction);
        let action = Some(Action::EmergencyHeard { said: said.to_owned() });
        let output = json!({ "told": true });
        match self.store().act(person, interaction, "emergency", action, &output, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let held = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let message = format!(
            "Somebody on the phone may be in danger. They said: “{said}”. They were told to call their \
                               emergency number; the twin cannot send help."
        );
        let content = Content::OwnerNotification { message };
        let reason = "words of danger were heard".to_owned();
        if let Some(told) = FollowUp::new(&held, "emergency", content, State::Approved, reason, now) {
            self.store().add_follow_up(&told).await?;
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// `false`: there is nothing to analyse, because it goes on or is gone.
    async fn analyse(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let persona = self.persona().await?;
        for _ in 0..MAX_CONFLICTS {
            let conversation = self.store().conversation(person, interaction).await?;
            let (Some(conversation), Some(mut known)) = (conversation, self.store().known(person).await?)
            else {
                tracing::warn!(%interaction, "a job for what is no longer there was dropped");
                self.dropped(person, interaction, now).await?;
                return Ok(false);
            };
            let mut analysed = conversation.interaction;
            match analysed.status {
                Status::Open => return Ok(false),
                Status::Analysed => return Ok(true),
                Status::Closed => {}
            }
            let (turns, actions) = (&conversation.turns, &conversation.actions);
            let held = Held { interaction: &analysed, contact: &known.contact, turns, actions };
            let analysis = self.analysed(&held, now).await?;
            let facts = self.store().facts(person).await?;
            let origin = Origin::conversation(interaction, now);
            let details = known.contact.details_of(&analysis, actions);
            let mut learned = Learned {
                changes: known.contact.learn(details, &origin),
                facts: known.learned(&analysed, (turns, actions), &analysis, &facts, now),
                opportunity: None,
            };
            known.contact.remember(InteractionRecord {
                interaction: interaction.clone(),
                channel: analysed.channel,
                at: analysed.started_at,
                summary: analysis.summary.clone(),
            });
            if matches!(analysis.intent, Intent::JobOpportunity | Intent::Consultation) {
                let title = analysis.topics.first().cloned().unwrap_or_default();
                let (channel, at) = (analysed.channel, analysed.started_at);
                learned.opportunity = Opportunity::brought_up(person, title, interaction, channel, at);
            }
            known.contact.updated_at = now;
            let is_first = known.context.metadata.total_interactions <= 1;
            let answered = self.answers_of(&analysed).await?;
            analysed.measured = Some(Measured::of(&analysed, turns, actions, answered, is_first));
            let reached = self.reached(&known.contact, &analysed).await?;
            let mut planned = follow_up::plan(&persona.persona, &reached, &analysed, actions, &analysis, now);
            if self.is_withdrawn(person, Matter::Mails).await? {
                planned.retain(|planned| !planned.is_to_person());
            }
            analysed.status = Status::Analysed;
            analysed.analysis = Some(analysis);
            match self.store().analyse_interaction(&analysed, known, &learned, &planned).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What the answers of a chat rest on.
    async fn answers_of(&self, held: &Interaction) -> Result<Answered, Error> {
        if held.channel != Channel::Chat {
            return Ok(Answered::default());
        }
        let exchanges = self.store().exchanges(&held.person, &held.id).await?;
        let count = |is: fn(&Exchange) -> bool| {
            let found =
                exchanges.iter().filter(|exchange| exchange.state == Exchanging::Done && is(exchange));
            u32::try_from(found.count()).unwrap_or(u32::MAX)
        };
        Ok(Answered {
            grounded: count(|exchange| exchange.answer.known && !exchange.answer.citations.is_empty()),
            abstained: count(|exchange| !exchange.answer.known),
            by_model: if matches!(self.brain, Brain::OpenAi(_)) { count(|_| true) } else { 0 },
        })
    }

    /// Intent before, outcome after. Whoever moves it to `Sending` sends it; nobody else does.
    async fn execute(&self, mut planned: FollowUp, post: &Post, now: Timestamp) -> Result<(), Error> {
        let to_person = planned.is_to_person();
        if to_person && self.is_withdrawn(&planned.person, Matter::Mails).await? {
            planned.problem = Some("they do not want mails".to_owned());
            return self.move_to(planned, State::Approved, State::Cancelled, now).await;
        }
        if self.is_outdated(&planned).await? {
            planned.problem = Some(OUTDATED.to_owned());
            return self.move_to(planned, State::Approved, State::Cancelled, now).await;
        }
        let day_ago = now - SignedDuration::from_hours(24);
        let most = match planned.content {
            Content::Invitation { .. } => MAX_MAILS_OF_MEETINGS_A_DAY,
            _ => MAX_MAILS_A_DAY,
        };
        if to_person && self.store().mails_since(&planned.person, day_ago).await? >= most {
            planned.problem = Some("they had enough mails today: it waits for your word".to_owned());
            return self.move_to(planned, State::Approved, State::AwaitingApproval, now).await;
        }
        let line = Line::new(Actor::Twin, Act::MailSent, now).about(&planned.person).within(&planned.id);
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
            handoff_url: handoff_url.as_deref(),
            booking_url: booking_url.as_deref(),
            person_url: &format!("{}/people/{}", post.public_base_url, planned.person),
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

    /// Finds what is overdue: conversations that nobody closed, jobs that got lost, sends that never told
    /// how they ended. Ticking twice changes nothing.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), Error> {
        if let Err(error) = self.close_days(now).await {
            tracing::error!(%error, "a day is left open for the next sweep");
        }
        for shard in 0..keys::DUE_SHARDS {
            for work in self.store().due(shard, now).await? {
                // One that cannot be dealt with keeps nobody else waiting.
                if let Err(error) = self.swept(work, now).await {
                    tracing::error!(%error, "something overdue is left for the next sweep");
                }
            }
        }
        Ok(())
    }

    async fn swept(&self, work: DueWork, now: Timestamp) -> Result<(), Error> {
        match work {
            DueWork::Interaction(open) if open.status == Status::Open => {
                let outcome = match open.channel {
                    Channel::Chat => Outcome::Idle,
                    Channel::Voice | Channel::Phone => Outcome::Lost,
                };
                match self.close(&open.person, &open.id, outcome, now).await {
                    // Whoever it was is forgotten.
                    Err(Error::NotFound) => self.store().drop_interaction(&open.person, &open.id).await?,
                    closed => closed?,
                }
            }
            DueWork::Interaction(closed) => {
                let next = now + REQUEUE_EVERY;
                self.store().postpone(&closed.person, &closed.id, next).await?;
                self.enqueue(&closed.person, &closed.id).await;
            }
            DueWork::FollowUp(stuck) if stuck.state == State::Sending => {
                tracing::warn!(follow_up = %stuck.id, "a send never told how it ended");
                self.move_to(*stuck, State::Sending, State::Unknown, now).await?;
            }
            DueWork::FollowUp(planned) if planned.state == State::Planned => {
                let (person, interaction) = (planned.person.clone(), planned.interaction.clone());
                self.move_to(*planned, State::Planned, State::Approved, now).await?;
                self.enqueue(&person, &interaction).await;
            }
            DueWork::Task(task) => self.remind(*task, now).await?,
            DueWork::Dial(dial) => self.swept_dial(*dial, now).await?,
            DueWork::FollowUp(waiting) => self.enqueue(&waiting.person, &waiting.interaction).await,
            private => self.swept_private(private, now).await?,
        }
        Ok(())
    }
}
