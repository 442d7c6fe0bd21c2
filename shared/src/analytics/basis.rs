//! What a figure is made of: whatever it counted can be listed.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Event, Mark};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Things {
    Conversations(Mark),
    Events(Event),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Basis {
    /// As many as the figure's `n`; of a share of questions, the conversations that these were asked in.
    pub all: Things,
    /// Of a share, those that it counts among these: as many as the figure's `part`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Things")]
    pub part: Option<Things>,
}

impl Things {
    /// Whether it is known which channel each of these came of, and with whom.
    pub fn has_origin(self) -> bool {
        match self {
            Self::Conversations(_) => true,
            Self::Events(event) => event.has_origin(),
        }
    }
}

impl Basis {
    pub const fn conversations(mark: Mark) -> Self {
        Self { all: Things::Conversations(mark), part: None }
    }

    pub const fn share(part: Mark, all: Mark) -> Self {
        Self { all: Things::Conversations(all), part: Some(Things::Conversations(part)) }
    }

    pub const fn events(event: Event) -> Self {
        Self { all: Things::Events(event), part: None }
    }

    pub const fn share_of_events(part: Event, all: Event) -> Self {
        Self { all: Things::Events(all), part: Some(Things::Events(part)) }
    }
}
