//! What Twilio's live transcription heard of a call, and what its recording says: kept as it comes, and reconciled with the
//! turns.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{MAX_CONFLICTS, Twin};
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
        price::TRANSCRIBED_A_MINUTE,
        second_transcript::{OF_RECORDING, TranscriptLine, reconciled, says_more, words_of_person},
    },
    job::Job,
    language::Language,
    recording::{
        self, Recording, State,
        sides::{MOST, Stretch, message, theirs},
    },
    store::StoreError,
    wire::twilio::transcription::Utterance,
};

/// Where Twilio tells what it hears.
pub const LIVE_TRANSCRIPTION: &str = "/api/phone/live-transcription";

/// So many stretches of a recording are asked of a model in one job, so that it ends in time: the next goes on.
const AT_ONCE: usize = 20;
/// Longer than the worker lives: whoever has not come to an end by then is dead.
const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// How far a job came with a recording.
enum Written {
    /// It is not ours to write down.
    ByOthers,
    InPart,
    Whole,
    /// The same, of a message.
    Message(String),
}

impl Twin {
    /// What a `TranscribeRecording` job asks for: what the other side said in it, each stretch kept as it comes. Again, it
    /// does what is left; once the day's budget is spent, the rest stays as the others heard it. While another job does it,
    /// it is a `Conflict`, and comes again: that one may die.
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
        if !self.store.claim_transcription(&known, now, now + WRITTEN_WITHIN).await? {
            return Err(Error::Conflict);
        }
        let written = Box::pin(self.written_down(text, &known, (person, interaction), vault, now)).await;
        self.store.release_transcription(&known).await?;
        let written = written?;
        match &written {
            Written::ByOthers => return Ok(()),
            Written::InPart => {
                let (person, interaction) = (person.clone(), interaction.clone());
                let job = Job::TranscribeRecording { person, interaction, recording: sid.to_owned() };
                return self.queue.send(job).await.map_err(|error| Error::Upstream(Box::new(error)));
            }
            // Before it is done: what breaks off here comes again.
            Written::Whole => Box::pin(self.settled(person, interaction, now)).await?,
            Written::Message(said) => {
                Box::pin(self.settled(person, interaction, now)).await?;
                self.told_of_voicemail((person, interaction), Some(said), now).await?;
            }
        }
        match self.store.save_recording(&Recording { transcribed_at: Some(now), ..known }).await {
            Err(StoreError::Erased) => Ok(()),
            saved => Ok(saved?),
        }
    }

    /// As many stretches as one job has time for.
    async fn written_down(
        &self,
        text: &Text,
        known: &Recording,
        (person, interaction): (&PersonId, &InteractionId),
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Written, Error> {
        let file = vault.get(&recording::name(&known.call, &known.sid)).await;
        let file = file.map_err(|error| Error::Upstream(Box::new(error)))?;
        let cut = match &file {
            Some(file) => cut(known, file),
            None => None,
        };
        drop(file);
        let Some((is_message, stretches)) = cut else { return Ok(Written::ByOthers) };
        let (heard, first) =
            (self.store.transcript_lines(person, interaction).await?, self.first_of(known).await?);
        let mut lines: BTreeMap<u32, String> =
            heard.into_iter().map(|line| (line.sequence, line.text)).collect();
        let numbered = (first..).zip(&stretches);
        let left: Vec<(u32, &Stretch)> = numbered.filter(|(at, _)| !lines.contains_key(at)).collect();
        let in_part = left.len() > AT_ONCE;
        for (sequence, stretch) in left.into_iter().take(AT_ONCE) {
            let cost = (TRANSCRIBED_A_MINUTE * (stretch.to - stretch.from)).div_ceil(60_000);
            if !self.reserve(cost, now).await? {
                return Ok(Written::Whole);
            }
            let said = made_out(text, stretch).await?;
            let ended = known.at + SignedDuration::from_millis(i64::try_from(stretch.to).unwrap_or(i64::MAX));
            let line = TranscriptLine::recorded(sequence, said.text, said.confidence, ended);
            match self.store.add_transcript_line(person, interaction, &line).await {
                Err(StoreError::Erased) => return Ok(Written::Whole),
                added => added?,
            }
            lines.insert(sequence, line.text);
        }
        let until = first + u32::try_from(MOST).unwrap_or_default();
        let said = lines.range(first..until).map(|(_, text)| text.as_str()).filter(|text| !text.is_empty());
        let said = said.collect::<Vec<_>>().join(" ");
        Ok(match (in_part, is_message && !said.is_empty()) {
            (true, _) => Written::InPart,
            (false, true) => Written::Message(said),
            (false, false) => Written::Whole,
        })
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

    /// What was heard of a conversation that is over finds its place, and the conversation is read again if that is worth it.
    /// Whoever has written looks again: another may have heard more meanwhile.
    async fn settled(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut written = Vec::new();
        for _ in 0..MAX_CONFLICTS {
            let held = self.store.interaction(person, interaction).await?;
            let Some(held) = held.filter(|held| held.status != Status::Open) else { return Ok(()) };
            let turns = self.store.turns(&held.person, interaction).await?;
            let found = self.found(&held, &turns).await?;
            if found == written {
                if held.status == Status::Closed || self.read_again_if_worth_it(&held, &turns, now).await? {
                    return Ok(());
                }
                continue;
            }
            let words = words_of_person(&turns);
            // Before it is written, so that whoever dies in between finds it again. Whoever reads the conversation from here
            // on finds it by themselves; was it read by now, that is seen the next time round.
            if held.status == Status::Closed && words_of_person(&placed(turns, &found)) != words {
                self.store.came_later(&held.person, interaction).await?;
            }
            self.keep_turns(&held, &found).await?;
            written = found;
        }
        Err(Error::Conflict)
    }

    /// Whoever reads the conversation now begins again; once it was read, it is read again if much more was said in it.
    pub(super) async fn heard_later(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        now: Timestamp,
    ) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let Some(held) = self.store.interaction(person, interaction).await? else { return Ok(()) };
            let is_seen_to = match held.status {
                Status::Open => true,
                Status::Closed => self.store.came_later(person, interaction).await?,
                Status::Analysed => {
                    let turns = self.store.turns(&held.person, &held.id).await?;
                    self.read_again_if_worth_it(&held, &turns, now).await?
                }
            };
            if is_seen_to {
                return Ok(());
            }
        }
        Err(Error::Conflict)
    }

    /// `false`: it was to be read again, and is another one by now.
    async fn read_again_if_worth_it(
        &self,
        held: &Interaction,
        turns: &[Turn],
        now: Timestamp,
    ) -> Result<bool, Error> {
        if !says_more(held.words_read, turns) {
            return Ok(true);
        }
        let again = self.store.read_again(held, now).await?;
        if again {
            tracing::info!(interaction = %held.id, "a conversation is read again, because more of it was heard");
            self.enqueue(&held.person, &held.id).await;
        }
        Ok(again)
    }

    /// Kept under its number: again, it is kept once. What comes when the conversation is over finds its place at once.
    pub async fn transcribed_live(
        &self,
        (person, interaction): (&PersonId, &InteractionId),
        said: Utterance,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Utterance { sequence, speaker, text, confidence, at } = said;
        if text.is_empty() {
            return Ok(());
        }
        let heard = TranscriptLine { sequence, speaker, text, confidence, at: at.unwrap_or(now) };
        self.store.add_transcript_line(person, interaction, &heard).await?;
        self.settled(person, interaction, now).await
    }

    /// The turns of a conversation, with what the second source says, if there is one.
    pub(super) async fn reconciled(&self, held: &Interaction, turns: Vec<Turn>) -> Result<Vec<Turn>, Error> {
        let found = self.found(held, &turns).await?;
        self.keep_turns(held, &found).await?;
        Ok(placed(turns, &found))
    }

    /// What it has beyond them, or says in their place.
    async fn found(&self, held: &Interaction, turns: &[Turn]) -> Result<Vec<Turn>, Error> {
        if held.channel != Channel::Phone {
            return Ok(Vec::new());
        }
        let transcript = self.store.transcript_lines(&held.person, &held.id).await?;
        Ok(reconciled(held.started_at, turns, &transcript))
    }

    async fn keep_turns(&self, held: &Interaction, found: &[Turn]) -> Result<(), Error> {
        for turn in found {
            self.store.add_turn(&held.person, &held.id, turn).await?;
        }
        Ok(())
    }
}

/// With what was found, each in its place.
fn placed(mut turns: Vec<Turn>, found: &[Turn]) -> Vec<Turn> {
    let place = |turn: &Turn| (turn.offset_ms, turn.sequence);
    for found in found {
        turns.retain(|turn| place(turn) != place(found));
        let index = turns.partition_point(|turn| place(turn) < place(found));
        turns.insert(index, found.clone());
    }
    turns
}

/// Whether it is a message, and what is to be written down of it: of a call what the other side says. `None`: Twilio writes
/// it down, as it does what it has asked for in English, or there is nothing to be read.
fn cut(known: &Recording, file: &[u8]) -> Option<(bool, Vec<Stretch>)> {
    if let Some(theirs) = theirs(file) {
        return Some((false, theirs));
    }
    known.asked_in.filter(|asked_in| *asked_in != Language::En)?;
    Some((true, message(file)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What Twilio writes down is a message that was asked for in English, and that alone.
    #[test]
    fn a_message_is_cut_where_twilio_does_not_write_it_down() {
        let known = |asked_in| Recording {
            sid: format!("RE{:032x}", 1),
            call: "CA0123456789abcdef0123456789abcdef".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            interaction: "int_2".parse().unwrap(),
            state: State::Kept,
            at: Timestamp::UNIX_EPOCH,
            seconds: None,
            sha256: None,
            bytes: None,
            asked_in,
            transcribed_at: None,
        };
        let file = |channels: u8| {
            let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
            file.extend([channels, 0]);
            file.extend(b"\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0");
            file
        };
        for (asked_in, channels, expected) in [
            (None, 2, Some(false)),
            (None, 1, None),
            (Some(Language::En), 1, None),
            (Some(Language::De), 1, Some(true)),
        ] {
            let cut = cut(&known(asked_in), &file(channels)).map(|(is_message, _)| is_message);
            assert_eq!(cut, expected, "{asked_in:?} {channels}");
        }
    }
}
