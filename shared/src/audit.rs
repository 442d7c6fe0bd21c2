//! Who looked at what, and what was done: lines that are only ever added, and never hold contents.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AuditId, PersonId},
    interaction::Channel,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub id: AuditId,
    pub at: Timestamp,
    pub who: Actor,
    #[serde(flatten)]
    pub what: Act,
    /// About whom: the id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The request, conversation or follow-up that it belongs to, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// In the owner's session, or with the owner's token.
    Owner,
    /// An MCP host that acts for the owner.
    OwnersHost,
    /// Whoever it is about.
    Person,
    /// The twin, in a conversation or after it.
    Twin,
    /// Schedules and the sweep.
    System,
}

/// What was read or done, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", content = "name", rename_all = "snake_case")]
pub enum Act {
    /// A route of the owner's, such as `GET /api/audit`.
    Route(String),
    /// A tool of a conversation or of a host.
    Tool(String),
    Approved,
    Rejected,
    /// A conversation was told of what was before with whom it is held.
    Briefed,
    /// The owner wrote anew what waits for their word.
    Rewritten,
    MailSent,
    CallAsked,
    CallPlaced,
    CodeSent,
    /// A code that reached them came back.
    Proved,
    Booked,
    BookingMoved,
    BookingCancelled,
    /// A guest's calendar said whether they come.
    BookingAnswered,
    TextSent,
    Merged,
    Unmerged,
    Exported,
    Erased,
    ConsentNoted,
    RecordingsRemoved,
    /// Work for somebody who was erased.
    JobDropped,
}

impl Line {
    pub fn new(who: Actor, what: Act, now: Timestamp) -> Self {
        Self {
            id: AuditId::generate(now),
            at: now,
            who,
            what,
            person: None,
            channel: None,
            correlation: None,
        }
    }

    #[must_use]
    pub fn about(self, person: &PersonId) -> Self {
        Self { person: Some(person.clone()), ..self }
    }

    #[must_use]
    pub fn on(self, channel: Channel) -> Self {
        Self { channel: Some(channel), ..self }
    }

    #[must_use]
    pub fn within(self, correlation: impl ToString) -> Self {
        Self { correlation: Some(correlation.to_string()), ..self }
    }
}

/// The person that a path names in place of `{person}` in its pattern.
pub fn person_in(pattern: &str, path: &str) -> Option<PersonId> {
    let parts = pattern.split('/').zip(path.split('/'));
    parts.filter(|(name, _)| *name == "{person}").find_map(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_flat_and_names_no_more_than_ids() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let person: PersonId = "per_1".parse().unwrap();
        let line = Line::new(Actor::Twin, Act::Tool("take_message".to_owned()), now);
        let line = line.about(&person).on(Channel::Phone).within("int_1");
        let mut json = serde_json::to_value(&line).unwrap();
        assert_eq!(serde_json::from_value::<Line>(json.clone()).unwrap(), line);
        json.as_object_mut().unwrap().remove("id");
        let expected = serde_json::json!({
            "at": "2026-03-01T09:00:00Z", "who": "twin", "act": "tool", "name": "take_message",
            "person": "per_1", "channel": "phone", "correlation": "int_1",
        });
        assert_eq!(json, expected);
        let bare = serde_json::to_value(Line::new(Actor::System, Act::Erased, now)).unwrap();
        assert_eq!((&bare["act"], bare.get("name")), (&serde_json::json!("erased"), None));
    }

    #[test]
    fn a_path_names_its_person() {
        let person = |pattern, path| person_in(pattern, path).map(|id| id.to_string());
        let named = Some("per_1".to_owned());
        assert_eq!(person("/api/people/{person}/export", "/api/people/per_1/export"), named);
        assert_eq!(person("/people/{person}", "/people/per_1"), named);
        assert_eq!(person("/people/{person}", "/people/x"), None);
        assert_eq!(person("/api/omni-context", "/api/omni-context"), None);
    }
}
