//! A conversation as data: what the caller says, and what the model does on hearing it.
//!
//! Both simulators read the same file. They share nothing else: the caller sends recorded speech, and the
//! model simulator finds the line again by listening to what really arrived.

use serde::Deserialize;

/// The scenarios that ship, by name: sample data.
const BUILT_IN: &[(&str, &str)] = &[
    ("recruiter", include_str!("../scenarios/recruiter.toml")),
    ("networking", include_str!("../scenarios/networking.toml")),
    ("consultation", include_str!("../scenarios/consultation.toml")),
];

/// Who answers a telephone on a laptop: their number is that of a scenario above.
const CALLEES: &[(&str, &str)] = &[
    ("callee", include_str!("../scenarios/callee.toml")),
    ("mailbox", include_str!("../scenarios/mailbox.toml")),
];

/// People and machines of all kinds, for what has to hold whoever calls or picks up. Only they are recorded.
const PERSONAS: &[(&str, &str)] = &[
    ("box", include_str!("../scenarios/personas/box.toml")),
    ("hurried", include_str!("../scenarios/personas/hurried.toml")),
    ("injecting", include_str!("../scenarios/personas/injecting.toml")),
    ("rambling", include_str!("../scenarios/personas/rambling.toml")),
    ("robocall", include_str!("../scenarios/personas/robocall.toml")),
    ("screening", include_str!("../scenarios/personas/screening.toml")),
    ("suspicious", include_str!("../scenarios/personas/suspicious.toml")),
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(skip)]
    pub name: String,
    pub title: String,
    /// The caller's number as Twilio would send it in `From`.
    pub from: String,
    /// `StirVerstat`, as Twilio would send it.
    #[serde(default)]
    pub stir_verstat: Option<String>,
    pub turn: Vec<Turn>,
}

/// One thing that the caller says, and the model's responses to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub caller: String,
    /// The caller starts to speak this long after the twin became audible; otherwise once it is silent.
    #[serde(default)]
    pub barge_in_ms: Option<u64>,
    /// The caller waits until these keys were heard: it is a machine.
    #[serde(default)]
    pub after_keys: Option<String>,
    /// The first is the answer to what was heard, each further one to the tool results of the one before.
    #[serde(default)]
    pub response: Vec<Response>,
}

/// One model response: words, then function calls.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    #[serde(default)]
    pub say: Option<String>,
    /// Said instead where the tool before it found nothing: its result has `"known": false`.
    #[serde(default)]
    pub unknown: Option<String>,
    #[serde(default)]
    pub call: Vec<ToolCall>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    pub tool: String,
    #[serde(default)]
    pub arguments: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("there is no scenario {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("scenario {name:?}: {source}")]
    Invalid { name: String, source: toml::de::Error },
}

impl Scenario {
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Whoever may be called.
    pub fn callees() -> impl Iterator<Item = Self> {
        CALLEES.iter().filter_map(|(name, text)| Self::parse(name, text).ok())
    }

    pub fn personas() -> impl Iterator<Item = Self> {
        PERSONAS.iter().filter_map(|(name, text)| Self::parse(name, text).ok())
    }

    /// A scenario that ships.
    pub fn built_in(name: &str) -> Result<Self, ScenarioError> {
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known = Self::names().collect::<Vec<_>>().join(", ");
            return Err(ScenarioError::Unknown { name: name.to_owned(), known });
        };
        Self::parse(name, text)
    }

    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text)
            .map_err(|source| ScenarioError::Invalid { name: name.to_owned(), source })?;
        name.clone_into(&mut scenario.name);
        Ok(scenario)
    }
}
