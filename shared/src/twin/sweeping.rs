//! The sweep: once a minute it makes up for whatever got lost, and does what has become due.

use jiff::{SignedDuration, Timestamp};

use super::Twin;
use crate::{
    analytics::on,
    error::Error,
    follow_up::{Content, State},
    interaction::{Channel, Outcome, Status},
    store::{DueWork, keys},
};

/// A job that does not come to its end is queued again this often.
const REQUEUE_EVERY: SignedDuration = SignedDuration::from_mins(15);

impl Twin {
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
