//! Where facts come from: what a conversation was read to say, what its tools promised, and what the owner types.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Exchange, Fact, Known, Origin, Withdrawn, bond, learn};
use crate::{
    contact::Preferences,
    id::FactId,
    identity::Assurance,
    interaction::{Action, Analysis, Channel, Interaction, Speaker, Turn, next_actions::next_actions},
    knowledge::claims::normalised,
    predicate::{Predicate, Stated},
};

/// The person, as the subject of a fact; and the twin, where it speaks for the owner.
pub const PERSON: &str = "person";
pub const TWIN: &str = "twin";

const MAX_SUBJECT: usize = 80;
const MAX_VALUE: usize = 300;
/// Promises of one conversation: with all that they change, facts fit into one transaction.
const MAX_PROMISED: usize = 15;
/// Of the owner's typing.
const SURE: u8 = 100;

impl Known {
    /// Takes what a conversation was read to say into contact, context and memory. Which facts changed is the answer;
    /// the same conversation again changes nothing more.
    pub fn learned(
        &mut self,
        held: &Interaction,
        (turns, actions): (&[Turn], &[Action]),
        analysis: &Analysis,
        facts: &[Fact],
        now: Timestamp,
    ) -> Vec<Fact> {
        self.context.learned(held, analysis, now);
        self.context.spoken(held, turns);
        for (open, until) in next_actions(actions) {
            if let Some(until) = until {
                self.context.conversation_state.ends(&open, until);
            }
        }
        let mut new = stated(held, &analysis.facts);
        new.extend(promised(held, actions));
        let (all, changed) = learn(facts, new);
        self.memory.spoke(Exchange::of(held, turns));
        self.remember(&all, now);
        changed
    }

    /// Brings up to date what follows from all facts and conversations.
    pub fn remember(&mut self, all: &[Fact], now: Timestamp) {
        self.memory.keep(all);
        self.memory.forget_at = self.contact.forget_at;
        self.contact.relationship.strength = bond(&self.memory.exchanges, now).strength;
        let preferred = self.preferred_channel().or(self.context.metadata.preferred_channel);
        self.context.metadata.preferred_channel = preferred;
    }

    /// What the owner noted, else what they said, else where they come most, and came last of that.
    fn preferred_channel(&self) -> Option<Channel> {
        let Preferences { preferred_channel: noted, .. } = self.contact.preferences;
        let said = self.memory.facts.iter().find(|line| line.predicate == Predicate::PrefersChannel);
        let said =
            said.and_then(|line| Channel::ALL.into_iter().find(|channel| names(&line.value, *channel)));
        let exchanges = &self.memory.exchanges;
        let come = |channel: &Channel| {
            let on = || exchanges.iter().filter(|exchange| exchange.channel == *channel);
            (on().count(), on().map(|exchange| exchange.at).max())
        };
        let most = Channel::ALL.into_iter().filter(|channel| come(channel).0 > 0).max_by_key(come);
        noted.or(said).or(most)
    }
}

fn names(words: &str, channel: Channel) -> bool {
    let signs: &[&str] = match channel {
        Channel::Chat => &["chat", "text", "writing"],
        Channel::Voice => &["voice"],
        Channel::Phone => &["phone", "call", "calls"],
    };
    normalised(words).split(' ').any(|word| signs.contains(&word))
}

/// What a person said of themselves, as facts.
fn stated(held: &Interaction, stated: &[Stated]) -> Vec<Fact> {
    let facts = stated.iter().enumerate().filter_map(|(number, stated)| {
        let value = if stated.value.is_empty() { &stated.statement } else { &stated.value };
        Some(Fact {
            subject: subject(&stated.subject),
            quote: Some(stated.quote.clone()),
            speaker: Some(Speaker::Person),
            confidence: stated.confidence.clamp(1, believed(held.level)),
            ..said(held, &numbered(held, number), stated.predicate, value, stated.offset_ms)?
        })
    });
    facts.filter(|fact| !normalised(&fact.value).is_empty()).collect()
}

/// What was counted when less of the conversation was known has numbers of its own.
fn numbered(held: &Interaction, number: usize) -> String {
    match held.came_later {
        0 => number.to_string(),
        later => format!("{number}-{later}"),
    }
}

/// What the twin said that would be done: each promise is what a tool did.
fn promised(held: &Interaction, actions: &[Action]) -> Vec<Fact> {
    let ended = held.ended_at.unwrap_or(held.started_at).duration_since(held.started_at);
    let offset_ms = u64::try_from(ended.as_millis()).unwrap_or(0);
    let has_booked = actions.iter().any(|action| matches!(action, Action::MeetingBooked { .. }));
    let promises = actions.iter().enumerate().filter_map(|(number, action)| {
        let what = promise(action).filter(|what| !has_booked || !what.starts_with(ASK_FOR_A_TIME))?;
        Some(Fact {
            subject: TWIN.to_owned(),
            speaker: Some(Speaker::Twin),
            confidence: SURE,
            ..said(held, &format!("a{number}"), Predicate::Promised, &what, offset_ms)?
        })
    });
    promises.take(MAX_PROMISED).collect()
}

/// What a tool promises; what is sent by itself can be told to be done.
pub const PASS_ON: &str = "pass on";
pub const SEND_LINK: &str = "send the link to the chat";
pub const ASK_FOR_A_TIME: &str = "ask for a time to talk";

fn promise(action: &Action) -> Option<String> {
    let when = |when: &Option<String>| when.as_ref().map(|when| format!(" ({when})")).unwrap_or_default();
    match action {
        Action::MessageTaken { message } => Some(format!("{PASS_ON} their message: {message}")),
        Action::CallbackRequested { when: named, .. } => {
            Some(format!("{PASS_ON} that they want to be called back{}", when(named)))
        }
        Action::HandoffRequested { .. } => Some(SEND_LINK.to_owned()),
        Action::MeetingProposed { topic, preferred_times, .. } => {
            let times = (!preferred_times.is_empty()).then(|| preferred_times.join(" or "));
            Some(format!("{ASK_FOR_A_TIME} about {topic}{}", when(&times)))
        }
        _ => None,
    }
}

/// The fact of this number of a conversation: the same each time.
fn said(held: &Interaction, number: &str, predicate: Predicate, value: &str, offset_ms: u64) -> Option<Fact> {
    let at = held.started_at.checked_add(std::time::Duration::from_millis(offset_ms)).ok()?;
    Some(Fact {
        id: FactId::derived(&format!("{}-{number}", held.id.suffix())).ok()?,
        subject: PERSON.to_owned(),
        predicate,
        value: shortened(value, MAX_VALUE),
        origin: Origin::Conversation,
        quote: None,
        speaker: None,
        interaction: Some(held.id.clone()),
        at,
        confidence: SURE,
        pinned_at: None,
        withdrawn: None,
        valid_from: at,
        valid_until: None,
        superseded_by: None,
        contradicted_by: Vec::new(),
        version: 0,
    })
}

/// How much what somebody says counts at the most: whoever merely has the number displaces nothing of theirs.
fn believed(level: Assurance) -> u8 {
    match level {
        Assurance::Anonymous => 50,
        Assurance::Claimed => 60,
        Assurance::Verified => 90,
        Assurance::SignedIn => 95,
    }
}

/// However the person is named.
fn subject(named: &str) -> String {
    match normalised(named).as_str() {
        "" | "person" | "the person" | "they" | "i" | "me" | "caller" | "the caller" => PERSON.to_owned(),
        _ => shortened(named.trim(), MAX_SUBJECT),
    }
}

fn shortened(text: &str, max: usize) -> String {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default().trim().to_owned()
}

/// A fact as the owner types it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    #[serde(default = "person")]
    pub subject: String,
    pub predicate: Predicate,
    #[schemars(length(min = 1, max = 300))]
    pub value: String,
    #[serde(default)]
    pub pinned: bool,
}

fn person() -> String {
    PERSON.to_owned()
}

/// What the owner does with a fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Edit {
    Pin,
    Unpin,
    /// Another value takes its place.
    Correct {
        value: String,
    },
    /// It is not so, or not any more.
    Retract,
    /// It was taken back by mistake.
    Restore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error(
        "a subject has 1 to {MAX_SUBJECT} bytes, a value 1 to {MAX_VALUE}, of plain text with a letter or a digit"
    )]
    Text,
    #[error("what was taken back can only be restored")]
    Withdrawn,
}

/// The owner's word, as a fact.
pub fn typed(given: &Given, id: FactId, now: Timestamp) -> Result<Fact, EditError> {
    Ok(Fact {
        id,
        subject: subject(plain(&given.subject, MAX_SUBJECT)?),
        predicate: given.predicate,
        value: plain(&given.value, MAX_VALUE)?.to_owned(),
        origin: Origin::Owner,
        quote: None,
        speaker: None,
        interaction: None,
        at: now,
        confidence: SURE,
        pinned_at: given.pinned.then_some(now),
        withdrawn: None,
        valid_from: now,
        valid_until: None,
        superseded_by: None,
        contradicted_by: Vec::new(),
        version: 0,
    })
}

/// A fact as the owner leaves it, and what comes in its place.
pub fn edited(
    fact: &Fact,
    edit: &Edit,
    new: FactId,
    now: Timestamp,
) -> Result<(Fact, Option<Fact>), EditError> {
    let mut left = fact.clone();
    if fact.withdrawn.is_some() && *edit != Edit::Restore {
        return Err(EditError::Withdrawn);
    }
    let mut instead = None;
    match edit {
        Edit::Pin => left.pinned_at = Some(now),
        Edit::Unpin => left.pinned_at = None,
        Edit::Retract => left.withdrawn = Some(Withdrawn { at: now, corrected_by: None }),
        Edit::Restore => left.withdrawn = None,
        Edit::Correct { value } => {
            let given = Given {
                subject: fact.subject.clone(),
                predicate: fact.predicate,
                value: value.clone(),
                pinned: fact.pinned_at.is_some(),
            };
            left.withdrawn = Some(Withdrawn { at: now, corrected_by: Some(new.clone()) });
            instead = Some(typed(&given, new, now)?);
        }
    }
    Ok((left, instead))
}

fn plain(text: &str, max: usize) -> Result<&str, EditError> {
    let text = text.trim();
    let readable = !normalised(text).is_empty() && !text.chars().any(char::is_control);
    if readable && text.len() <= max { Ok(text) } else { Err(EditError::Text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{interaction::Status, routing::RouteKind};

    #[test]
    fn what_is_read_again_displaces_nothing_that_was_read_before() {
        let started_at = Timestamp::from_second(1_790_000_000).unwrap();
        let mut held = Interaction {
            id: "int_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel: Channel::Phone,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            status: Status::Closed,
            started_at,
            ended_at: Some(started_at),
            outcome: None,
            analysis: None,
            measured: None,
            words_read: 0,
            came_later: 0,
        };
        let says = |predicate, value: &str, offset_ms| Stated {
            statement: value.to_owned(),
            quote: value.to_owned(),
            offset_ms,
            subject: String::new(),
            predicate,
            value: value.to_owned(),
            confidence: 60,
        };
        let work = says(Predicate::WorksAt, "Northgate", 4000);
        let (known, _) = learn(&[], super::stated(&held, std::slice::from_ref(&work)));
        held.came_later = 1;
        let again = super::stated(&held, &[says(Predicate::LocatedIn, "Zurich", 9000), work]);
        let (all, changed) = learn(&known, again);
        let values = |facts: &[Fact]| {
            let mut values: Vec<String> = facts.iter().map(|fact| fact.value.clone()).collect();
            values.sort();
            values
        };
        assert_eq!(values(&all), ["Northgate", "Zurich"]);
        assert_eq!(values(&changed), ["Zurich"]);
    }
}
