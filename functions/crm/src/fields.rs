//! What the owner types into a contact. A field that is left out stays; `null` and an empty list empty it.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use twin::{
    contact::{Detail, RelationshipKind},
    error::Error,
    identity::{Email, LinkedIn, PersonName, Phone},
    interaction::{Channel, Importance},
};

pub const MAX_FIELD: usize = 200;
pub const MAX_TAG: usize = 60;
pub const MAX_LIST: usize = 50;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fields {
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    name: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    company: Option<Option<String>>,
    /// Their title.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    role: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(max = 254), extend("format" = "email"))]
    email: Option<Option<String>>,
    /// With `+` and country code, or as written in the United States.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(max = 64))]
    phone: Option<Option<String>>,
    /// The address of a profile: `linkedin.com/in/…`.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(max = 400))]
    linkedin: Option<Option<String>>,
    relationship: Option<RelationshipKind>,
    importance: Option<Importance>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    industry: Option<Option<String>>,
    #[schemars(length(max = 50), inner(length(min = 1, max = 200)))]
    interests: Option<Vec<String>>,
    #[schemars(length(max = 50), inner(length(min = 1, max = 200)))]
    mutual_connections: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    communication_style: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Channel>")]
    preferred_channel: Option<Option<Channel>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 1, max = 200))]
    best_contact_time: Option<Option<String>>,
    #[schemars(length(max = 50), inner(length(min = 1, max = 200)))]
    topics: Option<Vec<String>>,
    #[schemars(length(max = 50), inner(length(min = 1, max = 60)))]
    tags: Option<Vec<String>>,
}

impl Fields {
    pub fn details(self) -> Result<Vec<Detail>, Error> {
        let mut details = Vec::new();
        if let Some(name) = self.name {
            details.push(Detail::Name(name.map(|text| named(&text)).transpose()?));
        }
        if let Some(email) = self.email {
            details.push(Detail::Email(email.map(|text| address(&text)).transpose()?));
        }
        if let Some(phone) = self.phone {
            details.push(Detail::Phone(phone.map(|text| number(&text)).transpose()?));
        }
        if let Some(profile) = self.linkedin {
            details.push(Detail::Linkedin(profile.map(|text| linkedin(&text)).transpose()?));
        }
        for (given, of) in [
            (self.company, Detail::Company as fn(Option<String>) -> Detail),
            (self.role, Detail::Role),
            (self.industry, Detail::Industry),
            (self.communication_style, Detail::CommunicationStyle),
            (self.best_contact_time, Detail::BestContactTime),
        ] {
            if let Some(given) = given {
                details.push(of(given.map(|value| text(&value, MAX_FIELD)).transpose()?));
            }
        }
        for (given, of, max) in [
            (self.interests, Detail::Interests as fn(Vec<String>) -> Detail, MAX_FIELD),
            (self.mutual_connections, Detail::MutualConnections, MAX_FIELD),
            (self.topics, Detail::Topics, MAX_FIELD),
            (self.tags, Detail::Tags, MAX_TAG),
        ] {
            if let Some(given) = given {
                details.push(of(list(given, max)?));
            }
        }
        details.extend(self.relationship.map(Detail::Relationship));
        details.extend(self.importance.map(Detail::Importance));
        details.extend(self.preferred_channel.map(Detail::PreferredChannel));
        Ok(details)
    }
}

pub fn named(text: &str) -> Result<String, Error> {
    bounded(Some(text), MAX_FIELD)?;
    PersonName::clean(text).map_err(|error| Error::Invalid(error.to_string()))
}

pub fn address(text: &str) -> Result<Email, Error> {
    Email::parse(text.trim()).map_err(|error| Error::Invalid(error.to_string()))
}

pub fn number(text: &str) -> Result<Phone, Error> {
    Phone::normalise(text, Phone::HOME).map_err(|error| Error::Invalid(error.to_string()))
}

/// A profile's address, always written the same.
pub fn linkedin(text: &str) -> Result<String, Error> {
    let profile = LinkedIn::parse(text).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(profile.url())
}

/// One line of what is seen.
pub fn text(value: &str, max: usize) -> Result<String, Error> {
    bounded(Some(value), max)?;
    PersonName::clean(value)
        .map_err(|_| Error::Invalid(format!("a text has 1 to {max} characters that are seen")))
}

/// Several lines of what is seen.
pub fn prose(value: &str, max: usize) -> Result<String, Error> {
    let seen: String = value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let seen = seen.trim();
    if seen.is_empty() || value.len() > max || value.contains('\0') {
        return Err(Error::Invalid(format!("this has 1 to {max} bytes of plain text")));
    }
    Ok(seen.to_owned())
}

/// What is searched for is bounded like what is kept.
pub fn bounded(value: Option<&str>, max: usize) -> Result<(), Error> {
    match value {
        Some(value) if value.chars().count() > max => {
            Err(Error::Invalid(format!("this has at most {max} characters")))
        }
        _ => Ok(()),
    }
}

/// Each once.
fn list(values: Vec<String>, max: usize) -> Result<Vec<String>, Error> {
    if values.len() > MAX_LIST {
        return Err(Error::Invalid(format!("a list has at most {MAX_LIST} entries")));
    }
    let mut list = Vec::with_capacity(values.len());
    for value in values {
        let value = text(&value, max)?;
        if !list.contains(&value) {
            list.push(value);
        }
    }
    Ok(list)
}

/// Tells `null` from what is left out.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}
