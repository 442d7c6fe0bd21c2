//! The CRM's record of a person: the mission's `ProfessionalContact` in full.

mod detail;
mod change;
mod joined;
mod learned;
mod note;
mod task;
mod opportunity;
mod card;
mod connections;
mod directory;

pub use self::{
    card::{Card, folded},
    change::{Change, Edited, Origin, Source},
    connections::CONNECTION,
    detail::{Detail, Field, detail_of, key_of},
    directory::{Directory, Filter, Page, Place, Sort},
    joined::{Choice, Stands},
    note::Note,
    opportunity::{Brought, Currency, CurrencyError, Money, Opportunity, Stage, StageChange, Worth},
    task::Task,
};

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{InteractionId, PersonId},
    identity::{Email, Phone},
    interaction::{Channel, Importance},
};

mod matching;

pub(crate) use joined::{carried, united};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    pub id: PersonId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The person's own role: their title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub contact_methods: ContactMethods,
    pub relationship: Relationship,
    pub professional: Professional,
    pub preferences: Preferences,
    #[serde(default)]
    pub importance: Importance,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Who said what stands in a field. What has none came with the channel, such as the number of a call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<Field, Origin>,
    /// What the owner undid: it is not inferred again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Detail>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
    /// Somebody without any identity is forgotten at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactMethods {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// The address was read back and agreed to in a conversation: mail may go there.
    #[serde(default)]
    pub email_confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relationship {
    #[serde(rename = "type")]
    pub kind: RelationshipKind,
    pub strength: Strength,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Timestamp>,
    /// The newest, oldest first; all are items of their own in the store.
    #[serde(default)]
    pub interaction_history: Vec<InteractionRecord>,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RelationshipKind {
    Recruiter,
    Colleague,
    Client,
    PotentialClient,
    Mentor,
    #[default]
    Unknown,
}

impl RelationshipKind {
    pub const ALL: [Self; 6] =
        [Self::Recruiter, Self::Colleague, Self::Client, Self::PotentialClient, Self::Mentor, Self::Unknown];

    /// As they are written in data.
    pub const NAMES: [&'static str; 6] =
        ["recruiter", "colleague", "client", "potential_client", "mentor", "unknown"];

    pub fn words(self) -> &'static str {
        match self {
            Self::Recruiter => "a recruiter",
            Self::Colleague => "a colleague",
            Self::Client => "a client",
            Self::PotentialClient => "a potential client",
            Self::Mentor => "a mentor",
            Self::Unknown => "not known",
        }
    }
}

/// How close somebody is, as of their last conversation: it fades, so who shows it computes it anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    #[default]
    Weak,
    Medium,
    Strong,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InteractionRecord {
    pub interaction: InteractionId,
    pub channel: Channel,
    pub at: Timestamp,
    pub summary: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Professional {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(default)]
    pub interests: Vec<String>,
    /// Connections of the owner's who work or worked where this person works: kept are those that were typed or imported,
    /// and whoever reads for the owner adds those who are known. Opportunities are items of their own.
    #[serde(default)]
    pub mutual_connections: Vec<String>,
    /// Where they worked before, as far as it was seen to change; the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_companies: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub communication_style: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_contact_time: Option<String>,
    #[serde(default)]
    pub topics: Vec<String>,
}

/// How many interactions a contact carries in its own item; the rest is paged from the timeline.
pub const RECENT_INTERACTIONS: usize = 5;

impl Contact {
    pub fn new(id: PersonId, phone: Option<Phone>, now: Timestamp) -> Self {
        Self {
            id,
            name: None,
            company: None,
            role: None,
            contact_methods: ContactMethods { phone, ..ContactMethods::default() },
            relationship: Relationship {
                kind: RelationshipKind::Unknown,
                strength: Strength::Weak,
                last_contact: None,
                interaction_history: Vec::new(),
            },
            professional: Professional::default(),
            preferences: Preferences::default(),
            importance: Importance::default(),
            tags: Vec::new(),
            origins: BTreeMap::new(),
            refused: Vec::new(),
            created_at: now,
            updated_at: now,
            version: 0,
            forget_at: None,
        }
    }

    /// Takes an interaction into the history. The same one again replaces its record.
    pub fn remember(&mut self, record: InteractionRecord) {
        self.relationship.last_contact = self.relationship.last_contact.max(Some(record.at));
        let history = &mut self.relationship.interaction_history;
        history.retain(|known| known.interaction != record.interaction);
        history.push(record);
        history.sort_by_key(|known| known.at);
        let excess = history.len().saturating_sub(RECENT_INTERACTIONS);
        history.drain(..excess);
    }
}
