//! What the owner would do for whoever asks for help: drafted after the conversation, for the owner to decide on.

use jiff::Timestamp;

use super::{Twin, executing::unwritten, spending::PROPOSAL};
use crate::{
    brain::Held,
    contact::RelationshipKind,
    error::Error,
    follow_up::{Content, settings::FollowUpSettings},
    id::{FollowUpId, PersonId},
    interaction::{Analysis, Intent},
    persona::Persona,
    proposal::{Document, Drafted, Ground},
};

impl Twin {
    /// The document of a proposal. `NotFound` if it is none.
    pub async fn document(&self, person: &PersonId, id: &FollowUpId) -> Result<Document, Error> {
        match self.store.follow_up(person, id).await?.map(|follow_up| follow_up.content) {
            Some(Content::Proposal { proposal, .. }) => {
                proposal.document().map_err(|error| unwritten(error.into()))
            }
            _ => Err(Error::NotFound),
        }
    }

    /// `None` if they did not ask for help, if it can be sent nowhere, or if nothing that the owner offers is meant.
    pub(super) async fn drafted(
        &self,
        (held, analysis): (&Held<'_>, &Analysis),
        payers: &[String],
        persona: &Persona,
        settings: &FollowUpSettings,
        now: Timestamp,
    ) -> Result<Option<Drafted>, Error> {
        let Some(to) = held.contact.contact_methods.email.as_ref() else { return Ok(None) };
        if !asks_for_help(analysis) || settings.rate_card.services.is_empty() {
            return Ok(None);
        }
        let of = (&held.interaction.person, &held.interaction.id);
        let contact = self.as_said_in(held.contact.clone(), of, to).await?;
        let ground = Ground {
            persona,
            card: &settings.rate_card,
            contact: &contact,
            interaction: held.interaction,
            turns: held.turns,
            quote: analysis.quote.as_deref(),
            today: now.to_zoned(settings.zone()).date(),
        };
        let paid = self.paid(payers, PROPOSAL, now).await?;
        let worded = paid.brain.propose(&ground).await;
        self.came_to(&paid, worded.micro_dollars, now).await;
        let Some(proposal) = worded.value.and_then(|worded| ground.proposal(worded)) else { return Ok(None) };
        Ok(Some(proposal.drafted().map_err(|error| unwritten(error.into()))?))
    }
}

fn asks_for_help(analysis: &Analysis) -> bool {
    let is_client =
        matches!(analysis.relationship, RelationshipKind::Client | RelationshipKind::PotentialClient);
    analysis.intent == Intent::Consultation || (analysis.intent == Intent::Pricing && is_client)
}
