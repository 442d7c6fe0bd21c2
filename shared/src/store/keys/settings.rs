//! Of what the owner decided: each as it is, and each version that there was.

use super::{Key, OWNER, key};

pub const PERSONA_VERSIONS: &str = "PERSONA#";

pub fn persona() -> Key {
    key(OWNER.to_owned(), "PERSONA")
}

pub fn persona_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("{PERSONA_VERSIONS}{version:08}"))
}

pub fn phone_settings() -> Key {
    key(OWNER.to_owned(), "PHONE")
}

pub fn phone_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("PHONE#{version:08}"))
}

pub fn calendar_settings() -> Key {
    key(OWNER.to_owned(), "CALENDAR")
}

pub fn calendar_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("CALENDAR#{version:08}"))
}

pub fn follow_up_settings() -> Key {
    key(OWNER.to_owned(), "FOLLOW_UPS")
}

pub fn follow_up_settings_version(version: u64) -> Key {
    key(OWNER.to_owned(), format!("FOLLOW_UPS#{version:08}"))
}
