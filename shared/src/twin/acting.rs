//! A tool, run within the session's rights.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{MAX_CONFLICTS, Session, Twin};
use crate::{
    audit::{Act, Actor, Line},
    contact::{Detail, Origin},
    error::Error,
    identity::{Evidence, EvidenceSource, Identity, IdentityKey},
    interaction::{Action, Channel},
    policy::{self, Right},
    routing::RouteKind,
    store::{Known, StoreError},
    tools::{Done, PhoneEffect, Scene, Seen, Tool, ToolError, answer_question},
};

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Acted {
    pub output: Value,
    pub ends_call: bool,
    /// The conversation is taken in another way from now on.
    pub rerouted: Option<Rerouted>,
    /// To be done now; the same call again does not bring it again.
    pub effect: Option<PhoneEffect>,
}

/// What a model is told when the route of a conversation changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rerouted {
    pub route: RouteKind,
    pub instructions: String,
}

impl Acted {
    pub fn says(output: Value, ends_call: bool) -> Self {
        Self { output, ends_call, rerouted: None, effect: None }
    }
}

impl Twin {
    /// Runs a tool within the session's rights. The same tool call again gives the same answer and does
    /// nothing twice.
    pub async fn act(
        &self,
        session: &Session,
        tool_call: &str,
        name: &str,
        arguments: &str,
        now: Timestamp,
    ) -> Result<Acted, Error> {
        let tool = match Tool::parse(name, arguments) {
            Ok(tool) => tool,
            Err(error @ (ToolError::Unknown | ToolError::Arguments(_))) => {
                return Ok(Acted::says(json!({ "error": error.to_string() }), false));
            }
        };
        let ends_call = matches!(tool, Tool::EndCall(_));
        let (person, interaction) = (&session.person, &session.interaction);
        let level = self.level_now(person, interaction, session.level).await?;
        let session = &Session { level, ..session.clone() };
        if let Some(output) = self.store.acted(person, interaction, tool_call).await? {
            return Ok(Acted::says(output, ends_call));
        }
        let seen = Box::pin(self.look_up(session, tool_call, (name, &tool), now)).await?;
        let mut audited = false;
        for _ in 0..MAX_CONFLICTS {
            let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
            let standing = session.standing_of(&known);
            let done = tool.clone().run(&Scene { contact: &known.contact, standing, seen: &seen });
            if let Some(proof) = done.proof {
                let output = Box::pin(self.proved(session, tool_call, proof, &known, now)).await?;
                return Ok(Acted::says(output, ends_call));
            }
            if done.erases {
                self.erase(person, Actor::Person, now).await?;
                return Ok(Acted::says(done.output, ends_call));
            }
            if done.action.is_some() && !std::mem::replace(&mut audited, true) {
                let line = Line::new(Actor::Twin, Act::Tool(name.to_owned()), now);
                self.audit(line.about(person).on(session.channel).within(interaction)).await?;
            }
            if let Some(acted) = Box::pin(self.stored(session, tool_call, done, known, now)).await? {
                return Ok(acted);
            }
            if let Some(output) = self.store.acted(person, interaction, tool_call).await? {
                return Ok(Acted::says(output, ends_call));
            }
        }
        Err(Error::Conflict)
    }

    /// What the tool may look at. A meeting is booked before it is told: the same tool call again is the same booking.
    async fn look_up(
        &self,
        session: &Session,
        tool_call: &str,
        (name, tool): (&str, &Tool),
        now: Timestamp,
    ) -> Result<Seen, Error> {
        let may_press = policy::presses_keys(session.channel, session.briefing.outbound.is_some());
        let mut seen = Seen { may_press, ..Seen::default() };
        if session.channel == Channel::Phone {
            let settings = self.phone_settings().await?;
            seen.reach = settings.reach(now);
            seen.recording = settings.recording.max(session.briefing.recording);
        }
        match tool {
            Tool::AnswerQuestion(asked) => {
                let intent = self.determine_intent(&asked.question, now).await?.intent;
                seen.found =
                    self.supported(&asked.question, intent, answer_question::MAX_PASSAGES, now).await?;
            }
            Tool::Recall(asked) => {
                let permit = session.standing().permit(Right::Recall);
                if permit.is_some() {
                    let line = Line::new(Actor::Twin, Act::Tool(name.to_owned()), now);
                    let line = line.about(&session.person).on(session.channel);
                    self.audit_reading(line.within(&session.interaction)).await;
                }
                seen.recalled = self.recalled(session, permit, &asked.about, now).await?;
            }
            Tool::FindTimes(asked) => {
                seen.offered = Some(Box::pin(self.offer(asked, Some(session), now)).await?);
            }
            Tool::BookMeeting(asked) => {
                seen.arranged = Some(Box::pin(self.arrange(session, tool_call, asked, now)).await?);
            }
            Tool::ChangeMeeting(asked) => {
                seen.changed = Some(Box::pin(self.change_meeting(session, asked, now)).await?);
            }
            Tool::SendHandoffLink(_) => seen.texts = self.texts_to(session, now).await?,
            Tool::GiveCode(asked) if asked.is_texted() => seen.texts = self.texts_to(session, now).await?,
            Tool::ExportMyData(_) | Tool::ForgetMe(_) => seen.private = self.private_of(session).await?,
            _ => {}
        }
        Ok(seen)
    }

    /// Stores what a tool did and learned, with what follows from it. `None`: somebody else wrote before.
    async fn stored(
        &self,
        session: &Session,
        tool_call: &str,
        done: Done,
        known: Known,
        now: Timestamp,
    ) -> Result<Option<Acted>, Error> {
        let (person, interaction) = (&session.person, &session.interaction);
        let may_tie = session.standing_of(&known).allows(Right::TieAddress);
        let confirmed = matches!(done.action, Some(Action::ContactSaved { confirmed: true }));
        let email = done.learned.iter().find_map(|detail| match detail {
            Detail::Email(email) => email.clone(),
            _ => None,
        });
        // Who says their name alone agrees to no mails, though an address of theirs is known.
        let has_address = email.is_some();
        let mut contact = known.contact;
        let changes = contact.learn(done.learned, &Origin::conversation(interaction, now));
        let contact = (!changes.is_empty()).then_some(contact);
        // Before the action: whoever finds it stored, and does nothing twice, finds these, too.
        if let (true, true, Some(email)) = (confirmed, may_tie, email) {
            self.learn_key(session, IdentityKey::Email(email), now).await?;
        }
        if let Some(action) = &done.action {
            self.agreed(session, action, has_address, now).await?;
        }
        let unanswered = match &done.action {
            Some(Action::QuestionUnanswered { question }) => Some(question.clone()),
            _ => None,
        };
        let stored =
            self.store.act(person, interaction, tool_call, done.action, &done.output, contact, &changes, now);
        match stored.await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if let Some(question) = unanswered
            && self.is_for_the_owner(&question).await.unwrap_or(true)
            && let Err(error) = self.not_known(&question, now).await
        {
            tracing::warn!(%error, "a question without an answer was not noted");
        }
        let rerouted = self.rerouted(session, done.route, now).await;
        let (ends_call, effect) = (done.ends_call, done.effect);
        Ok(Some(Acted { output: done.output, ends_call, rerouted, effect }))
    }

    /// An address that was confirmed leads to this person from now on, unless it leads to another.
    async fn learn_key(&self, session: &Session, key: IdentityKey, now: Timestamp) -> Result<(), Error> {
        let interaction = Some(session.interaction.to_string());
        let evidence = Evidence::new(EvidenceSource::SpokenAndConfirmed, now, interaction);
        let identity = Identity::new(key, session.person.clone(), evidence);
        match self.store.add_identity(&identity).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict) => {
                let theirs = self.store.identity(&identity.key).await?;
                if theirs.is_some_and(|known| known.person != session.person) {
                    tracing::warn!(interaction = %session.interaction, "an address is another person's");
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
