//! What is counted beside conversations: each event is a question about a follow-up, an opportunity, a link or a question,
//! by which it is counted and found again.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CameOver;
use crate::{
    contact::{Opportunity, Stage},
    follow_up::{FollowUp, State, Word},
    knowledge::gap::Gap,
    merging::{Merging, Proposal},
};

/// What leaves later than this is late.
const LATE: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A follow-up left, or may have.
    FollowUpSent,
    /// A follow-up left more than a day after it was planned, or after its time.
    FollowUpLate,
    /// It could not be carried out.
    FollowUpFailed,
    /// It was to leave: it left, or could not be carried out.
    FollowUpDue,
    /// The owner approved it without a word of their own.
    FollowUpApproved,
    /// The owner approved it with something of their own.
    FollowUpEdited,
    FollowUpRejected,
    /// The owner decided on it, however they did.
    FollowUpDecided,
    OpportunityBroughtUp,
    OpportunityWon,
    /// It went on from a stage to another one.
    OpportunityWentOn,
    /// The time of a link or a code was over.
    LinkEnded,
    /// Somebody had used it.
    LinkUsed,
    /// Used, and it is known whether they got what they came for.
    LinkRead,
    LinkServed,
    /// A question came up for the first time that nothing supported an answer to.
    GapFound,
    /// The owner answered it.
    GapFilled,
    /// The owner let a call through that had been taken for spam.
    SpamRecovered,
    /// Two records became one person's.
    MergeMade,
    /// The owner took that back.
    MergeUndone,
    /// Two records would be one person's, but have different accounts.
    ConflictFound,
}

/// What an event happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    FollowUp,
    Opportunity,
    Link,
    Gap,
    Spam,
    Merge,
    Conflict,
}

/// A step of an opportunity: from one stage, if it came from one, to another, and since when it was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    pub since: Timestamp,
    pub at: Timestamp,
    pub from: Option<Stage>,
    pub to: Stage,
}

impl Event {
    pub fn subject(self) -> Subject {
        match self {
            Self::FollowUpSent
            | Self::FollowUpLate
            | Self::FollowUpFailed
            | Self::FollowUpDue
            | Self::FollowUpApproved
            | Self::FollowUpEdited
            | Self::FollowUpRejected
            | Self::FollowUpDecided => Subject::FollowUp,
            Self::OpportunityBroughtUp | Self::OpportunityWon | Self::OpportunityWentOn => {
                Subject::Opportunity
            }
            Self::LinkEnded | Self::LinkUsed | Self::LinkRead | Self::LinkServed => Subject::Link,
            Self::GapFound | Self::GapFilled => Subject::Gap,
            Self::SpamRecovered => Subject::Spam,
            Self::MergeMade | Self::MergeUndone => Subject::Merge,
            Self::ConflictFound => Subject::Conflict,
        }
    }

    /// Whether it is known which channel it came of, and with whom. A link leads from one channel to another one, a question is
    /// everybody's, and records are of no channel.
    pub fn has_origin(self) -> bool {
        matches!(self.subject(), Subject::FollowUp | Subject::Opportunity | Subject::Spam)
    }

    /// Whether it is what came of a follow-up that is over.
    pub fn is_of(self, follow_up: &FollowUp) -> bool {
        let failed = follow_up.state == State::Failed;
        let is_due = follow_up.state != State::Cancelled;
        match self {
            Self::FollowUpSent => is_due && !failed,
            Self::FollowUpLate => Self::FollowUpSent.is_of(follow_up) && is_late(follow_up),
            Self::FollowUpFailed => failed,
            Self::FollowUpDue => is_due,
            Self::FollowUpApproved => follow_up.decided == Some(Word::AsIs),
            Self::FollowUpEdited => follow_up.decided == Some(Word::Edited),
            Self::FollowUpRejected => follow_up.decided == Some(Word::Rejected),
            Self::FollowUpDecided => follow_up.decided.is_some(),
            _ => false,
        }
    }

    /// Each time that it happened to an opportunity.
    pub fn passages(self, opportunity: &Opportunity) -> Vec<Passage> {
        let (history, since) = (&opportunity.history, opportunity.created_at);
        let before = |place: usize| Some(history.get(place.checked_sub(1)?)?.stage);
        match self {
            Self::OpportunityBroughtUp => {
                let to = history.first().map_or(opportunity.stage, |first| first.stage);
                vec![Passage { since, at: since, from: None, to }]
            }
            Self::OpportunityWon => {
                let won = history.iter().enumerate().filter(|(_, change)| change.stage == Stage::Won);
                won.map(|(place, change)| Passage {
                    since,
                    at: change.at,
                    from: before(place),
                    to: Stage::Won,
                })
                .collect()
            }
            Self::OpportunityWentOn => {
                let steps = history.iter().zip(history.iter().skip(1));
                steps
                    .map(|(from, to)| Passage {
                        since: from.at,
                        at: to.at,
                        from: Some(from.stage),
                        to: to.stage,
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it is what came of a link or a code whose time is over.
    pub fn came_of(self, link: &CameOver) -> bool {
        match self {
            Self::LinkEnded => true,
            Self::LinkUsed => link.is_taken_up,
            Self::LinkRead => link.is_served.is_some(),
            Self::LinkServed => link.is_served == Some(true),
            _ => false,
        }
    }

    /// When it happened to a question, if it did.
    pub fn of_gap(self, gap: &Gap) -> Option<Timestamp> {
        match self {
            Self::GapFound => Some(gap.first_asked_at),
            Self::GapFilled => gap.answered_at,
            _ => None,
        }
    }

    /// When it happened to a merge, if it did.
    pub fn of_merge(self, merging: &Merging) -> Option<Timestamp> {
        match self {
            Self::MergeMade => Some(merging.merge.at),
            Self::MergeUndone => merging.undone_at,
            _ => None,
        }
    }

    /// When two records were found that look like one person's and have different accounts.
    pub fn of_pair(self, pair: &Proposal) -> Option<Timestamp> {
        (self == Self::ConflictFound && !pair.conflicts.is_empty()).then_some(pair.found_at)
    }
}

fn is_late(follow_up: &FollowUp) -> bool {
    let wanted = follow_up.due_at.unwrap_or(follow_up.planned_at).max(follow_up.planned_at);
    follow_up.settled_at.unwrap_or(follow_up.updated_at).duration_since(wanted) > LATE
}
