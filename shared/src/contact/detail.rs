//! The fields of a contact, one by one: what the owner edits and what is inferred.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Contact, RelationshipKind};
use crate::{
    identity::{Email, IdentityKey, LinkedIn, Phone},
    interaction::{Channel, Importance},
};

/// A field with what stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "field", content = "value", rename_all = "camelCase")]
pub enum Detail {
    Name(Option<String>),
    Company(Option<String>),
    Role(Option<String>),
    Email(Option<Email>),
    Phone(Option<Phone>),
    /// The address of a profile.
    Linkedin(Option<String>),
    Relationship(RelationshipKind),
    Importance(Importance),
    Industry(Option<String>),
    Interests(Vec<String>),
    MutualConnections(Vec<String>),
    CommunicationStyle(Option<String>),
    PreferredChannel(Option<Channel>),
    BestContactTime(Option<String>),
    Topics(Vec<String>),
    Tags(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    Name,
    Company,
    Role,
    Email,
    Phone,
    Linkedin,
    Relationship,
    Importance,
    Industry,
    Interests,
    MutualConnections,
    CommunicationStyle,
    PreferredChannel,
    BestContactTime,
    Topics,
    Tags,
}

impl Detail {
    pub fn field(&self) -> Field {
        match self {
            Self::Name(_) => Field::Name,
            Self::Company(_) => Field::Company,
            Self::Role(_) => Field::Role,
            Self::Email(_) => Field::Email,
            Self::Phone(_) => Field::Phone,
            Self::Linkedin(_) => Field::Linkedin,
            Self::Relationship(_) => Field::Relationship,
            Self::Importance(_) => Field::Importance,
            Self::Industry(_) => Field::Industry,
            Self::Interests(_) => Field::Interests,
            Self::MutualConnections(_) => Field::MutualConnections,
            Self::CommunicationStyle(_) => Field::CommunicationStyle,
            Self::PreferredChannel(_) => Field::PreferredChannel,
            Self::BestContactTime(_) => Field::BestContactTime,
            Self::Topics(_) => Field::Topics,
            Self::Tags(_) => Field::Tags,
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Name(text)
            | Self::Company(text)
            | Self::Role(text)
            | Self::Linkedin(text)
            | Self::Industry(text)
            | Self::CommunicationStyle(text)
            | Self::BestContactTime(text) => text.is_none(),
            Self::Email(email) => email.is_none(),
            Self::Phone(phone) => phone.is_none(),
            Self::PreferredChannel(channel) => channel.is_none(),
            Self::Interests(list) | Self::MutualConnections(list) | Self::Topics(list) | Self::Tags(list) => {
                list.is_empty()
            }
            Self::Relationship(kind) => *kind == RelationshipKind::Unknown,
            Self::Importance(importance) => *importance == Importance::default(),
        }
    }
}

impl Detail {
    /// What stands in a field that is a list.
    pub(super) fn list(&self) -> Option<&[String]> {
        match self {
            Self::Interests(list) | Self::MutualConnections(list) | Self::Topics(list) | Self::Tags(list) => {
                Some(list)
            }
            _ => None,
        }
    }

    /// The same field with another list.
    pub(super) fn with(&self, list: &[String]) -> Self {
        let list = list.to_vec();
        match self {
            Self::Interests(_) => Self::Interests(list),
            Self::MutualConnections(_) => Self::MutualConnections(list),
            Self::Topics(_) => Self::Topics(list),
            Self::Tags(_) => Self::Tags(list),
            other => other.clone(),
        }
    }
}

/// The key that a field is, if it is one.
pub fn key_of(detail: &Detail) -> Option<IdentityKey> {
    match detail {
        Detail::Email(Some(email)) => Some(IdentityKey::Email(email.clone())),
        Detail::Phone(Some(phone)) => Some(IdentityKey::Phone(phone.clone())),
        Detail::Linkedin(Some(profile)) => LinkedIn::parse(profile).ok().map(IdentityKey::LinkedIn),
        _ => None,
    }
}

/// The field that a key is, if it is one.
pub fn detail_of(key: &IdentityKey) -> Option<Detail> {
    match key {
        IdentityKey::Email(email) => Some(Detail::Email(Some(email.clone()))),
        IdentityKey::Phone(phone) => Some(Detail::Phone(Some(phone.clone()))),
        IdentityKey::LinkedIn(profile) => Some(Detail::Linkedin(Some(profile.url()))),
        _ => None,
    }
}

impl Field {
    /// Whether two people with different values in it are rather two.
    pub fn tells_people_apart(self) -> bool {
        use Field::{Company, Email, Linkedin, Name, Phone, Role};
        matches!(self, Name | Company | Role | Email | Phone | Linkedin)
    }

    pub const ALL: [Self; 16] = [
        Self::Name,
        Self::Company,
        Self::Role,
        Self::Email,
        Self::Phone,
        Self::Linkedin,
        Self::Relationship,
        Self::Importance,
        Self::Industry,
        Self::Interests,
        Self::MutualConnections,
        Self::CommunicationStyle,
        Self::PreferredChannel,
        Self::BestContactTime,
        Self::Topics,
        Self::Tags,
    ];

    /// As ids have it.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Company => "company",
            Self::Role => "role",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Linkedin => "linkedin",
            Self::Relationship => "relationship",
            Self::Importance => "importance",
            Self::Industry => "industry",
            Self::Interests => "interests",
            Self::MutualConnections => "mutual-connections",
            Self::CommunicationStyle => "communication-style",
            Self::PreferredChannel => "preferred-channel",
            Self::BestContactTime => "best-contact-time",
            Self::Topics => "topics",
            Self::Tags => "tags",
        }
    }
}

impl Contact {
    /// What stands in a field.
    pub fn detail(&self, field: Field) -> Detail {
        let (methods, preferences) = (&self.contact_methods, &self.preferences);
        match field {
            Field::Name => Detail::Name(self.name.clone()),
            Field::Company => Detail::Company(self.company.clone()),
            Field::Role => Detail::Role(self.role.clone()),
            Field::Email => Detail::Email(methods.email.clone()),
            Field::Phone => Detail::Phone(methods.phone.clone()),
            Field::Linkedin => Detail::Linkedin(methods.linkedin.clone()),
            Field::Relationship => Detail::Relationship(self.relationship.kind),
            Field::Importance => Detail::Importance(self.importance),
            Field::Industry => Detail::Industry(self.professional.industry.clone()),
            Field::Interests => Detail::Interests(self.professional.interests.clone()),
            Field::MutualConnections => {
                Detail::MutualConnections(self.professional.mutual_connections.clone())
            }
            Field::CommunicationStyle => Detail::CommunicationStyle(preferences.communication_style.clone()),
            Field::PreferredChannel => Detail::PreferredChannel(preferences.preferred_channel),
            Field::BestContactTime => Detail::BestContactTime(preferences.best_contact_time.clone()),
            Field::Topics => Detail::Topics(preferences.topics.clone()),
            Field::Tags => Detail::Tags(self.tags.clone()),
        }
    }

    pub(super) fn put(&mut self, detail: Detail) {
        let (methods, preferences) = (&mut self.contact_methods, &mut self.preferences);
        match detail {
            Detail::Name(name) => self.name = name,
            Detail::Company(company) => self.company = company,
            Detail::Role(role) => self.role = role,
            Detail::Email(email) => methods.email = email,
            Detail::Phone(phone) => methods.phone = phone,
            Detail::Linkedin(profile) => methods.linkedin = profile,
            Detail::Relationship(kind) => self.relationship.kind = kind,
            Detail::Importance(importance) => self.importance = importance,
            Detail::Industry(industry) => self.professional.industry = industry,
            Detail::Interests(interests) => self.professional.interests = interests,
            Detail::MutualConnections(names) => self.professional.mutual_connections = names,
            Detail::CommunicationStyle(style) => preferences.communication_style = style,
            Detail::PreferredChannel(channel) => preferences.preferred_channel = channel,
            Detail::BestContactTime(time) => preferences.best_contact_time = time,
            Detail::Topics(topics) => preferences.topics = topics,
            Detail::Tags(tags) => self.tags = tags,
        }
    }
}
