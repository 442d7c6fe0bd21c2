//! Of who may come in, how often, and what they did.

use jiff::Timestamp;

use super::{Key, OWNER, key, part, person};
use crate::{
    id::{AuditId, PersonId},
    store::oauth::Who,
};

pub fn limit(name: &str, who_hash: &str, window: i64) -> Key {
    key(format!("LIMIT#{}#{}", part(name), part(who_hash)), format!("WINDOW#{window}"))
}

pub const LINES: &str = "LINE#";

pub fn audit_day(day: Timestamp) -> String {
    format!("AUDIT#{}", day.strftime("%F"))
}

pub fn audit(at: Timestamp, id: &AuditId) -> Key {
    key(audit_day(at), audit_line(id))
}

pub fn audit_line(id: &AuditId) -> String {
    format!("{LINES}{id}")
}

/// The list of lines about somebody.
pub fn audited(person_id: &PersonId) -> String {
    format!("ABOUT#{person_id}")
}

pub fn session(token_hash: &str) -> Key {
    key(format!("SESSION#{}", part(token_hash)), "SESSION")
}

pub fn oauth_client(id: &str) -> Key {
    key(format!("OAUTH_CLIENT#{}", part(id)), "OAUTH_CLIENT")
}

pub fn sign_in(state_hash: &str) -> Key {
    key(format!("SIGN_IN#{}", part(state_hash)), "SIGN_IN")
}

pub const VISITOR: &str = "VISITOR";

pub fn visitor(session_hash: &str) -> Key {
    key(format!("{VISITOR}#{}", part(session_hash)), VISITOR)
}

pub const GRANTS: &str = "GRANT#";

pub fn grant(who: &Who, id: &str) -> Key {
    let pk = match who {
        Who::Owner => OWNER.to_owned(),
        Who::Person(id) => person(id),
    };
    key(pk, format!("{GRANTS}{}", part(id)))
}
