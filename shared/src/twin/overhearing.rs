//! What Twilio's live transcription heard of a call, and what its recording says: kept as it comes, and reconciled with the
//! turns.

use jiff::{SignedDuration, Timestamp};

use super::Twin;
use crate::{
    brain::Brain,
    clients::vault::Vault,
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{
        Channel, Interaction, Status, Turn,
        overheard::{OF_RECORDING, Overheard, reconciled},
        price::TRANSCRIBED_A_MINUTE,
    },
    recording::{self, Recording, State, sides::theirs},
    store::StoreError,
    wire::twilio::transcription::Utterance,
};

/// Where Twilio tells what it hears.
pub const OVERHEARD: &str = "/api/phone/live-transcription";

impl Twin {
    /// What a `TranscribeRecording` job asks for: what the other side said in it, each stretch kept as it comes. Again, it
    /// does what is left; once the day's budget is spent, the rest stays as the others heard it.
    pub async fn transcribe_recording(
        &self,
        (person, interaction): (&PersonId, &InteractionId),
        sid: &str,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Brain::OpenAi(text) = &self.brain else { return Ok(()) };
        let known = self.store.recording(person, sid).await?;
        let kept = |known: &Recording| known.state == State::Kept && known.transcribed_at.is_none();
        let Some(known) = known.filter(kept) else { return Ok(()) };
        let file = vault.get(&recording::name(&known.call, sid)).await;
        let file = file.map_err(|error| Error::Upstream(Box::new(error)))?;
        let Some(stretches) = file.as_deref().and_then(theirs) else { return Ok(()) };
        let heard = self.store.overheard(person, interaction).await?;
        for (place, stretch) in (0..).zip(&stretches) {
            let sequence = OF_RECORDING + place;
            if heard.iter().any(|heard| heard.sequence == sequence) {
                continue;
            }
            let cost = (TRANSCRIBED_A_MINUTE * (stretch.to - stretch.from)).div_ceil(60_000);
            if !self.reserve(cost, now).await? {
                break;
            }
            let said = match text.transcribe(&stretch.wav()).await {
                Ok(said) => said,
                Err(error) if error.is_temporary() => return Err(Error::Upstream(Box::new(error))),
                Err(error) => {
                    tracing::warn!(%interaction, %error, "a stretch of a recording is not transcribed");
                    continue;
                }
            };
            let ended = known.at + SignedDuration::from_millis(i64::try_from(stretch.to).unwrap_or(i64::MAX));
            let line = Overheard::recorded(sequence, said.text, said.confidence, ended);
            self.store.add_overheard(person, interaction, &line).await?;
        }
        let done = Recording { transcribed_at: Some(now), ..known };
        match self.store.save_recording(&done).await {
            Err(StoreError::Erased) => return Ok(()),
            saved => saved?,
        }
        self.settled(person, interaction).await
    }

    /// What was heard of a conversation that is over finds its place.
    async fn settled(&self, person: &PersonId, interaction: &InteractionId) -> Result<(), Error> {
        let held = self.store.interaction(person, interaction).await?;
        if let Some(held) = held.filter(|held| held.status != Status::Open) {
            let turns = self.store.turns(&held.person, interaction).await?;
            self.reconciled(&held, turns).await?;
        }
        Ok(())
    }

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
        self.settled(person, interaction).await
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
