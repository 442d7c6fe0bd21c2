//! What the owner writes down about somebody.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{NoteId, PersonId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub id: NoteId,
    pub person: PersonId,
    /// Empty once it is deleted.
    pub text: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
    /// What is deleted stays for a while as an empty note, so that searches learn of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl Note {
    pub fn new(id: NoteId, person: PersonId, text: String, now: Timestamp) -> Self {
        Self { id, person, text, created_at: now, updated_at: now, version: 0, deleted_at: None }
    }

    pub fn rewrite(&mut self, text: String, now: Timestamp) {
        self.text = text;
        self.updated_at = now;
    }

    pub fn delete(&mut self, now: Timestamp) {
        self.rewrite(String::new(), now);
        self.deleted_at = Some(now);
    }
}
