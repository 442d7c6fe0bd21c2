//! The mission's Omni-Channel Service: one context, one persona, whatever the channel.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Arrival, MAX_CONFLICTS, Twin};
use crate::{
    context::{UnifiedContext, reported::Reported},
    error::Error,
    handoff::{EMAILED_FOR, Handoff, SPOKEN_FOR, Secret},
    id::{CallSid, HandoffId, InteractionId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey, LinkedIn, Phone},
    interaction::{Channel, Outcome, Speaker, Status, Turn},
    memory::Brief,
    persona::Persona,
    policy::{PROVED, UNPROVED_LINK},
    routing::RouteKind,
    store::StoreError,
};

/// Turns that a handoff carries; the last ones.
const CARRIED_TURNS: usize = 20;
/// Of an interaction that was held elsewhere.
const MAX_TURNS: usize = 500;
const MAX_TURN: usize = 4000;
/// Turns whose moment is not known are put so far apart.
const A_TURN: u64 = 5000;
/// Clocks differ.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The mission's `userContext`: for whom, how sure it is that it is they, and what they come for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UserContext {
    pub user_id: Option<PersonId>,
    pub level: Assurance,
    pub route: RouteKind,
}

/// The persona as a channel has it, with all that a model is told.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonaForChannel {
    #[serde(flatten)]
    pub persona: Persona,
    pub channel: Channel,
    pub level: Assurance,
    pub instructions: String,
    pub greeting: String,
}

/// The mission's `InteractionData`: a conversation that was held elsewhere. The same one again, by its id or by person,
/// channel and beginning, is not taken twice.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InteractionData {
    #[serde(default)]
    pub id: Option<InteractionId>,
    pub channel: Channel,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    #[serde(default)]
    pub call_sid: Option<CallSid>,
    pub turns: Vec<Said>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Said {
    pub speaker: Speaker,
    pub text: String,
    #[serde(default)]
    pub offset_ms: Option<u64>,
}

/// The mission's `HandoffData`: the way over, and what goes along.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Handed {
    pub id: HandoffId,
    pub from_channel: Channel,
    pub to_channel: Channel,
    /// Works once, for whoever has it; by phone, `tel:` with the number, and the code is what works once.
    pub personalized_link: String,
    /// Nine digits to tell there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub expires_at: Timestamp,
    pub conversation_context: CarriedOver,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CarriedOver {
    pub brief: Brief,
    /// What was said last, the oldest first.
    pub turns: Vec<Turn>,
}

impl Twin {
    /// The mission's `unifyConversationContext`: takes what a channel reports of its session into the context of
    /// whoever the identifier leads to: an id, an address, a number, a LinkedIn profile. Somebody new is made known.
    pub async fn unify_conversation_context(
        &self,
        reported: Reported,
        user_identifier: &str,
        now: Timestamp,
    ) -> Result<UnifiedContext, Error> {
        let person = self.identified(user_identifier, now).await?;
        for _ in 0..MAX_CONFLICTS {
            let mut context = self.store.known(&person).await?.ok_or(Error::NotFound)?.context;
            if !context.unify(reported.clone(), now) {
                return Ok(context);
            }
            match self.store.save_context(context.clone()).await {
                Ok(version) => return Ok(UnifiedContext { version, ..context }),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// The person with this id, or with the key that this is; never two.
    async fn identified(&self, identifier: &str, now: Timestamp) -> Result<PersonId, Error> {
        let wrong =
            || Error::Invalid("userIdentifier: no id, address, E.164 number or LinkedIn profile".to_owned());
        let key = match identifier {
            id if id.starts_with("per_") => return id.parse().map_err(|_| Error::NotFound),
            email if email.contains('@') => IdentityKey::Email(Email::parse(email).map_err(|_| wrong())?),
            phone if phone.starts_with('+') => IdentityKey::Phone(Phone::parse(phone).map_err(|_| wrong())?),
            profile => IdentityKey::LinkedIn(LinkedIn::parse(profile).map_err(|_| wrong())?),
        };
        if let Some(known) = self.store.identity(&key).await?
            && self.store.known(&known.person).await?.is_some()
        {
            return Ok(known.person);
        }
        // A host names whom it takes them for: it vouches no more for them than a file of the owner's.
        let evidence = Evidence::new(EvidenceSource::Import, now, None);
        Ok(self.store.resolve(key, evidence, now).await?.person)
    }

    /// The mission's `getPersonaForChannel`.
    pub async fn get_persona_for_channel(
        &self,
        channel: Channel,
        user: &UserContext,
        now: Timestamp,
    ) -> Result<PersonaForChannel, Error> {
        let known = match &user.user_id {
            Some(person) => Some(self.store.known(person).await?.ok_or(Error::NotFound)?),
            None => None,
        };
        let persona = self.persona().await?.persona.clone();
        let whom = (known.as_ref(), user.level);
        let briefing = self.would_be_told(&persona, (channel, user.route), whom, None, now).await?;
        let (instructions, greeting) = (briefing.instructions, briefing.greeting);
        Ok(PersonaForChannel { persona, channel, level: user.level, instructions, greeting })
    }

    /// The mission's `trackInteraction`: takes in a conversation that was held elsewhere, which is then read like any
    /// other. A conflict: the context is not in the `version` that was named.
    pub async fn track_interaction(
        &self,
        person: &PersonId,
        version: Option<u64>,
        data: &InteractionData,
        now: Timestamp,
    ) -> Result<InteractionId, Error> {
        let turns = turns(data, now)?;
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let interaction = match &data.id {
            Some(id) => id.clone(),
            None => held_elsewhere(person, data)?,
        };
        let begun = self.store.interaction(person, &interaction).await?;
        if begun.is_some_and(|begun| begun.status != Status::Open) {
            return Ok(interaction);
        }
        if version.is_some_and(|version| version != known.context.version) {
            return Err(Error::Conflict);
        }
        let arrival = Arrival {
            person: person.clone(),
            interaction: interaction.clone(),
            channel: data.channel,
            call_sid: data.call_sid.clone(),
            host: None,
            route: RouteKind::of(known.contact.relationship.kind).unwrap_or_default(),
            level: Assurance::Claimed,
        };
        let session = self.open(&arrival, data.started_at).await?;
        for turn in &turns {
            self.heard(&session, turn).await?;
        }
        self.close(person, &interaction, Outcome::Completed, data.ended_at).await?;
        Ok(interaction)
    }

    /// The mission's `getChannelHandoff`: a link with which the last conversation on a channel goes on on another, for
    /// the owner to pass on; to the phone, the number and a code. Whoever opens it is trusted as far as that conversation
    /// was, and no further than a link proves; a code can be guessed, and opens that conversation alone.
    pub async fn get_channel_handoff(
        &self,
        from: Channel,
        to: Channel,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Handed, Error> {
        let number = match (to, &self.line) {
            (Channel::Phone, None) => {
                return Err(Error::Invalid("toChannel: the twin has no number".to_owned()));
            }
            (Channel::Phone, Some(number)) => Some(number),
            (Channel::Chat | Channel::Voice, _) => None,
        };
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let held = self.store.interactions(person).await?;
        let last = held.into_iter().filter(|held| held.channel == from).max_by_key(|held| held.started_at);
        let last = last.ok_or_else(|| Error::Invalid("fromChannel: there was no conversation".to_owned()))?;
        let (secret, level, works_for) = match number {
            Some(_) => (Secret::spoken(), last.level.min(UNPROVED_LINK), SPOKEN_FOR),
            None => (Secret::generate(), last.level.min(PROVED), EMAILED_FOR),
        };
        let handoff = Handoff {
            id: HandoffId::generate(now),
            person: person.clone(),
            from: last.id.clone(),
            to,
            level,
            secret_hash: secret.hash(),
            created_at: now,
            expires_at: now + works_for,
        };
        self.store.save_handoff(&handoff).await?;
        let mut turns = self.store.turns(person, &last.id).await?;
        turns.drain(..turns.len().saturating_sub(CARRIED_TURNS));
        Ok(Handed {
            id: handoff.id,
            from_channel: from,
            to_channel: to,
            personalized_link: match number {
                Some(number) => format!("tel:{}", number.as_str()),
                None => to.handed_over_at(&secret),
            },
            code: number.map(|_| secret.written()),
            expires_at: handoff.expires_at,
            conversation_context: CarriedOver { brief: Brief::of(&known, now), turns },
        })
    }
}

/// The turns of an interaction that can have been.
fn turns(data: &InteractionData, now: Timestamp) -> Result<Vec<Turn>, Error> {
    let wrong = |what: String| Err(Error::Invalid(what));
    if data.ended_at < data.started_at || data.ended_at > now + AHEAD {
        return wrong("interaction: it ends after it began, and not in the future".to_owned());
    }
    if data.turns.len() > MAX_TURNS {
        return wrong(format!("interaction: at most {MAX_TURNS} turns"));
    }
    let unwritten = |text: &str| text.trim().is_empty() || text.len() > MAX_TURN || text.contains('\0');
    if data.turns.iter().any(|said| unwritten(&said.text)) {
        return wrong(format!("interaction: a turn has 1 to {MAX_TURN} bytes of text"));
    }
    let numbered = (0..).zip(&data.turns);
    let turns = numbered.map(|(sequence, said)| Turn {
        offset_ms: said.offset_ms.unwrap_or(u64::from(sequence) * A_TURN).min(MAX_OFFSET),
        sequence,
        speaker: said.speaker,
        text: said.text.clone(),
        interrupted: false,
        heard: None,
    });
    Ok(turns.collect())
}

/// No conversation lasts longer; the key of a turn has ten digits for it.
const MAX_OFFSET: u64 = 24 * 60 * 60 * 1000;

/// The one id of what began then on this channel with this person. It sorts by that time.
fn held_elsewhere(person: &PersonId, data: &InteractionData) -> Result<InteractionId, Error> {
    let named = format!("{person} {:?} {}", data.channel, data.started_at.as_nanosecond());
    let mut random = [0; 16];
    random.copy_from_slice(&Sha256::digest(named)[..16]);
    let millis = u64::try_from(data.started_at.as_millisecond())
        .map_err(|_| Error::Invalid("interaction: startedAt".to_owned()))?;
    let id = ulid::Ulid::from_parts(millis, u128::from_be_bytes(random));
    InteractionId::derived(&id.to_string()).map_err(|error| Error::Internal(Box::new(error)))
}
