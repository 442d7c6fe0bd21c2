//! A claim that is only a value; what else is known of it is added by struct update.

use twin::knowledge::document::{Claim, Predicate};

pub fn stated(predicate: Predicate, value: impl Into<String>, place: impl Into<String>) -> Claim {
    Claim { predicate, of: None, value: value.into(), from: None, until: None, place: place.into() }
}
