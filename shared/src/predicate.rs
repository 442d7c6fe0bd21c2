//! What a fact says of its subject: a closed list, so that what is said again is known to be the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In the order in which a channel wants to know them.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    Role,
    WorksAt,
    LookingFor,
    Budget,
    Timeline,
    InterestedIn,
    Offers,
    Leads,
    Uses,
    CareerGoal,
    LocatedIn,
    PrefersChannel,
    BestTime,
    PrefersStyle,
    /// What somebody said that they would do.
    Promised,
    /// A statement that is none of the others.
    #[default]
    Noted,
}

/// Whether a subject has one value at a time, or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    One,
    Many,
}

/// Each predicate with its name in data and in words.
const PREDICATES: [(Predicate, &str, &str, Holds); 16] = [
    (Predicate::Role, "role", "works as", Holds::One),
    (Predicate::WorksAt, "works_at", "works at", Holds::One),
    (Predicate::LookingFor, "looking_for", "is looking for", Holds::Many),
    (Predicate::Budget, "budget", "has a budget of", Holds::One),
    (Predicate::Timeline, "timeline", "has the timeline", Holds::One),
    (Predicate::InterestedIn, "interested_in", "is interested in", Holds::Many),
    (Predicate::Offers, "offers", "offers", Holds::Many),
    (Predicate::Leads, "leads", "leads", Holds::Many),
    (Predicate::Uses, "uses", "uses", Holds::Many),
    (Predicate::CareerGoal, "career_goal", "has the goal", Holds::Many),
    (Predicate::LocatedIn, "located_in", "is in", Holds::One),
    (Predicate::PrefersChannel, "prefers_channel", "prefers to be reached by", Holds::One),
    (Predicate::BestTime, "best_time", "is best reached", Holds::One),
    (Predicate::PrefersStyle, "prefers_style", "prefers answers that are", Holds::One),
    (Predicate::Promised, "promised", "promised to", Holds::Many),
    (Predicate::Noted, "noted", "said", Holds::Many),
];

impl Predicate {
    pub fn all() -> impl Iterator<Item = Self> {
        PREDICATES.iter().map(|(predicate, ..)| *predicate)
    }

    pub fn label(self) -> &'static str {
        self.entry().1
    }

    pub fn words(self) -> &'static str {
        self.entry().2
    }

    /// A new value adds to the others instead of taking the place of the last.
    pub fn adds_up(self) -> bool {
        self.entry().3 == Holds::Many
    }

    /// How somebody wants to be dealt with.
    pub fn is_preference(self) -> bool {
        matches!(self, Self::PrefersChannel | Self::BestTime | Self::PrefersStyle)
    }

    fn entry(self) -> (Self, &'static str, &'static str, Holds) {
        PREDICATES[self as usize]
    }
}

/// Something that a person said of themselves, with the words and the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stated {
    pub statement: String,
    /// Their own words, as they stand in the transcript.
    pub quote: String,
    /// Milliseconds from the start of the conversation.
    pub offset_ms: u64,
    /// Whom or what it is about; nothing is the person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    #[serde(default)]
    pub predicate: Predicate,
    /// Nothing where the statement is all there is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// How sure the reading is, 1 to 100.
    #[serde(default = "unsure")]
    pub confidence: u8,
}

/// Readings that say nothing of it are those from before it was asked.
fn unsure() -> u8 {
    50
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_predicate_has_its_entry() {
        for predicate in Predicate::all() {
            assert_eq!(predicate.entry().0, predicate);
            assert_eq!(serde_json::to_value(predicate).unwrap(), predicate.label());
        }
        let before = r#"{"statement":"They lead.","quote":"I lead","offsetMs":9}"#;
        let stated: Stated = serde_json::from_str(before).unwrap();
        assert_eq!((stated.predicate, stated.confidence), (Predicate::Noted, 50));
        assert!(!Predicate::WorksAt.adds_up() && Predicate::InterestedIn.adds_up());
    }
}
