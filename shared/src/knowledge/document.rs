//! What an importer reads: documents with sections to be searched and claims that the twin may state.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    Resume,
    Linkedin,
    Github,
    Page,
    Feed,
    Note,
    // Its title is the name of a file.
    Code,
}

impl SourceKind {
    /// What a document of this kind is called that has no title.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Resume => "Résumé",
            Self::Linkedin => "LinkedIn",
            Self::Github => "GitHub",
            Self::Page => "Page",
            Self::Feed => "Post",
            Self::Note => "Note",
            Self::Code => "Code",
        }
    }
}

/// One thing that was read: a résumé, a repository, a post, a table of a LinkedIn export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub kind: SourceKind,
    /// Stable from import to import, unique within its kind: `resume.pdf`, `positions`, `alex/ledger`, a URL.
    pub key: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub sections: Vec<Section>,
    pub claims: Vec<Claim>,
    /// What else it is found by; never shown, quoted or told to a model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keywords: String,
}

/// A part of a document under one heading, whole; it is cut into passages later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Where in the document, as a reader would find it: `page 2, Experience`, `README › Usage`.
    pub place: String,
    pub text: String,
}

/// A fact about the owner as a source states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    pub predicate: Predicate,
    /// The employer of a position, the school of a degree, the issuer of a certificate, the project's name.
    pub of: Option<String>,
    /// The name, the title of the position, the degree, the skill, the language, …
    pub value: String,
    pub from: Option<Month>,
    pub until: Option<Until>,
    pub place: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ClaimPredicate")]
pub enum Predicate {
    Name,
    Headline,
    Location,
    Email,
    Phone,
    Website,
    Position,
    Education,
    Skill,
    Language,
    Certification,
    Project,
    /// A stated number of years of experience, as a source words it: only ever compared with the dates.
    StatedYears,
    /// What was achieved in a position (`of` its employer), as a source words it.
    Achievement,
}

/// A month, or a whole year where a source says no more: `2021-03`, `2021`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(rename = "ClaimMonth")]
pub struct Month {
    pub year: i16,
    pub month: Option<i8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ClaimUntil")]
pub enum Until {
    Month(Month),
    Present,
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        match month.month {
            Some(number) => format!("{:04}-{number:02}", month.year),
            None => format!("{:04}", month.year),
        }
    }
}

impl std::fmt::Display for Month {
    /// `March 2021`, or `2021`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = self.month.and_then(|month| jiff::civil::Date::new(self.year, month, 1).ok());
        match first {
            Some(first) => write!(f, "{}", first.strftime("%B %Y")),
            None => write!(f, "{}", self.year),
        }
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let invalid = || format!("{text:?} is not a month: YYYY-MM or YYYY");
        let (year, month) = match text.split_once('-') {
            Some((year, month)) => (year, Some(month.parse().map_err(|_| invalid())?)),
            None => (text.as_str(), None),
        };
        let year = year.parse().map_err(|_| invalid())?;
        let valid = (1900..=2200).contains(&year) && month.is_none_or(|month| (1..=12).contains(&month));
        valid.then_some(Self { year, month }).ok_or_else(invalid)
    }
}
