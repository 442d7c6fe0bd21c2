//! What Twilio's live transcription heard of a call: kept as it comes, and reconciled with the turns.

use jiff::Timestamp;

use super::Twin;
use crate::{
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{
        Channel, Interaction, Status, Turn,
        overheard::{Overheard, reconciled},
    },
    wire::twilio::transcription::Utterance,
};

/// Where Twilio tells what it hears.
pub const OVERHEARD: &str = "/api/phone/live-transcription";

impl Twin {
    /// Kept under its number: again, it is kept once. What comes when the conversation is over finds its place at once.
    pub async fn overheard(
        &self,
        (person, interaction): (&PersonId, &InteractionId),
        said: Utterance,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Utterance { sequence, speaker, text, confidence, at } = said;
        if text.is_empty() {
            return Ok(());
        }
        let heard = Overheard { sequence, speaker, text, confidence, at: at.unwrap_or(now) };
        self.store.add_overheard(person, interaction, &heard).await?;
        let held = self.store.interaction(person, interaction).await?;
        if let Some(held) = held.filter(|held| held.status != Status::Open) {
            let turns = self.store.turns(&held.person, interaction).await?;
            self.reconciled(&held, turns).await?;
        }
        Ok(())
    }

    /// The turns of a conversation, with what the second source says, if there is one.
    pub(super) async fn reconciled(
        &self,
        held: &Interaction,
        mut turns: Vec<Turn>,
    ) -> Result<Vec<Turn>, Error> {
        if held.channel != Channel::Phone {
            return Ok(turns);
        }
        let (person, id) = (&held.person, &held.id);
        let overheard = self.store.overheard(person, id).await?;
        for found in reconciled(held.started_at, &turns, &overheard) {
            self.store.add_turn(person, id, &found).await?;
            let place = |turn: &Turn| (turn.offset_ms, turn.sequence);
            turns.retain(|turn| place(turn) != place(&found));
            let index = turns.partition_point(|turn| place(turn) < place(&found));
            turns.insert(index, found);
        }
        Ok(turns)
    }
}
