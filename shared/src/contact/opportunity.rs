//! A role, a project, a consultation that may come of a contact: the mission's `OpportunityRecord`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{RelationshipKind, Source};
use crate::{
    id::{InteractionId, OpportunityId, PersonId},
    interaction::Channel,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opportunity {
    pub id: OpportunityId,
    pub person: PersonId,
    pub title: String,
    pub stage: Stage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    pub source: Brought,
    /// The stages that it went through, oldest first; the last is the one that it is in.
    pub history: Vec<StageChange>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    #[default]
    Lead,
    Contacted,
    Interviewing,
    Proposal,
    Won,
    Lost,
}

/// What brought it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Brought {
    pub by: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// With whom, as it was known then.
    #[serde(default)]
    pub relationship: RelationshipKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StageChange {
    pub stage: Stage,
    pub at: Timestamp,
    pub by: Source,
}

/// An amount in whole units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub amount: u64,
    pub currency: Currency,
}

/// Three capital letters, as in ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, such as EUR")]
pub struct CurrencyError;

/// Opportunities together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worth {
    pub count: usize,
    sums: BTreeMap<Currency, u64>,
    /// There are more than were counted.
    pub more: bool,
}

impl Worth {
    pub fn add(&mut self, value: Option<Money>) {
        self.count += 1;
        if let Some(money) = value {
            let sum = self.sums.entry(money.currency).or_default();
            *sum = sum.saturating_add(money.amount);
        }
    }

    /// By currency.
    pub fn sums(self) -> Vec<Money> {
        self.sums.into_iter().map(|(currency, amount)| Money { amount, currency }).collect()
    }
}

/// Stages that are remembered; the first is always kept.
const MAX_HISTORY: usize = 50;

impl Stage {
    pub const ALL: [Self; 6] =
        [Self::Lead, Self::Contacted, Self::Interviewing, Self::Proposal, Self::Won, Self::Lost];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Contacted => "contacted",
            Self::Interviewing => "interviewing",
            Self::Proposal => "proposal",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

impl Opportunity {
    pub fn new(
        id: OpportunityId,
        person: PersonId,
        title: String,
        source: Brought,
        stage: Stage,
        now: Timestamp,
    ) -> Self {
        let history = vec![StageChange { stage, at: now, by: source.by }];
        Self {
            id,
            person,
            title,
            stage,
            value: None,
            source,
            history,
            created_at: now,
            updated_at: now,
            version: 0,
        }
    }

    /// One that a conversation brought up: the same conversation brings the same.
    pub fn brought_up(
        person: &PersonId,
        title: String,
        interaction: &InteractionId,
        (channel, relationship): (Channel, RelationshipKind),
        now: Timestamp,
    ) -> Option<Self> {
        let id = OpportunityId::derived(interaction.suffix()).ok()?;
        let source = Brought {
            by: Source::Conversation,
            channel: Some(channel),
            relationship,
            interaction: Some(interaction.clone()),
        };
        Some(Self::new(id, person.clone(), title, source, Stage::Lead, now))
    }

    pub fn move_to(&mut self, stage: Stage, by: Source, now: Timestamp) {
        if self.stage == stage {
            return;
        }
        if self.history.len() >= MAX_HISTORY {
            self.history.remove(1);
        }
        self.stage = stage;
        self.history.push(StageChange { stage, at: now, by });
    }

    /// Since when it is in its stage.
    pub fn since(&self) -> Timestamp {
        self.history.last().map_or(self.created_at, |last| last.at)
    }
}

impl Currency {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if letters.iter().all(u8::is_ascii_uppercase) { Ok(Self(letters)) } else { Err(CurrencyError) }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn stages_leave_their_traces() {
        let (person, interaction) = ("per_1".parse().unwrap(), "int_1".parse().unwrap());
        let by = (Channel::Phone, RelationshipKind::Recruiter);
        let brought = || Opportunity::brought_up(&person, "a role".to_owned(), &interaction, by, at(1));
        let mut opportunity = brought().unwrap();
        assert_eq!(opportunity.source.relationship, RelationshipKind::Recruiter);
        assert_eq!(Some(opportunity.id.clone()), brought().map(|again| again.id));
        opportunity.move_to(Stage::Lead, Source::Owner, at(2));
        opportunity.move_to(Stage::Won, Source::Owner, at(3));
        let stages: Vec<_> = opportunity.history.iter().map(|change| (change.stage, change.by)).collect();
        assert_eq!(stages, [(Stage::Lead, Source::Conversation), (Stage::Won, Source::Owner)]);
        assert_eq!(opportunity.since(), at(3));
        for round in 0..100 {
            let stage = if round % 2 == 0 { Stage::Lost } else { Stage::Lead };
            opportunity.move_to(stage, Source::Owner, at(4 + round));
        }
        assert_eq!((opportunity.history.len(), opportunity.history[0].at), (MAX_HISTORY, at(1)));
    }

    #[test]
    fn a_currency_is_three_capitals() {
        for (text, is_one) in
            [("EUR", true), ("eur", false), ("EURO", false), ("E1R", false), ("", false), ("Å€", false)]
        {
            assert_eq!(Currency::try_from(text.to_owned()).is_ok(), is_one, "{text}");
        }
    }
}
