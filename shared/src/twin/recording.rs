//! Recordings: from Twilio into our own store, and what was said in a voicemail.

use jiff::{SignedDuration, Timestamp};

use super::{Arrival, Session, Twin, after::VOICEMAIL};
use crate::{
    brain::Brain,
    clients::{
        twilio::{RestError, TwilioRest},
        vault::{Vault, checksum},
    },
    error::Error,
    follow_up::{Content, FollowUp, State as Planned},
    id::{CallSid, InteractionId, PersonId},
    interaction::{Heard, Source, Speaker, Turn},
    job::Job,
    language::Language,
    recording::{self, Recording, State, Step},
    store::StoreError,
};

/// Where Twilio tells that a recording is complete, and what was said in a voicemail.
pub const RECORDED: &str = "/api/phone/recorded";
/// Where Twilio tells what was said in a voicemail.
pub const TRANSCRIBED: &str = "/api/phone/transcription";

/// After all that was said in the call itself.
const LAST: u32 = 999_999;

impl Twin {
    /// What a caller agreed to, done at Twilio.
    pub async fn record(
        &self,
        session: &Session,
        (call, step): (&CallSid, Step),
        (telephony, base_url): (&TwilioRest, &str),
        now: Timestamp,
    ) -> Result<(), Error> {
        let done = match step {
            // Whoever was only told, or thinks better of it: what is recorded ends.
            Step::Refused => return self.end_recording(&session.person, call, telephony).await,
            Step::Pause => telephony.pause_recording(call).await,
            Step::Resume => telephony.resume_recording(call).await,
            Step::Agreed | Step::Announced => {
                // One at a time: what is paused or ended later is the newest.
                self.end_recording(&session.person, call, telephony).await?;
                let callback = format!("{base_url}{RECORDED}");
                match telephony.start_recording(call, &callback).await {
                    Ok(sid) => {
                        let about = (&session.person, &session.interaction);
                        let noted = self.store.add_recording(&recorded(call, about, &sid, now)).await;
                        // Nobody would pause or end what nobody knows of.
                        if noted.is_err() {
                            telephony.stop_recording(call).await.map_err(unavailable)?;
                        }
                        return Ok(noted?);
                    }
                    Err(error) => Err(error),
                }
            }
        };
        done.map_err(unavailable)
    }

    /// Nobody is in the call any more who could pause what is recorded of it: it ends. Without a recording, nothing is
    /// asked.
    pub async fn end_recording(
        &self,
        person: &PersonId,
        call: &CallSid,
        telephony: &TwilioRest,
    ) -> Result<(), Error> {
        let recordings = self.store.recordings(person).await?;
        if !recordings.iter().any(|known| known.call == *call && known.state == State::AtTwilio) {
            return Ok(());
        }
        match telephony.stop_recording(call).await {
            // It has ended before.
            Ok(()) | Err(RestError::Gone) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Whether a voicemail of this call is known.
    pub async fn has_voicemail(&self, arrival: &Arrival) -> Result<bool, Error> {
        let Some(id) = FollowUp::id_of(&arrival.interaction, VOICEMAIL) else { return Ok(false) };
        Ok(self.store.follow_up(&arrival.person, &id).await?.is_some())
    }

    /// A recording is complete and lies at Twilio; of a message, in which language it was asked for. Again, it is fetched
    /// again.
    pub async fn announced(
        &self,
        arrival: &Arrival,
        call: &CallSid,
        (sid, seconds): (&str, Option<u64>),
        asked_in: Option<Language>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let about = (&arrival.person, &arrival.interaction);
        // Unless it was noted as it began, it began so long ago.
        let lasted = seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(SignedDuration::from_secs);
        let began = lasted.and_then(|lasted| now.checked_sub(lasted).ok()).unwrap_or(now);
        let new = Recording { seconds, asked_in, ..recorded(call, about, sid, began) };
        self.store.add_recording(&new).await?;
        let (person, interaction) = (arrival.person.clone(), arrival.interaction.clone());
        let job = Job::KeepRecording { person, interaction, recording: sid.to_owned(), seconds };
        self.queue.send(job).await.map_err(unavailable)
    }

    /// What a `KeepRecording` job asks for: fetched, kept, then deleted at Twilio. Again, it does what is left.
    pub async fn keep_recording(
        &self,
        arrival: (&PersonId, &InteractionId),
        (sid, seconds): (&str, Option<u64>),
        (telephony, vault): (&TwilioRest, &Vault),
    ) -> Result<(), Error> {
        let Some(known) = self.store.recording(arrival.0, sid).await? else { return Ok(()) };
        let name = recording::name(&known.call, sid);
        if known.state == State::AtTwilio {
            let contents = match telephony.recording(sid).await {
                Err(RestError::Gone) if self.store.call(&known.call).await.is_err() => return Ok(()),
                contents => contents.map_err(unavailable)?,
            };
            let (sha256, bytes) = (Some(checksum(&contents)), Some(contents.len() as u64));
            // Whoever removes it has to know of it before it is there.
            self.store.note_kept(&known.call, &name).await?;
            vault.put(&name, contents).await.map_err(unavailable)?;
            let seconds = seconds.or(known.seconds);
            let kept = Recording { state: State::Kept, sha256, bytes, seconds, ..known };
            match self.store.save_recording(&kept).await {
                Err(StoreError::Erased) => {
                    vault.remove(&name).await.map_err(unavailable)?;
                }
                saved => saved?,
            }
        }
        telephony.delete_recording(sid).await.map_err(unavailable)?;
        match self.brain {
            Brain::OpenAi(_) => {
                let (person, interaction) = (arrival.0.clone(), arrival.1.clone());
                let job = Job::TranscribeRecording { person, interaction, recording: sid.to_owned() };
                self.queue.send(job).await.map_err(unavailable)
            }
            Brain::Offline => Ok(()),
        }
    }

    /// What was said in a voicemail, or `None` if it cannot be made out: a turn, and in the mail to the owner. The
    /// conversation is read again with it.
    pub async fn transcribed(
        &self,
        arrival: &Arrival,
        text: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let about @ (person, interaction) = (&arrival.person, &arrival.interaction);
        let Some(text) = text else { return self.told_of_voicemail(about, None, now).await };
        let held = self.store.interaction(person, interaction).await?;
        if let Some(held) = &held {
            // The same each time that it is told.
            let since = held.ended_at.unwrap_or(now).duration_since(held.started_at).as_millis();
            let turn = Turn {
                offset_ms: u64::try_from(since).unwrap_or_default(),
                sequence: LAST,
                speaker: Speaker::Person,
                text: text.to_owned(),
                interrupted: false,
                heard: Some(Heard { by: Source::Recording, confidence: None }),
            };
            self.store.add_turn(person, interaction, &turn).await?;
        }
        self.told_of_voicemail(about, Some(text), now).await?;
        match held {
            Some(held) => Box::pin(self.heard_later(&held.person, interaction, now)).await,
            None => Ok(()),
        }
    }

    /// The owner is told of a voicemail, with what was said in it. Again, nothing is told twice.
    pub(super) async fn told_of_voicemail(
        &self,
        (person, interaction): (&PersonId, &InteractionId),
        text: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(id) = FollowUp::id_of(interaction, VOICEMAIL) else { return Ok(()) };
        let Some(planned) = self.store.follow_up(person, &id).await? else { return Ok(()) };
        let content = match (&planned.content, text) {
            (Content::OwnerNotification { news, message, .. }, Some(text)) => {
                Content::news(*news, format!("{message}\nThey said: “{text}”"))
            }
            (content, _) => content.clone(),
        };
        let next = FollowUp { content, state: Planned::Approved, updated_at: now, ..planned };
        match self.store.move_follow_up(&next, Planned::Planned).await {
            Ok(()) => self.enqueue(person, interaction).await,
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn recorded(
    call: &CallSid,
    (person, interaction): (&PersonId, &InteractionId),
    sid: &str,
    now: Timestamp,
) -> Recording {
    Recording {
        sid: sid.to_owned(),
        call: call.clone(),
        person: person.clone(),
        interaction: interaction.clone(),
        state: State::AtTwilio,
        at: now,
        seconds: None,
        sha256: None,
        bytes: None,
        asked_in: None,
        transcribed_at: None,
    }
}

/// Whoever asked for it tries again.
fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Upstream(Box::new(error))
}
