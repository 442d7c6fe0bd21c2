//! After a conversation: analysis, follow-ups, and the sweep that makes up for whatever got lost.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Arrival, Post, Session, Twin, digesting::is_digest, inviting::is_of_booking, reminding::is_reminder,
};
use crate::{
    analytics::on,
    consent::{Consent, Matter},
    error::Error,
    follow_up::{Content, EMERGENCY, EMERGENCY_TEXT, FollowUp, News, State},
    id::{InteractionId, PersonId},
    interaction::{Action, Channel, Outcome, Status},
    language::Language,
    store::{DueWork, StoreError, keys},
};

/// A job that does not come to its end is queued again this often.
const REQUEUE_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// Tells the owner's word of a voicemail from other follow-ups of the call.
pub(super) const VOICEMAIL: &str = "voicemail";

impl Twin {
    /// What an `InteractionClosed` job asks for. Doing it again does only what is left to do.
    pub async fn follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_conversation = !is_reminder(interaction) && !is_of_booking(interaction) && !is_digest(person);
        // What is urgent is sent while the conversation goes on.
        if is_conversation && Box::pin(self.analyse(person, interaction, now)).await? {
            self.look_for_others(std::slice::from_ref(person), now).await;
        }
        // What does not leave keeps nothing else waiting: of danger the owner is texted, too, while no mail is taken.
        let mut came = Ok(());
        for planned in self.store().follow_ups_of(person, interaction.suffix()).await? {
            let is_ready = planned.state == State::Approved && planned.is_due(now);
            if planned.interaction == *interaction && is_ready {
                came = came.and(self.execute(planned, post, now).await);
            }
        }
        came
    }

    /// A voicemail was left in a call, asked for in a language: kept in its timeline, and the owner is told. It may come long
    /// after the conversation was closed and analysed.
    pub async fn voicemail(
        &self,
        arrival: &Arrival,
        (recording_url, seconds): (&str, u64),
        asked_in: Language,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.start(arrival, now).await?;
        let (person, interaction) = (&arrival.person, &arrival.interaction);
        let action = Action::VoicemailLeft { recording_url: recording_url.to_owned(), seconds };
        let output = json!({ "recorded": true });
        match self.store().act(person, interaction, "voicemail", Some(action), &output, None, &[], now).await
        {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let left_in = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let quote = Some(asked_in.words().leave_a_message);
        let record = Consent::said(Matter::Recording, true, interaction, Channel::Phone, quote, now);
        self.store().add_consent(person, &record).await?;
        let message = format!("A voicemail of {seconds} seconds. You can listen to it in their timeline.");
        let content = Content::news(News::Voicemail, message);
        let reason = "they left a voicemail".to_owned();
        // What was said comes a little later, and goes with it; if it does not come, the sweep sends it as it is.
        if let Some(planned) = FollowUp::new(&left_in, VOICEMAIL, content, State::Planned, reason, now) {
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
        let place = if session.channel == Channel::Phone { "on the phone" } else { "in the browser" };
        let message = format!(
            "Somebody {place} may be in danger. They said: “{said}”. They were told to call their \
                               emergency number; the twin cannot send help."
        );
        let content = Content::news(News::Danger, message);
        let reason = "words of danger were heard".to_owned();
        let texted = self.store().follow_up_settings().await?.settings.text_owner.map(|to| {
            let message = format!("somebody {place} may be in danger");
            (EMERGENCY_TEXT, Content::OwnerText { to, message })
        });
        for (key, content) in [(EMERGENCY, content)].into_iter().chain(texted) {
            if let Some(told) = FollowUp::new(&held, key, content, State::Approved, reason.clone(), now) {
                self.store().add_follow_up(&told).await?;
            }
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// Finds what is overdue: conversations that nobody closed, jobs that got lost, sends that never told
    /// how they ended. Ticking twice changes nothing. An error: something was not looked at.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), Error> {
        if let Err(error) = self.close_days(now).await {
            tracing::error!(%error, "a day is left open for the next sweep");
        }
        if let Err(error) = self.sum_up(on(now), now).await {
            tracing::error!(%error, "today is not summed up, so reports take longer");
        }
        let settings = self.store().follow_up_settings().await?.settings;
        let stopped = settings.stopped.is_some();
        if !stopped && let Err(error) = self.plan_digest(&settings, now).await {
            tracing::error!(%error, "the digest is planned by the next sweep");
        }
        let (mut elsewhere, mut unread) = (Vec::new(), Ok(()));
        for shard in 0..keys::DUE_SHARDS {
            for work in self.store().due(shard, now).await? {
                let work = match work {
                    Ok(work) => work,
                    Err(error) => {
                        tracing::error!(%error, "something overdue cannot be read");
                        unread = Err(error.into());
                        continue;
                    }
                };
                if matches!(work, DueWork::Mirror(_) | DueWork::Remnant(_)) {
                    elsewhere.push(work);
                    continue;
                }
                // One that cannot be dealt with keeps nobody else waiting.
                if let Err(error) = self.swept(work, stopped, now).await {
                    tracing::error!(%error, "something overdue is left for the next sweep");
                }
            }
        }
        // What is not written now is found again when it is.
        elsewhere.retain(|work| !stopped || matches!(work, DueWork::Remnant(_)));
        self.swept_outside(elsewhere, now).await;
        if !stopped && let Err(error) = self.tell_of_lost(now).await {
            tracing::error!(%error, "the owner is told of a lost calendar by the next sweep");
        }
        unread
    }

    async fn swept(&self, work: DueWork, stopped: bool, now: Timestamp) -> Result<(), Error> {
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
                self.sending_came_to(*stuck, State::Unknown, now).await?;
            }
            DueWork::FollowUp(mut undecided) if undecided.state == State::AwaitingApproval => {
                if undecided.undecided_until() <= now {
                    undecided.problem = Some("nobody decided in time".to_owned());
                    self.move_to(*undecided, State::AwaitingApproval, State::Cancelled, now).await?;
                }
            }
            DueWork::FollowUp(over) if over.is_over() => self.store().end_said(&over).await?,
            // What is not sent now is found again when it is.
            DueWork::FollowUp(_) | DueWork::Task(_) if stopped => {}
            DueWork::FollowUp(planned) if planned.state == State::Planned => {
                if matches!(planned.content, Content::Nudge { .. }) {
                    return self.ripe(*planned, now).await;
                }
                let (person, interaction) = (planned.person.clone(), planned.interaction.clone());
                self.move_to(*planned, State::Planned, State::Approved, now).await?;
                self.enqueue(&person, &interaction).await;
            }
            DueWork::Task(task) => self.remind(*task, now).await?,
            DueWork::Dial(dial) => self.swept_dial(*dial, now).await?,
            // Sweeps that come while the queue is long do not make it longer; what it does not take is found by the next.
            DueWork::FollowUp(waiting) => {
                if self.enqueued(&waiting.person, &waiting.interaction).await {
                    self.store().postpone_follow_up(&waiting, now + REQUEUE_EVERY).await?;
                }
            }
            private => self.swept_private(private, now).await?,
        }
        Ok(())
    }
}
