//! A conversation goes on elsewhere: what it brings along, and the short code that leads to it.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Recalled, Session, Twin};
use crate::{
    consent::Matter,
    error::Error,
    handoff::{Handoff, SPOKEN_FOR, Secret, TakenUp},
    id::{HandoffId, InteractionId, PersonId},
    identity::{IdentityKey, Phone},
    interaction::{Action, Channel, Interaction, Speaker},
    memory::quoted,
    policy::{Permit, Standing, UNPROVED_LINK, hears_as_much},
    store::{Conversation, Limit, Store, StoreError},
    tools::{Texts, recall::MAX_TURNS},
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
    /// What they said of themselves, as it was read out of it.
    pub facts: Vec<String>,
    /// What is left to do from it.
    pub open: Vec<String>,
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
    /// For whoever goes on with it. What the twin said there to somebody whom it was surer of stays out: it may be of
    /// anything that was before.
    fn of(mut held: Conversation, to: Standing) -> Self {
        let hears_all = hears_as_much(standing_in(&held.interaction), to);
        held.turns.retain(|turn| hears_all || turn.speaker == Speaker::Person);
        let said = |speaker: Speaker| {
            held.turns.iter().filter(move |turn| turn.speaker == speaker).map(|turn| shortened(&turn.text))
        };
        let analysis = held.interaction.analysis.as_ref();
        let wish =
            analysis.and_then(|analysis| analysis.quote.clone()).or_else(|| said(Speaker::Person).next());
        let noted = held.actions.iter().filter_map(Action::noted).map(ToOwned::to_owned);
        // It was read out of what the twin said, too.
        let facts = analysis.filter(|_| hears_all).into_iter().flat_map(|analysis| &analysis.facts);
        let open: Vec<String> = match (hears_all, analysis) {
            (false, _) => Vec::new(),
            (true, Some(analysis)) => analysis.next_actions.iter().map(|open| shortened(open)).collect(),
            (true, None) => held.actions.iter().filter_map(left_open).collect(),
        };
        let last = held.turns.len().saturating_sub(CARRIED);
        let turns = held.turns[last..].iter();
        Self {
            channel: held.interaction.channel,
            on: held.interaction.started_at.strftime("%F").to_string(),
            turns: turns
                .map(|turn| CarriedTurn { speaker: turn.speaker, text: shortened(&turn.text) })
                .collect(),
            noted: each_once(noted),
            facts: facts.take(CARRIED).map(|fact| shortened(&fact.statement)).collect(),
            open: each_once(open),
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
        for (what, lines) in [("They said", &self.facts), ("Open", &self.open)] {
            for line in lines {
                text.push_str(&format!("{what}: {}\n", quoted(line)));
            }
        }
        text.push_str("Go on from there; ask for nothing that was said.\n");
        text
    }
}

/// To whom the twin spoke in a conversation.
pub(super) fn standing_in(held: &Interaction) -> Standing {
    Standing::new(held.channel, held.level)
}

/// What is to be done, of a conversation that nobody has read yet.
fn left_open(action: &Action) -> Option<String> {
    match action {
        Action::MessageTaken { message } => Some(shortened(message)),
        Action::CallbackRequested { when, .. } => Some(
            when.as_ref()
                .map_or("a call back".to_owned(), |when| format!("a call back: {}", shortened(when))),
        ),
        Action::MeetingProposed { topic, .. } => Some(format!("a meeting: {}", shortened(topic))),
        _ => None,
    }
}

/// Whoever asks twice wants it once.
fn each_once(said: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for one in said {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TURN).collect()
}

impl Twin {
    /// What a conversation brings along to the one that goes on with it. `None`: it is gone.
    pub async fn carried(
        &self,
        person: &PersonId,
        from: &InteractionId,
        to: Standing,
    ) -> Result<Option<Carried>, Error> {
        Ok(self.store.conversation(person, from).await?.map(|held| Carried::of(held, to)))
    }

    /// The same of several, in a conversation that goes on without them.
    pub(super) async fn carried_along(
        &self,
        person: &PersonId,
        from: &[InteractionId],
        to: Standing,
    ) -> String {
        let mut text = String::new();
        for one in from {
            match self.carried(person, one, to).await {
                Ok(carried) => text.extend(carried.map(|carried| carried.text())),
                Err(error) => tracing::warn!(%error, "a conversation goes on without what was said before"),
            }
        }
        text
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
        // Who calls already needs no number.
        let line = self.line.as_ref().filter(|_| session.channel != Channel::Phone);
        let call = line.map(|line| format!("I answer the phone at {}. ", line.written())).unwrap_or_default();
        let say = format!(
            "{call}Your code is {written}. It works once, for ten minutes: tell it where you want to go on."
        );
        Ok(json!({ "code": written, "say": say }))
    }

    /// What a conversation brings along of which somebody tells the code here. That it is unknown, was used or has expired is
    /// one answer.
    pub(super) async fn taken_over(
        &self,
        session: &Session,
        (tool_call, code): (&str, &str),
        now: Timestamp,
    ) -> Result<Value, Error> {
        let unknown = || {
            let say = "That code is unknown, was used, or has expired.";
            Ok(json!({ "continued": false, "say": say }))
        };
        let not_now = || {
            let say =
                "So many codes are tried just now that I look at none. Please tell me it again in a minute.";
            Ok(json!({ "continued": false, "say": say }))
        };
        if self.store.take(&GUESSES_OF_ONE, session.person.as_str(), 1, now).await?.is_err() {
            return not_now();
        }
        let shown = match counted(&self.store, code, now).await {
            Err(Error::TooMany { .. }) => return not_now(),
            shown => shown?,
        };
        // Whoever dies before it is stored what came of it takes the same up again.
        let name = format!("{}-{tool_call}", session.interaction);
        let by = TakenUp { person: session.person.clone(), interaction: session.interaction.clone() };
        let handoff = match found(self.store.redeem_handoff(&shown, (&name, &by), now).await) {
            Err(Error::NotFound) => return unknown(),
            handoff => handoff?,
        };
        let is_they = self.is_one(&handoff.person, &session.person).await?;
        let level = if is_they { session.level.max(handoff.level) } else { handoff.level };
        let to = Standing::new(session.channel, level);
        let Some(carried) = self.carried(&handoff.person, &handoff.from, to).await? else { return unknown() };
        let say = "Thank you, I have what we said there. Let us go on from there.";
        Ok(json!({ "continued": true, "say": say, "conversation": carried }))
    }

    /// The number that they call from, in a call.
    pub(super) async fn called_from(&self, session: &Session) -> Result<Option<Phone>, Error> {
        if session.channel != Channel::Phone {
            return Ok(None);
        }
        let held = self.store.interaction(&session.person, &session.interaction).await?;
        Ok(match held.and_then(|held| held.call_sid) {
            Some(sid) => self.store.call(&sid).await?.and_then(|call| call.number),
            None => None,
        })
    }

    /// Where a text goes that somebody asks for: to the number that they call from; elsewhere, to one that is tied to them.
    pub(super) async fn texts_to(&self, session: &Session, now: Timestamp) -> Result<Texts, Error> {
        if self.line.is_none() {
            return Ok(Texts::NoLine);
        }
        if self.is_withdrawn(&session.person, Matter::TextMessages).await? {
            return Ok(Texts::Unwanted);
        }
        let number = match self.called_from(session).await? {
            Some(number) => Some(number),
            None => {
                self.tied(&session.person, session.channel, now).await?.into_iter().find_map(
                    |tied| match tied.key {
                        IdentityKey::Phone(number) => Some(number),
                        _ => None,
                    },
                )
            }
        };
        Ok(number.filter(|number| !number.is_premium()).map_or(Texts::Nowhere, Texts::To))
    }

    /// What a conversation is told of earlier ones: of all of the person's where that is permitted, else of those that it
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
        if session.continues.is_empty() || found.as_ref().is_some_and(|found| !found.is_empty()) {
            return Ok(found);
        }
        let mut within = Vec::new();
        for from in &session.continues {
            within.extend(self.recall_in(session, from, about, MAX_TURNS, now).await?);
        }
        Ok(Some(within))
    }

    /// What was said in one conversation about what is asked, as far as it is handed over; its last turns, if nothing is.
    pub(super) async fn recall_in(
        &self,
        session: &Session,
        from: &InteractionId,
        question: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Recalled>, Error> {
        let known = self.store.known(&session.person).await?;
        let name = known.and_then(|known| known.contact.name);
        let Some(past) = self.past_of(&session.person, from, name, session.standing()).await? else {
            return Ok(Vec::new());
        };
        let last = past.last(limit);
        let found = past.search(question, limit, now);
        Ok(if found.is_empty() { last } else { found })
    }
}

/// The secret of a handoff as it is stored, of its link or its code. Codes are short enough to be guessed, so tries count.
pub(super) async fn counted(store: &Store, shown: &str, now: Timestamp) -> Result<String, Error> {
    let Some(code) = crate::handoff::spoken(shown) else { return Ok(shown.to_owned()) };
    store.admit(&[(&GUESSES, "")], now).await?;
    Ok(code)
}

/// Expired, used and unknown ones are all `NotFound`.
pub(super) fn found<T>(came: Result<T, StoreError>) -> Result<T, Error> {
    match came {
        Err(StoreError::NotFound) => Err(Error::NotFound),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::Assurance,
        interaction::{Analysis, Status},
        predicate::{Predicate, Stated},
        routing::RouteKind,
    };

    fn held(analysis: Option<Analysis>, actions: Vec<Action>) -> Conversation {
        let at = Timestamp::UNIX_EPOCH;
        let interaction = Interaction {
            id: "int_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel: Channel::Phone,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Verified,
            status: Status::Analysed,
            started_at: at,
            ended_at: Some(at),
            outcome: None,
            analysis,
            measured: None,
            words_read: 0,
            came_later: 0,
        };
        Conversation { interaction, turns: Vec::new(), actions }
    }

    /// What was read out of it may be what the twin said of the past.
    #[test]
    fn facts_go_along_where_all_does() {
        let fact = Stated {
            statement: "They want 180,000".to_owned(),
            quote: "Yes, still.".to_owned(),
            offset_ms: 0,
            subject: String::new(),
            predicate: Predicate::default(),
            value: String::new(),
            confidence: 90,
        };
        let held = held(Some(Analysis { facts: vec![fact], ..Analysis::default() }), Vec::new());
        for (level, facts) in [(Assurance::Claimed, 0), (Assurance::Verified, 1)] {
            let carried = Carried::of(held.clone(), Standing::new(Channel::Phone, level));
            assert_eq!(carried.facts.len(), facts, "{level:?}");
        }
    }

    #[test]
    fn what_was_asked_for_twice_is_open_once() {
        let asked = |message: &str| Action::MessageTaken { message: message.to_owned() };
        let held = held(None, vec![asked("Call me."), asked("Write to me."), asked("Call me.")]);
        let carried = Carried::of(held, Standing::new(Channel::Phone, Assurance::Verified));
        assert_eq!(carried.open, ["Call me.", "Write to me."]);
    }
}
