//! Context-aware routing: who calls, and so how the call is taken. The mission's `routingLogic`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{contact::RelationshipKind, interaction::Importance};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    Recruiter,
    Networking,
    Consultation,
    /// The conversation finds out.
    #[default]
    Unknown,
}

/// How a call is taken: values of the mission's routing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub kind: RouteKind,
    pub priority: Importance,
    /// What the conversation is steered towards, said to the model.
    pub focus: &'static str,
    pub follow_up: FollowUpStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUpStyle {
    CalendarScheduling,
    LinkedInConnection,
    Proposal,
    Summary,
}

impl RouteKind {
    /// The route of somebody whose relationship is known.
    pub fn of(relationship: RelationshipKind) -> Option<Self> {
        match relationship {
            RelationshipKind::Recruiter => Some(Self::Recruiter),
            RelationshipKind::Colleague | RelationshipKind::Mentor => Some(Self::Networking),
            RelationshipKind::Client | RelationshipKind::PotentialClient => Some(Self::Consultation),
            RelationshipKind::Unknown => None,
        }
    }

    pub fn route(self) -> Route {
        let (priority, focus, follow_up) = match self {
            Self::Recruiter => (
                Importance::High,
                "career opportunities: the role, the company, the level, the range, the next step",
                FollowUpStyle::CalendarScheduling,
            ),
            Self::Networking => (
                Importance::Medium,
                "building the relationship: what connects the two, and how to stay in touch",
                FollowUpStyle::LinkedInConnection,
            ),
            Self::Consultation => (
                Importance::High,
                "sharing technical knowledge: the problem, its constraints, what has been tried",
                FollowUpStyle::Proposal,
            ),
            Self::Unknown => {
                (Importance::Medium, "finding out who calls and what they need", FollowUpStyle::Summary)
            }
        };
        Route { kind: self, priority, focus, follow_up }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missions_table() {
        let rows = [
            (RelationshipKind::Recruiter, Importance::High, FollowUpStyle::CalendarScheduling),
            (RelationshipKind::Colleague, Importance::Medium, FollowUpStyle::LinkedInConnection),
            (RelationshipKind::PotentialClient, Importance::High, FollowUpStyle::Proposal),
            (RelationshipKind::Unknown, Importance::Medium, FollowUpStyle::Summary),
        ];
        for (relationship, priority, follow_up) in rows {
            let route = RouteKind::of(relationship).unwrap_or_default().route();
            assert_eq!((route.priority, route.follow_up), (priority, follow_up), "{relationship:?}");
        }
    }
}
