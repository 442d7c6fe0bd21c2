//! Who does not answer is reminded once; whoever answers is not.

use jiff::Timestamp;

use super::Twin;
use crate::{
    error::Error,
    follow_up::{Content, FollowUp, Kind, State, settings::Recipient},
    id::{InteractionId, PersonId},
    identity::Assurance,
    interaction::Interaction,
    policy::{Right, Standing},
};

/// Conversations whose reminder may still wait: several may go on at once.
const EARLIER: usize = 3;

impl Twin {
    /// They are in touch again: what would have reminded them of something before is not needed.
    pub(super) async fn came_back(
        &self,
        person: &PersonId,
        with: &InteractionId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.cancel_nudges(person, Some(with), now).await
    }

    /// All that are still to come, but for those of a conversation.
    pub(super) async fn cancel_nudges(
        &self,
        person: &PersonId,
        but_of: Option<&InteractionId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(known) = self.store.known(person).await? else { return Ok(()) };
        // Those of longer ago were cancelled when one of these came.
        let earlier = known.contact.relationship.interaction_history.iter().rev();
        let earlier = earlier.map(|record| &record.interaction).filter(|id| Some(*id) != but_of);
        for interaction in earlier.take(EARLIER) {
            let Some(id) = FollowUp::id_of(interaction, Kind::Nudge.key()) else { continue };
            let Some(mut nudge) = self.store.follow_up(person, &id).await? else { continue };
            if matches!(nudge.state, State::Planned | State::AwaitingApproval | State::Approved) {
                nudge.problem = Some("they were in touch again".to_owned());
                let from = nudge.state;
                self.move_to(nudge, from, State::Cancelled, now).await?;
            }
        }
        Ok(())
    }

    /// The time of a nudge has come: it goes on only if they got what it reminds of, and did not answer.
    pub(super) async fn ripe(&self, mut nudge: FollowUp, now: Timestamp) -> Result<(), Error> {
        let Content::Nudge { about, .. } = &nudge.content else { return Ok(()) };
        let first = self.store.follow_up(&nudge.person, about).await?;
        let interactions = self.store.interactions(&nudge.person).await?;
        let since = |held: &Interaction| held.started_at > nudge.planned_at && held.id != nudge.interaction;
        let next = if !first.is_some_and(|first| first.state.was_sent()) {
            nudge.problem = Some("what it would remind of was not sent".to_owned());
            State::Cancelled
        } else if interactions.iter().any(since) {
            nudge.problem = Some("they were in touch again".to_owned());
            State::Cancelled
        } else {
            self.decided(&nudge).await?
        };
        let (person, interaction) = (nudge.person.clone(), nudge.interaction.clone());
        self.move_to(nudge, State::Planned, next, now).await?;
        if next == State::Approved {
            self.enqueue(&person, &interaction).await;
        }
        Ok(())
    }

    /// Whether it waits for the owner's word, as settings and persona are now.
    async fn decided(&self, nudge: &FollowUp) -> Result<State, Error> {
        let settings = self.store.follow_up_settings().await?.settings;
        let persona = self.persona().await?;
        let known = self.store.known(&nudge.person).await?.ok_or(Error::NotFound)?;
        let held = self.store.interaction(&nudge.person, &nudge.interaction).await?;
        let may_mail =
            |held: &Interaction| Standing::new(held.channel, held.level).allows(Right::MailUnasked);
        let methods = &known.contact.contact_methods;
        // What was confirmed may be another address than the one that this goes to.
        let is_confirmed = methods.email_confirmed && methods.email.as_ref() == nudge.content.to();
        let to = Recipient {
            relationship: known.contact.relationship.kind,
            level: held.as_ref().map_or(Assurance::Anonymous, |held| held.level),
            is_theirs: is_confirmed && held.as_ref().is_some_and(may_mail),
        };
        Ok(settings.decide(&nudge.content, to, persona.persona.follow_up_policy))
    }
}
