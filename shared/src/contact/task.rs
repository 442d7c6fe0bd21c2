//! What the owner means to do about somebody.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Source;
use crate::id::{PersonId, TaskId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub id: TaskId,
    pub person: PersonId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the owner wants to be reminded by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<Timestamp>,
    /// The reminder was handed on at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    pub source: Source,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

impl Task {
    pub fn new(id: TaskId, person: PersonId, title: String, source: Source, now: Timestamp) -> Self {
        Self {
            id,
            person,
            title,
            due_at: None,
            remind_at: None,
            reminded_at: None,
            done_at: None,
            source,
            created_at: now,
            updated_at: now,
            version: 0,
        }
    }

    /// A reminder that was given is not given again, unless it is wanted at another time.
    pub fn remind(&mut self, at: Option<Timestamp>) {
        if self.remind_at != at {
            self.remind_at = at;
            self.reminded_at = None;
        }
    }

    /// When a reminder is to be given, if one still is.
    pub fn reminder(&self) -> Option<Timestamp> {
        self.remind_at.filter(|_| self.done_at.is_none() && self.reminded_at.is_none())
    }
}
