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
    recording::Policy,
    routing::{Reach, RouteKind},
    store::StoreError,
    tools::{PhoneEffect, Private, Scene, Texts, Tool, ToolError, answer_question},
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
        if let (Tool::Recall(_), Some(_)) = (&tool, session.standing().permit(Right::Recall)) {
            let line = Line::new(Actor::Twin, Act::Tool(name.to_owned()), now);
            self.audit_reading(line.about(person).on(session.channel).within(interaction)).await;
        }
        let found = match &tool {
            Tool::AnswerQuestion(asked) => {
                let intent = self.determine_intent(&asked.question, now).await?.intent;
                self.supported(&asked.question, intent, answer_question::MAX_PASSAGES, now).await?
            }
            _ => Vec::new(),
        };
        let recalled = match (&tool, session.standing().permit(Right::Recall)) {
            (Tool::Recall(asked), permit) => self.recalled(session, permit, &asked.about, now).await?,
            _ => None,
        };
        let channel = session.channel;
        let (reach, recording) = match channel {
            Channel::Phone => {
                let settings = self.phone_settings().await?;
                (settings.reach(now), settings.recording.max(session.briefing.recording))
            }
            Channel::Chat | Channel::Voice => (Reach::NoLine, Policy::Off),
        };
        let may_press = policy::presses_keys(channel, session.briefing.outbound.is_some());
        let offered = match &tool {
            Tool::FindTimes(asked) => Some(Box::pin(self.offer(asked, Some(session), now)).await?),
            _ => None,
        };
        // Booked before it is told: the same tool call again is the same booking.
        let arranged = match &tool {
            Tool::BookMeeting(asked) => Some(Box::pin(self.arrange(session, tool_call, asked, now)).await?),
            _ => None,
        };
        let changed = match &tool {
            Tool::ChangeMeeting(asked) => Some(Box::pin(self.change_meeting(session, asked, now)).await?),
            _ => None,
        };
        let texts = match &tool {
            Tool::SendHandoffLink(_) => self.texts_to(session, now).await?,
            Tool::GiveCode(asked) if asked.is_texted() => self.texts_to(session, now).await?,
            _ => Texts::default(),
        };
        let private = match &tool {
            Tool::ExportMyData(_) | Tool::ForgetMe(_) => self.private_of(session).await?,
            _ => Private::default(),
        };
        let mut audited = false;
        for _ in 0..MAX_CONFLICTS {
            let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
            let standing = session.standing_of(&known);
            let (recalled, contact) = (recalled.as_deref(), &known.contact);
            let (offered, arranged, changed) = (offered.as_ref(), arranged.as_ref(), changed.as_ref());
            let (found, texts) = (&found, &texts);
            let scene = Scene {
                found,
                recalled,
                contact,
                standing,
                reach,
                recording,
                may_press,
                offered,
                arranged,
                changed,
                texts,
                private: private.clone(),
            };
            let done = tool.clone().run(&scene);
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
                self.audit(line.about(person).on(channel).within(interaction)).await?;
            }
            let action = done.action.clone();
            let unanswered = match &done.action {
                Some(Action::QuestionUnanswered { question }) => Some(question.clone()),
                _ => None,
            };
            let confirmed = matches!(done.action, Some(Action::ContactSaved { confirmed: true }));
            let email = done.learned.iter().find_map(|detail| match detail {
                Detail::Email(email) => email.clone(),
                _ => None,
            });
            let has_address = email.is_some() || known.contact.contact_methods.email.is_some();
            let mut contact = known.contact;
            let changes = contact.learn(done.learned, &Origin::conversation(interaction, now));
            let contact = (!changes.is_empty()).then_some(contact);
            // Before the action: whoever finds it stored, and does nothing twice, finds these, too.
            if let (true, true, Some(email)) = (confirmed, standing.allows(Right::TieAddress), email) {
                self.learn_key(session, IdentityKey::Email(email), now).await?;
            }
            if let Some(action) = &action {
                self.agreed(session, action, has_address, now).await?;
            }
            match self
                .store
                .act(person, interaction, tool_call, done.action, &done.output, contact, &changes, now)
                .await
            {
                Ok(()) => {
                    if let Some(question) = unanswered
                        && self.is_for_the_owner(&question).await.unwrap_or(true)
                        && let Err(error) = self.not_known(&question, now).await
                    {
                        tracing::warn!(%error, "a question without an answer was not noted");
                    }
                    let rerouted = self.rerouted(session, done.route, now).await;
                    let (ends_call, effect) = (done.ends_call, done.effect);
                    return Ok(Acted { output: done.output, ends_call, rerouted, effect });
                }
                Err(StoreError::Conflict) => {
                    if let Some(output) = self.store.acted(person, interaction, tool_call).await? {
                        return Ok(Acted::says(output, ends_call));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
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
