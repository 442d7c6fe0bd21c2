//! Of follow-ups, and of what comes back of them.

use jiff::Timestamp;

use super::{Key, OWNER, key, part, person};
use crate::{
    contact::RelationshipKind,
    follow_up::Kind as FollowUpKind,
    id::{FollowUpId, MailId, PersonId},
};

pub const FOLLOW_UPS: &str = "FOLLOW_UP#";

pub fn follow_up(person_id: &PersonId, id: &FollowUpId) -> Key {
    key(person(person_id), format!("{FOLLOW_UPS}{id}"))
}

/// Those whose conversation, or what stands for one, has an id that is this or goes on with a dash.
pub fn follow_ups_of(stem: &str) -> String {
    format!("{FOLLOW_UPS}fup_{}-", part(stem))
}

pub const MAILS: &str = "MAIL#";

pub fn mail(person_id: &PersonId, id: &MailId) -> Key {
    key(person(person_id), format!("{MAILS}{id}"))
}

pub fn approved_in_a_row(kind: FollowUpKind, relationship: RelationshipKind) -> Key {
    let relationship = RelationshipKind::NAMES[relationship as usize];
    key(OWNER.to_owned(), format!("IN_A_ROW#{}#{relationship}", kind.key()))
}

pub fn reply_address(token: &str) -> Key {
    key(format!("REPLY#{}", part(token)), "REPLY")
}

pub fn suppressed(address_hash: &str) -> Key {
    key(format!("SUPPRESSED#{}", part(address_hash)), "SUPPRESSED")
}

/// The list of follow-ups that came to an end on a day (UTC).
pub fn settled(at: Timestamp) -> String {
    format!("SETTLED#{}", at.strftime("%F"))
}
