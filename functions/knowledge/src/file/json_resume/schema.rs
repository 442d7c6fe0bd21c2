//! The schema's parts. All is optional there, and exporters write null or "" for what is missing.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::file::resume::dates;
use twin::knowledge::document::{Month, Until};

type Text = Option<String>;

#[derive(Debug, Deserialize)]
pub struct Resume {
    pub basics: Option<Basics>,
    pub work: Option<Vec<Work>>,
    pub volunteer: Option<Vec<Volunteer>>,
    pub education: Option<Vec<Education>>,
    pub awards: Option<Vec<Award>>,
    pub certificates: Option<Vec<Certificate>>,
    pub publications: Option<Vec<Publication>>,
    pub skills: Option<Vec<Skill>>,
    pub languages: Option<Vec<Language>>,
    pub interests: Option<Vec<Interest>>,
    pub references: Option<Vec<Reference>>,
    pub projects: Option<Vec<Project>>,
    pub meta: Option<Meta>,
}

#[derive(Debug, Deserialize)]
pub struct Basics {
    pub name: Text,
    pub label: Text,
    pub email: Text,
    pub phone: Text,
    pub url: Text,
    pub summary: Text,
    pub location: Option<Location>,
    pub profiles: Option<Vec<Profile>>,
}

/// Street and postal code are left out: a twin has no use for them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    pub city: Text,
    pub region: Text,
    pub country_code: Text,
}

#[derive(Debug, Deserialize)]
pub struct Profile {
    pub url: Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    pub name: Text,
    pub location: Text,
    pub description: Text,
    pub position: Text,
    pub url: Text,
    pub start_date: Option<When>,
    pub end_date: Option<When>,
    pub summary: Text,
    pub highlights: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volunteer {
    pub organization: Text,
    pub position: Text,
    pub url: Text,
    pub start_date: Option<When>,
    pub end_date: Option<When>,
    pub summary: Text,
    pub highlights: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Education {
    pub institution: Text,
    pub url: Text,
    pub area: Text,
    pub study_type: Text,
    pub start_date: Option<When>,
    pub end_date: Option<When>,
    pub score: Text,
    pub courses: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Award {
    pub title: Text,
    pub date: Option<When>,
    pub awarder: Text,
    pub summary: Text,
}

#[derive(Debug, Deserialize)]
pub struct Certificate {
    pub name: Text,
    pub date: Option<When>,
    pub url: Text,
    pub issuer: Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    pub name: Text,
    pub publisher: Text,
    pub release_date: Option<When>,
    pub url: Text,
    pub summary: Text,
}

#[derive(Debug, Deserialize)]
pub struct Skill {
    pub name: Text,
    pub level: Text,
    pub keywords: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Language {
    pub language: Text,
    pub fluency: Text,
}

#[derive(Debug, Deserialize)]
pub struct Interest {
    pub name: Text,
    pub keywords: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Reference {
    pub name: Text,
    pub reference: Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    pub name: Text,
    pub description: Text,
    pub highlights: Option<Vec<String>>,
    pub keywords: Option<Vec<String>>,
    pub start_date: Option<When>,
    pub end_date: Option<When>,
    pub url: Text,
    pub roles: Option<Vec<String>>,
    pub entity: Text,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    pub last_modified: Text,
}

/// The schema's `iso8601`: `2014-06-29`, `2014-06`, `2014`. Empty and `present` are in use for an open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Month(Month),
    Present,
}

impl When {
    pub fn month(self) -> Option<Month> {
        match self {
            Self::Month(month) => Some(month),
            Self::Present => None,
        }
    }

    pub fn until(self) -> Until {
        match self {
            Self::Month(month) => Until::Month(month),
            Self::Present => Until::Present,
        }
    }

    pub fn text(self) -> Option<String> {
        self.month().map(String::from)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if ["", "present", "now", "current"].contains(&text.trim().to_lowercase().as_str()) {
            return Ok(Self::Present);
        }
        let month = dates::month(&text).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
        month.map(Self::Month).ok_or_else(|| {
            D::Error::custom(format!("expected a date such as 2014-06-29, 2014-06 or 2014, found {text:?}"))
        })
    }
}
