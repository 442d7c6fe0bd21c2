//! Of what the owner keeps of contacts.

use super::{Key, key, person};
use crate::{
    contact::Stage,
    id::{ChangeId, NoteId, OpportunityId, PersonId, TaskId},
};

pub fn card(person_id: &PersonId) -> Key {
    key(person(person_id), "CARD")
}

pub const NOTE: &str = "NOTE#";
pub const TASK: &str = "TASK#";
pub const OPPORTUNITY: &str = "OPPORTUNITY#";
pub const CHANGE: &str = "CHANGE#";

pub fn note(person_id: &PersonId, id: &NoteId) -> Key {
    key(person(person_id), format!("{NOTE}{id}"))
}

pub fn task(person_id: &PersonId, id: &TaskId) -> Key {
    key(person(person_id), format!("{TASK}{id}"))
}

pub fn opportunity(person_id: &PersonId, id: &OpportunityId) -> Key {
    key(person(person_id), format!("{OPPORTUNITY}{id}"))
}

/// The list of opportunities in a stage.
pub fn stage(stage: Stage) -> String {
    format!("STAGE#{}", stage.name())
}

pub fn change(person_id: &PersonId, id: &ChangeId) -> Key {
    key(person(person_id), format!("{CHANGE}{id}"))
}
