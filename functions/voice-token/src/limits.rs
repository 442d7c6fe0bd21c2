//! How much is let in: sessions by address, person and day; requests within one by the minute.

use jiff::{SignedDuration, Timestamp};
use twin::{
    error::Error,
    id::{InteractionId, PersonId},
    store::{Limit, Store},
};

const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
const ADDRESS: [Limit; 2] = [
    Limit { name: "voice-address-hour", most: 12, window: AN_HOUR },
    Limit { name: "voice-address-day", most: 30, window: A_DAY },
];
const PERSON: [Limit; 2] = [
    Limit { name: "voice-person-hour", most: 6, window: AN_HOUR },
    Limit { name: "voice-person-day", most: 15, window: A_DAY },
];
const ALL: Limit = Limit { name: "voice-day", most: 200, window: A_DAY };
/// Tools, turns and signs of life.
const SESSION: Limit =
    Limit { name: "voice-session-minute", most: 120, window: SignedDuration::from_mins(1) };

/// Counts a session that is asked for; an error if it is one too many.
pub async fn admit(
    store: &Store,
    address: &str,
    person: Option<&PersonId>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut limits: Vec<(&Limit, &str)> = ADDRESS.iter().map(|limit| (limit, address)).collect();
    limits.extend(person.into_iter().flat_map(|person| PERSON.iter().map(|limit| (limit, person.as_str()))));
    limits.push((&ALL, ""));
    store.admit(&limits, now).await
}

/// Counts a request within a session.
pub async fn within(store: &Store, session: &InteractionId, now: Timestamp) -> Result<(), Error> {
    store.admit(&[(&SESSION, session.as_str())], now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uses_up_the_day_of_all() {
        assert!(ADDRESS.iter().any(|limit| limit.window == ALL.window && limit.most * 5 <= ALL.most));
    }
}
