//! What follows a conversation: what its job asks for, and what the owner is told of a voicemail or a danger.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Arrival, Post, Session, Twin, digesting::is_digest, inviting::is_of_booking, reminding::is_reminder,
};
use crate::{
    consent::{Consent, Matter},
    error::Error,
    follow_up::{Content, EMERGENCY, EMERGENCY_TEXT, FollowUp, News, State},
    id::{InteractionId, PersonId},
    interaction::{Action, Channel, Outcome, Status},
    language::Language,
    store::StoreError,
};

/// Tells the owner's word of a voicemail from other follow-ups of the call.
pub(super) const VOICEMAIL: &str = "voicemail";

impl Twin {
    /// What an `InteractionClosed` job asks for. Doing it again does only what is left to do.
    pub async fn follow_up(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        post: &Post,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_conversation = !is_reminder(interaction) && !is_of_booking(interaction) && !is_digest(person);
        // What is urgent is sent while the conversation goes on.
        if is_conversation && Box::pin(self.analyse(person, interaction, now)).await? {
            self.look_for_others(std::slice::from_ref(person), now).await;
        }
        // What does not leave keeps nothing else waiting: of danger the owner is texted, too, while no mail is taken.
        let mut came = Ok(());
        for planned in self.store().follow_ups_of(person, interaction.suffix()).await? {
            let is_ready = planned.state == State::Approved && planned.is_due(now);
            if planned.interaction == *interaction && is_ready {
                came = came.and(self.execute(planned, post, now).await);
            }
        }
        came
    }

    /// A voicemail was left in a call, asked for in a language: kept in its timeline, and the owner is told. It may come long
    /// after the conversation was closed and analysed.
    pub async fn voicemail(
        &self,
        arrival: &Arrival,
        (recording_url, seconds): (&str, u64),
        asked_in: Language,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.start(arrival, now).await?;
        let (person, interaction) = (&arrival.person, &arrival.interaction);
        let action = Action::VoicemailLeft { recording_url: recording_url.to_owned(), seconds };
        let output = json!({ "recorded": true });
        match self.store().act(person, interaction, "voicemail", Some(action), &output, None, &[], now).await
        {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let left_in = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let quote = Some(asked_in.words().leave_a_message);
        let record = Consent::said(Matter::Recording, true, interaction, Channel::Phone, quote, now);
        self.store().add_consent(person, &record).await?;
        let message = format!("A voicemail of {seconds} seconds. You can listen to it in their timeline.");
        let content = Content::news(News::Voicemail, message);
        let reason = "they left a voicemail".to_owned();
        // What was said comes a little later, and goes with it; if it does not come, the sweep sends it as it is.
        if let Some(planned) = FollowUp::new(&left_in, VOICEMAIL, content, State::Planned, reason, now) {
            self.store().add_follow_up(&planned).await?;
        }
        if left_in.status == Status::Open {
            return self.close(person, interaction, Outcome::Voicemail, now).await;
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }

    /// Words of danger were heard: noted, and the owner is told while the call goes on. Again, nothing is told twice.
    pub async fn alarmed(&self, session: &Session, said: &str, now: Timestamp) -> Result<(), Error> {
        let (person, interaction) = (&session.person, &session.interaction);
        let action = Some(Action::EmergencyHeard { said: said.to_owned() });
        let output = json!({ "told": true });
        match self.store().act(person, interaction, "emergency", action, &output, None, &[], now).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        let held = self.store().interaction(person, interaction).await?.ok_or(Error::NotFound)?;
        let place = if session.channel == Channel::Phone { "on the phone" } else { "in the browser" };
        let message = format!(
            "Somebody {place} may be in danger. They said: “{said}”. They were told to call their \
                               emergency number; the twin cannot send help."
        );
        let content = Content::news(News::Danger, message);
        let reason = "words of danger were heard".to_owned();
        let texted = self.store().follow_up_settings().await?.settings.text_owner.map(|to| {
            let message = format!("somebody {place} may be in danger");
            (EMERGENCY_TEXT, Content::OwnerText { to, message })
        });
        for (key, content) in [(EMERGENCY, content)].into_iter().chain(texted) {
            if let Some(told) = FollowUp::new(&held, key, content, State::Approved, reason.clone(), now) {
                self.store().add_follow_up(&told).await?;
            }
        }
        self.enqueue(person, interaction).await;
        Ok(())
    }
}
