//! The mission's Conversation Flow Manager: what somebody wants, what to answer, what follows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Twin;
use crate::{
    brain::{
        self,
        intent::classify,
        reply::{Reply, reply},
        slots::{Slots, slots},
    },
    error::Error,
    follow_up::{self, FollowUp},
    id::{InteractionId, PersonId},
    interaction::{Analysis, Channel, Intent},
};

/// The mission's `UserIntent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIntent {
    pub intent: Intent,
    /// 0 to 1.
    pub confidence: f32,
    pub slots: Slots,
}

/// An answer, and what it answers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub intent: UserIntent,
    #[serde(flatten)]
    pub reply: Reply,
}

/// The mission's `FollowUpPlan`: what the brain makes of a conversation, and what follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUpPlan {
    pub analysis: Analysis,
    pub follow_ups: Vec<FollowUp>,
}

impl Twin {
    pub fn determine_intent(&self, said: &str) -> UserIntent {
        let guess = classify(said);
        UserIntent { intent: guess.intent, confidence: guess.confidence, slots: slots(said) }
    }

    /// Answers on a channel from what the twin knows. A question that nothing supports an answer to becomes a gap.
    pub async fn generate_response(
        &self,
        said: &str,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let (persona, library) = (self.persona().await?, self.library(now).await?);
        let intent = self.determine_intent(said);
        let reply = reply(&persona.persona, &library.read(), said, intent.intent, channel);
        if !reply.known && intent.intent != Intent::Unknown {
            self.not_known(said, now).await?;
        }
        Ok(Response { intent, reply })
    }

    /// What would follow from a conversation as it stands; nothing is stored or sent.
    pub async fn plan_follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<FollowUpPlan, Error> {
        let persona = self.persona().await?;
        let conversation = self.store.conversation(person, interaction).await?.ok_or(Error::NotFound)?;
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let (turns, actions) = (&conversation.turns, &conversation.actions);
        let analysis = brain::analyse(&conversation.interaction, &known.contact, turns, actions);
        let follow_ups = follow_up::plan(
            &persona.persona,
            &known.contact,
            &conversation.interaction,
            actions,
            &analysis,
            now,
        );
        Ok(FollowUpPlan { analysis, follow_ups })
    }
}
