//! A conversation goes on elsewhere: what it brings along, and the short code that leads to it.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Recalled, Session, Twin};
use crate::{
    error::Error,
    handoff::{Handoff, SPOKEN_FOR, Secret},
    id::{HandoffId, InteractionId, PersonId},
    interaction::{Action, Channel, Speaker},
    memory::quoted,
    policy::{Permit, UNPROVED_LINK},
    store::{Conversation, Limit, Store, StoreError},
    tools::recall::MAX_TURNS,
};

/// Turns that go along; the last ones.
const CARRIED: usize = 20;
/// Characters of each.
const MAX_TURN: usize = 400;
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Short codes can be guessed by whoever may try often enough: of a thousand million, so many are tried.
const GUESSES: Limit = Limit { name: "handoff-code-minute", most: 300, window: A_MINUTE };
const GUESSES_OF_ONE: Limit = Limit { name: "handoff-code-person", most: 5, window: A_MINUTE };

/// What the receiving channel opens with: of that one conversation, and of nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Carried {
    pub channel: Channel,
    /// When it began, in words of a calendar: `2026-11-29`.
    pub on: String,
    /// What was said last, the oldest first.
    pub turns: Vec<CarriedTurn>,
    /// What was noted for the owner.
    pub noted: Vec<String>,
    /// What they came for, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub wish: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CarriedTurn {
    /// `person` or `twin`.
    pub speaker: Speaker,
    pub text: String,
}

impl Carried {
    fn of(held: Conversation) -> Self {
        let said = |speaker: Speaker| {
            held.turns.iter().filter(move |turn| turn.speaker == speaker).map(|turn| shortened(&turn.text))
        };
        let analysis = held.interaction.analysis.as_ref();
        let wish =
            analysis.and_then(|analysis| analysis.quote.clone()).or_else(|| said(Speaker::Person).next());
        let mut noted: Vec<String> =
            held.actions.iter().filter_map(Action::noted).map(ToOwned::to_owned).collect();
        noted.dedup();
        let last = held.turns.len().saturating_sub(CARRIED);
        let turns = held.turns[last..].iter();
        Self {
            channel: held.interaction.channel,
            on: held.interaction.started_at.strftime("%F").to_string(),
            turns: turns
                .map(|turn| CarriedTurn { speaker: turn.speaker, text: shortened(&turn.text) })
                .collect(),
            noted,
            wish,
        }
    }

    /// As a model is told it.
    pub fn text(&self) -> String {
        let channel = match self.channel {
            Channel::Chat => "in writing",
            Channel::Voice => "by voice",
            Channel::Phone => "on the phone",
        };
        let mut text = format!(
            "\n\nThis goes on from a conversation {channel} on {}. What was said in it, in quotes:\n",
            self.on
        );
        for turn in &self.turns {
            let who = if turn.speaker == Speaker::Person { "They" } else { "You" };
            text.push_str(&format!("- {who}: {}\n", quoted(&turn.text)));
        }
        if let Some(wish) = &self.wish {
            text.push_str(&format!("What they came for: {}\n", quoted(wish)));
        }
        if !self.noted.is_empty() {
            text.push_str(&format!("Noted for the owner: {}.\n", self.noted.join("; ")));
        }
        text.push_str("Go on from there; ask for nothing that was said.\n");
        text
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TURN).collect()
}

impl Twin {
    /// What a conversation brings along to the one that goes on with it. `None`: it is gone.
    pub async fn carried(&self, person: &PersonId, from: &InteractionId) -> Result<Option<Carried>, Error> {
        Ok(self.store.conversation(person, from).await?.map(Carried::of))
    }

    /// The same, in a conversation that goes on without it.
    pub(super) async fn carried_along(&self, person: &PersonId, from: Option<&InteractionId>) -> String {
        let Some(from) = from else { return String::new() };
        match self.carried(person, from).await {
            Ok(carried) => carried.map(|carried| carried.text()).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "a conversation goes on without what was said before");
                String::new()
            }
        }
    }

    /// A code of nine digits with which a conversation goes on elsewhere. It is short enough to be guessed, so it opens that
    /// conversation alone.
    pub async fn give_code(&self, session: &Session, to: Channel, now: Timestamp) -> Result<Secret, Error> {
        let secret = Secret::spoken();
        let handoff = Handoff {
            id: HandoffId::generate(now),
            person: session.person.clone(),
            from: session.interaction.clone(),
            to,
            level: session.level.min(UNPROVED_LINK),
            secret_hash: secret.hash(),
            created_at: now,
            expires_at: now + SPOKEN_FOR,
        };
        self.store.save_handoff(&handoff).await?;
        Ok(secret)
    }

    pub(super) async fn code_given(&self, session: &Session, now: Timestamp) -> Result<Value, Error> {
        let code = self.give_code(session, Channel::Chat, now).await?;
        let written = code.written();
        let say = format!(
            "Your code is {written}. It works once, for ten minutes: tell it where you want to go on."
        );
        Ok(json!({ "code": written, "say": say }))
    }

    /// What a conversation brings along of which somebody tells the code here. That it is unknown, was used or has expired is
    /// one answer.
    pub(super) async fn taken_over(
        &self,
        session: &Session,
        code: &str,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let unknown = || {
            let say = "That code is unknown, was used, or has expired.";
            Ok(json!({ "continued": false, "say": say }))
        };
        if self.store.take(&GUESSES_OF_ONE, session.person.as_str(), 1, now).await?.is_err() {
            return unknown();
        }
        let handoff = match redeemed(&self.store, code, now).await {
            Ok(handoff) => handoff,
            Err(Error::NotFound | Error::TooMany { .. }) => return unknown(),
            Err(error) => return Err(error),
        };
        let Some(carried) = self.carried(&handoff.person, &handoff.from).await? else { return unknown() };
        let say = "Thank you, I have what we said there. Let us go on from there.";
        Ok(json!({ "continued": true, "say": say, "conversation": carried }))
    }

    /// What a conversation is told of earlier ones: of all of the person's where that is permitted, else of the one that it
    /// goes on with. `None`: of none.
    pub(super) async fn recalled(
        &self,
        session: &Session,
        permit: Option<Permit>,
        about: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<Recalled>>, Error> {
        let person = &session.person;
        let found = match permit {
            Some(permit) => Some(self.recall(permit, person, about, MAX_TURNS, now).await?),
            None => None,
        };
        match &session.continues {
            Some(from) if found.as_ref().is_none_or(Vec::is_empty) => {
                self.recall_in(person, from, about, MAX_TURNS, now).await.map(Some)
            }
            _ => Ok(found),
        }
    }

    /// What was said in one conversation about what is asked; its last turns, if nothing is.
    pub(super) async fn recall_in(
        &self,
        person: &PersonId,
        from: &InteractionId,
        question: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Recalled>, Error> {
        let known = self.store.known(person).await?;
        let Some(past) = self.past_of(person, from, known.and_then(|known| known.contact.name)).await? else {
            return Ok(Vec::new());
        };
        let last = past.last(limit);
        let found = past.search(question, limit, now);
        Ok(if found.is_empty() { last } else { found })
    }
}

/// Uses a handoff up, by its link or its code. Expired, used and unknown ones are all `NotFound`.
pub(super) async fn redeemed(store: &Store, shown: &str, now: Timestamp) -> Result<Handoff, Error> {
    let code = crate::handoff::spoken(shown);
    if code.is_some()
        && let Err(until) = store.take(&GUESSES, "", 1, now).await?
    {
        return Err(Error::TooMany { until });
    }
    match store.redeem_handoff(code.as_deref().unwrap_or(shown), now).await {
        Err(StoreError::NotFound) => Err(Error::NotFound),
        other => Ok(other?),
    }
}
