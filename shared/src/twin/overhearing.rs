//! What Twilio's live transcription heard of a call, and what its recording says: kept as it comes, and reconciled with the
//! turns.

use jiff::{SignedDuration, Timestamp};

use super::Twin;
use crate::{
    brain::Brain,
    clients::{
        openai::{Text, Transcribed},
        vault::Vault,
    },
    error::Error,
    id::{InteractionId, PersonId},
    interaction::{
        Channel, Interaction, Status, Turn,
        overheard::{OF_RECORDING, Overheard, reconciled},
        price::TRANSCRIBED_A_MINUTE,
    },
    job::Job,
    recording::{
        self, Recording, State,
        sides::{MOST, Stretch, theirs},
    },
    store::StoreError,
    wire::twilio::transcription::Utterance,
};

/// Where Twilio tells what it hears.
pub const OVERHEARD: &str = "/api/phone/live-transcription";

/// So many stretches of a recording are asked of a model in one job, so that it ends in time: the next goes on.
const AT_ONCE: usize = 20;

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
        let stretches = file.as_deref().and_then(theirs);
        drop(file);
        let Some(stretches) = stretches else { return Ok(()) };
        let (heard, first) = (self.store.overheard(person, interaction).await?, self.first_of(&known).await?);
        let is_new = |(sequence, _): &(u32, &Stretch)| !heard.iter().any(|heard| heard.sequence == *sequence);
        let left: Vec<(u32, &Stretch)> = (first..).zip(&stretches).filter(is_new).collect();
        let mut goes_on = left.len() > AT_ONCE;
        for (sequence, stretch) in left.into_iter().take(AT_ONCE) {
            let cost = (TRANSCRIBED_A_MINUTE * (stretch.to - stretch.from)).div_ceil(60_000);
            if !self.reserve(cost, now).await? {
                goes_on = false;
                break;
            }
            let said = made_out(text, stretch).await?;
            let ended = known.at + SignedDuration::from_millis(i64::try_from(stretch.to).unwrap_or(i64::MAX));
            let line = Overheard::recorded(sequence, said.text, said.confidence, ended);
            match self.store.add_overheard(person, interaction, &line).await {
                Err(StoreError::Erased) => return Ok(()),
                added => added?,
            }
        }
        if goes_on {
            let (person, interaction) = (person.clone(), interaction.clone());
            let job = Job::TranscribeRecording { person, interaction, recording: sid.to_owned() };
            return self.queue.send(job).await.map_err(|error| Error::Internal(Box::new(error)));
        }
        let done = Recording { transcribed_at: Some(now), ..known };
        match self.store.save_recording(&done).await {
            Err(StoreError::Erased) => return Ok(()),
            saved => saved?,
        }
        self.settled(person, interaction).await
    }

    /// The number of a recording's first stretch: behind those of the recordings that began before it in its call.
    async fn first_of(&self, known: &Recording) -> Result<u32, Error> {
        let all = self.store.recordings(&known.person).await?;
        let is_before = |one: &&Recording| {
            one.interaction == known.interaction && (one.at, &one.sid) < (known.at, &known.sid)
        };
        let before = all.iter().filter(is_before).count() * MOST;
        Ok(OF_RECORDING + u32::try_from(before).unwrap_or_default())
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

/// What no model can read is taken for silence, so that it is not asked again.
async fn made_out(text: &Text, stretch: &Stretch) -> Result<Transcribed, Error> {
    match text.transcribe(&stretch.wav()).await {
        Err(error) if error.is_temporary() => Err(Error::Upstream(Box::new(error))),
        Err(error) => {
            tracing::warn!(%error, "a stretch of a recording is not transcribed");
            Ok(Transcribed { text: String::new(), confidence: None })
        }
        Ok(said) => Ok(said),
    }
}
