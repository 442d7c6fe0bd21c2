//! How a conversation ends, and what follows is queued.

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin};
use crate::{
    context::Ended,
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{Channel, Outcome, Speaker, Status},
    job::Job,
    store::{Known, StoreError},
};

impl Twin {
    /// Ends a conversation: interaction and context in one transaction, then one small message. Closing
    /// again changes nothing; if the message is lost, the sweep repeats it.
    pub async fn close(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let Some(mut closing) = self.store.interaction(person, interaction).await? else {
                return Err(Error::NotFound);
            };
            if closing.status != Status::Open {
                return Ok(());
            }
            let Some(Known { mut context, contact, .. }) = self.store.known(person).await? else {
                return Err(Error::NotFound);
            };
            self.disclosed(&closing).await?;
            let outcome = match closing.channel {
                Channel::Phone if self.is_taken_over(person, interaction).await? => Outcome::Transferred,
                _ => outcome,
            };
            let turns = match closing.channel {
                Channel::Phone => Vec::new(),
                Channel::Chat | Channel::Voice => self.store.turns(person, interaction).await?,
            };
            let talk = match closing.channel {
                Channel::Voice => self.store.talk(person, interaction).await?,
                Channel::Chat | Channel::Phone => None,
            };
            let at = Self::ended_at(&closing, outcome, &turns, now);
            closing.status = Status::Closed;
            closing.ended_at = Some(at);
            closing.outcome = Some(outcome);
            let ended = Ended {
                at,
                number: contact.contact_methods.phone,
                messages: turns.iter().filter(|turn| turn.speaker == Speaker::Person).count() as u64,
                talk: talk.as_ref().map(|talk| talk.kind).unwrap_or_default(),
            };
            context.conversation_ended(&closing, ended);
            match self.store.close_interaction(&closing, context).await {
                Ok(()) => {
                    if let Some(talk) = &talk {
                        self.give_back(talk, at.duration_since(closing.started_at), closing.started_at).await;
                    }
                    if let Err(error) = self.dial_over(&closing, now).await {
                        tracing::error!(%interaction, %error, "the sweep will settle this call of ours");
                    }
                    self.enqueue(person, interaction).await;
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    pub(super) async fn enqueue(&self, person: &PersonId, interaction: &InteractionId) {
        self.enqueued(person, interaction).await;
    }

    /// `false`: the queue did not take it.
    pub(super) async fn enqueued(&self, person: &PersonId, interaction: &InteractionId) -> bool {
        let job = Job::InteractionClosed { person: person.clone(), interaction: interaction.clone() };
        let sent = self.queue.send(job).await;
        if let Err(error) = &sent {
            tracing::warn!(%interaction, %error, "the sweep will queue this job again");
        }
        sent.is_ok()
    }
}
